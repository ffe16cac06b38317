// Offload.swift: work that would hold everybody up, done elsewhere.
//
// A bcrypt takes fifty milliseconds and an RSA signature one; a name server may take seconds. On the loop
// every client would wait that long. So such work runs in libuv's pool of four threads and comes back as
// a call on the loop; a whole loop can also have a thread of its own (LoopThread).

internal import CUV
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

extension EventLoop {
    /// Does `work` on another thread, then `done` with its result here.
    package func offload<Result: Sendable>(
        _ work: @escaping @Sendable () -> Result, then done: @escaping (Result) -> Void
    ) {
        let job = OffloadedJob(work: {}, finish: {})
        job.work = { [unowned(unsafe) job] in
            let result = work()
            // SAFETY: the request below holds the job until its second callback, and this runs in the first. `done`
            // is carried over to the pool's thread and back without being called there.
            unsafe job.finish = { done(result) }
        }
        // SAFETY: request and job are given up in the second callback, which libuv calls exactly once, on the loop's
        // thread, also when the loop is closing (`EventLoop.close` waits for it).
        let request = UnsafeMutablePointer<uv_work_t>.allocate(capacity: 1)
        unsafe request.pointee.data = Unmanaged.passRetained(job).toOpaque()
        let status = unsafe uv_queue_work(
            uv, request,
            { request in
                unsafe Unmanaged<OffloadedJob>.fromOpaque(request!.pointee.data).takeUnretainedValue().work()
            },
            { request, status in
                let job = unsafe Unmanaged<OffloadedJob>.fromOpaque(request!.pointee.data).takeRetainedValue()
                unsafe request!.deallocate()
                // A job that was cancelled because the loop closes has nobody to report to.
                if status == 0 { job.finish() }
            })
        precondition(status == 0, "L0: libuv takes no work: \(SystemError.text(status))")
    }
}

/// One piece of work on its way there and back.
///
/// SAFETY: `work` runs on a pool thread and `finish` on the loop, never at once: libuv calls the second
/// after the first has returned, with a lock between them.
private final class OffloadedJob {
    var work: () -> Void
    var finish: () -> Void

    init(work: @escaping () -> Void, finish: @escaping () -> Void) {
        self.work = work
        self.finish = finish
    }
}

/// A loop on a thread of its own, to which other threads send things to do.
///
/// SAFETY (`@safe`, `@unchecked Sendable`): `mailbox` is Sendable, `thread` a number in memory of ours; both are set
/// before `init` returns. `thread` is looked at and freed by the one caller of `stop` that finds `ended` unset; one
/// whom nobody stops leaks that number and goes on.
@safe
package final class LoopThread: @unchecked Sendable {
    private var mailbox: Mailbox<@Sendable (EventLoop) -> Void>!
    private let ended = Mutex(false)
    private var thread: UnsafeMutablePointer<uv_thread_t>

    /// SAFETY: the thread writes `mailbox` before it posts the semaphore; we read it after waiting for it. Both hold
    /// this object until they are done with the semaphore.
    @safe
    private final class Start: @unchecked Sendable {
        let ready: UnsafeMutablePointer<uv_sem_t>
        var mailbox: Mailbox<@Sendable (EventLoop) -> Void>?

        init() {
            unsafe ready = .allocate(capacity: 1)
            unsafe uv_sem_init(ready, 0)
        }

        deinit {
            // SAFETY: both threads have let go of this object, so nobody posts or waits any more.
            unsafe uv_sem_destroy(ready)
            unsafe ready.deallocate()
        }
    }

    /// Starts the thread; returns when its loop can take work.
    package init() {
        let start = Start()
        // SAFETY: the thread takes over the reference of `start` that is passed to it. (Were it not created, we would
        // stop.) `thread` is written by libuv before the call returns.
        unsafe thread = .allocate(capacity: 1)
        let status = unsafe uv_thread_create(
            thread,
            { argument in
                let start = unsafe Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                let loop = EventLoop()
                start.mailbox = Mailbox(on: loop) { [unowned loop] jobs in
                    for job in jobs { job(loop) }
                }
                // SAFETY: `start` is held by this thread, and the semaphore by `start`.
                unsafe uv_sem_post(start.ready)
                loop.run()
                loop.close()
            }, Unmanaged.passRetained(start).toOpaque())
        precondition(status == 0, "L0: no thread: \(SystemError.text(status))")
        unsafe uv_sem_wait(start.ready)
        mailbox = start.mailbox
    }

    /// Runs `job` on the loop, in order with the others.
    package func run(_ job: @escaping @Sendable (EventLoop) -> Void) { mailbox.post(job) }

    /// Runs `job` on the loop and waits for its result. Not from the loop itself.
    package func sync<Result: Sendable>(_ job: @escaping @Sendable (EventLoop) -> Result) -> Result {
        let semaphore = UnsafeMutablePointer<uv_sem_t>.allocate(capacity: 1)
        // SAFETY: the job posts as its last act, and we destroy after we have waited for that; glibc's semaphores may
        // be destroyed as soon as the wait has returned. A loop that has ended drops the job, and we would wait for
        // ever: `stop` comes after the last `sync`.
        unsafe uv_sem_init(semaphore, 0)
        defer {
            unsafe uv_sem_destroy(semaphore)
            unsafe semaphore.deallocate()
        }
        let answer = Answer<Result>()
        // SAFETY: the semaphore outlives the job, because this function waits for it.
        let address = UInt(bitPattern: semaphore)
        mailbox.post { loop in
            answer.value.withLock { $0 = job(loop) }
            unsafe uv_sem_post(UnsafeMutablePointer(bitPattern: address))
        }
        unsafe uv_sem_wait(semaphore)
        return answer.value.withLock { $0! }
    }

    private final class Answer<Value: Sendable>: Sendable {
        let value = Mutex<Value?>(nil)
    }

    /// Ends the loop, closes what is open on it, and waits for the thread.
    package func stop() {
        let first = ended.withLock { ended in
            defer { ended = true }
            return !ended
        }
        guard first else { return }
        mailbox.post { $0.stop() }
        // SAFETY: the thread was created in `init`, and `ended` lets us come here once.
        unsafe uv_thread_join(thread)
        unsafe thread.deallocate()
    }
}
