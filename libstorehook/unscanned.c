/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * unscanned.c - exact totals by reason, and a ring of the rows behind them.
 *
 * Totals are never lost while the process lives; the rows are a help for catching up, and the
 * oldest go first, leaving the time since when rows are missing. Nothing here fails: without memory
 * a row is counted and not remembered.
 *
 * Known limit: before the first profile at most UNSCANNED_TABLES table names are told apart; rows
 * of further tables are only a time from which on rows are missing.
 */
#include "libstorehook/unscanned.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "libstorehook/profile.h"

typedef struct {
    uint64_t number; /* 1, 2, 3 ... in the order they came */
    int64_t time;
    StorehookReason reason;
    bool settled; /* known to be of a judged table */
    char table[PROFILE_NAME_MAX + 1];
    ByteString bookmark;
} Row;

static struct {
    pthread_mutex_t lock;
    uint64_t totals[STOREHOOK_REASONS];
    Row *ring;            /* UNSCANNED_RING rows, made at the first */
    uint64_t next, first; /* numbers: rows first .. next - 1 are in the ring */
    int64_t lost_since;   /* 0: none lost */
    StorehookReason lost_reason;
    struct {
        char table[PROFILE_NAME_MAX + 1];
        uint64_t count;
    } unjudged[UNSCANNED_TABLES];
    uint64_t changes;
    _Atomic bool pending;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .next = 1, .first = 1};

static Row *row_at(uint64_t number)
{
    return &state.ring[number % UNSCANNED_RING];
}

static void note_lost(int64_t when, StorehookReason reason)
{
    if (state.lost_since == 0 || when < state.lost_since) {
        state.lost_since = when;
        state.lost_reason = reason;
    }
}

static void remember(StorehookReason reason, const char *table, const ByteString *bookmark,
                     bool settled)
{
    int64_t now = (int64_t)time(NULL);
    Row *row;

    if (!state.ring)
        state.ring = calloc(UNSCANNED_RING, sizeof(*state.ring));
    if (!state.ring) {
        note_lost(now, reason);
        return;
    }
    if (state.next - state.first == UNSCANNED_RING) {
        row = row_at(state.first++);
        if (row->table[0] != '\0')
            note_lost(row->time, row->reason);
    }
    row = row_at(state.next);
    byte_string_clear(&row->bookmark);
    *row = (Row){.number = state.next++, .time = now, .reason = reason, .settled = settled};
    strncpy(row->table, table, PROFILE_NAME_MAX);
    if (bookmark && bookmark->data)
        byte_string_set(&row->bookmark, bookmark->data, bookmark->size);
}

static void changed(void)
{
    state.changes++;
    atomic_store(&state.pending, true);
}

void unscanned_add(StorehookReason reason, const char *table, const ByteString *bookmark)
{
    pthread_mutex_lock(&state.lock);
    state.totals[reason]++;
    remember(reason, table, bookmark, true);
    changed();
    pthread_mutex_unlock(&state.lock);
}

void unscanned_add_unjudged(const char *table, const ByteString *bookmark)
{
    unsigned i = 0;

    pthread_mutex_lock(&state.lock);
    while (i < UNSCANNED_TABLES && state.unjudged[i].count > 0 &&
           strcmp(state.unjudged[i].table, table) != 0)
        i++;
    if (i == UNSCANNED_TABLES) {
        note_lost((int64_t)time(NULL), STOREHOOK_REASON_UNAVAILABLE);
    } else {
        if (state.unjudged[i].count++ == 0)
            strncpy(state.unjudged[i].table, table, PROFILE_NAME_MAX);
        remember(STOREHOOK_REASON_UNAVAILABLE, table, bookmark, false);
    }
    changed();
    pthread_mutex_unlock(&state.lock);
}

static bool is_judged(const char *table)
{
    ProfileTable found;

    if (strcmp(table, UNSCANNED_ANY_TABLE) == 0)
        return true;
    return profile_find(table, &found) &&
           (found.role == ROLE_MESSAGES || found.role == ROLE_ATTACHMENTS ||
            found.role == ROLE_CONTENTS);
}

void unscanned_settle(void)
{
    pthread_mutex_lock(&state.lock);
    for (unsigned i = 0; i < UNSCANNED_TABLES && state.unjudged[i].count > 0; i++) {
        if (is_judged(state.unjudged[i].table))
            state.totals[STOREHOOK_REASON_UNAVAILABLE] += state.unjudged[i].count;
        state.unjudged[i].count = 0;
        memset(state.unjudged[i].table, 0, sizeof(state.unjudged[i].table));
    }
    for (uint64_t n = state.first; n < state.next; n++) {
        Row *row = row_at(n);

        if (!row->settled && !is_judged(row->table))
            row->table[0] = '\0';
        row->settled = true;
    }
    changed();
    pthread_mutex_unlock(&state.lock);
}

