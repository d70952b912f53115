/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page-guess.h - what bytes are that were decoded from a text: a file, a text, or nothing.
 *
 * A script may have one step more to do: to inflate them, or to take one number from each, or to
 * add it by exclusive or.
 */
#ifndef SCANNER_PAGE_GUESS_H
#define SCANNER_PAGE_GUESS_H

#include "scanner/common/verdict.h"

typedef enum {
    PAGE_GUESS_PLAIN,
    PAGE_GUESS_ZLIB,
    PAGE_GUESS_DEFLATE,
    PAGE_GUESS_XOR,
    PAGE_GUESS_MINUS,
    PAGE_GUESS_KEY /* one of several bytes: page-script.h, which no function here knows of */
} PageGuessStep;

/* Their true type, "" for a text. FALSE: they look like nothing. A sample of what begins with zeros
 * may be of a disk, which says what it is far behind its beginning. */
gboolean page_guess_type(const guint8 *data, gsize size, gboolean is_sample, Verdict *type);
/* The step behind which a sample of them looks like something; FALSE: it does not. */
gboolean page_guess_step(const guint8 *data, gsize size, PageGuessStep *ret, Verdict *type);
/* Whether a text may be a file behind a key as well, and behind which step: the zeros of a disk
 * become letters. */
gboolean page_guess_key_step(const guint8 *data, gsize size, PageGuessStep *ret);
/* At most `most` bytes, to be freed with g_free(); NULL: there are more, or no memory. */
guint8 *page_guess_take_step(PageGuessStep step, const guint8 *data, gsize size, gsize most,
                             gsize *ret_size);

#endif /* SCANNER_PAGE_GUESS_H */
