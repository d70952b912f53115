/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * name-decode.c - decodes RFC 2047 words and RFC 2231 values of file names, tolerantly.
 *
 * RFC 2047 §5 forbids encoded words in parameters, but most mail programs write and read them
 * there, even in quotes, and what a mail program shows must be judged. Nothing fails: what is not
 * well-formed stays as it is. The output is at most a few times as long as the input, which the
 * caller limits.
 *
 * Known limits: language tags are dropped; charsets are those of ICU.
 */
#include "filters/name-decode.h"

#include <string.h>
#include <unicode/ucnv.h>

/* TRUE if ICU has such a converter. With any other name ucnv_open() would search for files. */
static gboolean charset_is_known(const char *charset)
{
    UErrorCode status = U_ZERO_ERROR;

    if (charset == NULL || *charset == '\0')
        return FALSE;
    for (const char *p = charset; *p != '\0'; p++) {
        if (!g_ascii_isalnum(*p) && strchr("-_.:+", *p) == NULL)
            return FALSE;
    }
    return ucnv_countAliases(charset, &status) > 0 && U_SUCCESS(status);
}

/* TRUE for escape sequences of ISO-2022-JP (RFC 1468), which stand unencoded in some headers. */
static gboolean shifts_as_japanese(const char *bytes, gsize length)
{
    const char *shift = memchr(bytes, 0x1b, length);

    return shift != NULL && bytes + length - shift > 1 && (shift[1] == '$' || shift[1] == '(');
}

char *name_decode_charset(const char *charset, const char *bytes, gsize length)
{
    g_autofree UChar *wide = NULL;
    UErrorCode status = U_ZERO_ERROR;
    UConverter *converter;
    int32_t size;

    g_assert(length <= G_MAXINT32 / 8);
    if (!charset_is_known(charset)) {
        if (shifts_as_japanese(bytes, length))
            charset = "iso-2022-jp";
        else if (g_utf8_validate_len(bytes, length, NULL))
            return g_strndup(bytes, length);
        else
            charset = "windows-1252";
    }
    converter = ucnv_open(charset, &status);
    if (U_FAILURE(status))
        return g_utf8_make_valid(bytes, (gssize)length);
    /* At most one unit for each byte, two in charsets that decompose; the rest is reserve. */
    size = (int32_t)length * 4 + 8;
    wide = g_new(UChar, size);
    size = ucnv_toUChars(converter, wide, size, bytes, (int32_t)length, &status);
    ucnv_close(converter);
    if (U_FAILURE(status))
        return g_utf8_make_valid(bytes, (gssize)length);
    for (int32_t i = 0; i < size; i++) {
        if (wide[i] == 0)
            wide[i] = 1; /* another control character, which does not end the text */
        /* A lone surrogate (from UTF-16 or CESU-8) has no UTF-8 form. */
        if (U16_IS_SURROGATE(wide[i])) {
            if (U16_IS_SURROGATE_LEAD(wide[i]) && i + 1 < size && U16_IS_TRAIL(wide[i + 1]))
                i++;
            else
                wide[i] = 0xFFFD;
        }
    }
    char *text = g_utf16_to_utf8(wide, size, NULL, NULL, NULL);
    return text != NULL ? text : g_utf8_make_valid(bytes, (gssize)length);
}

static int hex_pair(const char *p, const char *end)
{
    if (end - p < 2 || !g_ascii_isxdigit(p[0]) || !g_ascii_isxdigit(p[1]))
        return -1;
    return g_ascii_xdigit_value(p[0]) * 16 + g_ascii_xdigit_value(p[1]);
}

/* %41 (RFC 2231 §4) or =41 (RFC 2047 §4.2), the latter with _ for a space. */
static void append_unescaped(GString *to, const char *p, const char *end, char mark)
{
    for (; p < end; p++) {
        int byte = *p == mark ? hex_pair(p + 1, end) : -1;

        if (byte >= 0) {
            g_string_append_c(to, (char)byte);
            p += 2;
        } else if (mark == '=' && *p == '_') {
            g_string_append_c(to, ' ');
        } else {
            g_string_append_c(to, *p);
        }
    }
}

/* --- RFC 2047 -------------------------------------------------------------------- */

