/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-backup.c - backups, restoring, streaming and snapshots of files, while sessions write.
 *
 * The writers keep a promise in each transaction: two rows have the same number, and there are as
 * many further rows as that number says. A copy is whole when it keeps the promise.
 */
#include "tests/unit/ese/jet-test.h"
#include "tests/unit/ese/synced-name.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>

enum {
    CHUNK = 64 * 1024,
    BLOB = 5000,
};

typedef struct {
    TestJet *jet;
    pthread_t thread;
    atomic_bool stop;
    atomic_int commits;
    JET_SESID session;
} Writer;

static char blob[BLOB];

static void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

typedef struct {
    JET_TABLEID pair, rows;
    JET_COLUMNID number, blob;
} Tables;

static void make_tables(TestJet *jet)
{
    JET_TABLEID table;
    ck_ok(JetCreateTable(jet->session, jet->database, "pair", 0, 0, &table));
    JET_COLUMNID number = test_add_column(jet->session, table, "n", JET_coltypLong, 0, 0, 0);
    for (int i = 0; i < 2; i++) {
        ck_ok(JetPrepareUpdate(jet->session, table, JET_prepInsert));
        test_set_long(jet->session, table, number, 0);
        ck_ok(JetUpdate(jet->session, table, NULL, 0, NULL));
    }
    ck_ok(JetCloseTable(jet->session, table));
    ck_ok(JetCreateTable(jet->session, jet->database, "rows", 0, 0, &table));
    test_add_column(jet->session, table, "n", JET_coltypLong, 0, 0, 0);
    test_add_column(jet->session, table, "b", JET_coltypLongBinary, 0, 0, 0);
    test_add_index(jet->session, table, "by-n", "+n\0", JET_bitIndexUnique);
    ck_ok(JetCloseTable(jet->session, table));
}

static JET_COLUMNID column_id(JET_SESID session, JET_TABLEID table, const char *name)
{
    JET_COLUMNDEF definition = {.cbStruct = sizeof definition};
    ck_ok(JetGetTableColumnInfo(session, table, name, &definition, sizeof definition, JET_ColInfo));
    return definition.columnid;
}

static Tables open_tables(JET_SESID session, JET_DBID database)
{
    Tables tables;
    ck_ok(JetOpenTable(session, database, "pair", NULL, 0, 0, &tables.pair));
    ck_ok(JetOpenTable(session, database, "rows", NULL, 0, 0, &tables.rows));
    tables.number = column_id(session, tables.rows, "n");
    tables.blob = column_id(session, tables.rows, "b");
    return tables;
}

static void write_once(JET_SESID session, const Tables *tables)
{
    ck_ok(JetBeginTransaction(session));
    ck_ok(JetMove(session, tables->pair, (int32_t)JET_MoveFirst, 0));
    int32_t n = test_get_long(session, tables->pair, tables->number) + 1;
    for (int i = 0; i < 2; i++) {
        ck_ok(JetMove(session, tables->pair, (int32_t)(i ? JET_MoveLast : JET_MoveFirst), 0));
        ck_ok(JetPrepareUpdate(session, tables->pair, JET_prepReplace));
        test_set_long(session, tables->pair, tables->number, n);
        ck_ok(JetUpdate(session, tables->pair, NULL, 0, NULL));
    }
    ck_ok(JetPrepareUpdate(session, tables->rows, JET_prepInsert));
    test_set_long(session, tables->rows, tables->number, n);
    ck_ok(JetSetColumn(session, tables->rows, tables->blob, blob, sizeof blob, 0, NULL));
    ck_ok(JetUpdate(session, tables->rows, NULL, 0, NULL));
    ck_ok(JetCommitTransaction(session, JET_bitCommitLazyFlush));
}

static void *writer_run(void *context)
{
    Writer *writer = context;
    JET_DBID database;
    ck_ok(JetOpenDatabase(writer->session, writer->jet->path, NULL, &database, 0));
    Tables tables = open_tables(writer->session, database);
    while (!writer->stop) {
        write_once(writer->session, &tables);
        writer->commits++;
    }
    return NULL;
}

static void writer_start(Writer *writer, TestJet *jet)
{
    memset(blob, 'b', sizeof blob);
    *writer = (Writer){.jet = jet};
    ck_ok(JetBeginSession(jet->instance, &writer->session, NULL, NULL));
    ck_assert_int_eq(pthread_create(&writer->thread, NULL, writer_run, writer), 0);
    while (writer->commits < 20)
        sleep_ms(1);
}

static void writer_stop(Writer *writer)
{
    writer->stop = true;
    pthread_join(writer->thread, NULL);
    ck_ok(JetEndSession(writer->session, 0));
}

