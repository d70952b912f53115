/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store-cursor.c - merged iteration against a plain model.
 *
 * All keys of a run are known beforehand and sorted, so the model is arrays indexed by key: what is
 * committed, what the snapshot had, what each level wrote. Random operations drive the store and
 * the model; cursors keep their positions over everything. TEST_SEED=n repeats one run.
 */
#include "store-test.h"
#include "tests/run-suite.h"

enum {
    KEYS_MAX = 160,
    CURSORS = 3,
    STEPS = 4000,
    SEEDS = 6,
    UNTOUCHED = -2,
    ABSENT = -1
};

typedef struct {
    uint8_t key[24], dup[12];
    size_t key_size, dup_size;
} Key;

typedef struct {
    Tree tree;
    Key keys[KEYS_MAX];
    int count;
    int committed[KEYS_MAX], snapshot[KEYS_MAX];
    int written[STORE_LEVEL_MAX + 1][KEYS_MAX];
    unsigned level;
    Store *store;
    Txn *txn, *other;
    TreeCursor *cursors[CURSORS];
    int positions[CURSORS]; /* ABSENT: none yet */
    uint64_t random;
    unsigned seed, step;
} Run;

static unsigned pick(Run *run, unsigned below)
{
    run->random = run->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(run->random >> 33) % below;
}

#define ck_run(condition, ...)                                                                     \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, __VA_ARGS__);                                                          \
            ck_abort_msg("seed %u, step %u, tree %d: %s", run->seed, run->step, run->tree,         \
                         #condition);                                                              \
        }                                                                                          \
    } while (0)

static Bytes key_of(const Key *key)
{
    return (Bytes){key->key, key->key_size};
}

static Bytes dup_of(const Key *key)
{
    return (Bytes){key->dup, key->dup_size};
}

static int compare_parts(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
    size_t i = 0;

    while (i < a_size && i < b_size && a[i] == b[i])
        i++;
    if (i < a_size && i < b_size)
        return a[i] < b[i] ? -1 : 1;
    return (a_size > b_size) - (a_size < b_size);
}

static int compare_keys(const void *left, const void *right)
{
    const Key *a = left, *b = right;
    int order = compare_parts(a->key, a->key_size, b->key, b->key_size);

    return order ? order : compare_parts(a->dup, a->dup_size, b->dup, b->dup_size);
}

static void make_keys(Run *run)
{
    static const uint8_t bytes[] = {0, 1, 'a', 0xff};
    int made = 0;

    for (; made < KEYS_MAX; made++) {
        Key *key = &run->keys[made];

        memset(key, 0, sizeof *key);
        key->key[3] = (uint8_t)(1 + pick(run, 2));
        if (pick(run, 8) == 0)
            key->key[pick(run, 2)] = 1; /* ids of more than 16 bits too */
        key->key_size = 4 + pick(run, run->tree == TREE_INDEX ? 3 : 13);
        for (size_t i = 4; i < key->key_size; i++)
            key->key[i] = bytes[pick(run, sizeof bytes)];
        if (run->tree != TREE_INDEX)
            continue;
        key->dup_size = 1 + pick(run, 10);
        for (size_t i = 0; i < key->dup_size; i++)
            key->dup[i] = bytes[pick(run, sizeof bytes)];
    }
    qsort(run->keys, KEYS_MAX, sizeof *run->keys, compare_keys);
    run->count = 1;
    for (int i = 1; i < made; i++)
        if (compare_keys(&run->keys[i], &run->keys[run->count - 1]) != 0)
            run->keys[run->count++] = run->keys[i];
}

/* A value is a number; its bytes and their count follow from it. */
static Bytes value_bytes(int value)
{
    static uint8_t buffer[5000];
    size_t size = value % 17 == 0 ? 4500 : (size_t)value % 60;

    memset(buffer, value & 0xff, sizeof buffer);
    memcpy(buffer, &value, sizeof value);
    return (Bytes){buffer, size};
}

static int view(const Run *run, int id)
{
    for (unsigned level = run->level; level > 0; level--)
        if (run->written[level][id] != UNTOUCHED)
            return run->written[level][id];
    return run->level > 0 ? run->snapshot[id] : run->committed[id];
}

static void ck_found(Run *run, int expected, JET_ERR error, Bytes key, Bytes value)
{
    if (expected == ABSENT) {
        ck_run(error == JET_errRecordNotFound, "got %d instead of nothing\n", error);
        return;
    }
    const Key *wanted = &run->keys[expected];
    ck_run(error == JET_errSuccess, "got %d for key %d\n", error, expected);
    ck_run(key.size == wanted->key_size && memcmp(key.data, wanted->key, key.size) == 0,
           "another key than %d\n", expected);
    Bytes bytes = run->tree == TREE_INDEX ? dup_of(wanted) : value_bytes(view(run, expected));
    /* An empty value may have no address, which memcmp() does not allow. */
    ck_run(value.size == bytes.size &&
               (bytes.size == 0 || memcmp(value.data, bytes.data, bytes.size) == 0),
           "another value of key %d\n", expected);
}

