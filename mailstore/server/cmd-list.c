/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd-list.c - LIST and LSUB, with special-use (RFC 6154) and children attributes (RFC 3348).
 */
#include "mailstore/server/imap-session.h"
#include "mailstore/server/utf7.h"

#include <string.h>

typedef struct {
    char *pattern;
    gboolean only_special; /* those with a special use */
} Arguments;

static void arguments_free(gpointer data)
{
    g_free(((Arguments *)data)->pattern);
    g_free(data);
}

static gboolean parse_names(ImapParser *parser, Arguments *arguments)
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
    arguments->pattern = *decoded == '\0' ? g_strdup("") : g_strconcat(reference, decoded, NULL);
    return TRUE;
}

static gboolean parse_lsub(ImapSession *session, ImapParser *parser)
{
    session->arguments = g_new0(Arguments, 1);
    session->free_arguments = arguments_free;
    return parse_names(parser, session->arguments);
}

/* "(A B)", of these names. */
static gboolean parse_options(ImapParser *parser, const char *const *names, guint *ret_count)
{
    *ret_count = 0;
    if (!imap_parse_char(parser, '('))
        return FALSE;
    if (imap_parser_take(parser, ')'))
        return TRUE;
    do {
        const char *const *at = names;
        while (*at != NULL && !imap_parser_take_word(parser, *at))
            at++;
        if (*at == NULL) {
            parser->problem = "Unknown option";
            return FALSE;
        }
        ++*ret_count;
    } while (imap_parser_take(parser, ' '));
    return imap_parse_char(parser, ')');
}

/* Of the extended form (RFC 5258) only what RFC 6154 adds to it: who announces SPECIAL-USE is asked
 * for it by some. What RETURN names is told anyway. */
static gboolean parse_list(ImapSession *session, ImapParser *parser)
{
    static const char *const selections[] = {"SPECIAL-USE", NULL};
    static const char *const returns[] = {"SPECIAL-USE", "CHILDREN", NULL};
    Arguments *arguments = g_new0(Arguments, 1);
    ImapParser other = *parser;
    guint count;

    session->arguments = arguments;
    session->free_arguments = arguments_free;
    if (imap_parser_take(&other, ' ') && imap_parser_take(&other, '(')) {
        if (!imap_parse_space(parser) || !parse_options(parser, selections, &count))
            return FALSE;
        arguments->only_special = count > 0;
    }
    if (!parse_names(parser, arguments))
        return FALSE;
    return !imap_parser_take_word(parser, " RETURN ") || parse_options(parser, returns, &count);
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
    const Arguments *arguments = session->arguments;
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
        if (!g_hash_table_contains(real, name) && imap_name_matches(name, arguments->pattern))
            tell(session, lsub ? "\\Noselect" : "\\Noselect \\HasChildren", name);
}

static ImapStep list_folders(ImapSession *session, MailSession *mail, gboolean lsub)
{
    const Arguments *arguments = session->arguments;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) folders = load_folders(session, mail, &error);

    if (folders == NULL) {
        imap_session_reply_error(session, error, "list");
        return IMAP_STEP_DONE;
    }
    g_autoptr(GHashTable) parents = collect_parents(folders, lsub, arguments->pattern);
    for (guint i = 0; i < folders->len; i++) {
        MailFolder *folder = g_ptr_array_index(folders, i);
        if ((lsub && !folder->subscribed) || !imap_name_matches(folder->name, arguments->pattern) ||
            (arguments->only_special && *special_use(folder->kind) == '\0'))
            continue;
        g_autofree char *attributes = g_strconcat(
            g_hash_table_contains(parents, folder->name) ? "\\HasChildren" : "\\HasNoChildren",
            special_use(folder->kind), NULL);
        tell(session, lsub ? "" : attributes, folder->name);
    }
    if (!arguments->only_special)
        tell_parents(session, folders, parents, lsub);
    imap_session_reply(session, "OK %s completed", session->command->name);
    return IMAP_STEP_DONE;
}

static ImapStep step_list(ImapSession *session, MailSession *mail)
{
    if (*((const Arguments *)session->arguments)->pattern == '\0') {
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
                                       .parse = parse_lsub,
                                       .step = step_lsub};
