/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ese-flip.c - changes one byte of a sound database file at a time: esentcheck's code must tell
 * each change, but of the bytes that mean nothing.
 *
 * usage: ese-flip [SECONDS [SEED]], ese-flip --all [FROM [STEP]]
 *
 * Which bytes mean nothing is told by what a page is, never by what the check says of it. Of the
 * bytes that only sometimes mean something, the parting keys of branches, the test says itself when
 * they do: then, and only then, the change must be told. With --all each byte is changed once, from
 * the FROMth on by STEP (so that several can share the work), of free room a sixteenth; else as
 * many as there is time for, drawn at random.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mailstore/ese/check-table.h"
#include "mailstore/ese/esent.h"
#include "tests/scratch.h"

enum {
    ROWS = 260,
    SECONDS_DEFAULT = 5,
};

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "ese-flip: seed %u, line %d: %s\n", seed, __LINE__, #condition);       \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* What a byte is. All before OTHERS must be told when changed. */
typedef enum {
    USED,
    SEPARATOR, /* a key in a branch: means something as far as it parts its neighbours */
    ROOM,      /* in a page, between or behind what lies in it */
    FREE,      /* pages that nobody uses */
    PADDING,   /* of headers and nodes */
    NUMBER,    /* of a page within a page: LMDB leaves there what it was once */
    LIST,      /* of a list of free pages: which commit freed them, and room behind them */
    OLDER,     /* the older meta page */
    MAP_SIZE,  /* in the newest */
    KINDS
} Kind;

static const char *const kind_names[] = {"used",          "separators", "room in pages",
                                         "free",          "padding",    "numbers of pages in pages",
                                         "in free lists", "older meta", "map size"};

static unsigned seed;
static uint8_t *bytes, *kinds, *states;
static size_t size, page_size;
static uint64_t last_page;

/* --- The database -------------------------------------------------------------- */

typedef struct {
    JET_INSTANCE instance;
    JET_SESID session;
    JET_DBID database;
    JET_TABLEID table;
    JET_COLUMNID id, num, name, tags, data, counter;
} Base;

static JET_COLUMNID add_column(Base *base, const char *name, JET_COLTYP coltyp, JET_GRBIT grbit)
{
    JET_COLUMNID id = 0;
    uint32_t zero = 0;
    bool escrow = grbit & JET_bitColumnEscrowUpdate;
    JET_COLUMNDEF definition = {
        .cbStruct = sizeof definition, .coltyp = coltyp, .cp = 1252, .grbit = grbit};
    MUST(JetAddColumn(base->session, base->table, name, &definition, escrow ? &zero : NULL,
                      escrow ? sizeof zero : 0, &id) >= 0);
    return id;
}

static void make_table(Base *base, const char *name, bool primary)
{
    MUST(JetCreateTable(base->session, base->database, name, 0, 0, &base->table) >= 0);
    base->id = add_column(base, "id", JET_coltypLong, JET_bitColumnAutoincrement);
    base->num = add_column(base, "num", JET_coltypLong, 0);
    base->counter = add_column(base, "counter", JET_coltypLong, JET_bitColumnEscrowUpdate);
    base->name = add_column(base, "name", JET_coltypText, 0);
    base->tags = add_column(base, "tags", JET_coltypLongText,
                            JET_bitColumnTagged | JET_bitColumnMultiValued);
    base->data = add_column(base, "data", JET_coltypLongBinary, JET_bitColumnTagged);
    if (!primary)
        return;
    MUST(JetCreateIndex(base->session, base->table, "p", JET_bitIndexPrimary, "+name\0+id\0", 11,
                        0) >= 0);
    MUST(JetCreateIndex(base->session, base->table, "num", 0, "+num\0", 6, 0) >= 0);
    MUST(JetCreateIndex(base->session, base->table, "id", JET_bitIndexUnique, "-id\0", 5, 0) >= 0);
    MUST(JetCreateIndex(base->session, base->table, "tags", 0, "+tags\0", 7, 0) >= 0);
}

static void set(Base *base, JET_COLUMNID column, const void *data, size_t length, uint32_t itag)
{
    JET_SETINFO info = {.cbStruct = sizeof info, .itagSequence = itag};
    MUST(JetSetColumn(base->session, base->table, column, data, (uint32_t)length, 0, &info) >= 0);
}

