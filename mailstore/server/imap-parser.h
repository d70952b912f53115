/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imap-parser.h - the words of IMAP commands (RFC 3501 §9).
 *
 * A command is one run of bytes, literals in place behind their {size}CRLF, without the last CRLF.
 * Each function takes what it is named after and steps over it, or returns FALSE with `problem`
 * set; after that the parser is not used any more.
 */
#ifndef MAILSTORE_SERVER_IMAP_PARSER_H
#define MAILSTORE_SERVER_IMAP_PARSER_H

#include <glib.h>

typedef struct {
    const char *at;
    const char *end;
    GBytes *whole;       /* what at and end point into */
    const char *problem; /* static; for the client */
} ImapParser;

void imap_parser_init(ImapParser *parser, GBytes *command);

gboolean imap_parser_at_end(const ImapParser *parser);
gboolean imap_parse_end(ImapParser *parser);
gboolean imap_parse_space(ImapParser *parser);
/* One character, whichever it is. */
gboolean imap_parse_char(ImapParser *parser, char c);
/* Takes the character if it is there; never fails. */
gboolean imap_parser_take(ImapParser *parser, char c);
/* Takes the word, without case, if it is there and ends there; never fails. */
gboolean imap_parser_take_word(ImapParser *parser, const char *word);
gboolean imap_parser_sees(const ImapParser *parser, char c);

gboolean imap_parse_tag(ImapParser *parser, char **ret);
gboolean imap_parse_atom(ImapParser *parser, char **ret);
/* Without NUL bytes, so plain C strings; quoted ones are UTF-8, literals any bytes. */
gboolean imap_parse_astring(ImapParser *parser, char **ret);
gboolean imap_parse_string(ImapParser *parser, char **ret);
gboolean imap_parse_list_pattern(ImapParser *parser, char **ret);
/* The bytes of a literal, not copied. */
gboolean imap_parse_literal(ImapParser *parser, GBytes **ret);
gboolean imap_parse_number(ImapParser *parser, guint32 *ret);
gboolean imap_parse_nonzero(ImapParser *parser, guint32 *ret);

/* "(" flag... ")" or, when `bare`, also without parentheses to the end. */
gboolean imap_parse_flags(ImapParser *parser, gboolean bare, guint32 *ret_flags,
                          char ***ret_keywords);
/* Seconds since 1970. "17-Jul-1996 02:44:25 -0700" in quotes. */
gboolean imap_parse_date_time(ImapParser *parser, gint64 *ret);
/* Midnight UTC. 1-Feb-1994, perhaps in quotes. */
gboolean imap_parse_date(ImapParser *parser, gint64 *ret);

/* Which month a three-letter name is, 1 to 12; 0 for none. */
guint imap_month_number(const char *name);
extern const char *const imap_month_names[12];

#endif /* MAILSTORE_SERVER_IMAP_PARSER_H */
