/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mime-text.c - see mime-text.h. Nothing fails: what cannot be decoded or converted is taken as it
 * stands.
 */
#include "mailstore/server/mime-text.h"
#include "mailstore/server/imap-parser.h"

#include <string.h>

/* A part's text is folded in pieces, which overlap by what is looked for, so that a large one does
 * not need three times its size in memory. */
#define FOLD_PIECE (256 * 1024)

static gboolean is_ascii(const char *text, gsize length)
{
    guint8 all = 0;

    for (gsize i = 0; i < length; i++)
        all |= (guint8)text[i];
    return (all & 0x80) == 0;
}

static gboolean folded_piece_contains(const char *text, gsize length, const char *folded)
{
    /* Of ASCII the folding is the same, and twenty times as fast. */
    g_autofree char *piece = is_ascii(text, length) ? g_ascii_strdown(text, (gssize)length)
                                                    : g_utf8_casefold(text, (gssize)length);

    return strstr(piece, folded) != NULL;
}

/* `text` is UTF-8 without NUL bytes. */
static gboolean utf8_contains(const char *text, gsize length, const char *folded)
{
    /* Folding may change lengths; four times is more than it ever does. */
    gsize overlap = MIN(4 * strlen(folded) + 16, FOLD_PIECE / 2);

    for (gsize start = 0;;) {
        gsize end = MIN(start + FOLD_PIECE, length);
        while (end < length && (text[end] & 0xc0) == 0x80)
            end++;
        if (folded_piece_contains(text + start, end - start, folded))
            return TRUE;
        if (end == length)
            return FALSE;
        start = end - overlap;
        while ((text[start] & 0xc0) == 0x80)
            start++;
    }
}

static gboolean is_charset_name(const char *name)
{
    gsize length = strlen(name);

    return length > 0 && length < 64 &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-") ==
               length;
}

gboolean mime_charset_is_known(const char *name)
{
    if (!is_charset_name(name))
        return FALSE;
    GIConv converter = g_iconv_open("UTF-8", name);
    if (converter == (GIConv)-1)
        return FALSE;
    g_iconv_close(converter);
    return TRUE;
}

/* UTF-8 without NUL bytes of anything. */
static char *to_utf8(const char *data, gsize length, const char *charset, gsize *ret_length)
{
    char *text = NULL;
    gsize written = 0;

    /* The name ends in iconv_open(), where '/' and ',' mean more than a charset. */
    if (charset != NULL && g_ascii_strcasecmp(charset, "utf-8") != 0 &&
        g_ascii_strcasecmp(charset, "us-ascii") != 0 && is_charset_name(charset))
        text = g_convert(data, (gssize)length, "UTF-8", charset, NULL, &written, NULL);
    if (text == NULL && charset != NULL && g_ascii_strcasecmp(charset, "utf-8") == 0) {
        text = g_utf8_make_valid(data, (gssize)length);
        written = strlen(text);
    }
    if (text == NULL && !g_utf8_validate_len(data, length, NULL))
        text = g_convert(data, (gssize)length, "UTF-8", "ISO-8859-1", NULL, &written, NULL);
    if (text == NULL) {
        text = g_malloc(length + 1);
        memcpy(text, data, length);
        text[length] = '\0';
        written = length;
    }
    for (gsize i = 0; i < written; i++)
        if (text[i] == '\0')
            text[i] = ' ';
    *ret_length = written;
    return text;
}

gboolean mime_bytes_contain(const char *data, gsize length, const char *folded)
{
    gsize written;
    g_autofree char *text = to_utf8(data, length, NULL, &written);

    return utf8_contains(text, written, folded);
}

/* --- encoded words --- */

static char *decode_q(const char *text, gsize length, gboolean in_header, gsize *ret_length)
{
    GString *out = g_string_sized_new(length);

    for (gsize i = 0; i < length; i++) {
        if (text[i] == '_' && in_header) {
            g_string_append_c(out, ' ');
        } else if (text[i] == '=' && i + 2 < length && g_ascii_isxdigit(text[i + 1]) &&
                   g_ascii_isxdigit(text[i + 2])) {
            g_string_append_c(out, (char)(g_ascii_xdigit_value(text[i + 1]) * 16 +
                                          g_ascii_xdigit_value(text[i + 2])));
            i += 2;
        } else if (text[i] == '=' && !in_header && i + 1 < length && text[i + 1] == '\n') {
            i += 1;
        } else if (text[i] == '=' && !in_header && i + 2 < length && text[i + 1] == '\r' &&
                   text[i + 2] == '\n') {
            i += 2;
        } else {
            g_string_append_c(out, text[i]);
        }
    }
    *ret_length = out->len;
    return g_string_free(out, FALSE);
}

