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

void pop3_text_init(Pop3Text *text, guint64 size, guint32 lines)
{
    *text = (Pop3Text){.end = size, .lines = lines, .last = {'\r', '\n'}};
}

static gboolean ended_line(const Pop3Text *text)
{
    return text->last[0] == '\r' && text->last[1] == '\n';
}

/* Whether a dot stands alone between a bare LF and the next line end, or the end. */
static gboolean sees_lone_dot(const Pop3Text *text, const char *data, gsize length)
{
    return text->last[1] == '\n' && data[0] == '.' &&
           (length == 1 || data[1] == '\r' || data[1] == '\n');
}

/* One line, or what there is of it. */
static gsize append_line(Pop3Text *text, const char *data, gsize length, GString *out)
{
    const char *lf = memchr(data, '\n', length);
    gsize span = lf == NULL ? length : (gsize)(lf - data) + 1;

    if ((ended_line(text) && *data == '.') || sees_lone_dot(text, data, length))
        g_string_append_c(out, '.');
    g_string_append_len(out, data, (gssize)span);
    text->last[0] = span > 1 ? data[span - 2] : text->last[1];
    text->last[1] = data[span - 1];
    text->next += span;
    return span;
}

/* Whether the line that begins, if one does, is beyond those that are wanted. */
static gboolean has_enough(Pop3Text *text, const char *data, gsize length)
{
    if (text->last[1] != '\n' || text->lines == POP3_ALL_LINES)
        return FALSE;
    if (text->in_body)
        return text->lines-- == 0;
    text->in_body = data[0] == '\n' || (length > 1 && data[0] == '\r' && data[1] == '\n');
    return FALSE;
}

gboolean pop3_text_next(Pop3Text *text, const char *data, gsize length, GString *out)
{
    gboolean is_last = length >= text->end - text->next;

    /* What a line begins with is seen whole. */
    while (length >= (is_last ? 1 : POP3_PIECE_LEAST)) {
        if (has_enough(text, data, length)) {
            is_last = TRUE;
            break;
        }
        gsize used = append_line(text, data, length, out);
        data += used;
        length -= used;
    }
    if (!is_last)
        return TRUE;
    g_string_append(out, ended_line(text) ? ".\r\n" : "\r\n.\r\n");
    return FALSE;
}
