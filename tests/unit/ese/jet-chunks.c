/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-chunks.c - tests long-value.c on a store: values of many chunks, written in one transaction
 * and in another, and what is missing in the file.
 */
#include "mailstore/ese/long-value.h"
#include "store-test.h"
#include "tests/run-suite.h"

enum {
    TABLE = 7,
    SIZE = 5 * LONG_VALUE_CHUNK + 100,
};

static uint8_t expected[SIZE], found[SIZE];

static void key_of_chunk(uint32_t chunk, uint8_t key[16])
{
    memset(key, 0, 16);
    key[3] = TABLE;
    key[11] = 1;
    key[15] = (uint8_t)chunk;
}

/* The value number 1, all of it in the file. */
static RecordReference write_value(Txn *txn)
{
    RecordReference reference = {.number = 1};

    for (size_t i = 0; i < SIZE; i++)
        expected[i] = (uint8_t)(i * 2654435761u >> 11);
    ck_ok(txn_begin(txn, false));
    ck_ok(long_value_write(txn, TABLE, &reference, 0, expected, SIZE));
    ck_ok(txn_commit(txn, false));
    ck_assert_uint_eq(reference.size, SIZE);
    return reference;
}

START_TEST(test_own_and_committed)
{
    TestStore test;
    uint8_t own[LONG_VALUE_CHUNK];

    test_store_create(&test);
    Txn *txn = test_txn(test.store);
    RecordReference reference = write_value(txn);
    ck_ok(txn_begin(txn, false));
    /* Chunks 2 and 3 in part: own ones between those of the file. */
    memset(own, 'o', sizeof own);
    uint32_t at = 2 * LONG_VALUE_CHUNK + 50;
    ck_ok(long_value_write(txn, TABLE, &reference, at, own, sizeof own));
    memcpy(expected + at, own, sizeof own);
    static const struct {
        uint32_t offset, size;
    } parts[] = {{0, SIZE},
                 {10, SIZE - 10},
                 {LONG_VALUE_CHUNK - 1, 2},
                 {LONG_VALUE_CHUNK, LONG_VALUE_CHUNK},
                 {2 * LONG_VALUE_CHUNK + 49, 2},
                 {SIZE - 101, 101},
                 {SIZE, 0}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        memset(found, 0, sizeof found);
        ck_ok(long_value_read(txn, TABLE, reference, parts[i].offset, found, parts[i].size));
        ck_assert_msg(memcmp(found, expected + parts[i].offset, parts[i].size) == 0,
                      "%u bytes at %u", parts[i].size, parts[i].offset);
    }
    txn_free(txn);
    test_store_remove(&test);
}
END_TEST

/* _i: the chunk. */
START_TEST(test_missing)
{
    TestStore test;
    uint8_t key[16];

    test_store_create(&test);
    Txn *txn = test_txn(test.store);
    RecordReference reference = write_value(txn);
    /* A neighbour, so that there is always a chunk to find behind. */
    RecordReference next = {.number = 2};
    ck_ok(txn_begin(txn, false));
    ck_ok(long_value_write(txn, TABLE, &next, 0, expected, SIZE));
    key_of_chunk((uint32_t)_i, key);
    ck_ok(txn_delete_unlocked(txn, TREE_LONG_VALUES, (Bytes){key, sizeof key}));
    ck_ok(txn_commit(txn, false));
    ck_ok(txn_begin(txn, true));
    ck_jet(long_value_read(txn, TABLE, reference, 0, found, SIZE), JET_errLVCorrupted);
    ck_ok(long_value_read(txn, TABLE, next, 0, found, SIZE));
    txn_free(txn);
    test_store_remove(&test);
}
END_TEST

START_TEST(test_short)
{
    TestStore test;
    uint8_t key[16];

    test_store_create(&test);
    Txn *txn = test_txn(test.store);
    RecordReference reference = write_value(txn);
    ck_ok(txn_begin(txn, false));
    key_of_chunk(3, key);
    ck_ok(txn_put_unlocked(txn, TREE_LONG_VALUES, (Bytes){key, sizeof key},
                           (Bytes){expected, LONG_VALUE_CHUNK - 1}));
    ck_jet(long_value_read(txn, TABLE, reference, 0, found, SIZE), JET_errLVCorrupted);
    ck_ok(long_value_read(txn, TABLE, reference, 0, found, 4 * LONG_VALUE_CHUNK - 1));
    txn_free(txn);
    test_store_remove(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chunks of long values");
    TCase *tcase = tcase_create("chunks");

    tcase_add_test(tcase, test_own_and_committed);
    tcase_add_loop_test(tcase, test_missing, 0, 6);
    tcase_add_test(tcase, test_short);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