static void insert(Base *base, int32_t row)
{
    static uint8_t data[70000];
    char text[80];
    int32_t num = row % 3;
    MUST(JetPrepareUpdate(base->session, base->table, JET_prepInsert) >= 0);
    if (row % 7 != 0)
        set(base, base->num, &num, sizeof num, 1);
    snprintf(text, sizeof text, "%.*s of row %d", row % 60,
             "a name that some rows have in common with "
             "others and its end",
             row * 7919 % ROWS);
    set(base, base->name, text, strlen(text), 1);
    for (uint32_t itag = 1; itag <= (uint32_t)row % 4; itag++) {
        snprintf(text, sizeof text, "tag %u of %d", itag, row % 11);
        set(base, base->tags, text, strlen(text), itag);
    }
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 31 + (size_t)row);
    if (row % 2)
        set(base, base->data, data,
            row % 101 == 1  ? sizeof data
            : row % 13 == 1 ? 3000
                            : (size_t)row,
            1);
    MUST(JetUpdate(base->session, base->table, NULL, 0, NULL) >= 0);
}

static void make_database(const char *path)
{
    Base base;
    MUST(JetCreateInstance(&base.instance, "flip") >= 0);
    MUST(JetInit(&base.instance) >= 0);
    MUST(JetBeginSession(base.instance, &base.session, NULL, NULL) >= 0);
    MUST(JetCreateDatabase(base.session, path, NULL, &base.database, 0) >= 0);
    make_table(&base, "no index", false);
    MUST(JetBeginTransaction(base.session) >= 0);
    for (int32_t row = 1; row < 20; row++)
        insert(&base, row);
    MUST(JetCommitTransaction(base.session, 0) >= 0);
    make_table(&base, "t", true);
    MUST(JetBeginTransaction(base.session) >= 0);
    for (int32_t row = 1; row < ROWS; row++)
        insert(&base, row);
    MUST(JetCommitTransaction(base.session, 0) >= 0);
    MUST(JetMove(base.session, base.table, JET_MoveFirst, 0) >= 0);
    for (int i = 0; i < 30; i++) {
        int32_t one = 1;
        MUST(JetBeginTransaction(base.session) >= 0);
        MUST(JetDelete(base.session, base.table) >= 0);
        MUST(JetMove(base.session, base.table, 2, 0) >= 0);
        MUST(JetEscrowUpdate(base.session, base.table, base.counter, &one, sizeof one, NULL, 0,
                             NULL, 0) >= 0);
        MUST(JetMove(base.session, base.table, JET_MoveNext, 0) >= 0);
        MUST(JetCommitTransaction(base.session, 0) >= 0);
    }
    MUST(JetTerm(base.instance) >= 0);
}