/* Opens the file with an instance of its own; returns the number that the promise is about. */
static int32_t check_copy(const char *path)
{
    TestJet copy = {0};
    int32_t n, count = 0;
    char data[BLOB];
    uint32_t size;
    snprintf(copy.path, sizeof copy.path, "%s", path);
    test_jet_start(&copy);
    ck_ok(JetAttachDatabase(copy.session, copy.path, 0));
    ck_ok(JetOpenDatabase(copy.session, copy.path, NULL, &copy.database, 0));
    Tables tables = open_tables(copy.session, copy.database);
    ck_ok(JetMove(copy.session, tables.pair, (int32_t)JET_MoveFirst, 0));
    n = test_get_long(copy.session, tables.pair, tables.number);
    ck_ok(JetMove(copy.session, tables.pair, JET_MoveNext, 0));
    ck_assert_int_eq(test_get_long(copy.session, tables.pair, tables.number), n);
    ck_ok(JetSetCurrentIndex(copy.session, tables.rows, "by-n"));
    for (JET_ERR err = JetMove(copy.session, tables.rows, (int32_t)JET_MoveFirst, 0);
         err == JET_errSuccess; err = JetMove(copy.session, tables.rows, JET_MoveNext, 0)) {
        ck_assert_int_eq(test_get_long(copy.session, tables.rows, tables.number), ++count);
        ck_ok(JetRetrieveColumn(copy.session, tables.rows, tables.blob, data, sizeof data, &size, 0,
                                NULL));
        ck_assert_mem_eq(data, blob, sizeof data);
    }
    ck_assert_int_eq(count, n);
    /* It can be written on. */
    write_once(copy.session, &tables);
    ck_ok(JetTerm(copy.instance));
    return n;
}

/* --- Copies in a folder ------------------------------------------------------------------- */

static struct {
    int begins, progresses, completes;
    uint32_t last_done, total;
    JET_SNP what;
    JET_ERR answer;
    JET_INSTANCE stop;
} seen;

static JET_ERR status(JET_SESID sesid, JET_SNP snp, JET_SNT snt, void *pv)
{
    const JET_SNPROG *progress = pv;
    ck_assert_uint_eq(sesid, JET_sesidNil);
    ck_assert_uint_eq(snp, seen.what);
    if (snt == JET_sntBegin)
        seen.begins++;
    if (snt == JET_sntComplete)
        seen.completes++;
    if (snt == JET_sntProgress) {
        seen.progresses++;
        ck_assert_uint_eq(progress->cbStruct, sizeof *progress);
        ck_assert_uint_ge(progress->cunitDone, seen.last_done);
        ck_assert_uint_le(progress->cunitDone, progress->cunitTotal);
        seen.last_done = progress->cunitDone;
        seen.total = progress->cunitTotal;
        if (seen.stop)
            ck_ok(JetStopBackupInstance(seen.stop));
        return seen.answer;
    }
    return JET_errSuccess;
}

static void expect(JET_SNP what)
{
    memset(&seen, 0, sizeof seen);
    seen.what = what;
}

static bool file_exists(const char *folder, const char *name)
{
    char path[200];
    struct stat found;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return stat(path, &found) == 0;
}

START_TEST(test_backup)
{
    TestJet jet;
    Writer writer;
    char folder[128], path[160];
    test_jet_open(&jet);
    make_tables(&jet);
    writer_start(&writer, &jet);
    snprintf(folder, sizeof folder, "%s/backup", jet.directory);
    snprintf(path, sizeof path, "%s/test.edb", folder);
    int before = writer.commits;
    expect(JET_snpBackup);
    ck_ok(JetBackupInstance(jet.instance, folder, 0, status));
    ck_assert_int_eq(seen.begins, 1);
    ck_assert_int_eq(seen.completes, 1);
    ck_assert_int_ge(seen.progresses, 1);
    ck_assert_uint_eq(seen.last_done, seen.total);
    ck_jet(JetBackupInstance(jet.instance, folder, 0, NULL), JET_errBackupDirectoryNotEmpty);
    writer_stop(&writer);
    ck_assert_int_ge(check_copy(path), before);

    snprintf(path, sizeof path, "%s/none/deep", jet.directory);
    ck_jet(JetBackupInstance(jet.instance, path, 0, NULL), JET_errMakeBackupDirectoryFail);
    ck_jet(JetBackupInstance(jet.instance, folder, JET_bitBackupIncremental, NULL),
           JET_errInvalidBackup);
    ck_jet(JetBackupInstance(jet.instance, folder, 0x40, NULL), JET_errInvalidGrbit);
    ck_ok(JetBackupInstance(jet.instance, NULL, 0, NULL));

    /* What is broken off leaves nothing. */
    snprintf(folder, sizeof folder, "%s/second", jet.directory);
    expect(JET_snpBackup);
    seen.answer = -10001;
    ck_jet(JetBackupInstance(jet.instance, folder, 0, status), -10001);
    ck_assert(!file_exists(folder, "test.edb"));
    expect(JET_snpBackup);
    seen.stop = jet.instance;
    ck_jet(JetBackupInstance(jet.instance, folder, 0, status), JET_errBackupAbortByServer);
    ck_assert(!file_exists(folder, "test.edb"));
    ck_jet(JetStopBackupInstance(jet.instance), JET_errNoBackup);
    ck_ok(JetBackupInstance(jet.instance, folder, 0, NULL));
    ck_assert(file_exists(folder, "test.edb"));
    test_jet_close(&jet);
}
END_TEST

