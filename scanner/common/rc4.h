/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rc4.h - the cipher of old documents. OpenSSL keeps it in a module that a caged worker cannot
 * load.
 */
#ifndef SCANNER_RC4_H
#define SCANNER_RC4_H

#include <glib.h>

typedef struct {
    guint8 state[256];
    guint8 i, j;
} Rc4;

/* Starts a stream with this key of 1 to 256 bytes. */
void rc4_start(Rc4 *rc4, const guint8 *key, gsize size);
/* The next byte of the stream, to be XORed with the next byte of the text. */
guint8 rc4_next(Rc4 *rc4);

#endif /* SCANNER_RC4_H */
