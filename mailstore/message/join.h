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
/* Writes `size` bytes of the message from `offset` on, all of them within join_size(), into `out`;
 * FALSE when a source fails. Of the sources only what these bytes need is read. */
gboolean join_write(const JoinSource *text, const JoinPart *parts, gsize count, gsize offset,
                    gsize size, guint8 *out);

#endif /* MAILSTORE_MESSAGE_JOIN_H */
