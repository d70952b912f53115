/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd-search.c - SEARCH, with ESEARCH (RFC 4731): a while a step. Texts are read only for messages
 * that the rest of the program does not rule out, one at a time and charged.
 */
#include "mailstore/server/imap-search.h"
#include "mailstore/server/imap-session.h"
#include "mailstore/server/imap-set.h"

/* Some that are known, for a client that asked in one that is not; iconv has many more. */
#define CHARSETS                                                                                   \
    "UTF-8 US-ASCII ISO-8859-1 ISO-8859-2 ISO-8859-5 ISO-8859-7 ISO-8859-9 ISO-8859-15 "           \
    "WINDOWS-1250 WINDOWS-1251 WINDOWS-1252 KOI8-R ISO-2022-JP SHIFT_JIS EUC-JP EUC-KR BIG5 "      \
    "GB18030"
/* What a step may take before others get the thread. */
#define STEP_MICROSECONDS 50000

/* What RETURN asks for. */
typedef enum {
    RETURN_MIN = 1 << 0,
    RETURN_MAX = 1 << 1,
    RETURN_ALL = 1 << 2,
    RETURN_COUNT = 1 << 3
} ReturnOptions;

typedef struct {
    gboolean has_return;
    guint return_options; /* ReturnOptions */
    ImapSearch *search;
    gboolean bad_charset;
    guint next;
    GArray *found; /* guint32 */
} Arguments;

static void arguments_free(gpointer data)
{
    Arguments *arguments = data;

    imap_search_free(arguments->search);
    g_array_unref(arguments->found);
    g_free(arguments);
}

static gboolean parse_return_option(ImapParser *parser, guint *options)
{
    static const struct {
        const char *word;
        ReturnOptions option;
    } known[] = {
        {"MIN", RETURN_MIN}, {"MAX", RETURN_MAX}, {"ALL", RETURN_ALL}, {"COUNT", RETURN_COUNT}};

    for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
        if (imap_parser_take_word(parser, known[i].word)) {
            *options |= known[i].option;
            return TRUE;
        }
    parser->problem = "Unknown return option";
    return FALSE;
}

static gboolean parse_return(ImapParser *parser, Arguments *arguments)
{
    if (!imap_parser_take_word(parser, "RETURN"))
        return TRUE;
    arguments->has_return = TRUE;
    if (!imap_parse_space(parser) || !imap_parse_char(parser, '('))
        return FALSE;
    if (!imap_parser_sees(parser, ')'))
        do
            if (!parse_return_option(parser, &arguments->return_options))
                return FALSE;
        while (imap_parser_take(parser, ' '));
    if (arguments->return_options == 0)
        arguments->return_options = RETURN_ALL;
    return imap_parse_char(parser, ')') && imap_parse_space(parser);
}

static gboolean parse_search(ImapSession *session, ImapParser *parser)
{
    Arguments *arguments = g_new0(Arguments, 1);

    arguments->found = g_array_new(FALSE, FALSE, sizeof(guint32));
    session->arguments = arguments;
    session->free_arguments = arguments_free;
    return imap_parse_space(parser) && parse_return(parser, arguments) &&
           imap_parse_search(parser, &arguments->search, &arguments->bad_charset);
}

