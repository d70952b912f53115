/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * part-encoding.h - how the data of a detached part becomes the bytes of the message again.
 *
 * Stored as ASCII text in attachments.encoding:
 *
 *   identity               the data are the bytes of the body
 *   base64;LINE;EOL;TAIL   base64 in lines of LINE characters (0: one line whatever its length),
 *                          lines ended by EOL ("crlf" or "lf"), the last one followed by TAIL ends
 *                          of line that belong to the body (the one before a boundary does not)
 *
 * for example "base64;76;crlf;0".
 */
#ifndef MAILSTORE_MESSAGE_PART_ENCODING_H
#define MAILSTORE_MESSAGE_PART_ENCODING_H

#include <glib.h>

enum {
    PART_ENCODING_LINE_DEFAULT = 76, /* RFC 2045 §6.8 */
    PART_ENCODING_LINE_MAX = 65535,  /* longer lines occur in no mail worth sharing */
    PART_ENCODING_TAIL_MAX = 100,    /* more empty lines than that are not worth the trouble */
    PART_ENCODING_TEXT_MAX = 64      /* "base64;65535;crlf;100" with room */
};

typedef struct {
    gboolean base64;
    guint line; /* base64 only, as are the following */
    gboolean crlf;
    guint tail;
} PartEncoding;

/* Writes the stored form, at most PART_ENCODING_TEXT_MAX bytes with the final NUL. */
void part_encoding_format(const PartEncoding *encoding, char text[PART_ENCODING_TEXT_MAX]);
/* FALSE when the text is not of the stored form or beyond the limits above. */
gboolean part_encoding_parse(const char *text, gsize size, PartEncoding *ret);

/* Decodes a base64 body if encoding the result again gives exactly the same bytes; FALSE if not,
 * or if it holds no data. `crlf` decides the line ends of a body that has none. */
gboolean part_encoding_measure(const guint8 *body, gsize size, gboolean crlf, PartEncoding *ret,
                               GBytes **ret_data);

/* The size of `data_size` bytes once encoded. */
gsize part_encoding_size(const PartEncoding *encoding, gsize data_size);

/* Encodes a stream into memory that holds part_encoding_size() bytes. Every piece but the last
 * must be a multiple of PART_ENCODER_STEP bytes. */
#define PART_ENCODER_STEP 3

typedef struct {
    const PartEncoding *encoding;
    guint8 *out; /* where the next byte goes */
    guint column;
} PartEncoder;

void part_encoder_init(PartEncoder *encoder, const PartEncoding *encoding, guint8 *out);
/* Begins in the middle, at or shortly before the byte `wanted` of what `data_size` bytes become.
 * Returns the offset in the data to write from, and in *ret_at where in the result that goes. */
gsize part_encoder_seek(PartEncoder *encoder, gsize data_size, gsize wanted, gsize *ret_at);
void part_encoder_write(PartEncoder *encoder, const guint8 *data, gsize size);
/* Writes the tail and returns the end of what was written. */
guint8 *part_encoder_finish(PartEncoder *encoder);

#endif /* MAILSTORE_MESSAGE_PART_ENCODING_H */
