/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page-decode.h - the ways in which a text holds bytes.
 *
 * Broken input is decoded as far as it goes.
 */
#ifndef SCANNER_PAGE_DECODE_H
#define SCANNER_PAGE_DECODE_H

#include <glib.h>

/* Of `size` signs; at most as many bytes, and but for base64, which has three of four, at most
 * `room`. `how` is its own. */
typedef gsize (*PageDecoder)(const char *from, gsize size, guint8 *out, gsize room,
                             gconstpointer how);

/* `how`: not NULL: the pieces stand under names of their own (page-piece.h). */
gsize page_decode_base64(const char *from, gsize size, guint8 *out, gsize room, gconstpointer how);
gsize page_decode_hex(const char *from, gsize size, guint8 *out, gsize room, gconstpointer how);
/* Bytes as scripts and pages write them, `0x4d`, `\x4d`, `%4d`, `&#77;`, `\115`, `-77`, with commas
 * and blanks between. */
gsize page_decode_numbers(const char *from, gsize size, guint8 *out, gsize room, gconstpointer how);
/* The same, up to what is no number; *ret_end: there. */
gsize page_decode_take_numbers(const char *at, const char *end, guint8 *out, gsize room,
                               const char **ret_end);
gboolean page_decode_is_between(char c);
/* `how`: a PageNumberList. */
gsize page_decode_list(const char *from, gsize size, guint8 *out, gsize room, gconstpointer list);
/* Letters that stand for themselves among such that are escaped. `how`: not NULL: those that are
 * written with four digits are two bytes. */
gsize page_decode_escaped(const char *from, gsize size, guint8 *out, gsize room, gconstpointer how);

/* `how`: the PagePieceRound that stands between the pieces. */
gsize page_decode_round(const char *from, gsize size, guint8 *out, gsize room, gconstpointer how);

/* Letters among other signs. */
typedef enum {
    PAGE_DECODE_URL,    /* base64 with the two letters that addresses want (RFC 4648 5) */
    PAGE_DECODE_JUNK,   /* base64 with one sign that a script takes out */
    PAGE_DECODE_BLANKS, /* base64 with blanks, which all pass over */
    PAGE_DECODE_HEX     /* pairs of hexadecimal digits */
} PageDecodeMixedKind;

typedef struct {
    PageDecodeMixedKind kind;
    char junk;
} PageDecodeMixed;

/* `how`: a PageDecodeMixed. */
gsize page_decode_mixed(const char *from, gsize size, guint8 *out, gsize room, gconstpointer how);
gboolean page_decode_is_junk(const PageDecodeMixed *mixed, char c);
gboolean page_decode_is_mixed(const PageDecodeMixed *mixed, char c);
const char *page_decode_mixed_end(const PageDecodeMixed *mixed, const char *at, const char *end);

#endif /* SCANNER_PAGE_DECODE_H */
