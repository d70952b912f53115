/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * read.c - a message as it came in, and its exact size.
 *
 * Sizes and bytes are read in one transaction from the rows themselves. A row that does not fit
 * the others is JET_errDatabaseCorrupted.
 */
#include <string.h>

#include "mailstore/message/content.h"
#include "mailstore/message/join.h"
#include "mailstore/message/row.h"
#include "mailstore/message/transaction.h"

#define HEADER_PIECE 4096 /* most headers fit */

/* What a part of the message under MESSAGES_BY_ID is made of. */
typedef struct {
    MailSession *session;
    GBytes *header;
    Digest digest;
    gboolean is_found; /* CONTENTS_BY_DIGEST is on it */
} PartSource;

typedef struct {
    guint64 message;
    gboolean only_size;
    gsize offset, length; /* what is wanted of it */
    MailReserve reserve;  /* or NULL */
    gpointer reserve_data;
    GArray *sources; /* of PartSource */
    GArray *parts;   /* of JoinPart, each with its source */
    gsize size;
    guint8 *bytes;
} Reading;

static gboolean read_text(gpointer user_data, gsize offset, guint8 *out, gsize size)
{
    return row_read(user_data, MESSAGES_BY_ID, MESSAGE_TEXT, offset, out, size) >= 0;
}

static gboolean read_header(gpointer user_data, gsize offset, guint8 *out, gsize size)
{
    const PartSource *source = user_data;
    memcpy(out, (const guint8 *)g_bytes_get_data(source->header, NULL) + offset, size);
    return TRUE;
}

/* A part's content is there, or the database is damaged. */
static JET_ERR part_seek(MailSession *session, const Digest *digest)
{
    JET_ERR err = content_seek(session, digest);
    return err == JET_errRecordNotFound
               ? session_note(session, "JetSeek", CONTENTS_BY_DIGEST, JET_errDatabaseCorrupted)
               : err;
}

static gboolean read_data(gpointer user_data, gsize offset, guint8 *out, gsize size)
{
    PartSource *source = user_data;
    if (!source->is_found && part_seek(source->session, &source->digest) < 0)
        return FALSE;
    source->is_found = TRUE; /* until the next part, which comes when this one is read */
    return row_read(source->session, CONTENTS_BY_DIGEST, CONTENT_DATA, offset, out, size) >= 0;
}

/* Of the row under ATTACHMENTS_BY_MESSAGE. */
static JET_ERR part_read(MailSession *session, PartSource *source, JoinPart *part)
{
    char encoding[PART_ENCODING_TEXT_MAX];
    gsize encoding_size, digest_size;
    guint64 offset;
    JET_ERR err;

    if ((err = row_get_number(session, ATTACHMENTS_BY_MESSAGE, ATTACHMENT_OFFSET, &offset)) < 0 ||
        (err = row_get_short(session, ATTACHMENTS_BY_MESSAGE, ATTACHMENT_ENCODING, encoding,
                             sizeof encoding, &encoding_size)) < 0 ||
        (err = row_get_short(session, ATTACHMENTS_BY_MESSAGE, ATTACHMENT_DIGEST,
                             source->digest.bytes, sizeof source->digest.bytes, &digest_size)) < 0)
        return err;
    if (digest_size != sizeof source->digest.bytes ||
        !part_encoding_parse(encoding, encoding_size, &part->encoding))
        return session_note(session, "JetRetrieveColumn", ATTACHMENTS_BY_MESSAGE,
                            JET_errDatabaseCorrupted);
    if ((err = part_seek(session, &source->digest)) < 0 ||
        (err = row_get_size(session, CONTENTS_BY_DIGEST, CONTENT_DATA, &part->data.size)) < 0 ||
        (err = row_get_bytes(session, ATTACHMENTS_BY_MESSAGE, ATTACHMENT_HEADER, &source->header)) <
            0)
        return err;
    source->session = session;
    part->offset = offset;
    part->header.size = g_bytes_get_size(source->header);
    part->header.read = read_header;
    part->data.read = read_data;
    return JET_errSuccess;
}

