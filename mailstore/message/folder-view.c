/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * folder-view.c - what was counted and read in a folder is kept: only what was added since is read,
 * and what jobs change is changed here, too.
 *
 * Entries come with greater UIDs than all before, so what is known of those up to some UID stays
 * right until one of them is changed or removed; the jobs that do so tell of each. What came since
 * is read from the rows, so that what was left out of a commit on its way down, or was undone, is
 * in no view. A delivery does nothing for this.
 *
 * A view is used, and replaced, with a snapshot that was taken while no such job was under way;
 * else what it has and what the snapshot adds to it could be of two different moments. Counts take
 * what jobs did in any order; entries that two jobs at once may have changed are forgotten.
 *
 * Nothing is on disk: the first look after the start reads all entries of the folder.
 *
 * Limits: counts of SLOTS_MAX folders are kept; two whose ids differ by a multiple of that take
 * each other's place. Of entries BYTES_MAX are kept, of the folders that were looked at last.
 */
#include "mailstore/message/folder-view.h"

#include <pthread.h>

#include "mailstore/message/entry.h"
#include "mailstore/message/folder.h"
#include "mailstore/message/keywords.h"
#include "mailstore/message/row.h"
#include "mailstore/message/transaction.h"

enum {
    SLOTS_MAX = 8192,            /* 800 KB; what a thousand users look at */
    BYTES_MAX = 16 * 1024 * 1024 /* a hundred folders of 5000 messages, without keywords */
};

typedef struct {
    guint64 folder;  /* whose view this is; ids begin at 1 */
    guint64 changes; /* jobs of this slot's folders begun so far */
    guint changers;  /* jobs under way */
    MailCounts counts;
    GArray *entries;  /* those up to last_uid; NULL: not kept */
    guint32 last_uid; /* perhaps less than counts.last_uid, or more */
    gsize bytes;      /* of entries */
    GList recent;     /* in FolderViews.recent while entries are kept */
} Slot;

struct FolderViews {
    pthread_mutex_t mutex;
    Slot slots[SLOTS_MAX];
    GQueue recent; /* of slots with entries; the last one was looked at longest ago */
    gsize bytes;   /* of all entries */
};

static void entry_clear(gpointer data)
{
    mail_entry_clear(data);
}

static GArray *entries_new(guint reserved)
{
    GArray *entries = g_array_sized_new(FALSE, FALSE, sizeof(MailEntry), reserved);
    g_array_set_clear_func(entries, entry_clear);
    return entries;
}

FolderViews *folder_views_new(void)
{
    FolderViews *views = g_new0(FolderViews, 1);
    pthread_mutex_init(&views->mutex, NULL);
    return views;
}

/* With the mutex held. */
static void slot_forget_entries(FolderViews *views, Slot *slot)
{
    if (slot->entries == NULL)
        return;
    g_queue_unlink(&views->recent, &slot->recent);
    slot->recent.data = NULL;
    views->bytes -= slot->bytes;
    slot->bytes = 0;
    slot->last_uid = 0;
    g_clear_pointer(&slot->entries, g_array_unref);
}

static void slot_forget(FolderViews *views, Slot *slot)
{
    slot_forget_entries(views, slot);
    slot->folder = 0;
    slot->counts = (MailCounts){0};
}

static void views_evict(FolderViews *views)
{
    while (views->bytes > BYTES_MAX)
        slot_forget_entries(views, views->recent.tail->data);
}

FolderViews *folder_views_free(FolderViews *views)
{
    if (views == NULL)
        return NULL;
    while (views->recent.head != NULL)
        slot_forget_entries(views, views->recent.head->data);
    pthread_mutex_destroy(&views->mutex);
    g_free(views);
    return NULL;
}

static Slot *slot_lock(FolderViews *views, guint64 folder)
{
    pthread_mutex_lock(&views->mutex);
    return &views->slots[folder % SLOTS_MAX];
}

static gsize entry_bytes(const MailEntry *entry)
{
    return sizeof *entry + keywords_size(entry->keywords);
}

static MailEntry entry_copy(const MailEntry *entry)
{
    MailEntry copy = *entry;
    copy.keywords = keywords_ref(copy.keywords);
    return copy;
}

