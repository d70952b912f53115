/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake-store.c - the message store's contract in memory, for tests of the server.
 *
 * It fails on demand, where a real store seldom does: a message with a line "X-Fake: refused",
 * "unavailable", "full", "failed", "dropped" (no UID afterwards) or "slow" (half a second) meets
 * that. One with "X-Fake: read-once" can be read once; then what is kept of it is waited for. So is
 * that of one with "X-Fake: whole-once", of which parts can be read again. The flags of one with
 * "X-Fake: unflagged" cannot be changed, nor those of others with it.
 * Nothing survives the process.
 */
#include "mailstore/message/message-store.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    MailFolder folder;
    guint64 mailbox;
    GArray *entries; /* MailEntry */
} FakeFolder;

typedef struct {
    guint id;
    guint64 folder;
    MailFolderChanged callback;
    gpointer data;
} FakeWatch;

struct MailStore {
    pthread_mutex_t lock;
    GPtrArray *mailboxes;  /* names; the id is the index + 1 */
    GPtrArray *folders;    /* FakeFolder; NULL when deleted; the id is the index + 1 */
    GPtrArray *messages;   /* GBytes; the id is the index + 1 */
    GHashTable *summaries; /* GBytes, by message */
    GHashTable *read;      /* messages that were read */
    GPtrArray *watches;
    guint last_watch;
};

struct MailSession {
    MailStore *store;
};

GQuark mail_store_error_quark(void)
{
    return g_quark_from_static_string("fake-mail-store");
}

void mail_folder_free(MailFolder *folder)
{
    if (folder == NULL)
        return;
    g_free(folder->name);
    g_free(folder);
}

void mail_entry_clear(MailEntry *entry)
{
    g_clear_pointer(&entry->keywords, g_strfreev);
}

static gboolean fail(GError **error, MailStoreError code)
{
    g_set_error(error, MAIL_STORE_ERROR, (gint)code, "the fake store says %d", (int)code);
    return FALSE;
}

static MailFolder *folder_copy(const MailFolder *folder)
{
    MailFolder *copy = g_memdup2(folder, sizeof *folder);

    copy->name = g_strdup(folder->name);
    return copy;
}

static MailEntry entry_copy(const MailEntry *entry)
{
    MailEntry copy = *entry;

    copy.keywords = g_strdupv(entry->keywords);
    return copy;
}

static void clear_entry(gpointer entry)
{
    mail_entry_clear(entry);
}

static GArray *entries_new(void)
{
    GArray *entries = g_array_new(FALSE, FALSE, sizeof(MailEntry));

    g_array_set_clear_func(entries, clear_entry);
    return entries;
}

static void free_folder(gpointer folder)
{
    mail_folder_free(folder);
}

static void free_fake_folder(gpointer data)
{
    FakeFolder *folder = data;

    if (folder == NULL)
        return;
    g_array_unref(folder->entries);
    g_free(folder->folder.name);
    g_free(folder);
}

MailStore *mail_store_open(const char *path, GError **error)
{
    MailStore *store = g_new0(MailStore, 1);

    (void)path;
    (void)error;
    pthread_mutex_init(&store->lock, NULL);
    store->mailboxes = g_ptr_array_new_with_free_func(g_free);
    store->folders = g_ptr_array_new_with_free_func(free_fake_folder);
    store->messages = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    store->watches = g_ptr_array_new_with_free_func(g_free);
    store->summaries = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_bytes_unref);
    store->read = g_hash_table_new(NULL, NULL);
    return store;
}

gboolean mail_store_has_failed(const MailStore *store)
{
    (void)store;
    return FALSE;
}

MailStore *mail_store_close(MailStore *store)
{
    if (store == NULL)
        return NULL;
    g_ptr_array_unref(store->mailboxes);
    g_ptr_array_unref(store->folders);
    g_ptr_array_unref(store->messages);
    g_ptr_array_unref(store->watches);
    g_hash_table_unref(store->summaries);
    g_hash_table_unref(store->read);
    pthread_mutex_destroy(&store->lock);
    g_free(store);
    return NULL;
}

MailSession *mail_session_new(MailStore *store, GError **error)
{
    MailSession *session = g_new0(MailSession, 1);

    (void)error;
    session->store = store;
    return session;
}

