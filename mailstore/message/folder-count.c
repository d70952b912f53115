/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * folder-count.c - what was counted in a folder is kept, and only what was added since is counted.
 *
 * Entries come with greater UIDs than all before, so a count of those up to some UID stays right
 * until one of them is changed or removed; such jobs say so before they begin and after they end.
 * The rest is read from the rows, so that what was left out of a commit on its way down, or was
 * undone, is in no count. A delivery does nothing for this.
 *
 * A kept count is used with a snapshot that was taken while no such job was under way; else what
 * it has and what the snapshot adds to it could be of two different moments.
 *
 * Nothing is on disk: the first count after the start reads all entries of the folder.
 *
 * Limits: counts of SLOTS_MAX folders are kept; two whose ids differ by a multiple of that take
 * each other's place.
 */
#include "mailstore/message/folder-count.h"

#include <pthread.h>

#include "mailstore/message/folder.h"
#include "mailstore/message/row.h"
#include "mailstore/message/transaction.h"

enum {
    SLOTS_MAX = 8192 /* 256 KB; what a thousand users look at */
};

typedef struct {
    guint64 folder;  /* whose counts these are; ids begin at 1 */
    guint64 changes; /* jobs of this slot's folders begun so far */
    guint changers;  /* jobs under way */
    MailCounts counts;
} Slot;

struct FolderCounts {
    pthread_mutex_t mutex;
    Slot slots[SLOTS_MAX];
};

FolderCounts *folder_counts_new(void)
{
    FolderCounts *counts = g_new0(FolderCounts, 1);
    pthread_mutex_init(&counts->mutex, NULL);
    return counts;
}

FolderCounts *folder_counts_free(FolderCounts *counts)
{
    if (counts == NULL)
        return NULL;
    pthread_mutex_destroy(&counts->mutex);
    g_free(counts);
    return NULL;
}

static Slot *slot_lock(FolderCounts *counts, guint64 folder)
{
    pthread_mutex_lock(&counts->mutex);
    return &counts->slots[folder % SLOTS_MAX];
}

JET_ERR folder_counts_run_change(MailSession *session, guint64 folder, FolderJob job, gpointer data)
{
    FolderCounts *counts = session->store->folder_counts;
    Slot *slot = slot_lock(counts, folder);
    slot->folder = 0;
    slot->changes++;
    slot->changers++;
    pthread_mutex_unlock(&counts->mutex);

    JET_ERR err = folder_queue_run(session, job, data); /* an error may hide that it was done */

    pthread_mutex_lock(&counts->mutex);
    slot->changers--;
    pthread_mutex_unlock(&counts->mutex);
    return err;
}

typedef struct {
    guint64 folder;
    gboolean is_kept; /* no job was under way: `changes` tells whether one came since */
    guint64 changes;
    MailCounts begun; /* of the entries up to begun.last_uid */
    MailCounts counts;
} Counting;

static void counting_begin(FolderCounts *counts, Counting *counting)
{
    const Slot *slot = slot_lock(counts, counting->folder);

    counting->is_kept = slot->changers == 0;
    counting->changes = slot->changes;
    if (slot->folder == counting->folder)
        counting->begun = slot->counts;
    pthread_mutex_unlock(&counts->mutex);
}

/* FALSE when what it began with was changed meanwhile. */
static gboolean counting_end(FolderCounts *counts, const Counting *counting)
{
    Slot *slot = slot_lock(counts, counting->folder);
    gboolean is_kept = counting->is_kept && counting->changes == slot->changes;

    if (is_kept) {
        slot->folder = counting->folder;
        slot->counts = counting->counts;
    }
    pthread_mutex_unlock(&counts->mutex);
    return is_kept || counting->begun.last_uid == 0;
}

/* The entry under ENTRIES_BY_UID. */
static JET_ERR count_one(MailSession *session, MailCounts *counts)
{
    guint32 uid = 0, flags = 0;
    RowField fields[] = {ROW_FIELD(ENTRY_UID, uid), ROW_FIELD(ENTRY_FLAGS, flags)};
    JET_ERR err = row_get_fields(session, ENTRIES_BY_UID, fields, G_N_ELEMENTS(fields));

    if (err < 0)
        return err;
    counts->last_uid = uid;
    counts->messages++;
    counts->unseen += (flags & MAIL_FLAG_SEEN) == 0;
    return JET_errSuccess;
}

static JET_ERR count_body(MailSession *session, gpointer data)
{
    Counting *counting = data;
    guint64 first_uid = (guint64)counting->begun.last_uid + 1;
    RowValue key = ROW_NUMBER(counting->folder), from = {&first_uid, sizeof(guint32)};

    counting->counts = counting->begun;
    JET_ERR err = folder_seek(session, counting->folder);
    if (err < 0)
        return err;
    err = row_first(session, ENTRIES_BY_UID, &key, 1, &from);
    while (err >= 0 && (err = count_one(session, &counting->counts)) >= 0)
        err = row_next(session, ENTRIES_BY_UID);
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}

gboolean mail_folder_count(MailSession *session, guint64 folder, MailCounts *ret_counts,
                           GError **error)
{
    FolderCounts *counts = session->store->folder_counts;
    Counting counting = {.folder = folder};

    counting_begin(counts, &counting);
    JET_ERR err = transaction_run(session, TRANSACTION_READ, count_body, &counting);
    if (err >= 0 && !counting_end(counts, &counting)) {
        counting.begun = (MailCounts){0}; /* one snapshot of all entries is always right */
        err = transaction_run(session, TRANSACTION_READ, count_body, &counting);
    }
    if (err < 0)
        return session_fail(session, err, error, "cannot count messages");
    *ret_counts = counting.counts;
    return TRUE;
}
