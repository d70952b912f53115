/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-part.h - finds the parts of a message by their byte ranges, in one pass.
 *
 * Leaves of multiparts and of messages within messages, and uuencoded blocks in unencoded ones; and
 * every header on the way.
 * Time is linear in the text, memory bounded by the depth; the text is not changed or copied.
 */
#ifndef SCANNER_MAIL_PART_H
#define SCANNER_MAIL_PART_H

#include <glib.h>

enum {
    MAIL_PART_HEADER_MAX = 16384, /* of one field, unfolded; the rest is not looked at */
    MAIL_PART_BOUNDARY_MAX = 998  /* RFC 5322 §2.1.1: a line has no more */
};

typedef enum {
    MAIL_PART_IDENTITY, /* also for encodings that nobody knows */
    MAIL_PART_BASE64,
    MAIL_PART_QUOTED_PRINTABLE,
    MAIL_PART_UUENCODE,
    MAIL_PART_YENC, /* these two only by mail-runs.h */
    MAIL_PART_BINHEX
} MailPartEncoding;

typedef struct {
    gsize start, end; /* of the body in the text; of a uuencoded block with its first and last line
                       */
    MailPartEncoding encoding;
    gboolean is_block;  /* a uuencoded block inside of another part, which is told after it */
    const char *name;   /* raw file name parameter or that of the "begin" line; "" when none; valid
                           during the call */
    const char *header; /* of a leaf, its block of fields; NULL: not known, or none of its own */
    gsize header_size;
} MailPart;

typedef struct {
    guint parts;
    guint depth;
} MailPartLimits;

typedef enum {
    MAIL_PART_DONE,
    MAIL_PART_STOPPED, /* by the callback */
    MAIL_PART_TOO_MANY,
    MAIL_PART_TOO_DEEP
} MailPartResult;

/* FALSE stops the walk. */
typedef gboolean (*MailPartFound)(const MailPart *part, gpointer user_data);
/* A header block without its empty line; `doubt` is what the walk itself found odd, or NULL. */
typedef void (*MailPartHeader)(const char *header, gsize size, const char *doubt,
                               gpointer user_data);

/* `header` may be NULL. */
MailPartResult mail_part_walk(const char *text, gsize size, const MailPartLimits *limits,
                              MailPartFound found, MailPartHeader header, gpointer user_data);
/* TRUE if the bytes begin like a message: a header field or an mbox line. */
gboolean mail_part_is_message(const char *text, gsize size);

#endif /* SCANNER_MAIL_PART_H */
