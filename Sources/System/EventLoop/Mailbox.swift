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
//
// SHOWN BY  MailboxTests

internal import CUV
internal import Synchronization

/// A box into which any thread may put messages and which one loop empties.
///
/// SAFETY (`@unchecked Sendable`): the only shared state is behind the Mutex; `receive` is called on the
/// loop's thread only. `uv_async_send` is libuv's one call that any thread may make, and it is made under
/// the lock, so the handle cannot be closed meanwhile (M3).
@safe
package final class Mailbox<Message: Sendable>: @unchecked Sendable, HandleOwner {
    private struct Shared: Sendable {
        var messages: [Message] = []
        var isOpen = true
    }

    private let shared = Mutex(Shared())
    private let handle: UnsafeMutableRawPointer
    private var receive: (([Message]) -> Void)?
    private let wake: MailboxWake

    /// A box that `receive` empties on the loop, a batch at a time.
    package init(on loop: EventLoop, receive: @escaping ([Message]) -> Void) {
        // SAFETY: the memory is freed by whoever libuv tells that it is done (L4).
        unsafe handle = allocateHandle(MemoryLayout<uv_async_t>.size)
        self.receive = receive
        wake = MailboxWake()
        unsafe wake.listen(on: loop, with: handle)
        wake.deliver = { [weak self] in self?.deliver() }
        wake.end = { [weak self] in self?.closeHandle() }
    }

    deinit { closeHandle() }

    /// Puts a message into the box. Any thread.
    package func post(_ message: Message) {
        shared.withLock { shared in
            guard shared.isOpen else { return }
            shared.messages.append(message)
            if shared.messages.count == 1 { wakeLoop() }
        }
    }

    /// Puts a whole batch into the box. Any thread.
    package func post(contentsOf batch: [Message]) {
        guard !batch.isEmpty else { return }
        shared.withLock { shared in
            guard shared.isOpen else { return }
            let wasEmpty = shared.messages.isEmpty
            shared.messages.append(contentsOf: batch)
            if wasEmpty { wakeLoop() }
        }
    }

    private func wakeLoop() {
        // SAFETY: the handle is open, because `isOpen` was seen under the lock.
        unsafe uv_async_send(handle.assumingMemoryBound(to: uv_async_t.self))
    }

    private func deliver() {
        var batch: [Message] = []
        shared.withLock { swap(&$0.messages, &batch) }
        if !batch.isEmpty { receive?(batch) }
    }

    /// Refuses further messages and lets the loop forget the box. On the loop's thread.
    package func close() { closeHandle() }

    func closeHandle() {
        let wasOpen = shared.withLock { shared in
            defer { shared.isOpen = false }
            shared.messages = []
            return shared.isOpen
        }
        guard wasOpen else { return }
        receive = nil
        // SAFETY: the handle lives until its close callback, and we are on the loop's thread (L1, L4).
        unsafe closeAndRelease(handle)
    }
}

/// What the handle keeps: libuv's callbacks cannot be generic, so the type of the messages ends here.
private final class MailboxWake: HandleOwner {
    var deliver: () -> Void = {}
    var end: () -> Void = {}

    @unsafe
    func listen(on loop: EventLoop, with handle: UnsafeMutableRawPointer) {
        let status = unsafe uv_async_init(loop.uv, handle.assumingMemoryBound(to: uv_async_t.self)) { handle in
            unsafe Unmanaged<MailboxWake>.fromOpaque(handle!.pointee.data).takeUnretainedValue().deliver()
        }
        precondition(status == 0, "M0: no wake-up from libuv: \(SystemError.text(status))")
        unsafe retainOwner(self, in: handle)
    }

    func closeHandle() { end() }
}
