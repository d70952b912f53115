/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * join.h - puts a split message together again, reading from wherever its pieces are.
 */
#ifndef MAILSTORE_MESSAGE_JOIN_H
#define MAILSTORE_MESSAGE_JOIN_H

#include "mailstore/message/part-encoding.h"

/* A run of bytes that is read in pieces. `read` fills `out` with exactly `size` bytes from
 * `offset` on, or returns FALSE. */
typedef struct {
    gsize size;
    gboolean (*read)(gpointer user_data, gsize offset, guint8 *out, gsize size);
    gpointer user_data;
} JoinSource;

typedef struct {
    gsize offset; /* in the text; never less than that of the part before */
    JoinSource header;
    JoinSource data;
    PartEncoding encoding;
} JoinPart;

/* The exact size of the message; FALSE when the offsets do not fit the text. */
gboolean join_size(gsize text_size, const JoinPart *parts, gsize count, gsize *ret_size);
/* Writes the message into `out`, which holds join_size() bytes; FALSE when a source fails. */
gboolean join_write(const JoinSource *text, const JoinPart *parts, gsize count, guint8 *out);

#endif /* MAILSTORE_MESSAGE_JOIN_H */
