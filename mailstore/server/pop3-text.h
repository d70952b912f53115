/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pop3-text.h - a message on its way out by RETR or TOP: dots stuffed, its end marked, a piece at a
 * time (RFC 1939 §3).
 */
#ifndef MAILSTORE_SERVER_POP3_TEXT_H
#define MAILSTORE_SERVER_POP3_TEXT_H

#include <glib.h>

typedef struct {
    GBytes *bytes;
    gsize next, end;
    gboolean in_line; /* the last byte sent was not the end of a line */
    gboolean ended;   /* the end mark was made */
} Pop3Text;

#define POP3_ALL_LINES G_MAXUINT32

/* Takes the bytes. `lines` of the body, for TOP. */
void pop3_text_init(Pop3Text *text, GBytes *bytes, guint32 lines);
void pop3_text_clear(Pop3Text *text);
/* Appends about `most` bytes; FALSE when the end mark was among them. */
gboolean pop3_text_next(Pop3Text *text, GString *out, gsize most);

#endif /* MAILSTORE_SERVER_POP3_TEXT_H */
