/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-record.c - tests record.c and parameter.c: rows made, read and damaged; parameters.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/parameter.h"
#include "mailstore/ese/record.h"
#include "tests/run-suite.h"

static Bytes of(const char *text)
{
    return (Bytes){text, strlen(text)};
}

static void check_entry(const Record *record, uint32_t at, JET_COLUMNID id, const char *value)
{
    RecordEntry entry;
    ck_assert_int_eq(record_entry(record, at, &entry), 0);
    ck_assert_uint_eq(entry.column_id, id);
    ck_assert_uint_eq(entry.value.size, strlen(value));
    ck_assert_mem_eq(entry.value.data, value, entry.value.size);
}

static void fill(RecordBuilder *builder, Schema *schema)
{
    ck_assert_int_eq(record_builder_start(builder, schema), 0);
    ck_assert_int_eq(record_builder_insert(builder, 0, 200, 0, of("two")), 0);
    ck_assert_int_eq(record_builder_insert(builder, 0, 1, 0, of("one")), 0);
    ck_assert_int_eq(record_builder_insert(builder, 2, 300, RECORD_NULL, of("")), 0);
    ck_assert_int_eq(record_builder_insert(builder, 2, 200, 0, of("again")), 0);
}

START_TEST(test_build)
{
    Schema schema = {.escrow_size = 8};
    RecordBuilder builder = {0};
    Record record;
    uint32_t at;
    fill(&builder, &schema);
    ck_assert_int_eq(record_open(record_builder_bytes(&builder), &record), 0);
    ck_assert_uint_eq(record.n_entries, 4);
    check_entry(&record, 0, 1, "one");
    check_entry(&record, 1, 200, "two");
    check_entry(&record, 2, 200, "again");
    check_entry(&record, 3, 300, "");
    ck_assert_uint_eq(record_find(&record, 200, &at), 2);
    ck_assert_uint_eq(at, 1);
    ck_assert_uint_eq(record_find(&record, 201, &at), 0);
    ck_assert_uint_eq(at, 3);
    ck_assert_int_eq(record_builder_replace(&builder, 1, 0, of("much longer than before")), 0);
    ck_assert_int_eq(record_builder_remove(&builder, 0), 0);
    ck_assert_int_eq(record_open(record_builder_bytes(&builder), &record), 0);
    check_entry(&record, 0, 200, "much longer than before");
    check_entry(&record, 1, 200, "again");
    record_builder_clear(&builder);
}
END_TEST

START_TEST(test_too_big)
{
    static char large[RECORD_BYTES_MAX];
    Schema schema = {.escrow_size = 0};
    RecordBuilder builder = {0};
    Record record;
    fill(&builder, &schema);
    size_t before = builder.size;
    ck_assert_int_eq(record_builder_insert(&builder, 0, 1, 0, (Bytes){large, sizeof large}),
                     JET_errRecordTooBig);
    ck_assert_uint_eq(builder.size, before);
    ck_assert_int_eq(record_open(record_builder_bytes(&builder), &record), 0);
    check_entry(&record, 2, 200, "again");
    record_builder_clear(&builder);
}
END_TEST

/* Whatever is in the bytes, reading ends in a value or an error. */
START_TEST(test_damage)
{
    Schema schema = {.escrow_size = 8};
    RecordBuilder builder = {0};
    fill(&builder, &schema);
    for (size_t cut = 0; cut <= builder.size; cut++)
        for (size_t flip = 0; flip < 64; flip++) {
            uint8_t *copy = malloc(cut + 1); /* of the exact size: ASan watches the end */
            uint32_t at;
            Record record;
            memcpy(copy, builder.data, cut);
            if (cut > 0)
                copy[flip % cut] ^= (uint8_t)(1 + flip * 37);
            if (record_open((Bytes){copy, cut}, &record) >= 0) {
                for (uint32_t i = 0; i < record.n_entries; i++) {
                    RecordEntry entry;
                    RecordReference reference;
                    if (record_entry(&record, i, &entry) >= 0)
                        record_reference(&entry, &reference);
                }
                record_find(&record, 200, &at);
            }
            free(copy);
        }
    record_builder_clear(&builder);
}
END_TEST

START_TEST(test_parameters)
{
    ParameterSet set, copy;
    JET_API_PTR value;
    char text[64];
    parameter_set_init(&set);
    ck_assert_int_eq(parameter_load(&set, JET_paramMaxVerPages, &value, NULL, 0), 0);
    ck_assert_uint_eq(value, 64);
    ck_assert_int_eq(parameter_load(&set, JET_paramMaxSessions, &value, NULL, 0), 0);
    ck_assert_uint_eq(value, 16);
    ck_assert_int_eq(parameter_load(&set, JET_paramDatabasePageSize, &value, NULL, 0), 0);
    ck_assert_uint_eq(value, 4096);
    ck_assert_int_eq(parameter_load(&set, JET_paramKeyMost, &value, NULL, 0), 0);
    ck_assert_uint_eq(value, 500);
    ck_assert_int_eq(parameter_load(&set, JET_paramBaseName, NULL, text, sizeof text), 0);
    ck_assert_str_eq(text, "edb");
    ck_assert_int_eq(parameter_load(&set, JET_paramBaseName, NULL, text, 3), JET_errBufferTooSmall);
    ck_assert_int_eq(parameter_store(&set, JET_paramLogFileSize, 63, NULL, false),
                     JET_errInvalidParameter);
    ck_assert_int_eq(parameter_store(&set, JET_paramLogFileSize, 64, NULL, false), 0);
    ck_assert_int_eq(parameter_store(&set, JET_paramLogFileSize, 64, NULL, true),
                     JET_errAlreadyInitialized);
    ck_assert_int_eq(parameter_store(&set, JET_paramDatabasePageSize, 5000, NULL, false),
                     JET_errInvalidParameter);
    ck_assert_int_eq(parameter_store(&set, JET_paramKeyMost, 255, NULL, false),
                     JET_errInvalidParameter);
    ck_assert_int_eq(parameter_store(&set, 33, 1, NULL, false), JET_errInvalidParameter);
    ck_assert_int_eq(parameter_store(&set, 100000, 1, NULL, false), JET_errInvalidParameter);
    ck_assert_int_eq(parameter_store(&set, JET_paramBaseName, 0, "toolong", false),
                     JET_errInvalidParameter);
    ck_assert_int_eq(parameter_store(&set, JET_paramBaseName, 0, "abc", false), 0);
    ck_assert_int_eq(parameter_store(&set, JET_paramCircularLog, 77, NULL, false), 0);
    ck_assert_int_eq(parameter_set_copy(&copy, &set), 0);
    ck_assert_int_eq(parameter_load(&copy, JET_paramBaseName, NULL, text, sizeof text), 0);
    ck_assert_str_eq(text, "abc");
    ck_assert_int_eq(parameter_load(&copy, JET_paramCircularLog, &value, NULL, 0), 0);
    ck_assert_uint_eq(value, 1);
    value = (JET_API_PTR)JET_errWriteConflict;
    ck_assert_int_eq(parameter_load(&set, JET_paramErrorToString, &value, text, sizeof text), 0);
    ck_assert_str_eq(text, "JET_errWriteConflict");
    parameter_set_clear(&set);
    parameter_set_clear(&copy);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jet-record");
    TCase *tests = tcase_create("record");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, test_build);
    tcase_add_test(tests, test_too_big);
    tcase_add_test(tests, test_damage);
    tcase_add_test(tests, test_parameters);
    return run_suite(suite);
}
