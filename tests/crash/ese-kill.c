/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ese-kill.c - kills a process that commits from several threads, at random instants, and looks
 * what is in the file then.
 *
 * usage: ese-kill [ROUNDS [SEED [DIRECTORY]]]
 *
 * Transaction n of thread t writes row (t, n) with an index entry, deletes row (t, n - KEPT) with
 * its own, sets "last (t)" to n and adds 1 to a counter by escrow; when it is committed, (t, n) is
 * acknowledged through a pipe. After the kill, for each thread: last is what was acknowledged, or
 * one more (committed, and killed before the word got out); exactly the rows last - KEPT + 1 ..
 * last are there with their index entries; the counter is the sum of all lasts. Half of the
 * threads commit lazily: the death of a process loses nothing of those either.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mailstore/ese/store.h"
#include "tests/scratch.h"

enum {
    THREADS = 6,
    KEPT = 40,
    ROUNDS_DEFAULT = 20,
    ALIVE_MAX_US = 60000
};

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "ese-kill: round %u, seed %u, line %d: %s\n", round_number, seed,      \
                    __LINE__, #condition);                                                         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

typedef struct {
    uint32_t thread, number;
} Acknowledgement;

typedef struct {
    uint32_t number;
    uint32_t pad;
    uint64_t reserved; /* from the sequence: no two rows have one */
    uint8_t filling[700];
} Row;

static unsigned round_number, seed;
static char directory[4096], path[4200];
static uint32_t acknowledged[THREADS];
static atomic_bool is_any_acknowledged;
static uint64_t reserved_most;

static Bytes make_key(char kind, uint32_t thread, uint32_t number, uint8_t buffer[16])
{
    uint32_t big[2] = {__builtin_bswap32(thread), __builtin_bswap32(number)};

    memset(buffer, 0, 16);
    buffer[3] = 1;
    buffer[4] = (uint8_t)kind;
    memcpy(buffer + 5, big, sizeof big);
    return (Bytes){buffer, 13};
}

/* --- The process that dies ------------------------------------------------------------ */

typedef struct {
    Store *store;
    uint32_t thread;
    int acknowledge;
} Writer;

static uint32_t get_last(Txn *txn, uint32_t thread)
{
    uint8_t buffer[16];
    Bytes value;
    uint32_t last = 0;
    JET_ERR error = txn_get(txn, TREE_CATALOG, make_key('l', thread, 0, buffer), &value);

    MUST(error == JET_errSuccess || error == JET_errRecordNotFound);
    if (error == JET_errSuccess)
        memcpy(&last, value.data, sizeof last);
    return last;
}

static void write_transaction(const Writer *writer, Txn *txn, uint32_t number)
{
    uint8_t a[16], b[16];
    Row row = {.number = number};
    int64_t old;
    uint32_t thread = writer->thread;

    memset(row.filling, (int)number, sizeof row.filling);
    MUST(store_reserve(writer->store, 1, 1, 1, &row.reserved) == JET_errSuccess);
    MUST(txn_begin(txn, false) == JET_errSuccess);
    MUST(txn_insert(txn, TREE_ROWS, make_key('r', thread, number, a), (Bytes){&row, sizeof row}) ==
         JET_errSuccess);
    MUST(txn_index_insert(txn, make_key('i', thread, number, a), make_key('r', thread, number, b),
                          true) == JET_errSuccess);
    if (number > KEPT) {
        uint32_t gone = number - KEPT;
        MUST(txn_delete(txn, TREE_ROWS, make_key('r', thread, gone, a)) == JET_errSuccess);
        MUST(txn_index_delete(txn, make_key('i', thread, gone, a), make_key('r', thread, gone, b),
                              true) == JET_errSuccess);
    }
    MUST(txn_put(txn, TREE_CATALOG, make_key('l', thread, 0, a), (Bytes){&number, sizeof number}) ==
         JET_errSuccess);
    MUST(txn_escrow(txn, TREE_CATALOG, make_key('e', 0, 0, a), 0, 8, 1, &old) == JET_errSuccess);
    MUST(txn_commit(txn, thread % 2 == 1) == JET_errSuccess);
}

static void *writer_run(void *context)
{
    Writer *writer = context;
    Txn *txn;

    MUST(txn_new(writer->store, &txn) == JET_errSuccess);
    for (uint32_t number = get_last(txn, writer->thread) + 1;; number++) {
        Acknowledgement word = {writer->thread, number};

        write_transaction(writer, txn, number);
        MUST(write(writer->acknowledge, &word, sizeof word) == sizeof word);
    }
    return NULL;
}

static void child_run(int acknowledge)
{
    Writer writers[THREADS];
    pthread_t threads[THREADS];
    Store *store;

    MUST(store_open(&(StoreOptions){.path = path}, &store) == JET_errSuccess);
    for (uint32_t i = 0; i < THREADS; i++) {
        writers[i] = (Writer){store, i, acknowledge};
        MUST(pthread_create(&threads[i], NULL, writer_run, &writers[i]) == 0);
    }
    for (;;)
        pause();
}

/* --- The process that looks -------------------------------------------------------------- */

static void read_acknowledgements(int fd)
{
    Acknowledgement words[512];
    ssize_t size;

    /* Writes this short to a pipe are whole or not at all. */
    while ((size = read(fd, words, sizeof words)) > 0) {
        MUST(size % (ssize_t)sizeof *words == 0);
        for (size_t i = 0; i < (size_t)size / sizeof *words; i++)
            acknowledged[words[i].thread] = words[i].number;
        is_any_acknowledged = true;
    }
}