/* --- Several databases -------------------------------------------------------------------- */

typedef struct {
    JET_SESID session;
    JET_TABLEID tables[2];
    JET_COLUMNID number;
    atomic_bool stop;
    atomic_int commits;
} Stepper;

static void step_to(Stepper *stepper, JET_TABLEID table, int32_t n)
{
    ck_ok(JetBeginTransaction(stepper->session));
    ck_ok(JetMove(stepper->session, table, (int32_t)JET_MoveFirst, 0));
    ck_ok(JetPrepareUpdate(stepper->session, table, JET_prepReplace));
    test_set_long(stepper->session, table, stepper->number, n);
    ck_ok(JetUpdate(stepper->session, table, NULL, 0, NULL));
    ck_ok(JetCommitTransaction(stepper->session, JET_bitCommitLazyFlush));
}

/* The first database is never behind the second, nor ahead by more than one. */
static void *stepper_run(void *context)
{
    Stepper *stepper = context;
    for (int32_t n = 1; !stepper->stop; n++) {
        step_to(stepper, stepper->tables[0], n);
        step_to(stepper, stepper->tables[1], n);
        stepper->commits++;
    }
    return NULL;
}

/* Commits without end, so that taking the image of the database takes its time. */
typedef struct {
    JET_SESID session;
    JET_TABLEID table;
    const atomic_bool *stop;
    pthread_t thread;
} Noise;

static void *noise_run(void *context)
{
    Noise *noise = context;
    while (!*noise->stop) {
        ck_ok(JetBeginTransaction(noise->session));
        ck_ok(JetPrepareUpdate(noise->session, noise->table, JET_prepInsert));
        ck_ok(JetUpdate(noise->session, noise->table, NULL, 0, NULL));
        ck_ok(JetCommitTransaction(noise->session, JET_bitCommitLazyFlush));
    }
    return NULL;
}

static void noise_start(Noise *noise, JET_INSTANCE instance, const char *path, unsigned number,
                        const atomic_bool *stop)
{
    JET_DBID database;
    char name[16];
    *noise = (Noise){.stop = stop};
    snprintf(name, sizeof name, "noise%u", number);
    ck_ok(JetBeginSession(instance, &noise->session, NULL, NULL));
    ck_ok(JetOpenDatabase(noise->session, path, NULL, &database, 0));
    ck_ok(JetCreateTable(noise->session, database, name, 0, 0, &noise->table));
    ck_assert_int_eq(pthread_create(&noise->thread, NULL, noise_run, noise), 0);
}

static int32_t copied_number(const char *path)
{
    TestJet copy = {0};
    JET_TABLEID table;
    test_jet_start(&copy);
    ck_ok(JetAttachDatabase(copy.session, path, 0));
    ck_ok(JetOpenDatabase(copy.session, path, NULL, &copy.database, 0));
    ck_ok(JetOpenTable(copy.session, copy.database, "t", NULL, 0, 0, &table));
    int32_t n = test_get_long(copy.session, table, column_id(copy.session, table, "n"));
    ck_ok(JetTerm(copy.instance));
    return n;
}

