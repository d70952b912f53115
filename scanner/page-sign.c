/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page-sign.c - looks for what tells a page that acts from one that is read.
 *
 * Cannot fail; costs about a nanosecond for each tag.
 *
 * Known limit: a page without any of the signs, such as most newsletters, meets signatures in
 * libclamav's form alone, and none that is a sum over the whole of it.
 */
#include "scanner/page-sign.h"

#include <string.h>
#include <strings.h>

enum {
    SMALL = 4096, /* a tenth of a millisecond */
    NORMALIZED_MAX =
        10 * 1024 * 1024 /* libclamav's MaxHTMLNormalize: it does not read larger ones */
};

static gboolean is_active_tag(const char *name, gsize left)
{
    static const char *const ACTIVE[] = {"script", "form", "iframe", "frame", "object", "embed"};

    if (left == 0 || !memchr("sSfFiIoOeE", name[0], 10)) /* nearly all */
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(ACTIVE); i++) {
        gsize length = strlen(ACTIVE[i]);

        if (left >= length && strncasecmp(name, ACTIVE[i], length) == 0)
            return TRUE;
    }
    return FALSE;
}

gboolean page_sign_wants_raw(const void *data, gsize size)
{
    const char *at = data, *end = at + size;

    if (size <= SMALL || size > NORMALIZED_MAX || memchr(data, '\0', size))
        return TRUE;
    for (; (at = memchr(at, '<', (gsize)(end - at))) != NULL; at++)
        if (is_active_tag(at + 1, (gsize)(end - at) - 1))
            return TRUE;
    return FALSE;
}
