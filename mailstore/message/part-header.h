/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * part-header.h - what the store needs to know from a MIME header.
 */
#ifndef MAILSTORE_MESSAGE_PART_HEADER_H
#define MAILSTORE_MESSAGE_PART_HEADER_H

#include <glib.h>

enum {
    PART_HEADER_MAX = 64 * 1024, /* a longer header is not looked into: no client sends one */
    PART_BOUNDARY_MAX = 998,     /* RFC 2046 §5.1.1 allows 70; a line has no room for more */
    PART_NAME_MAX = 1024,        /* bytes of a file name that are kept */
    PART_SUBJECT_MAX = 4096,     /* bytes of a subject that are kept */
    PART_ADDRESSES_MAX = 1000    /* of a field that are kept: as many as LMTP takes recipients */
};

typedef struct {
    gboolean multipart; /* only with a usable boundary */
    gboolean digest;    /* multipart/digest: its parts are messages unless they say otherwise */
    gboolean message;   /* a message within the message, not encoded */
    gboolean base64;
    gboolean identity;   /* 7bit, 8bit, binary or nothing said */
    gboolean attachment; /* Content-Disposition: attachment, or a file name */
    char *boundary;
    char *name; /* UTF-8; "" when there is none */
} PartHeader;

/* Never fails: what cannot be understood is as if it were not there. */
void part_header_init(PartHeader *header, const char *text, gsize size, gboolean in_digest);
void part_header_clear(PartHeader *header);

/* The decoded subject in UTF-8, cut at PART_SUBJECT_MAX; "" when there is none. */
char *part_header_dup_subject(const char *text, gsize size);

/* The addresses of the first field of that name, one a line, PART_ADDRESSES_MAX at most; "" when
 * there is none. */
char *part_header_dup_addresses(const char *text, gsize size, const char *field);

#endif /* MAILSTORE_MESSAGE_PART_HEADER_H */