/* Of the first entry whose UID is not below `uid`. */
static guint entries_lower_bound(const GArray *entries, guint32 uid)
{
    guint low = 0, high = entries->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(entries, MailEntry, middle).uid < uid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* --- changes --- */

typedef struct {
    guint32 flags_before;
    gboolean is_removed;
    MailEntry after; /* its UID in any case */
} Changed;

struct FolderChange {
    FolderChangeJob job;
    gpointer data;
    GArray *changed; /* of Changed */
    gboolean is_any;
};

static void changed_clear(gpointer data)
{
    mail_entry_clear(&((Changed *)data)->after);
}

void folder_change_flags(FolderChange *change, guint32 flags_before, const MailEntry *after)
{
    Changed changed = {.flags_before = flags_before, .after = entry_copy(after)};
    g_array_append_val(change->changed, changed);
}

void folder_change_remove(FolderChange *change, guint32 uid, guint32 flags_before)
{
    Changed changed = {.flags_before = flags_before, .is_removed = TRUE, .after = {.uid = uid}};
    g_array_append_val(change->changed, changed);
}

void folder_change_all(FolderChange *change)
{
    change->is_any = TRUE;
}

static JET_ERR change_job(MailSession *session, gpointer data)
{
    FolderChange *change = data;

    g_array_set_size(change->changed, 0); /* of a try before */
    change->is_any = FALSE;
    return change->job(session, change, change->data);
}

static guint is_unseen(guint32 flags)
{
    return (flags & MAIL_FLAG_SEEN) == 0;
}

static void counts_change(MailCounts *counts, const GArray *changed)
{
    for (guint i = 0; i < changed->len; i++) {
        const Changed *one = &g_array_index(changed, Changed, i);
        if (one->after.uid > counts->last_uid)
            continue;
        counts->unseen -= is_unseen(one->flags_before);
        if (one->is_removed)
            counts->messages--;
        else
            counts->unseen += is_unseen(one->after.flags);
    }
}

/* Those with UID 0 go. */
static void entries_remove_cleared(GArray *entries)
{
    guint kept = 0;

    for (guint i = 0; i < entries->len; i++) {
        const MailEntry *entry = &g_array_index(entries, MailEntry, i);
        if (entry->uid != 0)
            g_array_index(entries, MailEntry, kept++) = *entry;
    }
    g_array_set_clear_func(entries, NULL); /* what lies behind was moved */
    g_array_set_size(entries, kept);
    g_array_set_clear_func(entries, entry_clear);
}

static void slot_change_entries(FolderViews *views, Slot *slot, const GArray *changed)
{
    g_autoptr(GArray) removed = g_array_new(FALSE, FALSE, sizeof(guint));
    gsize before = slot->bytes;

    for (guint i = 0; i < changed->len; i++) {
        const Changed *one = &g_array_index(changed, Changed, i);
        guint at = entries_lower_bound(slot->entries, one->after.uid);
        MailEntry *entry = &g_array_index(slot->entries, MailEntry, at);
        if (at == slot->entries->len || entry->uid != one->after.uid)
            continue;
        slot->bytes -= entry_bytes(entry);
        if (one->is_removed) {
            g_array_append_val(removed, at); /* the search needs the order as yet */
            continue;
        }
        slot->bytes += entry_bytes(&one->after);
        mail_entry_clear(entry);
        *entry = entry_copy(&one->after);
    }
    for (guint i = 0; i < removed->len; i++) {
        guint at = g_array_index(removed, guint, i);
        MailEntry *entry = &g_array_index(slot->entries, MailEntry, at);
        mail_entry_clear(entry);
        *entry = (MailEntry){0};
    }
    if (removed->len > 0)
        entries_remove_cleared(slot->entries);
    views->bytes += slot->bytes - before;
    views_evict(views);
}

/* With the mutex held, after the job. */
static void slot_change(FolderViews *views, Slot *slot, const FolderChange *change, JET_ERR err,
                        gboolean was_alone)
{
    if (err < 0 || change->is_any) { /* an error may hide that it was done */
        slot_forget(views, slot);
        return;
    }
    counts_change(&slot->counts, change->changed);
    if (slot->entries == NULL)
        return;
    if (was_alone)
        slot_change_entries(views, slot, change->changed);
    else
        slot_forget_entries(views, slot);
}

JET_ERR folder_views_run_change(MailSession *session, guint64 folder, FolderChangeJob job,
                                gpointer data)
{
    FolderViews *views = session->store->folder_views;
    FolderChange change = {
        .job = job, .data = data, .changed = g_array_new(FALSE, FALSE, sizeof(Changed))};
    g_array_set_clear_func(change.changed, changed_clear);

    Slot *slot = slot_lock(views, folder);
    gboolean was_alone = slot->changers++ == 0;
    guint64 begun = ++slot->changes;
    pthread_mutex_unlock(&views->mutex);

    JET_ERR err = folder_queue_run(session, change_job, &change);

    pthread_mutex_lock(&views->mutex);
    slot->changers--;
    if (slot->folder == folder)
        slot_change(views, slot, &change, err, was_alone && slot->changes == begun);
    pthread_mutex_unlock(&views->mutex);
    g_array_unref(change.changed);
    return err;
}

/* --- looking --- */

typedef struct {
    guint64 folder;
    gboolean is_kept; /* no job was under way: `changes` tells whether one came since */
    guint64 changes;
    guint32 begun; /* UIDs up to this one are known, or not asked for */
    MailCounts counts;
    GArray *entries; /* NULL: they are only counted */
} Look;

static void counts_add(MailCounts *counts, guint32 uid, guint32 flags)
{
    if (uid <= counts->last_uid)
        return;
    counts->last_uid = uid;
    counts->messages++;
    counts->unseen += is_unseen(flags);
}

/* The entry under ENTRIES_BY_UID. */
static JET_ERR look_at_one(MailSession *session, Look *look)
{
    JET_ERR err;

    if (look->entries == NULL) {
        guint32 uid = 0, flags = 0;
        RowField fields[] = {ROW_FIELD(ENTRY_UID, uid), ROW_FIELD(ENTRY_FLAGS, flags)};
        err = row_get_fields(session, ENTRIES_BY_UID, fields, G_N_ELEMENTS(fields));
        if (err >= 0)
            counts_add(&look->counts, uid, flags);
        return err;
    }
    MailEntry entry;
    guint count = look->entries->len;
    const MailEntry *before =
        count > 0 ? &g_array_index(look->entries, MailEntry, count - 1) : NULL;
    err = entry_read(session, before, &entry);
    if (err >= 0)
        g_array_append_val(look->entries, entry);
    return err;
}

static JET_ERR look_body(MailSession *session, gpointer data)
{
    Look *look = data;
    guint64 first_uid = (guint64)look->begun + 1;
    RowValue key = ROW_NUMBER(look->folder), from = {&first_uid, sizeof(guint32)};

    JET_ERR err = folder_seek(session, look->folder);
    if (err < 0)
        return err;
    err = row_first(session, ENTRIES_BY_UID, &key, 1, &from);
    while (err >= 0 && (err = look_at_one(session, look)) >= 0)
        err = row_next(session, ENTRIES_BY_UID);
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}

/* Reads the rows behind what is known. */
static JET_ERR look_read(MailSession *session, Look *look)
{
    return transaction_try(session, TRANSACTION_READ, look_body, look); /* meets no conflict */
}

/* With the mutex held: a view of this folder, by what one snapshot has. */
static gboolean slot_is_valid(const Slot *slot, const Look *look)
{
    return look->is_kept && look->changes == slot->changes;
}

static void slot_take(FolderViews *views, Slot *slot, guint64 folder)
{
    if (slot->folder != folder)
        slot_forget(views, slot);
    slot->folder = folder;
}

gboolean mail_folder_count(MailSession *session, guint64 folder, MailCounts *ret_counts,
                           GError **error)
{
    FolderViews *views = session->store->folder_views;
    Look look = {.folder = folder};

    Slot *slot = slot_lock(views, folder);
    look.is_kept = slot->changers == 0;
    look.changes = slot->changes;
    if (look.is_kept && slot->folder == folder)
        look.counts = slot->counts;
    pthread_mutex_unlock(&views->mutex);
    look.begun = look.counts.last_uid;

    JET_ERR err = look_read(session, &look);
    if (err >= 0) {
        slot_lock(views, folder);
        gboolean is_valid = slot_is_valid(slot, &look);
        if (is_valid) {
            slot_take(views, slot, folder);
            slot->counts = look.counts;
        }
        pthread_mutex_unlock(&views->mutex);
        if (!is_valid && look.begun > 0) {
            look.begun = 0; /* one snapshot of all entries is always right */
            look.counts = (MailCounts){0};
            err = look_read(session, &look);
        }
    }
    if (err < 0)
        return session_fail(session, err, error, "cannot count messages");
    *ret_counts = look.counts;
    return TRUE;
}

static void entries_append(GArray *entries, const GArray *from, guint first)
{
    guint count = entries->len;

    if (first == from->len)
        return;
    g_array_append_vals(entries, &g_array_index(from, MailEntry, first), from->len - first);
    for (; count < entries->len; count++)
        keywords_ref(g_array_index(entries, MailEntry, count).keywords);
}

/* With the mutex held. */
static void slot_used(FolderViews *views, Slot *slot)
{
    if (slot->recent.data != NULL)
        g_queue_unlink(&views->recent, &slot->recent);
    slot->recent.data = slot;
    g_queue_push_head_link(&views->recent, &slot->recent);
}

/* With the mutex held: what was read of entries from first_uid on becomes part of the view. */
static void slot_add(FolderViews *views, Slot *slot, const Look *look, guint32 first_uid)
{
    gsize bytes = 0;

    slot_take(views, slot, look->folder);
    if (first_uid <= slot->counts.last_uid + 1)
        for (guint i = 0; i < look->entries->len; i++) {
            const MailEntry *entry = &g_array_index(look->entries, MailEntry, i);
            counts_add(&slot->counts, entry->uid, entry->flags);
        }
    if (first_uid > slot->last_uid + 1)
        return;
    guint fresh = entries_lower_bound(look->entries, slot->last_uid + 1);
    for (guint i = fresh; i < look->entries->len; i++)
        bytes += entry_bytes(&g_array_index(look->entries, MailEntry, i));
    if (slot->bytes + bytes > BYTES_MAX / 2) {
        slot_forget_entries(views, slot);
        return;
    }
    if (slot->entries == NULL)
        slot->entries = entries_new(look->entries->len);
    entries_append(slot->entries, look->entries, fresh);
    if (slot->entries->len > 0)
        slot->last_uid = MAX(slot->last_uid,
                             g_array_index(slot->entries, MailEntry, slot->entries->len - 1).uid);
    slot->bytes += bytes;
    views->bytes += bytes;
    slot_used(views, slot);
    views_evict(views);
}

GArray *mail_folder_entries(MailSession *session, guint64 folder, guint32 first_uid, GError **error)
{
    FolderViews *views = session->store->folder_views;
    g_autoptr(GArray) entries = entries_new(0);
    Look look = {.folder = folder, .entries = entries};
    guint32 before = first_uid > 0 ? first_uid - 1 : 0;

    Slot *slot = slot_lock(views, folder);
    look.is_kept = slot->changers == 0;
    look.changes = slot->changes;
    look.begun = before;
    if (look.is_kept && slot->folder == folder && slot->entries != NULL) {
        entries_append(entries, slot->entries, entries_lower_bound(slot->entries, first_uid));
        look.begun = MAX(before, slot->last_uid);
        slot_used(views, slot);
    }
    pthread_mutex_unlock(&views->mutex);

    JET_ERR err = look_read(session, &look);
    if (err >= 0) {
        slot_lock(views, folder);
        gboolean is_valid = slot_is_valid(slot, &look);
        if (is_valid)
            slot_add(views, slot, &look, before + 1);
        pthread_mutex_unlock(&views->mutex);
        if (!is_valid && look.begun > before) {
            look.begun = before;
            g_array_set_size(entries, 0);
            err = look_read(session, &look);
        }
    }
    if (err < 0) {
        session_fail(session, err, error, "cannot list messages");
        return NULL;
    }
    return g_steal_pointer(&entries);
}
