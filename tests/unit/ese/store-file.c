/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store-file.c - database files: making, opening, refusing what is damaged, cut short or newer,
 * and what a forked child may do.
 */
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "store-test.h"
#include "synced-name.h"
#include "tests/run-suite.h"

static TestStore test;

/* LMDB's calls of mmap (with large files, ours are of mmap64) end here: those of more than map_most
 * bytes, when that is set, fail. */
static size_t map_most, map_refusals;
static int map_error;

void *limited_mmap(void *address, size_t size, int protection, int flags, int fd,
                   off_t offset) __asm__("mmap");

/* ThreadSanitizer calls it too, before it can follow anybody. */
__attribute__((no_sanitize_thread)) void *limited_mmap(void *address, size_t size, int protection,
                                                       int flags, int fd, off_t offset)
{
    if (map_most > 0 && size > map_most) {
        map_refusals++;
        errno = map_error;
        return MAP_FAILED;
    }
    return (void *)syscall(SYS_mmap, address, size, protection, flags, fd, offset);
}

static void set_up(void)
{
    test_store_create(&test);
}

static void tear_down(void)
{
    test_store_remove(&test);
}

static void put_rows(uint32_t count, size_t size)
{
    Txn *txn = test_begin(test.store);
    uint8_t *value = malloc(size);

    memset(value, 'v', size);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t key = __builtin_bswap32(i);
        ck_ok(txn_put(txn, TREE_ROWS, (Bytes){&key, sizeof key}, (Bytes){value, size}));
        ck_ok(txn_index_insert(txn, (Bytes){value, 8}, (Bytes){&key, sizeof key}, false));
    }
    ck_ok(txn_commit(txn, false));
    txn_free(txn);
    free(value);
}

/* Reads rows and index; returns the number of index entries, -1 on an error. */
static int read_rows(Store *store)
{
    Txn *txn = test_begin(store);
    TreeCursor *cursor;
    Bytes key, value;
    int count = 0;

    for (Tree tree = TREE_ROWS; tree <= TREE_INDEX; tree++) {
        ck_ok(tree_cursor_new(txn, tree, &cursor));
        JET_ERR error = tree_cursor_seek(cursor, SEEK_GE, (Bytes){"", 1}, text(""), &key, &value);
        for (count = 0; error == JET_errSuccess; count++)
            error = tree_cursor_next(cursor, &key, &value);
        tree_cursor_free(cursor);
        if (error != JET_errRecordNotFound)
            count = -1;
    }
    txn_free(txn);
    return count;
}

static JET_ERR open_file(Store **ret)
{
    return store_open(&(StoreOptions){.path = test.path}, ret);
}

