// EventLoop.swift: one thread, many connections, and turns.
//
// How can one thread serve ten thousand clients, and do it with little work for each? By never waiting
// for one of them. It asks the kernel once which of them have something to say, hears them all, and
// then answers them all. We call that a turn:
//
//     +----------------------------------------------------------------------+
//     |  timers that are due                                                 |
//     |  flush        what the timers produced                               |
//     |  wait         until a socket, a signal, another thread or a timer    |
//     |  read all     every socket that has bytes; handlers run at once      |
//     |  handle all   whoever gathered work during the turn does it together |
//     |  flush        every connection that has output, once                 |
//     +-----------------------------------<--------------------------------- +
//
// WHY FLUSH AT THE END? A system call costs more than a request. Sixteen requests that arrived on one
// connection make sixteen answers and one write; measured, that is 1.3 us a request instead of 8.9.
// The same holds one floor up: the member hears all proposals of a turn before it decides what to
// append, so they share one sync. That is what `atEndOfTurn` is for.
//
// WHY libuv? It is the most used portable loop and measured equal to bare epoll here. It stays inside
// this room: nobody above sees a pointer of it.
//
// RULES    L1  everything that belongs to a loop is used on the loop's thread only. Other threads
//              speak to it through a Mailbox, and work for other threads leaves through `offload`.
//          L2  a callback never blocks, and never flushes by itself: it marks, the end of the turn acts.
//          L3  the end of a turn repeats until nobody has work, but each connection's share is bounded,
//              so one greedy connection cannot starve the others: it continues in the next turn.
//          L4  a handle lives in C memory until libuv has said that it is closed; its Swift owner is
//              retained as long, so no callback can find it gone.
//          L5  a loop is closed before it is let go. One that was not leaks, rather than free what libuv's
//              handles still point into.
//
// COST     an empty turn: one epoll_wait. One request at a time: read + write + epoll_wait, about 8 us.
// READ NEXT  Socket.swift, Deadlines.swift, Mailbox.swift. SHOWN BY  EventLoopTests

internal import Bytes
internal import CUV

/// Somebody who gathers work during a turn and does it together at the end of it.
package protocol TurnParticipant: AnyObject {
    /// Called once at the end of the turn for which the participant signed up, before connections flush.
    func finishTurn()
}

