/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imap-parser.c - see imap-parser.h. Fails by returning FALSE and setting `problem`; allocates no
 * more than the command is long.
 */
#include "mailstore/server/imap-parser.h"
#include "mailstore/message/message-store.h"

#include <string.h>

/* Keywords of a message, and their length: they are stored with each of its entries. */
#define KEYWORDS_MOST 64
#define KEYWORD_LENGTH_MOST 64

const char *const imap_month_names[12] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void imap_parser_init(ImapParser *parser, GBytes *command)
{
    gsize length;

    parser->at = g_bytes_get_data(command, &length);
    if (parser->at == NULL)
        parser->at = "";
    parser->end = parser->at + length;
    parser->whole = command;
    parser->problem = NULL;
}

static gboolean fail(ImapParser *parser, const char *problem)
{
    parser->problem = problem;
    return FALSE;
}

gboolean imap_parser_at_end(const ImapParser *parser)
{
    return parser->at == parser->end;
}

gboolean imap_parse_end(ImapParser *parser)
{
    return imap_parser_at_end(parser) || fail(parser, "Something follows the command");
}

gboolean imap_parser_sees(const ImapParser *parser, char c)
{
    return parser->at < parser->end && *parser->at == c;
}

gboolean imap_parser_take(ImapParser *parser, char c)
{
    if (!imap_parser_sees(parser, c))
        return FALSE;
    parser->at++;
    return TRUE;
}

gboolean imap_parse_char(ImapParser *parser, char c)
{
    return imap_parser_take(parser, c) || fail(parser, c == '('   ? "A ( is missing"
                                                       : c == ')' ? "A ) is missing"
                                                                  : "Syntax error");
}

gboolean imap_parse_space(ImapParser *parser)
{
    return imap_parser_take(parser, ' ') || fail(parser, "An argument is missing");
}

static gboolean is_atom_char(char c)
{
    return c > ' ' && c < 0x7f && strchr("(){%*\"\\]", c) == NULL;
}

static gboolean is_astring_char(char c)
{
    return is_atom_char(c) || c == ']';
}

static gboolean is_list_char(char c)
{
    return is_astring_char(c) || c == '%' || c == '*';
}

static gboolean is_tag_char(char c)
{
    return is_astring_char(c) && c != '+';
}

static gboolean take_run(ImapParser *parser, gboolean (*belongs)(char), char **ret)
{
    const char *start = parser->at;

    while (parser->at < parser->end && belongs(*parser->at))
        parser->at++;
    if (parser->at == start)
        return fail(parser, "A word is missing or has a bad character");
    *ret = g_strndup(start, (gsize)(parser->at - start));
    return TRUE;
}

gboolean imap_parser_take_word(ImapParser *parser, const char *word)
{
    gsize length = strlen(word);

    if ((gsize)(parser->end - parser->at) < length ||
        g_ascii_strncasecmp(parser->at, word, length) != 0)
        return FALSE;
    if (parser->at + length < parser->end && is_atom_char(parser->at[length]) &&
        parser->at[length] != '[' && parser->at[length] != '<')
        return FALSE;
    parser->at += length;
    return TRUE;
}

gboolean imap_parse_tag(ImapParser *parser, char **ret)
{
    return take_run(parser, is_tag_char, ret);
}

gboolean imap_parse_atom(ImapParser *parser, char **ret)
{
    return take_run(parser, is_atom_char, ret);
}

static gboolean parse_quoted(ImapParser *parser, char **ret)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (parser->at++; !imap_parser_sees(parser, '"'); parser->at++) {
        if (imap_parser_take(parser, '\\') && !imap_parser_sees(parser, '"') &&
            !imap_parser_sees(parser, '\\'))
            return fail(parser, "Only \\\" and \\\\ are known in a quoted string");
        if (parser->at == parser->end || *parser->at == '\r' || *parser->at == '\n' ||
            *parser->at == '\0')
            return fail(parser, "A quoted string does not end");
        g_string_append_c(text, *parser->at);
    }
    parser->at++;
    if (!g_utf8_validate(text->str, (gssize)text->len, NULL))
        return fail(parser, "A quoted string is not UTF-8");
    *ret = g_string_free(g_steal_pointer(&text), FALSE);
    return TRUE;
}

