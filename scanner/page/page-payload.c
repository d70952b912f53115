/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page-payload.c - finds long runs of coded bytes in a text, and tells those that decode to a file.
 *
 * A run is found by looking at one byte in PAGE_TRY_MIN and going both ways from there, so that
 * prose costs next to nothing. A text that is built of pieces ("TVqQ" + "AAMA") is one run; where
 * it may have been put together in more than one way, each is tried. What a run has
 * to look like is told in page-try.c.
 *
 * What a script replaces in its texts, and keys that it has, are tried where nothing else is found
 * (page-script.h).
 *
 * Known limits: what is enciphered in another way, or coded in two steps that are neither both
 * base64 nor told in page-guess.h, is not decoded, nor are pieces that stand in an order other than
 * from the first to the last or the other way; base64 at a line's beginning is left to mail-runs.c
 * except in markup.
 */
#include "scanner/page/page-payload.h"

#include <string.h>

#include "scanner/common/board.h"
#include "scanner/common/byte-block.h"
#include "scanner/page/page-number.h"
#include "scanner/page/page-piece.h"
#include "scanner/page/page-sign.h"
#include "scanner/page/page-try.h"

enum {
    NUMBERS_MIN = 48,     /* bytes; shorter lists of numbers are data of honest scripts */
    BACK_MAX = 256,       /* from where a list of numbers is met to its first */
    WIDE_BACK_MAX = 4096, /* from where a piece is met to the first of many */
    ESCAPES_MIN = 12,     /* escaped letters that a text has which is worth a look */
    LETTER_NEAR = 4,      /* signs to the next letter: `'T', 'V'` */
    CAPITALS_MIN = 4,     /* behind small letters; one in six of base64 is one ... */
    CAPITAL_NEAR = 16,    /* ... and the first is near */
    VARIANTS = 4,
    LINE_MIN = 32, /* letters; no word has as many */
    TIME_STEP = 64 /* looks, of some microseconds each, from one at the clock to the next */
};

/* --- Base64 and hexadecimal -------------------------------------------------------- */

static gboolean is_fold(const char *at, const char *end)
{
    at += at < end && *at == '\r';
    return end - at >= 2 && at[0] == '\n' && (at[1] == ' ' || at[1] == '\t');
}

static gboolean is_blank(const char *at, const char *end)
{
    while (at < end) {
        gsize escaped = page_piece_escaped_blank(at, end);

        if (escaped == 0 && !g_ascii_isspace(*at))
            return FALSE;
        at += MAX(escaped, 1);
    }
    return TRUE;
}

/* The end of all pieces from the run's end on. */
static const char *pieces_end(const char *at, const char *end, gboolean is_wide)
{
    const char *next;

    while (at < end && (next = page_piece_next(at, end, is_wide)) != NULL)
        at = page_piece_end(next, end);
    return at;
}

/* The end of those that are one text to all who read it: of a line that is folded (RFC 6350 3.2),
 * in markup of lines with nothing but blanks between them. */
static const char *text_end(const PageSearch *search, const char *at)
{
    const char *next;

    while (at < search->end && (next = page_piece_next(at, search->end, FALSE)) != NULL &&
           (search->is_markup ? is_blank(at, next) : is_fold(at, search->end)))
        at = page_piece_end(next, search->end);
    return at;
}

static gboolean is_address(const PageSearch *search, const char *from)
{
    static const char sign[] = ";base64,";
    gsize length = sizeof(sign) - 1;

    return (gsize)(from - search->text) >= length &&
           g_ascii_strncasecmp(from - length, sign, length) == 0;
}

/* Of pieces whose order only names tell, no farther than WIDE_BACK_MAX. */
static const char *pieces_begin(const PageSearch *search, const char *at, gboolean is_wide)
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
    for (gsize i = 0; i < MIN(size, (gsize)PAGE_TRY_SAMPLE); i++)
        if (!g_ascii_isxdigit(from[i]))
            return FALSE;
    return TRUE;
}

/* Signs around which letters may stand that belong together; '\0': none. */
static char junk_at(const PageSearch *search, const char *from, const char *to)
{
    static const char signs[] = "!@#$%^&*~|:;.,?_-";
    char before = from > search->text ? from[-1] : '\0', behind = to < search->end ? *to : '\0';

    if (behind != '\0' && strchr(signs, behind))
        return behind;
    return before != '\0' && strchr(signs, before) ? before : '\0';
}

