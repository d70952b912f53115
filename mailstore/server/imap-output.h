/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imap-output.h - what a command has to say, gathered in a worker and sent by the I/O thread.
 *
 * Parts of large messages stand in it as what they are, a part of a message, until it is their
 * turn: a client that is slow, or takes nothing, makes us hold no more than a piece of them.
 */
#ifndef MAILSTORE_SERVER_IMAP_OUTPUT_H
#define MAILSTORE_SERVER_IMAP_OUTPUT_H

#include "mailstore/server/connection.h"

/* Bytes, or, where these are NULL, a part of a message that is yet to be read. */
typedef struct {
    GBytes *bytes;
    guint64 message;
    gsize offset, length;
} ImapPiece;

typedef struct {
    GQueue pieces; /* of ImapPiece */
    GString *tail;
    gsize length;
} ImapOutput;

void imap_output_init(ImapOutput *output);
void imap_output_clear(ImapOutput *output);

void imap_output_append(ImapOutput *output, const char *data, gsize length);
void imap_output_puts(ImapOutput *output, const char *text);
void imap_output_printf(ImapOutput *output, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* As a quoted string where that is possible, else as a literal; NIL for NULL. NUL bytes, which
 * neither can have, are left out. */
void imap_output_nstring(ImapOutput *output, const char *data, gsize length);
void imap_output_string(ImapOutput *output, const char *text);
/* {size}CRLF and the bytes, without copying long ones. */
void imap_output_literal(ImapOutput *output, GBytes *bytes);
/* The same for a part of a message, which is read later. */
void imap_output_literal_later(ImapOutput *output, guint64 message, gsize offset, gsize length);
/* A folder's name, coded and quoted. */
void imap_output_mailbox(ImapOutput *output, const char *name);
void imap_output_flags(ImapOutput *output, guint32 flags, char *const *keywords);

/* Queues on the connection what stands before the first part that is yet to be read. */
void imap_output_send(ImapOutput *output, Connection *connection);
/* That part, which comes next then; NULL: the output is empty. */
const ImapPiece *imap_output_peek_part(const ImapOutput *output);
/* Its first bytes. */
void imap_output_take_part(ImapOutput *output, GBytes *bytes);

#endif /* MAILSTORE_SERVER_IMAP_OUTPUT_H */
