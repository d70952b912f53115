/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd-folder.c - CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE. */
#include "mailstore/server/imap-session.h"

#include <string.h>

#define INBOX "INBOX"

typedef struct {
    char *name;
    char *to; /* RENAME */
} Arguments;

static void arguments_free(gpointer data)
{
    Arguments *arguments = data;

    g_free(arguments->name);
    g_free(arguments->to);
    g_free(arguments);
}

static gboolean parse_name(ImapSession *session, ImapParser *parser)
{
    Arguments *arguments = g_new0(Arguments, 1);

    session->arguments = arguments;
    session->free_arguments = arguments_free;
    return imap_parse_space(parser) && imap_parse_mailbox(parser, &arguments->name);
}

static gboolean parse_two_names(ImapSession *session, ImapParser *parser)
{
    return parse_name(session, parser) && imap_parse_space(parser) &&
           imap_parse_mailbox(parser, &((Arguments *)session->arguments)->to);
}

/* The mailbox that owns a folder of this name, and the name there; 0 when there can be none. */
static guint64 owner_of(const ImapSession *session, const char *name, const char **ret_name)
{
    guint64 mailbox = session->mailbox;

    *ret_name = name;
    if (imap_name_is_public(name, ret_name))
        mailbox = session->server->public_mailbox;
    else if (strlen(name) + 1 == strlen(IMAP_PUBLIC_PREFIX) &&
             g_str_has_prefix(IMAP_PUBLIC_PREFIX, name))
        return 0;
    return imap_name_is_good(*ret_name) ? mailbox : 0;
}

static void reply_bad_name(ImapSession *session)
{
    imap_session_reply(session, "NO [CANNOT] No mailbox can have this name");
}

static void finish(ImapSession *session, const GError *error, const char *what)
{
    if (error != NULL)
        imap_session_reply_error(session, error, what);
    else
        imap_session_reply(session, "OK %s completed", session->command->name);
}

static ImapStep step_create(ImapSession *session, MailSession *mail)
{
    Arguments *arguments = session->arguments;
    g_autoptr(GError) error = NULL;
    gsize length = strlen(arguments->name);
    const char *name;

    /* A separator at the end only announces folders below (RFC 3501 §6.3.3). */
    if (length > 1 && arguments->name[length - 1] == MAIL_FOLDER_SEPARATOR)
        arguments->name[length - 1] = '\0';
    guint64 mailbox = owner_of(session, arguments->name, &name);
    if (mailbox == 0) {
        reply_bad_name(session);
        return IMAP_STEP_DONE;
    }
    FolderKind kind =
        mailbox == session->server->public_mailbox ? FOLDER_KIND_PUBLIC : FOLDER_KIND_PLAIN;
    g_autoptr(MailFolder) folder = mail_folder_create(mail, mailbox, name, kind, &error);
    finish(session, error, arguments->name);
    return IMAP_STEP_DONE;
}

static gboolean has_children(MailSession *mail, guint64 mailbox, const char *name,
                             gboolean *ret_has, GError **error)
{
    g_autoptr(GPtrArray) folders = mail_folder_list(mail, mailbox, error);
    g_autofree char *prefix = g_strdup_printf("%s%c", name, MAIL_FOLDER_SEPARATOR);

    if (folders == NULL)
        return FALSE;
    *ret_has = FALSE;
    for (guint i = 0; i < folders->len; i++)
        if (g_str_has_prefix(((MailFolder *)g_ptr_array_index(folders, i))->name, prefix))
            *ret_has = TRUE;
    return TRUE;
}

static ImapStep step_delete(ImapSession *session, MailSession *mail)
{
    Arguments *arguments = session->arguments;
    g_autoptr(GError) error = NULL;
    const char *name;
    gboolean has;
    guint64 mailbox = owner_of(session, arguments->name, &name);

    if (mailbox == 0 || strcmp(arguments->name, INBOX) == 0) {
        reply_bad_name(session);
        return IMAP_STEP_DONE;
    }
    g_autoptr(MailFolder) folder = imap_session_find_folder(session, mail, arguments->name, &error);
    if (folder != NULL && has_children(mail, mailbox, name, &has, &error)) {
        if (has) {
            imap_session_reply(session, "NO [HASCHILDREN] There are mailboxes below it");
            return IMAP_STEP_DONE;
        }
        if (session->selected != NULL && session->selected->folder == folder->id)
            imap_session_unselect(session);
        mail_folder_delete(mail, folder->id, &error);
    }
    finish(session, error, arguments->name);
    return IMAP_STEP_DONE;
}