MailSession *mail_session_free(MailSession *session)
{
    g_free(session);
    return NULL;
}

static FakeFolder *add_folder(MailStore *store, guint64 mailbox, const char *name, FolderKind kind)
{
    FakeFolder *folder = g_new0(FakeFolder, 1);

    folder->mailbox = mailbox;
    folder->entries = entries_new();
    g_ptr_array_add(store->folders, folder);
    folder->folder = (MailFolder){.id = store->folders->len,
                                  .name = g_strdup(name),
                                  .kind = kind,
                                  .subscribed = kind == FOLDER_KIND_INBOX,
                                  .uid_validity = 1000 + store->folders->len,
                                  .uid_next = 1};
    return folder;
}

static FakeFolder *find_folder(MailStore *store, guint64 mailbox, const char *name)
{
    for (guint i = 0; i < store->folders->len; i++) {
        FakeFolder *folder = g_ptr_array_index(store->folders, i);
        if (folder != NULL && folder->mailbox == mailbox && strcmp(folder->folder.name, name) == 0)
            return folder;
    }
    return NULL;
}

static FakeFolder *folder_by_id(MailStore *store, guint64 id)
{
    return id == 0 || id > store->folders->len ? NULL : g_ptr_array_index(store->folders, id - 1);
}

gboolean mail_mailbox_ensure(MailSession *session, const char *user, guint64 *ret_mailbox,
                             GError **error)
{
    MailStore *store = session->store;
    guint index;

    (void)error;
    pthread_mutex_lock(&store->lock);
    if (!g_ptr_array_find_with_equal_func(store->mailboxes, user, g_str_equal, &index)) {
        g_ptr_array_add(store->mailboxes, g_strdup(user));
        index = store->mailboxes->len - 1;
        add_folder(store, index + 1, "INBOX", FOLDER_KIND_INBOX);
        add_folder(store, index + 1, "Drafts", FOLDER_KIND_DRAFTS);
        add_folder(store, index + 1, "Sent", FOLDER_KIND_SENT);
        add_folder(store, index + 1, "Trash", FOLDER_KIND_TRASH);
    }
    pthread_mutex_unlock(&store->lock);
    *ret_mailbox = index + 1;
    return TRUE;
}

GPtrArray *mail_folder_list(MailSession *session, guint64 mailbox, GError **error)
{
    MailStore *store = session->store;
    GPtrArray *list = g_ptr_array_new_with_free_func(free_folder);

    (void)error;
    pthread_mutex_lock(&store->lock);
    for (guint i = 0; i < store->folders->len; i++) {
        const FakeFolder *folder = g_ptr_array_index(store->folders, i);
        if (folder != NULL && folder->mailbox == mailbox)
            g_ptr_array_add(list, folder_copy(&folder->folder));
    }
    pthread_mutex_unlock(&store->lock);
    return list;
}

MailFolder *mail_folder_find(MailSession *session, guint64 mailbox, const char *name,
                             GError **error)
{
    pthread_mutex_lock(&session->store->lock);
    FakeFolder *folder = find_folder(session->store, mailbox, name);
    MailFolder *found = folder == NULL ? NULL : folder_copy(&folder->folder);
    pthread_mutex_unlock(&session->store->lock);
    if (found == NULL)
        fail(error, MAIL_STORE_ERROR_NOT_FOUND);
    return found;
}

MailFolder *mail_folder_create(MailSession *session, guint64 mailbox, const char *name,
                               FolderKind kind, GError **error)
{
    MailStore *store = session->store;
    MailFolder *made = NULL;

    pthread_mutex_lock(&store->lock);
    if (find_folder(store, mailbox, name) == NULL) {
        for (const char *at = strchr(name, '/'); at != NULL; at = strchr(at + 1, '/')) {
            g_autofree char *parent = g_strndup(name, (gsize)(at - name));
            if (find_folder(store, mailbox, parent) == NULL)
                add_folder(store, mailbox, parent, kind);
        }
        made = folder_copy(&add_folder(store, mailbox, name, kind)->folder);
    }
    pthread_mutex_unlock(&store->lock);
    if (made == NULL)
        fail(error, MAIL_STORE_ERROR_EXISTS);
    return made;
}

