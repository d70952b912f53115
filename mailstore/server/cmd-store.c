/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd-store.c - STORE: flags of messages, some a step, each step in one transaction. */
#include "mailstore/server/imap-session.h"
#include "mailstore/server/imap-set.h"

/* Changes in one transaction: others that change folders wait for its end. */
#define CHANGES_A_STEP 500

typedef struct {
    GArray *set;
    MailFlagsChange change;
    gboolean silent;
    guint32 flags;
    char **keywords;
    GArray *indexes; /* of items; NULL before the first step */
    guint next;
    gboolean lost; /* some message was gone */
} Arguments;

static void arguments_free(gpointer data)
{
    Arguments *arguments = data;

    g_clear_pointer(&arguments->set, g_array_unref);
    g_clear_pointer(&arguments->indexes, g_array_unref);
    g_strfreev(arguments->keywords);
    g_free(arguments);
}

static gboolean parse_store(ImapSession *session, ImapParser *parser)
{
    Arguments *arguments = g_new0(Arguments, 1);

    session->arguments = arguments;
    session->free_arguments = arguments_free;
    if (!imap_parse_space(parser) || !imap_parse_set(parser, &arguments->set) ||
        !imap_parse_space(parser))
        return FALSE;
    arguments->change = imap_parser_take(parser, '+')   ? MAIL_FLAGS_ADD
                        : imap_parser_take(parser, '-') ? MAIL_FLAGS_REMOVE
                                                        : MAIL_FLAGS_SET;
    arguments->silent = imap_parser_take_word(parser, "FLAGS.SILENT");
    if (!arguments->silent && !imap_parser_take_word(parser, "FLAGS")) {
        parser->problem = "Only FLAGS can be stored";
        return FALSE;
    }
    return imap_parse_space(parser) &&
           imap_parse_flags(parser, TRUE, &arguments->flags, &arguments->keywords);
}

static void tell_flags(ImapSession *session, guint index, const MailEntry *entry)
{
    imap_output_printf(&session->output, "* %u FETCH (", index + 1);
    if (session->by_uid)
        imap_output_printf(&session->output, "UID %u ", entry->uid);
    imap_output_puts(&session->output, "FLAGS ");
    imap_output_flags(&session->output, entry->flags, entry->keywords);
    imap_output_puts(&session->output, ")\r\n");
}

/* Takes the changed entry into the view; UID 0: it is gone. */
static void take_changed(ImapSession *session, guint index, MailEntry entry)
{
    Arguments *arguments = session->arguments;
    MailEntry *known = &imap_mailbox_item(session->selected, index)->entry;

    if (entry.uid == 0) {
        arguments->lost = TRUE;
        return;
    }
    /* What others changed before is told in any case (RFC 3501 §6.4.6). */
    mail_entry_apply(known, arguments->change, arguments->flags,
                     (const char *const *)arguments->keywords);
    if (!arguments->silent || !imap_flags_equal(known, &entry))
        tell_flags(session, index, &entry);
    imap_mailbox_set_entry(session->selected, index, entry);
}

/* Changes the next CHANGES_A_STEP messages at most. */
static gboolean store_some(ImapSession *session, MailSession *mail, GError **error)
{
    Arguments *arguments = session->arguments;
    guint indexes[CHANGES_A_STEP];
    guint32 uids[CHANGES_A_STEP];
    MailEntry entries[CHANGES_A_STEP];
    guint count = 0;

    for (; count < CHANGES_A_STEP && arguments->next < arguments->indexes->len; arguments->next++) {
        guint index = g_array_index(arguments->indexes, guint, arguments->next);
        const ImapItem *item = imap_mailbox_item(session->selected, index);
        if (item->gone) {
            arguments->lost = TRUE;
            continue;
        }
        indexes[count] = index;
        uids[count++] = item->entry.uid;
    }
    if (count == 0)
        return TRUE;
    if (!mail_entries_change_flags(mail, session->selected->folder, uids, count, arguments->change,
                                   arguments->flags, (const char *const *)arguments->keywords,
                                   entries, error))
        return FALSE;
    session->own_changes++;
    for (guint i = 0; i < count; i++)
        take_changed(session, indexes[i], entries[i]);
    return TRUE;
}

static gboolean begin(ImapSession *session)
{
    Arguments *arguments = session->arguments;

    if (session->selected->read_only) {
        imap_session_reply(session, "NO The mailbox is open for reading only");
        return FALSE;
    }
    arguments->indexes = imap_mailbox_select(session->selected, arguments->set, session->by_uid);
    if (arguments->indexes == NULL)
        imap_session_reply(session, "BAD No message has this number");
    return arguments->indexes != NULL;
}

static ImapStep step_store(ImapSession *session, MailSession *mail)
{
    Arguments *arguments = session->arguments;
    g_autoptr(GError) error = NULL;

    if (arguments->indexes == NULL && !begin(session))
        return IMAP_STEP_DONE;
    if (!store_some(session, mail, &error)) {
        imap_session_reply_error(session, error, "flags");
        return IMAP_STEP_DONE;
    }
    if (arguments->next < arguments->indexes->len)
        return IMAP_STEP_MORE;
    imap_session_reply(session, arguments->lost && !session->by_uid
                                    ? "NO [EXPUNGEISSUED] Some messages are gone"
                                    : "OK STORE completed");
    return IMAP_STEP_DONE;
}

const ImapCommand imap_command_store = {.name = "STORE",
                                        .states = IMAP_STATE_SELECTED,
                                        .run = IMAP_RUN_WRITER,
                                        .has_uid_form = TRUE,
                                        .keeps_numbers = TRUE,
                                        .parse = parse_store,
                                        .step = step_store};