/* RENAME of INBOX moves its messages and leaves it where it is (RFC 3501 §6.3.5). */
static void rename_inbox(ImapSession *session, MailSession *mail, const char *to, GError **error)
{
    g_autoptr(MailFolder) inbox = mail_folder_find(mail, session->mailbox, INBOX, error);
    if (inbox == NULL)
        return;
    g_autoptr(GArray) entries = mail_folder_entries(mail, inbox->id, 1, error);
    if (entries == NULL)
        return;
    g_autoptr(MailFolder) target =
        mail_folder_create(mail, session->mailbox, to, FOLDER_KIND_PLAIN, error);
    if (target == NULL || entries->len == 0)
        return;
    g_autofree guint32 *uids = g_new(guint32, entries->len);
    g_autofree guint32 *moved = g_new0(guint32, entries->len);
    for (guint i = 0; i < entries->len; i++)
        uids[i] = g_array_index(entries, MailEntry, i).uid;
    mail_move(mail, inbox->id, uids, entries->len, target->id, moved, error);
}

static ImapStep step_rename(ImapSession *session, MailSession *mail)
{
    Arguments *arguments = session->arguments;
    g_autoptr(GError) error = NULL;
    const char *from, *to;
    guint64 from_mailbox = owner_of(session, arguments->name, &from);
    guint64 to_mailbox = owner_of(session, arguments->to, &to);

    if (from_mailbox == 0 || to_mailbox == 0 || from_mailbox != to_mailbox) {
        reply_bad_name(session);
        return IMAP_STEP_DONE;
    }
    if (strcmp(arguments->name, INBOX) == 0) {
        rename_inbox(session, mail, to, &error);
    } else {
        g_autoptr(MailFolder) folder =
            imap_session_find_folder(session, mail, arguments->name, &error);
        if (folder != NULL)
            mail_folder_rename(mail, from_mailbox, from, to, &error);
    }
    finish(session, error, arguments->name);
    return IMAP_STEP_DONE;
}

static ImapStep subscribe(ImapSession *session, MailSession *mail, gboolean subscribed)
{
    Arguments *arguments = session->arguments;
    g_autoptr(GError) error = NULL;
    g_autoptr(MailFolder) folder = imap_session_find_folder(session, mail, arguments->name, &error);

    if (folder != NULL)
        mail_folder_subscribe(mail, folder->id, subscribed, &error);
    else if (!subscribed && g_error_matches(error, MAIL_STORE_ERROR, MAIL_STORE_ERROR_NOT_FOUND))
        g_clear_error(&error); /* a subscription ended with its folder */
    finish(session, error, arguments->name);
    return IMAP_STEP_DONE;
}

static ImapStep step_subscribe(ImapSession *session, MailSession *mail)
{
    return subscribe(session, mail, TRUE);
}

static ImapStep step_unsubscribe(ImapSession *session, MailSession *mail)
{
    return subscribe(session, mail, FALSE);
}

const ImapCommand imap_command_create = {.name = "CREATE",
                                         .states = IMAP_STATE_KNOWN,
                                         .run = IMAP_RUN_WRITER,
                                         .parse = parse_name,
                                         .step = step_create};
const ImapCommand imap_command_delete = {.name = "DELETE",
                                         .states = IMAP_STATE_KNOWN,
                                         .run = IMAP_RUN_WRITER,
                                         .parse = parse_name,
                                         .step = step_delete};
const ImapCommand imap_command_rename = {.name = "RENAME",
                                         .states = IMAP_STATE_KNOWN,
                                         .run = IMAP_RUN_WRITER,
                                         .parse = parse_two_names,
                                         .step = step_rename};
const ImapCommand imap_command_subscribe = {.name = "SUBSCRIBE",
                                            .states = IMAP_STATE_KNOWN,
                                            .run = IMAP_RUN_WRITER,
                                            .parse = parse_name,
                                            .step = step_subscribe};
const ImapCommand imap_command_unsubscribe = {.name = "UNSUBSCRIBE",
                                              .states = IMAP_STATE_KNOWN,
                                              .run = IMAP_RUN_WRITER,
                                              .parse = parse_name,
                                              .step = step_unsubscribe};
