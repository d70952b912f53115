/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * request.h - one question to a worker and its answer.
 */
#ifndef LIBSTOREHOOK_REQUEST_H
#define LIBSTOREHOOK_REQUEST_H

#include "libstorehook/blob.h"
#include "libstorehook/exchange.h"

enum {
    REQUEST_ANSWERED = -1 /* else a StorehookReason */
};

typedef struct {
    StorehookAction action;
    bool flagged, need_data;
    uint32_t verdict;
    StorehookMessage message; /* to find the other fields in */
    int descriptors[STOREHOOK_DESCRIPTORS_MAX];
    unsigned descriptor_count;
} Answer;

typedef struct {
    StorehookWriter writer;
    Exchange exchange;
    Descriptor memfd;      /* made for this request alone */
    Descriptor tail_memfd; /* the same, where the kernel takes no long datagram */
    BlobView tail;         /* borrowed; what stands behind all else; data NULL: nothing */
    StorehookField tail_tag;
    int failure; /* REQUEST_ANSWERED: none so far */
    bool answered;
    Answer answer;
    _Alignas(8) unsigned char buffer[STOREHOOK_DATAGRAM_MAX]; /* question, then answer */
} Request;

/* NULL without memory. */
Request *request_new(StorehookKind kind);
Request *request_free(Request *request); /* accepts NULL */

/* Absent strings are left out; text is cut to STOREHOOK_TEXT_MAX, headers to STOREHOOK_HEADER_MAX.
 */
void request_add_string(Request *request, StorehookField tag, const ByteString *string);
/* One blob that is long and in memory a request, and one more of up to STOREHOOK_TAIL_MAX. What is
 * in memory must stay until the answer. */
void request_add_blob(Request *request, StorehookField tag, const Blob *blob);

/*
 * Asks, once, taking the time it took from *budget_us. REQUEST_ANSWERED and an answer that lives as
 * long as the request, or the StorehookReason why there is none. Counts an answer that was
 * understood.
 */
int request_ask(Request *request, int64_t *budget_us, const Answer **ret);

/* The bytes of a field, in the datagram or mapped. -ENODATA when absent. */
int answer_view(const Answer *answer, StorehookField tag, BlobView *ret);
/* Copies a field that must be short; absent gives an absent string. 0, -ENOMEM. */
int answer_copy(const Answer *answer, StorehookField tag, size_t limit, ByteString *ret);

/* Answers understood since the process began. */
uint64_t request_answered(void);

#endif /* LIBSTOREHOOK_REQUEST_H */
