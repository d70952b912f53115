/* SPDX-License-Identifier: GPL-2.0-or-later */
/* imap-search-parse.c - parses a search program into a tree. */
#include "mailstore/server/imap-search-tree.h"
#include "mailstore/server/mime-text.h"

#include <string.h>

typedef struct {
    ImapParser *parser;
    char *charset; /* of the texts; NULL: UTF-8, of which US-ASCII is a part */
    guint keys;
    gboolean needs_size;
    gboolean needs_header;
    gboolean needs_body;
} Builder;

static SearchKey *parse_key(Builder *builder, guint depth);

static void free_key(gpointer key)
{
    search_key_free(key);
}

SearchKey *search_key_free(SearchKey *key)
{
    if (key == NULL)
        return NULL;
    g_clear_pointer(&key->children, g_ptr_array_unref);
    g_clear_pointer(&key->set, g_array_unref);
    g_free(key->text);
    g_free(key->field);
    g_free(key);
    return NULL;
}

ImapSearch *imap_search_free(ImapSearch *search)
{
    if (search == NULL)
        return NULL;
    search_key_free(search->root);
    g_free(search);
    return NULL;
}

typedef enum {
    ARGUMENT_NONE,
    ARGUMENT_TEXT,
    ARGUMENT_ATOM,
    ARGUMENT_DATE,
    ARGUMENT_NUMBER,
    ARGUMENT_SET,
    ARGUMENT_FIELD_AND_TEXT
} Argument;

typedef struct {
    const char *word;
    SearchKind kind;
    Argument argument;
    guint32 flag; /* SEARCH_FLAG: set */
    gboolean negated;
    const char *field; /* SEARCH_HEADER */
} Word;

static const Word words[] = {
    {"ALL", SEARCH_ALL, ARGUMENT_NONE, 0, FALSE, NULL},
    {"ANSWERED", SEARCH_FLAG, ARGUMENT_NONE, MAIL_FLAG_ANSWERED, FALSE, NULL},
    {"BCC", SEARCH_HEADER, ARGUMENT_TEXT, 0, FALSE, "bcc"},
    {"BEFORE", SEARCH_BEFORE, ARGUMENT_DATE, 0, FALSE, NULL},
    {"BODY", SEARCH_BODY, ARGUMENT_TEXT, 0, FALSE, NULL},
    {"CC", SEARCH_HEADER, ARGUMENT_TEXT, 0, FALSE, "cc"},
    {"DELETED", SEARCH_FLAG, ARGUMENT_NONE, MAIL_FLAG_DELETED, FALSE, NULL},
    {"DRAFT", SEARCH_FLAG, ARGUMENT_NONE, MAIL_FLAG_DRAFT, FALSE, NULL},
    {"FLAGGED", SEARCH_FLAG, ARGUMENT_NONE, MAIL_FLAG_FLAGGED, FALSE, NULL},
    {"FROM", SEARCH_HEADER, ARGUMENT_TEXT, 0, FALSE, "from"},
    {"HEADER", SEARCH_HEADER, ARGUMENT_FIELD_AND_TEXT, 0, FALSE, NULL},
    {"KEYWORD", SEARCH_KEYWORD, ARGUMENT_ATOM, 0, FALSE, NULL},
    {"LARGER", SEARCH_LARGER, ARGUMENT_NUMBER, 0, FALSE, NULL},
    /* Nothing is recent here, see the known limits in mailstored(8). */
    {"NEW", SEARCH_ALL, ARGUMENT_NONE, 0, TRUE, NULL},
    {"OLD", SEARCH_ALL, ARGUMENT_NONE, 0, FALSE, NULL},
    {"ON", SEARCH_ON, ARGUMENT_DATE, 0, FALSE, NULL},
    {"RECENT", SEARCH_ALL, ARGUMENT_NONE, 0, TRUE, NULL},
    {"SEEN", SEARCH_FLAG, ARGUMENT_NONE, MAIL_FLAG_SEEN, FALSE, NULL},
    {"SENTBEFORE", SEARCH_SENT_BEFORE, ARGUMENT_DATE, 0, FALSE, NULL},
    {"SENTON", SEARCH_SENT_ON, ARGUMENT_DATE, 0, FALSE, NULL},
    {"SENTSINCE", SEARCH_SENT_SINCE, ARGUMENT_DATE, 0, FALSE, NULL},
    {"SINCE", SEARCH_SINCE, ARGUMENT_DATE, 0, FALSE, NULL},
    {"SMALLER", SEARCH_SMALLER, ARGUMENT_NUMBER, 0, FALSE, NULL},
    {"SUBJECT", SEARCH_HEADER, ARGUMENT_TEXT, 0, FALSE, "subject"},
    {"TEXT", SEARCH_TEXT, ARGUMENT_TEXT, 0, FALSE, NULL},
    {"TO", SEARCH_HEADER, ARGUMENT_TEXT, 0, FALSE, "to"},
    {"UID", SEARCH_UIDS, ARGUMENT_SET, 0, FALSE, NULL},
    {"UNANSWERED", SEARCH_FLAG, ARGUMENT_NONE, MAIL_FLAG_ANSWERED, TRUE, NULL},
    {"UNDELETED", SEARCH_FLAG, ARGUMENT_NONE, MAIL_FLAG_DELETED, TRUE, NULL},
    {"UNDRAFT", SEARCH_FLAG, ARGUMENT_NONE, MAIL_FLAG_DRAFT, TRUE, NULL},
    {"UNFLAGGED", SEARCH_FLAG, ARGUMENT_NONE, MAIL_FLAG_FLAGGED, TRUE, NULL},
    {"UNKEYWORD", SEARCH_KEYWORD, ARGUMENT_ATOM, 0, TRUE, NULL},
    {"UNSEEN", SEARCH_FLAG, ARGUMENT_NONE, MAIL_FLAG_SEEN, TRUE, NULL},
};

