/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page-script.c - reads calls of replace() and split().join(), and short texts that may be keys.
 *
 * One pass for each. Cannot fail: what is over a limit is not read.
 *
 * Known limits: of regular expressions signs in a row, sets and alternatives are read; a text is
 * replaced by one sign or none. A key that is put together of pieces is not known, but where zeros
 * show it.
 */
#include "scanner/page/page-script.h"

#include <string.h>

#include "scanner/page/page-piece.h"

enum {
    TRIALS_MAX = 1 << 18, /* two milliseconds */
    SAMPLE_MIN = 64,
    ZEROS_AT = 28,  /* of a program's first header, whose fields there nobody fills ... */
    ZEROS_END = 60, /* ... up to the place of the second */
    PERIOD_MAX = 16,
    DISK_MIN = 256 /* bytes that repeat a key: a disk begins with zeros */
};

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && g_ascii_isspace(*at))
        at++;
    return at;
}

/* Behind `what` and blanks, or NULL. */
static const char *skip_word(const char *at, const char *end, const char *what)
{
    gsize size = strlen(what);

    at = skip_blanks(at, end);
    return (gsize)(end - at) >= size && memcmp(at, what, size) == 0 ? skip_blanks(at + size, end)
                                                                    : NULL;
}

static void add(PageScript *script, PageScriptReplacement *one, char to, guint8 to_size)
{
    one->to = to;
    one->to_size = to_size;
    if (one->size > 0 && script->replacement_count < PAGE_SCRIPT_REPLACEMENTS_MAX)
        script->replacements[script->replacement_count++] = *one;
}

/* `'x'`, with what is escaped; NULL: none, or a longer one. */
static const char *take_quoted(const char *at, const char *end, char *ret, gsize most,
                               guint8 *ret_size)
{
    char quote = at < end ? *at : '\0';

    *ret_size = 0;
    if (!page_piece_is_quote(quote))
        return NULL;
    for (at++; at < end && *at != quote; at++) {
        if (*at == '\\' && end - at > 1)
            at++;
        if (*ret_size >= most)
            return NULL;
        ret[(*ret_size)++] = *at;
    }
    return at < end ? skip_blanks(at + 1, end) : NULL;
}

/* `/x/g`: signs in a row or a set, and what else they may be. */
static const char *take_expression(const char *at, const char *end,
                                   PageScriptReplacement list[PAGE_SCRIPT_REPLACEMENTS_MAX],
                                   guint *ret_count)
{
    PageScriptReplacement *one = list;
    gboolean in_set = FALSE;

    for (at++; at < end && (in_set || *at != '/'); at++) {
        if (*at == '[' && !in_set && one->size == 0)
            in_set = one->is_set = TRUE;
        else if (*at == ']' && in_set)
            in_set = FALSE;
        else if (*at == '|' && !in_set && one - list + 1 < PAGE_SCRIPT_REPLACEMENTS_MAX)
            one++;
        else if (!in_set && (one->is_set ? *at != '+' : strchr(".*+?()|^$[{", *at) != NULL))
            return NULL;
        else if (in_set || !one->is_set) {
            at += *at == '\\' && end - at > 1;
            if (one->size >= PAGE_SCRIPT_PATTERN_MAX || *at == '\n')
                return NULL;
            one->from[one->size++] = *at;
        }
    }
    *ret_count = (guint)(one - list) + 1;
    while (at < end && (*at == '/' || g_ascii_isalpha(*at)))
        at++;
    return skip_blanks(at, end);
}

/* `at` is behind the parenthesis. */
static void take_replace(PageScript *script, const char *at, const char *end)
{
    PageScriptReplacement list[PAGE_SCRIPT_REPLACEMENTS_MAX] = {0};
    guint8 to_size;
    guint count = 1;
    char to = '\0';

    at = skip_blanks(at, end);
    at = at < end && *at == '/'
             ? take_expression(at, end, list, &count)
             : take_quoted(at, end, list->from, PAGE_SCRIPT_PATTERN_MAX, &list->size);
    at = at ? skip_word(at, end, ",") : NULL;
    if (!at || !take_quoted(at, end, &to, 1, &to_size))
        return;
    for (guint i = 0; i < count; i++)
        add(script, &list[i], to, to_size);
}

static void take_split(PageScript *script, const char *at, const char *end)
{
    PageScriptReplacement one = {0};
    guint8 to_size;
    char to = '\0';

    at = take_quoted(skip_blanks(at, end), end, one.from, PAGE_SCRIPT_PATTERN_MAX, &one.size);
    at = at ? skip_word(at, end, ")") : NULL;
    at = at ? skip_word(at, end, ".join") : NULL;
    at = at ? skip_word(at, end, "(") : NULL;
    if (at && take_quoted(at, end, &to, 1, &to_size))
        add(script, &one, to, to_size);
}

