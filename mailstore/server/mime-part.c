/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mime-part.c - finds the parts of a message. Nothing fails: what is malformed is a part without
 * structure. Lines may end with a bare LF.
 *
 * One pass over the lines. A delimiter is looked for among the boundaries of all multiparts that
 * are open, the innermost first, as the store does when it takes parts out of a message: so a
 * multipart whose end is missing ends with the one around it, and one that has the same boundary as
 * the one around it (RFC 2046 §5.1.2 forbids that, mailers did it) still has its own parts.
 */
#include "mailstore/server/mime-part.h"
#include "mailstore/server/mime-header.h"

#include <string.h>

/* RFC 2046 §5.1.1 has 70. */
#define BOUNDARY_MOST 200

typedef struct {
    const char *message;
    gsize size;
    guint parts;           /* made so far */
    GPtrArray *boundaries; /* of the multiparts that are open, the innermost last; not owned */
} Walk;

/* What ended a part. */
typedef struct {
    gint level;    /* of the boundary; -1: the end of the message */
    gboolean last; /* "--boundary--" */
    gsize start;   /* of the line end before the delimiter, which belongs to it */
    gsize next;    /* behind the delimiter's line */
} Delimiter;

static Delimiter entity_parse(Walk *walk, gsize start, gboolean in_digest, guint depth,
                              MimePart **ret);

static void free_part(gpointer part)
{
    mime_part_free(part);
}

MimePart *mime_part_free(MimePart *part)
{
    if (part == NULL)
        return NULL;
    g_clear_pointer(&part->children, g_ptr_array_unref);
    g_free(part->type);
    g_free(part->subtype);
    g_free(part);
    return NULL;
}

guint32 mime_count_lines(const char *data, gsize length)
{
    guint32 lines = 0;
    const char *end = data + length;

    for (const char *at = data; at < end; lines++) {
        const char *lf = memchr(at, '\n', (gsize)(end - at));
        if (lf == NULL)
            return lines + 1;
        at = lf + 1;
    }
    return lines;
}

static gsize line_end(const Walk *walk, gsize line)
{
    const char *lf = memchr(walk->message + line, '\n', walk->size - line);

    return lf == NULL ? walk->size : (gsize)(lf - walk->message) + 1;
}

/* Whether the line [line, next) is "--boundary" or "--boundary--"; white space may follow. */
static gboolean line_is_boundary(const Walk *walk, gsize line, gsize next, const char *boundary,
                                 gboolean *ret_last)
{
    const char *message = walk->message;
    gsize length = strlen(boundary), after = line + 2 + length;

    if (next - line < length + 2 || memcmp(message + line + 2, boundary, length) != 0)
        return FALSE;
    *ret_last = next - after >= 2 && message[after] == '-' && message[after + 1] == '-';
    if (*ret_last)
        after += 2;
    while (after < next && message[after] != '\0' && strchr(" \t\r\n", message[after]) != NULL)
        after++;
    return after == next;
}

static gboolean line_is_delimiter(const Walk *walk, gsize line, gsize next, Delimiter *ret)
{
    const char *message = walk->message;

    if (next - line < 3 || message[line] != '-' || message[line + 1] != '-')
        return FALSE;
    for (gint level = (gint)walk->boundaries->len - 1; level >= 0; level--) {
        gboolean last;
        if (!line_is_boundary(walk, line, next, walk->boundaries->pdata[level], &last))
            continue;
        gsize start = line;
        if (start > 0) /* the byte before is the LF of the line before */
            start -= start > 1 && message[start - 2] == '\r' ? 2 : 1;
        *ret = (Delimiter){level, last, start, next};
        return TRUE;
    }
    return FALSE;
}

/* The next delimiter from the beginning of a line on. */
static Delimiter find_delimiter(const Walk *walk, gsize line)
{
    Delimiter delimiter;

    while (line < walk->size && walk->boundaries->len > 0) {
        gsize next = line_end(walk, line);
        if (line_is_delimiter(walk, line, next, &delimiter))
            return delimiter;
        line = next;
    }
    return (Delimiter){-1, FALSE, walk->size, walk->size};
}

/* The header ends behind its empty line. TRUE: a delimiter ended it, and there is no body. */
static gboolean header_parse(const Walk *walk, MimePart *part, Delimiter *ret)
{
    const char *message = walk->message;
    gsize line = part->header;

    while (line < walk->size) {
        gsize next = line_end(walk, line);
        if (line_is_delimiter(walk, line, next, ret)) {
            line = MAX(ret->start, part->header);
            part->header_length = line - part->header;
            part->body = line;
            return TRUE;
        }
        gboolean is_empty = message[line] == '\n' || (message[line] == '\r' && next - line == 2);
        line = next;
        if (is_empty)
            break;
    }
    part->header_length = line - part->header;
    part->body = line;
    return FALSE;
}