static void tell(MailStore *store, guint64 folder)
{
    for (guint i = 0; i < store->watches->len; i++) {
        FakeWatch *watch = g_ptr_array_index(store->watches, i);
        if (watch->folder == folder)
            watch->callback(folder, FALSE, watch->data);
    }
}

gboolean mail_folder_delete(MailSession *session, guint64 id, GError **error)
{
    MailStore *store = session->store;

    pthread_mutex_lock(&store->lock);
    FakeFolder *folder = folder_by_id(store, id);
    if (folder != NULL) {
        free_fake_folder(folder);
        g_ptr_array_index(store->folders, id - 1) = NULL;
        tell(store, id);
    }
    pthread_mutex_unlock(&store->lock);
    return folder != NULL || fail(error, MAIL_STORE_ERROR_NOT_FOUND);
}

gboolean mail_folder_rename(MailSession *session, guint64 mailbox, const char *from, const char *to,
                            GError **error)
{
    MailStore *store = session->store;

    pthread_mutex_lock(&store->lock);
    FakeFolder *folder = find_folder(store, mailbox, from);
    gboolean taken = find_folder(store, mailbox, to) != NULL;
    if (folder != NULL && !taken) {
        g_free(folder->folder.name);
        folder->folder.name = g_strdup(to);
    }
    pthread_mutex_unlock(&store->lock);
    if (taken)
        return fail(error, MAIL_STORE_ERROR_EXISTS);
    return folder != NULL || fail(error, MAIL_STORE_ERROR_NOT_FOUND);
}

gboolean mail_folder_subscribe(MailSession *session, guint64 id, gboolean subscribed,
                               GError **error)
{
    pthread_mutex_lock(&session->store->lock);
    FakeFolder *folder = folder_by_id(session->store, id);
    if (folder != NULL)
        folder->folder.subscribed = subscribed;
    pthread_mutex_unlock(&session->store->lock);
    return folder != NULL || fail(error, MAIL_STORE_ERROR_NOT_FOUND);
}

GArray *mail_folder_entries(MailSession *session, guint64 id, guint32 first_uid, GError **error)
{
    MailStore *store = session->store;
    GArray *list = NULL;

    pthread_mutex_lock(&store->lock);
    FakeFolder *folder = folder_by_id(store, id);
    if (folder != NULL) {
        list = entries_new();
        for (guint i = 0; i < folder->entries->len; i++) {
            MailEntry entry = g_array_index(folder->entries, MailEntry, i);
            if (entry.uid < first_uid)
                continue;
            entry = entry_copy(&entry);
            g_array_append_val(list, entry);
        }
    }
    pthread_mutex_unlock(&store->lock);
    if (list == NULL)
        fail(error, MAIL_STORE_ERROR_NOT_FOUND);
    return list;
}

gboolean mail_folder_count(MailSession *session, guint64 id, MailCounts *ret_counts, GError **error)
{
    g_autoptr(GArray) entries = mail_folder_entries(session, id, 1, error);

    if (entries == NULL)
        return FALSE;
    *ret_counts = (MailCounts){.messages = entries->len};
    for (guint i = 0; i < entries->len; i++) {
        const MailEntry *entry = &g_array_index(entries, MailEntry, i);
        ret_counts->unseen += (entry->flags & MAIL_FLAG_SEEN) == 0;
        ret_counts->last_uid = entry->uid;
    }
    return TRUE;
}

/* Whether the message asks for this misfortune. */
static gboolean asks_for(GBytes *text, const char *what)
{
    g_autofree char *line = g_strconcat("X-Fake: ", what, "\r\n", NULL);
    gsize length;
    const char *data = g_bytes_get_data(text, &length);

    return memmem(data, length, line, strlen(line)) != NULL;
}