/* Returns where the search goes on; NULL: nothing was found. */
static const char *try_mixed(PageSearch *search, const PageDecodeMixed *mixed, const char *at)
{
    const char *begin = at, *least = at - MIN(at - search->text, BACK_MAX), *end;

    if (!page_decode_is_mixed(mixed, *at))
        return NULL;
    while (begin > least && page_decode_is_mixed(mixed, begin[-1]))
        begin--;
    while (begin < at && page_decode_is_junk(mixed, *begin) && mixed->kind != PAGE_DECODE_URL)
        begin++;
    end = page_decode_mixed_end(mixed, at, at + MIN(search->end - at, PAGE_TRY_SAMPLE));
    if (end - begin < PAGE_TRY_MIN ||
        !page_try_sample(search, PAGE_PAYLOAD_LITERAL, page_decode_mixed, mixed, begin,
                         (gsize)(end - begin)))
        return NULL;
    end = page_decode_mixed_end(mixed, end, search->end);
    (void)page_try_run(search, PAGE_PAYLOAD_LITERAL, page_decode_mixed, mixed, begin,
                       (gsize)(end - begin));
    return end;
}

static gboolean is_letter_or_blank(char c)
{
    return page_piece_is_letter(c) || g_ascii_isspace(c);
}

/* In small letters, as most words of prose. */
static gboolean is_word(const char *from, const char *to)
{
    while (from < to && g_ascii_islower(*from))
        from++;
    return from == to;
}

/* Whether the letters stand between blanks as those of base64 may: behind a quote, or among more
 * capitals behind small ones than in prose. */
static gboolean is_broken(const PageSearch *search, const char *from, const char *to)
{
    const char *most = to + MIN(search->end - to, PAGE_TRY_MIN), *begin = from;
    guint count = 0, letters = 0;
    char last = '\0';

    if (to == search->end || !g_ascii_isspace(*to) || is_word(from, to))
        return FALSE;
    while (begin > search->text && from - begin < BACK_MAX && is_letter_or_blank(begin[-1]))
        begin--;
    if (begin > search->text && page_piece_is_quote(begin[-1]))
        return TRUE;
    for (; from < most && count < CAPITALS_MIN; from++) {
        if (g_ascii_isspace(*from))
            continue;
        if (!page_piece_is_letter(*from) || (++letters > CAPITAL_NEAR && count == 0))
            return FALSE;
        count += g_ascii_islower(last) && g_ascii_isupper(*from);
        last = *from;
    }
    return count >= CAPITALS_MIN;
}

/* The letters from `from` to `to` are not alone. */
static const char *look_at_mixed(PageSearch *search, const char *at, const char *from,
                                 const char *to)
{
    const PageDecodeMixed url = {PAGE_DECODE_URL, '\0'},
                          junk = {PAGE_DECODE_JUNK, junk_at(search, from, to)},
                          blanks = {PAGE_DECODE_BLANKS, '\0'};
    const char *found = NULL;

    if (junk.junk == '-' || junk.junk == '_')
        found = try_mixed(search, &url, at);
    if (!found && junk.junk != '\0')
        found = try_mixed(search, &junk, at);
    if (!found && is_broken(search, from, to))
        found = try_mixed(search, &blanks, at);
    return found;
}

/* Pairs of digits with anything between them. */
static const char *look_at_hex(PageSearch *search, const char *at)
{
    static const PageDecodeMixed hex = {PAGE_DECODE_HEX, '\0'};

    for (guint i = 0; i < LETTER_NEAR && at + 1 < search->end && !g_ascii_isxdigit(*at); i++)
        at++;
    return g_ascii_isxdigit(*at) ? try_mixed(search, &hex, at) : NULL;
}

/* Pieces that a script has in names of their own, in the order in which they stand. NULL: nothing
 * was found. */
static const char *look_at_names(PageSearch *search, const char *from, const char *to)
{
    const char *begin;

    if (to - from < LINE_MIN || to == search->end || !page_piece_is_quote(*to) ||
        (!page_piece_next(to, search->end, TRUE) && !page_piece_before(search->text, from, TRUE)))
        return NULL;
    begin = pieces_begin(search, from, TRUE);
    if (!page_try_sample(search, PAGE_PAYLOAD_LITERAL, page_decode_base64, search, begin,
                         (gsize)(search->end - begin)))
        return NULL;
    to = pieces_end(to, search->end, TRUE);
    (void)page_try_run(search, PAGE_PAYLOAD_LITERAL, page_decode_base64, search, begin,
                       (gsize)(to - begin));
    return to;
}

