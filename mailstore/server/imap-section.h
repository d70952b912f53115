/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imap-section.h - BODY[section]<partial>: its syntax, and the bytes of a message it means
 * (RFC 3501 §6.4.5).
 */
#ifndef MAILSTORE_SERVER_IMAP_SECTION_H
#define MAILSTORE_SERVER_IMAP_SECTION_H

#include "mailstore/server/imap-output.h"
#include "mailstore/server/imap-parser.h"
#include "mailstore/server/mime-part.h"

typedef enum {
    IMAP_SECTION_ALL,
    IMAP_SECTION_HEADER,
    IMAP_SECTION_FIELDS,
    IMAP_SECTION_FIELDS_NOT,
    IMAP_SECTION_TEXT,
    IMAP_SECTION_MIME
} ImapSectionKind;

typedef struct {
    GArray *path; /* guint32 part numbers */
    ImapSectionKind kind;
    char **fields; /* of the header; NULL-terminated */
    gboolean has_partial;
    guint32 offset, count;
} ImapSection;

/* From behind '['. */
gboolean imap_parse_section(ImapParser *parser, ImapSection *ret);
void imap_section_clear(ImapSection *section);

/* "[1.HEADER.FIELDS (A B)]<0>" */
void imap_section_print(ImapOutput *output, const ImapSection *section);
/* What a section is: a part of the message, or bytes that were made of it. */
typedef struct {
    gsize offset, length;
    GBytes *made; /* owned; NULL: it is a part */
} ImapExtract;
/* FALSE when there is no such part. `message` is looked at for a header's fields alone, and `root`
 * for all but the whole message, BODY[]. What it says lies within `size`. */
gboolean imap_section_extract(const ImapSection *section, const char *message, gsize size,
                              const MimePart *root, ImapExtract *ret);

#endif /* MAILSTORE_SERVER_IMAP_SECTION_H */
