/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-page.c - any bytes as a web page with files in it.
 *
 * What must hold: a page of which something is told is one that matches, and nothing that is told
 * is larger than its text.
 */
#include "scanner/page/page-payload.h"

#include <stdint.h>

#include "scanner/page/page-sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
    gsize size;
    guint count;
} Told;

static gboolean on_payload(PagePayloadKind kind, const char *type, const guint8 *data, gsize size,
                           gpointer user)
{
    Told *told = user;

    g_assert(kind <= PAGE_PAYLOAD_LITERAL && type != NULL && data != NULL);
    g_assert(size <= told->size);
    told->count++;
    return TRUE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Told told = {.size = size};

    (void)page_sign_wants_raw(data, size);
    (void)page_payload_find(data, size, size, G_MAXUINT64, on_payload, &told);
    g_assert(told.count <= PAGE_PAYLOADS_MAX);
    g_assert(told.count == 0 ||
             page_payload_matches(data, size, sign_filter_lacks(data, size), G_MAXUINT64));
    g_assert(page_payload_matches(data, size, 0, G_MAXUINT64) ==
             page_payload_matches(data, size, sign_filter_lacks(data, size), G_MAXUINT64));
    return 0;
}
