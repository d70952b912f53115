/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-key.c - keys of every column type: never too long, and in the order of the values.
 *
 * Input: type, bits (1 descending, 2 Unicode, 4 NULLs high, 8 .NET GUIDs, 16..32 kind of limit, 64
 * text or binary of a fixed size), key length, then two values of half of what is left each.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

enum {
    DESCENDING = 1,
    UNICODE = 2,
    NULLS_HIGH = 4,
    DOT_NET = 8,
    LIMIT_SHIFT = 4,
    FIXED_SIZE = 64,
    FIXED_ID = 1,
    TAGGED_ID = 256,
    COLTYPS = 19,
};

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

static int64_t signed_value(const uint8_t *data, size_t size)
{
    uint64_t value = 0;
    memcpy(&value, data, size);
    return (int64_t)(value << (64 - 8 * size)) >> (64 - 8 * size);
}

static uint64_t unsigned_value(const uint8_t *data, size_t size)
{
    uint64_t value = 0;
    memcpy(&value, data, size);
    return value;
}

static int compare_float(const uint8_t *a, const uint8_t *b, size_t size)
{
    double left, right;
    if (size == sizeof(float)) {
        float left_single, right_single;
        memcpy(&left_single, a, size);
        memcpy(&right_single, b, size);
        left = left_single;
        right = right_single;
    } else {
        memcpy(&left, a, size);
        memcpy(&right, b, size);
    }
    /* Not-a-numbers and the two zeros have an order among keys that numbers know nothing of. */
    if (isnan(left) || isnan(right) || left == right)
        return 2;
    return left < right ? -1 : 1;
}

/* What the order of the values is, 2 where it is not for us to say. */
static int compare_values(JET_COLTYP coltyp, Bytes a, Bytes b)
{
    const uint8_t *left = a.data, *right = b.data;
    switch (coltyp) {
    case JET_coltypShort:
    case JET_coltypLong:
    case JET_coltypCurrency:
    case JET_coltypLongLong: {
        int64_t x = signed_value(left, a.size), y = signed_value(right, b.size);
        return (x > y) - (x < y);
    }
    case JET_coltypUnsignedByte:
    case JET_coltypUnsignedShort:
    case JET_coltypUnsignedLong:
    case JET_coltypUnsignedLongLong: {
        uint64_t x = unsigned_value(left, a.size), y = unsigned_value(right, b.size);
        return (x > y) - (x < y);
    }
    case JET_coltypIEEESingle:
    case JET_coltypIEEEDouble:
    case JET_coltypDateTime:
        return compare_float(left, right, a.size);
    case JET_coltypBinary:
    case JET_coltypLongBinary:
        return sign(bytes_compare(a, b));
    default:
        return 2;
    }
}

static void check_limit(const Index *index, Bytes value, const Key *key, KeyLimit limit)
{
    Key limited = {0};
    JET_ERR err = key_append_limit(&limited, index, 0, value, limit);
    bool whole = !key_column_has_parts(index->segments[0].column);
    bool partial = limit == KEY_LIMIT_PARTIAL_START || limit == KEY_LIMIT_PARTIAL_END;
    if (err < 0) {
        MUST(err == JET_errInvalidGrbit && whole && partial);
        return;
    }
    MUST(limited.size <= (size_t)index->key_most + 1);
    if (limit == KEY_LIMIT_FULL_END || limit == KEY_LIMIT_PARTIAL_END)
        MUST(bytes_compare(key_bytes(&limited), key_bytes(key)) > 0);
    else if (limit == KEY_LIMIT_PARTIAL_START && !index->segments[0].descending)
        MUST(bytes_compare(key_bytes(&limited), key_bytes(key)) <= 0);
}

static void check_pair(Index *index, JET_COLTYP coltyp, Bytes a, Bytes b)
{
    Key left = {0}, right = {0}, null = {0};
    MUST(key_append(&left, index, 0, a) >= 0);
    MUST(key_append(&right, index, 0, b) >= 0);
    MUST(key_append(&null, index, 0, (Bytes){NULL, 0}) >= 0);
    MUST(left.size <= index->key_most && right.size <= index->key_most);
    int order = sign(bytes_compare(key_bytes(&left), key_bytes(&right)));
    int expected = compare_values(coltyp, a, b);
    if (index->segments[0].descending && expected != 2)
        expected = -expected;
    if (expected == 2 || left.truncated || right.truncated)
        MUST(order == 0 || expected == 2 || order == expected);
    else
        MUST(order == expected);
    /* NULL is before all values, or behind. */
    bool behind =
        ((index->grbit & JET_bitIndexSortNullsHigh) != 0) != index->segments[0].descending;
    MUST(sign(bytes_compare(key_bytes(&null), key_bytes(&left))) == (behind ? 1 : -1));
    /* A second segment only adds. */
    Key two = left;
    MUST(key_append(&two, index, 1, b) >= 0);
    MUST(two.size <= index->key_most && memcmp(two.data, left.data, left.size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    JET_COLTYP coltyp = data[0] % COLTYPS;
    uint8_t bits = data[1];
    bool is_fixed =
        coltyp_fixed_size(coltyp) != 0 || ((bits & FIXED_SIZE) && !coltyp_is_long_value(coltyp));
    Column column = {.id = is_fixed ? FIXED_ID : TAGGED_ID,
                     .coltyp = coltyp,
                     .code_page = bits & UNICODE ? CODE_PAGE_UNICODE : CODE_PAGE_ASCII};
    Index index = {
        .key_most = (uint16_t)(KEY_DEFAULT + data[2] % (KEY_MOST - KEY_DEFAULT + 1)),
        .n_segments = 2,
        .segments = {{column.id, &column, bits & DESCENDING}, {column.id, &column, false}}};
    bool variable =
        coltyp_is_text(coltyp) || coltyp_is_long_value(coltyp) || coltyp == JET_coltypBinary;
    uint32_t fixed = coltyp_fixed_size(coltyp);
    size_t half = (size - 3) / 2;
    if ((fixed == 0 && !variable) || (fixed != 0 && half < fixed))
        return 0;
    index.var_segment_most = index.key_most;
    index.grbit = (bits & NULLS_HIGH ? JET_bitIndexSortNullsHigh : 0) |
                  (bits & DOT_NET ? JET_bitIndexDotNetGuid : 0);
    if (coltyp_is_text(coltyp) && (bits & UNICODE))
        MUST(text_collation_open(&index.collation) >= 0);
    size_t length = fixed ? fixed : half;
    Bytes a = {data + 3, length}, b = {data + 3 + half, length};
    Key key = {0};
    check_pair(&index, coltyp, a, b);
    MUST(key_append(&key, &index, 0, a) >= 0);
    check_limit(&index, a, &key, (KeyLimit)(bits >> LIMIT_SHIFT & 3));
    text_collation_clear(&index.collation);
    return 0;
}