/* DONE with *ret_matches, or WAIT. A message that went away does not match. */
static ImapStep search_one(ImapSession *session, MailSession *mail, guint index,
                           gboolean *ret_matches)
{
    const Arguments *arguments = session->arguments;
    const ImapMailbox *mailbox = session->selected;
    const ImapItem *item = imap_mailbox_item(mailbox, index);
    ImapSearchSubject subject = {.entry = &item->entry,
                                 .number = index + 1,
                                 .last = imap_mailbox_count(mailbox),
                                 .last_uid = imap_mailbox_last_uid(mailbox)};
    const ImapSearch *search = arguments->search;

    *ret_matches = FALSE;
    if (item->gone || !imap_search_may_match(search, &subject))
        return IMAP_STEP_DONE;
    guint64 *ret_size = imap_search_needs_size(search) ? &subject.size : NULL;
    g_autoptr(GBytes) text = NULL;
    if (imap_search_needs_header(search) || imap_search_needs_body(search)) {
        ImapStep step =
            imap_session_read_message(session, mail, item->entry.message,
                                      !imap_search_needs_body(search), &text, ret_size, NULL);
        if (step == IMAP_STEP_WAIT || text == NULL)
            return step;
        subject.text = text;
    } else if (ret_size != NULL && !mail_message_size(mail, item->entry.message, ret_size, NULL)) {
        return IMAP_STEP_DONE;
    }
    *ret_matches = imap_search_matches(search, &subject);
    return IMAP_STEP_DONE;
}

static void tell_extended(ImapSession *session)
{
    const Arguments *arguments = session->arguments;
    const guint32 *found = (const guint32 *)(gconstpointer)arguments->found->data;
    guint count = arguments->found->len, options = arguments->return_options;
    ImapOutput *output = &session->output;

    imap_output_puts(output, "* ESEARCH (TAG ");
    imap_output_string(output, session->tag);
    imap_output_puts(output, session->by_uid ? ") UID" : ")");
    if (count > 0 && (options & RETURN_MIN) != 0)
        imap_output_printf(output, " MIN %u", found[0]);
    if (count > 0 && (options & RETURN_MAX) != 0)
        imap_output_printf(output, " MAX %u", found[count - 1]);
    if ((options & RETURN_COUNT) != 0)
        imap_output_printf(output, " COUNT %u", count);
    if (count > 0 && (options & RETURN_ALL) != 0) {
        g_autoptr(GString) set = g_string_new(" ALL ");
        imap_set_append(set, found, count);
        imap_output_append(output, set->str, set->len);
    }
    imap_output_puts(output, "\r\n");
}

static void tell_found(ImapSession *session)
{
    const Arguments *arguments = session->arguments;

    imap_session_reply(session, "OK SEARCH completed");
    if (arguments->has_return) {
        tell_extended(session);
        return;
    }
    imap_output_puts(&session->output, "* SEARCH");
    for (guint i = 0; i < arguments->found->len; i++)
        imap_output_printf(&session->output, " %u", g_array_index(arguments->found, guint32, i));
    imap_output_puts(&session->output, "\r\n");
}

static ImapStep step_search(ImapSession *session, MailSession *mail)
{
    Arguments *arguments = session->arguments;
    gint64 end = g_get_monotonic_time() + STEP_MICROSECONDS;

    if (arguments->bad_charset) {
        imap_session_reply(session, "NO [BADCHARSET (" CHARSETS ")] Unknown charset");
        return IMAP_STEP_DONE;
    }
    while (arguments->next < imap_mailbox_count(session->selected)) {
        gboolean matches;
        /* Before taking more memory, what was read is given back with the step. */
        if (g_get_monotonic_time() > end || session->charge > session->server->config->output_step)
            return IMAP_STEP_MORE;
        if (search_one(session, mail, arguments->next, &matches) == IMAP_STEP_WAIT)
            return IMAP_STEP_WAIT;
        if (matches) {
            guint32 number = session->by_uid
                                 ? imap_mailbox_item(session->selected, arguments->next)->entry.uid
                                 : arguments->next + 1;
            g_array_append_val(arguments->found, number);
        }
        arguments->next++;
    }
    tell_found(session);
    return IMAP_STEP_DONE;
}

const ImapCommand imap_command_search = {.name = "SEARCH",
                                         .states = IMAP_STATE_SELECTED,
                                         .run = IMAP_RUN_READER,
                                         .has_uid_form = TRUE,
                                         .keeps_numbers = TRUE,
                                         .parse = parse_search,
                                         .step = step_search};
