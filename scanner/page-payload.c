/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page-payload.c - finds long runs of coded bytes in a text, and tells those that decode to a file.
 *
 * A run is found by looking at one byte in STEP and going both ways from there, so that prose costs
 * next to nothing. A text that is built of pieces ("TVqQ" + "AAMA") is one run; where it may have
 * been put together in more than one way, each is tried. Noise counts for nothing: of a run its
 * first bytes must be those of a known type, or letters.
 *
 * Known limits: what is coded in two steps, turned around or enciphered is not decoded; base64 at a
 * line's beginning is left to mail-runs.c except in markup.
 */
#include "scanner/page-payload.h"

#include <string.h>

#include "scanner/byte-scan.h"
#include "scanner/file-type.h"
#include "scanner/mail-decode.h"
#include "scanner/script-type.h"

enum {
    STEP = 64,          /* letters that the shortest run has */
    NUMBERS_MIN = 48,   /* bytes; shorter lists of numbers are data of honest scripts */
    SAMPLE = 512,       /* letters that are decoded to see whether it is worth the rest */
    LETTERS_MIN = 24,   /* decoded, all printable: a text */
    SEPARATOR_MAX = 64, /* signs between two pieces: quotes, a plus, a new line with its indent */
    TEXT_SAMPLE = 512,
    MARKUP_SAMPLE = 1024, /* in which a page shows that it is one */
    BACK_MAX = 256,       /* from where a list of numbers is met to its first */
    VARIANTS = 4
};

typedef struct {
    const char *text, *end;
    gboolean is_markup;
    PagePayloadFound found; /* NULL: the first ends the search */
    gpointer user;
    gsize most;
    guint count;
    gboolean is_over, is_hit, stopped;
} Search;

typedef gsize (*Decoder)(const char *from, gsize size, guint8 *out, gsize room);

/* Each byte of each text is asked about. */
enum {
    SIGN_LETTER = 1,
    SIGN_SEPARATOR = 2,
    SIGN_QUOTE = 4
};

static const guint8 SIGNS_OF[256] = {
    ['0' ... '9'] = SIGN_LETTER,
    ['A' ... 'Z'] = SIGN_LETTER,
    ['a' ... 'z'] = SIGN_LETTER,
    ['/'] = SIGN_LETTER,
    ['+'] = SIGN_LETTER | SIGN_SEPARATOR,
    ['"'] = SIGN_QUOTE | SIGN_SEPARATOR,
    ['\''] = SIGN_QUOTE | SIGN_SEPARATOR,
    ['`'] = SIGN_QUOTE | SIGN_SEPARATOR,
    [','] = SIGN_SEPARATOR,
    ['\\'] = SIGN_SEPARATOR,
    [' '] = SIGN_SEPARATOR,
    ['\t'] = SIGN_SEPARATOR,
    ['\r'] = SIGN_SEPARATOR,
    ['\n'] = SIGN_SEPARATOR,
};

static gboolean is_letter(char c)
{
    return (SIGNS_OF[(guchar)c] & SIGN_LETTER) != 0;
}

static gboolean is_separator(char c)
{
    return (SIGNS_OF[(guchar)c] & SIGN_SEPARATOR) != 0;
}

static gboolean is_quote(char c)
{
    return (SIGNS_OF[(guchar)c] & SIGN_QUOTE) != 0;
}

/* --- Pieces ----------------------------------------------------------------------- */

static const char *letters_end(const char *at, const char *end)
{
    at += byte_scan_letters(at, end);
    while (at < end && *at == '=')
        at++;
    return at;
}

static const char *letters_begin(const char *begin, const char *at)
{
    return at - byte_scan_letters_before(begin, at);
}

static const char *next_piece(const char *at, const char *end)
{
    const char *most = at + MIN(end - at, SEPARATOR_MAX);

    if (at[-1] == '=') /* padding: nothing belongs to it */
        return NULL;
    while (at < most && is_separator(*at))
        at++;
    return at < end && is_letter(*at) ? at : NULL;
}

/* --- Decoders --------------------------------------------------------------------- */

