/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd-select.c - SELECT, EXAMINE, CLOSE, UNSELECT (RFC 3691). */
#include "mailstore/server/cmd-expunge.h"
#include "mailstore/server/imap-session.h"

static gboolean parse_select(ImapSession *session, ImapParser *parser)
{
    char *name = NULL;

    if (!imap_parse_space(parser) || !imap_parse_mailbox(parser, &name))
        return FALSE;
    session->arguments = name;
    session->free_arguments = g_free;
    return TRUE;
}

static void tell_flags(ImapSession *session)
{
    const ImapMailbox *mailbox = session->selected;
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GString) names = g_string_new("\\Answered \\Flagged \\Deleted \\Seen \\Draft");

    for (guint i = 0; i < imap_mailbox_count(mailbox); i++)
        for (char **at = imap_mailbox_item(mailbox, i)->entry.keywords; at != NULL && *at != NULL;
             at++)
            if (g_hash_table_add(seen, *at))
                g_string_append_printf(names, " %s", *at);
    imap_output_printf(&session->output, "* FLAGS (%s)\r\n", names->str);
    if (mailbox->read_only)
        imap_output_puts(&session->output, "* OK [PERMANENTFLAGS ()] Read-only\r\n");
    else
        imap_output_printf(&session->output, "* OK [PERMANENTFLAGS (%s \\*)] Kept\r\n", names->str);
}

static void tell_numbers(ImapSession *session, const MailFolder *folder)
{
    const ImapMailbox *mailbox = session->selected;
    guint count = imap_mailbox_count(mailbox);
    guint first_unseen = 0;

    for (guint i = 0; i < count && first_unseen == 0; i++)
        if ((imap_mailbox_item(mailbox, i)->entry.flags & MAIL_FLAG_SEEN) == 0)
            first_unseen = i + 1;
    imap_output_printf(&session->output, "* %u EXISTS\r\n* 0 RECENT\r\n", count);
    if (first_unseen > 0)
        imap_output_printf(&session->output, "* OK [UNSEEN %u] First unseen\r\n", first_unseen);
    /* The folder was read before its entries: one may have come between. */
    imap_output_printf(
        &session->output, "* OK [UIDVALIDITY %u] UIDs valid\r\n* OK [UIDNEXT %u] Next UID\r\n",
        mailbox->uid_validity, MAX(folder->uid_next, imap_mailbox_last_uid(mailbox) + 1));
}

static ImapStep open_mailbox(ImapSession *session, MailSession *mail, gboolean read_only)
{
    const char *name = session->arguments;
    g_autoptr(GError) error = NULL;

    /* A SELECT that fails leaves none selected (RFC 3501 §6.3.1). */
    imap_session_unselect(session);
    g_autoptr(MailFolder) folder = imap_session_find_folder(session, mail, name, &error);
    if (folder != NULL) {
        guint id = connection_id(session->connection);
        /* The watch comes first: what changes after it is told, what changed before is read. */
        folder_watch_add(session->server->watches, id, folder->id);
        session->selected = imap_mailbox_new(mail, folder, name, read_only, &error);
        if (session->selected == NULL)
            folder_watch_remove(session->server->watches, id);
    }
    if (session->selected == NULL) {
        imap_session_reply_error(session, error, name);
        return IMAP_STEP_DONE;
    }
    session->state = IMAP_STATE_SELECTED;
    tell_flags(session);
    tell_numbers(session, folder);
    imap_session_reply(session, "OK [%s] %s completed", read_only ? "READ-ONLY" : "READ-WRITE",
                       session->command->name);
    return IMAP_STEP_DONE;
}

static ImapStep step_select(ImapSession *session, MailSession *mail)
{
    return open_mailbox(session, mail, FALSE);
}

static ImapStep step_examine(ImapSession *session, MailSession *mail)
{
    return open_mailbox(session, mail, TRUE);
}

static ImapStep step_close(ImapSession *session, MailSession *mail)
{
    g_autoptr(GError) error = NULL;

    if (!session->selected->read_only && !imap_expunge(session, mail, NULL, &error)) {
        imap_session_reply_error(session, error, "expunge");
        return IMAP_STEP_DONE;
    }
    imap_session_unselect(session);
    imap_session_reply(session, "OK CLOSE completed");
    return IMAP_STEP_DONE;
}

static ImapStep step_unselect(ImapSession *session, MailSession *mail)
{
    (void)mail;
    imap_session_unselect(session);
    imap_session_reply(session, "OK UNSELECT completed");
    return IMAP_STEP_DONE;
}

const ImapCommand imap_command_select = {.name = "SELECT",
                                         .states = IMAP_STATE_KNOWN,
                                         .run = IMAP_RUN_READER,
                                         .parse = parse_select,
                                         .step = step_select};
const ImapCommand imap_command_examine = {.name = "EXAMINE",
                                          .states = IMAP_STATE_KNOWN,
                                          .run = IMAP_RUN_READER,
                                          .parse = parse_select,
                                          .step = step_examine};
const ImapCommand imap_command_close = {
    .name = "CLOSE", .states = IMAP_STATE_SELECTED, .run = IMAP_RUN_WRITER, .step = step_close};
const ImapCommand imap_command_unselect = {.name = "UNSELECT",
                                           .states = IMAP_STATE_SELECTED,
                                           .run = IMAP_RUN_READER,
                                           .step = step_unselect};
