// Mailbox.swift: how threads talk to a loop.
//
// A storage thread has finished a sync, another loop has work to hand over. Waking a loop is a system
// call on one side and a turn on the other, so a thousand small messages must not mean a thousand
// wake-ups:
//
//     threads:  post  post  post             loop:
//                 |     |     |
//                 v     v     v
//              +-----------------+   swap    +-----------------+
//              |   being filled  | <-------> |  being handled  |
//              +-----------------+           +-----------------+
//                first message into an empty box wakes the loop; the others ride along
//
// RULES    M1  messages of one thread arrive in order, each exactly once.
//          M2  one lock and at most one wake-up a batch; nothing of the loop is touched by the sender.
//          M3  after `close` nothing arrives, and posting is harmless: a thread that finishes late
//              must not crash the program that is ending.
//          M4  the last one who lets go of a box may be any thread. What it does then is to wake the loop, which
//              closes the box and lets go of `receive`: handles are closed by their loop's thread only (L1).
//
// SHOWN BY  MailboxTests

internal import CUV
internal import Synchronization

/// A box into which any thread may put messages and which one loop empties.
///
/// Whoever holds it may let go of it, on any thread: the loop then closes it (M4).
package final class Mailbox<Message: Sendable>: Sendable {
    private let box: Box<Message>

    /// A box that `receive` empties on the loop, a batch at a time.
    package init(on loop: EventLoop, receive: @escaping ([Message]) -> Void) {
        box = Box(on: loop, receive: receive)
    }

    deinit { box.abandon() }

    /// Puts a message into the box. Any thread.
    package func post(_ message: Message) { box.post(message) }

    /// Puts a whole batch into the box. Any thread.
    package func post(contentsOf batch: [Message]) { box.post(contentsOf: batch) }

    /// Refuses further messages and lets the loop forget the box. On the loop's thread.
    package func close() { box.closeHandle() }
}

/// What the handle keeps: libuv's callbacks cannot be generic, so the type of the messages ends here.
private class MailboxWake: HandleOwner {
    /// On the loop's thread, after one or more wake-ups.
    func deliver() {}
    func closeHandle() {}
}

/// The box itself, held by its handle until that is closed.
///
/// SAFETY (`@safe`, `@unchecked Sendable`): what threads share is behind the Mutex. `handle` does not change, and is
/// used only while `isOpen` is seen under the lock: `uv_async_send` is libuv's one call that any thread may make, and
/// the handle is closed after `isOpen` was cleared, so it cannot be closed meanwhile (M3). `receive` is looked at on
/// the loop's thread only.
@safe
private final class Box<Message: Sendable>: MailboxWake, @unchecked Sendable {
    private struct Shared: Sendable {
        var messages: [Message] = []
        var isOpen = true
        var isAbandoned = false
    }

    private let shared = Mutex(Shared())
    private let handle: UnsafeMutableRawPointer
    private var receive: (([Message]) -> Void)?

    init(on loop: EventLoop, receive: @escaping ([Message]) -> Void) {
        // SAFETY: room for the handle that is initialised in it; `closeHandle` frees it.
        unsafe handle = allocateHandle(MemoryLayout<uv_async_t>.size)
        self.receive = receive
        super.init()
        // SAFETY: the callback finds this object through the handle, which retains it until it is closed (L4).
        let status = unsafe uv_async_init(loop.uv, handle.assumingMemoryBound(to: uv_async_t.self)) { handle in
            unsafe Unmanaged<MailboxWake>.fromOpaque(handle!.pointee.data).takeUnretainedValue().deliver()
        }
        precondition(status == 0, "M0: no wake-up from libuv: \(SystemError.text(status))")
        unsafe retainOwner(self, in: handle)
    }

    func post(_ message: Message) {
        shared.withLock { shared in
            guard shared.isOpen else { return }
            shared.messages.append(message)
            if shared.messages.count == 1 { wakeLoop() }
        }
    }

    func post(contentsOf batch: [Message]) {
        guard !batch.isEmpty else { return }
        shared.withLock { shared in
            guard shared.isOpen else { return }
            let wasEmpty = shared.messages.isEmpty
            shared.messages.append(contentsOf: batch)
            if wasEmpty { wakeLoop() }
        }
    }

    private func wakeLoop() {
        // SAFETY: the caller holds the lock and has seen `isOpen`, so the handle is open.
        unsafe uv_async_send(handle.assumingMemoryBound(to: uv_async_t.self))
    }

    override func deliver() {
        var batch: [Message] = []
        let isAbandoned = shared.withLock { shared in
            swap(&shared.messages, &batch)
            return shared.isAbandoned
        }
        if isAbandoned { return closeHandle() }
        if !batch.isEmpty { receive?(batch) }
    }

    /// Nobody can post any more (M4). This may be any thread, and only the loop's may close.
    func abandon() {
        shared.withLock { shared in
            guard shared.isOpen else { return }
            shared.isAbandoned = true
            wakeLoop()
        }
    }

    override func closeHandle() {
        let wasOpen = shared.withLock { shared in
            defer { shared.isOpen = false }
            shared.messages = []
            return shared.isOpen
        }
        guard wasOpen else { return }
        receive = nil
        // SAFETY: once, because of `isOpen`; on the loop's thread (L1).
        unsafe closeAndRelease(handle)
    }
}
