/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ese-damage.c - damages a database file at random, thousands of times, and asks esentcheck.
 *
 * usage: ese-damage ESENTCHECK [SECONDS [SEED]]
 *
 * esentcheck must end with 0 or 1, whatever the file looks like. Where it says "sound", libesent
 * must read the whole file without a crash, and find the same keys, entries, rows and values as
 * before. With JET_paramEnableDBScanInRecovery libesent must survive the others, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mailstore/ese/esent.h"
#include "mailstore/ese/page-layout.h"
#include "tests/scratch.h"

enum {
    ROWS = 600,
    CHANGES_MAX = 4,
    SECONDS_DEFAULT = 6,
    READ_SECONDS = 20,
};

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "ese-damage: seed %u, round %u, line %d: %s\n", seed, round_number,    \
                    __LINE__, #condition);                                                         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

typedef struct {
    uint32_t rows, entries;
    uint64_t keys, values; /* hashes of all in order */
    JET_ERR err;
} Contents;

static unsigned seed, round_number;
static char directory[SCRATCH_MAX + 32];
static char path[SCRATCH_MAX + 48], lock_path[SCRATCH_MAX + 56];
static uint8_t *sound, *is_value;
static size_t sound_size;

static uint64_t hash(uint64_t sum, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ bytes[i]) * 1099511628211u;
    return sum;
}

/* --- Through libesent ---------------------------------------------------------- */

typedef struct {
    JET_INSTANCE instance;
    JET_SESID session;
    JET_DBID database;
    JET_TABLEID table;
    JET_COLUMNID id, num, name, data;
} Base;

static JET_COLUMNID add_column(Base *base, const char *name, JET_COLTYP coltyp, uint32_t most)
{
    JET_COLUMNID id = 0;
    JET_COLUMNDEF definition = {
        .cbStruct = sizeof definition, .coltyp = coltyp, .cbMax = most, .cp = 1252};
    MUST(JetAddColumn(base->session, base->table, name, &definition, NULL, 0, &id) >= 0);
    return id;
}

static void insert(Base *base, int32_t id)
{
    static uint8_t data[60000];
    char name[64];
    int32_t num = id % 3;
    uint32_t size = id % 41 ? (uint32_t)id % 900 : (uint32_t)id * 60;
    snprintf(name, sizeof name, "name of row %d", id * 7919 % ROWS);
    memset(data, id, sizeof data);
    MUST(JetPrepareUpdate(base->session, base->table, JET_prepInsert) >= 0);
    MUST(JetSetColumn(base->session, base->table, base->id, &id, 4, 0, NULL) >= 0);
    MUST(JetSetColumn(base->session, base->table, base->num, &num, 4, 0, NULL) >= 0);
    MUST(JetSetColumn(base->session, base->table, base->name, name, (uint32_t)strlen(name), 0,
                      NULL) >= 0);
    MUST(JetSetColumn(base->session, base->table, base->data, data, size, 0, NULL) >= 0);
    MUST(JetUpdate(base->session, base->table, NULL, 0, NULL) >= 0);
}

static void start(Base *base)
{
    MUST(JetCreateInstance(&base->instance, "damage") >= 0);
    /* All pages are checked before the file is mapped. */
    MUST(JetSetSystemParameter(&base->instance, 0, JET_paramEnableDBScanInRecovery, 1, NULL) >= 0);
    MUST(JetInit(&base->instance) >= 0);
    MUST(JetBeginSession(base->instance, &base->session, NULL, NULL) >= 0);
}