static void part_set_type(MimePart *part, const MimeValue *value, gboolean in_digest)
{
    const char *slash = value == NULL || value->value == NULL ? NULL : strchr(value->value, '/');

    if (slash != NULL && slash > value->value && slash[1] != '\0') {
        part->type = g_strndup(value->value, (gsize)(slash - value->value));
        part->subtype = g_strdup(slash + 1);
        part->has_type = TRUE;
    } else {
        part->type = g_strdup(in_digest ? "message" : "text");
        part->subtype = g_strdup(in_digest ? "rfc822" : "plain");
    }
}

static Delimiter multipart_parse(Walk *walk, MimePart *part, char *boundary, gboolean is_digest,
                                 guint depth)
{
    gint level = (gint)walk->boundaries->len;

    g_ptr_array_add(walk->boundaries, boundary);
    part->children = g_ptr_array_new_with_free_func(free_part);
    Delimiter delimiter = find_delimiter(walk, part->body);
    while (delimiter.level == level && !delimiter.last) {
        MimePart *child;
        if (walk->parts < MIME_PARTS_MOST) {
            delimiter = entity_parse(walk, delimiter.next, is_digest, depth + 1, &child);
            g_ptr_array_add(part->children, child);
        } else {
            delimiter = find_delimiter(walk, delimiter.next);
        }
    }
    g_ptr_array_set_size(walk->boundaries, level);
    /* IMAP has no multipart without parts. */
    part->kind = part->children->len > 0 ? MIME_MULTIPART : MIME_LEAF;
    return delimiter.level == level ? find_delimiter(walk, delimiter.next) : delimiter;
}

static Delimiter body_parse(Walk *walk, MimePart *part, const MimeValue *type, guint depth)
{
    gboolean is_deep = depth >= MIME_DEPTH_MOST || walk->parts >= MIME_PARTS_MOST;

    if (!is_deep && g_ascii_strcasecmp(part->type, "multipart") == 0) {
        const char *boundary = type == NULL ? NULL : mime_value_parameter(type, "boundary");
        if (boundary != NULL && *boundary != '\0' && strlen(boundary) <= BOUNDARY_MOST)
            return multipart_parse(walk, part, (char *)boundary,
                                   g_ascii_strcasecmp(part->subtype, "digest") == 0, depth);
    } else if (!is_deep && g_ascii_strcasecmp(part->type, "message") == 0 &&
               g_ascii_strcasecmp(part->subtype, "rfc822") == 0) {
        MimePart *child;
        Delimiter delimiter = entity_parse(walk, part->body, FALSE, depth + 1, &child);
        part->kind = MIME_MESSAGE;
        part->children = g_ptr_array_new_with_free_func(free_part);
        g_ptr_array_add(part->children, child);
        return delimiter;
    }
    return find_delimiter(walk, part->body);
}

/* From the first byte of a header to the delimiter that ends the body. */
static Delimiter entity_parse(Walk *walk, gsize start, gboolean in_digest, guint depth,
                              MimePart **ret)
{
    MimePart *part = g_new0(MimePart, 1);
    Delimiter delimiter;

    walk->parts++;
    part->header = start;
    gboolean has_ended = header_parse(walk, part, &delimiter);
    g_autofree char *text =
        mime_header_value(walk->message + start, part->header_length, "content-type");
    g_autoptr(MimeValue) type = text == NULL ? NULL : mime_value_parse(text);
    part_set_type(part, type, in_digest);
    if (!has_ended)
        delimiter = body_parse(walk, part, type, depth);
    if (delimiter.start < part->body) { /* the line end before it is the delimiter's */
        part->header = MIN(part->header, delimiter.start);
        part->body = delimiter.start;
        part->header_length = part->body - part->header;
    }
    part->body_length = delimiter.start - part->body;
    *ret = part;
    return delimiter;
}

MimePart *mime_part_parse(const char *message, gsize length)
{
    g_autoptr(GPtrArray) boundaries = g_ptr_array_new();
    Walk walk = {.message = message, .size = length, .boundaries = boundaries};
    MimePart *part;

    entity_parse(&walk, 0, FALSE, 0, &part);
    return part;
}
