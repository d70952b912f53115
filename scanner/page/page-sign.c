/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page-sign.c - looks for what tells a page that acts from one that is read.
 *
 * Cannot fail; costs about a nanosecond for each tag, and of each text a few passes by 16 bytes at
 * once.
 *
 * Known limit: a page without any of the signs, such as most newsletters, meets signatures in
 * libclamav's form alone, and none that is a sum over the whole of it. A script whose signs are
 * written in entities is not seen.
 */
#include "scanner/page/page-sign.h"

#include <string.h>
#include <strings.h>

#include "scanner/common/byte-scan.h"

enum {
    SMALL = 4096, /* a tenth of a millisecond */
    NORMALIZED_MAX =
        10 * 1024 * 1024, /* libclamav's MaxHTMLNormalize: it does not read larger ones */
    BLOCK = 64,           /* bytes that are looked at at once */
    TEXT_SAMPLE = 512,
    CONTROL_SHARE = 16,   /* one sign in so many of a text may be a control sign */
    MARKUP_SAMPLE = 1024, /* in which a page shows that it is one */
    SCRIPT_SAMPLE = 512,  /* the same of a script */
    HANDLER_MIN = 5,      /* letters of `oncut` */
    NO_CALLS = SIGN_LACKS_CALL | SIGN_LACKS_CHAR_CODE /* harCode( is one too */
};

static gboolean is_active_tag(const char *name, gsize left)
{
    static const char *const ACTIVE[] = {"script", "form", "iframe", "frame", "object", "embed"};

    if (left == 0 || !memchr("sSfFiIoOeE", name[0], 10)) /* nearly all */
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(ACTIVE); i++) {
        gsize length = strlen(ACTIVE[i]);

        if (left >= length && strncasecmp(name, ACTIVE[i], length) == 0)
            return TRUE;
    }
    return FALSE;
}

gboolean page_sign_wants_raw(const void *data, gsize size)
{
    const char *at = data, *end = at + size;

    if (size <= SMALL || size > NORMALIZED_MAX || memchr(data, '\0', size))
        return TRUE;
    for (; (at = memchr(at, '<', (gsize)(end - at))) != NULL; at++)
        if (is_active_tag(at + 1, (gsize)(end - at) - 1))
            return TRUE;
    return FALSE;
}

static guint is_control(char c)
{
    return ((guchar)c < ' ') & (c != '\t') & (c != '\n') & (c != '\f') & (c != '\r');
}

/* All of a block whose size the compiler knows, so that it looks at many bytes at once. */
static guint count_controls(const char *block)
{
    guint count = 0;

    for (gsize i = 0; i < BLOCK; i++)
        count += is_control(block[i]);
    return count;
}

gboolean page_sign_is_text(const void *data, gsize size)
{
    const char *text = data;
    gsize sample = MIN(size, (gsize)TEXT_SAMPLE), i = 0, controls = 0;

    if (size <= BLOCK)
        return FALSE;
    /* A browser goes by the name, and passes over what stands before a page. */
    if (page_sign_is_markup(data, size))
        return TRUE;
    for (; sample - i >= BLOCK; i += BLOCK)
        controls += count_controls(text + i);
    for (; i < sample; i++)
        controls += is_control(text[i]);
    return controls <= sample / CONTROL_SHARE && memcmp(text, "%PDF-", 5) != 0 &&
           memcmp(text, "{\\rt", 4) != 0;
}

/* Nothing but blanks and a byte order mark. */
static gboolean is_blank(const char *text, const char *end)
{
    while (text < end && (g_ascii_isspace(*text) || (*text && strchr("\xef\xbb\xbf", *text))))
        text++;
    return text == end;
}

gboolean page_sign_is_markup(const void *data, gsize size)
{
    static const char *const SIGNS[] = {"html", "script", "body", "svg"};
    const char *text = data, *end = text + MIN(size, (gsize)MARKUP_SAMPLE), *at = text;

    for (; (at = memchr(at, '<', (gsize)(end - at))) != NULL; at++) {
        if (is_blank(text, at))
            return TRUE;
        if (end - at < 2 || !strchr("hHsSbB", at[1]))
            continue; /* as an address in a header */
        for (gsize i = 0; i < G_N_ELEMENTS(SIGNS); i++)
            if ((gsize)(end - at) > strlen(SIGNS[i]) &&
                g_ascii_strncasecmp(at + 1, SIGNS[i], strlen(SIGNS[i])) == 0)
                return TRUE;
    }
    return FALSE;
}

static gboolean has_word(const char *const *words, const void *data, gsize size)
{
    for (; *words; words++)
        if (byte_scan_sign(data, size, *words, strlen(*words)))
            return TRUE;
    return FALSE;
}

