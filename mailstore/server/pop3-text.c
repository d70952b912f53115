/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pop3-text.c - see pop3-text.h.
 *
 * Known limit: a line of POP3 ends with CRLF; a bare LF in a message is sent as it is, and a dot
 * after it is not stuffed, since it begins no line. Only one that stands alone is: programs that
 * read by lines would take it for the end, and what follows for our next reply.
 */
#include "mailstore/server/pop3-text.h"

#include <string.h>

/* Where the header and `lines` lines of the body end. */
static gsize find_end(const char *data, gsize length, guint32 lines)
{
    gboolean in_body = FALSE;
    const char *end = data + length;

    for (const char *at = data; at < end;) {
        if (in_body && lines-- == 0)
            return (gsize)(at - data);
        const char *lf = memchr(at, '\n', (gsize)(end - at));
        const char *next = lf == NULL ? end : lf + 1;
        if (!in_body)
            in_body = next - at == 1 || (next - at == 2 && *at == '\r');
        at = next;
    }
    return length;
}

void pop3_text_init(Pop3Text *text, GBytes *bytes, guint32 lines)
{
    gsize length;
    const char *data = g_bytes_get_data(bytes, &length);

    text->bytes = bytes;
    text->next = 0;
    text->end = lines == POP3_ALL_LINES || length == 0 ? length : find_end(data, length, lines);
    text->in_line = FALSE;
    text->ended = FALSE;
}

void pop3_text_clear(Pop3Text *text)
{
    g_clear_pointer(&text->bytes, g_bytes_unref);
}

/* Whether a dot stands alone between a bare LF and the next line end. */
static gboolean sees_lone_dot(const Pop3Text *text, const char *data)
{
    gsize left = text->end - text->next;

    return text->next > 0 && data[-1] == '\n' && data[0] == '.' &&
           (left == 1 || data[1] == '\r' || data[1] == '\n');
}

/* One line, or what is left of the last one. */
static void append_line(Pop3Text *text, GString *out, gsize most)
{
    const char *data = (const char *)g_bytes_get_data(text->bytes, NULL) + text->next;
    gsize left = MIN(text->end - text->next, most);

    if ((!text->in_line && *data == '.') || sees_lone_dot(text, data))
        g_string_append_c(out, '.');
    const char *lf = memchr(data, '\n', left);
    gsize span = lf == NULL ? left : (gsize)(lf - data) + 1;
    g_string_append_len(out, data, (gssize)span);
    text->next += span;
    /* Looked up in the message: CR and LF may go in two pieces. */
    text->in_line = lf == NULL || lf == g_bytes_get_data(text->bytes, NULL) || lf[-1] != '\r';
}

gboolean pop3_text_next(Pop3Text *text, GString *out, gsize most)
{
    gsize begin = out->len;

    while (text->next < text->end && out->len - begin < most)
        append_line(text, out, most);
    if (text->next < text->end)
        return TRUE;
    if (!text->ended)
        g_string_append(out, text->in_line ? "\r\n.\r\n" : ".\r\n");
    text->ended = TRUE;
    return FALSE;
}
