/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notice.h - what a reader finds in place of something that was removed.
 *
 * A notice is short plain ASCII without '=', so that it reads the same under every transfer
 * encoding. The incident's reference in it makes each notice different.
 */
#ifndef SCANNER_NOTICE_H
#define SCANNER_NOTICE_H

#include "scanner/common/verdict.h"

enum {
    NOTICE_REFERENCE_SIZE = 16 /* "A7F3-19C2-0B44" */
};

/* A new random reference, 48 bits. */
void notice_reference_new(char ret[NOTICE_REFERENCE_SIZE]);

#define NOTICE_FILE_NAME "removed.txt"

/* `reason`: what the administrator says why, or "". g_free(). */
char *notice_text(const Verdict *verdict, const char *reason, const char *reference);

/* The MIME header of a notice in place of a part with this header: the line about the transfer
 * encoding stays, since the store encodes the row's data as before, and so do the kind of line end
 * and the final empty line. The rest describes a text file. g_free(). */
char *notice_header(const char *header, gsize size, gsize *ret_size);

/* How the bytes of an inline part are encoded. */
typedef enum {
    NOTICE_AS_TEXT,
    NOTICE_AS_BASE64
} NoticeForm;

/* Fills `out` with exactly `size` bytes: the notice, cut if it does not fit, then line ends. */
void notice_fill(const char *text, NoticeForm form, gboolean crlf, char *out, gsize size);

#endif /* SCANNER_NOTICE_H */
