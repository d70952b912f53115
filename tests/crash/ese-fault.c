/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ese-fault.c - a real work load on disks that fill up and fail, and without memory.
 *
 * usage: ese-fault ESENTCHECK [SECONDS [SEED [DIRECTORY]]]
 *
 * Each round a few transactions insert, replace and delete rows with long values and indexes, or
 * the database is opened anew, while at some moment memory, a write, a sync or a commit fails:
 * once, or from then on. Afterwards: what was committed is there whole, what was not is gone, each
 * index tells the same, the error said what was wrong, and a full disk or memory that is back is
 * enough to go on. After a failed sync nothing is written before the file is opened again; of the
 * transaction that met it, all is there or nothing. esentcheck looks at the file from time to time.
 *
 * Linked with the engine itself for its hook; pwrite, writev and fdatasync are this program's own,
 * so that LMDB calls them here.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mailstore/ese/esent.h"
#include "mailstore/ese/fault.h"
#include "tests/scratch.h"

enum {
    IDS = 24,
    OPERATIONS = 6, /* a transaction */
    LONG_MAX_SIZE = 40000,
    SECONDS_DEFAULT = 5,
    CHECK_EVERY = 16,
};

static unsigned seed, round_number;

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "ese-fault: seed %u, round %u, line %d: %s\n", seed, round_number,     \
                    __LINE__, #condition);                                                         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#define TRY(expression)                                                                            \
    do {                                                                                           \
        JET_ERR try_ = (expression);                                                               \
        if (try_ < 0)                                                                              \
            return try_;                                                                           \
    } while (0)

static uint32_t draw(uint32_t below)
{
    return (uint32_t)random() % below;
}

/* --- Faults -------------------------------------------------------------------- */

typedef enum {
    FAILS_MEMORY,
    FAILS_HOOK, /* LMDB's transaction or commit as a whole */
    FAILS_WRITE,
    FAILS_SYNC,
    KINDS
} FaultKind;

static struct {
    FaultKind kind;
    FaultPoint point;
    long countdown; /* calls before it fails; -1: never */
    int code;
    bool lasts, is_short, hit;
} fault = {.countdown = -1};

static bool fails_now(FaultKind kind)
{
    if (fault.countdown < 0 || kind != fault.kind)
        return false;
    if (fault.countdown > 0) {
        fault.countdown--;
        return false;
    }
    if (!fault.lasts)
        fault.countdown = -1;
    fault.hit = true;
    return true;
}

static int fail_hook(FaultPoint point)
{
    if (point == FAULT_ALLOCATE)
        return fails_now(FAILS_MEMORY) ? ENOMEM : 0;
    return point == fault.point && fails_now(FAILS_HOOK) ? fault.code : 0;
}

static void fault_arm(void)
{
    static const FaultPoint points[] = {FAULT_APPLY, FAULT_COMMIT, FAULT_SYNC, FAULT_SPILL};
    fault.kind = (FaultKind)draw(KINDS);
    fault.point = points[draw(4)];
    fault.countdown = draw(fault.kind == FAILS_MEMORY ? 400 : fault.kind == FAILS_SYNC ? 4 : 30);
    fault.code = fault.kind == FAILS_SYNC || draw(2) ? EIO : ENOSPC;
    fault.is_short = draw(4) == 0;
    fault.lasts = draw(2);
    fault.hit = false;
    fault_hook = fail_hook;
}

static void fault_clear(void)
{
    fault.countdown = -1;
    fault_hook = NULL;
}

/* By their plain names: the headers rename pwrite where off_t was once 32 bits wide. */
ssize_t pwrite_here(int fd, const void *data, size_t size, off_t offset) __asm__("pwrite");
ssize_t writev_here(int fd, const struct iovec *parts, int count) __asm__("writev");
int fdatasync_here(int fd) __asm__("fdatasync");

ssize_t pwrite_here(int fd, const void *data, size_t size, off_t offset)
{
    if (!fails_now(FAILS_WRITE))
        return syscall(SYS_pwrite64, fd, data, size, offset);
    if (fault.is_short)
        return syscall(SYS_pwrite64, fd, data, size / 2, offset);
    errno = fault.code;
    return -1;
}