/* Without what stands between the pieces, of which a plus would be taken for a letter. */
static gsize decode_base64(const char *from, gsize size, guint8 *out, gsize room)
{
    const char *end = from + size;
    g_autofree char *letters = g_try_malloc(size + 1);
    gsize used = 0;

    (void)room;
    while (letters && from && from < end) {
        const char *to = letters_end(from, end);

        memcpy(letters + used, from, (gsize)(to - from));
        used += (gsize)(to - from);
        from = to < end && to > from ? next_piece(to, end) : NULL;
    }
    return letters ? mail_decode_base64(letters, used, out) : 0;
}

static gboolean hex_pair(const char *at, const char *end, guint8 *ret)
{
    if (end - at < 2 || !g_ascii_isxdigit(at[0]) || !g_ascii_isxdigit(at[1]))
        return FALSE;
    *ret = (guint8)(g_ascii_xdigit_value(at[0]) * 16 + g_ascii_xdigit_value(at[1]));
    return TRUE;
}

static gsize decode_hex(const char *from, gsize size, guint8 *out, gsize room)
{
    const char *end = from + size;
    gsize used = 0;

    while (from < end && used < room) {
        if (hex_pair(from, end, out + used)) {
            used++;
            from += 2;
        } else if (is_separator(*from)) {
            from++;
        } else {
            break;
        }
    }
    return used;
}

/* `77`, `0x4d`, `%4d` or `\x4d`; NULL: none, or more than a byte. */
static const char *take_byte(const char *at, const char *end, guint8 *ret)
{
    guint value = 0, count = 0;

    if (end - at >= 3 && *at == '%' && hex_pair(at + 1, end, ret))
        return at + 3;
    if (end - at >= 4 && (*at == '\\' || *at == '0') && (at[1] | 0x20) == 'x' &&
        hex_pair(at + 2, end, ret))
        return at + 4;
    for (; at < end && g_ascii_isdigit(*at) && count < 4; at++, count++)
        value = value * 10 + (guint)(*at - '0');
    if (count == 0 || value > 255)
        return NULL;
    *ret = (guint8)value;
    return at;
}

/* Ends at what is no number; *ret_end: there. */
static gsize take_numbers(const char *at, const char *end, guint8 *out, gsize room,
                          const char **ret_end)
{
    gsize used = 0;
    guint8 byte;

    *ret_end = at;
    while (used < room) {
        while (at < end && (*at == ',' || g_ascii_isspace(*at)))
            at++;
        at = take_byte(at, end, &byte);
        if (!at)
            break;
        out[used++] = byte;
        *ret_end = at;
    }
    return used;
}

static gsize decode_numbers(const char *from, gsize size, guint8 *out, gsize room)
{
    const char *end;

    return take_numbers(from, from + size, out, room, &end);
}

/* --- Weighing --------------------------------------------------------------------- */

static gboolean is_text(const guint8 *data, gsize size)
{
    for (gsize i = 0; i < size; i++)
        if ((data[i] < ' ' && !g_ascii_isspace((gchar)data[i])) || data[i] >= 0x7f)
            return FALSE;
    return size >= LETTERS_MIN;
}

static gboolean is_picture(const char *type)
{
    return g_str_has_prefix(type, "image/") && strcmp(type, "image/svg+xml-with-script") != 0;
}

/* An image of a disk says what it is far behind its beginning. */
static gboolean is_blank_disk(const guint8 *data, gsize size)
{
    for (gsize i = 0; i < size; i++)
        if (data[i] != 0)
            return FALSE;
    return size >= STEP;
}

/* The true type of what is decoded, in part or in whole. FALSE: it looks like nothing. */
static gboolean tell_type(const guint8 *data, gsize size, gboolean is_sample, Verdict *type)
{
    const char *script;

    file_type_guess(data, size, type);
    if (type->type[0] != '\0')
        return TRUE;
    if (!is_text(data, MIN(size, (gsize)STEP)))
        return is_sample && is_blank_disk(data, size);
    script = script_type_tell(data, size);
    if (script)
        g_strlcpy(type->type, script, sizeof(type->type));
    return TRUE;
}

