// WorkerThread.swift: a thread for work that waits, and a bell to wake it.
//
// A sync of the disk stops whoever calls it for 100 microseconds or for a second. So the few things that wait
// (the log's syncs, page writes, trace files) each have a thread of their own. Tasks of Swift's pool are not meant
// to wait: a pool of two threads that both sit in `fdatasync` runs nobody else.
//
//     owner                                  worker
//     puts work into a shared place          bell.wait(upTo: ...)
//     bell.ring()  ---------------------->   takes all work there is, does it, waits again
//
// A bell remembers ONE ring: rings that nobody waited for are one ring. So the worker must take everything that is
// there each time, and the owner must put the work there before it rings.

import CFiles
import Glibc
import Synchronization

/// A thread that runs one function. Held by whoever will wait for its end.
///
/// SAFETY (`Sendable`): `thread` does not change after it was made, and `isJoined` is atomic.
package final class WorkerThread: Sendable {
    private let thread: pthread_t
    private let isJoined = Atomic(false)

    /// What is handed to the new thread.
    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts a thread. The system shows its name in `top -H` and debuggers (15 bytes of it).
    package init(named name: String, _ body: @escaping @Sendable () -> Void) {
        var created = pthread_t()
        let work = unsafe Unmanaged.passRetained(Work(body))
        // SAFETY: the new thread takes over the one retain of `work`, exactly once.
        let failure = unsafe pthread_create(
            &created, nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        // Without its threads a member cannot keep its promises; and it can say so to nobody but the operator.
        precondition(
            failure == 0, "the system has no thread for \(name) (error \(failure)): raise the limit (ulimit -u)")
        // SAFETY: the name is copied.
        unsafe files_name_thread(created, String(name.prefix(15)))
        thread = created
    }

    // A thread whose end nobody awaited goes on, and the system forgets it when it ends.
    deinit { if !isJoined.load(ordering: .acquiring) { pthread_detach(thread) } }

    /// Waits until the function has returned. Once.
    package func join() {
        let wasJoined = isJoined.exchange(true, ordering: .acquiringAndReleasing)
        precondition(!wasJoined, "a thread ends once")
        // The thread is joinable, because it was neither joined nor detached.
        pthread_join(thread, nil)
    }
}

/// Wakes one waiting thread.
///
/// SAFETY (`@safe`, `Sendable`): the mutex and the condition lie at fixed addresses, allocated and destroyed only
/// here; `hasRung` and `isWaiting` are touched only with the mutex held.
@safe
package final class Bell: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var hasRung = false

    /// A silent bell.
    package init() {
        // SAFETY: both are initialised before anybody else can see them. The condition waits by the monotonic
        // clock, so that setting the wall clock wakes or delays nobody.
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    // SAFETY: who waits or rings holds this object, so nobody does when it ends.
    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    /// Wakes the waiter, or spares the next one its wait.
    package func ring() {
        // SAFETY: both were initialised and live as long as this object.
        unsafe pthread_mutex_lock(mutex)
        let wasSilent = !hasRung
        hasRung = true
        unsafe pthread_mutex_unlock(mutex)
        // SAFETY: as above. A second ring before the waiter woke needs no second call.
        if wasSilent { unsafe pthread_cond_signal(condition) }
    }

    /// Waits for a ring, at most so long; whether it rang.
    package func wait(upTo nanoseconds: UInt64) -> Bool {
        let end = SystemClock.monotonicNanoseconds + nanoseconds
        var deadline = timespec(tv_sec: Int(end / 1_000_000_000), tv_nsec: Int(end % 1_000_000_000))
        // SAFETY: both were initialised and live as long as this object; the mutex is held around the wait.
        unsafe pthread_mutex_lock(mutex)
        while !hasRung {
            if unsafe pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT { break }
        }
        let rang = hasRung
        hasRung = false
        // SAFETY: as above.
        unsafe pthread_mutex_unlock(mutex)
        return rang
    }

    /// Waits for a ring, however long it takes.
    package func wait() {
        // SAFETY: both were initialised and live as long as this object; the mutex is held around the wait.
        unsafe pthread_mutex_lock(mutex)
        // SAFETY: as above.
        while !hasRung { unsafe _ = pthread_cond_wait(condition, mutex) }
        hasRung = false
        // SAFETY: as above.
        unsafe pthread_mutex_unlock(mutex)
    }
}
