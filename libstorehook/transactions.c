/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * transactions.c - follows each session through its transaction levels.
 *
 * A row remembers the level at which it was written and the one at which it went; a rollback to a
 * savepoint forgets the first and undoes the second, an inner commit lowers both. What cannot be
 * remembered for want of memory is not: a session never seen is taken to be at level 0.
 */
#include "libstorehook/transactions.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "libstorehook/cursors.h"

enum {
    SHARDS = 64
};

typedef struct {
    pthread_mutex_t lock;
    Session *first;
} __attribute__((aligned(64))) Shard;

static Shard shards[SHARDS] = {[0 ... SHARDS - 1] = {.lock = PTHREAD_MUTEX_INITIALIZER}};

static Shard *shard_of(JET_SESID sesid)
{
    return &shards[((uint64_t)sesid * 0x9E3779B97F4A7C15u) >> 58];
}

/* --- Rows and notes ------------------------------------------------------------------ */

TrackedRow *tracked_row_new(const TableInfo *info)
{
    TrackedRow *row = calloc(1, sizeof(*row));

    if (!row)
        return NULL;
    row->role = info->role;
    row->set = info->set;
    row->database = info->database;
    row->profiled = info->profiled;
    memcpy(row->table, info->table, sizeof(row->table));
    row->reason = ROW_REASON_NONE;
    row->original = BLOB_NONE;
    return row;
}

TrackedRow *tracked_row_free(TrackedRow *row)
{
    if (!row)
        return NULL;
    for (unsigned i = 0; i < FIELD_COUNT; i++)
        byte_string_clear(&row->fields[i]);
    blob_clear(&row->original);
    free(row);
    return NULL;
}

void link_note_free_all(LinkNote *note)
{
    while (note) {
        LinkNote *next = note->next;

        byte_string_clear(&note->incident);
        byte_string_clear(&note->folder);
        byte_string_clear(&note->kind);
        byte_string_clear(&note->mailbox);
        free(note);
        note = next;
    }
}

static bool holds_memfd(const TrackedRow *row)
{
    return row->original.set && !row->original.data;
}

/* --- Rows by digest and by bookmark -------------------------------------------------------- */

static uint32_t hash_of(const ByteString *string)
{
    uint32_t h = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < string->size; i++)
        h = (h ^ string->data[i]) * 16777619u;
    return h ^ h >> 16;
}

static unsigned bucket_of(const ByteString *string)
{
    return hash_of(string) % TRANSACTION_BUCKETS;
}

TrackedRow *transaction_contents(const Session *session, const ByteString *digest)
{
    return session->contents[bucket_of(digest)];
}

/* Contents in the order of writing. */
static void index_add(Session *session, TrackedRow *row)
{
    TrackedRow **link = &session->contents[bucket_of(&row->fields[FIELD_DIGEST])];
    TrackedRow **head;

    if (row->role == ROLE_CONTENTS && row->fields[FIELD_DIGEST].data) {
        while (*link)
            link = &(*link)->next_content;
        row->next_content = NULL;
        *link = row;
    }
    row->bookmark_hash = hash_of(&row->fields[FIELD_BOOKMARK]);
    head = &session->bookmarks[row->bookmark_hash % TRANSACTION_BUCKETS];
    row->next_bookmark = *head;
    *head = row;
}

static void index_build(Session *session)
{
    memset(session->contents, 0, sizeof(session->contents));
    memset(session->bookmarks, 0, sizeof(session->bookmarks));
    for (TrackedRow *row = session->rows; row; row = row->next)
        index_add(session, row);
}

/* --- Sessions ------------------------------------------------------------------------- */

void transaction_clear(Session *session)
{
    for (TrackedRow *row = session->rows; row;) {
        TrackedRow *next = row->next;

        /* One by one, since of the buckets most transactions use none. */
        session->contents[bucket_of(&row->fields[FIELD_DIGEST])] = NULL;
        session->bookmarks[row->bookmark_hash % TRANSACTION_BUCKETS] = NULL;
        tracked_row_free(row);
        row = next;
    }
    link_note_free_all(session->notes);
    session->rows = NULL;
    session->rows_end = &session->rows;
    session->row_count = 0;
    session->memfd_count = 0;
    session->rows_overflow = false;
    session->has_waiting = false;
    session->notes = NULL;
    session->notes_end = &session->notes;
    session->handle_count = 0;
    session->handles_overflow = false;
}