static void *reader_run(void *context)
{
    read_acknowledgements(*(int *)context);
    return NULL;
}

/* Entries of the tree with this kind and thread: they must be first..last, no hole. */
static void check_entries(Txn *txn, Tree tree, char kind, uint32_t thread, uint32_t last)
{
    uint32_t number = last > KEPT ? last - KEPT + 1 : 1;
    uint8_t a[16], b[16];
    TreeCursor *cursor;
    Bytes key, value;

    MUST(tree_cursor_new(txn, tree, &cursor) == JET_errSuccess);
    JET_ERR error = tree_cursor_seek(cursor, SEEK_GE, make_key(kind, thread, 0, a),
                                     (Bytes){NULL, 0}, &key, &value);
    for (; number <= last; number++) {
        Bytes expected = make_key(kind, thread, number, a);
        MUST(error == JET_errSuccess);
        MUST(key.size == expected.size && memcmp(key.data, expected.data, key.size) == 0);
        if (tree == TREE_INDEX) {
            Bytes bookmark = make_key('r', thread, number, b);
            MUST(value.size == bookmark.size && memcmp(value.data, bookmark.data, value.size) == 0);
        } else {
            Row row;
            MUST(value.size == sizeof row);
            memcpy(&row, value.data, sizeof row);
            MUST(row.number == number && row.filling[699] == (uint8_t)number);
            if (row.reserved > reserved_most)
                reserved_most = row.reserved;
        }
        error = tree_cursor_next(cursor, &key, &value);
    }
    /* And nothing of this thread behind. */
    MUST(error != JET_errSuccess || memcmp(key.data, a, 9) != 0);
    tree_cursor_free(cursor);
}

static void check_file(void)
{
    uint8_t buffer[16];
    uint64_t sum = 0, counter, first;
    Store *store;
    Txn *txn;
    Bytes value;

    MUST(store_open(&(StoreOptions){.path = path}, &store) == JET_errSuccess);
    MUST(txn_new(store, &txn) == JET_errSuccess);
    MUST(txn_begin(txn, true) == JET_errSuccess);
    for (uint32_t thread = 0; thread < THREADS; thread++) {
        uint32_t last = get_last(txn, thread);

        MUST(last == acknowledged[thread] || last == acknowledged[thread] + 1);
        acknowledged[thread] = last;
        sum += last;
        check_entries(txn, TREE_ROWS, 'r', thread, last);
        check_entries(txn, TREE_INDEX, 'i', thread, last);
    }
    MUST(txn_get(txn, TREE_CATALOG, make_key('e', 0, 0, buffer), &value) == JET_errSuccess);
    memcpy(&counter, value.data, sizeof counter);
    MUST(counter == sum);
    txn_free(txn);
    MUST(store_reserve(store, 1, 1, 1, &first) == JET_errSuccess);
    MUST(first > reserved_most);
    store_close(store);
}

static void run_round(bool is_last)
{
    int fds[2], status;
    pthread_t reader;

    MUST(pipe(fds) == 0);
    fflush(NULL);
    pid_t pid = fork();
    MUST(pid >= 0);
    if (pid == 0) {
        close(fds[0]);
        child_run(fds[1]);
    }
    close(fds[1]);
    MUST(pthread_create(&reader, NULL, reader_run, &fds[0]) == 0);
    usleep((useconds_t)(rand() % ALIVE_MAX_US));
    /* A busy machine may not have come to any by now. */
    while (is_last && !is_any_acknowledged)
        usleep(1000);
    kill(pid, SIGKILL);
    MUST(waitpid(pid, &status, 0) == pid);
    MUST(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    pthread_join(reader, NULL);
    close(fds[0]);
    check_file();
}

static void create_file(void)
{
    uint8_t buffer[16];
    uint64_t zero = 0;
    Store *store;
    Txn *txn;

    MUST(store_open(&(StoreOptions){.path = path, .create = true}, &store) == JET_errSuccess);
    MUST(txn_new(store, &txn) == JET_errSuccess);
    MUST(txn_begin(txn, false) == JET_errSuccess);
    MUST(txn_put(txn, TREE_CATALOG, make_key('e', 0, 0, buffer), (Bytes){&zero, sizeof zero}) ==
         JET_errSuccess);
    MUST(txn_commit(txn, false) == JET_errSuccess);
    txn_free(txn);
    store_close(store);
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : ROUNDS_DEFAULT;
    char lock[4300];
    uint64_t sum = 0;

    seed = argc > 2 ? (unsigned)atoi(argv[2]) : (unsigned)time(NULL);
    printf("ese-kill: %u rounds, seed %u\n", rounds, seed);
    srand(seed);
    snprintf(directory, sizeof directory, "%s/ese-kill-XXXXXX",
             argc > 3 ? argv[3] : scratch_directory());
    MUST(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/kill.edb", directory);
    create_file();
    for (round_number = 0; round_number < rounds; round_number++)
        run_round(rounds >= 5 && round_number == rounds - 1);
    for (unsigned i = 0; i < THREADS; i++)
        sum += acknowledged[i];
    printf("ese-kill: %llu transactions survived\n", (unsigned long long)sum);
    MUST(rounds < 5 || sum > 0);
    snprintf(lock, sizeof lock, "%s-lock", path);
    unlink(lock);
    unlink(path);
    rmdir(directory);
    return 0;
}