static GBytes *find_summary(MailStore *store, guint64 message, gboolean *ret_comes)
{
    gpointer key = GSIZE_TO_POINTER(message);

    pthread_mutex_lock(&store->lock);
    GBytes *kept = g_hash_table_lookup(store->summaries, key);
    if (kept != NULL)
        g_bytes_ref(kept);
    *ret_comes = kept == NULL && g_hash_table_contains(store->read, key) &&
                 (asks_for(g_ptr_array_index(store->messages, message - 1), "read-once") ||
                  asks_for(g_ptr_array_index(store->messages, message - 1), "whole-once"));
    pthread_mutex_unlock(&store->lock);
    return kept;
}

gboolean mail_summaries_read(MailSession *session, MailSummary *summaries, gsize count,
                             GError **error)
{
    (void)error;
    for (gsize i = 0; i < count; i++) {
        gboolean comes;
        while ((summaries[i].data = find_summary(session->store, summaries[i].message, &comes)) ==
                   NULL &&
               comes)
            g_usleep(G_USEC_PER_SEC / 100);
    }
    return TRUE;
}

gboolean mail_summaries_keep(MailSession *session, const MailSummary *summaries, gsize count,
                             GError **error)
{
    MailStore *store = session->store;

    (void)error;
    pthread_mutex_lock(&store->lock);
    for (gsize i = 0; i < count; i++)
        g_hash_table_insert(store->summaries, GSIZE_TO_POINTER(summaries[i].message),
                            g_bytes_ref(summaries[i].data));
    pthread_mutex_unlock(&store->lock);
    return TRUE;
}

static GBytes *read_message(MailSession *session, guint64 message, gboolean whole, GError **error)
{
    MailStore *store = session->store;
    GBytes *bytes = NULL;

    pthread_mutex_lock(&store->lock);
    if (message > 0 && message <= store->messages->len)
        bytes = g_bytes_ref(g_ptr_array_index(store->messages, message - 1));
    if (bytes != NULL &&
        (asks_for(bytes, "read-once") || (whole && asks_for(bytes, "whole-once"))) &&
        !g_hash_table_add(store->read, GSIZE_TO_POINTER(message)))
        g_clear_pointer(&bytes, g_bytes_unref);
    pthread_mutex_unlock(&store->lock);
    if (bytes == NULL)
        fail(error, MAIL_STORE_ERROR_NOT_FOUND);
    return bytes;
}

gboolean mail_message_read(MailSession *session, guint64 message, MailReserve reserve,
                           gpointer data, GBytes **ret_text, GError **error)
{
    g_autoptr(GBytes) bytes = read_message(session, message, TRUE, error);

    if (bytes == NULL)
        return FALSE;
    gboolean fits = reserve == NULL || reserve(g_bytes_get_size(bytes), data);
    *ret_text = fits ? g_steal_pointer(&bytes) : NULL;
    return TRUE;
}

gboolean mail_message_read_part(MailSession *session, guint64 message, gsize offset, gsize length,
                                GBytes **ret_part, GError **error)
{
    g_autoptr(GBytes) bytes = read_message(session, message, FALSE, error);

    if (bytes == NULL)
        return FALSE;
    gsize size = g_bytes_get_size(bytes);
    offset = MIN(offset, size);
    *ret_part = g_bytes_new_from_bytes(bytes, offset, MIN(length, size - offset));
    return TRUE;
}

gboolean mail_message_read_header(MailSession *session, guint64 message, gsize most,
                                  GBytes **ret_header, guint64 *ret_size, GError **error)
{
    *ret_header = read_message(session, message, TRUE, error); /* and more: nobody minds */
    (void)most;
    if (*ret_header != NULL && ret_size != NULL)
        *ret_size = g_bytes_get_size(*ret_header);
    return *ret_header != NULL;
}

gboolean mail_message_size(MailSession *session, guint64 message, guint64 *ret_size, GError **error)
{
    MailStore *store = session->store;

    pthread_mutex_lock(&store->lock);
    gboolean found = message > 0 && message <= store->messages->len;
    if (found)
        *ret_size = g_bytes_get_size(g_ptr_array_index(store->messages, message - 1));
    pthread_mutex_unlock(&store->lock);
    return found || fail(error, MAIL_STORE_ERROR_NOT_FOUND);
}