static void read_replacements(PageScript *script, const char *text, const char *end)
{
    for (const char *at = text; (at = memchr(at, '(', (gsize)(end - at))) != NULL;) {
        gsize before = (gsize)(at - text);

        at++;
        if ((before >= 8 && memcmp(at - 9, ".replace", 8) == 0) ||
            (before >= 11 && memcmp(at - 12, ".replaceAll", 11) == 0))
            take_replace(script, at, end);
        else if (before >= 6 && memcmp(at - 7, ".split", 6) == 0)
            take_split(script, at, end);
        if (script->replacement_count == PAGE_SCRIPT_REPLACEMENTS_MAX)
            return;
    }
}

/* A text that is given to somebody. */
static void read_keys(PageScript *script, const char *text, const char *end)
{
    char last = '\0';

    for (const char *at = text; at < end && script->key_count < PAGE_SCRIPT_KEYS_MAX; at++) {
        PageScriptKey *key = &script->keys[script->key_count];

        if (page_piece_is_quote(*at) && last != '\0' && strchr("=(,:[", last)) {
            const char *behind =
                take_quoted(at, end, (char *)key->bytes, sizeof(key->bytes), &key->size);

            if (behind) {
                script->key_count += key->size > 1;
                at = behind - 1;
                last = *at;
                continue;
            }
        }
        if (!g_ascii_isspace(*at))
            last = *at;
    }
}

void page_script_read(PageScript *script, const char *text, gsize size)
{
    script->replacement_count = script->key_count = 0;
    script->trials = TRIALS_MAX;
    script->text = text;
    script->end = text + size;
    read_replacements(script, text, script->end);
}

/* How many signs at `at`, which begin like it, are what is replaced; 0: none. */
static gsize match(const PageScriptReplacement *one, const char *at, gsize left)
{
    if (one->is_set || one->size == 1)
        return 1;
    return left >= one->size && memcmp(at, one->from, one->size) == 0 ? one->size : 0;
}

gsize page_script_replace(const PageScript *script, char *text, gsize size)
{
    for (guint i = 0; i < script->replacement_count; i++) {
        const PageScriptReplacement *one = &script->replacements[i];
        gboolean begins[256] = {FALSE};
        gsize used = 0;

        for (gsize k = 0; k < (one->is_set ? one->size : 1); k++)
            begins[(guchar)one->from[k]] = TRUE;
        for (gsize at = 0; at < size;) {
            gsize matched = begins[(guchar)text[at]] ? match(one, text + at, size - at) : 0;

            if (matched > 0 && one->to_size > 0)
                text[used++] = one->to;
            else if (matched == 0)
                text[used++] = text[at];
            at += MAX(matched, 1);
        }
        size = used;
    }
    return size;
}

/* --- Keys --------------------------------------------------------------------------- */

void page_script_apply_key(const PageScriptKey *key, guint8 *data, gsize size)
{
    for (gsize i = 0, k = 0; i < size; i++) {
        data[i] ^= key->bytes[k];
        k = k + 1 < key->size ? k + 1 : 0;
    }
}

static guint8 byte_under(const PageScriptKey *key, const guint8 *data, gsize i)
{
    return data[i] ^ key->bytes[i % key->size];
}

static gboolean is_program(const PageScriptKey *key, const guint8 *data)
{
    if (byte_under(key, data, 0) != 'M' || byte_under(key, data, 1) != 'Z')
        return FALSE;
    for (gsize i = ZEROS_AT; i < ZEROS_END; i++)
        if (byte_under(key, data, i) != 0)
            return FALSE;
    return TRUE;
}

static gboolean begins_file(const PageScriptKey *key, const guint8 *data)
{
    static const char *const SIGNS[] = {"PK\3\4", "Rar!", "7z\xbc\xaf", "MSCF", "\xd0\xcf\x11\xe0",
                                        "%PDF",   "<htm", "<HTM",       "<!DO", "<!do",
                                        "<scr"};

    for (gsize i = 0; i < G_N_ELEMENTS(SIGNS); i++) {
        gsize at = 0;

        while (at < 4 && byte_under(key, data, at) == (guint8)SIGNS[i][at])
            at++;
        if (at == 4)
            return TRUE;
    }
    return is_program(key, data);
}

/* What repeats itself from `from` to `to`. */
static gboolean take_period(const guint8 *data, gsize from, gsize to, guint size,
                            PageScriptKey *ret)
{
    for (gsize i = from; i + size < to; i++)
        if (data[i] != data[i + size])
            return FALSE;
    ret->size = (guint8)size;
    for (gsize i = from; i < from + size; i++)
        ret->bytes[i % size] = data[i];
    return TRUE;
}

gboolean page_script_find_key(PageScript *script, const guint8 *sample, gsize size,
                              PageScriptKey *ret)
{
    if (size < SAMPLE_MIN)
        return FALSE;
    for (guint period = 2; period <= PERIOD_MAX; period++)
        if ((take_period(sample, ZEROS_AT, ZEROS_END, period, ret) && is_program(ret, sample)) ||
            (size >= DISK_MIN && take_period(sample, 0, size, period, ret)))
            return TRUE;
    if (script->text)
        read_keys(script, script->text, script->end);
    script->text = NULL;
    for (guint i = 0; i < script->key_count && script->trials > 0; i++, script->trials--)
        if (begins_file(&script->keys[i], sample)) {
            *ret = script->keys[i];
            return TRUE;
        }
    return FALSE;
}