/* In a process of its own: this one has the check tool's functions of the store. */
static void make_in_child(const char *path)
{
    int status;
    pid_t pid = fork();
    MUST(pid >= 0);
    if (pid == 0) {
        make_database(path);
        _exit(0);
    }
    MUST(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void load(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    MUST(fd >= 0 && fstat(fd, &status) == 0);
    size = (size_t)status.st_size;
    bytes = malloc(size);
    kinds = calloc(1, size);
    MUST(bytes && kinds && read(fd, bytes, size) == (ssize_t)size);
    close(fd);
}

/* --- What means nothing -------------------------------------------------------- */

static void mark(size_t from, size_t length, Kind kind)
{
    MUST(from + length <= size);
    memset(kinds + from, (int)kind, length);
}

static PageHeader header_at(size_t at)
{
    PageHeader header;
    memcpy(&header, bytes + at, sizeof header);
    return header;
}

static PageNode node_header(size_t page, size_t i, size_t *ret_at)
{
    PageNode node;
    uint16_t offset;
    memcpy(&offset, bytes + page + sizeof(PageHeader) + i * sizeof offset, sizeof offset);
    *ret_at = page + offset;
    memcpy(&node, bytes + page + offset, sizeof node);
    return node;
}

static size_t data_size(const PageNode *node)
{
    return node->low | (size_t)node->high << 16;
}

static void mark_header(size_t page)
{
    PageHeader header = header_at(page);
    mark(page + offsetof(PageHeader, pad), sizeof header.pad, PADDING);
    mark(page + header.lower, (size_t)(header.upper - header.lower), ROOM);
}

/* A list of free pages: its key, and what stands behind the pages that it counts. */
static void mark_list(size_t key, size_t data, size_t length)
{
    uint64_t count;
    memcpy(&count, bytes + data, sizeof count);
    mark(key, sizeof(uint64_t), LIST);
    mark(data + (1 + count) * sizeof count, length - (1 + count) * sizeof count, LIST);
}

static void mark_tree(const TreeRecord *tree, bool lists);

static void mark_leaf(size_t page, bool lists)
{
    for (size_t i = 0; i < page_node_count(bytes + page); i++) {
        size_t at;
        PageNode node = node_header(page, i, &at);
        size_t data = at + sizeof node + node.key_size, length = data_size(&node);
        TreeRecord record;
        if (node.flags & NODE_BIGDATA) {
            uint64_t first;
            memcpy(&first, bytes + data, sizeof first);
            size_t value = first * page_size + sizeof(PageHeader);
            size_t end = (value + length + page_size - 1) / page_size * page_size;
            mark(first * page_size + offsetof(PageHeader, pad), sizeof(uint16_t), PADDING);
            mark(value + length, end - value - length, ROOM);
            if (lists) { /* of its length only the pages that it takes mean something */
                mark(at, offsetof(PageNode, flags), LIST);
                mark_list(at + sizeof node, value, length);
            }
            length = sizeof first;
        } else if (node.flags & NODE_SUBTREE) {
            memcpy(&record, bytes + data, sizeof record);
            mark_tree(&record, false);
        } else if (node.flags & NODE_DUPDATA) {
            mark(data, sizeof(uint64_t), NUMBER);
            mark_header(data);
            for (size_t j = 0; j < page_node_count(bytes + data); j++) {
                size_t inner_at;
                PageNode inner = node_header(data, j, &inner_at);
                if (inner.key_size % 2)
                    mark(inner_at + sizeof inner + inner.key_size, 1, PADDING);
            }
        } else if (lists) {
            mark_list(at + sizeof node, data, length);
        }
        if ((node.key_size + length) % 2)
            mark(data + length, 1, PADDING);
    }
}

static void mark_page(uint64_t number, unsigned depth, bool lists)
{
    size_t page = number * page_size;
    mark_header(page);
    if (depth == 1) {
        mark_leaf(page, lists);
        return;
    }
    for (size_t i = 0; i < page_node_count(bytes + page); i++) {
        size_t at;
        PageNode node = node_header(page, i, &at);
        mark(at + sizeof node, node.key_size, lists ? LIST : SEPARATOR);
        if (node.key_size % 2)
            mark(at + sizeof node + node.key_size, 1, PADDING);
        mark_page(page_node_child(&node), depth - 1, lists);
    }
}

static void mark_tree(const TreeRecord *tree, bool lists)
{
    if (tree->root != PAGE_NONE)
        mark_page(tree->root, tree->depth, lists);
}

static void mark_metas(Meta *ret_newest)
{
    Meta metas[2];
    for (size_t i = 0; i < 2; i++)
        memcpy(&metas[i], bytes + i * page_size + sizeof(PageHeader), sizeof metas[i]);
    size_t newest = metas[1].txn > metas[0].txn;
    MUST(metas[0].txn != metas[1].txn);
    for (size_t i = 0; i < 2; i++) {
        size_t at = i * page_size, meta = at + sizeof(PageHeader);
        mark(at + offsetof(PageHeader, pad), sizeof(uint16_t), PADDING);
        mark(at + offsetof(PageHeader, lower), 2 * sizeof(uint16_t), PADDING);
        mark(meta + sizeof(Meta), page_size - sizeof(PageHeader) - sizeof(Meta), ROOM);
        mark(meta + offsetof(Meta, map_size), sizeof(uint64_t), MAP_SIZE);
        if (i == newest)
            continue;
        mark(meta + offsetof(Meta, address), offsetof(Meta, txn) - offsetof(Meta, address), OLDER);
        mark(meta + offsetof(Meta, free.pad), sizeof(uint32_t), USED); /* the size of pages */
    }
    *ret_newest = metas[newest];
}

static void mark_all(const Check *check)
{
    Meta newest;
    mark_metas(&newest);
    last_page = newest.last_page;
    MUST(memcmp(&newest, &check->meta, sizeof newest) == 0);
    for (uint64_t number = 2; number < size / page_size; number++)
        if (number > last_page || states[number] == 2)
            mark(number * page_size, page_size, FREE);
    mark_tree(&newest.free, true);
    mark_tree(&newest.names, false); /* each of its nodes is a tree */
}

/* --- Separators ---------------------------------------------------------------- */

/* The first or last key below a page. */
static Bytes outer_key(uint64_t number, bool last)
{
    for (;;) {
        size_t page = number * page_size, at;
        PageNode node = node_header(page, last ? page_node_count(bytes + page) - 1 : 0, &at);
        if (header_at(page).flags & PAGE_LEAF)
            return (Bytes){bytes + at + sizeof node, node.key_size};
        number = page_node_child(&node);
    }
}

static int compare(Bytes a, Bytes b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = memcmp(a.data, b.data, common);
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

/* Does the key at this place, changed, still part what lies on both its sides? */
static bool separates(size_t place)
{
    size_t page = place / page_size * page_size, at, before_at;
    for (size_t i = 1; i < page_node_count(bytes + page); i++) {
        PageNode node = node_header(page, i, &at);
        PageNode before = node_header(page, i - 1, &before_at);
        Bytes key = {bytes + at + sizeof node, node.key_size};
        if (place < at || place >= at + sizeof node + node.key_size)
            continue;
        return compare(outer_key(page_node_child(&before), true), key) < 0 &&
               compare(key, outer_key(page_node_child(&node), false)) <= 0;
    }
    MUST(!"no such key");
    return false;
}

/* --- The check ----------------------------------------------------------------- */

static void tell(void *context, uint64_t page, const char *what)
{
    (void)context, (void)page, (void)what;
}

/* As esentcheck goes about it. */
static bool is_told(const char *path, Check *check)
{
    CheckTables tables;
    JET_ERR err = check_open(check, path, tell, NULL);
    if (err >= 0) {
        check_pages(check);
        check_older_meta(check);
        if (check_goes_on(check) && check->damages == 0)
            check_tables(check, &tables);
        err = check->failure;
    }
    MUST(check->damages > 0 || err >= 0);
    return check->damages > 0 || check->unfinished;
}

typedef struct {
    uint64_t changed[KINDS], told[KINDS];
} Totals;

static void flip(const char *path, int fd, size_t place, Totals *totals)
{
    uint8_t was = bytes[place];
    Kind kind = kinds[place];
    Check check;
    bytes[place] = was ^ (uint8_t)(1 + random() % 255);
    MUST(pwrite(fd, bytes + place, 1, (off_t)place) == 1);
    bool told = is_told(path, &check);
    check_close(&check);
    bool must = kind == USED || (kind == SEPARATOR && !separates(place));
    bool may = must || kind == LIST || kind == OLDER;
    if (told != must && (must || !may)) {
        fprintf(stderr, "ese-flip: byte %zu (page %zu + %zu, %s), %02x instead of %02x: %s\n",
                place, place / page_size, place % page_size, kind_names[kind], bytes[place], was,
                told ? "told" : "not told");
        MUST(told == must);
    }
    totals->changed[kind]++;
    totals->told[kind] += told;
    bytes[place] = was;
    MUST(pwrite(fd, &was, 1, (off_t)place) == 1);
}

static void print_totals(const Totals *totals)
{
    uint64_t all[KINDS] = {0};
    for (size_t i = 0; i < size; i++)
        all[kinds[i]]++;
    for (Kind kind = USED; kind < KINDS; kind++)
        printf("ese-flip: %-26s %7llu bytes, %7llu changed, %7llu told\n", kind_names[kind],
               (unsigned long long)all[kind], (unsigned long long)totals->changed[kind],
               (unsigned long long)totals->told[kind]);
    MUST(all[USED] > size / 4 && all[SEPARATOR] > 0 && all[LIST] > 0 && all[NUMBER] > 0);
}

int main(int argc, char **argv)
{
    char directory[SCRATCH_MAX + 32], path[SCRATCH_MAX + 48], lock_path[SCRATCH_MAX + 56];
    char copy[64];
    bool all = argc > 1 && strcmp(argv[1], "--all") == 0;
    size_t from = all && argc > 2 ? (size_t)atol(argv[2]) : 0;
    size_t step = all && argc > 3 ? (size_t)atol(argv[3]) : 1;
    int seconds = !all && argc > 1                 ? atoi(argv[1])
                  : getenv("STOREHOOK_TEST_QUICK") ? 2
                                                   : SECONDS_DEFAULT;
    Totals totals = {0};
    Check check;
    seed = !all && argc > 2 ? (unsigned)atoi(argv[2]) : all ? 1 : (unsigned)time(NULL);
    printf("ese-flip: seed %u\n", seed);
    srandom(seed);
    snprintf(directory, sizeof directory, "%s/ese-flip-XXXXXX", scratch_directory());
    MUST(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/flip.edb", directory);
    snprintf(lock_path, sizeof lock_path, "%s-lock", path);
    make_in_child(path);
    load(path);
    int fd = memfd_create("flip", MFD_CLOEXEC);
    MUST(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    snprintf(copy, sizeof copy, "/proc/self/fd/%d", fd);
    MUST(!is_told(copy, &check) && check.failure >= 0);
    page_size = check.file.page_size;
    states = check.state;
    mark_all(&check);
    check_close(&check);
    if (all)
        for (size_t place = from; place < size; place += step) {
            bool idle = kinds[place] == FREE || kinds[place] == ROOM;
            if (!idle || random() % 16 == 0)
                flip(copy, fd, place, &totals);
        }
    else
        for (time_t end = time(NULL) + seconds; time(NULL) < end;) {
            size_t place = (size_t)random() % size;
            if (kinds[place] == USED || random() % 16 == 0) /* most of the time for what counts */
                flip(copy, fd, place, &totals);
        }
    MUST(!is_told(copy, &check));
    check_close(&check);
    print_totals(&totals);
    close(fd);
    free(bytes);
    free(kinds);
    unlink(path);
    unlink(lock_path);
    rmdir(directory);
    return 0;
}
