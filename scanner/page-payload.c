/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page-payload.c - finds long runs of coded bytes in a text, and tells those that decode to a file.
 *
 * A run is found by looking at one byte in STEP and going both ways from there, so that prose costs
 * next to nothing. A text that is built of pieces ("TVqQ" + "AAMA") is one run; where it may have
 * been put together in more than one way, each is tried. Noise counts for nothing: of a run its
 * first bytes must be those of a known type, or letters.
 *
 * Known limits: what is enciphered, or coded in two steps of which not both are base64, is not
 * decoded, nor are pieces that stand in statements of their own; base64 at a line's beginning is
 * left to mail-runs.c except in markup.
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
    VARIANTS = 4,
    CODED_AGAIN_MAX = 3, /* base64 within base64 */
    LINE_MIN = 32        /* letters; no word has as many */
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
    SIGN_QUOTE = 4,
    SIGN_NUMBER = 8 /* in a list of numbers, however they are written */
};

static const guint8 SIGNS_OF[256] = {
    ['0' ... '9'] = SIGN_LETTER | SIGN_NUMBER,
    ['A' ... 'F'] = SIGN_LETTER | SIGN_NUMBER,
    ['G' ... 'T'] = SIGN_LETTER,
    ['U'] = SIGN_LETTER | SIGN_NUMBER,
    ['V' ... 'W'] = SIGN_LETTER,
    ['X'] = SIGN_LETTER | SIGN_NUMBER,
    ['Y' ... 'Z'] = SIGN_LETTER,
    ['a' ... 'f'] = SIGN_LETTER | SIGN_NUMBER,
    ['g' ... 't'] = SIGN_LETTER,
    ['u'] = SIGN_LETTER | SIGN_NUMBER,
    ['v' ... 'w'] = SIGN_LETTER,
    ['x'] = SIGN_LETTER | SIGN_NUMBER,
    ['y' ... 'z'] = SIGN_LETTER,
    ['/'] = SIGN_LETTER,
    ['+'] = SIGN_LETTER | SIGN_SEPARATOR,
    ['"'] = SIGN_QUOTE | SIGN_SEPARATOR,
    ['\''] = SIGN_QUOTE | SIGN_SEPARATOR,
    ['`'] = SIGN_QUOTE | SIGN_SEPARATOR,
    [','] = SIGN_SEPARATOR | SIGN_NUMBER,
    ['\\'] = SIGN_SEPARATOR | SIGN_NUMBER,
    [' '] = SIGN_SEPARATOR | SIGN_NUMBER,
    ['\t' ... '\n'] = SIGN_SEPARATOR | SIGN_NUMBER,
    ['\r'] = SIGN_SEPARATOR | SIGN_NUMBER,
    ['\f'] = SIGN_NUMBER,
    ['%'] = SIGN_NUMBER,
    ['-'] = SIGN_NUMBER,
    ['&'] = SIGN_NUMBER,
    ['#'] = SIGN_NUMBER,
    [';'] = SIGN_NUMBER,
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

/* Whether what stands between two quotes adds the one to the other: `; x += `, `); x.push(`. */
static gboolean is_addition(const char *at, gsize size)
{
    static const char push[] = "push", concat[] = "concat";
    gsize end = size;

    while (end > 0 && g_ascii_isspace(at[end - 1]))
        end--;
    if (end < 2)
        return FALSE;
    if (at[end - 1] == '=')
        return at[end - 2] == '+';
    return at[end - 1] == '(' &&
           ((end > strlen(push) && memcmp(at + end - 1 - strlen(push), push, strlen(push)) == 0) ||
            (end > strlen(concat) &&
             memcmp(at + end - 1 - strlen(concat), concat, strlen(concat)) == 0));
}

/* `'; x += '`; *ret: behind the quote that begins the next. */
static gboolean next_statement(const char *at, const char *end, const char **ret)
{
    const char *most = at + MIN(end - at, SEPARATOR_MAX), *quote = at + 1;

    if (at == end || !is_quote(*at))
        return FALSE;
    while (quote < most && !is_quote(*quote))
        quote++;
    if (quote == most || !is_addition(at + 1, (gsize)(quote - at - 1)))
        return FALSE;
    *ret = quote + 1;
    return TRUE;
}

static const char *next_piece(const char *at, const char *end)
{
    const char *most = at + MIN(end - at, SEPARATOR_MAX), *start = at;

    if (at[-1] == '=') /* padding: nothing belongs to it */
        return NULL;
    while (at < most && is_separator(*at))
        at++;
    if ((at == end || !is_letter(*at) || !is_quote(at[-1])) && next_statement(start, end, &start))
        at = start;
    return at < end && is_letter(*at) ? at : NULL;
}

/* The end of the piece to which a statement before `at` adds; NULL: there is none. */
static const char *piece_before(const char *begin, const char *at)
{
    const char *least = at - MIN(at - begin, SEPARATOR_MAX), *quote = at - 1;

    if (at == begin || !is_quote(*quote))
        return NULL;
    do
        quote--;
    while (quote > least && !is_quote(*quote));
    return quote > least && is_letter(quote[-1]) &&
                   is_addition(quote + 1, (gsize)(at - 1 - (quote + 1)))
               ? quote
               : NULL;
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

/* What stands behind `\u`, `%u` and the like: four digits of a letter below 256. */
static const char *take_letter(const char *at, const char *end, guint8 *ret)
{
    guint8 upper;

    return hex_pair(at, end, &upper) && upper == 0 && hex_pair(at + 2, end, ret) ? at + 4 : NULL;
}

/* `&#77;` or `&#x4d;` */
static const char *take_entity(const char *at, const char *end, guint8 *ret)
{
    gboolean is_hex = at < end && (*at | 0x20) == 'x';
    guint value = 0, count = 0;

    for (at += is_hex; at < end && count < 8; at++, count++) {
        gint digit = is_hex ? g_ascii_xdigit_value(*at) : g_ascii_digit_value(*at);

        if (digit < 0)
            break;
        value = value * (is_hex ? 16 : 10) + (guint)digit;
    }
    if (count == 0 || value > 255)
        return NULL;
    *ret = (guint8)value;
    return at < end && *at == ';' ? at + 1 : at;
}

/* Up to three digits of a byte, `\115`. */
static const char *take_octal(const char *at, const char *end, guint8 *ret)
{
    guint value = 0, count = 0;

    for (; at < end && *at >= '0' && *at <= '7' && count < 3; at++, count++)
        value = value * 8 + (guint)(*at - '0');
    if (count == 0 || value > 255)
        return NULL;
    *ret = (guint8)value;
    return at;
}

/* `77` or `-77`. */
static const char *take_decimal(const char *at, const char *end, guint8 *ret)
{
    gboolean is_negative = at < end && *at == '-';
    guint value = 0, count = 0;

    for (at += is_negative; at < end && g_ascii_isdigit(*at) && count < 4; at++, count++)
        value = value * 10 + (guint)(*at - '0');
    if (count == 0 || value > (is_negative ? 128 : 255))
        return NULL;
    *ret = (guint8)(is_negative ? 256 - value : value);
    return at;
}

/* A byte as a script or a page writes it; NULL: none, or more than one. */
static const char *take_byte(const char *at, const char *end, guint8 *ret)
{
    gsize left = (gsize)(end - at);

    if (left >= 6 && (*at == '%' || *at == '\\') && (at[1] | 0x20) == 'u')
        return take_letter(at + 2, end, ret);
    if (left >= 3 && *at == '%' && hex_pair(at + 1, end, ret))
        return at + 3;
    if (left >= 4 && (*at == '\\' || *at == '0') && (at[1] | 0x20) == 'x' &&
        hex_pair(at + 2, end, ret))
        return at + 4;
    if (left >= 2 && *at == '\\')
        return take_octal(at + 1, end, ret);
    if (left >= 3 && *at == '&' && at[1] == '#')
        return take_entity(at + 2, end, ret);
    return take_decimal(at, end, ret);
}

static gboolean is_between_numbers(char c)
{
    return c == ',' || g_ascii_isspace(c);
}

/* Ends at what is no number; *ret_end: there. */
static gsize take_numbers(const char *at, const char *end, guint8 *out, gsize room,
                          const char **ret_end)
{
    gsize used = 0;
    guint8 byte;

    *ret_end = at;
    while (used < room) {
        while (at < end && is_between_numbers(*at))
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

/* FALSE: no more is to be told. */
static gboolean tell(Search *search, PagePayloadKind kind, const guint8 *data, gsize size)
{
    Verdict type = {0};

    if (!tell_type(data, size, FALSE, &type))
        return TRUE;
    if (search->count++ >= PAGE_PAYLOADS_MAX) {
        search->is_over = TRUE;
        return FALSE;
    }
    return search->found(kind, type.type, data, size, search->user);
}

/* What is nothing but letters may be coded once more. */
static gboolean tell_coded(Search *search, PagePayloadKind kind, const guint8 *data, gsize size)
{
    g_autofree guint8 *inner = NULL, *outer = NULL;

    for (guint round = 0; round < CODED_AGAIN_MAX && size >= STEP; round++) {
        const char *text = (const char *)data;

        if (letters_end(text, text + size) != text + size)
            break;
        inner = g_try_malloc(size + 1);
        if (!inner) {
            search->is_over = TRUE;
            return FALSE;
        }
        size = mail_decode_base64(text, size, inner);
        g_free(outer);
        data = outer = g_steal_pointer(&inner);
        if (!tell(search, kind, data, size))
            return FALSE;
    }
    return TRUE;
}

/* FALSE: it looks like nothing. */
static gboolean try_run(Search *search, PagePayloadKind kind, Decoder decode, const char *from,
                        gsize size)
{
    guint8 sample[SAMPLE];
    g_autofree guint8 *whole = NULL;
    Verdict type = {0};
    gsize got = decode(from, MIN(size, (gsize)SAMPLE), sample, sizeof(sample));

    if (search->stopped || !tell_type(sample, got, TRUE, &type) ||
        (kind == PAGE_PAYLOAD_ADDRESS && is_picture(type.type)))
        return FALSE;
    search->is_hit = TRUE;
    if (!search->found) {
        search->stopped = TRUE;
        return TRUE;
    }
    whole = search->count < PAGE_PAYLOADS_MAX && size / 4 * 3 <= search->most
                ? g_try_malloc(size + 1)
                : NULL;
    if (!whole) {
        search->is_over = search->stopped = TRUE;
        return TRUE;
    }
    got = decode(from, size, whole, size);
    search->stopped = !tell(search, kind, whole, got) || !tell_coded(search, kind, whole, got);
    return TRUE;
}

/* As a script writes it that turns it round. */
static void try_reversed(Search *search, const char *from, gsize size)
{
    g_autofree char *reversed = NULL;
    char sample[SAMPLE];
    guint8 bytes[SAMPLE];
    Verdict type = {0};
    gsize count;

    while (size > 0 && from[size - 1] == '=') /* padding stands at the other end */
        size--;
    count = MIN(size, (gsize)SAMPLE);
    for (gsize i = 0; i < count; i++)
        sample[i] = from[size - 1 - i];
    count = decode_base64(sample, count, bytes, sizeof(bytes));
    if (search->stopped || count == 0 || !tell_type(bytes, count, TRUE, &type))
        return;
    search->is_hit = TRUE;
    search->stopped = search->found == NULL;
    if (search->stopped)
        return;
    reversed = size / 4 * 3 <= search->most ? g_try_malloc(size) : NULL;
    if (!reversed) {
        search->is_over = search->stopped = TRUE;
        return;
    }
    for (gsize i = 0; i < size; i++)
        reversed[i] = from[size - 1 - i];
    (void)try_run(search, PAGE_PAYLOAD_LITERAL, decode_base64, reversed, size);
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
        if (before == at || before == begin || !is_letter(before[-1]) ||
            (!is_quote(*before) && piece_before(begin, at)))
            before = piece_before(begin, at);
        if (!before)
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
    gboolean is_line, is_hit = FALSE;

    /* A short piece counts if quotes, or a line's end, and others go on behind it. */
    if (to - from < STEP &&
        (to == search->end ||
         !(is_quote(*to) || (search->is_markup && to - from >= LINE_MIN && g_ascii_isspace(*to))) ||
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
        is_hit |= try_run(search, kind, decode_base64, starts[i], (gsize)(ends[i] - starts[i]));
        if (is_hex(from, (gsize)(to - from)))
            is_hit |= try_run(search, kind, decode_hex, starts[i], (gsize)(ends[i] - starts[i]));
    }
    if (!is_hit && kind == PAGE_PAYLOAD_LITERAL)
        try_reversed(search, starts[2], (gsize)(ends[1] - starts[2]));
    return ends[1];
}

/* --- Numbers ---------------------------------------------------------------------- */

static gboolean is_of_numbers(char c)
{
    return (SIGNS_OF[(guchar)c] & SIGN_NUMBER) != 0;
}

/* The last of the blanks at `at`, which were all looked past; NULL: there are none. */
static const char *blanks_last(const char *at, const char *end)
{
    const char *begin = at;

    while (at < end && is_between_numbers(*at))
        at++;
    return at > begin ? at - 1 : NULL;
}

/* Returns where the search goes on; NULL: there is no list. */
static const char *look_at_numbers(Search *search, const char *at)
{
    guint8 sample[NUMBERS_MIN];
    const char *from = at, *to;

    while (from > search->text && at - from < BACK_MAX && is_of_numbers(from[-1]))
        from--;
    while (from < at && !g_ascii_isdigit(*from) && !strchr("%\\-&", *from))
        from++;
    if (take_numbers(from, search->end, sample, sizeof(sample), &to) < NUMBERS_MIN)
        return blanks_last(at, search->end);
    while (to < search->end && is_of_numbers(*to))
        to++;
    (void)try_run(search, PAGE_PAYLOAD_LITERAL, decode_numbers, from, (gsize)(to - from));
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
