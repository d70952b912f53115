/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model-state.c - the model's table: keys after the rules of normalisation, states, transactions
 * with copies for savepoints, locks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/ese/model/model.h"

void *model_new(size_t size)
{
    void *memory = calloc(1, size);
    if (!memory) {
        fputs("jet-model: out of memory\n", stderr);
        _Exit(2);
    }
    return memory;
}

/* --- Keys ---------------------------------------------------------------------- */

int key_compare(const ModelKey *a, const ModelKey *b)
{
    size_t common = a->size < b->size ? a->size : b->size;
    int order = memcmp(a->data, b->data, common);
    return order ? order : (a->size > b->size) - (a->size < b->size);
}

static void key_add(ModelKey *key, uint8_t byte, bool down)
{
    if (key->size < KEY_SIZE)
        key->data[key->size++] = down ? (uint8_t)~byte : byte;
}

void key_add_long(ModelKey *key, bool present, int32_t value, bool down)
{
    uint32_t bits = (uint32_t)value ^ 0x80000000u;
    key_add(key, present ? 0x7f : 0, down);
    for (int shift = 24; present && shift >= 0; shift -= 8)
        key_add(key, (uint8_t)(bits >> shift), down);
}

void key_add_binary(ModelKey *key, bool present, const void *data, size_t size, bool down)
{
    const uint8_t *bytes = data;
    key_add(key, !present ? 0 : size == 0 ? 0x40 : 0x7f, down);
    for (size_t at = 0; present && at < size; at += 8) {
        for (size_t i = at; i < at + 8; i++)
            key_add(key, i < size ? bytes[i] : 0, down);
        key_add(key, at + 8 < size ? 9 : (uint8_t)(size - at), down);
    }
}

void key_add_limit(ModelKey *key)
{
    while (key->size < KEY_SIZE + 1)
        key->data[key->size++] = 0xff;
}

bool index_is_unique(const World *world, IndexKind index)
{
    return index == INDEX_UNI || (index == INDEX_TAGS && world->unique_tags);
}

static int tag_keys(const World *world, const Row *row, ModelKey keys[TAGS_MAX])
{
    int n = 0;
    for (uint32_t i = 0; i < row->n_tags; i++) {
        ModelKey key = {0};
        bool twice = false;
        key_add_binary(&key, true, row->tags[i].data, row->tags[i].size, false);
        for (int j = 0; j < n; j++)
            twice = twice || key_compare(&key, &keys[j]) == 0;
        if (twice && world->unique_tags)
            return -1;
        if (!twice)
            keys[n++] = key;
    }
    if (row->n_tags == 0 && !world->unique_tags) {
        keys[0] = (ModelKey){0};
        key_add_binary(&keys[0], false, NULL, 0, false);
        n = 1;
    }
    return n;
}

int row_keys(const World *world, const Row *row, IndexKind index, ModelKey keys[TAGS_MAX])
{
    if (index == INDEX_TAGS)
        return tag_keys(world, row, keys);
    ModelKey *key = &keys[0];
    *key = (ModelKey){0};
    switch (index) {
    case INDEX_ROWS:
        if (world->shape == SHAPE_NO_PRIMARY)
            *key = row->bookmark;
        else if (world->shape == SHAPE_NAME_ID)
            key_add_binary(key, row->has_name, row->name, row->name_size, false);
        if (world->shape != SHAPE_NO_PRIMARY)
            key_add_long(key, row->has_id, row->id, world->shape == SHAPE_ID_DOWN);
        return 1;
    case INDEX_NUM:
        key_add_long(key, row->has_num, row->num, false);
        return 1;
    case INDEX_UNI:
        key_add_long(key, row->has_uni, row->uni, false);
        return row->has_uni ? 1 : 0;
    default:
        key_add_binary(key, row->has_name, row->name, row->name_size, true);
        key_add_long(key, row->has_num, row->num, false);
        return 1;
    }
}

static int entry_compare(const void *a, const void *b)
{
    const Entry *left = a, *right = b;
    int order = key_compare(&left->key, &right->key);
    return order ? order : key_compare(&left->row->bookmark, &right->row->bookmark);
}

void entries_of(const World *world, const State *state, IndexKind index, Entries *ret)
{
    ret->n = 0;
    for (int i = 0; i < state->n; i++) {
        ModelKey keys[TAGS_MAX];
        int n = row_keys(world, state->rows[i], index, keys);
        for (int k = 0; k < n; k++)
            ret->at[ret->n++] = (Entry){keys[k], state->rows[i]};
    }
    qsort(ret->at, (size_t)ret->n, sizeof ret->at[0], entry_compare);
}

/* --- States -------------------------------------------------------------------- */

static int state_place(const State *state, const ModelKey *bookmark, bool *ret_there)
{
    int at = 0, order = 1;
    while (at < state->n && (order = key_compare(&state->rows[at]->bookmark, bookmark)) < 0)
        at++;
    *ret_there = at < state->n && order == 0;
    return at;
}

const Row *state_find(const State *state, const ModelKey *bookmark)
{
    bool there;
    int at = state_place(state, bookmark, &there);
    return there ? state->rows[at] : NULL;
}

