/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd-list.c - LIST and LSUB, with special-use (RFC 6154) and children attributes (RFC 3348).
 */
#include "mailstore/server/imap-session.h"
#include "mailstore/server/utf7.h"

#include <string.h>

static gboolean parse_list(ImapSession *session, ImapParser *parser)
{
    g_autofree char *reference = NULL, *pattern = NULL, *decoded = NULL;

    if (!imap_parse_space(parser) || !imap_parse_mailbox(parser, &reference) ||
        !imap_parse_space(parser) || !imap_parse_list_pattern(parser, &pattern))
        return FALSE;
    decoded = utf7_decode(pattern);
    if (decoded == NULL) {
        parser->problem = "A mailbox name is modified UTF-7";
        return FALSE;
    }
    session->arguments = *decoded == '\0' ? g_strdup("") : g_strconcat(reference, decoded, NULL);
    session->free_arguments = g_free;
    return TRUE;
}

static const char *special_use(FolderKind kind)
{
    switch (kind) {
    case FOLDER_KIND_SENT:
        return " \\Sent";
    case FOLDER_KIND_DRAFTS:
        return " \\Drafts";
    case FOLDER_KIND_TRASH:
        return " \\Trash";
    case FOLDER_KIND_JUNK:
        return " \\Junk";
    case FOLDER_KIND_PLAIN:
    case FOLDER_KIND_INBOX:
    case FOLDER_KIND_OUTBOX:
    case FOLDER_KIND_PUBLIC:
        break;
    }
    return "";
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp((*(MailFolder *const *)a)->name, (*(MailFolder *const *)b)->name);
}

static void take_folders(GPtrArray *all, GPtrArray *some, gboolean shared)
{
    g_ptr_array_set_free_func(some, NULL);
    for (guint i = 0; i < some->len; i++) {
        MailFolder *folder = g_ptr_array_index(some, i);
        if (shared && folder->kind != FOLDER_KIND_PUBLIC) {
            mail_folder_free(folder);
            continue;
        }
        if (shared) {
            char *name = g_strconcat(IMAP_PUBLIC_PREFIX, folder->name, NULL);
            g_free(folder->name);
            folder->name = name;
        }
        g_ptr_array_add(all, folder);
    }
}

/* All folders the user sees, by the names they have for the user, in order. */
static GPtrArray *load_folders(ImapSession *session, MailSession *mail, GError **error)
{
    g_autoptr(GPtrArray) own = mail_folder_list(mail, session->mailbox, error);
    if (own == NULL)
        return NULL;
    g_autoptr(GPtrArray) shared = mail_folder_list(mail, session->server->public_mailbox, error);
    if (shared == NULL)
        return NULL;
    GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)mail_folder_free);
    take_folders(all, own, FALSE);
    take_folders(all, shared, TRUE);
    g_ptr_array_sort(all, compare_names);
    return all;
}

/* The names of everything that has something below it; for LSUB something that is subscribed and
 * that the pattern leaves out. */
static GHashTable *collect_parents(GPtrArray *folders, gboolean lsub, const char *pattern)
{
    GHashTable *parents = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < folders->len; i++) {
        MailFolder *folder = g_ptr_array_index(folders, i);
        if (lsub && (!folder->subscribed || imap_name_matches(folder->name, pattern)))
            continue;
        for (const char *at = strchr(folder->name, MAIL_FOLDER_SEPARATOR); at != NULL;
             at = strchr(at + 1, MAIL_FOLDER_SEPARATOR))
            g_hash_table_add(parents, g_strndup(folder->name, (gsize)(at - folder->name)));
    }
    return parents;
}

static void tell(ImapSession *session, const char *attributes, const char *name)
{
    imap_output_printf(&session->output, "* %s (%s) \"%c\" ", session->command->name, attributes,
                       MAIL_FOLDER_SEPARATOR);
    imap_output_mailbox(&session->output, name);
    imap_output_puts(&session->output, "\r\n");
}

/* Names above others that are no folders themselves: "Public", and for LSUB the parents of
 * subscribed folders that a '%' cuts off (RFC 3501 §6.3.9). */
static void tell_parents(ImapSession *session, GPtrArray *folders, GHashTable *parents,
                         gboolean lsub)
{
    g_autoptr(GHashTable) real = g_hash_table_new(g_str_hash, g_str_equal);
    GHashTableIter iterator;
    gpointer name;

    for (guint i = 0; i < folders->len; i++) {
        MailFolder *folder = g_ptr_array_index(folders, i);
        if (!lsub || folder->subscribed)
            g_hash_table_add(real, folder->name);
    }
    g_hash_table_iter_init(&iterator, parents);
    while (g_hash_table_iter_next(&iterator, &name, NULL))
        if (!g_hash_table_contains(real, name) && imap_name_matches(name, session->arguments))
            tell(session, lsub ? "\\Noselect" : "\\Noselect \\HasChildren", name);
}

static ImapStep list_folders(ImapSession *session, MailSession *mail, gboolean lsub)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) folders = load_folders(session, mail, &error);

    if (folders == NULL) {
        imap_session_reply_error(session, error, "list");
        return IMAP_STEP_DONE;
    }
    g_autoptr(GHashTable) parents = collect_parents(folders, lsub, session->arguments);
    for (guint i = 0; i < folders->len; i++) {
        MailFolder *folder = g_ptr_array_index(folders, i);
        if ((lsub && !folder->subscribed) || !imap_name_matches(folder->name, session->arguments))
            continue;
        g_autofree char *attributes = g_strconcat(
            g_hash_table_contains(parents, folder->name) ? "\\HasChildren" : "\\HasNoChildren",
            special_use(folder->kind), NULL);
        tell(session, lsub ? "" : attributes, folder->name);
    }
    tell_parents(session, folders, parents, lsub);
    imap_session_reply(session, "OK %s completed", session->command->name);
    return IMAP_STEP_DONE;
}

static ImapStep step_list(ImapSession *session, MailSession *mail)
{
    if (*(const char *)session->arguments == '\0') {
        /* Only the separator is asked for. */
        tell(session, "\\Noselect", "");
        imap_session_reply(session, "OK LIST completed");
        return IMAP_STEP_DONE;
    }
    return list_folders(session, mail, FALSE);
}

static ImapStep step_lsub(ImapSession *session, MailSession *mail)
{
    return list_folders(session, mail, TRUE);
}

const ImapCommand imap_command_list = {.name = "LIST",
                                       .states = IMAP_STATE_KNOWN,
                                       .run = IMAP_RUN_READER,
                                       .parse = parse_list,
                                       .step = step_list};
const ImapCommand imap_command_lsub = {.name = "LSUB",
                                       .states = IMAP_STATE_KNOWN,
                                       .run = IMAP_RUN_READER,
                                       .parse = parse_list,
                                       .step = step_lsub};
