/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-mime.c - any bytes at all as a message: its parts lie within it, and its structure,
 * envelope, sections and texts are printed and searched; and as the outline of one.
 */
#include "mailstore/server/imap-bodystructure.h"
#include "mailstore/server/imap-envelope.h"
#include "mailstore/server/mime-header.h"
#include "mailstore/server/mime-outline.h"
#include "mailstore/server/mime-text.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A part and its children lie within their parent. */
static guint check_part(const char *message, const MimePart *part, gsize start, gsize end)
{
    guint count = 1;

    g_assert(part->header >= start && part->header + part->header_length == part->body);
    g_assert(part->body + part->body_length <= end);
    if (part->kind == MIME_LEAF && message != NULL)
        mime_body_contains(message, part, "needle");
    for (guint i = 0; part->children != NULL && i < part->children->len; i++)
        count += check_part(message, g_ptr_array_index(part->children, i), part->body,
                            part->body + part->body_length);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *message = (const char *)data;
    g_autoptr(MimePart) root = mime_part_parse(message, size);
    ImapOutput output;

    guint count = check_part(message, root, 0, size);
    g_assert(count <= MIME_PARTS_MOST + MIME_DEPTH_MOST);
    imap_output_init(&output);
    imap_bodystructure_print(&output, message, root, TRUE);
    imap_envelope_print(&output, message, root->header_length);
    imap_output_clear(&output);
    g_autofree char *date = mime_header_value(message, root->header_length, "date");
    gint64 day;
    if (date != NULL) {
        g_autofree char *decoded = mime_decode_words(date);
        g_assert(g_utf8_validate(decoded, -1, NULL) || !g_utf8_validate(date, -1, NULL));
        mime_date_day(date, &day);
    }
    g_autoptr(GString) outline = g_string_new(NULL);
    mime_outline_print(outline, root);
    g_autoptr(MimePart) again = mime_outline_parse(outline->str, outline->len);
    g_assert(check_part(NULL, again, 0, size) == count);
    mime_part_free(mime_outline_parse(message, size));
    return 0;
}
