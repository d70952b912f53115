/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd-append.c - APPEND with APPENDUID (RFC 4315).
 *
 * The message is a slice of the command's own buffer, charged while it was read.
 */
#include "mailstore/server/imap-session.h"

typedef struct {
    char *name;
    guint32 flags;
    char **keywords;
    gint64 date;
    GBytes *text;
} Arguments;

static void arguments_free(gpointer data)
{
    Arguments *arguments = data;

    g_free(arguments->name);
    g_strfreev(arguments->keywords);
    g_clear_pointer(&arguments->text, g_bytes_unref);
    g_free(arguments);
}

static gboolean parse_append(ImapSession *session, ImapParser *parser)
{
    Arguments *arguments = g_new0(Arguments, 1);

    session->arguments = arguments;
    session->free_arguments = arguments_free;
    arguments->date = g_get_real_time() / G_USEC_PER_SEC;
    if (!imap_parse_space(parser) || !imap_parse_mailbox(parser, &arguments->name) ||
        !imap_parse_space(parser))
        return FALSE;
    if (imap_parser_sees(parser, '(') &&
        (!imap_parse_flags(parser, FALSE, &arguments->flags, &arguments->keywords) ||
         !imap_parse_space(parser)))
        return FALSE;
    if (imap_parser_sees(parser, '"') &&
        (!imap_parse_date_time(parser, &arguments->date) || !imap_parse_space(parser)))
        return FALSE;
    if (!imap_parse_literal(parser, &arguments->text))
        return FALSE;
    if (g_bytes_get_size(arguments->text) == 0) {
        parser->problem = "The message is empty";
        return FALSE;
    }
    return TRUE;
}

static gboolean append(ImapSession *session, MailSession *mail, const MailFolder *folder,
                       guint32 *ret_uid, GError **error)
{
    const Arguments *arguments = session->arguments;
    MailDelivery delivery = {.sender = "",
                             .text = arguments->text,
                             .flags = arguments->flags,
                             .keywords = (const char *const *)arguments->keywords,
                             .internal_date = arguments->date};
    GError *folder_error = NULL;

    if (!mail_deliver(mail, &delivery, &folder->id, 1, ret_uid, &folder_error, error)) {
        g_clear_error(&folder_error);
        return FALSE;
    }
    if (folder_error != NULL) {
        g_propagate_error(error, folder_error);
        return FALSE;
    }
    return TRUE;
}

static ImapStep step_append(ImapSession *session, MailSession *mail)
{
    const Arguments *arguments = session->arguments;
    g_autoptr(GError) error = NULL;
    guint32 uid = 0;
    g_autoptr(MailFolder) folder = imap_session_find_folder(session, mail, arguments->name, &error);

    if (folder == NULL && g_error_matches(error, MAIL_STORE_ERROR, MAIL_STORE_ERROR_NOT_FOUND)) {
        imap_session_reply(session, "NO [TRYCREATE] No such mailbox");
        return IMAP_STEP_DONE;
    }
    if (folder == NULL || !append(session, mail, folder, &uid, &error)) {
        imap_session_reply_error(session, error, arguments->name);
        return IMAP_STEP_DONE;
    }
    if (uid != 0)
        imap_session_reply(session, "OK [APPENDUID %u %u] APPEND completed", folder->uid_validity,
                           uid);
    else
        imap_session_reply(session, "OK APPEND completed");
    return IMAP_STEP_DONE;
}

const ImapCommand imap_command_append = {.name = "APPEND",
                                         .states = IMAP_STATE_KNOWN,
                                         .run = IMAP_RUN_WRITER,
                                         .parse = parse_append,
                                         .step = step_append};