/* Rows, duplicates enough for a tree of their own, long values, a second table, free pages. */
static void make_database(void)
{
    Base base;
    start(&base);
    MUST(JetCreateDatabase(base.session, path, NULL, &base.database, 0) >= 0);
    MUST(JetCreateTable(base.session, base.database, "other", 0, 0, &base.table) >= 0);
    MUST(JetCloseTable(base.session, base.table) >= 0);
    MUST(JetCreateTable(base.session, base.database, "t", 0, 0, &base.table) >= 0);
    base.id = add_column(&base, "id", JET_coltypLong, 0);
    base.num = add_column(&base, "num", JET_coltypLong, 0);
    base.name = add_column(&base, "name", JET_coltypText, 100);
    base.data = add_column(&base, "data", JET_coltypLongBinary, 0);
    MUST(JetCreateIndex(base.session, base.table, "p", JET_bitIndexPrimary, "+id\0", 5, 0) >= 0);
    MUST(JetCreateIndex(base.session, base.table, "num", 0, "+num\0", 6, 0) >= 0);
    MUST(JetCreateIndex(base.session, base.table, "name", JET_bitIndexUnique, "-name\0", 7, 0) >=
         0);
    MUST(JetBeginTransaction(base.session) >= 0);
    for (int32_t id = 1; id < ROWS; id++)
        insert(&base, id);
    MUST(JetCommitTransaction(base.session, 0) >= 0);
    MUST(JetMove(base.session, base.table, JET_MoveFirst, 0) >= 0);
    for (int i = 0; i < 40; i++) {
        MUST(JetDelete(base.session, base.table) >= 0);
        MUST(JetMove(base.session, base.table, 3, 0) >= 0);
    }
    MUST(JetTerm(base.instance) >= 0);
}

#define TRY(expression)                                                                            \
    do {                                                                                           \
        JET_ERR try_ = (expression);                                                               \
        if (try_ < 0)                                                                              \
            return try_;                                                                           \
    } while (0)

static JET_ERR read_row(Base *base, Contents *contents)
{
    static uint8_t data[1 << 16];
    const JET_COLUMNID columns[] = {base->id, base->num, base->name, base->data};
    for (size_t i = 0; i < 4; i++) {
        uint32_t size = 0;
        TRY(JetRetrieveColumn(base->session, base->table, columns[i], data, sizeof data, &size, 0,
                              NULL));
        contents->values = hash(contents->values, data, size < sizeof data ? size : sizeof data);
    }
    contents->rows++;
    return JET_errSuccess;
}

static JET_ERR read_index(Base *base, const char *index, Contents *contents)
{
    uint8_t key[600];
    uint32_t size;
    TRY(JetSetCurrentIndex(base->session, base->table, index));
    JET_ERR err = JetMove(base->session, base->table, JET_MoveFirst, 0);
    for (; err >= 0; err = JetMove(base->session, base->table, JET_MoveNext, 0)) {
        TRY(JetRetrieveKey(base->session, base->table, key, sizeof key, &size, 0));
        contents->keys = hash(contents->keys, key, size);
        TRY(JetGetBookmark(base->session, base->table, key, sizeof key, &size));
        contents->keys = hash(contents->keys, key, size);
        contents->entries++;
        if (!index)
            TRY(read_row(base, contents));
    }
    return err == JET_errNoCurrentRecord ? JET_errSuccess : err;
}

static JET_ERR read_all(Contents *contents)
{
    static const char *const names[] = {"id", "num", "name", "data"};
    Base base;
    JET_COLUMNID *const ids[] = {&base.id, &base.num, &base.name, &base.data};
    start(&base);
    TRY(JetAttachDatabase(base.session, path, JET_bitDbReadOnly));
    TRY(JetOpenDatabase(base.session, path, NULL, &base.database, JET_bitDbReadOnly));
    TRY(JetOpenTable(base.session, base.database, "other", NULL, 0, 0, &base.table));
    TRY(JetOpenTable(base.session, base.database, "t", NULL, 0, JET_bitTableReadOnly, &base.table));
    for (size_t i = 0; i < 4; i++) {
        JET_COLUMNDEF definition = {.cbStruct = sizeof definition};
        TRY(JetGetTableColumnInfo(base.session, base.table, names[i], &definition,
                                  sizeof definition, JET_ColInfo));
        *ids[i] = definition.columnid;
    }
    TRY(read_index(&base, NULL, contents));
    TRY(read_index(&base, "num", contents));
    TRY(read_index(&base, "name", contents));
    return JetTerm(base.instance);
}

