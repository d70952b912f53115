/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pop3-text.h - a message on its way out by RETR or TOP: dots stuffed, its end marked, a piece at a
 * time (RFC 1939 §3).
 */
#ifndef MAILSTORE_SERVER_POP3_TEXT_H
#define MAILSTORE_SERVER_POP3_TEXT_H

#include <glib.h>

typedef struct {
    guint64 next, end; /* of the message: what is to come */
    guint32 lines;     /* of its body */
    gboolean in_body;
    char last[2]; /* what was sent before; at first a line had just ended */
} Pop3Text;

#define POP3_ALL_LINES G_MAXUINT32
/* A piece has no less than this, unless it is the last. */
#define POP3_PIECE_LEAST 2

/* `lines` of the body, for TOP. */
void pop3_text_init(Pop3Text *text, guint64 size, guint32 lines);
/* Appends what becomes of the bytes from text->next on, but for one, perhaps, which is to come
 * again; FALSE when the end mark was among it. */
gboolean pop3_text_next(Pop3Text *text, const char *data, gsize length, GString *out);

#endif /* MAILSTORE_SERVER_POP3_TEXT_H */
