/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imap-summary.c - the stored form of a summary: the version, the size of the message, and each
 * text behind its length. Numbers are little-endian; all ones stand for what is not known.
 */
#include "mailstore/server/imap-summary.h"
#include "mailstore/message/message-store.h"
#include "mailstore/server/imap-bodystructure.h"
#include "mailstore/server/imap-envelope.h"
#include "mailstore/server/mime-outline.h"

#include <string.h>

/* Goes up with any change of what is printed for the same message, or of the form. */
#define VERSION 2

#define HEADER_SIZE (1 + sizeof(guint64))
#define TEXT_UNKNOWN G_MAXUINT32

static gboolean take_text(const guint8 **at, const guint8 *end, ImapSummaryText *ret)
{
    guint32 length;

    if ((gsize)(end - *at) < sizeof length)
        return FALSE;
    memcpy(&length, *at, sizeof length);
    *at += sizeof length;
    length = GUINT32_FROM_LE(length);
    if (length == TEXT_UNKNOWN)
        return TRUE;
    if (length > (gsize)(end - *at))
        return FALSE;
    *ret = (ImapSummaryText){(const char *)*at, length};
    *at += length;
    return TRUE;
}

void imap_summary_parse(GBytes *data, ImapSummary *ret)
{
    ImapSummary summary = {0};
    gsize size = 0;
    const guint8 *at = data == NULL ? NULL : g_bytes_get_data(data, &size);
    const guint8 *end = at + size;

    *ret = (ImapSummary){0};
    if (size < HEADER_SIZE || *at != VERSION)
        return;
    memcpy(&summary.size, at + 1, sizeof summary.size);
    summary.size = GUINT64_FROM_LE(summary.size);
    summary.has_size = summary.size != G_MAXUINT64;
    at += HEADER_SIZE;
    for (guint i = 0; i < IMAP_SUMMARY_COUNT; i++)
        if (!take_text(&at, end, &summary.items[i]))
            return;
    if (at == end)
        *ret = summary;
}

guint imap_summary_missing(const ImapSummary *summary, guint items)
{
    for (guint i = 0; i < IMAP_SUMMARY_COUNT; i++)
        if (summary->items[i].text != NULL)
            items &= ~IMAP_SUMMARY_BIT(i);
    return items;
}

void imap_summary_find(ImapSummary *summary, guint items, const char *message, const MimePart *root,
                       ImapOutput *storage)
{
    gsize ends[IMAP_SUMMARY_COUNT];
    gsize start = storage->tail->len;

    for (guint i = 0; i < IMAP_SUMMARY_COUNT; i++) {
        if ((items & IMAP_SUMMARY_BIT(i)) == 0)
            ;
        else if (i == IMAP_SUMMARY_OUTLINE)
            mime_outline_print(storage->tail, root);
        else if (i == IMAP_SUMMARY_ENVELOPE)
            imap_envelope_print(storage, message + root->header, root->header_length);
        else
            imap_bodystructure_print(storage, message, root, i == IMAP_SUMMARY_BODYSTRUCTURE);
        ends[i] = storage->tail->len;
    }
    for (guint i = 0; i < IMAP_SUMMARY_COUNT; start = ends[i++])
        if ((items & IMAP_SUMMARY_BIT(i)) != 0)
            summary->items[i] = (ImapSummaryText){storage->tail->str + start, ends[i] - start};
}

GBytes *imap_summary_pack(const ImapSummary *summary)
{
    gsize size = HEADER_SIZE + IMAP_SUMMARY_COUNT * sizeof(guint32);
    ImapSummaryText items[IMAP_SUMMARY_COUNT] = {0};

    for (guint i = 0; i < IMAP_SUMMARY_COUNT; i++)
        if (summary->items[i].length <= MAIL_SUMMARY_MAX - size) {
            items[i] = summary->items[i];
            size += items[i].length;
        }

    guint8 *data = g_malloc(size), *at = data;
    guint64 number = GUINT64_TO_LE(summary->has_size ? summary->size : G_MAXUINT64);
    *at++ = VERSION;
    memcpy(at, &number, sizeof number);
    at += sizeof number;
    for (guint i = 0; i < IMAP_SUMMARY_COUNT; i++) {
        const ImapSummaryText *item = &items[i];
        guint32 length = GUINT32_TO_LE(item->text == NULL ? TEXT_UNKNOWN : (guint32)item->length);
        memcpy(at, &length, sizeof length);
        at += sizeof length;
        if (item->text != NULL)
            memcpy(at, item->text, item->length);
        at += item->length;
    }
    return g_bytes_new_take(data, size);
}
