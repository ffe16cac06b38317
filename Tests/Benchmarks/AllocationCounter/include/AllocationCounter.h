// AllocationCounter.h: how often did this program ask for memory?
//
// See allocations.c.

#pragma once

#include <stdbool.h>
#include <stdint.h>

/// How many times malloc, calloc, realloc and their relatives were called by this program so far.
uint64_t allocations_so_far(void);

/// Whether ETCD_BENCH is set: then benchmarks run at full size and print their load and result.
bool benchmarks_are_full(void);