START_TEST(create_and_open)
{
    StoreOptions options = {.path = test.path, .create = true};
    char absent[160];
    struct stat status;
    Store *store;

    snprintf(absent, sizeof absent, "%s/absent", test.directory);
    ck_jet(store_open(&(StoreOptions){.path = absent}, &store), JET_errFileNotFound);
    ck_jet(store_open(&(StoreOptions){.path = ""}, &store), JET_errInvalidParameter);
    ck_jet(store_open(&(StoreOptions){.path = test.directory}, &store), JET_errFileAccessDenied);
    snprintf(absent, sizeof absent, "%s/absent/file", test.directory);
    ck_jet(store_open(&(StoreOptions){.path = absent, .create = true}, &store),
           JET_errFileNotFound);
    snprintf(absent, sizeof absent, "%s/file", test.path);
    ck_jet(store_open(&(StoreOptions){.path = absent, .create = true}, &store), JET_errInvalidPath);

    ck_jet(store_open(&options, &store), JET_errDatabaseDuplicate);
    options.overwrite = true; /* not under our own feet */
    ck_jet(store_open(&options, &store), JET_errDatabaseSharingViolation);
    ck_jet(open_file(&store), JET_errDatabaseSharingViolation);
    ck_assert_int_eq(stat(test.path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0600);
    snprintf(absent, sizeof absent, "%s-lock", test.path);
    ck_assert_int_eq(stat(absent, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0600);

    put_rows(10, 100);
    test.store = store_close(test.store);
    ck_ok(open_file(&test.store));
    ck_assert_int_eq(read_rows(test.store), 10);
    test.store = store_close(test.store);
    awaited.path = test.path;
    ck_ok(store_open(&options, &test.store));
    ck_assert(awaited.synced);
    ck_assert_int_eq(read_rows(test.store), 0);
    ck_assert_ptr_null(store_close(NULL));
}
END_TEST

START_TEST(read_only_store)
{
    uint64_t first;

    put_rows(10, 100);
    test.store = store_close(test.store);
    ck_jet(store_open(&(StoreOptions){.path = test.path, .read_only = true, .create = true},
                      &test.store),
           JET_errInvalidParameter);
    ck_ok(store_open(&(StoreOptions){.path = test.path, .read_only = true}, &test.store));
    Txn *txn = test_begin(test.store);
    ck_jet(txn_put(txn, TREE_ROWS, text("a"), text("1")), JET_errTransReadOnly);
    txn_free(txn);
    ck_jet(store_reserve(test.store, 1, 1, 1, &first), JET_errDatabaseFileReadOnly);
    ck_assert_int_eq(read_rows(test.store), 10);
}
END_TEST

START_TEST(small_address_space)
{
    test.store = store_close(test.store);
    /* The sanitizers map terabytes of their own. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    struct rlimit limit;

    getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = (rlim_t)8 << 30;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
#endif
    ck_ok(open_file(&test.store));
    put_rows(100, 1000);
    ck_assert_int_eq(read_rows(test.store), 100);
}
END_TEST

START_TEST(address_space_as_under_valgrind)
{
    test.store = store_close(test.store);
    for (size_t i = 0; i < 2; i++) {
        map_error = i == 0 ? EINVAL : ENOMEM;
        map_most = (size_t)1 << 34;
        ck_ok(store_open(&(StoreOptions){.path = test.path, .create = true, .overwrite = true},
                         &test.store));
        ck_assert_uint_gt(map_refusals, 0);
        put_rows(100, 1000);
        ck_assert_int_eq(read_rows(test.store), 100);
        test.store = store_close(test.store);
        map_most = 1 << 20; /* not even what is of some use */
        ck_assert_int_lt(open_file(&test.store), 0);
        map_refusals = map_most = 0;
    }
}
END_TEST

START_TEST(descriptors_close_on_exec)
{
    for (int fd = 3; fd < 256; fd++) {
        char link[64], target[4096];
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t n = readlink(link, target, sizeof target - 1);
        if (n <= 0)
            continue;
        target[n] = 0;
        if (strstr(target, test.directory))
            ck_assert_msg(fcntl(fd, F_GETFD) & FD_CLOEXEC, "%s would survive exec", target);
    }
}
END_TEST

/* --- Damage ---------------------------------------------------------------------- */

static void write_at(uint64_t offset, const void *data, size_t size)
{
    int fd = open(test.path, O_WRONLY | O_CLOEXEC);

    ck_assert_int_eq(pwrite(fd, data, size, (off_t)offset), (ssize_t)size);
    close(fd);
}

static size_t file_size(void)
{
    struct stat status;

    ck_assert_int_eq(stat(test.path, &status), 0);
    return (size_t)status.st_size;
}

static uint8_t *file_read(size_t size)
{
    uint8_t *bytes = malloc(size);
    int fd = open(test.path, O_RDONLY | O_CLOEXEC);

    ck_assert_int_eq(pread(fd, bytes, size, 0), (ssize_t)size);
    close(fd);
    return bytes;
}

START_TEST(truncated)
{
    Store *store;

    put_rows(2000, 500);
    test.store = store_close(test.store);
    size_t size = file_size();
    uint8_t *whole = file_read(size);
    static const size_t lengths[] = {0,    1,    100,  4095, 4096,  4097,
                                     4300, 8191, 8192, 8193, 12288, 40000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        ck_assert_int_eq(truncate(test.path, (off_t)lengths[i]), 0);
        ck_jet(open_file(&store), JET_errDatabaseCorrupted);
    }
    write_at(0, whole, size);
    for (size_t length = size - 1; length > size / 2; length -= 4096 * 7) {
        ck_assert_int_eq(truncate(test.path, (off_t)length), 0);
        ck_jet(open_file(&store), JET_errDatabaseCorrupted);
    }
    write_at(0, whole, size);
    free(whole);
    ck_ok(open_file(&test.store));
    ck_assert_int_eq(read_rows(test.store), 2000);
}
END_TEST

/* The pages that trees begin with are all there: only the walk over free space can tell. */
START_TEST(only_data_is_cut_off)
{
    size_t large = 5 << 20;
    uint8_t *value = calloc(1, large);
    Txn *txn = test_txn(test.store);
    Store *store;

    /* Small rows, a large value behind them; then the rows go, and later commits use their space.
     */
    put_rows(2000, 500);
    ck_ok(txn_begin(txn, false));
    ck_ok(txn_put(txn, TREE_LONG_VALUES, text("long"), (Bytes){value, large}));
    ck_ok(txn_commit(txn, false));
    for (uint32_t i = 0; i < 2000; i++) {
        uint32_t key = __builtin_bswap32(i);
        if (i % 200 == 0)
            ck_ok(txn_begin(txn, false));
        ck_ok(txn_delete(txn, TREE_ROWS, (Bytes){&key, sizeof key}));
        if (i % 200 == 199)
            ck_ok(txn_commit(txn, false));
    }
    txn_free(txn);
    free(value);
    test.store = store_close(test.store);
    size_t size = file_size();
    uint8_t *whole = file_read(size);
    for (size_t cut = 30 * 4096; cut < large; cut += 300000) {
        ck_assert_int_eq(truncate(test.path, (off_t)(size - cut)), 0);
        ck_jet(open_file(&store), JET_errDatabaseCorrupted);
    }
    write_at(0, whole, size);
    free(whole);
    ck_ok(open_file(&test.store));
    ck_assert_int_eq(read_rows(test.store), 2000);
}
END_TEST

/* LMDB does not write pages at the end that one transaction took and gave back. */
static bool churn(unsigned seed)
{
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi rows;
    MDB_cursor *cursor;
    MDB_val key, value;
    MDB_envinfo info;
    char *bytes = calloc(1, 30000);

    srand(seed);
    ck_assert_int_eq(mdb_env_create(&env), 0);
    mdb_env_set_mapsize(env, (size_t)1 << 30);
    mdb_env_set_maxdbs(env, 8);
    ck_assert_int_eq(mdb_env_open(env, test.path, MDB_NOSUBDIR | MDB_NOSYNC, 0600), 0);
    ck_assert_int_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
    ck_assert_int_eq(mdb_dbi_open(txn, "rows", 0, &rows), 0);
    for (int i = rand() % 60; i > 0; i--) {
        int number = rand();
        key = (MDB_val){sizeof number, &number};
        value = (MDB_val){(size_t)(rand() % (rand() % 2 ? 3000 : 30000)), bytes};
        ck_assert_int_eq(mdb_put(txn, rows, &key, &value, 0), 0);
    }
    ck_assert_int_eq(mdb_cursor_open(txn, rows, &cursor), 0);
    while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0)
        if (rand() % 4)
            mdb_cursor_del(cursor, 0);
    ck_assert_int_eq(mdb_txn_commit(txn), 0);
    mdb_env_info(env, &info);
    mdb_env_close(env);
    free(bytes);
    return file_size() < (info.me_last_pgno + 1) * 4096;
}