/* A call of one of those that make a text of numbers, or bytes of a text. */
static gboolean has_call(const char *text, gsize size)
{
    static const char *const NAMES[] = {"harCode", "Chr", "chr", "ChrW", "chrw", "atob", "Blob"};
    const char *end = text + size;

    for (const char *at = text; (at = memchr(at, '(', (gsize)(end - at))) != NULL; at++)
        for (gsize i = 0; i < G_N_ELEMENTS(NAMES); i++) {
            gsize length = strlen(NAMES[i]);

            if ((gsize)(at - text) >= length && memcmp(at - length, NAMES[i], length) == 0)
                return TRUE;
        }
    return FALSE;
}

/* size: at most SCRIPT_SAMPLE. */
static gboolean has_script_word(const char *text, gsize size)
{
    static const char *const WORDS[] = {
        "echo ",  "certutil",      "powershell", "createobject", "activexobject",
        "hex:",   "base64string",  "bin.base64", "b64decode",    "base64 -d",
        "[char]", "writeallbytes", NULL};
    char lower[SCRIPT_SAMPLE] = "";

    memcpy(lower, text, size);
    for (gsize i = 0; i < SCRIPT_SAMPLE; i++) /* of a number that the compiler knows */
        lower[i] |= 0x20;
    return has_word(WORDS, lower, size);
}

/* By what nearly all of those begin or end with that have none of the calls. */
static gboolean is_script(const char *text, gsize size)
{
    gsize sample = MIN(size, (gsize)SCRIPT_SAMPLE);

    return has_script_word(text, sample) ||
           (sample < size && has_script_word(text + size - sample, sample));
}

static gboolean has_script(const char *text, gsize size)
{
    static const char tag[] = "script";
    const char *end = text + size;

    for (const char *at = text; (at = memchr(at, '<', (gsize)(end - at))) != NULL; at++)
        if ((gsize)(end - at) > strlen(tag) && strncasecmp(at + 1, tag, strlen(tag)) == 0)
            return TRUE;
    return FALSE;
}

gboolean page_sign_is_active(const void *data, gsize size, gboolean is_markup, SignLacks lacks)
{
    static const char *const IN_PAGES[] = {
        "onload=", "onerror=", "onclick=", "javascript:", "data:application", "data:text", NULL};
    static const char *const CODES[] = {"CharCode", NULL}, *const ARRAYS[] = {"t8Array", NULL},
                             *const BYTES[] = {"[byte[]]", "[Byte[]]", NULL};

    if (is_markup)
        return has_script(data, size) || has_word(IN_PAGES, data, size);
    return is_script(data, size) || ((lacks & NO_CALLS) != NO_CALLS && has_call(data, size)) ||
           (!(lacks & SIGN_LACKS_CHAR_CODE) && has_word(CODES, data, size)) ||
           (!(lacks & SIGN_LACKS_ARRAY) && has_word(ARRAYS, data, size)) ||
           (!(lacks & SIGN_LACKS_BYTES) && has_word(BYTES, data, size));
}

static gboolean begins_with(const char *at, const char *end, const char *word)
{
    gsize length = strlen(word);

    return (gsize)(end - at) >= length && g_ascii_strncasecmp(at, word, length) == 0;
}

/* `<script` with any prefix, but not `<script:event-listener` of OpenDocument. */
static gboolean is_script_tag(const char *at, const char *end)
{
    const char *name = at + 1, *to;

    for (to = name; to < end && (g_ascii_isalnum(*to) || *to == ':'); to++)
        if (*to == ':' && to + 1 < end)
            name = to + 1;
    return to - name == 6 && begins_with(name, end, "script");
}

/* `onload=`, an attribute. */
static gboolean is_handler(const char *at, const char *end)
{
    const char *name = at + 1;

    if (!begins_with(name, end, "on"))
        return FALSE;
    for (at = name; at < end && g_ascii_isalpha(*at);)
        at++;
    if (at - name < HANDLER_MIN)
        return FALSE;
    while (at < end && g_ascii_isspace(*at))
        at++;
    return at < end && *at == '=';
}

static gboolean is_script_sign(const char *at, const char *end)
{
    switch (g_ascii_tolower(*at)) {
    case '<':
        return is_script_tag(at, end);
    case 'j':
        return begins_with(at, end, "javascript:");
    case 'v':
        return begins_with(at, end, "vbscript:");
    case 's':
        return begins_with(at, end, "srcdoc"); /* a page in an attribute */
    default:
        return (g_ascii_isspace(*at) || strchr("\"'/", *at) != NULL) && is_handler(at, end);
    }
}

/* No script begins so; one may with a comment. */
static gboolean is_surely_markup(const char *data, const char *end)
{
    while (data < end && is_blank(data, data + 1))
        data++;
    return begins_with(data, end, "<?xml") || begins_with(data, end, "<!doctype") ||
           (end - data > 1 && data[0] == '<' && g_ascii_isalpha(data[1]));
}

gboolean page_sign_may_act(const void *data, gsize size)
{
    const char *at = data, *end = at + size;

    if (!is_surely_markup(at, end))
        return TRUE;
    while (at < end && !is_script_sign(at, end))
        at++;
    return at < end;
}