static JET_ERR parts_read(MailSession *session, Reading *reading)
{
    RowValue key = ROW_NUMBER(reading->message);
    JET_ERR err = row_first(session, ATTACHMENTS_BY_MESSAGE, &key, 1, NULL);

    while (err >= 0) {
        PartSource source = {0};
        JoinPart part = {0};
        if ((err = part_read(session, &source, &part)) < 0)
            return err;
        g_array_append_val(reading->sources, source);
        g_array_append_val(reading->parts, part);
        err = row_next(session, ATTACHMENTS_BY_MESSAGE);
    }
    if (err != JET_errRecordNotFound)
        return err;
    for (guint i = 0; i < reading->parts->len; i++) {
        JoinPart *part = &g_array_index(reading->parts, JoinPart, i);
        part->header.user_data = part->data.user_data =
            &g_array_index(reading->sources, PartSource, i);
    }
    return JET_errSuccess;
}

static JET_ERR damaged(MailSession *session)
{
    return session_note(session, "joining", MESSAGES_BY_ID, JET_errDatabaseCorrupted);
}

/* Puts MESSAGES_BY_ID on the message, and finds out what it is made of. */
static JET_ERR message_measure(MailSession *session, Reading *reading, gsize *ret_text_size)
{
    RowValue key = ROW_NUMBER(reading->message);
    JET_ERR err;

    if ((err = row_seek(session, MESSAGES_BY_ID, &key, 1)) < 0 ||
        (err = row_get_size(session, MESSAGES_BY_ID, MESSAGE_TEXT, ret_text_size)) < 0 ||
        (err = parts_read(session, reading)) < 0)
        return err;
    if (!join_size(*ret_text_size, (const JoinPart *)reading->parts->data, reading->parts->len,
                   &reading->size))
        return damaged(session);
    return JET_errSuccess;
}

static JET_ERR message_join(MailSession *session, Reading *reading)
{
    JoinSource text = {.read = read_text, .user_data = session};
    JET_ERR err = message_measure(session, reading, &text.size);

    if (err < 0 || reading->only_size ||
        (reading->reserve != NULL && !reading->reserve(reading->size, reading->reserve_data)))
        return err;
    reading->offset = MIN(reading->offset, reading->size);
    reading->length = MIN(reading->length, reading->size - reading->offset);
    reading->bytes = g_try_malloc(MAX(reading->length, 1));
    if (reading->bytes == NULL)
        return session_note(session, "joining", MESSAGES_BY_ID, JET_errOutOfMemory);
    session->failure.err = JET_errSuccess;
    if (join_write(&text, (const JoinPart *)reading->parts->data, reading->parts->len,
                   reading->offset, reading->length, reading->bytes))
        return JET_errSuccess;
    return session->failure.err < 0 ? session->failure.err : damaged(session);
}

static void part_source_clear(gpointer data)
{
    PartSource *source = data;
    g_clear_pointer(&source->header, g_bytes_unref);
}

static JET_ERR read_body(MailSession *session, gpointer data)
{
    Reading *reading = data;

    reading->sources = g_array_new(FALSE, FALSE, sizeof(PartSource));
    g_array_set_clear_func(reading->sources, part_source_clear);
    reading->parts = g_array_new(FALSE, FALSE, sizeof(JoinPart));
    JET_ERR err = message_join(session, reading);
    g_array_unref(reading->parts);
    g_array_unref(reading->sources);
    if (err < 0)
        g_clear_pointer(&reading->bytes, g_free);
    return err;
}

static gboolean message_read(MailSession *session, Reading *reading, GError **error)
{
    JET_ERR err = transaction_try(session, TRANSACTION_READ, read_body, reading);
    return err >= 0 || session_fail(session, err, error, "cannot read message %" G_GUINT64_FORMAT,
                                    reading->message);
}