typedef struct {
    const char *charset, *charset_end;
    const char *text, *text_end;
    char encoding;
    const char *next; /* behind the word */
} EncodedWord;

static gboolean word_parse(const char *p, const char *end, EncodedWord *ret)
{
    EncodedWord word = {0};
    const char *mark;

    if (end - p < 8 || p[0] != '=' || p[1] != '?')
        return FALSE;
    word.charset = p + 2;
    mark = memchr(word.charset, '?', (gsize)(end - word.charset));
    if (mark == NULL || end - mark < 5 || mark[2] != '?')
        return FALSE;
    word.charset_end = mark;
    /* RFC 2231 §5: charset*language */
    const char *star = memchr(word.charset, '*', (gsize)(mark - word.charset));
    if (star != NULL)
        word.charset_end = star;
    word.encoding = g_ascii_toupper(mark[1]);
    if (word.encoding != 'Q' && word.encoding != 'B')
        return FALSE;
    word.text = mark + 3;
    for (mark = word.text; mark + 1 < end; mark++) {
        if (mark[0] == '?' && mark[1] == '=') {
            word.text_end = mark;
            word.next = mark + 2;
            *ret = word;
            return TRUE;
        }
    }
    return FALSE;
}

static void word_append_bytes(const EncodedWord *word, GString *to)
{
    if (word->encoding == 'Q') {
        append_unescaped(to, word->text, word->text_end, '=');
        return;
    }
    gint state = 0;
    guint save = 0;
    gsize length = (gsize)(word->text_end - word->text);
    g_autofree guchar *out = g_malloc(length + 4);
    gsize size = g_base64_decode_step(word->text, length, out, &state, &save);

    /* In case the padding is missing, as programs accept it. Else this adds nothing. */
    size += g_base64_decode_step("==", 2, out + size, &state, &save);
    g_string_append_len(to, (const char *)out, (gssize)size);
}

/* Adjacent words in one charset are joined before they are converted, since some writers split
 * within a character (against RFC 2047 §5), and readers accept that. */
static void flush_words(GString *out, GString *bytes, char **charset)
{
    if (*charset != NULL) {
        g_autofree char *text = name_decode_charset(*charset, bytes->str, bytes->len);
        g_string_append(out, text);
    }
    g_string_truncate(bytes, 0);
    g_clear_pointer(charset, g_free);
}

static char *decode_words(const char *raw, gsize length)
{
    g_autoptr(GString) bytes = g_string_new(NULL);
    g_autofree char *charset = NULL;
    GString *out = g_string_new(NULL);
    const char *p = raw, *end = raw + length, *plain = raw;
    EncodedWord word;

    while (p < end) {
        if (!word_parse(p, end, &word)) {
            p++;
            continue;
        }
        gboolean only_space = TRUE;
        for (const char *q = plain; q < p; q++)
            only_space = only_space && g_ascii_isspace(*q);
        /* RFC 2047 §6.2: white space between two words is not shown. */
        if (charset == NULL || !only_space) {
            flush_words(out, bytes, &charset);
            g_autofree char *text = name_decode_charset(NULL, plain, (gsize)(p - plain));
            g_string_append(out, text);
        }
        g_autofree char *name = g_strndup(word.charset, (gsize)(word.charset_end - word.charset));
        if (charset != NULL && ucnv_compareNames(charset, name) != 0)
            flush_words(out, bytes, &charset);
        word_append_bytes(&word, bytes);
        if (charset == NULL)
            charset = g_steal_pointer(&name);
        p = plain = word.next;
    }
    flush_words(out, bytes, &charset);
    g_autofree char *text = name_decode_charset(NULL, plain, (gsize)(end - plain));
    g_string_append(out, text);
    return g_string_free(out, FALSE);
}

/* --- RFC 2231 -------------------------------------------------------------------- */

/* charset'language'rest: where rest starts, or NULL. */
static const char *extended_parse(const char *p, const char *end, char **ret_charset)
{
    const char *first = memchr(p, '\'', (gsize)(end - p));
    const char *second = first != NULL ? memchr(first + 1, '\'', (gsize)(end - first - 1)) : NULL;

    if (second == NULL)
        return NULL;
    for (const char *q = p; q < first; q++) {
        if (!g_ascii_isalnum(*q) && strchr("-_.:+", *q) == NULL)
            return NULL;
    }
    *ret_charset = g_strndup(p, (gsize)(first - p));
    return second + 1;
}

