/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imap-reader.h - gathers a whole IMAP command, its literals included, from pieces of input.
 *
 * It decides nothing: a literal that is announced waits until its size is accepted or refused.
 */
#ifndef MAILSTORE_SERVER_IMAP_READER_H
#define MAILSTORE_SERVER_IMAP_READER_H

#include <glib.h>

typedef enum {
    IMAP_READ_MORE,    /* all input is taken, the command goes on */
    IMAP_READ_COMMAND, /* imap_reader_take() has it */
    IMAP_READ_LITERAL, /* accept or refuse `literal_size` */
    IMAP_READ_TOO_LONG /* over the limit: what follows cannot be told from commands, so hang up */
} ImapReadResult;

typedef struct {
    char *text;
    gsize length;
    gsize capacity;
    gsize line_most;        /* limit of what is no literal */
    gsize line_length;      /* of that, so far */
    gsize line_start;       /* where the text after the last literal begins */
    guint64 literal_size;   /* G_MAXUINT64 for more digits than a number has */
    gboolean literal_waits; /* for our word, before the client sends it ({n}, not {n+}) */
    guint64 left;           /* of the literal being read */
    guint64 discard;        /* of a refused one */
    gboolean forget;        /* the line that ends now belonged to a refused literal */
} ImapReader;

void imap_reader_init(ImapReader *reader, gsize line_most);
void imap_reader_clear(ImapReader *reader);
ImapReadResult imap_reader_feed(ImapReader *reader, const char *input, gsize length,
                                gsize *ret_used);
/* Makes room and goes on. FALSE: no memory; refuse it. */
gboolean imap_reader_accept(ImapReader *reader);
/* Forgets the command; a literal that comes anyway is read and thrown away with the rest of its
 * command. */
void imap_reader_refuse(ImapReader *reader);
/* The command without its last CRLF; empties the reader. */
GBytes *imap_reader_take(ImapReader *reader);

#endif /* MAILSTORE_SERVER_IMAP_READER_H */
