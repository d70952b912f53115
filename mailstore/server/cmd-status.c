/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd-status.c - STATUS (RFC 3501 §6.3.10). */
#include "mailstore/server/imap-session.h"

/* Bit i of the items asked for stands for the name i. */
static const char *const item_names[] = {"MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN"};

typedef struct {
    char *name;
    guint items;
} Arguments;

static void arguments_free(gpointer data)
{
    g_free(((Arguments *)data)->name);
    g_free(data);
}

static gboolean parse_item(ImapParser *parser, guint *items)
{
    for (guint i = 0; i < G_N_ELEMENTS(item_names); i++)
        if (imap_parser_take_word(parser, item_names[i])) {
            *items |= 1U << i;
            return TRUE;
        }
    parser->problem = "Unknown status item";
    return FALSE;
}

static gboolean parse_status(ImapSession *session, ImapParser *parser)
{
    Arguments *arguments = g_new0(Arguments, 1);

    session->arguments = arguments;
    session->free_arguments = arguments_free;
    if (!imap_parse_space(parser) || !imap_parse_mailbox(parser, &arguments->name) ||
        !imap_parse_space(parser) || !imap_parse_char(parser, '('))
        return FALSE;
    do
        if (!parse_item(parser, &arguments->items))
            return FALSE;
    while (imap_parser_take(parser, ' '));
    return imap_parse_char(parser, ')');
}

static void tell_status(ImapSession *session, const MailFolder *folder, const MailCounts *counts)
{
    const Arguments *arguments = session->arguments;
    /* The folder was read before its entries: one may have come between. */
    const guint32 values[] = {counts->messages, 0, MAX(folder->uid_next, counts->last_uid + 1),
                              folder->uid_validity, counts->unseen};

    imap_output_puts(&session->output, "* STATUS ");
    imap_output_mailbox(&session->output, arguments->name);
    const char *space = " (";
    for (guint i = 0; i < G_N_ELEMENTS(values); i++)
        if ((arguments->items & 1U << i) != 0) {
            imap_output_printf(&session->output, "%s%s %u", space, item_names[i], values[i]);
            space = " ";
        }
    imap_output_puts(&session->output, ")\r\n");
}

static ImapStep step_status(ImapSession *session, MailSession *mail)
{
    const Arguments *arguments = session->arguments;
    g_autoptr(GError) error = NULL;
    g_autoptr(MailFolder) folder = imap_session_find_folder(session, mail, arguments->name, &error);
    MailCounts counts;

    if (folder == NULL || !mail_folder_count(mail, folder->id, &counts, &error)) {
        imap_session_reply_error(session, error, arguments->name);
        return IMAP_STEP_DONE;
    }
    tell_status(session, folder, &counts);
    imap_session_reply(session, "OK STATUS completed");
    return IMAP_STEP_DONE;
}

const ImapCommand imap_command_status = {.name = "STATUS",
                                         .states = IMAP_STATE_KNOWN,
                                         .run = IMAP_RUN_READER,
                                         .parse = parse_status,
                                         .step = step_status};
