/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * request.h - the fields of a request, as the judge reads them.
 */
#ifndef SCANNER_REQUEST_H
#define SCANNER_REQUEST_H

#include "scanner/common/verdict.h"

/* A content of a request: bytes inside the datagram, or a sealed memfd that is mapped. */
typedef struct {
    const void *bytes; /* NULL: not open */
    gsize size;
    void *map;
} Content;

/* FALSE, with a not-scanned verdict and nothing open, when it cannot be read safely. */
gboolean content_open(const StorehookValue *value, Content *ret, Verdict *verdict);
void content_close(Content *content);

/* Opens DATA; a request without it has the same verdict as one that cannot be read. */
gboolean request_open_data(const StorehookMessage *request, Content *ret, Verdict *verdict);
/* The bytes of a field that has exactly this size, or NULL. */
const guint8 *request_peek_bytes(const StorehookMessage *request, StorehookField tag, gsize size);
/* NAME as a text, cut at STOREHOOK_TEXT_MAX; "" and FALSE when there is none. */
gboolean request_copy_name(const StorehookMessage *request, char ret[STOREHOOK_TEXT_MAX + 1]);

#endif /* SCANNER_REQUEST_H */
