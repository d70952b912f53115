/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-check.c - whatever a database file has in it, the check tool tells and does not crash.
 *
 * The input is the file. Each input is checked as it is and cut short; without a fuzzer also with
 * one bit turned over at places spread over it, so that a corpus of a few sound files goes a long
 * way. Where only a checksum is wrong, the rest is looked at all the same: whoever damages a file
 * on purpose makes them anew.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mailstore/ese/check-table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
    TURNS = 0,
#else
    TURNS = 400,
#endif
    STRIDE = 7919, /* a prime: other places of other pages each time */
    WINDOW = 64,   /* bytes that one mutation may change */
};

/* libFuzzer's. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed);

typedef struct {
    uint64_t all, checksums;
} Told;

static void tell(void *context, uint64_t page, const char *what)
{
    Told *told = context;
    if (*what == 0)
        abort();
    told->all += 1 + (page == PAGE_NONE);
    told->checksums += strstr(what, "checksum") != NULL;
}

static void check(int fd)
{
    char path[64];
    Told told = {0};
    Check state;
    CheckTables tables;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (check_open(&state, path, tell, &told) >= 0) {
        check_pages(&state);
        check_older_meta(&state);
        if (state.damages == 0 && (told.all != 0 || check_was_overtaken(&state)))
            abort();
        if (state.damages == told.checksums) {
            state.damages = 0;
            check_tables(&state, &tables);
        }
    }
    check_close(&state);
}

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
/* Pages stay where they are: a byte put in between would be the same damage everywhere. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed)
{
    if (size < WINDOW)
        return LLVMFuzzerMutate(data, size, most);
    LLVMFuzzerMutate(data + seed % (size - WINDOW + 1), WINDOW, WINDOW);
    return size;
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("check", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    check(fd);
    for (size_t i = 0; i < TURNS && size > 0; i++) {
        off_t at = (off_t)(i * STRIDE % size);
        uint8_t byte = (uint8_t)(data[at] ^ 1u << i % 8);
        if (pwrite(fd, &byte, 1, at) != 1)
            abort();
        check(fd);
        if (pwrite(fd, &data[at], 1, at) != 1)
            abort();
    }
    if (ftruncate(fd, (off_t)(size / 2)) != 0)
        abort();
    check(fd);
    close(fd);
    return 0;
}