static Session *session_new(JET_SESID sesid)
{
    Session *session = calloc(1, sizeof(*session));

    if (!session)
        return NULL;
    session->sesid = sesid;
    session->references = 1;
    pthread_mutex_init(&session->lock, NULL);
    transaction_clear(session);
    return session;
}

static void session_free(Session *session)
{
    transaction_clear(session);
    pthread_mutex_destroy(&session->lock);
    free(session);
}

static Session **find(Shard *shard, JET_SESID sesid)
{
    Session **link = &shard->first;

    while (*link && (*link)->sesid != sesid)
        link = &(*link)->next;
    return link;
}

Session *session_acquire(JET_SESID sesid)
{
    Shard *shard = shard_of(sesid);
    Session *session;

    pthread_mutex_lock(&shard->lock);
    session = *find(shard, sesid);
    if (!session) {
        session = session_new(sesid);
        if (session) {
            session->next = shard->first;
            shard->first = session;
        }
    }
    if (session)
        atomic_fetch_add(&session->references, 1);
    pthread_mutex_unlock(&shard->lock);
    if (session)
        pthread_mutex_lock(&session->lock);
    return session;
}

/* New references are made of the table's only, so that the last is the last. */
static void drop_reference(Session *session)
{
    if (atomic_fetch_sub(&session->references, 1) == 1)
        session_free(session);
}

void session_release(Session *session)
{
    if (!session)
        return;
    pthread_mutex_unlock(&session->lock);
    drop_reference(session);
}

/* Under the shard's lock: out of the table; whoever uses it now frees it. */
static void take_out(Session **link)
{
    Session *session = *link;

    *link = session->next;
    session->next = NULL;
    drop_reference(session);
}

void session_end(JET_SESID sesid)
{
    Shard *shard = shard_of(sesid);
    Session **link;

    pthread_mutex_lock(&shard->lock);
    link = find(shard, sesid);
    if (*link)
        take_out(link);
    pthread_mutex_unlock(&shard->lock);
}

void session_begin(JET_SESID sesid, JET_INSTANCE instance)
{
    Session *session;

    session_end(sesid);
    session = session_acquire(sesid);
    if (session)
        session->instance = instance;
    session_release(session);
}

void session_end_instance(JET_INSTANCE instance)
{
    for (unsigned i = 0; i < SHARDS; i++) {
        Session **link = &shards[i].first;

        pthread_mutex_lock(&shards[i].lock);
        while (*link) {
            if ((*link)->instance == instance || (*link)->instance == 0)
                take_out(link);
            else
                link = &(*link)->next;
        }
        pthread_mutex_unlock(&shards[i].lock);
    }
}

/* --- Levels ------------------------------------------------------------------------------ */

void transaction_begun(Session *session, int64_t deadline_us)
{
    if (session->level++ == 0) {
        transaction_clear(session);
        session->budget_us = deadline_us;
    }
}

bool transaction_committed(Session *session)
{
    unsigned level = session->level;

    if (level == 0)
        return false;
    session->level = level - 1;
    for (TrackedRow *row = session->rows; row; row = row->next) {
        if (row->level == level)
            row->level--;
        /* Not from 1 to 0: gone stays gone. */
        if (row->gone_level == level && level > 1)
            row->gone_level--;
    }
    for (LinkNote *note = session->notes; note; note = note->next)
        if (note->level == level)
            note->level--;
    for (unsigned i = 0; i < session->handle_count; i++)
        if (session->handles[i].level == level)
            session->handles[i].level--;
    return level == 1;
}

