/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * blob.h - bytes of a record: short ones in memory, long ones in a sealed memfd.
 */
#ifndef LIBSTOREHOOK_BLOB_H
#define LIBSTOREHOOK_BLOB_H

#include <stdbool.h>
#include <stddef.h>

#include "libstorehook/descriptor.h"

/* Short bytes that may be absent. */
typedef struct {
    unsigned char *data; /* malloc'ed, one NUL behind; NULL: absent */
    size_t size;
} ByteString;

/* 0 or -ENOMEM, and then *ret is as it was. */
int byte_string_set(ByteString *string, const void *data, size_t size);
void byte_string_clear(ByteString *string);
bool byte_string_equals(const ByteString *a, const ByteString *b); /* both there and the same */

/* Content of any size. */
typedef struct {
    bool set;
    size_t size;
    unsigned char *data; /* up to STOREHOOK_TAIL_MAX, or moved to memory; else NULL and: */
    Descriptor memfd;
} Blob;

#define BLOB_NONE ((Blob){.memfd = {.fd = -1}})

enum {
    BLOB_MAX = 1 << 30 /* what is asked for in one piece; ESE's own limit is twice that */
};

/* False where RLIMIT_FSIZE has no room for that much in one file. */
bool blob_size_is_allowed(size_t size);
/* For content above STOREHOOK_INLINE_MAX: a memfd of that size, mapped for writing. NULL when there
 * is no memory, descriptor or permission; never a signal for it. */
void *blob_map_new(size_t size, Descriptor *ret_memfd);
/* Unmaps and seals what blob_map_new gave; 0 or -errno, and then the memfd is closed. */
int blob_map_seal(void *map, size_t size, Descriptor *memfd);
/* Takes over the memfd. */
Blob blob_take_memfd(Descriptor memfd, size_t size);
/* 0 or -ENOMEM. */
int blob_set(Blob *blob, const void *data, size_t size);
/* From the memfd to memory, to free the descriptor. 0 or -errno. */
int blob_move_to_memory(Blob *blob);
void blob_clear(Blob *blob);

/* The bytes of a blob, or of a descriptor that came with an answer, to look at. */
typedef struct {
    const void *data;
    size_t size;
    void *map;
} BlobView;

/* 0, or -errno; -EPERM when a memfd could change or shrink while it is read. */
int blob_view_memfd(int fd, size_t size, BlobView *ret);
int blob_view(const Blob *blob, BlobView *ret);
void blob_view_close(BlobView *view);

#endif /* LIBSTOREHOOK_BLOB_H */
