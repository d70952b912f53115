/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-log.c - lines that are written together: whole, in order, none lost unseen.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "scanner-test.h"
#include "scanner/common/log.h"
#include "scanner/judge/log-decision.h"

static gboolean add(LogBatch *batch, const char *line, guint64 now)
{
    return log_batch_add(batch, line, strlen(line), now);
}

START_TEST(lines_are_written_together)
{
    g_autofree LogBatch *batch = g_new0(LogBatch, 1);
    char text[64];
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
    ck_assert(log_batch_is_empty(batch));
    ck_assert(!log_batch_is_due(batch, G_MAXUINT64 / 2));
    ck_assert(add(batch, "first\n", 1000));
    ck_assert(add(batch, "second\n", 2000));
    ck_assert(!log_batch_is_empty(batch));
    ck_assert(!log_batch_is_due(batch, LOG_BATCH_MILLISECONDS * 1000 + 999));
    ck_assert(log_batch_is_due(batch, LOG_BATCH_MILLISECONDS * 1000 + 1000));
    ck_assert_uint_eq(log_batch_flush(batch, ends[1]), 0);
    ck_assert(log_batch_is_empty(batch));
    ck_assert_int_eq(read(ends[0], text, sizeof(text)), 13);
    ck_assert_mem_eq(text, "first\nsecond\n", 13);
    ck_assert_uint_eq(log_batch_flush(batch, ends[1]), 0);
    ck_assert_int_eq(read(ends[0], text, sizeof(text)), -1);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(what_does_not_fit_is_told)
{
    g_autofree LogBatch *batch = g_new0(LogBatch, 1);
    char line[LOG_BATCH_SIZE + 1];
    int ends[2];
    guint count = 0;

    memset(line, 'x', sizeof(line));
    ck_assert(!log_batch_add(batch, line, sizeof(line), 0));
    line[99] = '\n';
    for (count = 0; log_batch_add(batch, line, 100, 0); count++)
        ;
    ck_assert_uint_eq(count, LOG_BATCH_SIZE / 100);
    ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
    while (write(ends[1], line, 100) == 100)
        ;
    ck_assert_msg(log_batch_flush(batch, ends[1]) == count, "nobody reads: all are lost");
    ck_assert(log_batch_is_empty(batch));
    /* As a worker that was taken over might leave it. */
    atomic_store(&batch->used, G_MAXUINT32);
    ck_assert(!add(batch, "x\n", 0));
    close(ends[0]);
    ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
    ck_assert_uint_eq(log_batch_flush(batch, ends[1]), 0);
    ck_assert(add(batch, "x\n", 0));
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(decisions_are_lines)
{
    g_autofree LogBatch *batch = g_new0(LogBatch, 1);
    Answer answer = {.verdict = {.kind = STOREHOOK_VERDICT_INFECTED, .size = 7}};

    answer.seen[0] = 0xab;
    g_strlcpy(answer.verdict.name, "Evil\nclean", sizeof(answer.verdict.name));
    for (guint i = 1; log_decision(batch, 0, STOREHOOK_JUDGE_TEXT, &answer, 5, "v1"); i++) {
        g_autofree char *text = g_strndup(batch->bytes, batch->used);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

        ck_assert_uint_eq(g_strv_length(lines), i + 1);
        ck_assert_ptr_nonnull(strstr(lines[i - 1], "Z decision of=text verdict=infected "
                                                   "name=\"Evil?clean\" action=pass size=7 "));
        ck_assert_str_eq(lines[i], "");
    }
    ck_assert_uint_gt(batch->used, LOG_BATCH_SIZE / 2);
    ck_assert_ptr_nonnull(strstr(batch->bytes, " sha256=ab00"));
    batch->used = 0;
    answer.seen[0] = 0;
    ck_assert(log_decision(batch, 0, STOREHOOK_JUDGE_MESSAGE, &answer, 5, "v1"));
    batch->bytes[batch->used] = '\0';
    ck_assert_ptr_nonnull(strstr(batch->bytes, "Z decision of=message "));
    ck_assert_ptr_null(strstr(batch->bytes, "sha256="));
}
END_TEST

SCANNER_TEST_MAIN("log", SCANNER_TEST(lines_are_written_together),
                  SCANNER_TEST(what_does_not_fit_is_told), SCANNER_TEST(decisions_are_lines))
