/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page-number.h - lists of numbers in a script, however each stands in it.
 *
 * `77|90`, `["0x4d", "0x5a"]`, `chr(77) & chr(90)`, `d[0] = 77; d[1] = 90;`: numbers between which
 * the same one to three texts return. One number of such a round may be all that counts.
 */
#ifndef SCANNER_PAGE_NUMBER_H
#define SCANNER_PAGE_NUMBER_H

#include <glib.h>

enum {
    PAGE_NUMBER_ROUND = 3,         /* texts that return in turn */
    PAGE_NUMBER_SEPARATOR_MAX = 64 /* signs between two numbers */
};

typedef struct {
    const char *from;     /* the first number */
    const char *earliest; /* another before it, with other texts between */
    guint round;
    const char *text[PAGE_NUMBER_ROUND]; /* what stands behind each number of a round ... */
    guint length[PAGE_NUMBER_ROUND];     /* ... and how long it is */
    /* How it is read: */
    guint column;         /* the number of each round that counts; `round`: all do */
    guint width;          /* bytes of each: 1, 2 or 4 */
    gboolean is_big;      /* the highest of them first */
    gboolean is_joined;   /* it goes on behind other texts: `]; d.push(` */
    gboolean is_low;      /* of larger ones the lowest byte alone */
    gboolean is_computed; /* what several with a sign between come to is one */
} PageNumberList;

/* The list that `at` stands in, or just before; all its numbers count, as bytes. */
gboolean page_number_find(const char *begin, const char *at, const char *end, gboolean is_computed,
                          PageNumberList *ret);
/* Bytes that the first numbers of the column want. */
guint page_number_width(const PageNumberList *list, const char *end);
/* At most `room` bytes, which `out` (may be NULL) gets; *ret_end: behind the last number that was
 * read. */
gsize page_number_read(const PageNumberList *list, const char *end, guint8 *out, gsize room,
                       const char **ret_end);

#endif /* SCANNER_PAGE_NUMBER_H */
