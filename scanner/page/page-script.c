/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page-script.c - reads calls of replace() and split().join(), as JavaScript, VBScript and
 * PowerShell write them, and short texts that may be keys.
 *
 * One pass for each. Cannot fail: what is over a limit is not read.
 *
 * Known limits: of regular expressions signs in a row, sets and alternatives are read; a text is
 * replaced by one sign or none. A key that is put together of pieces is not known, but where zeros
 * show it.
 */
#include "scanner/page/page-script.h"

#include <string.h>

#include "scanner/common/byte-block.h"
#include "scanner/page/page-piece.h"

enum {
    TRIALS_MAX = 1 << 18, /* two milliseconds */
    SAMPLE_MIN = 64,
    ZEROS_AT = 28,  /* of a program's first header, whose fields there nobody fills ... */
    ZEROS_END = 60, /* ... up to the place of the second */
    PERIOD_MAX = 16,
    ARGUMENT_MAX = 64, /* signs of a first argument that is no literal */
    JOIN_MAX = 24,     /* from what a text is split by to what joins it */
    DISK_MIN = 256     /* bytes that repeat a key: a disk begins with zeros */
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

static gboolean begins_with(const char *at, const char *end, const char *word)
{
    gsize length = strlen(word);

    return (gsize)(end - at) > length && g_ascii_strncasecmp(at, word, length) == 0;
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

/* Behind the first argument of `Replace(text, 'x', 'y')` and its comma; NULL: there is none. */
static const char *skip_argument(const char *at, const char *end)
{
    const char *most = at + MIN(end - at, ARGUMENT_MAX);

    if (at < end && page_piece_is_quote(*at)) {
        at = memchr(at + 1, *at, (gsize)(end - at - 1));
        return at ? skip_word(at + 1, end, ",") : NULL;
    }
    while (at < most && *at != ',' && *at != '\n')
        at++;
    return at < most ? skip_word(at, end, ",") : NULL;
}

/* `'x', 'y'` or `/x/g, 'y'`. */
static gboolean take_replace(PageScript *script, const char *at, const char *end)
{
    PageScriptReplacement list[PAGE_SCRIPT_REPLACEMENTS_MAX] = {0};
    guint8 to_size;
    guint count = 1;
    char to = '\0';

    at = at < end && *at == '/'
             ? take_expression(at, end, list, &count)
             : take_quoted(at, end, list->from, PAGE_SCRIPT_PATTERN_MAX, &list->size);
    at = at ? skip_word(at, end, ",") : NULL;
    if (!at || !take_quoted(at, end, &to, 1, &to_size))
        return FALSE;
    for (guint i = 0; i < count; i++)
        add(script, &list[i], to, to_size);
    return TRUE;
}

/* `'x').join('y')`, `'x' -join 'y'`, and of VBScript `'x'), 'y')`. */
static gboolean take_split(PageScript *script, const char *at, const char *end)
{
    PageScriptReplacement one = {0};
    const char *most;
    guint8 to_size;
    char to = '\0';

    at = take_quoted(at, end, one.from, PAGE_SCRIPT_PATTERN_MAX, &one.size);
    if (!at)
        return FALSE;
    most = at + MIN(end - at, JOIN_MAX);
    while (at < most && !page_piece_is_quote(*at) && *at != ';' && *at != '\n')
        at++;
    if (at == most || !(at[-1] == '(' || g_ascii_isspace(at[-1]) || at[-1] == ',') ||
        !take_quoted(at, end, &to, 1, &to_size))
        return FALSE;
    add(script, &one, to, to_size);
    return TRUE;
}

/* Behind the word; as JavaScript, VBScript and PowerShell write it. */
static void take_call(PageScript *script, const char *at, const char *end,
                      gboolean (*take)(PageScript *script, const char *at, const char *end))
{
    at = skip_blanks(at, end);
    at = at < end && *at == '(' ? skip_blanks(at + 1, end) : at;
    if (take(script, at, end))
        return;
    at = skip_argument(at, end);
    if (at)
        (void)take(script, at, end);
}

/* The next `p`, which both words have; `end`: there is none. */
static const char *seek_p(const char *at, const char *end)
{
    for (; end - at >= BYTE_BLOCK; at += BYTE_BLOCK) {
        guint bits = byte_block_either(at, 'p', 'P');

        if (bits != 0)
            return at + __builtin_ctz(bits);
    }
    while (at < end && (*at | 0x20) != 'p')
        at++;
    return at;
}

/* Neither VBScript nor PowerShell cares for capitals. */
static void read_replacements(PageScript *script, const char *text, const char *end)
{
    static const char replace[] = "replace", all[] = "all", split[] = "split";

    for (const char *at = text; (at = seek_p(at, end)) < end; at++) {
        if (at - text >= 2 && begins_with(at - 2, end, replace)) {
            at += strlen(replace) - 2;
            at += begins_with(at, end, all) ? strlen(all) : 0;
            take_call(script, at, end, take_replace);
        } else if (at > text && begins_with(at - 1, end, split)) {
            at += strlen(split) - 1;
            take_call(script, at, end, take_split);
        }
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
