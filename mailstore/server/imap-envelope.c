/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imap-envelope.c - prints the envelope of a header; addresses are taken apart as RFC 5322 says,
 * with patience: what is no address gives a name or a mailbox without a host.
 */
#include "mailstore/server/imap-envelope.h"
#include "mailstore/server/mime-header.h"

#include <string.h>

typedef struct {
    GString *phrase; /* words before '<', or the address itself */
    GString *comment;
    GString *route;
    GString *local;
    GString *host;
    gboolean angle; /* seen '<' */
    gboolean at;    /* seen '@' */
    gboolean over;  /* what follows belongs to no address */
} Address;

static void address_init(Address *address)
{
    address->phrase = g_string_new(NULL);
    address->comment = g_string_new(NULL);
    address->route = g_string_new(NULL);
    address->local = g_string_new(NULL);
    address->host = g_string_new(NULL);
    address->angle = address->at = address->over = FALSE;
}

static void address_clear(Address *address)
{
    g_string_free(address->phrase, TRUE);
    g_string_free(address->comment, TRUE);
    g_string_free(address->route, TRUE);
    g_string_free(address->local, TRUE);
    g_string_free(address->host, TRUE);
}

static void print_nonempty(ImapOutput *output, GString *text)
{
    while (text->len > 0 && text->str[text->len - 1] == ' ')
        g_string_truncate(text, text->len - 1);
    imap_output_nstring(output, text->len == 0 ? NULL : text->str, text->len);
}

static void address_print(ImapOutput *output, Address *address)
{
    if (address->local->len == 0 && address->host->len == 0 && address->phrase->len == 0)
        return;
    if (!address->angle && !address->at) { /* a bare word is a mailbox */
        g_string_assign(address->local, address->phrase->str);
        g_string_truncate(address->phrase, 0);
    }
    imap_output_puts(output, "(");
    print_nonempty(output, address->phrase->len > 0 ? address->phrase : address->comment);
    imap_output_puts(output, " ");
    print_nonempty(output, address->route);
    imap_output_puts(output, " ");
    imap_output_string(output, g_strchomp(address->local->str));
    imap_output_puts(output, " ");
    /* NIL would begin a group. */
    imap_output_string(output,
                       address->host->len > 0 ? g_strchomp(address->host->str) : "MISSING_DOMAIN");
    imap_output_puts(output, ")");
}

/* What the characters at hand belong to. */
static GString *address_field(Address *address)
{
    if (address->at)
        return address->host;
    return address->angle ? address->local : address->phrase;
}

static void address_append(Address *address, char c)
{
    if (!address->over)
        g_string_append_c(address_field(address), c);
}

static const char *take_comment(const char *at, GString *comment)
{
    int depth = 0;

    for (; *at != '\0'; at++) {
        if (*at == '\\' && at[1] != '\0')
            g_string_append_c(comment, *++at);
        else if (*at == '(' && depth++ == 0)
            continue;
        else if (*at == ')' && --depth == 0)
            return at + 1;
        else
            g_string_append_c(comment, *at);
    }
    return at;
}

static const char *take_quoted(const char *at, Address *address)
{
    for (at++; *at != '\0' && *at != '"'; at++) {
        if (*at == '\\' && at[1] != '\0')
            at++;
        address_append(address, *at);
    }
    return *at == '"' ? at + 1 : at;
}

static void address_at(Address *address)
{
    if (address->at) { /* a second one */
        address_append(address, '@');
        return;
    }
    if (!address->angle) {
        g_string_assign(address->local, address->phrase->str);
        g_string_truncate(address->phrase, 0);
    }
    address->at = TRUE;
}

static void address_open(Address *address)
{
    if (address->at && !address->angle) /* "a@b <c@d>": an address where the name belongs */
        g_string_printf(address->phrase, "%s@%s", address->local->str, address->host->str);
    address->angle = TRUE;
    address->at = address->over = FALSE;
    g_string_truncate(address->local, 0);
    g_string_truncate(address->host, 0);
}

/* A space divides the words of a name, and ends a host unless a dot is next to it. */
static void address_space(Address *address, const char *at)
{
    GString *text = address_field(address);

    if (text->len == 0)
        return;
    if (text == address->host)
        address->over |= text->str[text->len - 1] != '.' && at[strspn(at, " ")] != '.';
    else if (text == address->phrase && text->str[text->len - 1] != ' ')
        g_string_append_c(text, ' ');
}

