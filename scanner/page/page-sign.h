/* SPDX-License-Identifier: GPL-2.0-or-later */
/* page-sign.h - what a text is to those who look for files in it, and which web pages are read more
 * than once. */
#ifndef SCANNER_PAGE_SIGN_H
#define SCANNER_PAGE_SIGN_H

#include <glib.h>

#include "scanner/common/sign-filter.h"

/* Whether signatures are matched against the page as it stands and not only against what libclamav
 * makes of it (letters in lower case, no comments, one blank for many). That costs half as much
 * again, so it is for pages that can do something or hide something: those with scripts, forms,
 * frames or objects, with a NUL (an archive or program behind the text), too large to be brought to
 * another form, or so small that it costs nothing. */
gboolean page_sign_wants_raw(const void *data, gsize size);

/* By its beginning. PDF and RTF are texts there too, and have readers of their own. */
gboolean page_sign_is_text(const void *data, gsize size);
gboolean page_sign_is_markup(const void *data, gsize size);
/* Whether it has a script that may put a file together, or is one. */
gboolean page_sign_is_active(const void *data, gsize size, gboolean is_markup, SignLacks lacks);
/* Whether it is one or has one, of any kind. Looks at each byte. */
gboolean page_sign_may_act(const void *data, gsize size);

#endif /* SCANNER_PAGE_SIGN_H */
