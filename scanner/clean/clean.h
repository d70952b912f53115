/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clean.h - takes out of a content what is bad and leaves the rest.
 *
 * Members go out of archives, macro projects out of office documents. What is made is scanned again
 * and given out only if it may pass.
 */
#ifndef SCANNER_CLEAN_H
#define SCANNER_CLEAN_H

#include "scanner/judge/judge.h"

/* The content without what is bad, and in `removed` the names of what was taken out, divided by
 * commas; NULL when nothing can be taken out, or not all of it. A note with `finding` and
 * `reference` is in it, as a member of an archive, a stream or the comment of a document; so no two
 * are the same bytes, which matters to stores that keep a content once. Its verdict is remembered,
 * so that the row that names the content finds it. Free with g_bytes_unref(). Where it is NULL,
 * *ret_why says in a few words why; static. */
GBytes *clean_content(Judge *judge, const void *data, gsize size, const char *finding,
                      const char *reference, GString *removed, const char **ret_why);

#endif /* SCANNER_CLEAN_H */