gboolean imap_parse_literal(ImapParser *parser, GBytes **ret)
{
    guint64 size = 0;

    if (!imap_parse_char(parser, '{'))
        return FALSE;
    while (parser->at < parser->end && g_ascii_isdigit(*parser->at) && size < G_MAXUINT32)
        size = size * 10 + (guint64)(*parser->at++ - '0');
    imap_parser_take(parser, '+');
    if (!imap_parser_take(parser, '}') || !imap_parser_take(parser, '\r') ||
        !imap_parser_take(parser, '\n') || size > (guint64)(parser->end - parser->at))
        return fail(parser, "A literal is malformed");
    if (memchr(parser->at, '\0', size) != NULL)
        return fail(parser, "A literal has a NUL byte");
    const char *start = g_bytes_get_data(parser->whole, NULL);
    *ret = g_bytes_new_from_bytes(parser->whole, (gsize)(parser->at - start), size);
    parser->at += size;
    return TRUE;
}

gboolean imap_parse_string(ImapParser *parser, char **ret)
{
    if (imap_parser_sees(parser, '"'))
        return parse_quoted(parser, ret);
    g_autoptr(GBytes) literal = NULL;
    if (!imap_parse_literal(parser, &literal))
        return fail(parser, parser->problem);
    gsize length;
    const char *data = g_bytes_get_data(literal, &length);
    *ret = g_strndup(data == NULL ? "" : data, length);
    return TRUE;
}

static gboolean sees_string(const ImapParser *parser)
{
    return imap_parser_sees(parser, '"') || imap_parser_sees(parser, '{');
}

gboolean imap_parse_astring(ImapParser *parser, char **ret)
{
    return sees_string(parser) ? imap_parse_string(parser, ret)
                               : take_run(parser, is_astring_char, ret);
}

gboolean imap_parse_list_pattern(ImapParser *parser, char **ret)
{
    return sees_string(parser) ? imap_parse_string(parser, ret)
                               : take_run(parser, is_list_char, ret);
}

gboolean imap_parse_number(ImapParser *parser, guint32 *ret)
{
    guint64 number = 0;
    const char *start = parser->at;

    for (; parser->at < parser->end && g_ascii_isdigit(*parser->at); parser->at++) {
        number = number * 10 + (guint64)(*parser->at - '0');
        if (number > G_MAXUINT32)
            return fail(parser, "A number is too large");
    }
    if (parser->at == start)
        return fail(parser, "A number is missing");
    *ret = (guint32)number;
    return TRUE;
}

gboolean imap_parse_nonzero(ImapParser *parser, guint32 *ret)
{
    guint32 number;

    if (!imap_parse_number(parser, &number))
        return FALSE;
    if (number == 0)
        return fail(parser, "A number is 0");
    *ret = number;
    return TRUE;
}

/* --- flags --- */

static guint32 system_flag(const char *name)
{
    static const struct {
        const char *name;
        guint32 flag;
    } flags[] = {{"Seen", MAIL_FLAG_SEEN},
                 {"Answered", MAIL_FLAG_ANSWERED},
                 {"Flagged", MAIL_FLAG_FLAGGED},
                 {"Deleted", MAIL_FLAG_DELETED},
                 {"Draft", MAIL_FLAG_DRAFT}};

    for (gsize i = 0; i < G_N_ELEMENTS(flags); i++)
        if (g_ascii_strcasecmp(flags[i].name, name) == 0)
            return flags[i].flag;
    return 0;
}

static gboolean parse_flag(ImapParser *parser, guint32 *flags, GPtrArray *keywords)
{
    gboolean is_system = imap_parser_take(parser, '\\');
    g_autofree char *name = NULL;

    if (!imap_parse_atom(parser, &name))
        return FALSE;
    if (is_system) {
        guint32 flag = system_flag(name);
        /* \Recent is the server's; clients that copy it from another server mean no harm. */
        if (flag == 0 && g_ascii_strcasecmp(name, "Recent") != 0)
            return fail(parser, "Unknown system flag");
        *flags |= flag;
        return TRUE;
    }
    if (strlen(name) > KEYWORD_LENGTH_MOST || keywords->len >= KEYWORDS_MOST)
        return fail(parser, "Too many keywords, or too long");
    for (guint i = 0; i < keywords->len; i++)
        if (g_ascii_strcasecmp(g_ptr_array_index(keywords, i), name) == 0)
            return TRUE;
    g_ptr_array_add(keywords, g_steal_pointer(&name));
    return TRUE;
}

