/* SPDX-License-Identifier: GPL-2.0-or-later */
/* imap-fetch-items.c - see imap-fetch-items.h. */
#include "mailstore/server/imap-fetch-items.h"

static void item_clear(gpointer data)
{
    imap_section_clear(&((FetchItem *)data)->section);
}

void fetch_items_clear(FetchItems *items)
{
    g_clear_pointer(&items->items, g_array_unref);
}

static void add(FetchItems *items, FetchKind kind)
{
    FetchItem item = {.kind = kind};

    items->needs_size = items->needs_size || kind == FETCH_SIZE;
    if (kind == FETCH_ENVELOPE)
        items->summary |= IMAP_SUMMARY_BIT(IMAP_SUMMARY_ENVELOPE);
    else if (kind == FETCH_BODY)
        items->summary |= IMAP_SUMMARY_BIT(IMAP_SUMMARY_BODY);
    else if (kind == FETCH_BODYSTRUCTURE)
        items->summary |= IMAP_SUMMARY_BIT(IMAP_SUMMARY_BODYSTRUCTURE);
    /* Who asks for the structure comes back for parts. */
    if (kind == FETCH_BODY || kind == FETCH_BODYSTRUCTURE)
        items->summary |= IMAP_SUMMARY_BIT(IMAP_SUMMARY_OUTLINE);
    g_array_append_val(items->items, item);
}

static void add_section(FetchItems *items, const char *label, ImapSection section, gboolean seen)
{
    FetchItem item = {.kind = FETCH_SECTION,
                      .label = label,
                      .is_rfc822 = g_str_has_prefix(label, "RFC822"),
                      .section = section};

    gboolean is_made =
        section.kind == IMAP_SECTION_FIELDS || section.kind == IMAP_SECTION_FIELDS_NOT;
    if (section.path->len == 0 && (is_made || section.kind == IMAP_SECTION_HEADER)) {
        items->needs_header = TRUE;
    } else if (is_made) {
        items->needs_body = TRUE;
    } else {
        items->needs_whole = TRUE;
        if (section.path->len > 0 || section.kind != IMAP_SECTION_ALL)
            items->summary |= IMAP_SUMMARY_BIT(IMAP_SUMMARY_OUTLINE);
    }
    items->sets_seen = items->sets_seen || seen;
    g_array_append_val(items->items, item);
}

static void add_rfc822(FetchItems *items, const char *label, ImapSectionKind kind, gboolean seen)
{
    ImapSection section = {.path = g_array_new(FALSE, FALSE, sizeof(guint32)), .kind = kind};

    add_section(items, label, section, seen);
}

static gboolean parse_body(ImapParser *parser, FetchItems *items, gboolean peek)
{
    ImapSection section;

    if (!imap_parse_section(parser, &section))
        return FALSE;
    add_section(items, "BODY", section, !peek);
    return TRUE;
}

/* The longer words come before those they begin with. */
static gboolean parse_item(ImapParser *parser, FetchItems *items)
{
    static const struct {
        const char *word;
        FetchKind kind;
    } plain[] = {{"UID", FETCH_UID},
                 {"FLAGS", FETCH_FLAGS},
                 {"INTERNALDATE", FETCH_INTERNALDATE},
                 {"RFC822.SIZE", FETCH_SIZE},
                 {"ENVELOPE", FETCH_ENVELOPE},
                 {"BODYSTRUCTURE", FETCH_BODYSTRUCTURE}};

    for (gsize i = 0; i < G_N_ELEMENTS(plain); i++)
        if (imap_parser_take_word(parser, plain[i].word)) {
            add(items, plain[i].kind);
            return TRUE;
        }
    if (imap_parser_take_word(parser, "RFC822.HEADER")) {
        add_rfc822(items, "RFC822.HEADER", IMAP_SECTION_HEADER, FALSE);
    } else if (imap_parser_take_word(parser, "RFC822.TEXT")) {
        add_rfc822(items, "RFC822.TEXT", IMAP_SECTION_TEXT, TRUE);
    } else if (imap_parser_take_word(parser, "RFC822")) {
        add_rfc822(items, "RFC822", IMAP_SECTION_ALL, TRUE);
    } else if (imap_parser_take_word(parser, "BODY.PEEK")) {
        return imap_parse_char(parser, '[') && parse_body(parser, items, TRUE);
    } else if (imap_parser_take_word(parser, "BODY")) {
        if (imap_parser_take(parser, '['))
            return parse_body(parser, items, FALSE);
        add(items, FETCH_BODY);
    } else {
        parser->problem = "Unknown item to fetch";
        return FALSE;
    }
    return TRUE;
}

static gboolean parse_macro(ImapParser *parser, FetchItems *items)
{
    static const struct {
        const char *word;
        FetchKind last;
    } macros[] = {{"FAST", FETCH_SIZE}, {"ALL", FETCH_ENVELOPE}, {"FULL", FETCH_BODY}};

    for (gsize i = 0; i < G_N_ELEMENTS(macros); i++)
        if (imap_parser_take_word(parser, macros[i].word)) {
            for (FetchKind kind = FETCH_FLAGS; kind <= macros[i].last; kind++)
                add(items, kind);
            return TRUE;
        }
    return FALSE;
}

static gboolean parse_list(ImapParser *parser, FetchItems *items)
{
    do {
        if (items->items->len >= FETCH_ITEMS_MOST) {
            parser->problem = "Too many items to fetch";
            return FALSE;
        }
        if (!parse_item(parser, items))
            return FALSE;
    } while (imap_parser_take(parser, ' '));
    return imap_parse_char(parser, ')');
}

gboolean imap_parse_fetch_items(ImapParser *parser, FetchItems *ret)
{
    FetchItems items = {.items = g_array_new(FALSE, FALSE, sizeof(FetchItem))};

    g_array_set_clear_func(items.items, item_clear);
    if (!parse_macro(parser, &items) &&
        !(imap_parser_take(parser, '(') ? parse_list(parser, &items)
                                        : parse_item(parser, &items))) {
        fetch_items_clear(&items);
        return FALSE;
    }
    *ret = items;
    return TRUE;
}
