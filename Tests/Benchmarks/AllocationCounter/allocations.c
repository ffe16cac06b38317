// allocations.c: counting allocations, for the benchmark only.
//
// A program's own definition of `malloc` takes the place of the C library's, for the program and for all
// libraries in it, Swift's runtime included. Ours counts and passes the call on to glibc, which keeps its
// functions under second names for this purpose. So "no allocation" can be checked as a number, and not
// guessed from a profile. It is linked into benchmarks and nothing else.

#include "AllocationCounter.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static _Atomic uint64_t calls;

static void count(void) { atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed); }

uint64_t allocations_so_far(void) { return atomic_load_explicit(&calls, memory_order_relaxed); }

bool benchmarks_are_full(void) { return getenv("ETCD_BENCH") != NULL; }

void *malloc(size_t size) {
    count();
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count();
    return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
    count();
    return __libc_realloc(block, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

void *memalign(size_t alignment, size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
    count();
    *block = __libc_memalign(alignment, size);
    return *block == NULL ? ENOMEM : 0;
}
