/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory-watch.h - whether an allocation failed, also in a library that kept it to itself.
 *
 * libclamav goes on without what it could not allocate, and answers "clean". A program that links
 * this has its allocator watched.
 */
#ifndef SCANNER_MEMORY_WATCH_H
#define SCANNER_MEMORY_WATCH_H

#include <stdint.h>

typedef struct {
    uint64_t failures; /* allocations of this process that returned NULL, since it began */
    uint64_t limited;  /* those among them that its own limit refused, not the machine */
} MemoryWatch;

MemoryWatch memory_watch_now(void);

#endif /* SCANNER_MEMORY_WATCH_H */
