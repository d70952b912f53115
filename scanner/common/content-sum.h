/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * content-sum.h - identifies bytes at an eighth of the cost of their SHA-256, for one run of the
 * service.
 *
 * A sum depends on a key that the service makes at its start and keeps secret. Without it nobody
 * can make two contents with the same sum (the chance is 2^-112 for contents of a megabyte). The
 * key could be computed from known sums, so no sum leaves the service. What does is a token: the
 * sum, encrypted with another key. A token that the service did not make in this run decrypts to a
 * sum that it does not know.
 */
#ifndef SCANNER_CONTENT_SUM_H
#define SCANNER_CONTENT_SUM_H

#include <glib.h>

#include "libstorehook/protocol.h"

enum {
    CONTENT_SUM_SIZE = STOREHOOK_TOKEN_SIZE,
    CONTENT_SUM_KEYS_SIZE = 32 /* one for sums, one for tokens */
};

typedef struct ContentSum ContentSum;

/* NULL without memory, or when libcrypto fails. */
ContentSum *content_sum_new(const guint8 keys[CONTENT_SUM_KEYS_SIZE]);
ContentSum *content_sum_free(ContentSum *maker); /* accepts NULL */

void content_sum_make(ContentSum *maker, const void *data, gsize size,
                      guint8 ret[CONTENT_SUM_SIZE]);
/* FALSE: libcrypto failed. */
gboolean content_sum_to_token(ContentSum *maker, const guint8 sum[CONTENT_SUM_SIZE],
                              guint8 ret[STOREHOOK_TOKEN_SIZE]);
gboolean content_sum_from_token(ContentSum *maker, const guint8 token[STOREHOOK_TOKEN_SIZE],
                                guint8 ret[CONTENT_SUM_SIZE]);

#endif /* SCANNER_CONTENT_SUM_H */
