/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-count.c - counts what could be a part or a header field.
 *
 * Cannot fail. A part can begin only at a line that starts with the two hyphens of a boundary, and
 * only where a boundary is declared at all. Which one is not looked at, so that no way of writing
 * it makes the count too low: a text with many such lines is counted too high, and then read
 * without GMime.
 */
#include "scanner/mail/mail-count.h"

#include <string.h>
#include <strings.h>

void mail_count(const char *text, gsize size, MailCount *ret)
{
    const char *end = text + size;
    gboolean in_header = TRUE, nests = FALSE;
    guint64 hyphens = 0;

    *ret = (MailCount){.parts = 1};
    for (const char *line = text; line < end;) {
        const char *newline = memchr(line, '\n', (gsize)(end - line));
        const char *next = newline ? newline + 1 : end;
        gsize length = (gsize)((newline ? newline : end) - line);

        if (length >= 2 && line[0] == '-' && line[1] == '-') {
            hyphens++;
            in_header = TRUE;
            nests = FALSE;
        } else if (length == 0 || (length == 1 && line[0] == '\r')) {
            /* Behind the header of a message within the message stands another header. */
            in_header = in_header && nests;
            ret->parts += in_header;
            nests = FALSE;
        } else if (in_header) {
            ret->fields++;
            nests |= strchr("cC \t", line[0]) && memchr(line, '/', length);
        }
        line = next;
    }
    ret->parts += hyphens;
}
