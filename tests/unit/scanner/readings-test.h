/* SPDX-License-Identifier: GPL-2.0-or-later */
/* readings-test.h - what the tests of the readings of messages share. */
#ifndef TESTS_READINGS_TEST_H
#define TESTS_READINGS_TEST_H

#include "tests/unit/scanner/judge-rig.h"
#include "tests/unit/scanner/scanner-test.h"

#define HEAD "From: a@example.org\r\nSubject: test\r\nMIME-Version: 1.0\r\n"
#define MIXED HEAD "Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n"
#define ATTACHED                                                                                   \
    "Content-Type: application/octet-stream; name=a.com\r\n"                                       \
    "Content-Transfer-Encoding: base64\r\n"
#define TEXT_PART "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"

extern JudgeRig *rig; /* of the running test */

/* A message's readings alone, without libclamav's look at the whole. */
void parts_of(Judge *judge, const char *text, gsize size, const char *reference, char **ret_copy,
              Verdict *verdict);
void read_parts(const char *text, gsize size, Verdict *verdict);
/* `name` NULL: any. */
void expect(const char *what, const char *text, gsize size, StorehookVerdictKind kind,
            const char *name);
void put_text(GByteArray *out, const char *text);
/* A message with one attachment in base64. */
char *message_with(const guint8 *data, gsize size);

int readings_test_run(const char *name, const ScannerTest *tests, gsize count);

#endif /* TESTS_READINGS_TEST_H */
