/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store-sessions.c - random operations of several sessions against a plain model of the rules: who
 * may lock what, who sees what, which error a call gives.
 *
 * The model keeps, for each of a few keys, the committed number, when it was last written and last
 * added to by escrow, and for each session its snapshot, its writes by level and its locks.
 * TEST_SEED=n repeats one run.
 */
#include <endian.h>

#include "store-test.h"
#include "tests/run-suite.h"

enum {
    SESSIONS = 5,
    KEYS = 5,
    LEVELS = 3,
    STEPS = 15000,
    SEEDS = 12,
    FIRST_SEED = 140 /* of these, five once found commits that changed nothing */
};

typedef struct {
    enum {
        NONE,
        PUT,
        DELETE,
        ESCROW
    } what;
    int64_t number; /* PUT: the value; ESCROW: the sum added so far */
} Written;

typedef enum {
    FREE,
    READ,
    WRITE,
    ADD
} Held;

typedef struct {
    bool present;
    int64_t number;
    uint64_t written, added; /* times */
} Committed;

typedef struct {
    Txn *txn;
    unsigned level;
    uint64_t time;
    Committed snapshot[KEYS];
    Written writes[LEVELS + 1][KEYS];
    Held held[KEYS];
} Session;

typedef struct {
    Committed keys[KEYS];
    Session sessions[SESSIONS];
    uint64_t time, random;
    unsigned seed, step;
} Model;

static unsigned pick(Model *model, unsigned below)
{
    model->random = model->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(model->random >> 33) % below;
}

static Bytes key_of(unsigned key)
{
    static const char names[] = "abcdefgh";

    return (Bytes){&names[key], 1};
}

static Written last_written(const Session *session, unsigned key)
{
    for (unsigned level = session->level; level > 0; level--)
        if (session->writes[level][key].what != NONE)
            return session->writes[level][key];
    return (Written){NONE, 0};
}

/* What the session sees of a key; false: nothing. */
static bool view(const Model *model, const Session *session, unsigned key, int64_t *ret)
{
    const Committed *base = session->level > 0 ? &session->snapshot[key] : &model->keys[key];
    Written written = last_written(session, key);

    *ret = written.what == PUT      ? written.number
           : written.what == ESCROW ? base->number + written.number
                                    : base->number;
    return written.what == PUT || (written.what != DELETE && base->present);
}

static bool may_lock(const Model *model, const Session *session, unsigned key, Held wanted)
{
    const Committed *committed = &model->keys[key];

    for (const Session *other = model->sessions; other < model->sessions + SESSIONS; other++)
        if (other != session && other->held[key] != FREE &&
            (wanted == WRITE || other->held[key] != wanted))
            return false;
    return committed->written <= session->time &&
           (wanted == ADD || committed->added <= session->time);
}

static bool take_lock(const Model *model, Session *session, unsigned key, Held kind)
{
    if (session->held[key] == WRITE || session->held[key] == kind)
        return true;
    Held wanted = session->held[key] == FREE ? kind : WRITE;
    if (!may_lock(model, session, key, wanted))
        return false;
    session->held[key] = wanted;
    return true;
}

#define ck_step(condition, ...)                                                                    \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, __VA_ARGS__);                                                          \
            ck_abort_msg("seed %u, step %u: %s", model->seed, model->step, #condition);            \
        }                                                                                          \
    } while (0)

static void ck_error(const Model *model, const char *what, JET_ERR error, JET_ERR expected)
{
    ck_step(error == expected, "%s gave %d, expected %d\n", what, error, expected);
}

static void do_write(Model *model, Session *session, unsigned key, bool insert)
{
    int64_t number = pick(model, 1000), seen;
    uint64_t stored = htole64((uint64_t)number);
    Bytes value = {&stored, sizeof stored};
    JET_ERR expected = JET_errSuccess;

    if (session->level == 0)
        expected = JET_errNotInTransaction;
    else if (insert && view(model, session, key, &seen))
        expected = JET_errKeyDuplicate;
    else if (!take_lock(model, session, key, WRITE))
        expected = insert ? JET_errKeyDuplicate : JET_errWriteConflict;
    else
        session->writes[session->level][key] = (Written){PUT, number};
    ck_error(model, insert ? "insert" : "put",
             insert ? txn_insert(session->txn, TREE_ROWS, key_of(key), value)
                    : txn_put(session->txn, TREE_ROWS, key_of(key), value),
             expected);
}

static void do_delete(Model *model, Session *session, unsigned key)
{
    JET_ERR expected = JET_errSuccess;
    int64_t seen;

    if (session->level == 0)
        expected = JET_errNotInTransaction;
    else if (!view(model, session, key, &seen))
        expected = JET_errRecordNotFound;
    else if (!take_lock(model, session, key, WRITE))
        expected = JET_errWriteConflict;
    else
        session->writes[session->level][key] = (Written){DELETE, 0};
    ck_error(model, "delete", txn_delete(session->txn, TREE_ROWS, key_of(key)), expected);
}

static void do_lock(Model *model, Session *session, unsigned key)
{
    JET_ERR expected = JET_errSuccess;
    bool write = pick(model, 2);

    if (session->level == 0)
        expected = JET_errNotInTransaction;
    else if (!take_lock(model, session, key, write ? WRITE : READ))
        expected = JET_errWriteConflict;
    ck_error(model, "lock",
             txn_lock(session->txn, TREE_ROWS, key_of(key), write ? KEY_LOCK_WRITE : KEY_LOCK_READ),
             expected);
}

