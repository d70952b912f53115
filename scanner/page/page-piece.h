/* SPDX-License-Identifier: GPL-2.0-or-later */
/* page-piece.h - the letters of base64 in a text, and what stands between pieces of one that a
 * script puts together. */
#ifndef SCANNER_PAGE_PIECE_H
#define SCANNER_PAGE_PIECE_H

#include <glib.h>

enum {
    PAGE_PIECE_SEPARATOR_MAX =
        64,                   /* signs between two: quotes, a plus, a new line with its indent */
    PAGE_PIECE_ROUND_MIN = 12 /* letters of one; the words between two are shorter */
};

/* What each sign is: bits. */
enum {
    PAGE_PIECE_LETTER = 1 << 0,
    PAGE_PIECE_SEPARATOR = 1 << 1,
    PAGE_PIECE_QUOTE = 1 << 2,
    PAGE_PIECE_NUMBER = 1 << 3, /* in a list of numbers, however they are written */
    PAGE_PIECE_BOUND = 1 << 4   /* a text in which letters stand for themselves goes no farther */
};
extern const guint8 page_piece_signs[256];

static inline gboolean page_piece_is(char c, guint8 signs)
{
    return (page_piece_signs[(guchar)c] & signs) != 0;
}

static inline gboolean page_piece_is_letter(char c)
{
    return page_piece_is(c, PAGE_PIECE_LETTER);
}

static inline gboolean page_piece_is_separator(char c)
{
    return page_piece_is(c, PAGE_PIECE_SEPARATOR);
}

static inline gboolean page_piece_is_quote(char c)
{
    return page_piece_is(c, PAGE_PIECE_QUOTE);
}

/* The length of a blank or line end as a script or an attribute writes it; 0: there is none. */
gsize page_piece_escaped_blank(const char *at, const char *end);

/* Of the letters around `at`, with the padding behind them. */
const char *page_piece_end(const char *at, const char *end);
const char *page_piece_begin(const char *begin, const char *at);

/* `is_wide`: also those that stand under names of their own. */
/* The piece behind the one that ends at `at`; NULL: there is none. */
const char *page_piece_next(const char *at, const char *end, gboolean is_wide);
/* The end of the piece to which a statement before `at` adds; NULL: there is none. */
const char *page_piece_before(const char *begin, const char *at, gboolean is_wide);

/* What stands between two pieces and, but for the numbers in it, again behind the second:
 * `'; p['k1'] = '`, `','k1':'`, `'; s = s + '`, `</p><p>`. */
typedef struct {
    const char *text;
    gsize length;
} PagePieceRound;

/* The one that begins where a piece ends. FALSE: there is none. */
gboolean page_piece_find_round(const char *at, const char *end, PagePieceRound *ret);
/* The piece behind it; NULL: it does not stand at `at`. */
const char *page_piece_behind_round(const PagePieceRound *round, const char *at, const char *end);
/* The end of the piece before it, where it ends at `at`; NULL: it does not. */
const char *page_piece_before_round(const PagePieceRound *round, const char *begin, const char *at);

#endif /* SCANNER_PAGE_PIECE_H */
