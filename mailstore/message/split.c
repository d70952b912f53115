/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * split.c - walks the boundaries of a message line by line and detaches parts.
 *
 * One pass over the bytes, no tree: what is kept is the stack of open boundaries and the detached
 * parts. A part is an entity (RFC 2046 §5.1): a header up to an empty line and a body up to the
 * line of any open boundary, so that a missing end of an inner multipart ends with the outer one.
 * The end of line before a boundary belongs to the boundary (RFC 2046 §5.1.1).
 *
 * Never fails. Beyond SPLIT_PARTS_MAX parts or SPLIT_DEPTH_MAX levels the rest stays in the text,
 * and so does a part whose header is longer than SPLIT_HEADER_MAX, which no client writes.
 */
#include "mailstore/message/split.h"

#include <string.h>

#include "mailstore/message/part-header.h"

typedef struct {
    GBytes *message;
    const guint8 *bytes;
    gsize size;
    gsize pos;             /* start of a line */
    GPtrArray *boundaries; /* of char, the innermost last */
    GPtrArray *parts;
    GByteArray *text; /* what was kept before `kept` */
    gsize kept;       /* up to here the message is in `text` or in a part */
    guint entities;
} Splitter;

/* What ended a body. */
typedef struct {
    gint level;     /* index in the stack of boundaries, -1 at the end of the message */
    gboolean close; /* "--boundary--" */
    gsize start;    /* of the line end that belongs to the delimiter */
} Delimiter;

typedef struct {
    gsize start;
    gsize end;  /* without the line end */
    gsize next; /* start of the next line */
} Line;

static gboolean next_line(const Splitter *s, Line *line)
{
    if (s->pos >= s->size)
        return FALSE;
    const guint8 *newline = memchr(s->bytes + s->pos, '\n', s->size - s->pos);
    line->start = s->pos;
    line->end = newline != NULL ? (gsize)(newline - s->bytes) : s->size;
    line->next = newline != NULL ? line->end + 1 : s->size;
    if (newline != NULL && line->end > line->start && s->bytes[line->end - 1] == '\r')
        line->end--;
    return TRUE;
}

/* White space may follow a boundary on its line (RFC 2046 §5.1.1: transport padding). */
static gboolean line_is_boundary(const Splitter *s, const Line *line, const char *boundary,
                                 gboolean *ret_close)
{
    gsize size = strlen(boundary), pos = line->start + 2, end = line->end;
    gboolean close = FALSE;

    if (end - pos < size || memcmp(s->bytes + pos, boundary, size) != 0)
        return FALSE;
    pos += size;
    if (end - pos >= 2 && memcmp(s->bytes + pos, "--", 2) == 0) {
        close = TRUE;
        pos += 2;
    }
    while (pos < end && (s->bytes[pos] == ' ' || s->bytes[pos] == '\t'))
        pos++;
    if (pos < end)
        return FALSE;
    *ret_close = close;
    return TRUE;
}

static gboolean line_is_delimiter(const Splitter *s, const Line *line, Delimiter *ret)
{
    if (line->end - line->start < 3 || memcmp(s->bytes + line->start, "--", 2) != 0)
        return FALSE;
    for (gint level = (gint)s->boundaries->len - 1; level >= 0; level--) {
        gboolean close;
        if (!line_is_boundary(s, line, g_ptr_array_index(s->boundaries, (guint)level), &close))
            continue;
        gsize start = line->start;
        if (start > 0) /* the byte before is the '\n' of the line before */
            start -= start > 1 && s->bytes[start - 2] == '\r' ? 2 : 1;
        *ret = (Delimiter){.level = level, .close = close, .start = start};
        return TRUE;
    }
    return FALSE;
}

static Delimiter skip_to_delimiter(Splitter *s)
{
    Delimiter delimiter;
    Line line;

    while (next_line(s, &line)) {
        s->pos = line.next;
        if (line_is_delimiter(s, &line, &delimiter))
            return delimiter;
    }
    return (Delimiter){.level = -1, .start = s->size};
}

/* TRUE when the header ends with an empty line, after which the position is. A delimiter within
 * the header is left for skip_to_delimiter() to find. */
static gboolean skip_header(Splitter *s)
{
    Delimiter delimiter;
    Line line;

    while (next_line(s, &line)) {
        if (line_is_delimiter(s, &line, &delimiter))
            return FALSE;
        s->pos = line.next;
        if (line.end == line.start)
            return TRUE;
    }
    return FALSE;
}

