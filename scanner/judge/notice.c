/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notice.c - writes the notices, and makes them fit the place that they must fill.
 *
 * Nothing here fails.
 */
#include "scanner/judge/notice.h"

#include <string.h>
#include <sys/random.h>

/* RFC 2045 §6.8: no line is longer than 76 letters, which are 57 bytes. */
enum {
    BASE64_LINE_BYTES = 57
};

void notice_reference_new(char ret[NOTICE_REFERENCE_SIZE])
{
    guint16 words[3];

    /* getrandom(2): once the kernel's generator is ready, up to 256 bytes always come whole. */
    g_assert(getrandom(words, sizeof(words), 0) == (ssize_t)sizeof(words));
    g_snprintf(ret, NOTICE_REFERENCE_SIZE, "%04X-%04X-%04X", words[0], words[1], words[2]);
}

static const char *reason_text(StorehookVerdictKind kind)
{
    switch (kind) {
    case STOREHOOK_VERDICT_INFECTED:
        return "infected";
    case STOREHOOK_VERDICT_BLOCKED:
        return "not allowed here";
    case STOREHOOK_VERDICT_SUSPICIOUS:
        return "suspicious";
    case STOREHOOK_VERDICT_ENCRYPTED:
        return "encrypted, could not be scanned";
    case STOREHOOK_VERDICT_AMBIGUOUS:
        return "mail programs could read it in different ways";
    case STOREHOOK_VERDICT_NOT_FULLY_SCANNED:
        return "could not be scanned in full";
    case STOREHOOK_VERDICT_NOT_SCANNED:
        return "could not be scanned";
    case STOREHOOK_VERDICT_CLEAN:
    case STOREHOOK_VERDICTS:
        break;
    }
    return "removed";
}

/* Letters that a notice cannot have are written with those that it can. */
static char *plain_text(const char *text)
{
    char *plain = g_str_to_ascii(text, "C");

    for (char *p = plain; *p; p++)
        if (*p < 0x20 || *p > 0x7e || *p == '=')
            *p = '_';
    return plain;
}

char *notice_text(const Verdict *verdict, const char *reason, const char *reference)
{
    g_autofree char *plain = plain_text(reason);

    /* The reference comes first: it must be there even when the room is small. */
    return g_strdup_printf("Removed %s\r\n"
                           "\r\n"
                           "The attachment that was here has been removed.\r\n"
                           "Reason: %s%s%s\r\n"
                           "Finding: %.64s\r\n"
                           "Please give this reference when you ask about it: %s\r\n",
                           reference, reason_text(verdict->kind), plain[0] ? ": " : "", plain,
                           verdict->name[0] ? verdict->name : "none", reference);
}

static const char *line_next(const char *at, const char *end)
{
    const char *newline = memchr(at, '\n', (gsize)(end - at));

    return newline ? newline + 1 : end;
}

static gboolean line_is_encoding(const char *line, const char *end)
{
    static const char name[] = "content-transfer-encoding";
    gsize length = sizeof(name) - 1;

    if ((gsize)(end - line) <= length || g_ascii_strncasecmp(line, name, length) != 0)
        return FALSE;
    for (line += length; line < end && (*line == ' ' || *line == '\t'); line++)
        ;
    return line < end && *line == ':';
}

/* The line end of the first line. */
static const char *header_eol(const char *header, gsize size)
{
    const char *newline = size > 0 ? memchr(header, '\n', size) : NULL;

    return newline && (newline == header || newline[-1] != '\r') ? "\n" : "\r\n";
}

char *notice_header(const char *header, gsize size, gsize *ret_size)
{
    const char *end = header + size;
    const char *eol = header_eol(header, size);
    GString *out = g_string_sized_new(256);
    gboolean keeping = FALSE, has_empty_line = FALSE;

    g_string_append_printf(out,
                           "Content-Type: text/plain; charset=us-ascii; name=\"%s\"%s"
                           "Content-Disposition: attachment; filename=\"%s\"%s",
                           NOTICE_FILE_NAME, eol, NOTICE_FILE_NAME, eol);
    for (const char *line = header; line < end;) {
        const char *next = line_next(line, end);
        gboolean is_folded = *line == ' ' || *line == '\t';

        has_empty_line = *line == '\n' || (*line == '\r' && next - line == 2);
        if (has_empty_line)
            break;
        keeping = is_folded ? keeping : line_is_encoding(line, next);
        if (keeping)
            g_string_append_len(out, line, next - line);
        line = next;
    }
    if (out->str[out->len - 1] != '\n')
        g_string_append(out, eol);
    if (has_empty_line)
        g_string_append(out, eol);
    *ret_size = out->len;
    return g_string_free(out, FALSE);
}

/* The notice's own line ends are CRLF. */
static char *text_lines(const char *text, gboolean crlf)
{
    GString *out = g_string_new(text);

    if (!crlf)
        g_string_replace(out, "\r", "", 0);
    return g_string_free(out, FALSE);
}

static char *encode_lines(const char *text, const char *eol)
{
    GString *out = g_string_new(NULL);
    gsize length = strlen(text);

    for (gsize at = 0; at < length; at += BASE64_LINE_BYTES) {
        g_autofree char *line =
            g_base64_encode((const guchar *)text + at, MIN(length - at, (gsize)BASE64_LINE_BYTES));

        g_string_append(out, line);
        g_string_append(out, eol);
    }
    return g_string_free(out, FALSE);
}

void notice_fill(const char *text, NoticeForm form, gboolean crlf, char *out, gsize size)
{
    const char *eol = crlf ? "\r\n" : "\n";
    gsize step = strlen(eol);
    g_autofree char *encoded =
        form == NOTICE_AS_BASE64 ? encode_lines(text, eol) : text_lines(text, crlf);
    gsize used = MIN(strlen(encoded), size);

    if (size == 0)
        return;
    /* Whole groups of four letters, or the end would decode to nonsense. */
    if (form == NOTICE_AS_BASE64 && used < strlen(encoded))
        used -= used % 4;
    memcpy(out, encoded, used);
    for (; size - used >= step; used += step)
        memcpy(out + used, eol, step);
    memset(out + used, ' ', size - used);
}
