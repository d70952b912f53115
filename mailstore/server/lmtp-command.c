/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lmtp-command.c - parses command lines. On failure the reply that the client gets is returned.
 *
 * Known limit: no SMTPUTF8, so addresses are ASCII.
 */
#include "mailstore/server/lmtp-command.h"

#include <string.h>

typedef struct {
    const char *at;
    const char *end;
} Cursor;

static const struct {
    const char *name;
    LmtpVerb verb;
} verbs[] = {
    {"LHLO", LMTP_LHLO}, {"MAIL", LMTP_MAIL}, {"RCPT", LMTP_RCPT}, {"DATA", LMTP_DATA},
    {"RSET", LMTP_RSET}, {"NOOP", LMTP_NOOP}, {"QUIT", LMTP_QUIT}, {"VRFY", LMTP_VRFY},
    {"HELO", LMTP_HELO}, {"EHLO", LMTP_HELO},
};

static gboolean cursor_skip(Cursor *cursor, const char *word)
{
    gsize length = strlen(word);

    if ((gsize)(cursor->end - cursor->at) < length ||
        g_ascii_strncasecmp(cursor->at, word, length) != 0)
        return FALSE;
    cursor->at += length;
    return TRUE;
}

static void cursor_skip_spaces(Cursor *cursor)
{
    while (cursor->at < cursor->end && *cursor->at == ' ')
        cursor->at++;
}

/* A local part is a quoted string or characters without specials. */
static gboolean skip_local_part(Cursor *cursor)
{
    const char *start = cursor->at;

    if (cursor->at < cursor->end && *cursor->at == '"') {
        for (cursor->at++; cursor->at < cursor->end && *cursor->at != '"'; cursor->at++)
            if (*cursor->at == '\\' && ++cursor->at == cursor->end)
                return FALSE;
        return cursor->at++ < cursor->end;
    }
    while (cursor->at < cursor->end && strchr("<>()[]\\,;:@\" ", *cursor->at) == NULL)
        cursor->at++;
    return cursor->at > start;
}

static gboolean skip_domain(Cursor *cursor)
{
    const char *start = cursor->at;

    if (cursor->at < cursor->end && *cursor->at == '[') {
        while (cursor->at < cursor->end && *cursor->at != ']' && *cursor->at != '>')
            cursor->at++;
        return cursor->at < cursor->end && *cursor->at++ == ']';
    }
    while (cursor->at < cursor->end && (g_ascii_isalnum(*cursor->at) || *cursor->at == '.' ||
                                        *cursor->at == '-' || *cursor->at == '_'))
        cursor->at++;
    return cursor->at > start;
}

/* "<" [route ":"] local ["@" domain] ">", or "<>" */
static gboolean parse_path(Cursor *cursor, char **ret_address)
{
    cursor_skip_spaces(cursor); /* common, if not allowed */
    if (!cursor_skip(cursor, "<"))
        return FALSE;
    if (cursor_skip(cursor, ">")) {
        *ret_address = g_strdup("");
        return TRUE;
    }
    if (cursor->at < cursor->end && *cursor->at == '@') {
        const char *colon = memchr(cursor->at, ':', (gsize)(cursor->end - cursor->at));
        if (colon == NULL)
            return FALSE;
        cursor->at = colon + 1;
    }
    const char *start = cursor->at;
    if (!skip_local_part(cursor) || (cursor_skip(cursor, "@") && !skip_domain(cursor)))
        return FALSE;
    gsize length = (gsize)(cursor->at - start);
    if (!cursor_skip(cursor, ">") || length > LMTP_ADDRESS_MOST)
        return FALSE;
    *ret_address = g_strndup(start, length);
    return TRUE;
}

static gboolean parse_size(const char *text, guint64 *ret_size)
{
    /* RFC 1870 §3: up to 20 digits. */
    return g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, ret_size, NULL);
}