ssize_t writev_here(int fd, const struct iovec *parts, int count)
{
    if (!fails_now(FAILS_WRITE))
        return syscall(SYS_writev, fd, parts, count);
    if (fault.is_short)
        return syscall(SYS_write, fd, parts[0].iov_base, parts[0].iov_len / 2);
    errno = fault.code;
    return -1;
}

int fdatasync_here(int fd)
{
    if (!fails_now(FAILS_SYNC))
        return (int)syscall(SYS_fdatasync, fd);
    errno = EIO;
    return -1;
}

/* --- What is in the table ------------------------------------------------------- */

typedef struct {
    bool there;
    uint32_t generation, size;
} Expected;

typedef struct {
    Expected rows[IDS];
} State;

static State committed, attempted;
static uint32_t generation;

typedef struct {
    JET_INSTANCE instance;
    JET_SESID session;
    JET_DBID database;
    JET_TABLEID table;
    JET_COLUMNID id, generation, number, data;
    bool running;
} Base;

static Base base;
static char directory[4096], path[4200], lock_path[4300];

static void fill(uint8_t *data, uint32_t size, uint32_t id, uint32_t of_generation)
{
    for (uint32_t i = 0; i < size; i++)
        data[i] = (uint8_t)(id * 31 + of_generation * 7 + i / 64);
}

static JET_ERR add_column(const char *name, JET_COLTYP coltyp, JET_GRBIT grbit, JET_COLUMNID *ret)
{
    JET_COLUMNDEF definition = {.cbStruct = sizeof definition, .coltyp = coltyp, .grbit = grbit};
    return JetAddColumn(base.session, base.table, name, &definition, NULL, 0, ret);
}

static void make_database(void)
{
    MUST(JetCreateInstance(&base.instance, "fault") >= 0);
    MUST(JetInit(&base.instance) >= 0);
    MUST(JetBeginSession(base.instance, &base.session, NULL, NULL) >= 0);
    MUST(JetCreateDatabase(base.session, path, NULL, &base.database, 0) >= 0);
    MUST(JetCreateTable(base.session, base.database, "t", 0, 0, &base.table) >= 0);
    MUST(add_column("id", JET_coltypLong, 0, &base.id) >= 0);
    MUST(add_column("generation", JET_coltypLong, 0, &base.generation) >= 0);
    MUST(add_column("number", JET_coltypLong, JET_bitColumnAutoincrement, &base.number) >= 0);
    MUST(add_column("data", JET_coltypLongBinary, 0, &base.data) >= 0);
    MUST(JetCreateIndex(base.session, base.table, "p", JET_bitIndexPrimary, "+id\0", 5, 0) >= 0);
    MUST(JetCreateIndex(base.session, base.table, "g", 0, "-generation\0+id\0", 17, 0) >= 0);
    MUST(JetCreateIndex(base.session, base.table, "n", JET_bitIndexUnique, "+number\0", 9, 0) >= 0);
    MUST(JetCreateIndex(base.session, base.table, "d", 0, "+data\0", 7, 0) >= 0);
    base.running = true;
}

static void stop(void)
{
    if (base.running)
        JetTerm2(base.instance, JET_bitTermAbrupt);
    base.running = false;
}

static JET_ERR open_all(void)
{
    TRY(JetCreateInstance(&base.instance, "fault"));
    base.running = true;
    TRY(JetInit(&base.instance));
    TRY(JetBeginSession(base.instance, &base.session, NULL, NULL));
    TRY(JetAttachDatabase(base.session, path, 0));
    TRY(JetOpenDatabase(base.session, path, NULL, &base.database, 0));
    return JetOpenTable(base.session, base.database, "t", NULL, 0, 0, &base.table);
}

/* --- The work ------------------------------------------------------------------- */

static JET_ERR seek(int32_t id)
{
    TRY(JetMakeKey(base.session, base.table, &id, sizeof id, JET_bitNewKey));
    return JetSeek(base.session, base.table, JET_bitSeekEQ);
}