static const char *address_char(Address *address, const char *at)
{
    switch (*at) {
    case '(':
        g_string_truncate(address->comment, 0);
        return take_comment(at, address->comment);
    case '"':
        return take_quoted(at, address);
    case '<':
        address_open(address);
        return at + 1;
    case '>':
        address->over |= address->angle;
        return at + 1;
    case '@':
        address_at(address);
        return at + 1;
    case ' ':
        address_space(address, at);
        return at + 1;
    default:
        address_append(address, *at);
        return at + 1;
    }
}

/* A route before an address, "@a,@b:" */
static gboolean take_route(const char **at, GString *route)
{
    const char *end = strpbrk(*at, ":>");

    if (end == NULL || *end != ':')
        return FALSE;
    g_string_append_len(route, *at, end - *at);
    *at = end + 1;
    return TRUE;
}

/* One address, group or end of a group; TRUE while there are more. */
static gboolean print_next(ImapOutput *output, const char **at, gboolean *in_group)
{
    Address address;
    gboolean more = TRUE;

    address_init(&address);
    for (;;) {
        char c = **at;
        if (c == '\0' || c == ',' || c == ';') { /* some divide addresses by ';' */
            address_print(output, &address);
            if (c == ';' && *in_group) {
                imap_output_puts(output, "(NIL NIL NIL NIL)");
                *in_group = FALSE;
            }
            more = c != '\0';
            *at += more;
            break;
        }
        if (c == '@' && address.angle && address.local->len == 0 && take_route(at, address.route))
            continue;
        if (c == ':' && !*in_group) {
            imap_output_puts(output, "(NIL NIL ");
            imap_output_string(output, g_strchomp(address.phrase->str));
            imap_output_puts(output, " NIL)");
            *in_group = TRUE;
            (*at)++;
            break;
        }
        *at = address_char(&address, *at);
    }
    address_clear(&address);
    return more;
}

/* FALSE, and nothing is printed, when there is no address. */
static gboolean print_addresses(ImapOutput *output, const char *text)
{
    gboolean in_group = FALSE;

    if (text == NULL || *text == '\0')
        return FALSE;
    gsize before = output->length;
    imap_output_puts(output, "(");
    while (print_next(output, &text, &in_group))
        ;
    if (in_group)
        imap_output_puts(output, "(NIL NIL NIL NIL)");
    if (output->length == before + 1) {
        g_string_truncate(output->tail, output->tail->len - 1);
        output->length--;
        return FALSE;
    }
    imap_output_puts(output, ")");
    return TRUE;
}

void imap_envelope_print(ImapOutput *output, const char *header, gsize length)
{
    enum {
        DATE,
        SUBJECT,
        FROM,
        SENDER,
        REPLY_TO,
        TO,
        CC,
        BCC,
        IN_REPLY_TO,
        MESSAGE_ID
    };
    MimeWanted fields[] = {
        [DATE] = {"date", FALSE, NULL},
        [SUBJECT] = {"subject", FALSE, NULL},
        [FROM] = {"from", TRUE, NULL},
        [SENDER] = {"sender", TRUE, NULL},
        [REPLY_TO] = {"reply-to", TRUE, NULL},
        [TO] = {"to", TRUE, NULL},
        [CC] = {"cc", TRUE, NULL},
        [BCC] = {"bcc", TRUE, NULL},
        [IN_REPLY_TO] = {"in-reply-to", FALSE, NULL},
        [MESSAGE_ID] = {"message-id", FALSE, NULL},
    };

    mime_header_collect(header, length, fields, G_N_ELEMENTS(fields));
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        gboolean defaults = i == SENDER || i == REPLY_TO; /* to From */
        imap_output_puts(output, i == 0 ? "(" : " ");
        if (!fields[i].is_list)
            imap_output_string(output, fields[i].value);
        else if (!print_addresses(output, fields[i].value) &&
                 !(defaults && print_addresses(output, fields[FROM].value)))
            imap_output_puts(output, "NIL");
    }
    imap_output_puts(output, ")");
    mime_wanted_clear(fields, G_N_ELEMENTS(fields));
}
