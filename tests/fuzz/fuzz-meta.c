/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-meta.c - a damaged or truncated database file is refused or opened, never a crash.
 *
 * The input damages a sound file made at the start: two bytes of length to cut it to, in units of
 * 64 bytes (a length behind the end cuts nothing), then for each change two bytes of offset and
 * one of value. Numbers are little-endian.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "mailstore/ese/meta-check.h"
#include "mailstore/ese/store.h"
#include "tests/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[SCRATCH_MAX + 32];
static char path[SCRATCH_MAX + 48], lock_path[SCRATCH_MAX + 56];
static uint8_t *sound;
static size_t sound_size;

static void remove_file(void)
{
    unlink(path);
    unlink(lock_path);
    rmdir(directory);
    free(sound);
}

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

/* Rows, an index, free pages; small enough for offsets of two bytes. */
static void make_file(void)
{
    Store *store;
    Txn *txn;
    uint8_t value[50] = {1};
    struct stat status;

    snprintf(directory, sizeof directory, "%s/fuzz-meta-XXXXXX", scratch_directory());
    MUST(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/file.edb", directory);
    snprintf(lock_path, sizeof lock_path, "%s/file.edb-lock", directory);
    atexit(remove_file);
    MUST(store_open(&(StoreOptions){.path = path, .create = true}, &store) == JET_errSuccess);
    MUST(txn_new(store, &txn) == JET_errSuccess);
    for (uint8_t round = 0; round < 2; round++) {
        MUST(txn_begin(txn, false) == JET_errSuccess);
        for (uint8_t i = 0; i < 30; i++) {
            uint8_t key[2] = {1, (uint8_t)(i + round)};
            MUST(txn_put(txn, TREE_ROWS, (Bytes){key, 2}, (Bytes){value, sizeof value}) ==
                 JET_errSuccess);
            MUST(txn_index_insert(txn, (Bytes){value, 4}, (Bytes){key, 2}, false) ==
                 JET_errSuccess);
        }
        MUST(txn_commit(txn, true) == JET_errSuccess);
    }
    txn_free(txn);
    store_close(store);
    MUST(stat(path, &status) == 0);
    sound_size = (size_t)status.st_size;
    MUST(sound_size <= UINT16_MAX + 1u);
    sound = malloc(sound_size);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    MUST(sound && fd >= 0 && read(fd, sound, sound_size) == (ssize_t)sound_size);
    close(fd);
}

static void write_damaged(const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(sound_size);
    size_t length = sound_size;

    MUST(bytes);
    memcpy(bytes, sound, sound_size);
    if (size >= 2) {
        size_t cut = (size_t)(data[0] | data[1] << 8) * 64;
        length = cut < length ? cut : length;
    }
    for (size_t i = 2; i + 3 <= size; i += 3) {
        size_t offset = (size_t)(data[i] | data[i + 1] << 8);
        if (offset < sound_size)
            bytes[offset] = data[i + 2];
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    MUST(fd >= 0 && write(fd, bytes, length) == (ssize_t)length);
    close(fd);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Store *store;

    if (!sound)
        make_file();
    write_damaged(data, size);
    if (meta_check(path) == JET_errSuccess &&
        store_open(&(StoreOptions){.path = path, .read_only = true}, &store) == JET_errSuccess)
        store_close(store);
    return 0;
}
