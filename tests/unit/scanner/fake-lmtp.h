/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake-lmtp.h - an LMTP server for tests: says what it is told to, and keeps what it got.
 */
#ifndef TESTS_UNIT_SCANNER_FAKE_LMTP_H
#define TESTS_UNIT_SCANNER_FAKE_LMTP_H

#include <glib.h>

typedef enum {
    FAKE_LMTP_PLAIN,   /* RCPT of no@... is refused; the data for full@... is refused */
    FAKE_LMTP_SILENT,  /* accepts and says nothing */
    FAKE_LMTP_GARBAGE, /* is not LMTP */
    FAKE_LMTP_FLOOD,   /* an answer without an end */
    FAKE_LMTP_SHUT,    /* closes after the final dot, before any answer */
    FAKE_LMTP_BUSY     /* greets with 421 */
} FakeLmtpManner;

typedef struct FakeLmtp FakeLmtp;

/* Listens on a socket in `directory`, in a thread of its own. */
FakeLmtp *fake_lmtp_new(const char *directory, FakeLmtpManner manner);
void fake_lmtp_free(FakeLmtp *server);
const char *fake_lmtp_address(const FakeLmtp *server); /* unix:/... */
/* After the conversation: what came, dots unstuffed; and the commands, one a line. */
const char *fake_lmtp_data(FakeLmtp *server);
const char *fake_lmtp_commands(FakeLmtp *server);
guint fake_lmtp_connections(FakeLmtp *server);

#endif /* TESTS_UNIT_SCANNER_FAKE_LMTP_H */
