/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page-payload.h - files that stand in a text as base64, hexadecimal digits or numbers, to be put
 * together by a script or a click: web pages that smuggle, drawings, address cards, calendars.
 */
#ifndef SCANNER_PAGE_PAYLOAD_H
#define SCANNER_PAGE_PAYLOAD_H

#include <glib.h>

#include "scanner/common/sign-filter.h"

enum {
    /* A page saved as one file has some hundred pictures; those in addresses are not counted. */
    PAGE_PAYLOADS_MAX = 4096
};

typedef enum {
    PAGE_PAYLOAD_ADDRESS, /* data:...;base64, */
    PAGE_PAYLOAD_LITERAL  /* a text or a list of numbers */
} PagePayloadKind;

/* `type`: the true type by its first bytes; "" for what is only seen to be text. The bytes live as
 * long as the call. FALSE ends the search. */
typedef gboolean (*PagePayloadFound)(PagePayloadKind kind, const char *type, const guint8 *data,
                                     gsize size, gpointer user);

/* Whether there is any, or may be when it is `end` (board_now()). Costs a look at one byte in 64.
 */
gboolean page_payload_matches(const void *data, gsize size, SignLacks lacks, guint64 end);
/* Tells each, none larger than `most`, decoded in each way in which it may have been put together.
 * FALSE: there were more, or larger ones, no memory, or no time. */
gboolean page_payload_find(const void *data, gsize size, gsize most, guint64 end,
                           PagePayloadFound found, gpointer user);

#endif /* SCANNER_PAGE_PAYLOAD_H */
