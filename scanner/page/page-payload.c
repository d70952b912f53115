/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page-payload.c - finds long runs of coded bytes in a text, and tells those that decode to a file.
 *
 * A run is found by looking at one byte in STEP and going both ways from there, so that prose costs
 * next to nothing. A text that is built of pieces ("TVqQ" + "AAMA") is one run; where it may have
 * been put together in more than one way, each is tried. Noise counts for nothing: of a run its
 * first bytes must be those of a known type, or letters, as they are or behind one step more
 * (page-guess.h).
 *
 * What a script replaces in its texts, and keys that it has, are tried where nothing else is found
 * (page-script.h).
 *
 * Known limits: what is enciphered in another way, or coded in two steps that are neither both
 * base64 nor told in page-guess.h, is not decoded, nor are pieces that stand in another order;
 * base64 at a line's beginning is left to mail-runs.c except in markup.
 */
#include "scanner/page/page-payload.h"

#include <string.h>

#include "scanner/common/byte-block.h"
#include "scanner/mail/mail-decode.h"
#include "scanner/page/page-decode.h"
#include "scanner/page/page-guess.h"
#include "scanner/page/page-number.h"
#include "scanner/page/page-piece.h"
#include "scanner/page/page-script.h"
#include "scanner/page/page-sign.h"

enum {
    STEP = 64,            /* letters that the shortest run has */
    NUMBERS_MIN = 48,     /* bytes; shorter lists of numbers are data of honest scripts */
    SAMPLE = 512,         /* letters that are decoded to see whether it is worth the rest */
    BACK_MAX = 256,       /* from where a list of numbers is met to its first */
    WIDE_BACK_MAX = 4096, /* from where a piece is met to the first of many */
    ESCAPES_MIN = 12,     /* escaped letters that a text has which is worth a look */
    LETTER_NEAR = 4,      /* signs to the next letter: `'T', 'V'` */
    NUMBER_SAMPLE = 128,  /* bytes that are read of a list to see whether it is worth the rest */
    VARIANTS = 4,
    CODED_AGAIN_MAX = 3, /* base64 within base64 */
    LINE_MIN = 32        /* letters; no word has as many */
};

typedef struct {
    const char *text, *end;
    gboolean is_markup;
    gboolean is_active;     /* it has a script, or is one */
    PagePayloadFound found; /* NULL: the first ends the search */
    gpointer user;
    gsize most;
    guint count;
    gboolean is_over, is_hit, stopped;
    PageScript *script;   /* NULL: not read yet */
    PageScriptKey key;    /* of the last sample that had one */
    const char *replaced; /* up to here texts were looked at with what is replaced */
} Search;

/* --- Weighing --------------------------------------------------------------------- */

static gboolean is_picture(const char *type)
{
    return g_str_has_prefix(type, "image/") && strcmp(type, "image/svg+xml-with-script") != 0;
}

