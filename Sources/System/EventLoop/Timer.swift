// Timer.swift: a precise timer, for the few things that beat time.
//
// The member's tick, a batch that is written every hundred milliseconds, a reconnect. For timeouts that
// are usually cancelled, Deadlines.swift is a hundred times cheaper.

internal import CUV

/// A timer on a loop, once or repeated. Stops when its owner lets it go.
///
/// SAFETY (`@safe`): the handle is freed by libuv's close callback only; `deinit` starts that, or the loop's end, and
/// `isClosed` is set then. The state, which is all that callbacks look at, is retained by the handle until the end. A
/// timer is no Sendable, so `deinit` runs where it was used: on the loop's thread (L1).
@safe
package final class Timer {
    /// What the handle keeps alive: not the timer itself, so that forgetting a timer ends it.
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

    /// A timer that does `action` when it fires. It does not run yet.
    package init(on loop: EventLoop, _ action: @escaping () -> Void) {
        // SAFETY: room for the handle that is initialised in it; the state is retained until it is closed.
        let handle = unsafe allocateHandle(MemoryLayout<uv_timer_t>.size)
        unsafe uv_timer_init(loop.uv, handle.assumingMemoryBound(to: uv_timer_t.self))
        state = unsafe State(action, handle)
        unsafe retainOwner(state, in: handle)
    }

    deinit { state.closeHandle() }

    /// Fires once after `nanoseconds` (rounded up to milliseconds), then every `repeating`, if given.
    package func start(after nanoseconds: UInt64, repeating: UInt64 = 0) {
        guard !state.isClosed else { return }
        // SAFETY: not closed, so the handle is there, and so is the state that it retains.
        unsafe uv_timer_start(
            state.handle.assumingMemoryBound(to: uv_timer_t.self),
            { handle in
                let state = unsafe Unmanaged<State>.fromOpaque(handle!.pointee.data).takeUnretainedValue()
                state.action()
            }, (nanoseconds + 999_999) / 1_000_000, (repeating + 999_999) / 1_000_000)
    }

    /// Does not fire any more, until it is started again.
    package func stop() {
        guard !state.isClosed else { return }
        // SAFETY: not closed, so the handle is there.
        unsafe uv_timer_stop(state.handle.assumingMemoryBound(to: uv_timer_t.self))
    }
}