void unscanned_totals(uint64_t ret[STOREHOOK_REASONS])
{
    pthread_mutex_lock(&state.lock);
    memcpy(ret, state.totals, sizeof(state.totals));
    pthread_mutex_unlock(&state.lock);
}

bool unscanned_is_pending(void)
{
    return atomic_load_explicit(&state.pending, memory_order_relaxed);
}

bool unscanned_is_any(void)
{
    uint64_t totals[STOREHOOK_REASONS];
    bool any = unscanned_is_pending();

    unscanned_totals(totals);
    for (unsigned i = 0; i < STOREHOOK_REASONS; i++)
        any = any || totals[i] > 0;
    return any;
}

static void write_row(StorehookWriter *writer, const StorehookRow *head, const char *table,
                      const ByteString *bookmark)
{
    unsigned char bytes[sizeof(*head) + PROFILE_NAME_MAX + 1 + 2048];
    size_t size = sizeof(*head) + head->table_size + 1;

    if (size + head->bookmark_size > sizeof(bytes))
        return;
    memcpy(bytes, head, sizeof(*head));
    memcpy(bytes + sizeof(*head), table, head->table_size + 1);
    if (head->bookmark_size > 0)
        memcpy(bytes + size, bookmark->data, head->bookmark_size);
    storehook_write_bytes(writer, STOREHOOK_FIELD_ROW, bytes, size + head->bookmark_size);
}

UnscannedTicket unscanned_write_report(StorehookWriter *writer, void *buffer, size_t capacity,
                                       const unsigned char instance[16], StorehookUnhooked unhooked)
{
    UnscannedTicket ticket;
    unsigned fields = 4;
    size_t room = 4096; /* more than one row takes */

    storehook_write_start(writer, buffer, capacity, STOREHOOK_REPORT, 0, 0, 0);
    storehook_write_bytes(writer, STOREHOOK_FIELD_INSTANCE, instance, 16);
    storehook_write_u32(writer, STOREHOOK_FIELD_UNHOOKED, unhooked);
    pthread_mutex_lock(&state.lock);
    storehook_write_bytes(writer, STOREHOOK_FIELD_UNSCANNED, state.totals, sizeof(state.totals));
    if (state.lost_since != 0) {
        StorehookRow lost = {.time = state.lost_since, .reason = state.lost_reason};

        write_row(writer, &lost, "", NULL);
    }
    ticket = (UnscannedTicket){
        .next = state.first, .changes = state.changes, .lost_since = state.lost_since};
    for (; ticket.next < state.next; ticket.next++) {
        const Row *row = row_at(ticket.next);
        StorehookRow head = {.time = row->time,
                             .reason = row->reason,
                             .table_size = (uint32_t)strlen(row->table),
                             .bookmark_size = (uint32_t)row->bookmark.size};

        if (++fields > STOREHOOK_FIELDS_MAX || writer->capacity - writer->length < room)
            break;
        if (row->table[0] != '\0')
            write_row(writer, &head, row->table, &row->bookmark);
    }
    pthread_mutex_unlock(&state.lock);
    return ticket;
}

void unscanned_reported(const UnscannedTicket *ticket)
{
    pthread_mutex_lock(&state.lock);
    for (; state.first < ticket->next && state.first < state.next; state.first++)
        byte_string_clear(&row_at(state.first)->bookmark);
    /* What was lost while the report was on its way stands in the next. */
    if (state.lost_since == ticket->lost_since)
        state.lost_since = 0;
    if (state.first == state.next && ticket->changes == state.changes)
        atomic_store(&state.pending, false);
    pthread_mutex_unlock(&state.lock);
}

void unscanned_clear(void)
{
    pthread_mutex_lock(&state.lock);
    for (unsigned i = 0; state.ring && i < UNSCANNED_RING; i++)
        byte_string_clear(&state.ring[i].bookmark);
    free(state.ring);
    state.ring = NULL;
    memset(state.totals, 0, sizeof(state.totals));
    memset(state.unjudged, 0, sizeof(state.unjudged));
    state.next = state.first = 1;
    state.lost_since = 0;
    atomic_store(&state.pending, false);
    pthread_mutex_unlock(&state.lock);
}