static void try_run(Search *search, PagePayloadKind kind, Decoder decode, const char *from,
                    gsize size)
{
    guint8 sample[SAMPLE];
    g_autofree guint8 *whole = NULL;
    Verdict type = {0};
    gsize got = decode(from, MIN(size, (gsize)SAMPLE), sample, sizeof(sample));

    if (search->stopped || !tell_type(sample, got, TRUE, &type) ||
        (kind == PAGE_PAYLOAD_ADDRESS && is_picture(type.type)))
        return;
    search->is_hit = TRUE;
    if (!search->found) {
        search->stopped = TRUE;
        return;
    }
    whole = search->count < PAGE_PAYLOADS_MAX && size / 4 * 3 <= search->most
                ? g_try_malloc(size + 1)
                : NULL;
    if (!whole) {
        search->is_over = search->stopped = TRUE;
        return;
    }
    search->count++;
    got = decode(from, size, whole, size);
    if (tell_type(whole, got, FALSE, &type))
        search->stopped = !search->found(kind, type.type, whole, got, search->user);
}

/* --- Base64 and hexadecimal -------------------------------------------------------- */

static gboolean is_fold(const char *at, const char *end)
{
    at += at < end && *at == '\r';
    return end - at >= 2 && at[0] == '\n' && (at[1] == ' ' || at[1] == '\t');
}

/* The end of all pieces from the run's end on; of a line that is folded (RFC 6350 3.2), of those.
 */
static const char *pieces_end(const char *at, const char *end, gboolean folds_only)
{
    const char *next;

    while (at < end && (!folds_only || is_fold(at, end)) && (next = next_piece(at, end)) != NULL)
        at = letters_end(next, end);
    return at;
}

static gboolean is_address(const Search *search, const char *from)
{
    static const char sign[] = ";base64,";
    gsize length = sizeof(sign) - 1;

    return (gsize)(from - search->text) >= length &&
           g_ascii_strncasecmp(from - length, sign, length) == 0;
}

static const char *pieces_begin(const Search *search, const char *at)
{
    const char *begin = search->text;

    while (!is_address(search, at)) {
        const char *before = at, *least = at - MIN(at - begin, SEPARATOR_MAX);

        while (before > least && is_separator(before[-1]) && before[-1] != '+')
            before--;
        /* A plus is a letter too: the one that joins has quotes on both sides. */
        while (before > least && is_separator(before[-1]))
            before--;
        if (before == at || before == begin || !is_letter(before[-1]))
            return at;
        at = letters_begin(begin, before);
    }
    return at;
}

static gboolean is_hex(const char *from, gsize size)
{
    for (gsize i = 0; i < MIN(size, (gsize)SAMPLE); i++)
        if (!g_ascii_isxdigit(from[i]))
            return FALSE;
    return TRUE;
}

/* What stands around the run at `at`. Returns where the search goes on. */
static const char *look_at_letters(Search *search, const char *at)
{
    const char *from = letters_begin(search->text, at), *to = letters_end(at, search->end);
    const char *starts[VARIANTS], *ends[VARIANTS];
    PagePayloadKind kind;
    gboolean is_line;

    /* A short piece counts if quotes and others go on behind it. */
    if (to - from < STEP &&
        (to == search->end || !is_quote(*to) ||
         pieces_end(to, search->end, FALSE) - pieces_begin(search, from) < STEP))
        return to;
    kind = is_address(search, pieces_begin(search, from)) ? PAGE_PAYLOAD_ADDRESS
                                                          : PAGE_PAYLOAD_LITERAL;
    is_line = from == search->text || from[-1] == '\n';
    if (is_line && !search->is_markup)
        return pieces_end(to, search->end, FALSE);
    starts[0] = starts[1] = from;
    starts[2] = starts[3] = pieces_begin(search, from);
    ends[0] = ends[3] = pieces_end(to, search->end, TRUE);
    ends[1] = ends[2] = pieces_end(to, search->end, FALSE);
    for (guint i = 0; i < VARIANTS && !search->stopped; i++) {
        if ((i > 0 && starts[i] == starts[i - 1] && ends[i] == ends[i - 1]) ||
            (i == 3 && (ends[3] == ends[2] || starts[3] == from)))
            continue; /* the same as another */
        try_run(search, kind, decode_base64, starts[i], (gsize)(ends[i] - starts[i]));
        if (is_hex(from, (gsize)(to - from)))
            try_run(search, kind, decode_hex, starts[i], (gsize)(ends[i] - starts[i]));
    }
    return ends[1];
}

