// mutex.c: what ThreadSanitizer must be told about Swift's Mutex.
//
// ThreadSanitizer knows two kinds of order between threads: locks whose functions it replaces (pthread's), and atomic
// operations in code that was compiled for it. Swift's Mutex is neither all the way through. Taking a free one is an
// atomic operation inlined into the caller, which is seen. But who finds it taken calls `_lockSlow` in the library
// that comes with the toolchain, and so does, by `_unlockSlow`, who gives it back to somebody that waits; the library
// was not compiled for ThreadSanitizer. So each time two threads really meet at a lock, the order that the lock made
// is missed, and what it protects looks like a race.
//
// This library stands before those three functions (LD_PRELOAD), calls them, and says what happened. It hides
// nothing: a race beside the lock is still found. proof.sh shows both, with and without it.
//
// RULES    P1  released before the real unlock: afterwards the lock may be somebody else's.
//          P2  acquired after the real lock, and only if it was got.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

// ThreadSanitizer's own door for locks that it does not know; absent in programs that were not built with it.
void __tsan_acquire(void *) __attribute__((weak));
void __tsan_release(void *) __attribute__((weak));

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define TRYLOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"

static SWIFT void (*realLock)(uint32_t, SELF);
static SWIFT void (*realUnlock)(SELF);
static SWIFT bool (*realTryLock)(SELF);

// Looked up once, before any thread of the program exists.
__attribute__((constructor)) static void find(void) {
    realLock = dlsym(RTLD_NEXT, LOCK);
    realUnlock = dlsym(RTLD_NEXT, UNLOCK);
    realTryLock = dlsym(RTLD_NEXT, TRYLOCK);
}

SWIFT void lockSlow(uint32_t me, SELF) __asm__(LOCK);
SWIFT void lockSlow(uint32_t me, SELF) {
    realLock(me, self);
    if (__tsan_acquire) __tsan_acquire(self);
}

SWIFT void unlockSlow(SELF) __asm__(UNLOCK);
SWIFT void unlockSlow(SELF) {
    if (__tsan_release) __tsan_release(self);
    realUnlock(self);
}

SWIFT bool tryLockSlow(SELF) __asm__(TRYLOCK);
SWIFT bool tryLockSlow(SELF) {
    bool got = realTryLock(self);
    if (got && __tsan_acquire) __tsan_acquire(self);
    return got;
}
