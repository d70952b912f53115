/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-kill.c - kills processes that write one database through the JET API, at random instants.
 *
 * usage: jet-kill ESENTCHECK [ROUNDS [SEED [DIRECTORY]]]
 *
 * Two processes at a time, several threads each, half of them with lazy commits: the death of a
 * process loses nothing of those either. Transaction n of a thread writes the row in slot n % SLOTS
 * with a long value and index entries, deletes another now and then, says n in a row of its own and
 * adds 1 to a counter by escrow; when it is committed, n is acknowledged through a pipe. One
 * process is killed while the other goes on, then that one. Afterwards esentcheck must find the
 * file sound, each thread's n is the one acknowledged or one more, and its rows are exactly those
 * after n.
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

#include "mailstore/ese/esent.h"
#include "tests/scratch.h"

enum {
    PROCESSES = 2,
    THREADS = 3,
    WRITERS = PROCESSES * THREADS,
    SLOTS = 8,
    ID_STEP = 100,
    ID_LAST = 99, /* of a writer: the row that says n */
    LONG_MAX_SIZE = 30000,
    ROUNDS_DEFAULT = 12,
    ALIVE_MAX_US = 50000,
};

static unsigned round_number, seed;
static char directory[4096], path[4200], lock_path[4300];
static uint32_t acknowledged[WRITERS];
static atomic_bool is_any_acknowledged;

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "jet-kill: round %u, seed %u, line %d: %s\n", round_number, seed,      \
                    __LINE__, #condition);                                                         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#define OK(call)                                                                                   \
    do {                                                                                           \
        JET_ERR ok_ = (call);                                                                      \
        if (ok_ < 0) {                                                                             \
            fprintf(stderr, "jet-kill: round %u, seed %u, line %d: %s gave %d\n", round_number,    \
                    seed, __LINE__, #call, ok_);                                                   \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

typedef struct {
    JET_SESID session;
    JET_DBID database;
    JET_TABLEID table;
    JET_COLUMNID id, n, data, counter;
} Base;

typedef struct {
    uint32_t writer, n;
} Acknowledgement;

/* --- What thread `writer` has after its transaction n ----------------------------- */

typedef struct {
    uint32_t slots[SLOTS]; /* the transaction that wrote it, 0: no row */
} Slots;

static int32_t slot_to_delete(const Slots *slots, uint32_t n)
{
    uint32_t slot = (n + SLOTS / 2) % SLOTS;
    return n % 3 == 0 && slots->slots[slot] != 0 ? (int32_t)slot : -1;
}

static void slots_apply(Slots *slots, uint32_t n)
{
    int32_t gone = slot_to_delete(slots, n);
    slots->slots[n % SLOTS] = n;
    if (gone >= 0)
        slots->slots[gone] = 0;
}

static Slots slots_after(uint32_t n)
{
    Slots slots = {{0}};
    for (uint32_t i = 1; i <= n; i++)
        slots_apply(&slots, i);
    return slots;
}

static uint32_t data_of(uint8_t *data, uint32_t writer, uint32_t n)
{
    uint32_t size = n % 5 ? n * 37 % 1000 : n * 977 % LONG_MAX_SIZE;
    memset(data, (int)(writer * 50 + n), size);
    return size;
}

/* --- Both sides ------------------------------------------------------------------- */

static void open_table(JET_INSTANCE instance, Base *base)
{
    static const char *const names[] = {"id", "n", "data", "counter"};
    JET_COLUMNID *const ids[] = {&base->id, &base->n, &base->data, &base->counter};
    OK(JetBeginSession(instance, &base->session, NULL, NULL));
    OK(JetAttachDatabase(base->session, path, 0));
    OK(JetOpenDatabase(base->session, path, NULL, &base->database, 0));
    OK(JetOpenTable(base->session, base->database, "t", NULL, 0, 0, &base->table));
    for (size_t i = 0; i < 4; i++) {
        JET_COLUMNDEF definition = {.cbStruct = sizeof definition};
        OK(JetGetTableColumnInfo(base->session, base->table, names[i], &definition,
                                 sizeof definition, JET_ColInfo));
        *ids[i] = definition.columnid;
    }
}

static JET_ERR seek(const Base *base, int32_t id)
{
    OK(JetMakeKey(base->session, base->table, &id, sizeof id, JET_bitNewKey));
    return JetSeek(base->session, base->table, JET_bitSeekEQ);
}

static uint32_t get_n(const Base *base, int32_t id)
{
    uint32_t n = 0;
    if (seek(base, id) == JET_errRecordNotFound)
        return 0;
    OK(JetRetrieveColumn(base->session, base->table, base->n, &n, sizeof n, NULL, 0, NULL));
    return n;
}

/* --- The processes that die ------------------------------------------------------- */

typedef struct {
    JET_INSTANCE instance;
    uint32_t number;
    int acknowledge;
} Writer;

static void put(const Base *base, int32_t id, uint32_t n, const uint8_t *data, uint32_t size)
{
    bool there = seek(base, id) == JET_errSuccess;
    OK(JetPrepareUpdate(base->session, base->table, there ? JET_prepReplace : JET_prepInsert));
    if (!there)
        OK(JetSetColumn(base->session, base->table, base->id, &id, sizeof id, 0, NULL));
    OK(JetSetColumn(base->session, base->table, base->n, &n, sizeof n, 0, NULL));
    OK(JetSetColumn(base->session, base->table, base->data, data, size, JET_bitSetZeroLength,
                    NULL));
    OK(JetUpdate(base->session, base->table, NULL, 0, NULL));
}

static void write_transaction(const Base *base, uint32_t writer, uint32_t n, Slots *slots)
{
    uint8_t data[LONG_MAX_SIZE];
    int32_t first = (int32_t)((writer + 1) * ID_STEP), one = 1;
    int32_t gone = slot_to_delete(slots, n);
    OK(JetBeginTransaction(base->session));
    put(base, first + (int32_t)(n % SLOTS), n, data, data_of(data, writer, n));
    if (gone >= 0) {
        OK(seek(base, first + gone));
        OK(JetDelete(base->session, base->table));
    }
    put(base, first + ID_LAST, n, NULL, 0);
    OK(seek(base, 0));
    OK(JetEscrowUpdate(base->session, base->table, base->counter, &one, sizeof one, NULL, 0, NULL,
                       0));
    OK(JetCommitTransaction(base->session, writer % 2 ? JET_bitCommitLazyFlush : 0));
    slots_apply(slots, n);
}

static void *writer_run(void *context)
{
    const Writer *writer = context;
    Base base;
    open_table(writer->instance, &base);
    uint32_t n = get_n(&base, (int32_t)((writer->number + 1) * ID_STEP + ID_LAST));
    Slots slots = slots_after(n);
    for (n++;; n++) {
        Acknowledgement word = {writer->number, n};
        write_transaction(&base, writer->number, n, &slots);
        MUST(write(writer->acknowledge, &word, sizeof word) == sizeof word);
    }
    return NULL;
}

static void child_run(uint32_t process, int acknowledge)
{
    Writer writers[THREADS];
    pthread_t threads[THREADS];
    JET_INSTANCE instance;
    OK(JetCreateInstance(&instance, "kill"));
    OK(JetInit(&instance));
    for (uint32_t i = 0; i < THREADS; i++) {
        writers[i] = (Writer){instance, process * THREADS + i, acknowledge};
        MUST(pthread_create(&threads[i], NULL, writer_run, &writers[i]) == 0);
    }
    for (;;)
        pause();
}

/* --- The process that looks -------------------------------------------------------- */

static void create_database(void)
{
    static const struct {
        const char *name;
        JET_COLTYP coltyp;
        JET_GRBIT grbit;
    } columns[] = {{"id", JET_coltypLong, 0},
                   {"n", JET_coltypLong, 0},
                   {"data", JET_coltypLongBinary, 0},
                   {"counter", JET_coltypLong, JET_bitColumnEscrowUpdate}};
    JET_INSTANCE instance;
    Base base;
    int32_t zero = 0;
    OK(JetCreateInstance(&instance, "make"));
    OK(JetInit(&instance));
    OK(JetBeginSession(instance, &base.session, NULL, NULL));
    OK(JetCreateDatabase(base.session, path, NULL, &base.database, 0));
    OK(JetCreateTable(base.session, base.database, "t", 0, 0, &base.table));
    for (size_t i = 0; i < 4; i++) {
        JET_COLUMNDEF definition = {
            .cbStruct = sizeof definition, .coltyp = columns[i].coltyp, .grbit = columns[i].grbit};
        OK(JetAddColumn(base.session, base.table, columns[i].name, &definition,
                        columns[i].grbit ? &zero : NULL, columns[i].grbit ? sizeof zero : 0,
                        &base.id));
        if (i == 0)
            base.counter = base.id;
    }
    OK(JetCreateIndex(base.session, base.table, "p", JET_bitIndexPrimary, "+id\0", 5, 0));
    OK(JetCreateIndex(base.session, base.table, "n", 0, "-n\0", 4, 0));
    OK(JetCreateIndex(base.session, base.table, "d", 0, "+data\0+n\0", 10, 0));
    OK(JetPrepareUpdate(base.session, base.table, JET_prepInsert));
    OK(JetSetColumn(base.session, base.table, base.counter, &zero, sizeof zero, 0, NULL));
    OK(JetUpdate(base.session, base.table, NULL, 0, NULL));
    OK(JetTerm(instance));
}

static void check_writer(const Base *base, uint32_t writer, uint32_t *sum)
{
    uint8_t expected[LONG_MAX_SIZE], data[LONG_MAX_SIZE];
    int32_t first = (int32_t)((writer + 1) * ID_STEP);
    uint32_t n = get_n(base, first + ID_LAST);
    MUST(n == acknowledged[writer] || n == acknowledged[writer] + 1);
    acknowledged[writer] = n;
    *sum += n;
    Slots slots = slots_after(n);
    for (int32_t slot = 0; slot < SLOTS; slot++) {
        uint32_t size = 0;
        MUST(get_n(base, first + slot) == slots.slots[slot]);
        if (slots.slots[slot] == 0)
            continue;
        OK(JetRetrieveColumn(base->session, base->table, base->data, data, sizeof data, &size, 0,
                             NULL));
        MUST(size == data_of(expected, writer, slots.slots[slot]));
        MUST(memcmp(data, expected, size) == 0);
    }
}

static void check_database(void)
{
    JET_INSTANCE instance;
    Base base;
    uint32_t sum = 0, counter = 0;
    OK(JetCreateInstance(&instance, "look"));
    OK(JetInit(&instance));
    open_table(instance, &base);
    for (uint32_t i = 0; i < WRITERS; i++)
        check_writer(&base, i, &sum);
    OK(seek(&base, 0));
    OK(JetRetrieveColumn(base.session, base.table, base.counter, &counter, sizeof counter, NULL, 0,
                         NULL));
    MUST(counter == sum);
    OK(JetTerm(instance));
}

/* LMDB is not to be used across a fork: whoever opens the database does so in a child. */
static pid_t start(void (*run)(void))
{
    fflush(NULL);
    pid_t pid = fork();
    MUST(pid >= 0);
    if (pid == 0) {
        run();
        fflush(NULL);
        _exit(0);
    }
    return pid;
}

static void finish(pid_t pid)
{
    int status;
    MUST(waitpid(pid, &status, 0) == pid);
    MUST(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static const char *check_program;

static void exec_check(void)
{
    execl(check_program, check_program, "--quiet", path, (char *)NULL);
    _exit(127);
}

static int words; /* where the child that looks sends what it found */

static void look(void)
{
    check_database();
    MUST(write(words, acknowledged, sizeof acknowledged) == sizeof acknowledged);
}

static void *read_acknowledgements(void *context)
{
    Acknowledgement words_read[512];
    ssize_t size;
    /* Writes this short to a pipe are whole or not at all. */
    while ((size = read(*(int *)context, words_read, sizeof words_read)) > 0) {
        MUST(size % (ssize_t)sizeof *words_read == 0);
        for (size_t i = 0; i < (size_t)size / sizeof *words_read; i++)
            acknowledged[words_read[i].writer] = words_read[i].n;
        is_any_acknowledged = true;
    }
    return NULL;
}

static void kill_all(bool is_last)
{
    int fds[2], status;
    pthread_t reader;
    pid_t pids[PROCESSES];
    MUST(pipe(fds) == 0);
    fflush(NULL);
    for (uint32_t i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        MUST(pids[i] >= 0);
        if (pids[i] == 0) {
            close(fds[0]);
            child_run(i, fds[1]);
        }
    }
    close(fds[1]);
    MUST(pthread_create(&reader, NULL, read_acknowledgements, &fds[0]) == 0);
    for (uint32_t i = 0; i < PROCESSES; i++) {
        usleep((useconds_t)(random() % ALIVE_MAX_US));
        /* A busy machine may not have come to any by now. */
        while (is_last && !is_any_acknowledged)
            usleep(1000);
        kill(pids[i], SIGKILL);
        MUST(waitpid(pids[i], &status, 0) == pids[i]);
        MUST(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
    pthread_join(reader, NULL);
    close(fds[0]);
}

static void run_round(bool is_last)
{
    int fds[2];
    kill_all(is_last);
    finish(start(exec_check));
    MUST(pipe(fds) == 0);
    words = fds[1];
    finish(start(look));
    MUST(read(fds[0], acknowledged, sizeof acknowledged) == sizeof acknowledged);
    close(fds[0]);
    close(fds[1]);
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 2 ? (unsigned)atoi(argv[2]) : ROUNDS_DEFAULT;
    uint64_t sum = 0;
    if (argc < 2)
        return 2;
    check_program = argv[1];
    seed = argc > 3 ? (unsigned)atoi(argv[3]) : (unsigned)time(NULL);
    printf("jet-kill: %u rounds, seed %u\n", rounds, seed);
    srandom(seed);
    snprintf(directory, sizeof directory, "%s/jet-kill-XXXXXX",
             argc > 4 ? argv[4] : scratch_directory());
    MUST(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/kill.edb", directory);
    snprintf(lock_path, sizeof lock_path, "%s-lock", path);
    finish(start(create_database));
    for (round_number = 0; round_number < rounds; round_number++)
        run_round(rounds >= 5 && round_number == rounds - 1);
    for (unsigned i = 0; i < WRITERS; i++)
        sum += acknowledged[i];
    printf("jet-kill: %llu transactions survived\n", (unsigned long long)sum);
    MUST(rounds < 5 || sum > 0);
    unlink(lock_path);
    unlink(path);
    rmdir(directory);
    return 0;
}
