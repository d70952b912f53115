/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store-test.h - what the tests of the store share: a store in a scratch directory, and short
 * forms.
 */
#ifndef TESTS_UNIT_ESE_STORE_TEST_H
#define TESTS_UNIT_ESE_STORE_TEST_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mailstore/ese/store.h"
#include "tests/run-suite.h"
#include "tests/scratch.h"

typedef struct {
    char directory[64];
    char path[96];
    Store *store;
} TestStore;

#define ck_jet(expression, expected)                                                               \
    do {                                                                                           \
        JET_ERR ck_error_ = (expression);                                                          \
        ck_assert_msg(ck_error_ == (expected), "%s gave %d, expected %d", #expression, ck_error_,  \
                      (expected));                                                                 \
    } while (0)
#define ck_ok(expression) ck_jet(expression, JET_errSuccess)

static inline Bytes text(const char *string)
{
    return (Bytes){string, strlen(string)};
}

static inline bool bytes_are(Bytes bytes, const char *string)
{
    return bytes.size == strlen(string) && memcmp(bytes.data, string, bytes.size) == 0;
}

#define ck_bytes(bytes, string)                                                                    \
    ck_assert_msg(bytes_are(bytes, string), "got \"%.*s\", expected \"%s\"", (int)(bytes).size,    \
                  (const char *)(bytes).data, string)

static inline void test_store_directory(TestStore *test)
{
    memset(test, 0, sizeof *test);
    snprintf(test->directory, sizeof test->directory, "%s/store-test-XXXXXX", scratch_directory());
    ck_assert_ptr_nonnull(mkdtemp(test->directory));
    snprintf(test->path, sizeof test->path, "%s/test.edb", test->directory);
}

static inline void test_store_create(TestStore *test)
{
    test_store_directory(test);
    ck_ok(store_open(&(StoreOptions){.path = test->path, .create = true}, &test->store));
}

static inline void test_store_reopen(TestStore *test)
{
    test->store = store_close(test->store);
    ck_ok(store_open(&(StoreOptions){.path = test->path}, &test->store));
}

/* Closes and removes; whatever else lies in the directory is left over and a failure. */
static inline void test_store_remove(TestStore *test)
{
    char lock[128];

    test->store = store_close(test->store);
    snprintf(lock, sizeof lock, "%s-lock", test->path);
    unlink(lock);
    unlink(test->path);
    ck_assert_msg(rmdir(test->directory) == 0, "something is left in %s", test->directory);
}

static inline Txn *test_txn(Store *store)
{
    Txn *txn;

    ck_ok(txn_new(store, &txn));
    return txn;
}

static inline Txn *test_begin(Store *store)
{
    Txn *txn = test_txn(store);

    ck_ok(txn_begin(txn, false));
    return txn;
}

#endif /* TESTS_UNIT_ESE_STORE_TEST_H */
