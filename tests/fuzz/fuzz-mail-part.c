/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-mail-part.c - any bytes at all are walked, decoded and blotted out within their bounds.
 *
 * What must hold: parts lie in the text, in order; a decoder writes no more than it read; a text
 * with a notice in it has its old length; a header gets its transfer encoding back.
 */
#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "scanner/judge/notice.h"
#include "scanner/mail/mail-decode.h"
#include "scanner/mail/mail-member.h"
#include "scanner/mail/mail-part.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
    const char *text;
    gsize size;
    gsize last_end; /* of the last part that is no block */
} Fuzz;

static gboolean on_part(const MailPart *part, gpointer user_data)
{
    static const char notice[] = "Removed A7F3-19C2-0B44\r\n\r\nReason: none\r\n";
    Fuzz *fuzz = user_data;
    gsize size = part->end - part->start;
    g_autofree guint8 *out = NULL;
    gsize used = 0;

    g_assert(part->start <= part->end && part->end <= fuzz->size);
    g_assert(part->start >= fuzz->last_end);
    if (!part->is_block)
        fuzz->last_end = part->end;
    out = g_malloc(size); /* exactly: one byte more is an error that a sanitizer sees */
    if (part->encoding == MAIL_PART_BASE64)
        used = mail_decode_base64(fuzz->text + part->start, size, out);
    else if (part->encoding == MAIL_PART_QUOTED_PRINTABLE)
        used = mail_decode_quoted_printable(fuzz->text + part->start, size, out);
    else if (part->encoding == MAIL_PART_UUENCODE)
        used = mail_decode_uuencode(fuzz->text + part->start, size, out);
    g_assert(used <= size);
    notice_fill(notice, part->encoding == MAIL_PART_BASE64 ? NOTICE_AS_BASE64 : NOTICE_AS_TEXT,
                size % 2 == 0, (char *)out, size);
    return TRUE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const MailPartLimits limits = {.parts = 10000, .depth = 50};
    Fuzz fuzz = {.text = (const char *)data, .size = size};
    g_autofree guint8 *out = g_malloc(size);
    g_autofree char *header = NULL;
    gsize header_size;

    (void)mail_part_walk(fuzz.text, size, &limits, on_part, NULL, &fuzz);
    (void)mail_part_is_message(fuzz.text, size);
    (void)mail_member_is_wanted(data, size);
    /* Every decoder gets every input, whatever a header says. */
    g_assert(mail_decode_base64(fuzz.text, size, out) <= size);
    g_assert(mail_decode_quoted_printable(fuzz.text, size, out) <= size);
    g_assert(mail_decode_quoted_printable_trimmed(fuzz.text, size, out) <= size);
    (void)mail_decode_has_trailing_blanks(fuzz.text, size);
    g_assert(mail_decode_uuencode(fuzz.text, size, out) <= size);
    header = notice_header(fuzz.text, size, &header_size);
    g_assert(header_size >= strlen("Content-Type: text/plain"));
    return 0;
}