static guint32 add_entry(FakeFolder *folder, guint64 message, guint32 flags, char **keywords,
                         gint64 date)
{
    MailEntry entry = {.uid = folder->folder.uid_next++,
                       .message = message,
                       .flags = flags,
                       .keywords = g_strdupv(keywords),
                       .internal_date = date};

    g_array_append_val(folder->entries, entry);
    return entry.uid;
}

static const struct {
    const char *word;
    MailStoreError code;
} misfortunes[] = {{"refused", MAIL_STORE_ERROR_REFUSED},
                   {"unavailable", MAIL_STORE_ERROR_UNAVAILABLE},
                   {"full", MAIL_STORE_ERROR_FULL},
                   {"failed", MAIL_STORE_ERROR_FAILED}};

gboolean mail_deliver(MailSession *session, const MailDelivery *delivery, const guint64 *folders,
                      gsize folder_count, guint32 *ret_uids, GError **ret_errors, GError **error)
{
    MailStore *store = session->store;

    if (asks_for(delivery->text, "slow"))
        g_usleep(G_USEC_PER_SEC / 2);
    for (gsize i = 0; i < G_N_ELEMENTS(misfortunes); i++)
        if (asks_for(delivery->text, misfortunes[i].word))
            return fail(error, misfortunes[i].code);
    gboolean dropped = asks_for(delivery->text, "dropped");
    pthread_mutex_lock(&store->lock);
    g_ptr_array_add(store->messages, g_bytes_ref(delivery->text));
    guint64 message = store->messages->len;
    for (gsize i = 0; i < folder_count; i++) {
        FakeFolder *folder = folder_by_id(store, folders[i]);
        ret_uids[i] = 0;
        ret_errors[i] = NULL;
        if (folder == NULL) {
            fail(&ret_errors[i], MAIL_STORE_ERROR_NOT_FOUND);
        } else if (!dropped) {
            ret_uids[i] = add_entry(folder, message, delivery->flags, (char **)delivery->keywords,
                                    delivery->internal_date);
            tell(store, folders[i]);
        }
    }
    pthread_mutex_unlock(&store->lock);
    return TRUE;
}

static guint find_entry(const FakeFolder *folder, guint32 uid)
{
    guint i = 0;

    while (i < folder->entries->len && g_array_index(folder->entries, MailEntry, i).uid != uid)
        i++;
    return i;
}

static gboolean copy_entries(MailSession *session, guint64 from, const guint32 *uids, gsize count,
                             guint64 to, guint32 *ret_to, gboolean move, GError **error)
{
    MailStore *store = session->store;

    pthread_mutex_lock(&store->lock);
    FakeFolder *source = folder_by_id(store, from);
    FakeFolder *target = folder_by_id(store, to);
    for (gsize i = 0; source != NULL && target != NULL && i < count; i++) {
        guint index = find_entry(source, uids[i]);
        ret_to[i] = 0;
        if (index == source->entries->len)
            continue;
        const MailEntry *entry = &g_array_index(source->entries, MailEntry, index);
        if (!asks_for(g_ptr_array_index(store->messages, entry->message - 1), "uncopied"))
            ret_to[i] = add_entry(target, entry->message, entry->flags, entry->keywords,
                                  entry->internal_date);
        if (move)
            g_array_remove_index(source->entries, index);
    }
    tell(store, from);
    tell(store, to);
    pthread_mutex_unlock(&store->lock);
    return (source != NULL && target != NULL) || fail(error, MAIL_STORE_ERROR_NOT_FOUND);
}

gboolean mail_copy(MailSession *session, guint64 from, const guint32 *uids, gsize count, guint64 to,
                   guint32 *ret_to, GError **error)
{
    return copy_entries(session, from, uids, count, to, ret_to, FALSE, error);
}

gboolean mail_move(MailSession *session, guint64 from, const guint32 *uids, gsize count, guint64 to,
                   guint32 *ret_to, GError **error)
{
    return copy_entries(session, from, uids, count, to, ret_to, TRUE, error);
}

static void change_keywords(MailEntry *entry, MailFlagsChange change, const char *const *keywords)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    static const char *const none[] = {NULL};

    if (keywords == NULL)
        keywords = none;
    for (char **at = entry->keywords; at != NULL && *at != NULL; at++)
        if (change != MAIL_FLAGS_SET && !g_strv_contains(keywords, *at))
            g_strv_builder_add(builder, *at);
    for (; *keywords != NULL && change != MAIL_FLAGS_REMOVE; keywords++)
        g_strv_builder_add(builder, *keywords);
    g_strfreev(entry->keywords);
    entry->keywords = g_strv_builder_end(builder);
}