/* Committed value and all that sessions have added to it. */
static int64_t running(const Model *model, unsigned key)
{
    int64_t sum = model->keys[key].number;

    for (unsigned i = 0; i < SESSIONS; i++) {
        Written written = last_written(&model->sessions[i], key);
        if (written.what == ESCROW)
            sum += written.number;
    }
    return sum;
}

static void do_escrow(Model *model, Session *session, unsigned key)
{
    int64_t delta = (int64_t)pick(model, 100) - 50, seen, old = 0, expected_old = 0;
    JET_ERR expected = JET_errSuccess;

    if (!view(model, session, key, &seen))
        expected = JET_errRecordNotFound;
    else if (session->level == 0)
        expected = JET_errNotInTransaction;
    else if (!take_lock(model, session, key, ADD))
        expected = JET_errWriteConflict;
    else if (session->held[key] == ADD) {
        Written written = last_written(session, key);
        expected_old = running(model, key);
        session->writes[session->level][key] =
            (Written){ESCROW, (written.what == ESCROW ? written.number : 0) + delta};
    } else {
        expected_old = seen;
        session->writes[session->level][key] = (Written){PUT, seen + delta};
    }
    ck_error(model, "escrow", txn_escrow(session->txn, TREE_ROWS, key_of(key), 0, 8, delta, &old),
             expected);
    ck_step(old == expected_old, "old %lld, expected %lld\n", (long long)old,
            (long long)expected_old);
}

static void do_get(Model *model, Session *session, unsigned key)
{
    Bytes value;
    int64_t seen;
    bool present = view(model, session, key, &seen);

    ck_error(model, "get", txn_get(session->txn, TREE_ROWS, key_of(key), &value),
             present ? JET_errSuccess : JET_errRecordNotFound);
    if (present) {
        uint64_t stored;
        ck_step(value.size == sizeof stored, "size\n");
        memcpy(&stored, value.data, sizeof stored);
        ck_step((int64_t)le64toh(stored) == seen, "another value\n");
    }
}

static void do_begin(Model *model, Session *session)
{
    if (session->level == LEVELS)
        return;
    ck_error(model, "begin", txn_begin(session->txn, false), JET_errSuccess);
    if (session->level++ == 0) {
        memcpy(session->snapshot, model->keys, sizeof session->snapshot);
        session->time = model->time;
    }
    memset(session->writes[session->level], 0, sizeof session->writes[0]);
}

static void commit_key(Model *model, Session *session, unsigned key)
{
    Written written = session->writes[1][key];
    Committed *committed = &model->keys[key];

    if (written.what == PUT || written.what == DELETE) {
        committed->present = written.what == PUT;
        committed->number = written.what == PUT ? written.number : 0;
    } else if (written.what == ESCROW) {
        committed->number += written.number;
    }
    if (session->held[key] == WRITE)
        committed->written = model->time;
    else if (session->held[key] == ADD)
        committed->added = model->time;
}

static void do_end(Model *model, Session *session, bool commit)
{
    bool wrote = false, changed = false;

    ck_error(model, commit ? "commit" : "rollback",
             commit ? txn_commit(session->txn, true) : txn_rollback(session->txn),
             session->level == 0 ? JET_errNotInTransaction : JET_errSuccess);
    if (session->level == 0)
        return;
    for (unsigned key = 0; commit && key < KEYS; key++) {
        Written written = session->writes[session->level][key];
        wrote = wrote || written.what != NONE;
        /* Inserted and deleted again: a commit that changes nothing is older than its snapshot. */
        changed = changed || written.what == PUT || written.what == ESCROW ||
                  (written.what == DELETE && model->keys[key].present);
        if (session->level > 1 && written.what != NONE)
            session->writes[session->level - 1][key] = written;
    }
    if (session->level == 1) {
        model->time += changed;
        for (unsigned key = 0; key < KEYS; key++) {
            if (wrote)
                commit_key(model, session, key);
            session->held[key] = FREE;
        }
    }
    session->level--;
}

static void model_step(Model *model)
{
    Session *session = &model->sessions[pick(model, SESSIONS)];
    unsigned key = pick(model, KEYS);

    switch (pick(model, 20)) {
    case 0:
    case 1:
        do_write(model, session, key, true);
        break;
    case 2:
    case 3:
        do_write(model, session, key, false);
        break;
    case 4:
        do_delete(model, session, key);
        break;
    case 5:
        do_lock(model, session, key);
        break;
    case 6:
    case 7:
    case 8:
        do_escrow(model, session, key);
        break;
    case 9:
    case 10:
        do_end(model, session, true);
        break;
    case 11:
        do_end(model, session, false);
        break;
    case 12:
    case 13:
    case 14:
        do_begin(model, session);
        break;
    default:
        do_get(model, session, key);
    }
}

START_TEST(sessions_follow_the_rules)
{
    Model *model = calloc(1, sizeof *model);
    TestStore test;
    const char *seed = getenv("TEST_SEED");

    model->seed = seed ? (unsigned)atoi(seed) : (unsigned)(FIRST_SEED + _i);
    model->random = model->seed;
    test_store_create(&test);
    for (unsigned i = 0; i < SESSIONS; i++)
        model->sessions[i].txn = test_txn(test.store);
    for (model->step = 0; model->step < STEPS; model->step++)
        model_step(model);
    for (unsigned i = 0; i < SESSIONS; i++)
        txn_free(model->sessions[i].txn);
    test_store_remove(&test);
    free(model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store sessions");
    TCase *cases = tcase_create("sessions");

    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, sessions_follow_the_rules, 0, SEEDS);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