gboolean mail_message_size(MailSession *session, guint64 message, guint64 *ret_size, GError **error)
{
    Reading reading = {.message = message, .only_size = TRUE};
    if (!message_read(session, &reading, error))
        return FALSE;
    *ret_size = reading.size;
    return TRUE;
}

gboolean mail_message_read(MailSession *session, guint64 message, MailReserve reserve,
                           gpointer data, GBytes **ret_text, GError **error)
{
    Reading reading = {
        .message = message, .length = G_MAXSIZE, .reserve = reserve, .reserve_data = data};
    if (!message_read(session, &reading, error))
        return FALSE;
    *ret_text = reading.bytes == NULL ? NULL : g_bytes_new_take(reading.bytes, reading.length);
    return TRUE;
}

gboolean mail_message_read_part(MailSession *session, guint64 message, gsize offset, gsize length,
                                GBytes **ret_part, GError **error)
{
    Reading reading = {.message = message, .offset = offset, .length = length};
    if (!message_read(session, &reading, error))
        return FALSE;
    *ret_part = g_bytes_new_take(reading.bytes, reading.length);
    return TRUE;
}

typedef struct {
    guint64 message;
    gsize most;
    GBytes *header;
    guint64 *ret_size; /* or NULL */
} HeaderReading;

/* Whether the header ends within these bytes, and where. */
static gboolean find_header_end(const guint8 *text, gsize size, gsize *ret_end)
{
    for (gsize line = 0; line < size;) {
        const guint8 *newline = memchr(text + line, '\n', size - line);
        if (newline == NULL)
            return FALSE;
        gsize next = (gsize)(newline - text) + 1;
        if (next - line == 1 || (next - line == 2 && text[line] == '\r')) {
            *ret_end = next;
            return TRUE;
        }
        line = next;
    }
    return FALSE;
}

/* A part is taken out of a message from below its header only, so all of that is in the text. */
static JET_ERR header_read(MailSession *session, HeaderReading *reading)
{
    RowValue key = ROW_NUMBER(reading->message);
    gsize text_size;
    JET_ERR err;

    if ((err = row_seek(session, MESSAGES_BY_ID, &key, 1)) < 0 ||
        (err = row_get_size(session, MESSAGES_BY_ID, MESSAGE_TEXT, &text_size)) < 0)
        return err;
    for (gsize size = HEADER_PIECE;; size *= 4) {
        size = MIN(size, MIN(text_size, reading->most));
        g_autofree guint8 *text = g_try_malloc(MAX(size, 1));
        if (text == NULL)
            return session_note(session, "joining", MESSAGES_BY_ID, JET_errOutOfMemory);
        if ((err = row_read(session, MESSAGES_BY_ID, MESSAGE_TEXT, 0, text, size)) < 0)
            return err;
        gsize end = text_size; /* without a body */
        if (find_header_end(text, size, &end) || size == text_size) {
            reading->header = g_bytes_new_take(g_steal_pointer(&text), end);
            return JET_errSuccess;
        }
        if (size == reading->most)
            return JET_errSuccess;
    }
}

static JET_ERR read_header_body(MailSession *session, gpointer data)
{
    HeaderReading *reading = data;
    Reading sized = {.message = reading->message, .only_size = TRUE};
    JET_ERR err = header_read(session, reading);

    if (err < 0 || reading->ret_size == NULL)
        return err;
    if ((err = read_body(session, &sized)) >= 0)
        *reading->ret_size = sized.size;
    else
        g_clear_pointer(&reading->header, g_bytes_unref);
    return err;
}

gboolean mail_message_read_header(MailSession *session, guint64 message, gsize most,
                                  GBytes **ret_header, guint64 *ret_size, GError **error)
{
    HeaderReading reading = {.message = message, .most = most, .ret_size = ret_size};
    JET_ERR err = transaction_try(session, TRANSACTION_READ, read_header_body, &reading);

    if (err < 0)
        return session_fail(session, err, error, "cannot read message %" G_GUINT64_FORMAT, message);
    *ret_header = reading.header;
    return TRUE;
}