static const char *parse_parameters(Cursor *cursor, LmtpCommand *command)
{
    while (cursor->at < cursor->end) {
        if (*cursor->at != ' ')
            return "501 5.5.4 Parameters follow the address after a space\r\n";
        cursor_skip_spaces(cursor);
        const char *start = cursor->at;
        while (cursor->at < cursor->end && *cursor->at != ' ')
            cursor->at++;
        g_autofree char *word = g_strndup(start, (gsize)(cursor->at - start));
        if (*word == '\0')
            continue;
        if (command->verb != LMTP_MAIL)
            return "555 5.5.4 RCPT takes no parameters here\r\n";
        if (g_ascii_strncasecmp(word, "SIZE=", 5) == 0) {
            if (!parse_size(word + 5, &command->size))
                return "501 5.5.4 SIZE wants a number\r\n";
        } else if (g_ascii_strcasecmp(word, "BODY=7BIT") != 0 &&
                   g_ascii_strcasecmp(word, "BODY=8BITMIME") != 0) {
            return "555 5.5.4 Unknown parameter\r\n";
        }
    }
    return NULL;
}

static const char *parse_mail(Cursor *cursor, LmtpCommand *command)
{
    if (!cursor_skip(cursor, " FROM:"))
        return "501 5.5.4 Write MAIL FROM:<address>\r\n";
    if (!parse_path(cursor, &command->address))
        return "501 5.1.7 Bad sender address\r\n";
    return parse_parameters(cursor, command);
}

static const char *parse_rcpt(Cursor *cursor, LmtpCommand *command)
{
    if (!cursor_skip(cursor, " TO:"))
        return "501 5.5.4 Write RCPT TO:<address>\r\n";
    if (!parse_path(cursor, &command->address) || *command->address == '\0')
        return "501 5.1.3 Bad recipient address\r\n";
    return parse_parameters(cursor, command);
}

static const char *parse_rest(Cursor *cursor, LmtpCommand *command)
{
    gboolean has_argument = cursor->at < cursor->end;

    if (has_argument && *cursor->at != ' ')
        command->verb = LMTP_UNKNOWN;
    cursor_skip_spaces(cursor);
    has_argument = cursor->at < cursor->end;
    switch (command->verb) {
    case LMTP_LHLO:
    case LMTP_VRFY:
        return has_argument ? NULL : "501 5.5.4 An argument is missing\r\n";
    case LMTP_DATA:
    case LMTP_RSET:
    case LMTP_QUIT:
        return has_argument ? "501 5.5.4 No argument is allowed here\r\n" : NULL;
    case LMTP_UNKNOWN:
        return "500 5.5.2 Unknown command\r\n";
    default:
        return NULL;
    }
}

gboolean lmtp_command_parse(const char *line, gsize length, LmtpCommand *ret_command,
                            const char **ret_reply)
{
    LmtpCommand command = {.verb = LMTP_UNKNOWN};
    Cursor cursor = {line, line + length};
    const char *reply = NULL;

    for (gsize i = 0; i < length; i++)
        if (line[i] == '\0' || line[i] == '\r' || line[i] == '\n' || (line[i] & 0x80) != 0) {
            *ret_reply = "500 5.5.2 Commands are lines of ASCII ended by CRLF\r\n";
            return FALSE;
        }
    for (gsize i = 0; i < G_N_ELEMENTS(verbs) && command.verb == LMTP_UNKNOWN; i++)
        if (cursor_skip(&cursor, verbs[i].name))
            command.verb = verbs[i].verb;
    if (command.verb == LMTP_MAIL)
        reply = parse_mail(&cursor, &command);
    else if (command.verb == LMTP_RCPT)
        reply = parse_rcpt(&cursor, &command);
    else
        reply = parse_rest(&cursor, &command);
    if (reply != NULL) {
        lmtp_command_clear(&command);
        *ret_reply = reply;
        return FALSE;
    }
    *ret_command = command;
    return TRUE;
}

void lmtp_command_clear(LmtpCommand *command)
{
    g_clear_pointer(&command->address, g_free);
}

void lmtp_address_split(const char *address, char **ret_name, char **ret_detail)
{
    g_autoptr(GString) local = g_string_new(NULL);

    if (*address == '"') {
        for (const char *at = address + 1; *at != '\0' && *at != '"'; at++) {
            if (*at == '\\' && at[1] != '\0')
                at++;
            g_string_append_c(local, *at);
        }
    } else {
        g_string_append_len(local, address, (gssize)strcspn(address, "@"));
    }
    char *plus = strchr(local->str, '+');
    *ret_name =
        plus == NULL ? g_strdup(local->str) : g_strndup(local->str, (gsize)(plus - local->str));
    *ret_detail = plus == NULL ? NULL : g_strdup(plus + 1);
}