/// A loop over sockets, timers, signals and mail. Confined to the thread that calls `run` (L1).
///
/// SAFETY (`@safe`): `uv`, the three handles and the read buffer are allocated in `init` and freed in `deinit`, after
/// `close` has waited for every handle on the loop to be closed (L5). In between they are used on one thread (L1).
@safe
package final class EventLoop {
    let uv: UnsafeMutablePointer<uv_loop_t>
    private let prepare: UnsafeMutablePointer<uv_prepare_t>
    private let check: UnsafeMutablePointer<uv_check_t>
    private let idle: UnsafeMutablePointer<uv_idle_t>
    private var participants: [any TurnParticipant] = []
    private var dirtySockets: [Socket] = []
    private var hastens = false

    /// Where sockets deliver what they read; true until the read callback returns.
    let readBuffer: UnsafeMutableRawPointer
    /// How many bytes one read may bring.
    package static let readBytes = 64 * 1024
    /// Where connections write what is to be sent, one connection after another.
    var scratch: ByteBuffer? = ByteBuffer(capacity: 64 * 1024)
    /// Cheap deadlines, for requests and connections.
    package private(set) var deadlines: Deadlines!
    /// How many turns there were: for tests and for metrics.
    package private(set) var turns: UInt64 = 0

    /// A loop that is not running yet.
    package init() {
        Signal.ignoreBrokenPipes()
        // SAFETY: freed in `deinit` (L5); each is initialised by libuv below, before anything else is done with it.
        unsafe uv = .allocate(capacity: 1)
        unsafe prepare = .allocate(capacity: 1)
        unsafe check = .allocate(capacity: 1)
        unsafe idle = .allocate(capacity: 1)
        unsafe readBuffer = .allocate(byteCount: Self.readBytes, alignment: 16)
        let status = unsafe uv_loop_init(uv)
        precondition(status == 0, "L0: libuv cannot make a loop: \(SystemError.text(status))")
        // SAFETY: callbacks run only inside `run` and `close`, whose caller holds this object; so the handles need
        // not retain it.
        let myself = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe uv_prepare_init(uv, prepare)
        unsafe uv_check_init(uv, check)
        unsafe uv_idle_init(uv, idle)
        unsafe prepare.pointee.data = myself
        unsafe check.pointee.data = myself
        unsafe uv_prepare_start(prepare) { handle in
            unsafe Unmanaged<EventLoop>.fromOpaque(handle!.pointee.data).takeUnretainedValue().finishTurn()
        }
        unsafe uv_check_start(check) { handle in
            unsafe Unmanaged<EventLoop>.fromOpaque(handle!.pointee.data).takeUnretainedValue().finishTurn()
        }
        deadlines = Deadlines(on: self)
    }

    deinit {
        // A timer or a socket that outlives a loop which nobody closed will still want to close its handle (L5).
        guard deadlines == nil else { return }
        // SAFETY: `close` ran, so libuv has no handle on this loop any more, and no other memory of ours.
        unsafe uv.deallocate()
        unsafe prepare.deallocate()
        unsafe check.deallocate()
        unsafe idle.deallocate()
        unsafe readBuffer.deallocate()
    }

    /// Turns until `stop` is called.
    package func run() {
        // SAFETY: `uv` is this object's until `deinit`, and the caller holds the object.
        _ = unsafe uv_run(uv, UV_RUN_DEFAULT)
    }

    /// Lets `run` return at the end of this turn.
    package func stop() {
        // SAFETY: as in `run`.
        unsafe uv_stop(uv)
    }

    /// Closes everything that is still open on this loop and gives its memory back. The loop cannot be
    /// used afterwards. Owners are told that their sockets are closed.
    package func close() {
        // SAFETY: the function is called for each handle before uv_walk returns, with this object as its argument.
        unsafe uv_walk(
            uv,
            { handle, argument in
                guard let handle = unsafe handle, unsafe uv_is_closing(handle) == 0 else { return }
                let loop = unsafe Unmanaged<EventLoop>.fromOpaque(argument!).takeUnretainedValue()
                unsafe loop.closeWhileWalking(handle)
            }, Unmanaged.passUnretained(self).toOpaque())
        // SAFETY: as in `run`. Runs until every close callback, and all work that is under way elsewhere, has come
        // back: uv_run returns zero when no handle and no request is left.
        while unsafe uv_run(uv, UV_RUN_DEFAULT) != 0 {}
        participants.removeAll()
        dirtySockets.removeAll()
        deadlines = nil
        let status = unsafe uv_loop_close(uv)
        precondition(status == 0, "L4: a handle outlived its loop: \(SystemError.text(status))")
    }

    private func closeWhileWalking(_ handle: UnsafeMutablePointer<uv_handle_t>) {
        if unsafe handle.pointee.type == UV_PREPARE || handle.pointee.type == UV_CHECK
            || handle.pointee.type == UV_IDLE
        {
            // SAFETY: these three are freed in `deinit`, after uv_run has closed them.
            unsafe uv_close(handle, nil)
        } else if let data = unsafe handle.pointee.data {
            // SAFETY: every other handle on this loop was made by `allocateHandle` and stores its owner, retained
            // until its close callback (L4), and this one is not closing yet.
            let owner = unsafe Unmanaged<AnyObject>.fromOpaque(data).takeUnretainedValue()
            (owner as? any HandleOwner)?.closeHandle()
        }
    }

    // MARK: Time

    /// Nanoseconds on a clock that never goes back; read once a turn, so it is free.
    package var now: UInt64 {
        // SAFETY: as in `run`: a field of the loop is read.
        unsafe uv_now(uv) * 1_000_000
    }

    /// The same, read from the machine at this moment: for measuring inside a turn.
    package static var preciseNow: UInt64 { uv_hrtime() }

    /// Seconds since 1970 on the machine's calendar: for dates in answers and certificates, never for intervals.
    package static var calendarSeconds: Int64 {
        var time = uv_timeval64_t()
        // SAFETY: libuv fills one struct.
        _ = unsafe uv_gettimeofday(&time)
        return time.tv_sec
    }

    // MARK: The end of a turn

    /// Signs `participant` up for the end of this turn. It signs up once: who gathers keeps a flag.
    package func atEndOfTurn(_ participant: any TurnParticipant) { participants.append(participant) }

    /// Marks a socket that has something to send. `Socket.wantsFlush` keeps it from being listed twice.
    func markDirty(_ socket: Socket) { dirtySockets.append(socket) }

    /// Called after timers and after reading: hands the turn's work out until none is left (L3).
    private func finishTurn() {
        turns &+= 1
        var later: [Socket] = []
        while !participants.isEmpty || !dirtySockets.isEmpty {
            var working = participants
            participants.removeAll()
            for participant in working { participant.finishTurn() }
            working.removeAll(keepingCapacity: true)
            if participants.isEmpty { swap(&participants, &working) }

            var sockets = dirtySockets
            dirtySockets.removeAll()
            for socket in sockets where socket.flush() { later.append(socket) }
            sockets.removeAll(keepingCapacity: true)
            if dirtySockets.isEmpty { swap(&dirtySockets, &sockets) }
        }
        for socket in later { socket.wantsFlush() }
        hasten(!later.isEmpty)
    }

    /// With output left over, the next wait must not wait.
    private func hasten(_ wanted: Bool) {
        guard wanted != hastens else { return }
        hastens = wanted
        if wanted {
            // SAFETY: called from within `run`, so the handle is open; its callback looks at nothing.
            unsafe uv_idle_start(idle) { _ in }
        } else {
            unsafe uv_idle_stop(idle)
        }
    }
}