static void drop_rows(Session *session, unsigned level)
{
    TrackedRow **link = &session->rows;

    while (*link) {
        TrackedRow *row = *link;

        if (row->level >= level) {
            *link = row->next;
            session->row_count--;
            session->memfd_count -= holds_memfd(row);
            tracked_row_free(row);
            continue;
        }
        if (row->gone_level >= level)
            row->gone_level = 0;
        link = &row->next;
    }
    session->rows_end = link;
    index_build(session);
}

static void drop_notes(Session *session, unsigned level)
{
    LinkNote **link = &session->notes;

    while (*link) {
        LinkNote *note = *link;

        if (note->level >= level) {
            *link = note->next;
            note->next = NULL;
            link_note_free_all(note);
            continue;
        }
        link = &note->next;
    }
    session->notes_end = link;
}

void transaction_rolled_back(Session *session, bool all)
{
    if (session->level == 0)
        return;
    session->level = all ? 0 : session->level - 1;
    if (session->level == 0) {
        transaction_clear(session);
    } else {
        drop_rows(session, session->level + 1);
        drop_notes(session, session->level + 1);
    }
}

void transaction_forget_cursors(Session *session, bool all)
{
    unsigned kept = 0;

    if (session->handles_overflow) {
        cursors_forget_session(session->sesid);
        session->handle_count = 0;
        return;
    }
    for (unsigned i = 0; i < session->handle_count; i++) {
        if (all || session->handles[i].level >= session->level)
            cursors_forget(session->handles[i].tableid);
        else
            session->handles[kept++] = session->handles[i];
    }
    session->handle_count = kept;
}

void transaction_note_handle(Session *session, JET_TABLEID tableid)
{
    if (session->level == 0)
        return;
    if (session->handle_count == TRANSACTION_HANDLES_MAX)
        session->handles_overflow = true;
    else
        session->handles[session->handle_count++] =
            (LearntHandle){.tableid = tableid, .level = (uint8_t)session->level};
}

/* --- What a transaction wrote -------------------------------------------------------------- */

/* True when one of them was inserted by this transaction. */
static bool mark_gone(Session *session, const TrackedRow *like, const ByteString *bookmark)
{
    const uint32_t hash = hash_of(bookmark);
    bool inserted = false;

    for (TrackedRow *row = session->bookmarks[hash % TRANSACTION_BUCKETS]; row;
         row = row->next_bookmark) {
        if (row->bookmark_hash == hash && tracked_row_stands(row) && row != like &&
            row->database == like->database && strcmp(row->table, like->table) == 0 &&
            byte_string_equals(&row->fields[FIELD_BOOKMARK], bookmark)) {
            row->gone_level = (uint8_t)session->level;
            inserted = inserted || row->inserted;
        }
    }
    return inserted;
}

bool transaction_add_row(Session *session, TrackedRow *row)
{
    if (session->row_count >= TRANSACTION_ROWS_MAX) {
        session->rows_overflow = true;
        return false;
    }
    if (!row->inserted)
        row->inserted = mark_gone(session, row, &row->fields[FIELD_BOOKMARK]);
    row->level = (uint8_t)session->level;
    row->next = NULL;
    *session->rows_end = row;
    session->rows_end = &row->next;
    index_add(session, row);
    session->row_count++;
    session->memfd_count += holds_memfd(row);
    session->has_waiting = session->has_waiting || row->waits;
    return true;
}

void transaction_row_deleted(Session *session, const TableInfo *info, const ByteString *bookmark)
{
    TrackedRow like = {.database = info->database};

    memcpy(like.table, info->table, sizeof(like.table));
    mark_gone(session, &like, bookmark);
}

bool transaction_is_full(const Session *session)
{
    return session->row_count >= TRANSACTION_ROWS_MAX;
}

bool transaction_make_room(const Session *session, TrackedRow *row)
{
    return session->memfd_count < TRANSACTION_MEMFDS_MAX ||
           blob_move_to_memory(&row->original) == 0;
}

bool transaction_has_rows(const Session *session)
{
    return session->rows != NULL;
}

void transaction_add_note(Session *session, LinkNote *note)
{
    note->level = (uint8_t)session->level;
    note->next = NULL;
    *session->notes_end = note;
    session->notes_end = &note->next;
}