static gboolean parse_text(const Builder *builder, char **ret)
{
    ImapParser *parser = builder->parser;
    g_autofree char *text = NULL;

    if (!imap_parse_astring(parser, &text))
        return FALSE;
    g_autofree char *converted =
        builder->charset == NULL ? g_steal_pointer(&text)
                                 : g_convert(text, -1, "UTF-8", builder->charset, NULL, NULL, NULL);
    if (converted == NULL || !g_utf8_validate(converted, -1, NULL)) {
        parser->problem = "A text to search for is not of its charset";
        return FALSE;
    }
    *ret = g_utf8_casefold(converted, -1);
    return TRUE;
}

static gboolean parse_argument(const Builder *builder, Argument argument, SearchKey *key)
{
    ImapParser *parser = builder->parser;

    if (argument == ARGUMENT_NONE)
        return TRUE;
    if (!imap_parse_space(parser))
        return FALSE;
    switch (argument) {
    case ARGUMENT_TEXT:
        return parse_text(builder, &key->text);
    case ARGUMENT_ATOM:
        return imap_parse_atom(parser, &key->text);
    case ARGUMENT_DATE:
        return imap_parse_date(parser, &key->date);
    case ARGUMENT_NUMBER:
        return imap_parse_number(parser, &key->number);
    case ARGUMENT_SET:
        return imap_parse_set(parser, &key->set);
    case ARGUMENT_FIELD_AND_TEXT:
        return imap_parse_astring(parser, &key->field) && imap_parse_space(parser) &&
               parse_text(builder, &key->text);
    case ARGUMENT_NONE:
        break;
    }
    g_assert_not_reached();
}

static void note_needs(Builder *builder, SearchKind kind)
{
    builder->needs_size = builder->needs_size || kind == SEARCH_LARGER || kind == SEARCH_SMALLER;
    builder->needs_header = builder->needs_header || search_kind_needs_header(kind);
    builder->needs_body = builder->needs_body || search_kind_needs_body(kind);
}

static SearchKey *parse_word(Builder *builder, const Word *word)
{
    SearchKey *key = g_new0(SearchKey, 1);

    key->kind = word->kind;
    key->flag = word->flag;
    key->negated = word->negated;
    key->field = g_strdup(word->field);
    note_needs(builder, word->kind);
    if (!parse_argument(builder, word->argument, key))
        return search_key_free(key);
    return key;
}

static SearchKey *key_with_children(SearchKind kind)
{
    SearchKey *key = g_new0(SearchKey, 1);

    key->kind = kind;
    key->children = g_ptr_array_new_with_free_func(free_key);
    return key;
}

