/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imap-reader.c - see imap-reader.h.
 *
 * A line ends with LF here; that a CR stands before it is the parser's to demand: the reader keeps
 * a lone LF's line without its LF, and a CR that is missing is told by imap_reader_take(), which
 * marks such a command with a final LF that no grammar takes.
 */
#include "mailstore/server/imap-reader.h"

#include <string.h>

#define CAPACITY_STEP 512

void imap_reader_init(ImapReader *reader, gsize line_most)
{
    memset(reader, 0, sizeof *reader);
    reader->line_most = line_most;
}

static void reader_empty(ImapReader *reader)
{
    g_clear_pointer(&reader->text, g_free);
    reader->length = reader->capacity = reader->line_length = reader->line_start = 0;
    reader->left = 0;
}

void imap_reader_clear(ImapReader *reader)
{
    reader_empty(reader);
}

static gboolean reader_reserve(ImapReader *reader, gsize more)
{
    if (more <= reader->capacity - reader->length)
        return TRUE;
    gsize capacity = reader->length + MAX(more, CAPACITY_STEP);
    char *text = g_try_realloc(reader->text, capacity);
    if (text == NULL)
        return FALSE;
    reader->text = text;
    reader->capacity = capacity;
    return TRUE;
}

/* Whether the line just read ends with {n} or {n+}. */
static gboolean reader_finds_literal(ImapReader *reader)
{
    const char *end = reader->text + reader->length;
    const char *line = reader->text + reader->line_start;

    if (end - line < 5 || end[-1] != '\n' || end[-2] != '\r' || end[-3] != '}')
        return FALSE;
    const char *at = end - 4;
    gboolean plus = *at == '+';
    if (plus)
        at--;
    const char *last = at;
    while (at > line && g_ascii_isdigit(*at))
        at--;
    if (at == last || *at != '{')
        return FALSE;
    guint64 size = 0;
    for (at++; at <= last; at++)
        size = size > G_MAXUINT32 ? G_MAXUINT64 : size * 10 + (guint64)(*at - '0');
    reader->literal_size = size;
    reader->literal_waits = !plus;
    return TRUE;
}

/* A line or a part of one. */
static ImapReadResult feed_line(ImapReader *reader, const char *input, gsize length,
                                gsize *ret_used)
{
    const char *lf = memchr(input, '\n', length);
    gsize span = lf == NULL ? length : (gsize)(lf - input) + 1;

    *ret_used = span;
    if (span > reader->line_most - reader->line_length || !reader_reserve(reader, span))
        return IMAP_READ_TOO_LONG;
    memcpy(reader->text + reader->length, input, span);
    reader->length += span;
    reader->line_length += span;
    if (lf == NULL)
        return IMAP_READ_MORE;
    return reader_finds_literal(reader) ? IMAP_READ_LITERAL : IMAP_READ_COMMAND;
}

ImapReadResult imap_reader_feed(ImapReader *reader, const char *input, gsize length,
                                gsize *ret_used)
{
    gsize used = 0;

    while (used < length) {
        gsize piece = length - used;
        if (reader->discard > 0) {
            piece = MIN(piece, reader->discard);
            reader->discard -= piece;
            used += piece;
            continue;
        }
        if (reader->left > 0) {
            piece = MIN(piece, reader->left);
            memcpy(reader->text + reader->length, input + used, piece);
            reader->length += piece;
            reader->left -= piece;
            used += piece;
            continue;
        }
        ImapReadResult result = feed_line(reader, input + used, piece, &piece);
        used += piece;
        if (result == IMAP_READ_MORE)
            continue;
        *ret_used = used;
        if (result == IMAP_READ_LITERAL && reader->forget) {
            /* Another literal of a command that is refused already. */
            imap_reader_refuse(reader);
            continue;
        }
        if (reader->forget) {
            reader->forget = FALSE;
            reader_empty(reader);
            continue;
        }
        return result;
    }
    *ret_used = used;
    return IMAP_READ_MORE;
}

gboolean imap_reader_accept(ImapReader *reader)
{
    /* What follows the literal is mostly a bare CRLF. */
    if (!reader_reserve(reader, reader->literal_size + 2))
        return FALSE;
    reader->left = reader->literal_size;
    reader->line_start = reader->length + reader->literal_size;
    return TRUE;
}

void imap_reader_refuse(ImapReader *reader)
{
    reader_empty(reader);
    /* A client that was to wait sends neither the literal nor the rest. */
    reader->forget = !reader->literal_waits;
    if (reader->forget)
        reader->discard = reader->literal_size;
}

GBytes *imap_reader_take(ImapReader *reader)
{
    gsize length = reader->length;

    if (length >= 2 && reader->text[length - 2] == '\r')
        length -= 2;
    char *text = g_steal_pointer(&reader->text);
    reader_empty(reader);
    return g_bytes_new_take(text, length);
}
