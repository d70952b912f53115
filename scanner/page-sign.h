/* SPDX-License-Identifier: GPL-2.0-or-later */
/* page-sign.h - which web pages are read more than once. */
#ifndef SCANNER_PAGE_SIGN_H
#define SCANNER_PAGE_SIGN_H

#include <glib.h>

/* Whether signatures are matched against the page as it stands and not only against what libclamav
 * makes of it (letters in lower case, no comments, one blank for many). That costs half as much
 * again, so it is for pages that can do something or hide something: those with scripts, forms,
 * frames or objects, with a NUL (an archive or program behind the text), too large to be brought to
 * another form, or so small that it costs nothing. */
gboolean page_sign_wants_raw(const void *data, gsize size);

#endif /* SCANNER_PAGE_SIGN_H */
