/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-plain.c - looks at every line, in header and body alike, for what would need decoding.
 *
 * Cannot fail. Where a field stands does not matter: readers differ in what they take for a header,
 * so that a line that names anything but plain text is taken for one wherever it stands. So are
 * lines behind quotation marks and blanks, NULs, bare carriage returns and over-long lines.
 *
 * Known limit: libclamav sees a part of such a message as a file of its own, as it does each
 * attachment: a signature that asks for a mail as the container (Container:CL_TYPE_MAIL) does not
 * match there.
 */
#include "scanner/mail/mail-plain.h"

#include <string.h>
#include <strings.h>

static gboolean starts_with(const char *line, gsize length, const char *prefix)
{
    gsize size = strlen(prefix);

    return length >= size && strncasecmp(line, prefix, size) == 0;
}

/* What may follow a type or an encoding: nothing, or parameters that name no file and no type. */
static gboolean parameters_are_plain(const char *rest, gsize length)
{
    static const char *const harmless[] = {"charset=", "format=", "delsp=", "boundary="};

    while (length > 0) {
        const char *end;
        gboolean known = FALSE;

        while (length > 0 && strchr("; \t", *rest))
            rest++, length--;
        if (length == 0)
            return TRUE;
        for (gsize i = 0; i < G_N_ELEMENTS(harmless) && !known; i++)
            known = starts_with(rest, length, harmless[i]);
        end = memchr(rest, ';', length);
        if (!known || memchr(rest, '(', end ? (gsize)(end - rest) : length))
            return FALSE;
        length -= end ? (gsize)(end - rest) : length;
        rest = end;
    }
    return TRUE;
}

/* The rest of a field begins with one of these words, and only such parameters follow. */
static gboolean value_is_plain(const char *value, gsize length, const char *const *words)
{
    while (length > 0 && (*value == ' ' || *value == '\t'))
        value++, length--;
    for (; *words; words++) {
        gsize size = strlen(*words);

        if (starts_with(value, length, *words) && (length == size || strchr("; \t", value[size])))
            return parameters_are_plain(value + size, length - size);
    }
    return FALSE;
}

/* `line` begins with "content-". */
static gboolean field_is_plain(const char *line, gsize length)
{
    static const char *const types[] = {"text/plain", "multipart/mixed", "multipart/alternative",
                                        "multipart/related", NULL};
    static const char *const encodings[] = {"7bit", "8bit", "binary", NULL};
    static const char *const dispositions[] = {"inline", NULL};

    if (starts_with(line, length, "content-type:"))
        return value_is_plain(line + 13, length - 13, types);
    if (starts_with(line, length, "content-transfer-encoding:"))
        return value_is_plain(line + 26, length - 26, encodings);
    if (starts_with(line, length, "content-disposition:"))
        return value_is_plain(line + 20, length - 20, dispositions);
    return starts_with(line, length, "content-language:") ||
           starts_with(line, length, "content-length:");
}

typedef struct {
    gboolean in_header; /* of the message or, behind a line that may be a boundary, of a part */
    gboolean in_field; /* the last line was one of those fields, and a folded one goes on with it */
    gboolean has_type; /* this header has named a type: of two, readers differ in which counts */
    guint multiparts;
} Reading;

static gboolean take_field(Reading *reading, const char *line, gsize length)
{
    reading->in_field = TRUE;
    if (starts_with(line, length, "content-type:")) {
        if (reading->has_type)
            return FALSE;
        reading->has_type = TRUE;
        if (memchr(line, '/', length) && !memmem(line, length, "/plain", 6))
            reading->multiparts++;
    }
    /* With one boundary alone there is nothing to disagree about. */
    return reading->multiparts <= 1 && field_is_plain(line, length);
}

static gboolean begins_block(const char *line, gsize length)
{
    static const char *const starts[] = {"begin", "=ybegin", "(This file", "binhex", "encoding:"};

    switch (*line) { /* what most lines begin with is none of theirs */
    case 'b':
    case 'B':
    case '=':
    case '(':
    case 'e':
    case 'E':
        for (gsize i = 0; i < G_N_ELEMENTS(starts); i++)
            if (starts_with(line, length, starts[i]))
                return TRUE;
        return FALSE;
    default:
        return FALSE;
    }
}

/* A line without what ends it. */
static gboolean line_is_plain(Reading *reading, const char *line, gsize length)
{
    gboolean folded = length > 0 && (line[0] == ' ' || line[0] == '\t');

    if (length == 0)
        reading->in_header = reading->in_field = FALSE;
    if (folded && reading->in_field)
        return parameters_are_plain(line, length);
    reading->in_field = FALSE;
    if (length >= 2 && line[0] == '-' && line[1] == '-')
        reading->in_header = TRUE, reading->has_type = FALSE;
    while (length > 0 && (*line == ' ' || *line == '\t' || *line == '>' || *line == '|'))
        line++, length--;
    if (length ==
        0) /* blanks alone: whether they end a header is another thing readers differ in */
        return !(folded && reading->in_header);
    if ((*line == 'c' || *line == 'C') && starts_with(line, length, "content-"))
        return take_field(reading, line, length);
    return !begins_block(line, length);
}

gboolean mail_plain_has_odd_bytes(const char *text, gsize size)
{
    const char *end = text + size;

    if (memchr(text, '\0', size))
        return TRUE;
    for (const char *at = text; (at = memchr(at, '\r', (gsize)(end - at)));)
        if (++at == end || *at != '\n')
            return TRUE;
    return FALSE;
}

gboolean mail_plain_check(const char *text, gsize size)
{
    Reading reading = {.in_header = TRUE};

    if (mail_plain_has_odd_bytes(text, size) || starts_with(text, size, "From "))
        return FALSE;
    while (size > 0) {
        const char *newline = memchr(text, '\n', size);
        gsize next = newline ? (gsize)(newline - text) + 1 : size;
        gsize length = newline ? next - 1 : next;

        if (newline && length > 0 && text[length - 1] == '\r')
            length--;
        if (length > MAIL_PLAIN_LINE_MAX || !line_is_plain(&reading, text, length))
            return FALSE;
        text += next;
        size -= next;
    }
    return TRUE;
}