static JET_ERR put(int32_t id, bool there)
{
    static uint8_t data[LONG_MAX_SIZE];
    Expected *row = &attempted.rows[id];
    uint32_t size = draw(3) ? draw(900) : draw(LONG_MAX_SIZE), now = ++generation;
    if (there)
        TRY(seek(id));
    TRY(JetPrepareUpdate(base.session, base.table, there ? JET_prepReplace : JET_prepInsert));
    if (!there)
        TRY(JetSetColumn(base.session, base.table, base.id, &id, sizeof id, 0, NULL));
    TRY(JetSetColumn(base.session, base.table, base.generation, &now, sizeof now, 0, NULL));
    fill(data, size, (uint32_t)id, now);
    TRY(JetSetColumn(base.session, base.table, base.data, data, size / 2, JET_bitSetZeroLength,
                     NULL));
    TRY(JetSetColumn(base.session, base.table, base.data, data + size / 2, size - size / 2,
                     JET_bitSetAppendLV, NULL));
    TRY(JetUpdate(base.session, base.table, NULL, 0, NULL));
    *row = (Expected){true, now, size};
    return JET_errSuccess;
}

static JET_ERR work_once(void)
{
    int32_t id = (int32_t)draw(IDS);
    bool there = attempted.rows[id].there;
    if (!there || draw(3))
        return put(id, there);
    TRY(seek(id));
    TRY(JetDelete(base.session, base.table));
    attempted.rows[id].there = false;
    return JET_errSuccess;
}

static JET_ERR work(void)
{
    uint32_t n = 1 + draw(OPERATIONS);
    bool inner = draw(3) == 0;
    attempted = committed;
    TRY(JetBeginTransaction(base.session));
    for (uint32_t i = 0; i < n; i++) {
        State before = attempted;
        if (inner)
            TRY(JetBeginTransaction(base.session));
        TRY(work_once());
        if (inner && draw(2)) {
            TRY(JetRollback(base.session, 0));
            attempted = before;
        } else if (inner) {
            TRY(JetCommitTransaction(base.session, 0));
        }
    }
    return JET_errSuccess;
}

/* --- Looking --------------------------------------------------------------------- */

static bool row_is(int32_t id, const Expected *row)
{
    static uint8_t data[LONG_MAX_SIZE], expected[LONG_MAX_SIZE];
    uint32_t now = 0, size = 0;
    JET_ERR err = seek(id);
    if (!row->there)
        return err == JET_errRecordNotFound;
    if (err != JET_errSuccess)
        return false;
    MUST(JetRetrieveColumn(base.session, base.table, base.generation, &now, sizeof now, NULL, 0,
                           NULL) == JET_errSuccess);
    MUST(JetRetrieveColumn(base.session, base.table, base.data, data, sizeof data, &size, 0,
                           NULL) == JET_errSuccess);
    fill(expected, row->size, (uint32_t)id, row->generation);
    return now == row->generation && size == row->size && memcmp(data, expected, size) == 0;
}

static bool state_is(const State *state)
{
    static const char *const indexes[] = {"g", "n", "d"};
    uint32_t rows = 0, count;
    JET_ERR err = JetSetCurrentIndex(base.session, base.table, NULL);
    if (err < 0)
        fprintf(stderr, "ese-fault: error %d after fault %d at %d, code %d%s%s\n", err, fault.kind,
                fault.point, fault.code, fault.is_short ? ", short" : "",
                fault.lasts ? ", lasting" : "");
    MUST(err >= 0);
    for (int32_t id = 0; id < IDS; id++) {
        rows += state->rows[id].there;
        if (!row_is(id, &state->rows[id]))
            return false;
    }
    for (size_t i = 0; i < 3; i++) {
        count = 0;
        MUST(JetSetCurrentIndex(base.session, base.table, indexes[i]) >= 0);
        err = JetIndexRecordCount(base.session, base.table, &count, 0);
        /* The cursor is on the first row, also where there is none. */
        MUST(err == JET_errSuccess && count == rows);
    }
    MUST(JetSetCurrentIndex(base.session, base.table, NULL) >= 0);
    return true;
}