static void split_part_free(gpointer data)
{
    SplitPart *part = data;
    g_bytes_unref(part->header);
    g_bytes_unref(part->data);
    g_free(part->name);
    g_free(part);
}

/* Detaches header [start, body) and body [body, end) if the rules allow it. */
static void detach(Splitter *s, const PartHeader *header, gsize start, gsize body, gsize end)
{
    PartEncoding encoding = {0};
    g_autoptr(GBytes) data = NULL;

    if (end <= body || body - start > SPLIT_HEADER_MAX)
        return;
    if (header->base64) {
        gboolean crlf = body >= 2 && s->bytes[body - 2] == '\r';
        if (!part_encoding_measure(s->bytes + body, end - body, crlf, &encoding, &data))
            return;
    } else if (header->identity && header->attachment) {
        data = g_bytes_new_from_bytes(s->message, body, end - body);
    } else {
        return;
    }

    if (s->text == NULL)
        s->text = g_byte_array_new();
    g_byte_array_append(s->text, s->bytes + s->kept, (guint)(start - s->kept));
    s->kept = end;
    SplitPart *part = g_new0(SplitPart, 1);
    part->offset = s->text->len;
    part->header = g_bytes_new_from_bytes(s->message, start, body - start);
    part->name = g_strdup(header->name);
    part->encoding = encoding;
    part->data = g_steal_pointer(&data);
    g_ptr_array_add(s->parts, part);
}

static Delimiter split_entity(Splitter *s, guint depth, gboolean in_digest);

static Delimiter split_multipart(Splitter *s, PartHeader *header, guint depth)
{
    gint level = (gint)s->boundaries->len;

    g_ptr_array_add(s->boundaries, g_steal_pointer(&header->boundary));
    Delimiter delimiter = skip_to_delimiter(s);
    while (delimiter.level == level && !delimiter.close)
        delimiter = split_entity(s, depth + 1, header->digest);
    g_ptr_array_set_size(s->boundaries, level);                         /* frees ours */
    return delimiter.level == level ? skip_to_delimiter(s) : delimiter; /* the epilogue */
}

/* From the first byte of a header to the delimiter that ends the body. */
static Delimiter split_entity(Splitter *s, guint depth, gboolean in_digest)
{
    gsize start = s->pos;
    if (++s->entities > SPLIT_PARTS_MAX || depth > SPLIT_DEPTH_MAX || !skip_header(s))
        return skip_to_delimiter(s);

    gsize body = s->pos;
    PartHeader header;
    Delimiter delimiter;
    part_header_init(&header, (const char *)s->bytes + start, body - start, in_digest);
    if (header.multipart) {
        delimiter = split_multipart(s, &header, depth);
    } else if (header.message) {
        delimiter = split_entity(s, depth + 1, FALSE);
    } else {
        delimiter = skip_to_delimiter(s);
        if (depth > 0)
            detach(s, &header, start, body, delimiter.start);
    }
    part_header_clear(&header);
    return delimiter;
}

static void read_message_header(Splitter *s, SplitMessage *split)
{
    skip_header(s);
    split->header_size = s->pos;
    split->subject = part_header_dup_subject((const char *)s->bytes, s->pos);
    s->pos = 0;
}

SplitMessage *split_message_new(GBytes *message)
{
    Splitter s = {.message = message};
    s.bytes = g_bytes_get_data(message, &s.size);
    g_assert(s.size < G_MAXUINT); /* GByteArray counts in guint; MAIL_MESSAGE_MAX is below */
    s.boundaries = g_ptr_array_new_with_free_func(g_free);
    s.parts = g_ptr_array_new_with_free_func(split_part_free);

    SplitMessage *split = g_new0(SplitMessage, 1);
    read_message_header(&s, split);
    /* A delimiter cannot come back to level 0, so one entity is the whole message. */
    split_entity(&s, 0, FALSE);
    split->parts = s.parts;
    if (s.text != NULL) {
        g_byte_array_append(s.text, s.bytes + s.kept, (guint)(s.size - s.kept));
        split->text = g_byte_array_free_to_bytes(s.text);
    } else {
        split->text = g_bytes_ref(message);
    }
    g_ptr_array_unref(s.boundaries);
    return split;
}

SplitMessage *split_message_free(SplitMessage *split)
{
    if (split == NULL)
        return NULL;
    g_bytes_unref(split->text);
    g_ptr_array_unref(split->parts);
    g_free(split->subject);
    g_free(split);
    return NULL;
}