static gboolean add_child(Builder *builder, SearchKey *key, guint depth)
{
    SearchKey *child = parse_key(builder, depth + 1);

    if (child == NULL)
        return FALSE;
    g_ptr_array_add(key->children, child);
    return TRUE;
}

static SearchKey *parse_group(Builder *builder, guint depth)
{
    SearchKey *key = key_with_children(SEARCH_AND);

    do
        if (!add_child(builder, key, depth))
            return search_key_free(key);
    while (imap_parser_take(builder->parser, ' '));
    if (!imap_parse_char(builder->parser, ')'))
        return search_key_free(key);
    return key;
}

static SearchKey *parse_not(Builder *builder, guint depth)
{
    SearchKey *key = key_with_children(SEARCH_AND);

    key->negated = TRUE;
    if (!imap_parse_space(builder->parser) || !add_child(builder, key, depth))
        return search_key_free(key);
    return key;
}

static SearchKey *parse_or(Builder *builder, guint depth)
{
    SearchKey *key = key_with_children(SEARCH_OR);

    for (guint i = 0; i < 2; i++)
        if (!imap_parse_space(builder->parser) || !add_child(builder, key, depth))
            return search_key_free(key);
    return key;
}

static SearchKey *parse_key(Builder *builder, guint depth)
{
    ImapParser *parser = builder->parser;

    if (depth > IMAP_SEARCH_DEPTH_MOST || ++builder->keys > IMAP_SEARCH_KEYS_MOST) {
        parser->problem = "The search has too many keys or is nested too deep";
        return NULL;
    }
    if (imap_parser_take(parser, '('))
        return parse_group(builder, depth);
    if (imap_parser_take_word(parser, "NOT"))
        return parse_not(builder, depth);
    if (imap_parser_take_word(parser, "OR"))
        return parse_or(builder, depth);
    if (imap_parser_sees(parser, '*') ||
        (!imap_parser_at_end(parser) && g_ascii_isdigit(*parser->at))) {
        SearchKey *key = g_new0(SearchKey, 1);
        key->kind = SEARCH_NUMBERS;
        if (!imap_parse_set(parser, &key->set))
            return search_key_free(key);
        return key;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (imap_parser_take_word(parser, words[i].word))
            return parse_word(builder, &words[i]);
    parser->problem = "Unknown search key";
    return NULL;
}

/* FALSE in *ret_known: the texts cannot be read. */
static gboolean parse_charset(Builder *builder, gboolean *ret_known)
{
    ImapParser *parser = builder->parser;
    g_autofree char *charset = NULL;

    *ret_known = TRUE;
    if (!imap_parser_take_word(parser, "CHARSET"))
        return TRUE;
    if (!imap_parse_space(parser) || !imap_parse_astring(parser, &charset) ||
        !imap_parse_space(parser))
        return FALSE;
    if (g_ascii_strcasecmp(charset, "UTF-8") != 0 && g_ascii_strcasecmp(charset, "US-ASCII") != 0) {
        *ret_known = mime_charset_is_known(charset);
        builder->charset = g_steal_pointer(&charset);
    }
    return TRUE;
}

static gboolean parse_keys(Builder *builder, SearchKey *root)
{
    do
        if (!add_child(builder, root, 0))
            return FALSE;
    while (imap_parser_take(builder->parser, ' '));
    return TRUE;
}

gboolean imap_parse_search(ImapParser *parser, ImapSearch **ret, gboolean *ret_bad_charset)
{
    Builder builder = {.parser = parser};
    SearchKey *root = key_with_children(SEARCH_AND);
    gboolean known;
    gboolean parsed = parse_charset(&builder, &known);

    if (parsed && known)
        parsed = parse_keys(&builder, root);
    g_free(builder.charset);
    if (!parsed || !known) {
        search_key_free(root);
        if (parsed) {
            parser->at = parser->end;
            *ret = NULL;
            *ret_bad_charset = TRUE;
        }
        return parsed;
    }
    ImapSearch *search = g_new0(ImapSearch, 1);
    search->root = root;
    search->needs_size = builder.needs_size;
    search->needs_header = builder.needs_header;
    search->needs_body = builder.needs_body;
    *ret = search;
    *ret_bad_charset = FALSE;
    return TRUE;
}