/* FALSE: no more is to be told. */
static gboolean tell(Search *search, PagePayloadKind kind, const guint8 *data, gsize size)
{
    Verdict type = {0};

    if (!page_guess_type(data, size, FALSE, &type))
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

        if (page_piece_end(text, text + size) != text + size)
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

/* Read once something looks at it. */
static PageScript *script_of(Search *search)
{
    if (!search->script) {
        search->script = g_new(PageScript, 1);
        page_script_read(search->script, search->text, (gsize)(search->end - search->text));
    }
    return search->script;
}

/* Whether the first bytes look like anything, and behind which step. */
static gboolean try_sample(Search *search, PagePayloadKind kind, PageDecoder decode,
                           gconstpointer how, const char *from, gsize size, PageGuessStep *ret)
{
    guint8 sample[SAMPLE];
    Verdict type = {0};
    gboolean is_list = decode == page_decode_list;
    gsize got = decode(from, is_list ? size : MIN(size, (gsize)SAMPLE), sample,
                       is_list ? NUMBER_SAMPLE : sizeof(sample), how);

    if (page_guess_step(sample, got, ret, &type))
        return !(kind == PAGE_PAYLOAD_ADDRESS && is_picture(type.type));
    *ret = PAGE_GUESS_KEY;
    return search->is_active && kind == PAGE_PAYLOAD_LITERAL && got >= STEP &&
           page_script_find_key(script_of(search), sample, got, &search->key);
}

/* FALSE ends the search. */
static gboolean tell_whole(Search *search, PagePayloadKind kind, PageGuessStep step, guint8 *data,
                           gsize size)
{
    g_autofree guint8 *bytes = NULL;

    if (step == PAGE_GUESS_KEY) {
        page_script_apply_key(&search->key, data, size);
        return tell(search, kind, data, size);
    }
    if (step == PAGE_GUESS_PLAIN) {
        if (!tell(search, kind, data, size) || !tell_coded(search, kind, data, size))
            return FALSE;
        if (!page_guess_has_key(data, size))
            return TRUE;
        step = PAGE_GUESS_XOR;
    }
    bytes = page_guess_take_step(step, data, size, search->most, &size);
    if (!bytes) {
        search->is_over = TRUE;
        return FALSE;
    }
    return tell(search, kind, bytes, size);
}

/* FALSE: it looks like nothing. */
static gboolean try_run(Search *search, PagePayloadKind kind, PageDecoder decode, gconstpointer how,
                        const char *from, gsize size)
{
    g_autofree guint8 *whole = NULL;
    gboolean is_dense = decode != page_decode_list; /* else a byte takes many signs */
    PageGuessStep step;
    gsize got;

    if (search->stopped || !try_sample(search, kind, decode, how, from, size, &step))
        return FALSE;
    search->is_hit = TRUE;
    if (!search->found) {
        search->stopped = TRUE;
        return TRUE;
    }
    whole = search->count < PAGE_PAYLOADS_MAX && (!is_dense || size / 4 * 3 <= search->most)
                ? g_try_malloc(size + 1)
                : NULL;
    if (!whole) {
        search->is_over = search->stopped = TRUE;
        return TRUE;
    }
    got = decode(from, size, whole, size, how);
    if (got > search->most)
        search->is_over = search->stopped = TRUE;
    else
        search->stopped = !tell_whole(search, kind, step, whole, got);
    return TRUE;
}

/* As a script writes it that turns it round. */
static void try_reversed(Search *search, PageDecoder decode, const char *from, gsize size)
{
    g_autofree char *reversed = NULL;
    char sample[SAMPLE];
    PageGuessStep step;
    gsize count;

    while (size > 0 && from[size - 1] == '=') /* padding stands at the other end */
        size--;
    count = MIN(size, (gsize)SAMPLE);
    for (gsize i = 0; i < count; i++)
        sample[i] = from[size - 1 - i];
    if (search->stopped ||
        !try_sample(search, PAGE_PAYLOAD_LITERAL, decode, NULL, sample, count, &step))
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
    (void)try_run(search, PAGE_PAYLOAD_LITERAL, decode, NULL, reversed, size);
}

/* --- Base64 and hexadecimal -------------------------------------------------------- */

static gboolean is_fold(const char *at, const char *end)
{
    at += at < end && *at == '\r';
    return end - at >= 2 && at[0] == '\n' && (at[1] == ' ' || at[1] == '\t');
}

/* The end of all pieces from the run's end on; of a line that is folded (RFC 6350 3.2), of those.
 */
static const char *pieces_end(const char *at, const char *end, gboolean folds_only,
                              gboolean is_wide)
{
    const char *next;

    while (at < end && (!folds_only || is_fold(at, end)) &&
           (next = page_piece_next(at, end, is_wide)) != NULL)
        at = page_piece_end(next, end);
    return at;
}

static gboolean is_address(const Search *search, const char *from)
{
    static const char sign[] = ";base64,";
    gsize length = sizeof(sign) - 1;

    return (gsize)(from - search->text) >= length &&
           g_ascii_strncasecmp(from - length, sign, length) == 0;
}

/* Of pieces whose order only names tell, no farther than WIDE_BACK_MAX. */
static const char *pieces_begin(const Search *search, const char *at, gboolean is_wide)
{
    const char *begin = search->text, *last = at;

    while (!is_address(search, at) && !(is_wide && last - at > WIDE_BACK_MAX)) {
        const char *before = at, *least = at - MIN(at - begin, PAGE_PIECE_SEPARATOR_MAX);

        while (before > least && page_piece_is_separator(before[-1]) && before[-1] != '+')
            before--;
        /* A plus is a letter too: the one that joins has quotes on both sides. */
        while (before > least && page_piece_is_separator(before[-1]))
            before--;
        if (before == at || before == begin || !page_piece_is_letter(before[-1]) ||
            (!page_piece_is_quote(*before) && page_piece_before(begin, at, is_wide)))
            before = page_piece_before(begin, at, is_wide);
        if (!before)
            return at;
        at = page_piece_begin(begin, before);
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

/* Signs around which letters may stand that belong together; '\0': none. */
static char junk_at(const Search *search, const char *from, const char *to)
{
    static const char signs[] = "!@#$%^&*~|:;.,?_-";
    char before = from > search->text ? from[-1] : '\0', behind = to < search->end ? *to : '\0';

    if (behind != '\0' && strchr(signs, behind))
        return behind;
    return before != '\0' && strchr(signs, before) ? before : '\0';
}

/* Returns where the search goes on; NULL: nothing was found. */
static const char *try_mixed(Search *search, const PageDecodeMixed *mixed, const char *at)
{
    const char *begin = at, *least = at - MIN(at - search->text, BACK_MAX), *end;
    PageGuessStep step;

    if (!page_decode_is_mixed(mixed, *at))
        return NULL;
    while (begin > least && page_decode_is_mixed(mixed, begin[-1]))
        begin--;
    while (begin < at && page_decode_is_junk(mixed, *begin) && mixed->kind != PAGE_DECODE_URL)
        begin++;
    end = page_decode_mixed_end(mixed, at, at + MIN(search->end - at, SAMPLE));
    if (end - begin < STEP || !try_sample(search, PAGE_PAYLOAD_LITERAL, page_decode_mixed, mixed,
                                          begin, (gsize)(end - begin), &step))
        return NULL;
    end = page_decode_mixed_end(mixed, end, search->end);
    (void)try_run(search, PAGE_PAYLOAD_LITERAL, page_decode_mixed, mixed, begin,
                  (gsize)(end - begin));
    return end;
}

/* The letters from `from` to `to` are not alone. */
static const char *look_at_mixed(Search *search, const char *at, const char *from, const char *to)
{
    const PageDecodeMixed url = {PAGE_DECODE_URL, '\0'},
                          junk = {PAGE_DECODE_JUNK, junk_at(search, from, to)};
    const char *found = NULL;

    if (junk.junk == '-' || junk.junk == '_')
        found = try_mixed(search, &url, at);
    if (!found && junk.junk != '\0')
        found = try_mixed(search, &junk, at);
    return found;
}

/* Pairs of digits with anything between them. */
static const char *look_at_hex(Search *search, const char *at)
{
    static const PageDecodeMixed hex = {PAGE_DECODE_HEX, '\0'};

    for (guint i = 0; i < LETTER_NEAR && at + 1 < search->end && !g_ascii_isxdigit(*at); i++)
        at++;
    return g_ascii_isxdigit(*at) ? try_mixed(search, &hex, at) : NULL;
}

/* Pieces that a script has in names of their own, in the order in which they stand. NULL: nothing
 * was found. */
static const char *look_at_names(Search *search, const char *from, const char *to)
{
    const char *begin, *next = NULL;
    PageGuessStep step;

    if (to - from < LINE_MIN || to == search->end || !page_piece_is_quote(*to) ||
        ((next = page_piece_next(to, search->end, TRUE)) == NULL &&
         !page_piece_before(search->text, from, TRUE)))
        return NULL;
    begin = pieces_begin(search, from, TRUE);
    if (!try_sample(search, PAGE_PAYLOAD_LITERAL, page_decode_base64, search, begin,
                    (gsize)(search->end - begin), &step))
        return NULL;
    to = pieces_end(to, search->end, FALSE, TRUE);
    (void)try_run(search, PAGE_PAYLOAD_LITERAL, page_decode_base64, search, begin,
                  (gsize)(to - begin));
    return to;
}

/* Where no file is in it: one may be in what it stands among. */
static const char *look_around(Search *search, const char *at, const char *from, const char *to,
                               const char *otherwise)
{
    const char *found = search->is_active ? look_at_mixed(search, at, from, to) : NULL;

    if (!found && search->is_active)
        found = look_at_names(search, from, to);
    return found ? found : otherwise;
}

/* Where the search goes on behind pieces in which nothing is: a word before a quote is no piece of
 * the run behind it, which is long enough to be met by itself. */
static const char *behind_pieces(const Search *search, const char *from, const char *to,
                                 const char *end)
{
    const char *next = to - from < STEP && to < end ? page_piece_next(to, end, FALSE) : NULL;

    return next && page_piece_end(next, search->end) - next >= STEP ? to : end;
}

/* What stands around the run at `at`. Returns where the search goes on. */
static const char *look_at_letters(Search *search, const char *at)
{
    const char *from = page_piece_begin(search->text, at), *to = page_piece_end(at, search->end);
    const char *starts[VARIANTS], *ends[VARIANTS];
    PagePayloadKind kind;
    gboolean is_line, is_hit = FALSE, has_hex;

    if (from > search->text && page_piece_is_escaped_blank(from - 1, to) && to - from > 1)
        from++;
    /* A short piece counts if quotes, or a line's end, and others go on behind it. */
    if (to - from < STEP &&
        (to == search->end ||
         !(page_piece_is_quote(*to) ||
           (search->is_markup && to - from >= LINE_MIN && g_ascii_isspace(*to))) ||
         pieces_end(to, search->end, FALSE, FALSE) - pieces_begin(search, from, FALSE) < STEP))
        return look_around(search, at, from, to, to);
    kind = is_address(search, pieces_begin(search, from, FALSE)) ? PAGE_PAYLOAD_ADDRESS
                                                                 : PAGE_PAYLOAD_LITERAL;
    is_line = from == search->text || from[-1] == '\n';
    if (is_line && !search->is_markup)
        return pieces_end(to, search->end, FALSE, FALSE);
    starts[0] = starts[1] = from;
    starts[2] = starts[3] = pieces_begin(search, from, FALSE);
    ends[0] = ends[3] = pieces_end(to, search->end, TRUE, FALSE);
    ends[1] = ends[2] = pieces_end(to, search->end, FALSE, FALSE);
    has_hex = is_hex(from, (gsize)(to - from));
    for (guint i = 0; i < VARIANTS && !search->stopped; i++) {
        if ((i > 0 && starts[i] == starts[i - 1] && ends[i] == ends[i - 1]) ||
            (i == 3 && (ends[3] == ends[2] || starts[3] == from)))
            continue; /* the same as another */
        is_hit |= try_run(search, kind, page_decode_base64, NULL, starts[i],
                          (gsize)(ends[i] - starts[i]));
        if (has_hex)
            is_hit |= try_run(search, kind, page_decode_hex, NULL, starts[i],
                              (gsize)(ends[i] - starts[i]));
    }
    if (!is_hit && kind == PAGE_PAYLOAD_LITERAL) {
        try_reversed(search, page_decode_base64, starts[2], (gsize)(ends[1] - starts[2]));
        if (has_hex)
            try_reversed(search, page_decode_hex, starts[2], (gsize)(ends[1] - starts[2]));
    }
    return is_hit ? ends[1]
                  : look_around(search, at, from, to, behind_pieces(search, from, to, ends[1]));
}

/* --- Numbers ---------------------------------------------------------------------- */

/* The last of the blanks at `at`, which were all looked past; NULL: there are none. */
static const char *blanks_last(const char *at, const char *end)
{
    const char *begin = at;

    while (at < end && page_decode_is_between(*at))
        at++;
    return at > begin ? at - 1 : NULL;
}

/* Returns where the search goes on; NULL: there is no list. */
static const char *look_at_numbers(Search *search, const char *at)
{
    guint8 sample[NUMBERS_MIN];
    const char *from = at, *to;

    while (from > search->text && at - from < BACK_MAX && page_piece_is_number(from[-1]))
        from--;
    while (from < at && !g_ascii_isdigit(*from) && !strchr("%\\-&", *from))
        from++;
    if (page_decode_take_numbers(from, search->end, sample, sizeof(sample), &to) < NUMBERS_MIN)
        return blanks_last(at, search->end);
    while (to < search->end && page_piece_is_number(*to))
        to++;
    (void)try_run(search, PAGE_PAYLOAD_LITERAL, page_decode_numbers, NULL, from,
                  (gsize)(to - from));
    return to;
}

/* In each way in which it may be read. TRUE: one of them gives something. */
static gboolean try_list(Search *search, PageNumberList *list)
{
    for (guint column = 0; column <= list->round; column++) {
        list->column = column;
        if (list->round == 1 && column == 0) /* the same as all */
            continue;
        list->width = page_number_width(list, search->end);
        for (guint i = 0; i < (list->width == 1 ? 1 : 2); i++) {
            list->is_big = i == 1;
            if (try_run(search, PAGE_PAYLOAD_LITERAL, page_decode_list, list, list->from,
                        (gsize)(search->end - list->from)))
                return TRUE;
        }
    }
    return FALSE;
}

/* Numbers with anything between them. Returns where the search goes on; NULL: there is no list. */
static const char *look_at_list(Search *search, const char *at)
{
    guint8 sample[NUMBERS_MIN];
    PageNumberList list;
    const char *to, *strict;
    gboolean is_hit;

    if (!page_number_find(search->text, at, search->end, &list))
        return NULL;
    list.width = page_number_width(&list, search->end);
    list.is_joined = TRUE;
    if (page_number_read(&list, search->end, sample, sizeof(sample), &to) < sizeof(sample))
        return NULL;
    is_hit = try_list(search, &list);
    if (!is_hit && list.earliest != list.from) {
        list.from = list.earliest;
        is_hit = try_list(search, &list);
    }
    if (!is_hit || search->stopped)
        return to;
    /* What stands behind another text may be no part of it. */
    (void)page_number_read(&list, search->end, NULL, G_MAXSIZE, &to);
    list.is_joined = FALSE;
    (void)page_number_read(&list, search->end, NULL, G_MAXSIZE, &strict);
    if (strict != to)
        (void)try_run(search, PAGE_PAYLOAD_LITERAL, page_decode_list, &list, list.from,
                      (gsize)(strict - list.from));
    return to;
}

/* --- Escapes ---------------------------------------------------------------------- */

static gboolean is_escape(const char *at, const char *end)
{
    return end - at >= 3 && ((*at == '%' && (g_ascii_isxdigit(at[1]) || (at[1] | 0x20) == 'u')) ||
                             (*at == '\\' && ((at[1] | 0x20) == 'x' || (at[1] | 0x20) == 'u')));
}

/* Where a text ends in which letters stand for themselves: at its quote, or at a tag or line. */
static const char *escaped_end(const char *at, const char *end)
{
    for (; at < end; at++) {
        if (*at == '\\' && end - at >= 2)
            at++;
        else if (page_piece_is_quote(*at) || *at == '\n' || *at == '<' || *at == '>')
            break;
    }
    return MIN(at, end);
}

/* Where that text begins; *ret_kind: what it is. */
static const char *escaped_begin(const Search *search, const char *at, PagePayloadKind *ret_kind)
{
    static const char sign[] = "data:";
    const char *least = at - MIN(at - search->text, BACK_MAX), *from = at, *address, *comma;

    while (from > least && !page_piece_is_quote(from[-1]) && !strchr("\n<>", from[-1]))
        from--;
    *ret_kind = PAGE_PAYLOAD_LITERAL;
    address = memmem(from, (gsize)(at - from), sign, strlen(sign));
    comma = address ? memchr(address, ',', (gsize)(at - address)) : NULL;
    if (!comma)
        return from;
    *ret_kind = PAGE_PAYLOAD_ADDRESS;
    return comma + 1;
}

/* A text in which some letters are escaped and others stand for themselves. Returns where the
 * search goes on; NULL: there is none. */
static const char *look_at_escapes(Search *search, const char *at)
{
    const char *most = at + MIN(search->end - at, STEP), *from, *to;
    PagePayloadKind kind;
    guint count = 0;

    while (at < most && !is_escape(at, most))
        at++;
    if (at == most)
        return NULL;
    from = escaped_begin(search, at, &kind);
    to = escaped_end(at, search->end);
    for (at = from; at < to && count < ESCAPES_MIN; at++)
        count += is_escape(at, to);
    if (count < ESCAPES_MIN)
        return NULL;
    for (guint is_wide = 0; is_wide < 2; is_wide++)
        if (try_run(search, kind, page_decode_escaped, is_wide ? search : NULL, from,
                    (gsize)(to - from)))
            break;
    return to;
}

/* A text from which a script takes some signs before it decodes it. Returns where the search goes
 * on; NULL: nothing was found. */
static const char *look_at_replaced(Search *search, const char *at)
{
    const PageScript *script;
    g_autofree char *text = NULL;
    char sample[SAMPLE * 4];
    PagePayloadKind kind;
    PageGuessStep step;
    const char *from, *to;
    gsize used;

    if (at < search->replaced || (script = script_of(search))->replacement_count == 0)
        return NULL;
    from = escaped_begin(search, at, &kind);
    search->replaced = to = escaped_end(at, search->end);
    if (to - from < STEP)
        return NULL;
    used = MIN((gsize)(to - from), sizeof(sample));
    memcpy(sample, from, used);
    used = page_script_replace(script, sample, used);
    if (page_piece_end(sample, sample + used) - sample < STEP ||
        !try_sample(search, PAGE_PAYLOAD_LITERAL, page_decode_base64, NULL, sample, used, &step))
        return NULL;
    text = g_try_malloc((gsize)(to - from));
    if (!text) {
        search->is_over = search->stopped = TRUE;
        return to;
    }
    memcpy(text, from, (gsize)(to - from));
    used = page_script_replace(script, text, (gsize)(to - from));
    (void)try_run(search, PAGE_PAYLOAD_LITERAL, page_decode_base64, NULL, text, used);
    return to;
}

/* --- Searching -------------------------------------------------------------------- */

/* The first letter from there on; pieces of one letter each stand so far apart. NULL: none. */
static const char *letter_at(const Search *search, const char *at)
{
    const char *most = at + MIN(search->end - at, search->is_active ? LETTER_NEAR : 1);

    while (at < most && !page_piece_is_letter(*at))
        at++;
    return at < most ? at : NULL;
}

/* Whether the letters at `at` are more than a short word with nothing at its end that may make it
 * part of more. Nearly none are: there is no branch in it that would be guessed wrong. */
static gboolean may_be_run(const char *at)
{
    guint before = byte_block_others(at - BYTE_BLOCK), behind = byte_block_others(at);
    char next = at[__builtin_ctz(behind | 1u << BYTE_BLOCK)];
    gboolean is_open = (behind == 0) | (before == 0) | (next == '=') | (next == '"') |
                       (next == '\'') | (next == '`');

    return is_open && (behind & 1) == 0;
}

/* From where on a text that is no page and has no script may have something: nothing shorter than
 * STEP is passed over that is letters throughout. Not far from the end it is not known. */
static const char *skip_words(const char *at, const char *end)
{
    while (end - at > STEP && !may_be_run(at))
        at += STEP;
    return at;
}

static void search_all(Search *search)
{
    const char *at = search->text + STEP - 1;
    gboolean is_prose = !search->is_markup && !search->is_active;

    while (at < search->end && !search->stopped) {
        const char *next = NULL, *letter;

        if (is_prose)
            at = skip_words(at, search->end);
        if (search->is_active && (next = look_at_replaced(search, at)) == NULL &&
            (next = look_at_escapes(search, at)) == NULL)
            next = look_at_hex(search, at);
        if (!next && (search->is_markup || search->is_active) && page_piece_is_number(*at))
            next = look_at_numbers(search, at);
        if (!next && search->is_active)
            next = look_at_list(search, at);
        if (!next && (letter = letter_at(search, at)) != NULL)
            next = look_at_letters(search, letter);
        at = next && next > at ? next : at;
        if (search->end - at <= STEP)
            return;
        at += STEP;
    }
}

gboolean page_payload_matches(const void *data, gsize size, SignLacks lacks)
{
    Search search = {.text = data, .end = (const char *)data + size};

    if (!page_sign_is_text(data, size))
        return FALSE;
    search.is_markup = page_sign_is_markup(data, size);
    search.is_active = page_sign_is_active(data, size, search.is_markup, lacks);
    search_all(&search);
    g_free(search.script);
    return search.is_hit;
}

gboolean page_payload_find(const void *data, gsize size, gsize most, PagePayloadFound found,
                           gpointer user)
{
    Search search = {
        .text = data, .end = (const char *)data + size, .found = found, .user = user, .most = most};

    if (!page_sign_is_text(data, size))
        return TRUE;
    search.is_markup = page_sign_is_markup(data, size);
    search.is_active = page_sign_is_active(data, size, search.is_markup, 0);
    search_all(&search);
    g_free(search.script);
    return !search.is_over;
}