gboolean imap_parse_flags(ImapParser *parser, gboolean bare, guint32 *ret_flags,
                          char ***ret_keywords)
{
    g_autoptr(GPtrArray) keywords = g_ptr_array_new_with_free_func(g_free);
    guint32 flags = 0;
    gboolean open = imap_parser_take(parser, '(');

    if (!open && !bare)
        return fail(parser, "A ( is missing");
    if (!(open && imap_parser_sees(parser, ')')))
        do
            if (!parse_flag(parser, &flags, keywords))
                return FALSE;
        while (imap_parser_take(parser, ' '));
    if (open && !imap_parse_char(parser, ')'))
        return FALSE;
    g_ptr_array_add(keywords, NULL);
    g_ptr_array_set_free_func(keywords, NULL);
    *ret_keywords = (char **)g_ptr_array_free(g_steal_pointer(&keywords), FALSE);
    *ret_flags = flags;
    return TRUE;
}

/* --- dates --- */

guint imap_month_number(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(imap_month_names); i++)
        if (g_ascii_strncasecmp(name, imap_month_names[i], 3) == 0)
            return i + 1;
    return 0;
}

static gboolean take_digits(ImapParser *parser, guint least, guint most, gint *ret)
{
    guint count = 0;
    gint number = 0;

    for (; count < most && parser->at < parser->end && g_ascii_isdigit(*parser->at); count++)
        number = number * 10 + (*parser->at++ - '0');
    *ret = number;
    return count >= least;
}

/* day "-" month "-" year; the day may be padded by a space. */
static gboolean take_day(ImapParser *parser, gint *ret_year, gint *ret_month, gint *ret_day)
{
    imap_parser_take(parser, ' ');
    if (!take_digits(parser, 1, 2, ret_day) || !imap_parser_take(parser, '-') ||
        parser->end - parser->at < 3)
        return FALSE;
    *ret_month = (gint)imap_month_number(parser->at);
    parser->at += 3;
    return *ret_month != 0 && imap_parser_take(parser, '-') && take_digits(parser, 4, 4, ret_year);
}

static gboolean to_seconds(gint year, gint month, gint day, gint hour, gint minute, gint second,
                           gint64 *ret)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time =
        g_date_time_new(utc, year, month, day, hour, minute, MIN(second, 59)); /* leap seconds */

    if (time == NULL)
        return FALSE;
    *ret = g_date_time_to_unix(time);
    return TRUE;
}

gboolean imap_parse_date(ImapParser *parser, gint64 *ret)
{
    gint year, month, day;
    gboolean quoted = imap_parser_take(parser, '"');

    if (!take_day(parser, &year, &month, &day) || (quoted && !imap_parser_take(parser, '"')) ||
        !to_seconds(year, month, day, 0, 0, 0, ret))
        return fail(parser, "A date is written 1-Feb-1994");
    return TRUE;
}

gboolean imap_parse_date_time(ImapParser *parser, gint64 *ret)
{
    gint year, month, day, hour, minute, second, zone;
    gint64 local;

    if (!imap_parser_take(parser, '"') || !take_day(parser, &year, &month, &day) ||
        !imap_parser_take(parser, ' ') || !take_digits(parser, 2, 2, &hour) ||
        !imap_parser_take(parser, ':') || !take_digits(parser, 2, 2, &minute) ||
        !imap_parser_take(parser, ':') || !take_digits(parser, 2, 2, &second) ||
        !imap_parser_take(parser, ' ') ||
        !(imap_parser_sees(parser, '+') || imap_parser_sees(parser, '-')))
        return fail(parser, "A date and time is written \"17-Jul-1996 02:44:25 -0700\"");
    gint sign = *parser->at++ == '+' ? 1 : -1;
    if (!take_digits(parser, 4, 4, &zone) || !imap_parser_take(parser, '"') || zone % 100 > 59 ||
        !to_seconds(year, month, day, hour, minute, second, &local))
        return fail(parser, "A date and time is written \"17-Jul-1996 02:44:25 -0700\"");
    *ret = local - sign * (zone / 100 * 3600 + zone % 100 * 60);
    return TRUE;
}