/* --- Numbers ---------------------------------------------------------------------- */

static gboolean is_of_numbers(char c)
{
    return g_ascii_isxdigit(c) || g_ascii_isspace(c) || c == ',' || (c | 0x20) == 'x' || c == '%' ||
           c == '\\';
}

/* NULL: there is no list. */
static const char *look_at_numbers(Search *search, const char *at)
{
    guint8 sample[NUMBERS_MIN];
    const char *from = at, *to;

    while (from > search->text && at - from < BACK_MAX && is_of_numbers(from[-1]))
        from--;
    while (from < at && !g_ascii_isdigit(*from) && *from != '%' && *from != '\\')
        from++;
    if (take_numbers(from, search->end, sample, sizeof(sample), &to) < NUMBERS_MIN)
        return NULL;
    while (to < search->end && is_of_numbers(*to))
        to++;
    try_run(search, PAGE_PAYLOAD_LITERAL, decode_numbers, from, (gsize)(to - from));
    return to;
}

/* --- Searching -------------------------------------------------------------------- */

static guint8 is_control(char c)
{
    return ((guchar)c < ' ') & (c != '\t') & (c != '\n') & (c != '\f') & (c != '\r');
}

/* All of a block whose size the compiler knows, so that it looks at many bytes at once. */
static guint8 has_control(const char *block)
{
    guint8 found = 0;

    for (gsize i = 0; i < STEP; i++)
        found |= is_control(block[i]);
    return found;
}

/* PDF and RTF are texts at their beginning too, and have readers of their own. */
static gboolean text_looks_so(const char *text, gsize size)
{
    gsize sample = MIN(size, (gsize)TEXT_SAMPLE), i = 0;

    if (size <= STEP || memcmp(text, "%PDF-", 5) == 0 || memcmp(text, "{\\rt", 4) == 0)
        return FALSE;
    for (; sample - i >= STEP; i += STEP)
        if (has_control(text + i))
            return FALSE;
    for (; i < sample; i++)
        if (is_control(text[i]))
            return FALSE;
    return TRUE;
}

/* Nothing but blanks and a byte order mark. */
static gboolean is_blank(const char *text, const char *end)
{
    while (text < end && (g_ascii_isspace(*text) || (*text && strchr("\xef\xbb\xbf", *text))))
        text++;
    return text == end;
}

static gboolean is_markup(const char *text, gsize size)
{
    static const char *const SIGNS[] = {"html", "script", "body", "svg"};
    const char *end = text + MIN(size, (gsize)MARKUP_SAMPLE), *at = text;

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

static void search_all(Search *search)
{
    const char *at = search->text + STEP - 1;

    while (at < search->end && !search->stopped) {
        const char *next = NULL;

        if (search->is_markup && is_of_numbers(*at))
            next = look_at_numbers(search, at);
        if (!next && is_letter(*at))
            next = look_at_letters(search, at);
        at = next && next > at ? next : at;
        if (search->end - at <= STEP)
            return;
        at += STEP;
    }
}

gboolean page_payload_matches(const void *data, gsize size)
{
    Search search = {.text = data, .end = (const char *)data + size};

    if (!text_looks_so(data, size))
        return FALSE;
    search.is_markup = is_markup(data, size);
    search_all(&search);
    return search.is_hit;
}

gboolean page_payload_find(const void *data, gsize size, gsize most, PagePayloadFound found,
                           gpointer user)
{
    Search search = {
        .text = data, .end = (const char *)data + size, .found = found, .user = user, .most = most};

    if (!text_looks_so(data, size))
        return TRUE;
    search.is_markup = is_markup(data, size);
    search_all(&search);
    return !search.is_over;
}
