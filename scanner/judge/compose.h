/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compose.h - puts a message together again from its text and its detached parts.
 *
 * At the offset of each part its header and its data are inserted into the text. The data are
 * encoded as the store's row says: "identity", or "base64;LINE;EOL;TAIL" with the number of letters
 * in a line (0: all in one line), "crlf" or "lf", and the number of line ends after the last line.
 */
#ifndef SCANNER_COMPOSE_H
#define SCANNER_COMPOSE_H

#include <glib.h>

#define COMPOSE_ERROR compose_error_quark()
GQuark compose_error_quark(void);
typedef enum {
    COMPOSE_ERROR_ENCODING, /* not of the forms above */
    COMPOSE_ERROR_OFFSET,   /* beyond the text */
    COMPOSE_ERROR_IO        /* no memory or no room for the result */
} ComposeError;

typedef struct {
    guint64 offset;
    const void *header;
    gsize header_size;
    const void *data;
    gsize data_size;
    const char *encoding; /* NUL-terminated */
} ComposePart;

/* Writes the message to a new memfd and returns it (CLOEXEC), or -1. Parts of equal offset keep
 * their order; `parts` is sorted. */
int compose_message(const void *text, gsize text_size, ComposePart *parts, gsize count,
                    gsize *ret_size, GError **error);

#endif /* SCANNER_COMPOSE_H */