void state_put(State *state, const Row *row)
{
    bool there;
    int at = state_place(state, &row->bookmark, &there);
    if (!there) {
        if (state->n == ROWS_MAX) {
            fputs("jet-model: too many rows\n", stderr);
            _Exit(2);
        }
        memmove(&state->rows[at + 1], &state->rows[at],
                (size_t)(state->n - at) * sizeof state->rows[0]);
        state->n++;
    }
    state->rows[at] = row;
}

void state_remove(State *state, const ModelKey *bookmark)
{
    bool there;
    int at = state_place(state, bookmark, &there);
    if (!there)
        return;
    state->n--;
    memmove(&state->rows[at], &state->rows[at + 1],
            (size_t)(state->n - at) * sizeof state->rows[0]);
}

static bool longs_equal(const Row *a, const Row *b)
{
    if (a->n_longs != b->n_longs)
        return false;
    for (uint32_t i = 0; i < a->n_longs; i++)
        if (a->longs[i].size != b->longs[i].size ||
            (a->longs[i].size && memcmp(a->longs[i].data, b->longs[i].data, a->longs[i].size) != 0))
            return false;
    return true;
}

bool rows_equal(const Row *a, const Row *b)
{
    if (a->n_tags != b->n_tags || a->has_name != b->has_name || a->name_size != b->name_size)
        return false;
    for (uint32_t i = 0; i < a->n_tags; i++)
        if (a->tags[i].size != b->tags[i].size ||
            memcmp(a->tags[i].data, b->tags[i].data, a->tags[i].size) != 0)
            return false;
    return a->has_id == b->has_id && a->id == b->id && a->has_num == b->has_num &&
           (!a->has_num || a->num == b->num) && a->has_uni == b->has_uni &&
           (!a->has_uni || a->uni == b->uni) && a->count == b->count && a->number == b->number &&
           a->has_version == b->has_version && a->version == b->version &&
           memcmp(a->name, b->name, a->name_size) == 0 && longs_equal(a, b);
}

/* --- Transactions -------------------------------------------------------------- */

const State *session_view(const World *world, const ModelSession *session)
{
    return session->level > 0 ? &session->view : &world->committed;
}

void session_begin(World *world, ModelSession *session, bool read_only)
{
    if (session->level == 0) {
        session->base = session->view = world->committed;
        session->snapshot = world->counter;
        session->read_only = read_only;
        session->n_escrows = 0;
    }
    session->level++;
    session->saved[session->level] = session->view;
}

static int session_number(const World *world, const ModelSession *session)
{
    return (int)(session - world->sessions);
}

/* The bookmark that has the key of a unique index. */
static const Row *state_owner(const World *world, const State *state, const Lock *lock)
{
    for (int i = 0; i < state->n; i++) {
        ModelKey keys[TAGS_MAX];
        int n = row_keys(world, state->rows[i], lock->index, keys);
        for (int k = 0; k < n; k++)
            if (key_compare(&keys[k], &lock->key) == 0)
                return state->rows[i];
    }
    return NULL;
}

/* Whether this commit changes what the lock is on. */
static bool lock_changes(const World *world, const ModelSession *session, const Lock *lock)
{
    if (lock->index == INDEX_ROWS)
        return state_find(&session->base, &lock->key) != state_find(&session->view, &lock->key);
    const Row *before = state_owner(world, &session->base, lock);
    const Row *after = state_owner(world, &session->view, lock);
    return (before != NULL) != (after != NULL) ||
           (before && key_compare(&before->bookmark, &after->bookmark) != 0);
}

static void locks_release(World *world, ModelSession *session, uint64_t commit)
{
    int self = session_number(world, session);
    for (int i = 0; i < world->n_locks; i++) {
        Lock *lock = &world->locks[i];
        Hold sure = lock->by[self].sure, maybe = lock->by[self].maybe;
        lock->by[self].sure = lock->by[self].maybe = HOLD_NONE;
        if (commit == 0 || maybe == HOLD_NONE || maybe == HOLD_READ)
            continue;
        bool changes = lock_changes(world, session, lock);
        if (changes && sure == HOLD_ESCROW)
            lock->escrowed = commit;
        else if (changes)
            lock->written = commit;
        if (!changes || maybe != sure)
            lock->maybe_written = commit;
    }
}

static void commit_row(World *world, ModelSession *session, const ModelKey *bookmark)
{
    const Row *mine = state_find(&session->view, bookmark);
    const Row *now = state_find(&world->committed, bookmark);
    if (mine == state_find(&session->base, bookmark))
        return;
    if (lock_held(world, session, bookmark) != HOLD_ESCROW) {
        if (mine)
            state_put(&world->committed, mine);
        else
            state_remove(&world->committed, bookmark);
        return;
    }
    Row *sum = model_new(sizeof *sum);
    *sum = *now;
    for (int i = 0; i < session->n_escrows; i++)
        if (key_compare(&session->escrows[i].bookmark, bookmark) == 0)
            sum->count = (int32_t)((uint32_t)sum->count + (uint32_t)session->escrows[i].delta);
    state_put(&world->committed, sum);
}

