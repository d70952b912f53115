/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lmtp-data.h - the text after DATA: finds its end, takes the stuffed dots out, keeps every other
 * byte (RFC 5321 §4.5.2).
 */
#ifndef MAILSTORE_SERVER_LMTP_DATA_H
#define MAILSTORE_SERVER_LMTP_DATA_H

#include <glib.h>

typedef enum {
    LMTP_DATA_GOOD,
    /* A lone dot beside a bare CR or LF. Some other server would have seen the end there and
     * commands after it: such a message is an attempt to smuggle another one in. */
    LMTP_DATA_AMBIGUOUS,
    LMTP_DATA_TOO_LARGE, /* than the limit */
    LMTP_DATA_NO_MEMORY  /* grow() said no */
} LmtpDataVerdict;

typedef struct {
    guint64 most; /* bytes a message may have */
    /* Asked before the buffer grows to `capacity` bytes. */
    gboolean (*grow)(gsize capacity, gpointer data);
    gpointer grow_data;

    char *text; /* the message so far; not terminated */
    gsize length;
    gsize capacity;
    LmtpDataVerdict verdict;
    int state; /* private */
} LmtpData;

void lmtp_data_init(LmtpData *data, guint64 most, gboolean (*grow)(gsize, gpointer),
                    gpointer grow_data);
void lmtp_data_clear(LmtpData *data);
/* Makes room at once for a size that was announced. FALSE: no memory, see verdict. */
gboolean lmtp_data_reserve(LmtpData *data, gsize capacity);
/* Takes input up to and including the end mark; returns how much. */
gsize lmtp_data_feed(LmtpData *data, const char *input, gsize length, gboolean *ret_ended);
/* The message; the caller owns it. */
GBytes *lmtp_data_take(LmtpData *data);

#endif /* MAILSTORE_SERVER_LMTP_DATA_H */
