// ThisProcess.swift: what a process is told at its start, and how it says goodbye.
//
// Three things reach a program that are not files: its arguments (Swift has them), its environment, and signals. And
// two ways out of it matter to whoever started it: an exit code, or the signal by which it died. A server that was asked to
// end by SIGTERM cleans up and then dies of that very signal, so that a shell or a supervisor sees what it asked for:
//
//     kill -TERM  -->  clean up  -->  signal(TERM, default)  -->  kill(self, TERM)         status 143
//
// Process number 1 (a container's first) cannot die so: signals without a handler do not reach it. It exits with 0.
//
// STANDARD ERROR is written in whole lines with one call each, so that lines of several threads do not mix.

package import Bytes
import Glibc

/// The process that this code runs in.
package enum ThisProcess {
    /// Its number.
    package static var id: Int32 { getpid() }

    /// How many processors it may use.
    package static var processors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// The environment, in the system's order. What has no equals sign is passed over.
    package static var environment: [(name: String, value: String)] {
        var found: [(String, String)] = []
        // SAFETY: the list ends with nil and nobody in this process changes it.
        var place = unsafe environ
        while let entry = unsafe place.pointee {
            let text = unsafe String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                found.append((String(text[..<equals]), String(text[text.index(after: equals)...])))
            }
            unsafe place += 1
        }
        return found
    }

    /// Lets signals reach us. A process inherits from its parent which of them are held back, and some parents (a thread of a
    /// pool that starts programs, for one) hold back all: then nobody could ask us to end. First call of a program.
    package static func acceptSignals() {
        var none = sigset_t()
        // SAFETY: both calls look at one set of ours, and keep nothing.
        unsafe sigemptyset(&none)
        unsafe pthread_sigmask(SIG_SETMASK, &none, nil)
    }

    /// Ends at once: nothing that waits is sent or written.
    package static func exit(_ code: Int32) -> Never {
        Glibc._exit(code)
    }

    /// Dies of a signal that it was sent, after it has cleaned up.
    package static func die(ofSignal number: Int32) -> Never {
        guard id != 1 else { exit(0) }
        signal(number, SIG_DFL)
        kill(id, number)
        // The signal is on its way; should it be blocked, the code says the same as a shell would.
        exit(128 + number)
    }

    /// Writes to standard error. What the other end does not take is lost: a log must not stop a server.
    package static func complain(_ text: ByteView) { write(text, to: STDERR_FILENO) }

    /// Writes to standard output.
    package static func say(_ text: ByteView) { write(text, to: STDOUT_FILENO) }

    private static func write(_ text: ByteView, to descriptor: Int32) {
        var rest = text
        while !rest.isEmpty {
            // SAFETY: the call reads within the view and keeps no pointer.
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