typedef struct {
    const char *value, *value_end;
    gboolean present, extended;
} Section;

/* One `filename*N*=value` between semicolons. */
static void section_parse(const char *p, const char *end, gboolean takes_last,
                          Section sections[NAME_DECODE_SECTIONS])
{
    Section section = {.present = TRUE};
    guint index = 0;

    while (p < end && g_ascii_isspace(*p))
        p++;
    if (end - p >= 4 && g_ascii_strncasecmp(p, "file", 4) == 0)
        p += 4;
    if (end - p < 5 || g_ascii_strncasecmp(p, "name", 4) != 0)
        return;
    for (p += 4; p < end && g_ascii_isspace(*p); p++)
        ;
    if (p == end || *p++ != '*')
        return;
    for (; p < end && g_ascii_isdigit(*p); p++) {
        index = index * 10 + (guint)g_ascii_digit_value(*p);
        if (index >= NAME_DECODE_SECTIONS)
            return;
    }
    /* `name*=` is extended without a number; `name*0*=` has both. */
    section.extended = p[-1] == '*';
    if (p < end && *p == '*') {
        section.extended = TRUE;
        p++;
    }
    while (p < end && g_ascii_isspace(*p))
        p++;
    if (p >= end || *p != '=')
        return;
    for (p++; p < end && g_ascii_isspace(*p); p++)
        ;
    while (end > p && g_ascii_isspace(end[-1]))
        end--;
    if (end - p >= 2 && *p == '"' && end[-1] == '"') {
        p++;
        end--;
    }
    section.value = p;
    section.value_end = end;
    if (!sections[index].present || takes_last)
        sections[index] = section;
}

/* NULL when it is not a list of such parameters. otherwise: as name_decode_otherwise(). */
static char *decode_parameters(const char *raw, gsize length, gboolean otherwise)
{
    Section sections[NAME_DECODE_SECTIONS] = {0};
    g_autoptr(GString) bytes = NULL;
    g_autofree char *charset = NULL;
    const char *end = raw + length, *start = raw;
    gboolean quoted = FALSE;
    guint first = 0;

    for (const char *p = raw; p <= end; p++) {
        if (p < end && *p == '"')
            quoted = !quoted;
        if (p < end && (*p != ';' || quoted))
            continue;
        section_parse(start, p, otherwise, sections);
        start = p + 1;
    }
    /* Some programs count from 1. */
    while (first < NAME_DECODE_SECTIONS && !sections[first].present)
        first++;
    if (first == NAME_DECODE_SECTIONS)
        return NULL;
    bytes = g_string_new(NULL);
    for (guint i = first; i < NAME_DECODE_SECTIONS; i++) {
        const char *value = sections[i].value;

        if (!sections[i].present && !otherwise)
            break;
        if (!sections[i].present)
            continue;
        if (i == first && sections[i].extended) {
            const char *rest = extended_parse(value, sections[i].value_end, &charset);
            value = rest != NULL ? rest : value;
        }
        if (sections[i].extended)
            append_unescaped(bytes, value, sections[i].value_end, '%');
        else
            g_string_append_len(bytes, value, sections[i].value_end - value);
    }
    return name_decode_charset(charset, bytes->str, bytes->len);
}

char *name_decode(const char *raw, gsize length)
{
    g_autofree char *charset = NULL;
    const char *rest;

    char *text = decode_parameters(raw, length, FALSE);
    if (text != NULL)
        return text;
    /* Without any % it is a name like "it's what's.txt". */
    rest = extended_parse(raw, raw + length, &charset);
    if (rest != NULL && memchr(rest, '%', (gsize)(raw + length - rest)) != NULL) {
        g_autoptr(GString) bytes = g_string_new(NULL);
        append_unescaped(bytes, rest, raw + length, '%');
        return name_decode_charset(charset, bytes->str, bytes->len);
    }
    return decode_words(raw, length);
}

char *name_decode_otherwise(const char *raw, gsize length)
{
    g_autofree char *one = decode_parameters(raw, length, FALSE);
    g_autofree char *other = decode_parameters(raw, length, TRUE);

    return one != NULL && strcmp(one, other) != 0 ? g_steal_pointer(&other) : NULL;
}
