/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd-copy.c - COPY and MOVE (RFC 6851) with COPYUID (RFC 4315). */
#include "mailstore/server/imap-session.h"
#include "mailstore/server/imap-set.h"

typedef struct {
    GArray *set;
    char *name;
} Arguments;

static void arguments_free(gpointer data)
{
    Arguments *arguments = data;

    g_clear_pointer(&arguments->set, g_array_unref);
    g_free(arguments->name);
    g_free(arguments);
}

static gboolean parse_copy(ImapSession *session, ImapParser *parser)
{
    Arguments *arguments = g_new0(Arguments, 1);

    session->arguments = arguments;
    session->free_arguments = arguments_free;
    return imap_parse_space(parser) && imap_parse_set(parser, &arguments->set) &&
           imap_parse_space(parser) && imap_parse_mailbox(parser, &arguments->name);
}

/* The UIDs to copy that are still there; NULL after the reply: what has a number and is gone leaves
 * nothing to be done, since COPY does all or nothing (RFC 3501 §6.4.7). */
static GArray *select_uids(ImapSession *session)
{
    const Arguments *arguments = session->arguments;
    g_autoptr(GArray) indexes =
        imap_mailbox_select(session->selected, arguments->set, session->by_uid);

    if (indexes == NULL) {
        imap_session_reply(session, "BAD No message has this number");
        return NULL;
    }
    g_autoptr(GArray) uids = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (guint i = 0; i < indexes->len; i++) {
        const ImapItem *item =
            imap_mailbox_item(session->selected, g_array_index(indexes, guint, i));
        if (!item->gone) {
            g_array_append_val(uids, item->entry.uid);
        } else if (!session->by_uid) {
            imap_session_reply(session, "NO [EXPUNGEISSUED] Some messages are gone");
            return NULL;
        }
    }
    return g_steal_pointer(&uids);
}

/* " [COPYUID ...]" or nothing when nothing arrived; messages that are not there are left out. */
static char *copyuid(const GArray *from, const guint32 *to, guint32 uid_validity)
{
    g_autoptr(GArray) old = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GArray) new = g_array_new(FALSE, FALSE, sizeof(guint32));

    for (guint i = 0; i < from->len; i++)
        if (to[i] != 0) {
            g_array_append_val(old, g_array_index(from, guint32, i));
            g_array_append_val(new, to[i]);
        }
    if (old->len == 0)
        return g_strdup("");
    GString *text = g_string_new(NULL);
    g_string_printf(text, " [COPYUID %u ", uid_validity);
    imap_set_append(text, (const guint32 *)(void *)old->data, old->len);
    g_string_append_c(text, ' ');
    imap_set_append(text, (const guint32 *)(void *)new->data, new->len);
    g_string_append_c(text, ']');
    return g_string_free(text, FALSE);
}

static ImapStep transfer(ImapSession *session, MailSession *mail, gboolean move)
{
    const Arguments *arguments = session->arguments;
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) uids = select_uids(session);

    if (uids == NULL)
        return IMAP_STEP_DONE;
    g_autoptr(MailFolder) target = imap_session_find_folder(session, mail, arguments->name, &error);
    if (target == NULL && g_error_matches(error, MAIL_STORE_ERROR, MAIL_STORE_ERROR_NOT_FOUND)) {
        imap_session_reply(session, "NO [TRYCREATE] No such mailbox");
        return IMAP_STEP_DONE;
    }
    g_autofree guint32 *made = g_new0(guint32, uids->len + 1);
    gboolean good = target != NULL;
    if (good && uids->len > 0)
        good = (move ? mail_move : mail_copy)(mail, session->selected->folder,
                                              (const guint32 *)(void *)uids->data, uids->len,
                                              target->id, made, &error);
    if (!good) {
        imap_session_reply_error(session, error, arguments->name);
        return IMAP_STEP_DONE;
    }
    g_autofree char *code = copyuid(uids, made, target->uid_validity);
    if (move && *code != '\0') /* before the EXPUNGEs, RFC 6851 §4.3 */
        imap_output_printf(&session->output, "* OK%s Moved\r\n", code);
    imap_session_reply(session, "OK%s %s completed", move ? "" : code, session->command->name);
    return IMAP_STEP_DONE;
}

static ImapStep step_copy(ImapSession *session, MailSession *mail)
{
    return transfer(session, mail, FALSE);
}

static ImapStep step_move(ImapSession *session, MailSession *mail)
{
    if (session->selected->read_only) {
        imap_session_reply(session, "NO The mailbox is open for reading only");
        return IMAP_STEP_DONE;
    }
    return transfer(session, mail, TRUE);
}

const ImapCommand imap_command_copy = {.name = "COPY",
                                       .states = IMAP_STATE_SELECTED,
                                       .run = IMAP_RUN_WRITER,
                                       .has_uid_form = TRUE,
                                       .parse = parse_copy,
                                       .step = step_copy};
const ImapCommand imap_command_move = {.name = "MOVE",
                                       .states = IMAP_STATE_SELECTED,
                                       .run = IMAP_RUN_WRITER,
                                       .has_uid_form = TRUE,
                                       .parse = parse_copy,
                                       .step = step_move};
