/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * spill.c - values of a large transaction, kept in an unnamed temporary file instead of memory.
 *
 * The file has no name (O_TMPFILE), so a crash leaves nothing. Values are written with pwrite and
 * read through a map: a full disk is an error of the write, never a SIGBUS of the read. A value
 * lies in one segment. Space of values that are written over or rolled back comes back at the end
 * of the transaction.
 *
 * Fails with JET_errDiskFull, JET_errDiskIO, JET_errOutOfMemory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/spill.h"
#include "mailstore/ese/store-error.h"

enum {
    SPILL_SEGMENT = 8 << 20 /* a map each; a 2 GiB transaction has 256 */
};

struct SpillSegment {
    SpillSegment *next;
    off_t start;
    size_t size, used;
    const uint8_t *map;
};

void spill_init(Spill *spill, const char *directory)
{
    *spill = (Spill){.directory = directory, .fd = -1};
}

static JET_ERR spill_open(Spill *spill)
{
    if (spill->fd >= 0)
        return JET_errSuccess;
    spill->fd = open(spill->directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (spill->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
        /* A file system without O_TMPFILE: memory with a descriptor is the nearest thing. */
        spill->fd = memfd_create("ese-spill", MFD_CLOEXEC);
    }
    return spill->fd >= 0 ? JET_errSuccess : store_error(errno);
}

static JET_ERR spill_add_segment(Spill *spill, size_t size)
{
    SpillSegment *segment = fault_calloc(1, sizeof *segment);

    if (!segment)
        return JET_errOutOfMemory;
    if (spill->segments)
        segment->start = spill->segments->start + (off_t)spill->segments->size;
    /* Segments start on a page: the size is rounded to whole segments. */
    segment->size = (size + SPILL_SEGMENT - 1) / SPILL_SEGMENT * SPILL_SEGMENT;
    void *map = mmap(NULL, segment->size, PROT_READ, MAP_SHARED, spill->fd, segment->start);
    if (map == MAP_FAILED) {
        free(segment);
        return JET_errOutOfMemory;
    }
    segment->map = map;
    segment->next = spill->segments;
    spill->segments = segment;
    return JET_errSuccess;
}

static JET_ERR spill_put(const Spill *spill, off_t offset, const void *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n =
            pwrite(spill->fd, (const uint8_t *)data + done, size - done, offset + (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? store_error(errno) : JET_errDiskFull;
        done += (size_t)n;
    }
    return JET_errSuccess;
}

JET_ERR spill_write(Spill *spill, const void *data, size_t size, const void *tail, size_t tail_size,
                    const void **ret)
{
    JET_ERR error = spill_open(spill);
    size_t whole = size + tail_size;

    if (error == JET_errSuccess &&
        (!spill->segments || spill->segments->size - spill->segments->used < whole))
        error = spill_add_segment(spill, whole);
    if (error != JET_errSuccess)
        return error;

    SpillSegment *segment = spill->segments;
    off_t offset = segment->start + (off_t)segment->used;
    int fault = fault_at(FAULT_SPILL);
    if (fault)
        return store_error(fault);
    error = spill_put(spill, offset, data, size);
    if (error == JET_errSuccess)
        error = spill_put(spill, offset + (off_t)size, tail, tail_size);
    if (error != JET_errSuccess)
        return error;
    *ret = segment->map + segment->used;
    segment->used += whole;
    return JET_errSuccess;
}

void spill_clear(Spill *spill)
{
    while (spill->segments) {
        SpillSegment *segment = spill->segments;

        spill->segments = segment->next;
        munmap((void *)segment->map, segment->size);
        free(segment);
    }
    if (spill->fd >= 0)
        close(spill->fd);
    spill->fd = -1;
}