void mail_entry_apply(MailEntry *entry, MailFlagsChange change, guint32 flags,
                      const char *const *keywords)
{
    entry->flags = change == MAIL_FLAGS_SET   ? flags
                   : change == MAIL_FLAGS_ADD ? entry->flags | flags
                                              : entry->flags & ~flags;
    change_keywords(entry, change, keywords);
}

gboolean mail_entries_change_flags(MailSession *session, guint64 id, const guint32 *uids,
                                   gsize count, MailFlagsChange change, guint32 flags,
                                   const char *const *keywords, MailEntry *ret_entries,
                                   GError **error)
{
    MailStore *store = session->store;

    memset(ret_entries, 0, count * sizeof *ret_entries);
    pthread_mutex_lock(&store->lock);
    FakeFolder *folder = folder_by_id(store, id);
    for (gsize i = 0; folder != NULL && i < count; i++) {
        guint index = find_entry(folder, uids[i]);
        if (index == folder->entries->len)
            continue;
        MailEntry *entry = &g_array_index(folder->entries, MailEntry, index);
        if (asks_for(g_ptr_array_index(store->messages, entry->message - 1), "unflagged")) {
            pthread_mutex_unlock(&store->lock);
            return fail(error, MAIL_STORE_ERROR_FAILED);
        }
    }
    for (gsize i = 0; folder != NULL && i < count; i++) {
        guint index = find_entry(folder, uids[i]);
        if (index == folder->entries->len)
            continue;
        MailEntry *entry = &g_array_index(folder->entries, MailEntry, index);
        mail_entry_apply(entry, change, flags, keywords);
        ret_entries[i] = entry_copy(entry);
    }
    tell(store, id);
    pthread_mutex_unlock(&store->lock);
    return TRUE;
}

gboolean mail_expunge(MailSession *session, guint64 id, const guint32 *uids, gsize count,
                      gboolean only_deleted, GError **error)
{
    MailStore *store = session->store;

    pthread_mutex_lock(&store->lock);
    FakeFolder *folder = folder_by_id(store, id);
    for (gsize i = 0; folder != NULL && i < count; i++) {
        guint index = find_entry(folder, uids[i]);
        const MailEntry *entry =
            index < folder->entries->len ? &g_array_index(folder->entries, MailEntry, index) : NULL;
        if (entry != NULL && (!only_deleted || (entry->flags & MAIL_FLAG_DELETED) != 0))
            g_array_remove_index(folder->entries, index);
    }
    tell(store, id);
    pthread_mutex_unlock(&store->lock);
    return folder != NULL || fail(error, MAIL_STORE_ERROR_NOT_FOUND);
}

void mail_collect_stop(MailStore *store)
{
    (void)store;
}

guint64 mail_store_count_unlinked(MailStore *store)
{
    (void)store;
    return 0;
}

gboolean mail_collect(MailSession *session, gint64 min_age, guint *ret_messages, GError **error)
{
    (void)session;
    (void)min_age;
    (void)error;
    *ret_messages = 0;
    return TRUE;
}

guint mail_store_watch(MailStore *store, guint64 folder, MailFolderChanged callback,
                       gpointer user_data)
{
    FakeWatch *watch = g_new0(FakeWatch, 1);

    pthread_mutex_lock(&store->lock);
    *watch = (FakeWatch){++store->last_watch, folder, callback, user_data};
    g_ptr_array_add(store->watches, watch);
    pthread_mutex_unlock(&store->lock);
    return watch->id;
}

void mail_store_unwatch(MailStore *store, guint id)
{
    pthread_mutex_lock(&store->lock);
    for (guint i = 0; i < store->watches->len; i++)
        if (((FakeWatch *)g_ptr_array_index(store->watches, i))->id == id) {
            g_ptr_array_remove_index(store->watches, i);
            break;
        }
    pthread_mutex_unlock(&store->lock);
}
