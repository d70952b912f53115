/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-member.c - looks at a member's header, its marks and its lines.
 *
 * Cannot fail.
 *
 * Known limit: a message whose header is longer than HEADER_MAX is one only if the fields that tell
 * a mail stand before that.
 */
#include "scanner/mail/mail-member.h"

#include <string.h>

#include "scanner/mail/mail-decode.h"
#include "scanner/mail/mail-header.h"
#include "scanner/mail/mail-part.h"
#include "scanner/mail/mail-runs.h"

enum {
    TEXT_SAMPLE = 1024,      /* bytes that tell a text ... */
    TEXT_CONTROL_SHARE = 16, /* ... from other data: one in so many may be a control sign */
    HEADER_MAX = 64 * 1024
};

static gboolean is_text(const void *data, gsize size)
{
    gsize sample = MIN(size, (gsize)TEXT_SAMPLE), controls = 0;

    for (gsize i = 0; i < sample; i++) {
        guint8 c = ((const guint8 *)data)[i];

        controls += c < 0x20 && !g_ascii_isspace(c);
    }
    return controls <= sample / TEXT_CONTROL_SHARE;
}

static gboolean begins_with(const void *data, gsize size, const char *sign)
{
    return size >= strlen(sign) && memcmp(data, sign, strlen(sign)) == 0;
}

gboolean mail_member_has_lines(const void *data, gsize size)
{
    return is_text(data, size) && !begins_with(data, size, "<?xml") &&
           !begins_with(data, size, "\xef\xbb\xbf<?xml") && !begins_with(data, size, "PK\3\4");
}

static gboolean is_wide_text(const guint8 *data, gsize size)
{
    MailUtf16 order = mail_decode_guess_utf16(data, size);
    guint8 text[TEXT_SAMPLE * 3];

    return order != MAIL_UTF16_NONE &&
           is_text(text, mail_decode_utf16(data, MIN(size, (gsize)TEXT_SAMPLE * 2), order, text));
}

/* Line ends of any kind become LF. Returns the length up to the empty line, or to the end. */
static gsize header_copy(const char *text, gsize size, char *out)
{
    gsize used = 0;

    for (gsize i = 0; i < size; i++) {
        if (text[i] == '\r' && i + 1 < size && text[i + 1] == '\n')
            continue;
        out[used] = text[i] == '\r' ? '\n' : text[i];
        if (used > 0 && out[used] == '\n' && out[used - 1] == '\n')
            break;
        used++;
    }
    return used;
}

static gboolean is_mail(const char *text, gsize size)
{
    gsize most = MIN(size, (gsize)HEADER_MAX);
    g_autofree char *header = NULL;
    MailHeaderFacts facts;

    if (!mail_part_is_message(text, most))
        return FALSE;
    header = g_malloc(most);
    mail_header_examine(header, header_copy(text, most, header), &facts);
    return facts.is_mail;
}

/* FALSE ends the search: there is one. */
static gboolean on_run(const MailPart *run, gpointer user_data)
{
    (void)user_data;
    return run->encoding == MAIL_PART_QUOTED_PRINTABLE;
}

gboolean mail_member_is_wanted(const void *data, gsize size)
{
    if (begins_with(data, size, "\x78\x9f\x3e\x22")) /* MS-OXTNEF 2.1.3.2 */
        return TRUE;
    if (is_wide_text(data, size) || mail_decode_jis(data, size, NULL) < size)
        return TRUE;
    return mail_member_has_lines(data, size) &&
           (is_mail(data, size) || !mail_runs_find(data, size, on_run, NULL));
}
