/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * seal.h - the checksum of a stored value: CRC-32C of its key and it, four bytes behind it.
 *
 * All trees have it but that of the indexes, whose entries follow from the rows.
 */
#ifndef MAILSTORE_ESE_SEAL_H
#define MAILSTORE_ESE_SEAL_H

#include "mailstore/ese/bytes.h"
#include "mailstore/ese/crc32c.h"
#include "mailstore/ese/store.h"

enum {
    SEAL_SIZE = 4,
};

/* There is room for it behind `value`. */
static inline void seal_write(void *behind, Bytes key, Bytes value)
{
    store_u32(behind, crc32c(crc32c(0, key.data, key.size), value.data, value.size));
}

/* It lies behind `value`. */
static inline bool seal_holds(Bytes key, Bytes value)
{
    return load_u32((const uint8_t *)value.data + value.size) ==
           crc32c(crc32c(0, key.data, key.size), value.data, value.size);
}

/* The value of what is stored, not held against its checksum. JET_errReadVerifyFailure. */
static inline JET_ERR seal_open(Bytes stored, Bytes *ret)
{
    if (stored.size < SEAL_SIZE)
        return JET_errReadVerifyFailure;
    *ret = (Bytes){stored.data, stored.size - SEAL_SIZE};
    return JET_errSuccess;
}

/* As seal_open; it is. */
static inline JET_ERR seal_verify(Bytes key, Bytes stored, Bytes *ret)
{
    Bytes value;
    if (seal_open(stored, &value) != JET_errSuccess || !seal_holds(key, value))
        return JET_errReadVerifyFailure;
    *ret = value;
    return JET_errSuccess;
}

#endif