/* First id in the direction, from `id` on, that is there. */
static int scan(const Run *run, int id, int direction)
{
    while (id >= 0 && id < run->count && view(run, id) == ABSENT)
        id += direction;
    return id >= 0 && id < run->count ? id : ABSENT;
}

static void do_seek(Run *run, unsigned c)
{
    int id = (int)pick(run, (unsigned)run->count);
    SeekKind kind = (SeekKind)pick(run, 4);
    static const int offset[] = {[SEEK_GE] = 0, [SEEK_GT] = 1, [SEEK_LE] = 0, [SEEK_LT] = -1};
    static const int direction[] = {[SEEK_GE] = 1, [SEEK_GT] = 1, [SEEK_LE] = -1, [SEEK_LT] = -1};
    int expected = scan(run, id + offset[kind], direction[kind]);
    Bytes key = {NULL, 0}, value = {NULL, 0};
    JET_ERR error = tree_cursor_seek(run->cursors[c], kind, key_of(&run->keys[id]),
                                     dup_of(&run->keys[id]), &key, &value);

    ck_found(run, expected, error, key, value);
    if (expected != ABSENT)
        run->positions[c] = expected;
}

static void do_step(Run *run, unsigned c, bool forward)
{
    Bytes key = {NULL, 0}, value = {NULL, 0};
    JET_ERR error = forward ? tree_cursor_next(run->cursors[c], &key, &value)
                            : tree_cursor_previous(run->cursors[c], &key, &value);

    if (run->positions[c] == ABSENT) {
        ck_run(error == JET_errNoCurrentRecord, "got %d\n", error);
        return;
    }
    int direction = forward ? 1 : -1;
    int expected = scan(run, run->positions[c] + direction, direction);
    ck_found(run, expected, error, key, value);
    if (expected != ABSENT)
        run->positions[c] = expected;
}

static JET_ERR store_write(const Run *run, Txn *txn, int id, int value)
{
    Bytes key = key_of(&run->keys[id]), dup = dup_of(&run->keys[id]);

    if (run->tree == TREE_INDEX)
        return value == ABSENT ? txn_index_delete(txn, key, dup, false)
                               : txn_index_insert(txn, key, dup, false);
    return value == ABSENT ? txn_delete_unlocked(txn, run->tree, key)
                           : txn_put_unlocked(txn, run->tree, key, value_bytes(value));
}

static void do_write(Run *run)
{
    int id = (int)pick(run, (unsigned)run->count);
    int value = pick(run, 3) == 0 ? ABSENT : (int)pick(run, 1000000);

    if (run->level == 0)
        return;
    ck_run(store_write(run, run->txn, id, value) == JET_errSuccess, "write\n");
    run->written[run->level][id] = value;
}

/* Another session commits under our feet; without locks, so that nothing conflicts. */
static void do_foreign_commit(Run *run)
{
    ck_run(txn_begin(run->other, false) == JET_errSuccess, "begin\n");
    for (unsigned i = pick(run, 12); i-- > 0;) {
        int id = (int)pick(run, (unsigned)run->count);
        int value = pick(run, 2) ? ABSENT : (int)pick(run, 1000000);

        ck_run(store_write(run, run->other, id, value) == JET_errSuccess, "write\n");
        run->committed[id] = value;
    }
    ck_run(txn_commit(run->other, true) == JET_errSuccess, "commit\n");
}

static void do_begin(Run *run)
{
    JET_ERR error = txn_begin(run->txn, false);

    if (run->level == STORE_LEVEL_MAX) {
        ck_run(error == JET_errTransTooDeep, "got %d\n", error);
        return;
    }
    ck_run(error == JET_errSuccess, "got %d\n", error);
    if (run->level++ == 0)
        memcpy(run->snapshot, run->committed, sizeof run->snapshot);
    for (int id = 0; id < run->count; id++)
        run->written[run->level][id] = UNTOUCHED;
}

static void do_end(Run *run, bool commit)
{
    if (run->level == 0)
        return;
    ck_run((commit ? txn_commit(run->txn, true) : txn_rollback(run->txn)) == JET_errSuccess,
           "end\n");
    int *below = run->level > 1 ? run->written[run->level - 1] : run->committed;
    for (int id = 0; commit && id < run->count; id++)
        if (run->written[run->level][id] != UNTOUCHED)
            below[id] = run->written[run->level][id];
    run->level--;
}