START_TEST(short_file_is_sound_when_the_rest_is_free)
{
    int found = 0;
    Store *store;

    test.store = store_close(test.store);
    for (unsigned seed = 0; seed < 60; seed++) {
        bool is_short = churn(seed);

        found += is_short;
        ck_ok(open_file(&test.store));
        ck_assert_int_ge(read_rows(test.store), 0);
        test.store = store_close(test.store);
        if (!is_short)
            continue;
        /* One page less, and what is missing is not all free (or was free too: then it opens). */
        size_t size = file_size();
        uint8_t *last = malloc(4096);
        int fd = open(test.path, O_RDWR | O_CLOEXEC);
        ck_assert_int_eq(pread(fd, last, 4096, (off_t)size - 4096), 4096);
        ck_assert_int_eq(ftruncate(fd, (off_t)size - 4096), 0);
        if (open_file(&store) == JET_errSuccess) {
            ck_assert_int_ge(read_rows(store), 0);
            store_close(store);
        }
        ck_assert_int_eq(pwrite(fd, last, 4096, (off_t)size - 4096), 4096);
        close(fd);
        free(last);
    }
    ck_assert_int_gt(found, 3);
    ck_ok(open_file(&test.store));
}
END_TEST

/* In a child: opens, reads all, writes; exits 0 when it could not open, 1 when it could. */
static int child_tries(void)
{
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        Store *store;
        Txn *txn;
        Bytes value;
        uint32_t key = 0;

        if (open_file(&store) != JET_errSuccess)
            _exit(0);
        if (txn_new(store, &txn) == JET_errSuccess && txn_begin(txn, false) == JET_errSuccess)
            for (key = 0; key < 50; key++)
                (void)txn_get(txn, TREE_ROWS, (Bytes){&key, sizeof key}, &value);
        _exit(1);
    }
    int status;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

