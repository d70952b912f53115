/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page-number.c - learns what stands between numbers from a few of them, and reads on by that.
 *
 * Cannot fail. Time for finding a list is bounded by BACK_MAX and LEARNED; reading is linear.
 *
 * Known limits: what was done to all numbers is undone only where they are bytes nevertheless, or
 * their lowest ones are (page-guess.h); a name with a digit in it that changes from number to
 * number is a number of its own; a minus between two numbers of a sum has no other before it.
 */
#include "scanner/page/page-number.h"

#include <string.h>

#include "scanner/common/byte-block.h"

enum {
    LEARNED = 3 * PAGE_NUMBER_ROUND, /* numbers that tell what returns */
    BACK_MAX = 256,                  /* from where a list is met to its first number */
    DIGITS_MAX = 10,
    WIDTH_SAMPLE = 64 /* numbers */
};

static gboolean is_name(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '$';
}

/* `&H4D`, as VBScript writes it. */
static gboolean is_basic_hex(const char *at, const char *end)
{
    return end - at >= 3 && at[0] == '&' && (at[1] | 0x20) == 'h' && g_ascii_isxdigit(at[2]);
}

static guint base_of(const char *at, const char *end)
{
    if (is_basic_hex(at, end))
        return 16;
    if (end - at < 3 || at[0] != '0')
        return 10;
    switch (at[1] | 0x20) {
    case 'x':
        return 16;
    case 'o':
        return 8;
    case 'b':
        return 2;
    default:
        return 10;
    }
}

/* Returns what is behind it; NULL: there is none. */
static const char *constant_take(const char *at, const char *end, gint64 *ret)
{
    gboolean is_negative = at < end && *at == '-';
    guint base, count = 0, most;
    gint64 value = 0;

    at += is_negative;
    base = base_of(at, end);
    at += base == 10 ? 0 : 2;
    most = base == 2 ? 32 : DIGITS_MAX;
    for (; at < end; at++, count++) {
        gint digit = base == 16 ? g_ascii_xdigit_value(*at) : g_ascii_digit_value(*at);

        if (digit < 0 || (guint)digit >= base)
            break;
        if (count == most)
            return NULL;
        value = value * base + digit;
    }
    if (count == 0)
        return NULL;
    *ret = is_negative ? -value : value;
    return at;
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    return at;
}

static gint64 compute(gint64 left, char sign, gint64 right)
{
    switch (sign) {
    case '+':
        return left + right;
    case '-':
        return left - right;
    case '*':
        return left * (right & G_MAXUINT16); /* a product of more is no byte */
    case '^':
        return left ^ right;
    default:
        return right != 0 ? left / right : 0;
    }
}

/* The same, or what several come to: `70+7`, `308/4`. */
static const char *number_take(const char *at, const char *end, gboolean is_computed, gint64 *ret)
{
    const char *behind = constant_take(at, end, ret);

    while (is_computed && behind) {
        const char *sign = skip_blanks(behind, end), *next;
        gint64 value;

        if (end - sign < 2 || !strchr("+-*/^", *sign))
            break;
        next = skip_blanks(sign + 1, end);
        if (next == end || !g_ascii_isdigit(*next) || !(next = constant_take(next, end, &value)))
            break;
        *ret = compute(*ret & G_MAXUINT32, *sign, value);
        behind = next;
    }
    return behind;
}

/* The next number behind another: a sign that follows a number is none of its own. NULL: there is
 * none as near as it must be. `skips_names`: digits within one are no number. */
static const char *number_next(const char *at, const char *end, gboolean skips_names)
{
    const char *most = at + MIN(end - at, PAGE_NUMBER_SEPARATOR_MAX), *begin = at;

    for (; at < most; at++) {
        guint signs = most - at >= BYTE_BLOCK ? byte_block_digits_or(at, '&') : 1;

        at += signs != 0 ? __builtin_ctz(signs) : BYTE_BLOCK - 1;
        if (is_basic_hex(at, most) ||
            (g_ascii_isdigit(*at) && !(skips_names && at > begin && is_name(at[-1]))))
            break;
    }
    if (at == most || at == begin)
        return NULL;
    return at[-1] == '-' && at - 1 > begin ? at - 1 : at;
}

/* Blanks count for nothing. */
static gboolean is_same(const char *a, gsize a_size, const char *b, gsize b_size)
{
    const char *a_end = a + a_size, *b_end = b + b_size;

    for (;;) {
        while (a < a_end && g_ascii_isspace(*a))
            a++;
        while (b < b_end && g_ascii_isspace(*b))
            b++;
        if (a == a_end || b == b_end)
            return a == a_end && b == b_end;
        if (*a++ != *b++)
            return FALSE;
    }
}

static gboolean is_text_of(const PageNumberList *list, guint step, const char *at, gsize size)
{
    guint which = step % list->round;

    return is_same(list->text[which], list->length[which], at, size);
}

/* How many texts return in turn; 0: none do. */
static guint round_of(const char *const *texts, const guint *lengths, guint count)
{
    for (guint round = 1; round <= PAGE_NUMBER_ROUND; round++) {
        guint i = round;

        while (i < count && is_same(texts[i], lengths[i], texts[i - round], lengths[i - round]))
            i++;
        if (i == count)
            return round;
    }
    return 0;
}

