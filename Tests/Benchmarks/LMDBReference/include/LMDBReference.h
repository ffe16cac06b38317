// LMDBReference.h: another B+tree file, doing the same work as ours, to measure ours against.
//
// Everything that is timed happens in C, with LMDB's own API and nothing in between; Swift only says what
// to do and reads the clock's answer. Times are in nanoseconds.

#ifndef LMDB_REFERENCE_H
#define LMDB_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

/// Makes a new database in the directory that ETCD_BENCH_FILES names (".build/bench-files" without it).
/// Every commit is synced. False when LMDB refuses.
bool lmdb_reference_open(uint64_t map_bytes);

/// Inserts `count` keys of 16 bytes with values of 256 bytes, beginning with number `first`, a commit after
/// every `batch`. Returns the time, or 0 when LMDB refuses.
uint64_t lmdb_reference_insert(uint64_t first, uint64_t count, uint64_t batch, bool random);

/// Reads `reads` of the first `count` keys in random order, in one transaction.
uint64_t lmdb_reference_get(uint64_t count, uint64_t reads, bool random);

/// Walks through everything once.
uint64_t lmdb_reference_scan(void);

/// The sum over what the last read or scan saw: equal to ours, or one of the two cheats.
uint64_t lmdb_reference_digest(void);

/// How many bytes of the file are in use.
uint64_t lmdb_reference_file_bytes(void);

/// Closes and deletes the database.
void lmdb_reference_close(void);

#endif