START_TEST(flipped_bytes_in_metas)
{
    static const uint8_t flips[] = {0x01, 0x80, 0xff};
    int refused = 0, opened = 0;

    put_rows(50, 100);
    put_rows(50, 200);
    test.store = store_close(test.store);
    uint8_t *metas = file_read(8192);
    /* The header and the meta record on each page: 16 + 136 bytes. */
    for (size_t i = 0; i < 2 * 152; i++) {
        size_t offset = i / 152 * 4096 + i % 152;
        uint8_t flipped = metas[offset] ^ flips[i % 3];

        write_at(offset, &flipped, 1);
        int result = child_tries();
        ck_assert_msg(result >= 0, "byte %zu flipped: killed by signal %d", offset, -result);
        if (result)
            opened++;
        else
            refused++;
        write_at(offset, &metas[offset], 1);
    }
    free(metas);
    /* What passes: page numbers of the header, counts, ids, the older meta's numbers in range. */
    ck_assert_int_gt(refused, 90);
    ck_assert_int_gt(opened, 0);
    ck_ok(open_file(&test.store));
    ck_assert_int_eq(read_rows(test.store), 50);
}
END_TEST

/* What would make LMDB do harm: each must be refused. Offsets of MDB_meta in LMDB 0.9. */
START_TEST(dangerous_metas)
{
    static const struct {
        const char *what;
        size_t offset, size;
        uint64_t value;
    } damages[] = {
        {"page flags", 10, 2, 0x02},
        {"magic", 16, 4, 0xBEEFC0DF},
        {"address to map at", 24, 8, 0x10000},
        {"page size 0", 40, 4, 0},
        {"page size 3000", 40, 4, 3000},
        {"page size 8192", 40, 4, 8192},
        {"page size 1 GiB", 40, 4, 1 << 30},
        {"MDB_FIXEDMAP", 44, 2, 0x4009},
        {"free tree's depth", 46, 2, 33},
        {"free tree's root", 80, 8, 1},
        {"free tree's root", 80, 8, UINT64_MAX - 1},
        {"DUPSORT names", 92, 2, 4},
        {"names' depth", 94, 2, 2},
        {"names' leaves", 104, 8, 0},
        {"names' root", 128, 8, 0},
        {"names' root", 128, 8, (uint64_t)1 << 40},
        {"last page", 136, 8, 0},
        {"last page", 136, 8, (uint64_t)1 << 20},
        {"last page", 136, 8, UINT64_MAX},
    };
    Store *store;

    put_rows(50, 100);
    test.store = store_close(test.store);
    uint8_t *metas = file_read(8192);
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        /* In both: either may be the newest. */
        write_at(damages[i].offset, &damages[i].value, damages[i].size);
        write_at(4096 + damages[i].offset, &damages[i].value, damages[i].size);
        JET_ERR error = open_file(&store);
        ck_assert_msg(error == JET_errDatabaseCorrupted, "%s: got %d", damages[i].what, error);
        write_at(0, metas, 8192);
    }
    free(metas);
    ck_ok(open_file(&test.store));
}
END_TEST

