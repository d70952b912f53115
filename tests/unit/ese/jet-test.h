/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-test.h - what the tests of the JET API share: an instance with one database in a scratch
 * directory, and short forms.
 */
#ifndef TESTS_UNIT_ESE_JET_TEST_H
#define TESTS_UNIT_ESE_JET_TEST_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mailstore/ese/esent.h"
#include "tests/run-suite.h"
#include "tests/scratch.h"

#define ck_jet(expression, expected)                                                               \
    do {                                                                                           \
        JET_ERR ck_error_ = (expression);                                                          \
        ck_assert_msg(ck_error_ == (expected), "%s gave %d, expected %d", #expression, ck_error_,  \
                      (expected));                                                                 \
    } while (0)
#define ck_ok(expression) ck_jet(expression, JET_errSuccess)

typedef struct {
    char directory[64];
    char path[96];
    JET_INSTANCE instance;
    JET_SESID session;
    JET_DBID database;
} TestJet;

static inline void test_jet_start(TestJet *test)
{
    static int count;
    char name[32];
    snprintf(name, sizeof name, "test-%d-%d", (int)getpid(), count++);
    ck_ok(JetCreateInstance(&test->instance, name));
    ck_ok(JetSetSystemParameter(&test->instance, 0, JET_paramMaxSessions, 100, NULL));
    ck_ok(JetInit(&test->instance));
    ck_ok(JetBeginSession(test->instance, &test->session, NULL, NULL));
}

static inline void test_jet_place(TestJet *test)
{
    memset(test, 0, sizeof *test);
    snprintf(test->directory, sizeof test->directory, "%s/jet-test-XXXXXX", scratch_directory());
    ck_assert_ptr_nonnull(mkdtemp(test->directory));
    snprintf(test->path, sizeof test->path, "%s/test.edb", test->directory);
}

static inline void test_jet_open(TestJet *test)
{
    test_jet_place(test);
    test_jet_start(test);
    ck_ok(JetCreateDatabase(test->session, test->path, NULL, &test->database, 0));
}

static inline void test_jet_reopen(TestJet *test)
{
    ck_ok(JetEndSession(test->session, 0));
    ck_ok(JetTerm(test->instance));
    test_jet_start(test);
    ck_ok(JetAttachDatabase(test->session, test->path, 0));
    ck_ok(JetOpenDatabase(test->session, test->path, NULL, &test->database, 0));
}

static inline void test_jet_close(TestJet *test)
{
    ck_ok(JetTerm2(test->instance, JET_bitTermAbrupt));
    ck_assert(scratch_remove(test->directory));
}

/* Another session with the database open. */
static inline JET_SESID test_jet_session(TestJet *test)
{
    JET_SESID session;
    JET_DBID database;
    ck_ok(JetBeginSession(test->instance, &session, NULL, NULL));
    ck_ok(JetOpenDatabase(session, test->path, NULL, &database, 0));
    ck_assert_uint_eq(database, test->database);
    return session;
}

static inline JET_COLUMNID test_add_column(JET_SESID session, JET_TABLEID table, const char *name,
                                           JET_COLTYP coltyp, uint32_t max, JET_GRBIT grbit,
                                           uint16_t cp)
{
    JET_COLUMNID id = 0;
    JET_COLUMNDEF definition = {
        .cbStruct = sizeof definition, .coltyp = coltyp, .cbMax = max, .grbit = grbit, .cp = cp};
    ck_ok(JetAddColumn(session, table, name, &definition, NULL, 0, &id));
    return id;
}

/* `key` as a literal without its last terminator: "+a\0" */
#define test_add_index(session, table, name, key, grbit)                                           \
    ck_ok(JetCreateIndex(session, table, name, grbit, key, sizeof(key), 100))

static inline void test_set_long(JET_SESID session, JET_TABLEID table, JET_COLUMNID column,
                                 int32_t value)
{
    ck_ok(JetSetColumn(session, table, column, &value, sizeof value, 0, NULL));
}

static inline int32_t test_get_long(JET_SESID session, JET_TABLEID table, JET_COLUMNID column)
{
    int32_t value = 0;
    ck_ok(JetRetrieveColumn(session, table, column, &value, sizeof value, NULL, 0, NULL));
    return value;
}

static inline void test_set_text(JET_SESID session, JET_TABLEID table, JET_COLUMNID column,
                                 const char *text)
{
    ck_ok(JetSetColumn(session, table, column, text, (uint32_t)strlen(text), 0, NULL));
}

static inline const char *test_get_text(JET_SESID session, JET_TABLEID table, JET_COLUMNID column)
{
    static char text[256];
    uint32_t size = 0;
    JET_ERR err = JetRetrieveColumn(session, table, column, text, sizeof text - 1, &size, 0, NULL);
    if (err == JET_wrnColumnNull)
        return "(null)";
    ck_ok(err);
    text[size] = 0;
    return text;
}

#endif
