/* SPDX-License-Identifier: GPL-2.0-or-later */
/* page-try.h - what may be a file in a text, decoded and told; for page-payload.c. */
#ifndef SCANNER_PAGE_TRY_H
#define SCANNER_PAGE_TRY_H

#include "scanner/page/page-decode.h"
#include "scanner/page/page-payload.h"
#include "scanner/page/page-script.h"

enum {
    PAGE_TRY_MIN = 64,    /* letters that the shortest run has */
    PAGE_TRY_SAMPLE = 512 /* letters that are decoded to see whether it is worth the rest */
};

typedef struct {
    const char *text, *end;
    gboolean is_markup;
    gboolean is_active;     /* it has a script, or is one */
    PagePayloadFound found; /* NULL: the first ends the search */
    gpointer user;
    gsize most;   /* bytes of one file */
    guint64 late; /* board_now() when there is no more time */
    guint count;  /* of files that were told */
    gsize idle;   /* bytes that were unpacked and are no file */
    gboolean is_hit;
    gboolean is_over; /* there were more, or larger ones, no memory, or no time */
    gboolean stopped;
    PageScript *script;   /* NULL: not read yet */
    PageScriptKey key;    /* of the last sample that had one */
    const char *replaced; /* up to here texts were looked at with what is replaced */
    const char *turned;   /* up to here pieces were looked at in their other order */
} PageSearch;

/* Whether the first bytes look like anything. */
gboolean page_try_sample(PageSearch *search, PagePayloadKind kind, PageDecoder decode,
                         gconstpointer how, const char *from, gsize size);
/* Decodes it then, and tells what it is. FALSE: it looks like nothing. */
gboolean page_try_run(PageSearch *search, PagePayloadKind kind, PageDecoder decode,
                      gconstpointer how, const char *from, gsize size);
/* The same of a literal as a script writes it that changes it back. */
typedef enum {
    PAGE_TRY_REVERSED,
    PAGE_TRY_SWAPPED /* small letters for capital ones: the base64 of obfuscator.io */
} PageTryChange;

void page_try_changed(PageSearch *search, PageTryChange change, PageDecoder decode,
                      const char *from, gsize size);
/* What the text's scripts do, read once something looks at it. */
PageScript *page_try_script(PageSearch *search);

#endif /* SCANNER_PAGE_TRY_H */