START_TEST(garbage_files)
{
    uint8_t *bytes = calloc(1, 65536);
    Store *store;

    test.store = store_close(test.store);
    uint8_t *good = file_read(8192);
    write_at(0, bytes, 65536);
    ck_jet(open_file(&store), JET_errDatabaseCorrupted);
    for (unsigned seed = 0; seed < 200; seed++) {
        srand(seed);
        for (size_t i = 0; i < 65536; i++)
            bytes[i] = (uint8_t)rand();
        if (seed % 2) /* sound metas over garbage pages */
            memcpy(bytes, good, 8192);
        write_at(0, bytes, 65536);
        ck_jet(open_file(&store), JET_errDatabaseCorrupted);
    }
    free(bytes);
    free(good);
}
END_TEST

/* Puts another format record into the file. */
static void write_format(const void *record, size_t size)
{
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi meta;

    ck_assert_int_eq(mdb_env_create(&env), 0);
    mdb_env_set_maxdbs(env, 8);
    /* The size in the file is more than ThreadSanitizer leaves room for. */
    mdb_env_set_mapsize(env, (size_t)1 << 30);
    ck_assert_int_eq(mdb_env_open(env, test.path, MDB_NOSUBDIR, 0600), 0);
    ck_assert_int_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
    ck_assert_int_eq(mdb_dbi_open(txn, "meta", 0, &meta), 0);
    ck_assert_int_eq(
        mdb_put(txn, meta, &(MDB_val){6, (void *)"format"}, &(MDB_val){size, (void *)record}, 0),
        0);
    ck_assert_int_eq(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

START_TEST(versions)
{
    uint32_t version = 2;
    Store *store;
    struct {
        char magic[8];
        uint32_t version;
        uint8_t checksum[4];
    } record = {"STOREHK", __builtin_bswap32(STORE_FORMAT_VERSION + 1), {0}};

    /* LMDB's own version, in both metas. */
    test.store = store_close(test.store);
    write_at(16 + 4, &version, sizeof version);
    write_at(4096 + 16 + 4, &version, sizeof version);
    ck_jet(open_file(&store), JET_errInvalidDatabaseVersion);
    version = 1;
    write_at(16 + 4, &version, sizeof version);
    write_at(4096 + 16 + 4, &version, sizeof version);

    /* Ours, newer by one, and the first, which had no checksums. */
    write_format(&record, sizeof record);
    ck_jet(open_file(&store), JET_errInvalidDatabaseVersion);
    record.version = __builtin_bswap32(1);
    write_format(&record, 12);
    ck_jet(open_file(&store), JET_errInvalidDatabaseVersion);

    /* This one, with a checksum that is not its own. */
    record.version = __builtin_bswap32(STORE_FORMAT_VERSION);
    write_format(&record, sizeof record);
    ck_jet(open_file(&store), JET_errReadVerifyFailure);
}
END_TEST

START_TEST(foreign_lmdb_file)
{
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi tree;
    Store *store;

    test.store = store_close(test.store);
    unlink(test.path);
    ck_assert_int_eq(mdb_env_create(&env), 0);
    mdb_env_set_maxdbs(env, 8);
    ck_assert_int_eq(mdb_env_open(env, test.path, MDB_NOSUBDIR, 0600), 0);
    ck_assert_int_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
    ck_assert_int_eq(mdb_dbi_open(txn, "other", MDB_CREATE, &tree), 0);
    ck_assert_int_eq(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
    ck_jet(open_file(&store), JET_errDatabaseCorrupted);
}
END_TEST

/* --- Other processes ----------------------------------------------------------------- */

START_TEST(child_of_fork_is_refused)
{
    Txn *idle = test_txn(test.store), *open = test_begin(test.store);
    TreeCursor *cursor;
    Bytes key, value;
    uint64_t first;
    int status;

    put_rows(5, 10);
    ck_ok(tree_cursor_new(idle, TREE_ROWS, &cursor));
    pid_t pid = fork();
    if (pid == 0) {
        StoreStatistics statistics;
        bool refused = txn_begin(idle, false) == JET_errInvalidInstance &&
                       txn_begin(open, false) == JET_errInvalidInstance &&
                       txn_commit(open, false) == JET_errInvalidInstance &&
                       txn_rollback(open) == JET_errInvalidInstance &&
                       txn_wait_durable(open, true) == JET_errInvalidInstance &&
                       txn_get(open, TREE_ROWS, text("a"), &value) == JET_errInvalidInstance &&
                       tree_cursor_seek(cursor, SEEK_GE, text("a"), text(""), &key, &value) ==
                           JET_errInvalidInstance &&
                       store_reserve(test.store, 1, 1, 1, &first) == JET_errInvalidInstance &&
                       store_statistics(test.store, &statistics) == JET_errInvalidInstance &&
                       !store_close(test.store);
        _exit(refused ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    ck_assert_int_eq(status, 0);
    /* Nothing of it reached the parent. */
    ck_ok(txn_put(open, TREE_ROWS, text("a"), text("1")));
    ck_ok(txn_commit(open, false));
    tree_cursor_free(cursor);
    txn_free(idle);
    txn_free(open);
    ck_assert_int_eq(read_rows(test.store), 5);
}
END_TEST

/* Another process opens the file for itself and commits. */
static void other_process_puts(const char *key, const char *value)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        Store *store;
        Txn *txn;
        bool done = open_file(&store) == JET_errSuccess && txn_new(store, &txn) == JET_errSuccess &&
                    txn_begin(txn, false) == JET_errSuccess &&
                    txn_put(txn, TREE_ROWS, text(key), text(value)) == JET_errSuccess &&
                    txn_commit(txn, false) == JET_errSuccess;
        _exit(done ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    ck_assert_int_eq(status, 0);
}

/* What is left of a block of numbers is given back, but not where another process has gone on. */
START_TEST(numbers_of_another_process)
{
    uint64_t first, theirs;
    int status, ends[2];

    ck_ok(store_reserve(test.store, 1, 1, 1, &first));
    ck_assert_int_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        Store *store;
        bool done = open_file(&store) == JET_errSuccess &&
                    store_reserve(store, 1, 1, 1, &first) == JET_errSuccess &&
                    write(ends[1], &first, sizeof first) == sizeof first;
        _exit(done ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(read(ends[0], &theirs, sizeof theirs), sizeof theirs);
    close(ends[0]);
    close(ends[1]);
    test_store_reopen(&test);
    ck_ok(store_reserve(test.store, 1, 1, 1, &first));
    ck_assert_uint_gt(first, theirs);
}
END_TEST

START_TEST(commits_of_another_process)
{
    Txn *txn = test_begin(test.store), *other = test_begin(test.store);
    Bytes value;

    ck_ok(txn_put(txn, TREE_ROWS, text("mine"), text("1")));
    ck_ok(txn_put(other, TREE_ROWS, text("theirs"), text("1")));
    other_process_puts("theirs", "2");
    ck_ok(txn_commit(txn, false)); /* another key */
    ck_jet(txn_commit(other, false), JET_errWriteConflict);
    ck_assert_uint_eq(txn_level(other), 1);
    ck_ok(txn_rollback(other));
    ck_ok(txn_begin(other, false));
    ck_ok(txn_get(other, TREE_ROWS, text("theirs"), &value));
    ck_bytes(value, "2");
    ck_ok(txn_put(other, TREE_ROWS, text("theirs"), text("3")));
    ck_ok(txn_commit(other, false));
    txn_free(txn);
    txn_free(other);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store files");
    TCase *cases = tcase_create("files");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_set_timeout(cases, 100);
    tcase_add_test(cases, create_and_open);
    tcase_add_test(cases, read_only_store);
    tcase_add_test(cases, small_address_space);
    tcase_add_test(cases, address_space_as_under_valgrind);
    tcase_add_test(cases, descriptors_close_on_exec);
    tcase_add_test(cases, truncated);
    tcase_add_test(cases, only_data_is_cut_off);
    tcase_add_test(cases, short_file_is_sound_when_the_rest_is_free);
    tcase_add_test(cases, flipped_bytes_in_metas);
    tcase_add_test(cases, dangerous_metas);
    tcase_add_test(cases, garbage_files);
    tcase_add_test(cases, versions);
    tcase_add_test(cases, foreign_lmdb_file);
    tcase_add_test(cases, child_of_fork_is_refused);
    tcase_add_test(cases, numbers_of_another_process);
    tcase_add_test(cases, commits_of_another_process);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
