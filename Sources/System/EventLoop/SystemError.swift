// SystemError.swift: what the machine said when it refused, and what that means.
//
// The kernel answers with a number. The number alone helps nobody at three in the morning, so an error
// of ours says which call on which thing failed, the kernel's words, and for the few refusals that
// people actually meet, what to do about them.

internal import CUV

/// A refused system call.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What we asked for: `listen`, `connect`, `read`.
    package let call: String
    /// On what: an address or a path.
    package let subject: String
    /// The system's number, negative as libuv has it.
    package let code: Int32

    /// An error of a call on something.
    package init(call: String, subject: String, code: Int32) {
        self.call = call
        self.subject = subject
        self.code = code
    }

    /// What happened, where, and what to do.
    package var description: String {
        "\(call) \(subject): \(Self.text(code))" + (remedy.map { ". \($0)" } ?? "")
    }

    /// The system's own words alone, as Go would print them after the call.
    package var reason: String { Self.text(code) }

    /// Whether the other side is simply not there (yet): worth another try later.
    package var isConnectionRefused: Bool { code == UV_ECONNREFUSED.rawValue }

    /// Whether somebody else has the address.
    package var isAddressInUse: Bool { code == UV_EADDRINUSE.rawValue }

    private var remedy: String? {
        switch code {
        case UV_EADDRINUSE.rawValue:
            "Another process listens there: stop it, or choose another address"
        case UV_EACCES.rawValue:
            "This user may not: choose a port above 1023, or a directory that is writable"
        case UV_EADDRNOTAVAIL.rawValue:
            "No interface of this machine has that address: check it with `ip addr`"
        case UV_EMFILE.rawValue, UV_ENFILE.rawValue:
            "No more file descriptors: raise the limit (`ulimit -n`)"
        case UV_ECONNREFUSED.rawValue:
            "Nobody listens there: is the server running, and is this its address?"
        case UV_EAI_NONAME.rawValue:
            "No such host: check the spelling and the name server"
        default: nil
        }
    }

    /// The words for a number of libuv's.
    static func text(_ code: Int32) -> String {
        // SAFETY: uv_strerror returns an immortal string for every number it knows, and leaks a few bytes
        // for those it does not know, which cannot be many.
        unsafe String(cString: uv_strerror(code))
    }

    /// The end of a stream, which libuv reports like an error.
    static var endOfFile: Int32 { UV_EOF.rawValue }
    /// The call was given up because the handle was closed.
    static var cancelled: Int32 { UV_ECANCELED.rawValue }
}
