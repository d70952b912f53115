/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mime-part.c - finds the parts of a message. Nothing fails: what is malformed is a part without
 * structure. Lines may end with a bare LF.
 */
#include "mailstore/server/mime-part.h"
#include "mailstore/server/mime-header.h"

#include <string.h>

/* RFC 2046 §5.1.1 has 70. */
#define BOUNDARY_MOST 200

typedef struct {
    const char *message;
    guint parts; /* made so far */
} Walk;

static MimePart *entity_parse(Walk *walk, gsize start, gsize end, gboolean in_digest, guint depth);

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

/* The header ends behind its empty line. */
static gsize header_end(const char *message, gsize start, gsize end)
{
    const char *at = message + start;
    MimeField field;

    while (mime_field_next(&at, message + end, &field))
        ;
    gsize offset = (gsize)(at - message);
    if (offset < end && message[offset] == '\r')
        offset++;
    if (offset < end && message[offset] == '\n')
        offset++;
    return offset;
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

/* The next line that is "--boundary", from `from` on. Gives where the line begins (with the line
 * end before it, which belongs to it) and ends. */
static gboolean find_delimiter(const char *message, gsize first, gsize from, gsize end,
                               const char *boundary, gsize *ret_start, gsize *ret_end,
                               gboolean *ret_last)
{
    gsize length = strlen(boundary);

    for (gsize line = from; line < end;) {
        const char *lf = memchr(message + line, '\n', end - line);
        gsize next = lf == NULL ? end : (gsize)(lf - message) + 1;
        if (next - line >= length + 2 && message[line] == '-' && message[line + 1] == '-' &&
            memcmp(message + line + 2, boundary, length) == 0) {
            gsize after = line + 2 + length;
            gboolean last = next - after >= 2 && message[after] == '-' && message[after + 1] == '-';
            if (last)
                after += 2;
            while (after < next && strchr(" \t\r\n", message[after]) != NULL &&
                   message[after] != '\0')
                after++;
            if (after == next) {
                gsize start = line;
                if (start > first && message[start - 1] == '\n')
                    start--;
                if (start > first && start < line && message[start - 1] == '\r')
                    start--;
                *ret_start = start;
                *ret_end = next;
                *ret_last = last;
                return TRUE;
            }
        }
        line = next;
    }
    return FALSE;
}

static void multipart_parse(Walk *walk, MimePart *part, const char *boundary, gboolean is_digest,
                            guint depth)
{
    gsize begin = part->body, end = part->body + part->body_length;
    gsize start, next;
    gboolean last;

    part->children = g_ptr_array_new_with_free_func(free_part);
    gboolean found =
        find_delimiter(walk->message, begin, begin, end, boundary, &start, &next, &last);
    while (found && !last && walk->parts < MIME_PARTS_MOST) {
        begin = next;
        found = find_delimiter(walk->message, begin, begin, end, boundary, &start, &next, &last);
        g_ptr_array_add(part->children,
                        entity_parse(walk, begin, found ? start : end, is_digest, depth + 1));
    }
    /* IMAP has no multipart without parts. */
    part->kind = part->children->len > 0 ? MIME_MULTIPART : MIME_LEAF;
}

static MimePart *entity_parse(Walk *walk, gsize start, gsize end, gboolean in_digest, guint depth)
{
    MimePart *part = g_new0(MimePart, 1);
    gsize body = header_end(walk->message, start, end);

    walk->parts++;
    part->header = start;
    part->header_length = body - start;
    part->body = body;
    part->body_length = end - body;
    g_autofree char *text =
        mime_header_value(walk->message + start, part->header_length, "content-type");
    g_autoptr(MimeValue) value = text == NULL ? NULL : mime_value_parse(text);
    part_set_type(part, value, in_digest);
    if (depth >= MIME_DEPTH_MOST || walk->parts >= MIME_PARTS_MOST)
        return part;
    if (g_ascii_strcasecmp(part->type, "multipart") == 0) {
        const char *boundary = value == NULL ? NULL : mime_value_parameter(value, "boundary");
        if (boundary != NULL && *boundary != '\0' && strlen(boundary) <= BOUNDARY_MOST)
            multipart_parse(walk, part, boundary, g_ascii_strcasecmp(part->subtype, "digest") == 0,
                            depth);
    } else if (g_ascii_strcasecmp(part->type, "message") == 0 &&
               g_ascii_strcasecmp(part->subtype, "rfc822") == 0) {
        part->kind = MIME_MESSAGE;
        part->children = g_ptr_array_new_with_free_func(free_part);
        g_ptr_array_add(part->children, entity_parse(walk, body, end, FALSE, depth + 1));
    }
    return part;
}

MimePart *mime_part_parse(const char *message, gsize length)
{
    Walk walk = {.message = message};

    return entity_parse(&walk, 0, length, FALSE, 0);
}
