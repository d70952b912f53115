/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imap-search.c - whether a message matches a search program.
 *
 * Nothing fails: what cannot be decoded is compared as it stands.
 */
#include "mailstore/server/imap-search-tree.h"
#include "mailstore/server/mime-header.h"
#include "mailstore/server/mime-part.h"
#include "mailstore/server/mime-text.h"

#include <string.h>

#define DAY (24 * 60 * 60)

/* A message taken apart at most once for all keys of a program. */
typedef struct {
    const ImapSearchSubject *subject;
    gboolean partly; /* size and text are not there: such keys count as undecided */
    const char *data;
    gsize length;
    MimePart *root;
} Matcher;

/* With only part of the knowledge a key may be undecided. */
typedef enum {
    NO,
    YES,
    MAYBE
} Answer;

static Answer key_matches(Matcher *matcher, const SearchKey *key);

gboolean search_kind_needs_header(SearchKind kind)
{
    return kind >= SEARCH_SENT_BEFORE && kind <= SEARCH_HEADER;
}

gboolean search_kind_needs_body(SearchKind kind)
{
    return kind == SEARCH_BODY || kind == SEARCH_TEXT;
}

gboolean imap_search_needs_size(const ImapSearch *search)
{
    return search->needs_size;
}

gboolean imap_search_needs_header(const ImapSearch *search)
{
    return search->needs_header;
}

gboolean imap_search_needs_body(const ImapSearch *search)
{
    return search->needs_body;
}

static gboolean has_keyword(const MailEntry *entry, const char *keyword)
{
    for (char **at = entry->keywords; at != NULL && *at != NULL; at++)
        if (g_ascii_strcasecmp(*at, keyword) == 0)
            return TRUE;
    return FALSE;
}

static gboolean header_matches(Matcher *matcher, const SearchKey *key)
{
    const char *at = matcher->data;
    const char *end = at + matcher->root->header_length;
    MimeField field;

    while (mime_field_next(&at, end, &field)) {
        if (!mime_field_is(&field, key->field))
            continue;
        if (*key->text == '\0' || mime_field_contains(&field, key->text))
            return TRUE;
    }
    return FALSE;
}

static gboolean any_header_contains(const char *header, gsize length, const char *text)
{
    const char *at = header;
    MimeField field;

    while (mime_field_next(&at, header + length, &field))
        if (mime_field_contains(&field, text) ||
            mime_bytes_contain(field.start, field.length, text)) /* "from: ann", and the name */
            return TRUE;
    return FALSE;
}

static gboolean body_contains(Matcher *matcher, const MimePart *part, const char *text)
{
    if (part->kind == MIME_LEAF)
        return mime_body_contains(matcher->data, part, text);
    for (guint i = 0; i < part->children->len; i++) {
        const MimePart *child = g_ptr_array_index(part->children, i);
        if (part->kind == MIME_MESSAGE &&
            any_header_contains(matcher->data + child->header, child->header_length, text))
            return TRUE;
        if (body_contains(matcher, child, text))
            return TRUE;
    }
    return FALSE;
}

/* The day the message says it was sent, midnight, its own time zone disregarded. */
static gboolean sent_day(Matcher *matcher, gint64 *ret)
{
    g_autofree char *value = mime_header_value(matcher->data, matcher->root->header_length, "date");

    return value != NULL && mime_date_day(value, ret);
}

static gboolean text_key_matches(Matcher *matcher, const SearchKey *key)
{
    gint64 day;

    if (matcher->root == NULL) {
        matcher->data = g_bytes_get_data(matcher->subject->text, &matcher->length);
        if (matcher->data == NULL)
            matcher->data = "";
        matcher->root = mime_part_parse(matcher->data, matcher->length);
    }
    switch (key->kind) {
    case SEARCH_SENT_BEFORE:
        return sent_day(matcher, &day) && day < key->date;
    case SEARCH_SENT_ON:
        return sent_day(matcher, &day) && day == key->date;
    case SEARCH_SENT_SINCE:
        return sent_day(matcher, &day) && day >= key->date;
    case SEARCH_HEADER:
        return header_matches(matcher, key);
    case SEARCH_BODY:
        return *key->text == '\0' || body_contains(matcher, matcher->root, key->text);
    case SEARCH_TEXT:
        return *key->text == '\0' ||
               any_header_contains(matcher->data, matcher->root->header_length, key->text) ||
               body_contains(matcher, matcher->root, key->text);
    default:
        g_assert_not_reached();
    }
}

static gboolean plain_key_matches(const ImapSearchSubject *subject, const SearchKey *key)
{
    const MailEntry *entry = subject->entry;

    switch (key->kind) {
    case SEARCH_ALL:
        return TRUE;
    case SEARCH_NUMBERS:
        return imap_set_has(key->set, subject->number, subject->last);
    case SEARCH_UIDS:
        return imap_set_has(key->set, entry->uid, subject->last_uid);
    case SEARCH_FLAG:
        return (entry->flags & key->flag) != 0;
    case SEARCH_KEYWORD:
        return has_keyword(entry, key->text);
    case SEARCH_BEFORE:
        return entry->internal_date < key->date;
    case SEARCH_ON:
        return entry->internal_date >= key->date && entry->internal_date < key->date + DAY;
    case SEARCH_SINCE:
        return entry->internal_date >= key->date;
    case SEARCH_LARGER:
        return subject->size > key->number;
    case SEARCH_SMALLER:
        return subject->size < key->number;
    default:
        g_assert_not_reached();
    }
}

static Answer children_match(Matcher *matcher, const SearchKey *key)
{
    gboolean is_and = key->kind == SEARCH_AND;
    Answer all = is_and ? YES : NO;

    for (guint i = 0; i < key->children->len; i++) {
        Answer one = key_matches(matcher, g_ptr_array_index(key->children, i));
        if (one == (is_and ? NO : YES))
            return one;
        if (one == MAYBE)
            all = MAYBE;
    }
    return all;
}

static Answer key_matches(Matcher *matcher, const SearchKey *key)
{
    Answer answer;
    gboolean needs_size = key->kind == SEARCH_LARGER || key->kind == SEARCH_SMALLER;
    gboolean needs_text = search_kind_needs_header(key->kind) || search_kind_needs_body(key->kind);

    if (key->children != NULL)
        answer = children_match(matcher, key);
    else if (matcher->partly && (needs_size || needs_text))
        return MAYBE;
    else if (needs_text)
        answer = text_key_matches(matcher, key) ? YES : NO;
    else
        answer = plain_key_matches(matcher->subject, key) ? YES : NO;
    if (!key->negated || answer == MAYBE)
        return answer;
    return answer == YES ? NO : YES;
}

gboolean imap_search_may_match(const ImapSearch *search, const ImapSearchSubject *subject)
{
    Matcher matcher = {.subject = subject, .partly = TRUE};

    return key_matches(&matcher, search->root) != NO;
}

gboolean imap_search_matches(const ImapSearch *search, const ImapSearchSubject *subject)
{
    Matcher matcher = {.subject = subject};
    gboolean matches = key_matches(&matcher, search->root) == YES;

    mime_part_free(matcher.root);
    return matches;
}