static void check_file(const char *program)
{
    int status;
    pid_t pid = fork();
    MUST(pid >= 0);
    if (pid == 0) {
        execl(program, program, "--quiet", path, (char *)NULL);
        _exit(127);
    }
    MUST(waitpid(pid, &status, 0) == pid);
    MUST(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static bool error_fits(JET_ERR err)
{
    if (err >= 0)
        return true;
    if (!fault.hit)
        return false;
    if (fault.kind == FAILS_MEMORY)
        return err == JET_errOutOfMemory;
    return err == JET_errDiskFull || err == JET_errDiskIO;
}

/* --- Rounds ---------------------------------------------------------------------- */

static void reopen(const char *program)
{
    stop();
    check_file(program);
    MUST(open_all() >= 0);
}

static void roll_back_all(void)
{
    while (JetRollback(base.session, 0) >= 0)
        ;
    JetPrepareUpdate(base.session, base.table, JET_prepCancel);
}

/* Does the fault leave open what is on the disk? Not when it came before LMDB's commit, or when no
 * call failed: a disk that fills up writes less than it was asked to. */
static bool fault_is_deadly(void)
{
    if (fault.kind == FAILS_HOOK)
        return fault.point == FAULT_SYNC || (fault.point == FAULT_COMMIT && fault.code == EIO);
    return fault.kind == FAILS_SYNC ||
           (fault.kind == FAILS_WRITE && fault.code == EIO && !fault.is_short);
}

/* Nothing may be written, until the file is opened again. */
static void check_dead(void)
{
    int32_t id = 0;
    JET_ERR err = JetBeginTransaction(base.session);
    if (err == JET_errDiskIO) /* LMDB refuses to read, too, when its meta page failed */
        return;
    MUST(err >= 0);
    err = JetPrepareUpdate(base.session, base.table, JET_prepInsert);
    MUST(err >= 0 || err == JET_errDiskIO); /* a number is drawn here */
    if (err >= 0) {
        id = IDS + 1;
        MUST(JetSetColumn(base.session, base.table, base.id, &id, sizeof id, 0, NULL) >= 0);
        MUST(JetUpdate(base.session, base.table, NULL, 0, NULL) >= 0);
        MUST(JetCommitTransaction(base.session, 0) == JET_errDiskIO);
    }
    roll_back_all();
}

static void run_transaction(const char *program)
{
    bool lazy = draw(2);
    JET_ERR err = work();
    bool whole = err >= 0;
    if (whole)
        err = JetCommitTransaction(base.session, lazy ? JET_bitCommitLazyFlush : 0);
    if (err >= 0 && draw(4) == 0) {
        committed = attempted;
        err = JetCommitTransaction(base.session, JET_bitWaitAllLevel0Commit);
    }
    fault_clear();
    MUST(error_fits(err));
    if (err >= 0) {
        committed = attempted;
        MUST(state_is(&committed));
        return;
    }
    roll_back_all();
    /* A full disk is, where it is the meta page that finds no room. */
    bool meta = fault.kind == FAILS_WRITE && err == JET_errDiskIO;
    if (!fault_is_deadly() && !meta) {
        MUST(state_is(&committed));
        return;
    }
    MUST(err == JET_errDiskIO);
    check_dead();
    reopen(program);
    if (whole && state_is(&attempted))
        committed = attempted;
    MUST(state_is(&committed));
}

static void run_reopen(const char *program)
{
    stop();
    fault_clear();
    fault_arm();
    JET_ERR err = open_all();
    fault_clear();
    MUST(error_fits(err));
    if (err < 0)
        reopen(program);
    MUST(state_is(&committed));
}

int main(int argc, char **argv)
{
    unsigned seconds = argc > 2                         ? (unsigned)atoi(argv[2])
                       : getenv("STOREHOOK_TEST_QUICK") ? 2
                                                        : SECONDS_DEFAULT;
    unsigned hits = 0;
    if (argc < 2)
        return 2;
    seed = argc > 3 ? (unsigned)atoi(argv[3]) : (unsigned)time(NULL);
    printf("ese-fault: seed %u\n", seed);
    fflush(NULL);
    srandom(seed);
    snprintf(directory, sizeof directory, "%s/ese-fault-XXXXXX",
             argc > 4 ? argv[4] : scratch_directory());
    MUST(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/fault.edb", directory);
    snprintf(lock_path, sizeof lock_path, "%s-lock", path);
    make_database();
    for (time_t end = time(NULL) + (time_t)seconds; time(NULL) < end; round_number++) {
        fault_arm();
        if (draw(12) == 0)
            run_reopen(argv[1]);
        else
            run_transaction(argv[1]);
        hits += fault.hit;
        if (round_number % CHECK_EVERY == 0)
            check_file(argv[1]);
    }
    reopen(argv[1]);
    MUST(state_is(&committed));
    stop();
    printf("ese-fault: %u rounds, %u met a fault\n", round_number, hits);
    MUST(round_number < 100 || hits > round_number / 10);
    unlink(path);
    unlink(lock_path);
    rmdir(directory);
    return 0;
}