void session_commit(World *world, ModelSession *session)
{
    if (session->level > 1) {
        int self = session_number(world, session);
        for (int i = 0; i < world->n_locks; i++)
            if (world->locks[i].by[self].level == session->level)
                world->locks[i].by[self].level--;
        for (int i = 0; i < session->n_escrows; i++)
            if (session->escrows[i].level == session->level)
                session->escrows[i].level--;
        session->level--;
        return;
    }
    for (int i = 0; i < session->view.n; i++)
        commit_row(world, session, &session->view.rows[i]->bookmark);
    for (int i = 0; i < session->base.n; i++)
        if (!state_find(&session->view, &session->base.rows[i]->bookmark))
            commit_row(world, session, &session->base.rows[i]->bookmark);
    locks_release(world, session, ++world->counter);
    session->level = 0;
}

void session_rollback(World *world, ModelSession *session)
{
    int self = session_number(world, session);
    session->view = session->saved[session->level];
    for (int i = 0; i < session->n_escrows; i++)
        if (session->escrows[i].level >= session->level)
            session->escrows[i--] = session->escrows[--session->n_escrows];
    for (int i = 0; i < world->n_locks; i++)
        if (world->locks[i].by[self].level >= session->level)
            world->locks[i].by[self].sure = HOLD_NONE;
    if (--session->level == 0)
        locks_release(world, session, 0);
}

/* --- Locks --------------------------------------------------------------------- */

static Lock *lock_find(const World *world, IndexKind index, const ModelKey *key)
{
    for (int i = 0; i < world->n_locks; i++)
        if (world->locks[i].index == index && key_compare(&world->locks[i].key, key) == 0)
            return (Lock *)&world->locks[i];
    return NULL;
}

Hold lock_held(const World *world, const ModelSession *session, const ModelKey *row)
{
    Lock *lock = lock_find(world, INDEX_ROWS, row);
    return lock ? lock->by[session_number(world, session)].sure : HOLD_NONE;
}

/* Read and escrow together are as much as a write. */
static Hold hold_sum(Hold held, Hold wanted)
{
    return held == HOLD_NONE || held == wanted ? wanted : HOLD_WRITE;
}

static Answer worse(Answer a, Answer b)
{
    return a > b ? a : b;
}

static bool holds_exclude(Hold a, Hold b)
{
    return a != HOLD_NONE && b != HOLD_NONE && (a != b || a == HOLD_WRITE);
}

Answer lock_refused(const World *world, const ModelSession *session, IndexKind index,
                    const ModelKey *key, Hold hold)
{
    Lock *lock = lock_find(world, index, key);
    int self = session_number(world, session);
    uint64_t snapshot = session->level > 0 ? session->snapshot : world->counter;
    Answer answer = NO;
    if (!lock)
        return NO;
    Hold sure = lock->by[self].sure, maybe = lock->by[self].maybe;
    if (sure == HOLD_WRITE || sure == hold)
        return NO;
    Hold wanted = hold_sum(sure, hold), most = hold_sum(maybe, hold);
    for (int i = 0; i < SESSIONS; i++) {
        if (i == self)
            continue;
        if (holds_exclude(lock->by[i].sure, wanted))
            answer = YES;
        else if (holds_exclude(lock->by[i].maybe, wanted) || holds_exclude(lock->by[i].maybe, most))
            answer = worse(answer, MAYBE);
    }
    if (lock->written > snapshot || (lock->escrowed > snapshot && wanted != HOLD_ESCROW))
        answer = YES;
    if (lock->maybe_written > snapshot || (lock->escrowed > snapshot && most != HOLD_ESCROW))
        answer = worse(answer, MAYBE);
    return answer == YES && (maybe == HOLD_WRITE || maybe == hold) ? MAYBE : answer;
}

void lock_note(World *world, const ModelSession *session, IndexKind index, const ModelKey *key,
               Hold hold, bool sure)
{
    Lock *lock = lock_find(world, index, key);
    int self = session_number(world, session);
    if (!lock) {
        if (world->n_locks == LOCKS_MAX) {
            fputs("jet-model: too many locks\n", stderr);
            _Exit(2);
        }
        lock = &world->locks[world->n_locks++];
        *lock = (Lock){.index = index, .key = *key};
    }
    lock->by[self].maybe = hold_sum(lock->by[self].maybe, hold);
    if (!sure || lock->by[self].sure == HOLD_WRITE || lock->by[self].sure == hold)
        return;
    lock->by[self].sure = hold_sum(lock->by[self].sure, hold);
    lock->by[self].level = session->level;
}

int32_t escrow_running(const World *world, const ModelKey *bookmark)
{
    const Row *row = state_find(&world->committed, bookmark);
    uint32_t sum = row ? (uint32_t)row->count : 0;
    for (int s = 0; s < SESSIONS; s++)
        for (int i = 0; i < world->sessions[s].n_escrows; i++)
            if (world->sessions[s].level > 0 &&
                key_compare(&world->sessions[s].escrows[i].bookmark, bookmark) == 0)
                sum += (uint32_t)world->sessions[s].escrows[i].delta;
    return (int32_t)sum;
}