static void do_get(Run *run)
{
    int id = (int)pick(run, (unsigned)run->count);
    Bytes value = {NULL, 0};

    if (run->tree == TREE_INDEX)
        return;
    JET_ERR error = txn_get(run->txn, run->tree, key_of(&run->keys[id]), &value);
    ck_found(run, view(run, id) == ABSENT ? ABSENT : id, error, key_of(&run->keys[id]), value);
}

static void run_step(Run *run)
{
    unsigned c = pick(run, CURSORS), what = pick(run, 100);

    if (what < 25)
        do_step(run, c, true);
    else if (what < 45)
        do_step(run, c, false);
    else if (what < 60)
        do_seek(run, c);
    else if (what < 82)
        do_write(run);
    else if (what < 86)
        do_get(run);
    else if (what < 91)
        do_begin(run);
    else if (what < 94)
        do_end(run, true);
    else if (what < 97)
        do_end(run, false);
    else if (what < 99)
        do_foreign_commit(run);
    else /* a walk over all */
        for (unsigned i = 0; i < 40; i++)
            do_step(run, c, i < 25);
}

START_TEST(merged_iteration)
{
    Run *run = calloc(1, sizeof *run);
    TestStore test;
    const char *seed = getenv("TEST_SEED");

    run->seed = seed ? (unsigned)atoi(seed) : (unsigned)(_i / 2);
    run->random = run->seed;
    run->tree = _i % 2 ? TREE_INDEX : TREE_ROWS;
    test_store_create(&test);
    run->store = test.store;
    run->txn = test_txn(test.store);
    run->other = test_txn(test.store);
    make_keys(run);
    for (int id = 0; id < KEYS_MAX; id++)
        run->committed[id] = ABSENT;
    for (unsigned c = 0; c < CURSORS; c++) {
        ck_ok(tree_cursor_new(run->txn, run->tree, &run->cursors[c]));
        run->positions[c] = ABSENT;
    }
    for (run->step = 0; run->step < STEPS; run->step++)
        run_step(run);
    for (unsigned c = 0; c < CURSORS; c++)
        tree_cursor_free(run->cursors[c]);
    txn_free(run->txn);
    txn_free(run->other);
    test_store_remove(&test);
    free(run);
}
END_TEST

START_TEST(position_and_errors)
{
    TestStore test;
    TreeCursor *cursor;
    Bytes key, value;
    char large[512] = {1};

    test_store_create(&test);
    Txn *txn = test_txn(test.store);
    ck_ok(tree_cursor_new(txn, TREE_CATALOG, &cursor));
    ck_jet(tree_cursor_next(cursor, &key, &value), JET_errNoCurrentRecord);
    ck_jet(tree_cursor_seek(cursor, SEEK_GE, text(""), text(""), &key, &value),
           JET_errInvalidParameter);
    ck_jet(tree_cursor_seek(cursor, SEEK_GE, (Bytes){large, 512}, text(""), &key, &value),
           JET_errKeyTooBig);
    ck_jet(tree_cursor_seek(cursor, SEEK_LE, (Bytes){large, 511}, text(""), &key, &value),
           JET_errRecordNotFound);
    ck_ok(txn_begin(txn, false));
    ck_ok(txn_put(txn, TREE_CATALOG, text("a"), text("1")));
    ck_ok(txn_put(txn, TREE_CATALOG, text("c"), text("3")));
    ck_ok(tree_cursor_seek(cursor, SEEK_GE, text("b"), text(""), &key, &value));
    ck_bytes(key, "c");
    /* The entry under the cursor goes: the position stays. */
    ck_ok(txn_delete(txn, TREE_CATALOG, text("c")));
    ck_ok(txn_put(txn, TREE_CATALOG, text("d"), text("4")));
    ck_ok(tree_cursor_next(cursor, &key, &value));
    ck_bytes(key, "d");
    ck_ok(txn_commit(txn, false));
    ck_ok(tree_cursor_previous(cursor, &key, &value));
    ck_bytes(key, "a");
    ck_bytes(value, "1");
    ck_jet(tree_cursor_previous(cursor, &key, &value), JET_errRecordNotFound);
    ck_ok(tree_cursor_next(cursor, &key, &value)); /* still from "a" */
    ck_bytes(key, "d");
    tree_cursor_free(cursor);
    ck_assert_ptr_null(tree_cursor_free(NULL));
    txn_free(txn);
    test_store_remove(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store cursors");
    TCase *cases = tcase_create("cursors");

    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, merged_iteration, 0, 2 * SEEDS);
    tcase_add_test(cases, position_and_errors);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
