/* SPDX-License-Identifier: GPL-2.0-or-later */
/* imap-output.c - see imap-output.h. Nothing here fails. */
#include "mailstore/server/imap-output.h"
#include "mailstore/message/message-store.h"
#include "mailstore/server/utf7.h"

#include <stdarg.h>
#include <string.h>

/* Longer strings are sent as literals: some clients have short lines. */
#define QUOTED_MOST 1000
/* Shorter literals are copied into the text around them. */
#define COPY_MOST (16 * 1024)

void imap_output_init(ImapOutput *output)
{
    g_queue_init(&output->pieces);
    output->tail = g_string_new(NULL);
    output->length = 0;
}

static void piece_free(gpointer data)
{
    ImapPiece *piece = data;

    g_clear_pointer(&piece->bytes, g_bytes_unref);
    g_free(piece);
}

void imap_output_clear(ImapOutput *output)
{
    g_queue_clear_full(&output->pieces, piece_free);
    if (output->tail != NULL)
        g_string_free(output->tail, TRUE);
    output->tail = NULL;
}

void imap_output_append(ImapOutput *output, const char *data, gsize length)
{
    g_string_append_len(output->tail, data, (gssize)length);
    output->length += length;
}

void imap_output_puts(ImapOutput *output, const char *text)
{
    imap_output_append(output, text, strlen(text));
}

void imap_output_printf(ImapOutput *output, const char *format, ...)
{
    gsize before = output->tail->len;
    va_list arguments;

    va_start(arguments, format);
    g_string_append_vprintf(output->tail, format, arguments);
    va_end(arguments);
    output->length += output->tail->len - before;
}

static gboolean can_be_quoted(const char *data, gsize length)
{
    if (length > QUOTED_MOST)
        return FALSE;
    for (gsize i = 0; i < length; i++)
        if (data[i] == '\r' || data[i] == '\n' || (data[i] & 0x80) != 0 || data[i] == '\0')
            return FALSE;
    return TRUE;
}

static void append_quoted(ImapOutput *output, const char *data, gsize length)
{
    const char *end = data + length;

    imap_output_append(output, "\"", 1);
    for (const char *at = data; at < end;) {
        const char *run = at;
        while (at < end && *at != '"' && *at != '\\')
            at++;
        imap_output_append(output, run, (gsize)(at - run));
        if (at < end) {
            imap_output_append(output, "\\", 1);
            imap_output_append(output, at++, 1);
        }
    }
    imap_output_append(output, "\"", 1);
}

void imap_output_nstring(ImapOutput *output, const char *data, gsize length)
{
    if (data == NULL) {
        imap_output_puts(output, "NIL");
        return;
    }
    if (can_be_quoted(data, length)) {
        append_quoted(output, data, length);
        return;
    }
    gsize zeros = 0;
    for (gsize i = 0; i < length; i++)
        zeros += data[i] == '\0';
    imap_output_printf(output, "{%" G_GSIZE_FORMAT "}\r\n", length - zeros);
    for (const char *at = data, *end = data + length; at < end;) {
        gsize run = strnlen(at, (gsize)(end - at));
        imap_output_append(output, at, run);
        at += run + 1;
    }
}

void imap_output_string(ImapOutput *output, const char *text)
{
    imap_output_nstring(output, text, text == NULL ? 0 : strlen(text));
}

static void queue_piece(ImapOutput *output, ImapPiece piece)
{
    g_queue_push_tail(&output->pieces, g_memdup2(&piece, sizeof piece));
}

static void queue_tail(ImapOutput *output)
{
    queue_piece(output, (ImapPiece){.bytes = g_string_free_to_bytes(output->tail)});
    output->tail = g_string_new(NULL);
}

void imap_output_literal(ImapOutput *output, GBytes *bytes)
{
    gsize length;
    const char *data = g_bytes_get_data(bytes, &length);

    imap_output_printf(output, "{%" G_GSIZE_FORMAT "}\r\n", length);
    if (length < COPY_MOST) {
        imap_output_append(output, data, length);
        return;
    }
    queue_tail(output);
    queue_piece(output, (ImapPiece){.bytes = g_bytes_ref(bytes)});
    output->length += length;
}

void imap_output_literal_later(ImapOutput *output, guint64 message, gsize offset, gsize length)
{
    imap_output_printf(output, "{%" G_GSIZE_FORMAT "}\r\n", length);
    if (length == 0)
        return;
    queue_tail(output);
    queue_piece(output, (ImapPiece){.message = message, .offset = offset, .length = length});
    output->length += length;
}

void imap_output_mailbox(ImapOutput *output, const char *name)
{
    g_autofree char *coded = utf7_encode(name);

    imap_output_string(output, coded);
}

void imap_output_flags(ImapOutput *output, guint32 flags, char *const *keywords)
{
    static const struct {
        guint32 flag;
        const char *name;
    } names[] = {{MAIL_FLAG_ANSWERED, "\\Answered"},
                 {MAIL_FLAG_FLAGGED, "\\Flagged"},
                 {MAIL_FLAG_DELETED, "\\Deleted"},
                 {MAIL_FLAG_SEEN, "\\Seen"},
                 {MAIL_FLAG_DRAFT, "\\Draft"}};
    const char *space = "";

    imap_output_puts(output, "(");
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if ((flags & names[i].flag) != 0) {
            imap_output_printf(output, "%s%s", space, names[i].name);
            space = " ";
        }
    for (; keywords != NULL && *keywords != NULL; keywords++) {
        imap_output_printf(output, "%s%s", space, *keywords);
        space = " ";
    }
    imap_output_puts(output, ")");
}

void imap_output_send(ImapOutput *output, Connection *connection)
{
    for (ImapPiece *piece; (piece = g_queue_peek_head(&output->pieces)) != NULL;) {
        if (piece->bytes == NULL)
            return;
        connection_write_bytes(connection, piece->bytes);
        piece_free(g_queue_pop_head(&output->pieces));
    }
    connection_write(connection, output->tail->str, output->tail->len);
    imap_output_clear(output);
    imap_output_init(output);
}

const ImapPiece *imap_output_peek_part(const ImapOutput *output)
{
    return g_queue_peek_head((GQueue *)&output->pieces);
}

void imap_output_take_part(ImapOutput *output, GBytes *bytes)
{
    ImapPiece *part = g_queue_peek_head(&output->pieces);
    gsize length = g_bytes_get_size(bytes);

    g_assert(part->bytes == NULL && length <= part->length);
    part->offset += length;
    part->length -= length;
    if (part->length == 0)
        piece_free(g_queue_pop_head(&output->pieces));
    ImapPiece piece = {.bytes = g_bytes_ref(bytes)};
    g_queue_push_head(&output->pieces, g_memdup2(&piece, sizeof piece));
}