/* Pieces between which the same text returns. Returns where the search goes on: behind those that
 * are too short to be met by themselves. NULL: there are none. */
static const char *look_at_round(PageSearch *search, const char *from, const char *to)
{
    const char *before, *begin = from, *end = to, *next;
    PagePieceRound round;
    gboolean is_file, is_short = TRUE;

    if (!page_piece_find_round(to, search->end, &round))
        return NULL;
    while (from - begin < WIDE_BACK_MAX &&
           (before = page_piece_before_round(&round, search->text, begin)) != NULL &&
           before - page_piece_begin(search->text, before) >= PAGE_PIECE_ROUND_MIN)
        begin = page_piece_begin(search->text, before);
    is_file = page_try_sample(search, PAGE_PAYLOAD_LITERAL, page_decode_round, &round, begin,
                              (gsize)(search->end - begin));
    while ((is_file || is_short) && end < search->end &&
           (next = page_piece_behind_round(&round, end, search->end)) != NULL) {
        end = page_piece_end(next, search->end);
        is_short = end - next < PAGE_TRY_MIN;
    }
    if (is_file)
        (void)page_try_run(search, PAGE_PAYLOAD_LITERAL, page_decode_round, &round, begin,
                           (gsize)(end - begin));
    return is_file || is_short ? end : to;
}

/* Where a piece with padding begins that stands before the one at `at`, which is returned else. */
static const char *padded_before(const PageSearch *search, const char *at)
{
    const char *least = at - MIN(at - search->text, PAGE_PIECE_SEPARATOR_MAX), *from = at;

    while (from > least && from[-1] != '=')
        from--;
    while (from > least && from[-1] == '=')
        from--;
    return from > least && page_piece_is_letter(from[-1]) ? page_piece_begin(search->text, from)
                                                          : at;
}

/* Pieces that a script puts together from the last to the first. Returns where the search goes on;
 * NULL: nothing was found. */
static const char *look_at_turned(PageSearch *search, const char *from, const char *to)
{
    const char *begin, *end, *next, *padded;
    g_autofree char *text = NULL;
    gsize used;

    if (from < search->turned || to == search->end || !page_piece_is_quote(*to))
        return NULL;
    begin = pieces_begin(search, from, TRUE);
    search->turned = end = pieces_end(to, search->end, TRUE);
    padded = padded_before(search, begin);
    used = (gsize)(end - padded);
    text = used >= PAGE_TRY_MIN ? g_try_malloc(used) : NULL;
    if (text && padded < begin) {
        const char *behind = page_piece_end(padded, begin);

        used -= (gsize)(behind - padded);
        memcpy(text + used, padded, (gsize)(behind - padded));
    }
    for (const char *at = begin; text && at; at = next) {
        const char *behind = page_piece_end(at, end);

        used -= (gsize)(behind - at);
        memcpy(text + used, at, (gsize)(behind - at));
        next = behind < end ? page_piece_next(behind, search->end, TRUE) : NULL;
    }
    return text && page_try_run(search, PAGE_PAYLOAD_LITERAL, page_decode_base64, NULL, text + used,
                                (gsize)(end - padded) - used)
               ? end
               : NULL;
}

/* Where no file is in it: one may be in what it stands among. */
static const char *look_around(PageSearch *search, const char *at, const char *from, const char *to,
                               const char *otherwise)
{
    const char *found = search->is_active ? look_at_mixed(search, at, from, to) : NULL;

    if (!found && search->is_active)
        found = look_at_names(search, from, to);
    if (!found && search->is_active)
        found = look_at_turned(search, from, to);
    if (!found && search->is_active)
        found = look_at_round(search, from, to);
    return found ? found : otherwise;
}

/* Where the search goes on behind pieces in which nothing is: a word before a quote is no piece of
 * the run behind it, which is long enough to be met by itself. */