/// Whoever owns a handle of libuv: so that a loop that ends can close what is left.
protocol HandleOwner: AnyObject {
    func closeHandle()
}

/// Memory for one handle, owned by `owner` until libuv says that the handle is closed (L4).
///
/// SAFETY: the caller casts to the handle's own type, for which `size` made room, and initialises it
/// before any other call. `data`, the first field of every handle, keeps the owner.
@unsafe
func allocateHandle(_ size: Int) -> UnsafeMutableRawPointer {
    .allocate(byteCount: size, alignment: 16)
}

/// Stores and retains the owner, after the handle was initialised.
///
/// SAFETY: the caller's close callback releases what is retained here, once: `closeAndRelease` does.
@unsafe
func retainOwner(_ owner: AnyObject, in handle: UnsafeMutableRawPointer) {
    unsafe handle.assumingMemoryBound(to: uv_handle_t.self).pointee.data = Unmanaged.passRetained(owner).toOpaque()
}

/// Closes a handle; its memory and its owner are let go when libuv is done with it.
///
/// SAFETY: the caller sees to it that this happens once to a handle, on its loop's thread, and that nobody uses the
/// handle afterwards: each owner has a flag for that. The callback is libuv's last word about the handle.
@unsafe
func closeAndRelease(_ handle: UnsafeMutableRawPointer) {
    unsafe uv_close(handle.assumingMemoryBound(to: uv_handle_t.self)) { handle in
        guard let handle = unsafe handle else { return }
        if let data = unsafe handle.pointee.data { unsafe Unmanaged<AnyObject>.fromOpaque(data).release() }
        unsafe UnsafeMutableRawPointer(handle).deallocate()
    }
}
