// Signals.swift: hearing SIGTERM between two requests instead of in the middle of one.
//
// A signal may interrupt a program anywhere, where almost nothing is allowed. libuv's handler only
// writes a byte into a pipe; we hear of it in the loop, at a place where everything is allowed.

internal import CUV

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// The signals that a server has to do with.
package enum Signal: Int32, Sendable, CaseIterable {
    /// The terminal went away, or: read your files again.
    case hangup = 1
    /// Somebody pressed Ctrl-C.
    case interrupt = 2
    /// Please end.
    case terminate = 15

    /// Lets writes to closed sockets fail with an error instead of killing the process: libuv writes without
    /// MSG_NOSIGNAL, so every loop sees to this first.
    static func ignoreBrokenPipes() { _ = signal(SIGPIPE, SIG_IGN) }
}

/// Watches one signal as long as it lives.
///
/// SAFETY (`@safe`): as for Timer: the handle is freed by its close callback.
@safe
package final class SignalWatch {
    /// SAFETY (`@safe`): `handle` is used until `closeHandle` only, which runs once.
    @safe
    private final class State: HandleOwner {
        var action: () -> Void
        let handle: UnsafeMutableRawPointer
        var isClosed = false

        init(_ action: @escaping () -> Void, _ handle: UnsafeMutableRawPointer) {
            self.action = action
            unsafe self.handle = handle
        }

        func closeHandle() {
            guard !isClosed else { return }
            isClosed = true
            action = {}
            // SAFETY: once, because of `isClosed`; on the loop's thread (L1).
            unsafe closeAndRelease(handle)
        }
    }

    private let state: State

    /// Calls `action` on the loop each time the signal arrives.
    package init(_ signal: Signal, on loop: EventLoop, _ action: @escaping () -> Void) {
        let handle = unsafe allocateHandle(MemoryLayout<uv_signal_t>.size)
        let typed = unsafe handle.assumingMemoryBound(to: uv_signal_t.self)
        unsafe uv_signal_init(loop.uv, typed)
        state = unsafe State(action, handle)
        // SAFETY: initialised above; the state, which is what the callback looks at, is retained until it is closed.
        unsafe retainOwner(state, in: handle)
        unsafe uv_signal_start(
            typed,
            { handle, _ in
                let state = unsafe Unmanaged<State>.fromOpaque(handle!.pointee.data).takeUnretainedValue()
                state.action()
            }, signal.rawValue)
    }

    deinit { state.closeHandle() }
}
