// reference.c: the workload of the tree benchmarks on LMDB. Keys and values are those of Workload.swift.

#include "LMDBReference.h"

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { KEY_BYTES = 16, VALUE_BYTES = 256, VALUES = 64 };

static MDB_env *env;
static MDB_dbi dbi;
static uint64_t digest;
static unsigned char values[VALUES][VALUE_BYTES];

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static uint64_t stir(uint64_t number) {
    number += 0x9E3779B97F4A7C15u;
    number = (number ^ number >> 32) * 0xD6E8FEB86659FD93u;
    number = (number ^ number >> 32) * 0xD6E8FEB86659FD93u;
    return number ^ number >> 32;
}

static void big_endian(unsigned char *target, uint64_t number) {
    for (int byte = 7; byte >= 0; byte--) {
        target[byte] = (unsigned char)number;
        number >>= 8;
    }
}

static void make_key(unsigned char *key, uint64_t number, bool random) {
    big_endian(key, random ? stir(number) : 0);
    big_endian(key + 8, number);
}

static const char *folder(void) {
    const char *name = getenv("ETCD_BENCH_FILES");
    return name ? name : ".build/bench-files";
}

static void path_of(char *path, size_t size, const char *name) { snprintf(path, size, "%s/%s", folder(), name); }

bool lmdb_reference_open(uint64_t map_bytes) {
    char path[4096];
    path_of(path, sizeof path, "lmdb");
    mkdir(folder(), 0700);
    unlink(path);
    for (int value = 0; value < VALUES; value++) {
        for (int byte = 0; byte < VALUE_BYTES; byte++) values[value][byte] = (unsigned char)(value * 31 + byte);
    }
    MDB_txn *txn;
    if (mdb_env_create(&env) || mdb_env_set_mapsize(env, map_bytes)) return false;
    if (mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_NORDAHEAD, 0600)) return false;
    return !mdb_txn_begin(env, NULL, 0, &txn) && !mdb_dbi_open(txn, NULL, 0, &dbi) && !mdb_txn_commit(txn);
}

uint64_t lmdb_reference_insert(uint64_t first, uint64_t count, uint64_t batch, bool random) {
    uint64_t start = now();
    unsigned char bytes[KEY_BYTES];
    for (uint64_t done = 0; done < count;) {
        MDB_txn *txn;
        if (mdb_txn_begin(env, NULL, 0, &txn)) return 0;
        for (uint64_t end = done + batch < count ? done + batch : count; done < end; done++) {
            uint64_t number = first + done;
            make_key(bytes, number, random);
            MDB_val key = {KEY_BYTES, bytes};
            MDB_val value = {VALUE_BYTES, values[number % VALUES]};
            if (mdb_put(txn, dbi, &key, &value, 0)) return 0;
        }
        if (mdb_txn_commit(txn)) return 0;
    }
    return now() - start;
}

static uint64_t first_word(const MDB_val *value) {
    uint64_t word;
    memcpy(&word, value->mv_data, sizeof word);
    return word + value->mv_size;
}

uint64_t lmdb_reference_get(uint64_t count, uint64_t reads, bool random) {
    uint64_t start = now();
    MDB_txn *txn;
    unsigned char bytes[KEY_BYTES];
    digest = 0;
    if (mdb_txn_begin(env, NULL, MDB_RDONLY, &txn)) return 0;
    for (uint64_t read = 0; read < reads; read++) {
        make_key(bytes, stir(read) % count, random);
        MDB_val key = {KEY_BYTES, bytes}, value;
        if (mdb_get(txn, dbi, &key, &value)) return 0;
        digest += first_word(&value);
    }
    mdb_txn_abort(txn);
    return now() - start;
}

uint64_t lmdb_reference_scan(void) {
    uint64_t start = now();
    MDB_txn *txn;
    MDB_cursor *cursor;
    MDB_val key, value;
    digest = 0;
    if (mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) || mdb_cursor_open(txn, dbi, &cursor)) return 0;
    while (!mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) digest += first_word(&value);
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    return now() - start;
}

uint64_t lmdb_reference_digest(void) { return digest; }

uint64_t lmdb_reference_file_bytes(void) {
    MDB_envinfo info;
    MDB_stat stat;
    if (mdb_env_info(env, &info) || mdb_env_stat(env, &stat)) return 0;
    return (info.me_last_pgno + 1) * stat.ms_psize;
}

void lmdb_reference_close(void) {
    char path[4096];
    mdb_env_close(env);
    path_of(path, sizeof path, "lmdb");
    unlink(path);
}