START_TEST(test_one_instant)
{
    TestJet jet;
    Stepper stepper = {0};
    JET_SESID session;
    JET_DBID databases[2];
    char path[160], folder[128];
    pthread_t thread;
    Noise noises[3];
    test_jet_open(&jet);
    ck_ok(JetBeginSession(jet.instance, &session, NULL, NULL));
    stepper.session = session;
    databases[0] = jet.database;
    ck_ok(JetOpenDatabase(session, jet.path, NULL, &databases[0], 0));
    snprintf(path, sizeof path, "%s/other.edb", jet.directory);
    ck_ok(JetCreateDatabase(session, path, NULL, &databases[1], 0));
    for (int i = 0; i < 2; i++) {
        ck_ok(JetCreateTable(session, databases[i], "t", 0, 0, &stepper.tables[i]));
        stepper.number = test_add_column(session, stepper.tables[i], "n", JET_coltypLong, 0, 0, 0);
        ck_ok(JetPrepareUpdate(session, stepper.tables[i], JET_prepInsert));
        test_set_long(session, stepper.tables[i], stepper.number, 0);
        ck_ok(JetUpdate(session, stepper.tables[i], NULL, 0, NULL));
    }
    for (unsigned i = 0; i < 3; i++)
        noise_start(&noises[i], jet.instance, path, i, &stepper.stop);
    ck_assert_int_eq(pthread_create(&thread, NULL, stepper_run, &stepper), 0);
    for (int i = 0; i < 25; i++) {
        int seen_commits = stepper.commits;
        while (stepper.commits < seen_commits + 3)
            sleep_ms(1);
        snprintf(folder, sizeof folder, "%s/backup%d", jet.directory, i);
        ck_ok(JetBackupInstance(jet.instance, folder, 0, NULL));
        snprintf(path, sizeof path, "%s/test.edb", folder);
        int32_t first = copied_number(path);
        snprintf(path, sizeof path, "%s/other.edb", folder);
        int32_t second = copied_number(path);
        ck_assert_msg(first == second || first == second + 1, "%d and %d", first, second);
    }
    stepper.stop = true;
    pthread_join(thread, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(noises[i].thread, NULL);
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_atomic_backup)
{
    TestJet jet;
    char folder[128], old[160];
    test_jet_open(&jet);
    make_tables(&jet);
    Tables tables = open_tables(jet.session, jet.database);
    snprintf(folder, sizeof folder, "%s/backup", jet.directory);
    snprintf(old, sizeof old, "%s/old/test.edb", folder);
    memset(blob, 'b', sizeof blob);
    ck_ok(JetBackupInstance(jet.instance, folder, JET_bitBackupAtomic, NULL));
    write_once(jet.session, &tables);
    expect(JET_snpBackup);
    seen.answer = -10001;
    ck_jet(JetBackupInstance(jet.instance, folder, JET_bitBackupAtomic, status), -10001);
    ck_assert(!file_exists(folder, "new"));
    /* The first is there still, then gives way to the second. (Looking adds one.) */
    ck_assert_int_eq(check_copy(old), 0);
    ck_ok(JetBackupInstance(jet.instance, folder, JET_bitBackupAtomic, NULL));
    ck_assert(!file_exists(folder, "new"));
    write_once(jet.session, &tables);
    ck_ok(JetTerm(jet.instance));
    /* Restoring finds it under "old". */
    JET_INSTANCE instance;
    ck_ok(JetCreateInstance(&instance, "restore"));
    expect(JET_snpRestore);
    ck_ok(JetRestoreInstance(instance, folder, NULL, status));
    ck_assert_int_eq(seen.completes, 1);
    ck_assert_uint_eq(seen.last_done, seen.total);
    ck_ok(JetTerm(instance));
    ck_assert_int_eq(check_copy(jet.path), 1);
    test_jet_start(&jet);
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_restore)
{
    TestJet jet;
    JET_INSTANCE instance;
    char folder[128], target[128], path[160];
    test_jet_open(&jet);
    make_tables(&jet);
    Tables tables = open_tables(jet.session, jet.database);
    memset(blob, 'b', sizeof blob);
    for (int i = 0; i < 3; i++)
        write_once(jet.session, &tables);
    snprintf(folder, sizeof folder, "%s/backup", jet.directory);
    ck_ok(JetBackupInstance(jet.instance, folder, 0, NULL));
    ck_ok(JetCreateInstance(&instance, "restore"));
    ck_jet(JetRestoreInstance(jet.instance, folder, NULL, NULL), JET_errAfterInitialization);
    ck_jet(JetRestoreInstance(instance, folder, NULL, NULL), JET_errDatabaseInUse);
    ck_jet(JetRestoreInstance(instance, jet.path, NULL, NULL), JET_errNoBackupDirectory);
    ck_jet(JetRestoreInstance(instance, jet.directory, NULL, NULL), JET_errMissingFullBackup);
    ck_jet(JetRestoreInstance(instance, NULL, NULL, NULL), JET_errInvalidParameter);
    snprintf(target, sizeof target, "%s/target", jet.directory);
    ck_jet(JetRestoreInstance(instance, folder, target, NULL), JET_errInvalidPath);
    ck_assert_int_eq(mkdir(target, 0700), 0);
    snprintf(path, sizeof path, "%s/test.edb", target);
    awaited.path = path;
    ck_ok(JetRestoreInstance(instance, folder, target, NULL));
    ck_assert(awaited.synced);
    ck_assert_int_eq(check_copy(path), 3);
    /* Over the files that are there, when nobody has them open. */
    ck_ok(JetRestoreInstance(instance, folder, target, NULL));
    ck_assert_int_eq(check_copy(path), 3);
    /* A damaged one is refused and touches nothing. */
    char damage[160];
    snprintf(damage, sizeof damage, "%s/test.edb", folder);
    ck_assert_int_eq(truncate(damage, 5000), 0);
    ck_jet(JetRestoreInstance(instance, folder, target, NULL), JET_errDatabaseCorrupted);
    ck_assert_int_eq(check_copy(path), 4);
    ck_ok(JetTerm(instance));
    test_jet_close(&jet);
}
END_TEST

/* --- Streaming ----------------------------------------------------------------------------- */

static void stream_to(TestJet *jet, const char *path)
{
    static char chunk[CHUNK];
    uint32_t low, high, size;
    uint64_t sum = 0;
    JET_HANDLE file;
    FILE *out = fopen(path, "w");
    ck_assert_ptr_nonnull(out);
    ck_ok(JetOpenFileInstance(jet->instance, jet->path, &file, &low, &high));
    ck_jet(JetReadFileInstance(jet->instance, file, chunk, 1000, &size), JET_errInvalidParameter);
    do {
        ck_ok(JetReadFileInstance(jet->instance, file, chunk, sizeof chunk, &size));
        ck_assert_uint_eq(fwrite(chunk, 1, size, out), size);
        sum += size;
        sleep_ms(1);
    } while (size > 0);
    ck_assert_uint_eq(sum, (uint64_t)high << 32 | low);
    ck_ok(JetCloseFileInstance(jet->instance, file));
    ck_jet(JetCloseFileInstance(jet->instance, file), JET_errInvalidParameter);
    ck_jet(JetReadFileInstance(jet->instance, file, chunk, sizeof chunk, &size),
           JET_errInvalidParameter);
    ck_assert_int_eq(fclose(out), 0);
}

START_TEST(test_streaming)
{
    TestJet jet;
    Writer writer;
    JET_HANDLE file;
    uint32_t low, high, actual;
    char path[128], list[200];
    JET_WCHAR wide[200];
    test_jet_open(&jet);
    make_tables(&jet);
    writer_start(&writer, &jet);
    snprintf(path, sizeof path, "%s/stream.edb", jet.directory);
    ck_jet(JetOpenFileInstance(jet.instance, jet.path, &file, &low, &high), JET_errNoBackup);
    ck_jet(JetGetAttachInfoInstance(jet.instance, list, sizeof list, &actual), JET_errNoBackup);
    ck_jet(JetGetLogInfoInstance(jet.instance, list, sizeof list, &actual), JET_errNoBackup);
    ck_jet(JetTruncateLogInstance(jet.instance), JET_errNoBackup);
    ck_jet(JetEndExternalBackupInstance(jet.instance), JET_errNoBackup);
    ck_jet(JetBeginExternalBackupInstance(jet.instance, JET_bitBackupIncremental),
           JET_errInvalidBackup);

    ck_ok(JetBeginExternalBackupInstance(jet.instance, 0));
    int at_begin = writer.commits;
    ck_jet(JetBeginExternalBackupInstance(jet.instance, 0), JET_errBackupInProgress);
    ck_jet(JetBackupInstance(jet.instance, path, 0, NULL), JET_errBackupInProgress);
    ck_ok(JetGetAttachInfoInstance(jet.instance, list, sizeof list, &actual));
    ck_assert_str_eq(list, jet.path);
    ck_assert_uint_eq(actual, strlen(jet.path) + 2);
    ck_assert_int_eq(list[actual - 1], 0);
    ck_ok(JetGetAttachInfoInstanceW(jet.instance, wide, sizeof wide, &actual));
    ck_assert_uint_eq(actual, 2 * (strlen(jet.path) + 2));
    ck_assert_uint_eq(wide[0], '/');
    ck_jet(JetGetAttachInfoInstance(jet.instance, list, 4, &actual), JET_wrnBufferTruncated);
    ck_assert_uint_eq(actual, strlen(jet.path) + 2);
    ck_jet(JetOpenFileInstance(jet.instance, "/tmp/none", &file, &low, &high), JET_errFileNotFound);
    ck_jet(JetTruncateLogInstance(jet.instance), JET_errInvalidBackupSequence);
    stream_to(&jet, path);
    ck_ok(JetGetLogInfoInstance(jet.instance, list, sizeof list, &actual));
    ck_assert_uint_eq(actual, 1);
    ck_assert_int_eq(list[0], 0);
    ck_jet(JetOpenFileInstance(jet.instance, jet.path, &file, &low, &high),
           JET_errInvalidBackupSequence);
    ck_ok(JetTruncateLogInstance(jet.instance));
    while (writer.commits <= at_begin) /* it goes on writing */
        sleep_ms(1);
    ck_ok(JetEndExternalBackupInstance2(jet.instance, JET_bitBackupEndNormal));
    writer_stop(&writer);
    int32_t n = check_copy(path);
    ck_assert_int_le(n, at_begin + 1); /* one may be committed and not counted yet */

    /* Stopped: nothing goes on but its end. What stands in its way waits for that. */
    ck_ok(JetBeginExternalBackupInstance(jet.instance, 0));
    ck_ok(JetOpenFileInstance(jet.instance, jet.path, &file, &low, &high));
    ck_ok(JetStopBackupInstance(jet.instance));
    ck_jet(JetReadFileInstance(jet.instance, file, list, 4096, &actual),
           JET_errBackupAbortByServer);
    ck_ok(JetCloseDatabase(jet.session, jet.database, 0));
    ck_jet(JetDetachDatabase(jet.session, jet.path), JET_errBackupInProgress);
    ck_jet(JetTerm(jet.instance), JET_errBackupInProgress);
    ck_ok(JetEndExternalBackupInstance2(jet.instance, JET_bitBackupEndAbort));
    ck_ok(JetDetachDatabase(jet.session, jet.path));
    ck_ok(JetBeginExternalBackupInstance(jet.instance, 0));
    ck_ok(JetTerm2(jet.instance, JET_bitTermStopBackup));
    test_jet_start(&jet);
    test_jet_close(&jet);
}
END_TEST

/* --- Snapshots of files ---------------------------------------------------------------------- */

static void copy_file(const char *from, const char *to)
{
    char command[300];
    snprintf(command, sizeof command, "cp '%s' '%s'", from, to);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(test_freeze)
{
    TestJet jet;
    Writer writer;
    JET_OSSNAPID snapshot, second;
    JET_INSTANCE_INFO *infos;
    JET_INSTANCE_INFO_W *wide;
    uint32_t count;
    char copy[128];
    test_jet_open(&jet);
    make_tables(&jet);
    writer_start(&writer, &jet);
    snprintf(copy, sizeof copy, "%s/copy.edb", jet.directory);
    for (int round = 0; round < 3; round++) {
        ck_ok(JetOSSnapshotPrepare(&snapshot, 0));
        ck_jet(JetOSSnapshotPrepare(&second, 0), JET_errOSSnapshotInvalidSequence);
        ck_jet(JetOSSnapshotThaw(snapshot, 0), JET_errOSSnapshotInvalidSequence);
        ck_jet(JetOSSnapshotGetFreezeInfo(snapshot, &count, &infos, 0),
               JET_errOSSnapshotInvalidSequence);
        ck_jet(JetOSSnapshotFreeze(snapshot + 1, &count, &infos, 0),
               JET_errOSSnapshotInvalidSnapId);
        ck_jet(JetOSSnapshotFreeze(snapshot, NULL, &infos, 0), JET_errInvalidParameter);
        ck_ok(JetOSSnapshotFreeze(snapshot, &count, &infos, 0));
        ck_assert_uint_eq(count, 1);
        ck_assert_str_eq(infos[0].szDatabaseFileName[0], jet.path);
        ck_ok(JetFreeBuffer((char *)infos));
        ck_jet(JetOSSnapshotFreeze(snapshot, &count, &infos, 0), JET_errOSSnapshotInvalidSequence);
        ck_ok(JetOSSnapshotGetFreezeInfoW(snapshot, &count, &wide, 0));
        ck_assert_uint_eq(wide[0].szDatabaseFileName[0][0], '/');
        ck_ok(JetFreeBuffer((char *)wide));
        copy_file(jet.path, copy);
        sleep_ms(50);
        int counted = writer.commits;
        ck_jet(JetDetachDatabase(jet.session, jet.path), JET_errDatabaseInUse);
        ck_ok(JetOSSnapshotThaw(snapshot, 0));
        ck_jet(JetOSSnapshotThaw(snapshot, 0), JET_errOSSnapshotInvalidSnapId);
        while (writer.commits < counted + 5)
            sleep_ms(1);
        /* Nothing was committed after the copy; the last may not have been counted yet. */
        int32_t copied = check_copy(copy);
        ck_assert_int_le(counted, copied);
        ck_assert_int_ge(counted, copied - 1);
    }
    writer_stop(&writer);
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_freeze_ends)
{
    TestJet jet;
    Writer writer;
    JET_OSSNAPID snapshot;
    JET_INSTANCE_INFO *infos;
    uint32_t count;
    test_jet_open(&jet);
    make_tables(&jet);
    writer_start(&writer, &jet);
    /* By itself, when the time is over. */
    ck_ok(JetSetSystemParameter(NULL, 0, JET_paramOSSnapshotTimeout, 100, NULL));
    ck_ok(JetOSSnapshotPrepare(&snapshot, JET_bitContinueAfterThaw));
    ck_ok(JetOSSnapshotFreeze(snapshot, &count, &infos, 0));
    ck_ok(JetFreeBuffer((char *)infos));
    int before = writer.commits;
    while (writer.commits < before + 5)
        sleep_ms(5);
    ck_jet(JetOSSnapshotGetFreezeInfo(snapshot, &count, &infos, 0),
           JET_errOSSnapshotInvalidSequence);
    ck_jet(JetOSSnapshotThaw(snapshot, 0), JET_errOSSnapshotTimeOut);
    ck_jet(JetOSSnapshotEnd(snapshot, 0), JET_errOSSnapshotInvalidSnapId);
    /* By giving it up, frozen or not. */
    ck_ok(JetSetSystemParameter(NULL, 0, JET_paramOSSnapshotTimeout, 70000, NULL));
    ck_ok(JetOSSnapshotPrepare(&snapshot, 0));
    ck_ok(JetOSSnapshotAbort(snapshot, 0));
    ck_ok(JetOSSnapshotPrepare(&snapshot, 0));
    ck_ok(JetOSSnapshotFreeze(snapshot, &count, &infos, 0));
    ck_ok(JetFreeBuffer((char *)infos));
    ck_ok(JetOSSnapshotAbort(snapshot, 0));
    before = writer.commits;
    while (writer.commits < before + 5)
        sleep_ms(5);
    /* After the thaw, when it continues. */
    ck_ok(JetOSSnapshotPrepare(&snapshot, JET_bitContinueAfterThaw));
    ck_jet(JetOSSnapshotTruncateLog(snapshot, 0), JET_errOSSnapshotInvalidSequence);
    ck_ok(JetOSSnapshotFreeze(snapshot, &count, &infos, 0));
    ck_ok(JetFreeBuffer((char *)infos));
    ck_jet(JetOSSnapshotEnd(snapshot, 0), JET_errOSSnapshotInvalidSequence);
    ck_ok(JetOSSnapshotThaw(snapshot, 0));
    ck_jet(JetOSSnapshotThaw(snapshot, 0), JET_errOSSnapshotInvalidSequence);
    ck_ok(JetOSSnapshotTruncateLog(snapshot, JET_bitAllDatabasesSnapshot));
    ck_ok(JetOSSnapshotTruncateLogInstance(snapshot, jet.instance, 0));
    ck_jet(JetOSSnapshotTruncateLogInstance(snapshot, jet.instance + 4096, 0),
           JET_errInvalidInstance);
    ck_ok(JetOSSnapshotEnd(snapshot, 0));
    writer_stop(&writer);
    test_jet_close(&jet);
}
END_TEST

/* Another process: freezes the same file when told to, and thaws when told again. */
static int freeze_elsewhere(TestJet *jet, int told, int tells)
{
    JET_OSSNAPID snapshot;
    JET_INSTANCE_INFO *infos;
    uint32_t count;
    char byte = 0;
    bool good = read(told, &byte, 1) == 1;
    test_jet_start(jet);
    ck_ok(JetAttachDatabase(jet->session, jet->path, 0));
    ck_ok(JetOSSnapshotPrepare(&snapshot, 0));
    ck_ok(JetOSSnapshotFreeze(snapshot, &count, &infos, 0));
    good = good && write(tells, &byte, 1) == 1 && read(told, &byte, 1) == 1;
    ck_ok(JetOSSnapshotThaw(snapshot, 0));
    ck_ok(JetTerm2(jet->instance, JET_bitTermAbrupt));
    return good ? 0 : 1;
}

static void *freezer_run(void *context)
{
    JET_INSTANCE_INFO *infos;
    uint32_t count;
    ck_ok(JetOSSnapshotFreeze(*(JET_OSSNAPID *)context, &count, &infos, 0));
    ck_ok(JetFreeBuffer((char *)infos));
    return NULL;
}

/* While one thread waits for its freeze, others cannot take the snapshot from under it. */
START_TEST(test_freeze_that_waits)
{
    TestJet jet;
    JET_OSSNAPID snapshot;
    pthread_t freezer;
    int to_child[2], from_child[2], status;
    char byte = 0;
    test_jet_place(&jet);
    ck_assert(pipe(to_child) == 0 && pipe(from_child) == 0);
    pid_t child = fork();
    if (child == 0)
        _exit(freeze_elsewhere(&jet, to_child[0], from_child[1]));
    test_jet_start(&jet);
    ck_ok(JetCreateDatabase(jet.session, jet.path, NULL, &jet.database, 0));
    ck_assert(write(to_child[1], &byte, 1) == 1 && read(from_child[0], &byte, 1) == 1);

    ck_ok(JetOSSnapshotPrepare(&snapshot, 0));
    ck_assert_int_eq(pthread_create(&freezer, NULL, freezer_run, &snapshot), 0);
    while (JetOSSnapshotPrepareInstance(snapshot, jet.instance, 0) == JET_errSuccess)
        sleep_ms(1);
    ck_jet(JetOSSnapshotThaw(snapshot, 0), JET_errOSSnapshotInvalidSequence);
    ck_jet(JetOSSnapshotAbort(snapshot, 0), JET_errOSSnapshotInvalidSequence);
    ck_assert(write(to_child[1], &byte, 1) == 1);
    ck_assert_int_eq(pthread_join(freezer, NULL), 0);
    ck_ok(JetOSSnapshotAbort(snapshot, 0));
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    for (int i = 0; i < 2; i++) {
        close(to_child[i]);
        close(from_child[i]);
    }
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_freeze_members)
{
    TestJet jet;
    Writer writer;
    JET_INSTANCE other;
    JET_OSSNAPID snapshot;
    JET_INSTANCE_INFO *infos;
    uint32_t count;
    test_jet_open(&jet);
    make_tables(&jet);
    ck_ok(JetCreateInstance(&other, "other"));
    ck_ok(JetInit(&other));
    ck_jet(JetOSSnapshotPrepare(NULL, 0), JET_errInvalidParameter);
    ck_jet(JetOSSnapshotPrepare(&snapshot, 0x100), JET_errInvalidParameter);
    ck_ok(JetOSSnapshotPrepare(&snapshot, JET_bitExplicitPrepare));
    ck_ok(JetOSSnapshotPrepareInstance(snapshot, other, 0));
    ck_jet(JetOSSnapshotPrepareInstance(snapshot, other + 4096, 0), JET_errInvalidInstance);
    writer_start(&writer, &jet);
    ck_ok(JetOSSnapshotFreeze(snapshot, &count, &infos, 0));
    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(infos[0].szInstanceName, "other");
    ck_ok(JetFreeBuffer((char *)infos));
    int before = writer.commits;
    while (writer.commits < before + 5) /* it does not take part */
        sleep_ms(1);
    ck_jet(JetOSSnapshotPrepareInstance(snapshot, jet.instance, 0),
           JET_errOSSnapshotInvalidSequence);
    ck_jet(JetTerm(other), JET_errBackupInProgress);
    ck_ok(JetOSSnapshotThaw(snapshot, 0));
    ck_ok(JetTerm(other));
    writer_stop(&writer);
    /* Not while a backup is running. */
    ck_ok(JetBeginExternalBackupInstance(jet.instance, 0));
    ck_ok(JetOSSnapshotPrepare(&snapshot, 0));
    ck_jet(JetOSSnapshotFreeze(snapshot, &count, &infos, 0), JET_errOSSnapshotNotAllowed);
    ck_ok(JetEndExternalBackupInstance(jet.instance));
    ck_ok(JetOSSnapshotFreeze(snapshot, &count, &infos, 0));
    ck_ok(JetFreeBuffer((char *)infos));
    ck_ok(JetOSSnapshotThaw(snapshot, 0));
    test_jet_close(&jet);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jet-backup");
    TCase *tests = tcase_create("backup");
    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_backup);
    tcase_add_test(tests, test_one_instant);
    tcase_add_test(tests, test_atomic_backup);
    tcase_add_test(tests, test_restore);
    tcase_add_test(tests, test_streaming);
    tcase_add_test(tests, test_freeze);
    tcase_add_test(tests, test_freeze_ends);
    tcase_add_test(tests, test_freeze_that_waits);
    tcase_add_test(tests, test_freeze_members);
    return run_suite(suite);
}
