/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * content-sum.h - a name for bytes at an eighth of the price of their SHA-256, good for one run.
 *
 * A sum hangs on a key that the service makes at its start and tells nobody: who does not know it
 * makes no two contents of one sum, however many he sends (2^-112 for contents of a megabyte). Who
 * saw sums could compute the key from them, so none leaves the service. What does is a token: the
 * sum, encrypted under another key. One that the service did not make in this run stands for a sum
 * that it does not know.
 */
#ifndef SCANNER_CONTENT_SUM_H
#define SCANNER_CONTENT_SUM_H

#include <glib.h>

#include "libstorehook/protocol.h"

enum {
    CONTENT_SUM_SIZE = STOREHOOK_TOKEN_SIZE,
    CONTENT_SUM_KEYS_SIZE = 32 /* of sums, and of tokens */
};

typedef struct ContentSum ContentSum;

/* Takes its keys from the bytes; NULL when there is no memory, or libcrypto cannot. */
ContentSum *content_sum_new(const guint8 keys[CONTENT_SUM_KEYS_SIZE]);
ContentSum *content_sum_free(ContentSum *maker); /* accepts NULL */

void content_sum_make(ContentSum *maker, const void *data, gsize size,
                      guint8 ret[CONTENT_SUM_SIZE]);
/* FALSE: there is none. */
gboolean content_sum_to_token(ContentSum *maker, const guint8 sum[CONTENT_SUM_SIZE],
                              guint8 ret[STOREHOOK_TOKEN_SIZE]);
gboolean content_sum_from_token(ContentSum *maker, const guint8 token[STOREHOOK_TOKEN_SIZE],
                                guint8 ret[CONTENT_SUM_SIZE]);

#endif /* SCANNER_CONTENT_SUM_H */