static char *decode_b(const char *text, gsize length, gsize *ret_length)
{
    gint state = 0;
    guint save = 0;
    guchar *out = g_malloc(length / 4 * 3 + 4);

    *ret_length = g_base64_decode_step(text, length, out, &state, &save);
    return (char *)out;
}

/* "=?charset?Q?text?=" at `at`; returns behind it, or NULL. */
static const char *take_word(const char *at, GString *out)
{
    const char *charset = at + 2;
    const char *coding = strchr(charset, '?');
    const char *text = coding == NULL || coding[1] == '\0' || coding[2] != '?' ? NULL : coding + 3;
    const char *end = text == NULL ? NULL : strstr(text, "?=");

    if (end == NULL || memchr(at, ' ', (gsize)(end - at)) != NULL)
        return NULL;
    gsize raw_length, length;
    g_autofree char *raw = NULL;
    if (g_ascii_toupper(coding[1]) == 'B')
        raw = decode_b(text, (gsize)(end - text), &raw_length);
    else if (g_ascii_toupper(coding[1]) == 'Q')
        raw = decode_q(text, (gsize)(end - text), TRUE, &raw_length);
    else
        return NULL;
    g_autofree char *name = g_strndup(charset, strcspn(charset, "*?")); /* RFC 2231 language */
    g_autofree char *utf8 = to_utf8(raw, raw_length, name, &length);
    g_string_append_len(out, utf8, (gssize)length);
    return end + 2;
}

char *mime_decode_words(const char *value)
{
    GString *out = g_string_new(NULL);
    gsize gap = 0; /* spaces since the last word: those between two words are none */
    gboolean after_word = FALSE;

    for (const char *at = value; *at != '\0';) {
        const char *behind = at[0] == '=' && at[1] == '?' ? NULL : at;
        if (behind == NULL) {
            gsize length = out->len;
            behind = take_word(at, out);
            if (behind != NULL) {
                if (after_word && gap > 0)
                    g_string_erase(out, (gssize)(length - gap), (gssize)gap);
                after_word = TRUE;
                gap = 0;
                at = behind;
                continue;
            }
        }
        gap = *at == ' ' ? gap + 1 : 0;
        after_word = after_word && *at == ' ';
        g_string_append_c(out, *at++);
    }
    return g_string_free(out, FALSE);
}

gboolean mime_field_contains(const MimeField *field, const char *folded)
{
    g_autoptr(GString) value = g_string_new(NULL);
    mime_field_unfold(field, value, MIME_VALUE_MOST);
    g_autofree char *decoded = mime_decode_words(value->str);

    return mime_bytes_contain(decoded, strlen(decoded), folded);
}

/* --- bodies --- */

gboolean mime_body_contains(const char *message, const MimePart *part, const char *folded)
{
    const char *header = message + part->header;
    const char *body = message + part->body;

    g_autofree char *encoding =
        mime_header_token(header, part->header_length, "content-transfer-encoding");
    if (g_ascii_strcasecmp(part->type, "text") != 0) /* what is in base64 there is no text */
        return (encoding == NULL || g_ascii_strcasecmp(encoding, "base64") != 0) &&
               mime_bytes_contain(body, part->body_length, folded);
    g_autofree char *type = mime_header_value(header, part->header_length, "content-type");
    g_autoptr(MimeValue) value = type == NULL ? NULL : mime_value_parse(type);
    const char *charset = value == NULL ? NULL : mime_value_parameter(value, "charset");
    g_autofree char *decoded = NULL;
    gsize length = part->body_length, written;
    if (encoding != NULL && g_ascii_strcasecmp(encoding, "base64") == 0)
        decoded = decode_b(body, length, &length);
    else if (encoding != NULL && g_ascii_strcasecmp(encoding, "quoted-printable") == 0)
        decoded = decode_q(body, length, FALSE, &length);
    g_autofree char *text = to_utf8(decoded != NULL ? decoded : body, length, charset, &written);
    return utf8_contains(text, written, folded);
}

/* --- dates --- */

gboolean mime_date_day(const char *value, gint64 *ret)
{
    const char *at = strchr(value, ',');
    char *end;

    at = at == NULL ? value : at + 1;
    gint64 day = g_ascii_strtoll(at, &end, 10);
    if (end == at)
        return FALSE;
    while (*end == ' ')
        end++;
    guint month = strlen(end) < 3 ? 0 : imap_month_number(end);
    if (month == 0)
        return FALSE;
    gint64 year = g_ascii_strtoll(end + 3, NULL, 10);
    if (year < 50) /* RFC 5322 §4.3 */
        year += 2000;
    else if (year < 1000)
        year += 1900;
    if (day < 1 || day > 31 || year > 9999)
        return FALSE;
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) date = g_date_time_new(utc, (gint)year, (gint)month, (gint)day, 0, 0, 0);
    if (date == NULL)
        return FALSE;
    *ret = g_date_time_to_unix(date);
    return TRUE;
}
