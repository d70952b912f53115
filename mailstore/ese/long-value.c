/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * long-value.c - chunks of long values in TREE_LONG_VALUES.
 *
 * Key: table u32, number u64, chunk u32, all big-endian. Chunks are full but for the last, and
 * have no gaps. Writing touches the chunks it covers and no others, so appending to and reading
 * from the middle of a large value costs what is moved. The row's lock covers its long values.
 *
 * The checksum of a chunk is looked at when much of it is read, or when it goes into a new one.
 *
 * Fails with JET_errLVCorrupted when a chunk is missing or short, JET_errReadVerifyFailure when it
 * has not its checksum, and as the store does.
 */
#include "mailstore/ese/long-value.h"

#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/bytes.h"
#include "mailstore/ese/fault.h"
#include "mailstore/ese/result.h"

enum {
    VERIFY_PART = 4, /* a read of so large a part of a chunk pays for looking at all of it */
};

typedef struct {
    uint8_t data[16];
} ChunkKey;

static ChunkKey chunk_key(uint32_t table, uint64_t number, uint32_t chunk)
{
    ChunkKey key;
    store_key_u32(key.data, table);
    store_key_u64(key.data + 4, number);
    store_key_u32(key.data + 12, chunk);
    return key;
}

static Bytes chunk_key_view(const ChunkKey *key)
{
    return (Bytes){key->data, sizeof(key->data)};
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static JET_ERR chunk_verify(const Txn *txn, const ChunkKey *key, Bytes chunk, size_t used)
{
    return used < chunk.size / VERIFY_PART ? JET_errSuccess
                                           : txn_verify(txn, chunk_key_view(key), chunk);
}

/* The chunk's bytes, at least `needed` of them. */
static JET_ERR chunk_get(Txn *txn, const ChunkKey *key, size_t needed, Bytes *ret)
{
    Bytes value;
    JET_ERR err = txn_get(txn, TREE_LONG_VALUES, chunk_key_view(key), &value);
    if (err == JET_errRecordNotFound || (err >= 0 && value.size < needed))
        return JET_errLVCorrupted;
    RETURN_IF_ERROR(err);
    *ret = value;
    return JET_errSuccess;
}

/* The chunks of a value stand side by side in the tree: one search, then steps. */
typedef struct {
    TreeCursor *cursor; /* NULL: not yet searched */
} ChunkReader;

static JET_ERR chunk_reader_next(ChunkReader *reader, Txn *txn, const ChunkKey *key, size_t needed,
                                 Bytes *ret)
{
    Bytes found, value;
    JET_ERR err;
    if (reader->cursor) {
        err = tree_cursor_next(reader->cursor, &found, &value);
    } else {
        RETURN_IF_ERROR(txn_cursor(txn, TREE_LONG_VALUES, &reader->cursor));
        err = tree_cursor_seek(reader->cursor, SEEK_GE, chunk_key_view(key), (Bytes){NULL, 0},
                               &found, &value);
    }
    if (err == JET_errRecordNotFound)
        return JET_errLVCorrupted;
    RETURN_IF_ERROR(err);
    if (found.size != sizeof(key->data) || memcmp(found.data, key->data, found.size) != 0 ||
        value.size < needed)
        return JET_errLVCorrupted;
    *ret = value;
    return JET_errSuccess;
}

JET_ERR long_value_read(Txn *txn, uint32_t table, RecordReference reference, uint32_t offset,
                        void *out, uint32_t size)
{
    uint8_t *to = out;
    ChunkReader reader = {NULL};
    if (offset > reference.size || size > reference.size - offset)
        return JET_errLVCorrupted;
    bool several = offset % LONG_VALUE_CHUNK + (uint64_t)size > LONG_VALUE_CHUNK;
    while (size > 0) {
        uint32_t chunk = offset / LONG_VALUE_CHUNK, within = offset % LONG_VALUE_CHUNK;
        uint32_t n = smaller(size, LONG_VALUE_CHUNK - within);
        ChunkKey key = chunk_key(table, reference.number, chunk);
        Bytes bytes;
        RETURN_IF_ERROR(several ? chunk_reader_next(&reader, txn, &key, within + n, &bytes)
                                : chunk_get(txn, &key, within + n, &bytes));
        memcpy(to, (const uint8_t *)bytes.data + within, n);
        /* Behind the copy, which has brought the checksum near. */
        RETURN_IF_ERROR(chunk_verify(txn, &key, bytes, n));
        to += n;
        offset += n;
        size -= n;
    }
    return JET_errSuccess;
}

/* The chunk's first `old` bytes with `data` (NULL: zeros) put over them. The buffer is not on the
 * stack: it would be much of what a program may give its threads. */
static JET_ERR chunk_splice(Txn *txn, const ChunkKey *key, uint32_t old, uint32_t within,
                            const uint8_t *data, uint32_t size)
{
    uint32_t end = old > within + size ? old : within + size;
    JET_ERR err = JET_errSuccess;
    uint8_t *buffer = fault_malloc(end);
    if (!buffer)
        return JET_errOutOfMemory;
    if (old > 0 && (within > 0 || old > size)) {
        Bytes present;
        err = chunk_get(txn, key, old, &present);
        if (err >= 0)
            err = chunk_verify(txn, key, present, present.size);
        if (err >= 0)
            memcpy(buffer, present.data, old);
    }
    if (data)
        memcpy(buffer + within, data, size);
    else
        memset(buffer + within, 0, size);
    if (err >= 0)
        err = txn_put_unlocked(txn, TREE_LONG_VALUES, chunk_key_view(key), (Bytes){buffer, end});
    free(buffer);
    return err;
}

/* One chunk: what of the value is in it already stays around the new bytes. */
static JET_ERR chunk_write(Txn *txn, uint32_t table, const RecordReference *reference,
                           uint32_t offset, const uint8_t *data, uint32_t size)
{
    uint32_t within = offset % LONG_VALUE_CHUNK, start = offset - within;
    uint32_t old = reference->size > start ? smaller(reference->size - start, LONG_VALUE_CHUNK) : 0;
    ChunkKey key = chunk_key(table, reference->number, offset / LONG_VALUE_CHUNK);
    if (!data || within > 0 || old > size)
        return chunk_splice(txn, &key, old, within, data, size);
    return txn_put_unlocked(txn, TREE_LONG_VALUES, chunk_key_view(&key), (Bytes){data, size});
}

JET_ERR long_value_write(Txn *txn, uint32_t table, RecordReference *reference, uint32_t offset,
                         const void *data, uint32_t size)
{
    const uint8_t *from = data;
    if (size > LONG_VALUE_MAX || offset > LONG_VALUE_MAX - size)
        return JET_errColumnTooBig;
    while (reference->size < offset) {
        uint32_t n = smaller(offset - reference->size,
                             LONG_VALUE_CHUNK - reference->size % LONG_VALUE_CHUNK);
        RETURN_IF_ERROR(chunk_write(txn, table, reference, reference->size, NULL, n));
        reference->size += n;
    }
    while (size > 0) {
        uint32_t n = smaller(size, LONG_VALUE_CHUNK - offset % LONG_VALUE_CHUNK);
        RETURN_IF_ERROR(chunk_write(txn, table, reference, offset, from, n));
        offset += n;
        size -= n;
        if (from)
            from += n;
        if (reference->size < offset)
            reference->size = offset;
    }
    return JET_errSuccess;
}

JET_ERR long_value_copy(Txn *txn, uint32_t table, RecordReference from, uint64_t to_number)
{
    uint8_t *buffer = fault_malloc(LONG_VALUE_CHUNK); /* what is read may move with a write */
    RecordReference to = {.number = to_number, .size = 0};
    JET_ERR err = buffer ? JET_errSuccess : JET_errOutOfMemory;
    while (err >= 0 && to.size < from.size) {
        uint32_t n = smaller(from.size - to.size, LONG_VALUE_CHUNK);
        err = long_value_read(txn, table, from, to.size, buffer, n);
        if (err >= 0)
            err = long_value_write(txn, table, &to, to.size, buffer, n);
    }
    free(buffer);
    return err;
}

JET_ERR long_value_delete(Txn *txn, uint32_t table, uint64_t number)
{
    for (uint32_t chunk = 0;; chunk++) {
        ChunkKey key = chunk_key(table, number, chunk);
        Bytes value;
        JET_ERR err = txn_get(txn, TREE_LONG_VALUES, chunk_key_view(&key), &value);
        if (err == JET_errRecordNotFound)
            return JET_errSuccess;
        RETURN_IF_ERROR(err);
        RETURN_IF_ERROR(txn_delete_unlocked(txn, TREE_LONG_VALUES, chunk_key_view(&key)));
    }
}
