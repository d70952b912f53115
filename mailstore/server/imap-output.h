/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imap-output.h - what a command has to say, gathered in a worker and sent by the I/O thread.
 */
#ifndef MAILSTORE_SERVER_IMAP_OUTPUT_H
#define MAILSTORE_SERVER_IMAP_OUTPUT_H

#include "mailstore/server/connection.h"

typedef struct {
    GPtrArray *chunks; /* of GBytes */
    GString *tail;
    gsize length;
    guint64 charge; /* taken from the reading budget for this output */
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
/* A folder's name, coded and quoted. */
void imap_output_mailbox(ImapOutput *output, const char *name);
void imap_output_flags(ImapOutput *output, guint32 flags, char *const *keywords);

/* Queues everything on the connection, with its charge, and empties the output. */
void imap_output_send(ImapOutput *output, Connection *connection);

#endif /* MAILSTORE_SERVER_IMAP_OUTPUT_H */