/* In a process of its own. */
static Contents read_contents(void)
{
    Contents contents = {0};
    int fds[2], status;
    MUST(pipe2(fds, O_CLOEXEC) == 0);
    fflush(NULL);
    pid_t pid = fork();
    MUST(pid >= 0);
    if (pid == 0) {
        alarm(READ_SECONDS);
        contents.err = read_all(&contents);
        _exit(write(fds[1], &contents, sizeof contents) == sizeof contents ? 0 : 1);
    }
    close(fds[1]);
    ssize_t n = read(fds[0], &contents, sizeof contents);
    close(fds[0]);
    MUST(waitpid(pid, &status, 0) == pid);
    MUST(n == sizeof contents && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return contents;
}

/* --- Damage -------------------------------------------------------------------- */

/* Bytes of values: leaf data that are no tree's record and no list of bookmarks, and pages that
 * only hold data. */
static void mark_values(size_t page_size)
{
    for (size_t start_at = 2 * page_size; start_at + page_size <= sound_size;
         start_at += page_size) {
        const uint8_t *page = sound + start_at;
        PageHeader header;
        memcpy(&header, page, sizeof header);
        bool numbered = header.number == start_at / page_size;
        if (!numbered || !(header.flags & (PAGE_BRANCH | PAGE_LEAF))) {
            size_t from = numbered && header.flags == PAGE_OVERFLOW ? sizeof header : 0;
            memset(is_value + start_at + from, 1, page_size - from);
            continue;
        }
        for (size_t i = 0; (header.flags & PAGE_LEAF) && i < page_node_count(page); i++) {
            PageNode node;
            size_t offset;
            MUST(page_node(page, page_size, i, &node, &offset));
            size_t size = node.low | (size_t)node.high << 16;
            if (node.flags == 0)
                memset(is_value + start_at + offset + sizeof node + node.key_size, 1, size);
        }
    }
}

static uint32_t draw(uint32_t below)
{
    return (uint32_t)random() % below;
}

/* Where nodes and headers are; a free choice would mostly hit long values. */
static size_t draw_structure(size_t page_size)
{
    for (int i = 0; i < 200; i++) {
        size_t page = draw((uint32_t)(sound_size / page_size)) * page_size;
        uint32_t where = draw(4);
        size_t at = page + (where == 0   ? draw(16)
                            : where == 1 ? draw(64)
                                         : draw((uint32_t)page_size));
        if (!is_value[at])
            return at;
    }
    return draw((uint32_t)sound_size);
}

static void damage(uint8_t *bytes, size_t *size, size_t page_size)
{
    uint32_t kind = draw(20);
    memcpy(bytes, sound, sound_size);
    *size = sound_size;
    if (kind == 0) {
        *size = draw((uint32_t)sound_size);
    } else if (kind == 1) {
        *size = draw((uint32_t)(sound_size / page_size)) * page_size;
    } else if (kind == 2) { /* a page in another's place, as lost or stray writes leave it */
        size_t to = draw((uint32_t)(sound_size / page_size)) * page_size;
        memcpy(bytes + to, sound + draw((uint32_t)(sound_size / page_size)) * page_size, page_size);
    } else if (kind == 3) {
        memset(bytes + draw((uint32_t)(sound_size / page_size)) * page_size, 0, page_size);
    } else {
        for (uint32_t n = 1 + draw(CHANGES_MAX); n > 0; n--) {
            size_t at = draw(3) ? draw_structure(page_size) : draw((uint32_t)sound_size);
            bytes[at] = draw(2) ? (uint8_t)draw(256) : (uint8_t)(bytes[at] ^ 1u << draw(8));
        }
    }
}

static void write_file(const uint8_t *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    MUST(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    close(fd);
    unlink(lock_path);
}

static int ask(const char *program)
{
    int status;
    pid_t pid = fork();
    MUST(pid >= 0);
    if (pid == 0) {
        alarm(READ_SECONDS);
        execl(program, program, "--quiet", path, (char *)NULL);
        _exit(127);
    }
    MUST(waitpid(pid, &status, 0) == pid);
    MUST(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* In the build directory, where tests run: the scratch directory goes with the run. */
static void keep(const uint8_t *bytes, size_t size)
{
    const char *kept = "ese-damage.edb";
    int fd = open(kept, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0 && write(fd, bytes, size) == (ssize_t)size)
        fprintf(stderr, "ese-damage: the file is kept as %s\n", kept);
    if (fd >= 0)
        close(fd);
}

static void check_sound(const Contents *before, const uint8_t *bytes, size_t size)
{
    Contents after = read_contents();
    bool same = after.err >= 0 && after.rows == before->rows && after.entries == before->entries &&
                after.keys == before->keys && after.values == before->values;
    if (same)
        return;
    fprintf(stderr,
            "ese-damage: said to be sound, but reads otherwise: error %d, %u rows, %u entries, "
            "keys %d, values %d\n",
            after.err, after.rows, after.entries, after.keys == before->keys,
            after.values == before->values);
    keep(bytes, size);
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != sound[i])
            fprintf(stderr, "byte %zu is %02x instead of %02x\n", i, bytes[i], sound[i]);
    MUST(same);
}

static void read_sound(void)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    MUST(fd >= 0 && fstat(fd, &status) == 0);
    sound_size = (size_t)status.st_size;
    sound = malloc(sound_size);
    is_value = calloc(1, sound_size);
    MUST(sound && is_value && read(fd, sound, sound_size) == (ssize_t)sound_size);
    close(fd);
}

static void make_in_child(void)
{
    int status;
    pid_t pid = fork();
    MUST(pid >= 0);
    if (pid == 0) {
        make_database();
        _exit(0);
    }
    MUST(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(int argc, char **argv)
{
    unsigned seconds = argc > 2                         ? (unsigned)atoi(argv[2])
                       : getenv("STOREHOOK_TEST_QUICK") ? 2
                                                        : SECONDS_DEFAULT;
    unsigned told = 0, found_sound = 0, refused = 0;
    Meta meta;
    if (argc < 2)
        return 2;
    seed = argc > 3 ? (unsigned)atoi(argv[3]) : (unsigned)time(NULL);
    printf("ese-damage: seed %u\n", seed);
    srandom(seed);
    snprintf(directory, sizeof directory, "%s/ese-damage-XXXXXX", scratch_directory());
    MUST(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/damage.edb", directory);
    snprintf(lock_path, sizeof lock_path, "%s/damage.edb-lock", directory);
    make_in_child();
    read_sound();
    memcpy(&meta, sound + sizeof(PageHeader), sizeof meta);
    mark_values(meta.free.pad);
    MUST(ask(argv[1]) == 0);
    Contents before = read_contents();
    MUST(before.err >= 0 && before.rows == ROWS - 1 - 40 && before.entries == 3 * before.rows);
    uint8_t *bytes = malloc(sound_size);
    MUST(bytes);
    for (time_t end = time(NULL) + (time_t)seconds; time(NULL) < end; round_number++) {
        size_t size;
        damage(bytes, &size, meta.free.pad);
        write_file(bytes, size);
        int status = ask(argv[1]);
        if (status != 0 && status != 1)
            keep(bytes, size);
        MUST(status == 0 || status == 1);
        told += status == 1;
        found_sound += status == 0;
        if (status == 0)
            check_sound(&before, bytes, size);
        else
            refused += read_contents().err < 0;
    }
    printf("ese-damage: %u files of %zu bytes: %u damaged (%u refused), %u sound\n", round_number,
           sound_size, told, refused, found_sound);
    MUST(round_number < 50 || (told > 0 && found_sound > 0));
    free(bytes);
    free(sound);
    free(is_value);
    unlink(path);
    unlink(lock_path);
    rmdir(directory);
    return 0;
}
