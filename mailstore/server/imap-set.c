/* SPDX-License-Identifier: GPL-2.0-or-later */
/* imap-set.c - see imap-set.h. */
#include "mailstore/server/imap-set.h"

static gboolean parse_bound(ImapParser *parser, guint32 *ret)
{
    if (imap_parser_take(parser, '*')) {
        *ret = IMAP_SET_STAR;
        return TRUE;
    }
    return imap_parse_nonzero(parser, ret);
}

gboolean imap_parse_set(ImapParser *parser, GArray **ret)
{
    g_autoptr(GArray) set = g_array_new(FALSE, FALSE, sizeof(ImapRange));

    do {
        ImapRange range;
        if (!parse_bound(parser, &range.first))
            return FALSE;
        range.last = range.first;
        if (imap_parser_take(parser, ':') && !parse_bound(parser, &range.last))
            return FALSE;
        g_array_append_val(set, range);
    } while (imap_parser_take(parser, ','));
    *ret = g_steal_pointer(&set);
    return TRUE;
}

ImapRange imap_range_resolve(ImapRange range, guint32 largest)
{
    guint32 first = range.first == IMAP_SET_STAR ? largest : range.first;
    guint32 last = range.last == IMAP_SET_STAR ? largest : range.last;

    return (ImapRange){MIN(first, last), MAX(first, last)};
}

gboolean imap_set_has(const GArray *set, guint32 number, guint32 largest)
{
    for (guint i = 0; i < set->len; i++) {
        ImapRange range = imap_range_resolve(g_array_index(set, ImapRange, i), largest);
        if (number >= range.first && number <= range.last)
            return TRUE;
    }
    return FALSE;
}

void imap_set_append(GString *text, const guint32 *numbers, gsize count)
{
    for (gsize i = 0; i < count;) {
        gsize end = i + 1;
        while (end < count && numbers[end] == numbers[end - 1] + 1)
            end++;
        g_string_append_printf(text, "%s%u", i == 0 ? "" : ",", numbers[i]);
        if (end > i + 1)
            g_string_append_printf(text, ":%u", numbers[end - 1]);
        i = end;
    }
}
