/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd-expunge.c - EXPUNGE and UID EXPUNGE (RFC 4315). */
#include "mailstore/server/cmd-expunge.h"
#include "mailstore/server/imap-set.h"

gboolean imap_expunge(ImapSession *session, MailSession *mail, const GArray *set, GError **error)
{
    const ImapMailbox *mailbox = session->selected;
    g_autoptr(GArray) uids = g_array_new(FALSE, FALSE, sizeof(guint32));

    imap_session_refresh(session, mail, FALSE); /* others mark messages, too */
    for (guint i = 0; i < imap_mailbox_count(mailbox); i++) {
        const MailEntry *entry = &imap_mailbox_item(mailbox, i)->entry;
        if ((entry->flags & MAIL_FLAG_DELETED) != 0 &&
            (set == NULL || imap_set_has(set, entry->uid, imap_mailbox_last_uid(mailbox))))
            g_array_append_val(uids, entry->uid);
    }
    if (uids->len == 0)
        return TRUE;
    return mail_expunge(mail, mailbox->folder, (const guint32 *)(void *)uids->data, uids->len, TRUE,
                        error);
}

static gboolean parse_expunge(ImapSession *session, ImapParser *parser)
{
    GArray *set = NULL;

    if (!session->by_uid)
        return TRUE;
    if (!imap_parse_space(parser) || !imap_parse_set(parser, &set))
        return FALSE;
    session->arguments = set;
    session->free_arguments = (GDestroyNotify)g_array_unref;
    return TRUE;
}

static ImapStep step_expunge(ImapSession *session, MailSession *mail)
{
    g_autoptr(GError) error = NULL;

    if (session->selected->read_only)
        imap_session_reply(session, "NO The mailbox is open for reading only");
    else if (!imap_expunge(session, mail, session->arguments, &error))
        imap_session_reply_error(session, error, "expunge");
    else
        imap_session_reply(session, "OK EXPUNGE completed");
    return IMAP_STEP_DONE;
}

const ImapCommand imap_command_expunge = {.name = "EXPUNGE",
                                          .states = IMAP_STATE_SELECTED,
                                          .run = IMAP_RUN_WRITER,
                                          .has_uid_form = TRUE,
                                          .parse = parse_expunge,
                                          .step = step_expunge};