static const char *behind_pieces(const PageSearch *search, const char *from, const char *to,
                                 const char *end)
{
    const char *next =
        to - from < PAGE_TRY_MIN && to < end ? page_piece_next(to, end, FALSE) : NULL;

    return next && page_piece_end(next, search->end) - next >= PAGE_TRY_MIN ? to : end;
}

/* What stands around the run at `at`. Returns where the search goes on. */
static const char *look_at_letters(PageSearch *search, const char *at)
{
    static const PageTryChange CHANGES[] = {PAGE_TRY_REVERSED, PAGE_TRY_SWAPPED};
    const char *from = page_piece_begin(search->text, at), *to = page_piece_end(at, search->end);
    const char *starts[VARIANTS], *ends[VARIANTS];
    PagePayloadKind kind;
    gboolean is_line, is_hit = FALSE, has_hex;

    if (from > search->text && page_piece_escaped_blank(from - 1, to) > 0 && to - from > 1)
        from++;
    /* A short piece counts if quotes, or a line's end, and others go on behind it. */
    if (to - from < PAGE_TRY_MIN &&
        (to == search->end ||
         !(page_piece_is_quote(*to) ||
           (search->is_markup && to - from >= LINE_MIN && g_ascii_isspace(*to))) ||
         pieces_end(to, search->end, FALSE) - pieces_begin(search, from, FALSE) < PAGE_TRY_MIN))
        return look_around(search, at, from, to, to);
    kind = is_address(search, pieces_begin(search, from, FALSE)) ? PAGE_PAYLOAD_ADDRESS
                                                                 : PAGE_PAYLOAD_LITERAL;
    is_line = from == search->text || from[-1] == '\n';
    if (is_line && !search->is_markup)
        return pieces_end(to, search->end, FALSE);
    starts[0] = starts[1] = from;
    starts[2] = starts[3] = pieces_begin(search, from, FALSE);
    ends[0] = ends[3] = text_end(search, to);
    ends[1] = ends[2] = pieces_end(to, search->end, FALSE);
    has_hex = is_hex(from, (gsize)(to - from));
    for (guint i = 0; i < VARIANTS && !search->stopped; i++) {
        if ((i > 0 && starts[i] == starts[i - 1] && ends[i] == ends[i - 1]) ||
            (i == 3 && (ends[3] == ends[2] || starts[3] == from)))
            continue; /* the same as another */
        is_hit |= page_try_run(search, kind, page_decode_base64, NULL, starts[i],
                               (gsize)(ends[i] - starts[i]));
        if (has_hex)
            is_hit |= page_try_run(search, kind, page_decode_hex, NULL, starts[i],
                                   (gsize)(ends[i] - starts[i]));
    }
    if (!is_hit && kind == PAGE_PAYLOAD_LITERAL) {
        for (guint i = 0; i < G_N_ELEMENTS(CHANGES); i++)
            page_try_changed(search, CHANGES[i], page_decode_base64, starts[2],
                             (gsize)(ends[1] - starts[2]));
        if (has_hex)
            page_try_changed(search, PAGE_TRY_REVERSED, page_decode_hex, starts[2],
                             (gsize)(ends[1] - starts[2]));
    }
    if (!is_hit)
        return look_around(search, at, from, to, behind_pieces(search, from, to, ends[1]));
    /* Words between pieces without quotes are letters, too. */
    if (search->is_active && !search->stopped && to < search->end && !page_piece_is_quote(*to))
        (void)look_at_round(search, from, to);
    return ends[1];
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
static const char *look_at_numbers(PageSearch *search, const char *at)
{
    guint8 sample[NUMBERS_MIN];
    const char *from = at, *to;

    while (from > search->text && at - from < BACK_MAX &&
           page_piece_is(from[-1], PAGE_PIECE_NUMBER))
        from--;
    while (from < at && !g_ascii_isdigit(*from) && !strchr("%\\-&", *from))
        from++;
    if (page_decode_take_numbers(from, search->end, sample, sizeof(sample), &to) < NUMBERS_MIN)
        return blanks_last(at, search->end);
    while (to < search->end && page_piece_is(*to, PAGE_PIECE_NUMBER))
        to++;
    (void)page_try_run(search, PAGE_PAYLOAD_LITERAL, page_decode_numbers, NULL, from,
                       (gsize)(to - from));
    return to;
}

/* In each way in which it may be read. TRUE: one of them gives something. */
static gboolean try_list(PageSearch *search, PageNumberList *list)
{
    for (guint column = 0; column <= list->round; column++) {
        list->column = column;
        if (list->round == 1 && column == 0) /* the same as all */
            continue;
        list->width = page_number_width(list, search->end);
        for (guint i = 0; i < (list->width == 1 ? 1 : 2); i++) {
            list->is_big = i == 1;
            if (page_try_run(search, PAGE_PAYLOAD_LITERAL, page_decode_list, list, list->from,
                             (gsize)(search->end - list->from)))
                return TRUE;
        }
        list->is_low = list->width > 1;
        list->width = 1;
        if (list->is_low && page_try_run(search, PAGE_PAYLOAD_LITERAL, page_decode_list, list,
                                         list->from, (gsize)(search->end - list->from)))
            return TRUE;
        list->is_low = FALSE;
    }
    return FALSE;
}

/* Numbers that are written as sums. */
static void try_computed(PageSearch *search, const char *at)
{
    PageNumberList list;

    if (!page_number_find(search->text, at, search->end, TRUE, &list))
        return;
    list.is_joined = TRUE;
    (void)try_list(search, &list);
}

/* Numbers with anything between them. Returns where the search goes on; NULL: there is no list. */
static const char *look_at_list(PageSearch *search, const char *at)
{
    guint8 sample[NUMBERS_MIN];
    PageNumberList list;
    const char *to, *strict;
    gboolean is_hit;

    if (!page_number_find(search->text, at, search->end, FALSE, &list))
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
    if (!is_hit)
        try_computed(search, at);
    if (!is_hit || search->stopped)
        return to;
    /* What stands behind another text may be no part of it. */
    (void)page_number_read(&list, search->end, NULL, G_MAXSIZE, &to);
    list.is_joined = FALSE;
    (void)page_number_read(&list, search->end, NULL, G_MAXSIZE, &strict);
    if (strict != to)
        (void)page_try_run(search, PAGE_PAYLOAD_LITERAL, page_decode_list, &list, list.from,
                           (gsize)(strict - list.from));
    return to;
}

/* --- Escapes ---------------------------------------------------------------------- */

static gboolean is_escape(const char *at, const char *end)
{
    return end - at >= 3 && ((*at == '%' && (g_ascii_isxdigit(at[1]) || (at[1] | 0x20) == 'u')) ||
                             (*at == '\\' && ((at[1] | 0x20) == 'x' || (at[1] | 0x20) == 'u' ||
                                              g_ascii_isdigit(at[1]))));
}

/* NULL: there is none. */
static const char *next_escape(const char *at, const char *end)
{
    for (; at < end; at++) {
        guint marks = end - at > BYTE_BLOCK ? byte_block_either(at, '%', '\\') : 1;

        at += marks != 0 ? __builtin_ctz(marks) : BYTE_BLOCK - 1;
        if (marks != 0 && is_escape(at, end))
            return at;
    }
    return NULL;
}

/* Where a text ends in which letters stand for themselves: at its quote, or at a tag or line. */
static const char *escaped_end(const char *at, const char *end)
{
    for (; at < end; at++) {
        if (*at == '\\' && end - at >= 2)
            at++;
        else if (page_piece_is(*at, PAGE_PIECE_BOUND))
            break;
    }
    return MIN(at, end);
}

/* Where that text begins; *ret_kind: what it is. */
static const char *escaped_begin(const PageSearch *search, const char *at,
                                 PagePayloadKind *ret_kind)
{
    static const char sign[] = "data:";
    const char *least = at - MIN(at - search->text, BACK_MAX), *from = at, *address, *comma;

    while (from > least && !page_piece_is(from[-1], PAGE_PIECE_BOUND))
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
static const char *look_at_escapes(PageSearch *search, const char *at)
{
    const char *from, *to;
    PagePayloadKind kind;
    guint count = 0;

    at = next_escape(at, at + MIN(search->end - at, PAGE_TRY_MIN));
    if (!at)
        return NULL;
    from = escaped_begin(search, at, &kind);
    to = escaped_end(at, search->end);
    for (at = from; at < to && count < ESCAPES_MIN; at++)
        count += is_escape(at, to);
    if (count < ESCAPES_MIN)
        return NULL;
    for (guint is_wide = 0; is_wide < 2; is_wide++)
        if (page_try_run(search, kind, page_decode_escaped, is_wide ? search : NULL, from,
                         (gsize)(to - from)))
            break;
    return to;
}

/* A text from which a script takes some signs before it decodes it. Returns where the search goes
 * on; NULL: nothing was found. */
static const char *look_at_replaced(PageSearch *search, const char *at)
{
    const PageScript *script;
    g_autofree char *text = NULL;
    char sample[PAGE_TRY_SAMPLE * 4];
    PagePayloadKind kind;
    const char *from, *to;
    gsize used;

    if (at < search->replaced || (script = page_try_script(search))->replacement_count == 0)
        return NULL;
    from = escaped_begin(search, at, &kind);
    search->replaced = to = escaped_end(at, search->end);
    if (to - from < PAGE_TRY_MIN)
        return NULL;
    used = MIN((gsize)(to - from), sizeof(sample));
    memcpy(sample, from, used);
    used = page_script_replace(script, sample, used);
    if (page_piece_end(sample, sample + used) - sample < PAGE_TRY_MIN ||
        !page_try_sample(search, PAGE_PAYLOAD_LITERAL, page_decode_base64, NULL, sample, used))
        return NULL;
    text = g_try_malloc((gsize)(to - from));
    if (!text) {
        search->is_over = search->stopped = TRUE;
        return to;
    }
    memcpy(text, from, (gsize)(to - from));
    used = page_script_replace(script, text, (gsize)(to - from));
    (void)page_try_run(search, PAGE_PAYLOAD_LITERAL, page_decode_base64, NULL, text, used);
    return to;
}

/* --- Searching -------------------------------------------------------------------- */

/* The first letter from there on; pieces of one letter each stand so far apart. NULL: none. */
static const char *letter_at(const PageSearch *search, const char *at)
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
 * PAGE_TRY_MIN is passed over that is letters throughout. Not far from the end it is not known. */
static const char *skip_words(const char *at, const char *end)
{
    while (end - at > PAGE_TRY_MIN && !may_be_run(at))
        at += PAGE_TRY_MIN;
    return at;
}

static void search_all(PageSearch *search)
{
    const char *at = search->text + PAGE_TRY_MIN - 1;
    gboolean is_prose = !search->is_markup && !search->is_active;
    guint steps = 0;

    while (at < search->end && !search->stopped) {
        const char *next = NULL, *letter;

        if (++steps % TIME_STEP == 0 && board_now() >= search->late) {
            search->is_hit = search->is_over = search->stopped = TRUE;
            return;
        }
        if (is_prose)
            at = skip_words(at, search->end);
        if (search->is_active && (next = look_at_replaced(search, at)) == NULL &&
            (next = look_at_escapes(search, at)) == NULL)
            next = look_at_hex(search, at);
        if (!next && (search->is_markup || search->is_active) &&
            page_piece_is(*at, PAGE_PIECE_NUMBER))
            next = look_at_numbers(search, at);
        if (!next && search->is_active)
            next = look_at_list(search, at);
        if (!next && (letter = letter_at(search, at)) != NULL)
            next = look_at_letters(search, letter);
        at = next && next > at ? next : at;
        if (search->end - at <= PAGE_TRY_MIN)
            return;
        at += PAGE_TRY_MIN;
    }
}

gboolean page_payload_matches(const void *data, gsize size, SignLacks lacks, guint64 end)
{
    PageSearch search = {.text = data, .end = (const char *)data + size, .late = end};

    if (!page_sign_is_text(data, size))
        return FALSE;
    search.is_markup = page_sign_is_markup(data, size);
    search.is_active = page_sign_is_active(data, size, search.is_markup, lacks);
    search_all(&search);
    g_free(search.script);
    return search.is_hit;
}

gboolean page_payload_find(const void *data, gsize size, gsize most, guint64 end,
                           PagePayloadFound found, gpointer user)
{
    PageSearch search = {.text = data,
                         .end = (const char *)data + size,
                         .found = found,
                         .user = user,
                         .most = most,
                         .late = end};

    if (!page_sign_is_text(data, size))
        return TRUE;
    search.is_markup = page_sign_is_markup(data, size);
    search.is_active = page_sign_is_active(data, size, search.is_markup, 0);
    search_all(&search);
    g_free(search.script);
    return !search.is_over;
}
