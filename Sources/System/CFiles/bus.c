// bus.c: what happens when another program cuts a file that we have mapped.
//
// A page of a mapped file that the file no longer has cannot be read: the system sends SIGBUS, and a process that has
// not asked for it ends. Here it is asked for. If the address lies in one of our mappings, the handler puts a page of
// zeroes in its place, notes that this mapping is no longer true, and returns: the load is made again and reads zeroes.
// Any other bus error goes to whoever wanted it before us.
//
//     load --> no page --> SIGBUS --> handler: in a guarded range? --yes--> page of zeroes, note, return --> load: 0
//                                              '--no--> the handler before ours
//
// ALLOWED IN A HANDLER? It calls mmap, which POSIX does not list as safe there; on Linux it is one system call that
// takes no lock of the C library, and databases have relied on it for decades. It touches only atomics besides.

#define _GNU_SOURCE
#include "CFiles.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

enum { guard_limit = 256 };

// A slot is free when `start` is 0, and taken when it is 1 or an address. `end` is written before `start`.
static struct guard {
    atomic_uintptr_t start;
    atomic_uintptr_t end;
    atomic_bool hit;
} guards[guard_limit];

static uintptr_t page_bytes;
static struct sigaction before;

static void on_bus_error(int signal, siginfo_t *info, void *context) {
    (void)signal;
    (void)context;
    uintptr_t address = (uintptr_t)info->si_addr;
    for (int slot = 0; slot < guard_limit; slot++) {
        uintptr_t start = atomic_load(&guards[slot].start);
        if (start <= 1 || address < start || address >= atomic_load(&guards[slot].end)) continue;
        atomic_store(&guards[slot].hit, true);
        void *page = (void *)(address & ~(page_bytes - 1));
        void *zeroes = mmap(page, page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        if (zeroes != MAP_FAILED) return;
    }
    // Not ours: the load is made again, and the next bus error goes to the handler before ours.
    sigaction(SIGBUS, &before, NULL);
}

static void install(void) {
    page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &before);
}

int files_guard(const void *start, size_t length) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install);
    for (int slot = 0; slot < guard_limit; slot++) {
        uintptr_t free_slot = 0;
        if (!atomic_compare_exchange_strong(&guards[slot].start, &free_slot, 1)) continue;
        atomic_store(&guards[slot].hit, false);
        atomic_store(&guards[slot].end, (uintptr_t)start + length);
        atomic_store(&guards[slot].start, (uintptr_t)start);
        return slot;
    }
    return -1;
}

bool files_guard_was_hit(int guard) { return guard >= 0 && atomic_load(&guards[guard].hit); }

void files_unguard(int guard) {
    if (guard >= 0) atomic_store(&guards[guard].start, 0);
}