/* By the numbers from `first` on. */
static gboolean learn(const char *first, const char *end, PageNumberList *ret)
{
    const char *texts[LEARNED];
    guint lengths[LEARNED];
    const char *at = first;
    gint64 value;

    for (guint i = 0; i < LEARNED; i++) {
        const char *next;

        at = number_take(at, end, ret->is_computed, &value);
        next = at ? number_next(at, end, FALSE) : NULL;
        if (!next)
            return FALSE;
        texts[i] = at;
        lengths[i] = (guint)(next - at);
        at = next;
        /* Most of what is no list shows at once. */
        if (i + 1 == LEARNED / 2 + 1 && round_of(texts, lengths, i + 1) == 0)
            return FALSE;
    }
    ret->round = round_of(texts, lengths, LEARNED);
    for (guint i = 0; i < ret->round; i++) {
        ret->text[i] = texts[i];
        ret->length[i] = lengths[i];
    }
    ret->from = first;
    return ret->round > 0;
}

/* The first number from `at` on that is none within a name; NULL: there is none before `end`. */
static const char *number_seek(const char *at, const char *end)
{
    while (at < end && is_name(*at))
        at++;
    while (at < end && !is_basic_hex(at, end) && (!g_ascii_isdigit(*at) || is_name(at[-1])))
        at++;
    if (at == end)
        return NULL;
    return at[-1] == '-' ? at - 1 : at;
}

/* Which text of the round stands there; `round`: none. */
static guint phase_of(const PageNumberList *list, const char *at, gsize size)
{
    guint phase = 0;

    while (phase < list->round && !is_text_of(list, phase, at, size))
        phase++;
    return phase;
}

/* Goes back to the first number from which on the texts return up to the one that was learnt from,
 * and to the first before which there are none, whatever stands between them. */
static void find_first(const char *begin, const char *end, PageNumberList *list)
{
    const char *learnt = list->from, *first = NULL, *earliest = NULL;
    const char *at = number_seek(learnt - MIN(learnt - begin, BACK_MAX), learnt);
    PageNumberList turned = *list;
    guint phase = 0, step = 0;
    gint64 value;

    while (at && at < learnt) {
        const char *behind = number_take(at, end, list->is_computed, &value);
        const char *next = behind ? number_next(behind, end, FALSE) : NULL;
        gsize size = next ? (gsize)(next - behind) : 0;

        earliest = earliest ? earliest : at;
        if (!first || !next || !is_text_of(list, phase + step, behind, size)) {
            phase = next ? phase_of(list, behind, size) : list->round;
            first = phase < list->round ? at : NULL;
            step = 0;
        }
        step++;
        if (!first)
            next = number_seek(behind ? behind : at + 1, learnt);
        earliest = first || number_next(behind ? behind : at + 1, end, TRUE) ? earliest : NULL;
        at = next;
    }
    list->earliest = list->round == 1 && earliest ? earliest : learnt;
    if (!first || at != learnt || (phase + step) % list->round != 0)
        return;
    for (guint i = 0; i < list->round; i++) {
        turned.text[i] = list->text[(phase + i) % list->round];
        turned.length[i] = list->length[(phase + i) % list->round];
    }
    turned.earliest = list->round == 1 ? list->earliest : first;
    turned.from = first;
    *list = turned;
}

gboolean page_number_find(const char *begin, const char *at, const char *end, gboolean is_computed,
                          PageNumberList *ret)
{
    const char *least = at - MIN(at - begin, BACK_MAX), *first;
    PageNumberList list = {.width = 1, .is_computed = is_computed};

    while (at > least && is_name(at[-1]))
        at--;
    first = at < end && g_ascii_isdigit(*at) ? at : number_next(at, end, FALSE);
    if (!first || !learn(first, end, &list))
        return FALSE;
    find_first(begin, end, &list);
    list.column = list.round;
    *ret = list;
    return TRUE;
}

static gboolean counts(const PageNumberList *list, guint step)
{
    return list->column == list->round || step % list->round == list->column;
}

guint page_number_width(const PageNumberList *list, const char *end)
{
    const char *at = list->from;
    guint width = 1;
    gint64 value;

    for (guint step = 0; at && step < WIDTH_SAMPLE; step++) {
        at = number_take(at, end, list->is_computed, &value);
        if (!at)
            break;
        if (counts(list, step) && value > G_MAXUINT8)
            width = MAX(width, value > G_MAXUINT16 ? 4 : 2);
        at = number_next(at, end, FALSE);
    }
    return width;
}

static gsize put(const PageNumberList *list, gint64 value, guint8 *out)
{
    for (guint i = 0; i < list->width; i++)
        out[i] = (guint8)(value >> 8 * (list->is_big ? list->width - 1 - i : i));
    return list->width;
}

static gboolean has_room(const PageNumberList *list, gint64 value)
{
    if (list->is_low)
        return TRUE;
    return value < 0 ? value >= G_MININT8 && list->width == 1 : value >> 8 * list->width == 0;
}

gsize page_number_read(const PageNumberList *list, const char *end, guint8 *out, gsize room,
                       const char **ret_end)
{
    const char *at = list->from, *last = at;
    gsize used = 0;
    gint64 value;

    for (guint step = 0; at && used + list->width <= room; step++) {
        const char *behind = number_take(at, end, list->is_computed, &value);

        if (!behind || (counts(list, step) && !has_room(list, value)))
            break;
        if (counts(list, step))
            used += out ? put(list, value, out + used) : list->width;
        last = behind;
        at = number_next(behind, end, FALSE);
        if (at && !is_text_of(list, step, behind, (gsize)(at - behind))) {
            at = list->is_joined ? number_next(behind, end, TRUE) : NULL;
            step = list->round - 1; /* what follows is the first of a round */
        }
    }
    *ret_end = last;
    return used;
}
