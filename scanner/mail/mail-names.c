/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-names.c - looks in the two fields that name a part for every `name=` and `filename=`, and
 * where there is none, in those that some programs take for it.
 *
 * Wherever they stand: programs disagree about what a quotation mark, a comment or a missing
 * semicolon does to the parameters behind it. Time is linear in the header but for names in pieces,
 * of which MAIL_NAMES_MAX are told.
 *
 * Fails by FALSE only. Known limit: fields end at LF; those of a header with other line ends are
 * read when the whole message is read without them (judge-parts.c).
 */
#include "scanner/mail/mail-names.h"

#include <string.h>
#include <strings.h>

#include "filters/file-name.h"

typedef struct {
    MailNamesFound found;
    gpointer user_data;
    GString *name; /* in work */
    guint count;
    gboolean is_over;
} Search;

static void tell_one(Search *search, const char *name)
{
    if (search->count++ == MAIL_NAMES_MAX)
        search->is_over = TRUE;
    else if (!search->is_over)
        search->found(name, search->user_data);
}

static void tell(Search *search)
{
    g_autofree char *before = NULL;

    g_strstrip(search->name->str);
    if (search->name->str[0] == '\0')
        return;
    tell_one(search, search->name->str);
    before = file_name_before_control(search->name->str);
    if (before && before[0] != '\0')
        tell_one(search, before);
}

/* A value that stands in quotation marks, of which the last may be missing. */
static void take_quoted(Search *search, const char *p)
{
    g_string_truncate(search->name, 0);
    for (; *p && *p != '"'; p++) {
        if (*p == '\\' && p[1])
            p++;
        g_string_append_c(search->name, *p);
    }
    tell(search);
}

/* A value without them ends at a blank, or only at the next semicolon. */
static void take_bare(Search *search, const char *p)
{
    gsize all = strcspn(p, ";"), word = strcspn(p, "; \t");

    g_string_truncate(search->name, 0);
    g_string_append_len(search->name, p, (gssize)all);
    tell(search);
    if (word == all)
        return;
    g_string_truncate(search->name, 0);
    g_string_append_len(search->name, p, (gssize)word);
    tell(search);
}

/* `p` is behind the star of a name that is encoded or in pieces (RFC 2231): from its first piece
 * on, wherever that stands, file_name_decode() puts it together. */
static void take_pieces(Search *search, const char *begin, const char *p, gboolean *has_pieces)
{
    gboolean is_first = strspn(p, "0") == strspn(p, "0123456789");

    if (*has_pieces && !is_first)
        return;
    *has_pieces = TRUE;
    g_string_assign(search->name, begin);
    tell(search);
}

static gboolean is_word(char c)
{
    return g_ascii_isalnum(c) || c == '-' || c == '_' || c == '*';
}

/* `value`: of the field, in one line. */
static void take_value(Search *search, const char *value)
{
    gboolean has_pieces = FALSE;

    for (const char *at = value; !search->is_over && (at = strcasestr(at, "name")); at++) {
        const char *begin = at, *p = at + strlen("name");

        if (begin - value >= 4 && strncasecmp(begin - 4, "file", 4) == 0)
            begin -= 4;
        if (begin > value && is_word(begin[-1]))
            continue;
        p += strspn(p, " \t");
        if (*p == '*')
            take_pieces(search, begin, p + 1, &has_pieces);
        if (*p != '=')
            continue;
        p += 1 + strspn(p + 1, " \t");
        if (*p == '"')
            take_quoted(search, p + 1);
        else
            take_bare(search, p);
    }
}

static gboolean is_field(const char *line, gsize length, const char *const *fields)
{
    if (length < 12 || ((*line | 0x20) != 'c' && (*line | 0x20) != 'x'))
        return FALSE;
    for (; *fields; fields++) {
        gsize size = strlen(*fields);

        if (length > size && strncasecmp(line, *fields, size) == 0 &&
            strchr(": \t", line[size]) != NULL)
            return TRUE;
    }
    return FALSE;
}

/* Where the field that begins at `at` ends, folded lines and all. */
static const char *field_end(const char *at, const char *end)
{
    do {
        const char *newline = memchr(at, '\n', (gsize)(end - at));

        at = newline ? newline + 1 : end;
    } while (at < end && (*at == ' ' || *at == '\t'));
    return at;
}

/* In one line, and without the NULs that some programs stop at and others do not. */
static void unfold(GString *value, const char *field, const char *end)
{
    g_string_truncate(value, 0);
    for (; field < end; field++)
        if (*field != '\0' && *field != '\r' && *field != '\n')
            g_string_append_c(value, *field);
}

/* A title is a name if it has an extension, which may be encoded. */
static gboolean may_name(const char *value, const char *end, gboolean is_title)
{
    return memchr(value, '=', (gsize)(end - value)) ||
           (is_title && memchr(value, '.', (gsize)(end - value)));
}

/* Of all fields that are among `fields`; `is_title`: their whole value is a name. */
static void take_fields(Search *search, const char *header, gsize size, const char *const *fields,
                        gboolean is_title)
{
    g_autoptr(GString) value = NULL;
    const char *end = header + size;

    for (const char *field = header, *next; field < end && !search->is_over; field = next) {
        const char *colon;

        next = field_end(field, end);
        if (!is_field(field, (gsize)(next - field), fields))
            continue;
        colon = memchr(field, ':', (gsize)(next - field));
        if (!colon || !may_name(colon, next, is_title))
            continue;
        if (!value)
            value = g_string_new(NULL);
        if (!search->name)
            search->name = g_string_new(NULL);
        unfold(value, colon + 1, next);
        if (is_title) {
            g_string_assign(search->name, value->str);
            tell(search);
        } else {
            take_value(search, value->str);
        }
    }
}

gboolean mail_names_find(const char *header, gsize size, MailNamesFound found, gpointer user_data)
{
    static const char *const fields[] = {"content-type", "content-disposition", NULL};
    /* In which some programs look where there is no other name: Exchange and Outlook ([MS-OXCMAIL]
     * 2.2.3.4.1.1), Thunderbird. */
    static const char *const titles[] = {"content-description", "content-name", "x-sun-data-name",
                                         NULL};
    Search search = {.found = found, .user_data = user_data};

    take_fields(&search, header, size, fields, FALSE);
    if (search.count == 0)
        take_fields(&search, header, size, titles, TRUE);
    if (search.name)
        g_string_free(search.name, TRUE);
    return !search.is_over;
}
