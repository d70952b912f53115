/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mime-part.h - where the parts of a message lie in its bytes (RFC 2045, RFC 2046).
 *
 * Bounded: MIME_DEPTH_MOST levels, MIME_PARTS_MOST parts a message; a multipart beyond that is one
 * part without structure, so that any message has an answer in bounded time and memory.
 */
#ifndef MAILSTORE_SERVER_MIME_PART_H
#define MAILSTORE_SERVER_MIME_PART_H

#include <glib.h>

/* Real mail has a handful of levels. */
#define MIME_DEPTH_MOST 16
#define MIME_PARTS_MOST 1000

typedef enum {
    MIME_LEAF,
    MIME_MULTIPART, /* children are its parts, one at least */
    MIME_MESSAGE    /* message/rfc822; one child, the message within */
} MimeKind;

typedef struct MimePart {
    MimeKind kind;
    gsize header, header_length; /* with the empty line */
    gsize body, body_length;
    char *type, *subtype; /* as written, or the default */
    gboolean has_type;    /* it was written */
    GPtrArray *children;
} MimePart;

/* Offsets are into `message`. */
MimePart *mime_part_parse(const char *message, gsize length);
MimePart *mime_part_free(MimePart *part); /* accepts and returns NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MimePart, mime_part_free)

guint32 mime_count_lines(const char *data, gsize length);

#endif /* MAILSTORE_SERVER_MIME_PART_H */
