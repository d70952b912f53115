/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-hostile.c - every exported function with parameters that no program should pass.
 *
 * usage: jet-hostile [SEED [ROUNDS]]
 *
 * NULL pointers, structures of wrong sizes, handles that are stale, of another session or instance,
 * or of another kind, absurd numbers and bits, in all mixtures. Each call must return a JET_ERR,
 * and write nothing beyond what it was given: buffers are as long as the call says, so that a build
 * with AddressSanitizer sees it. The table comes from the headers, so no function is left out. What
 * a caller cannot be saved from is not tried: a pointer to nothing, a size larger than the buffer.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mailstore/ese/esent.h"
#include "tests/scratch.h"

enum {
    ARGUMENTS_MAX = 12,
    GROUP = 5,   /* functions a child: what one leaves behind, the others meet */
    CALLS = 400, /* a child */
    BUFFER_MAX = 65536,
    TEXT_MAX = 700,
    COUNT_MAX = 3,
    HANG_SECONDS = 60,
    HANDLES = 10,
};

/* Integers and pointers are passed alike, and arguments too many do no harm, by the calling
 * conventions of the machines this runs on. */
typedef JET_ERR (*HostileFunction)(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t,
                                   uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t,
                                   uintptr_t);

typedef enum {
    ARGUMENT_SESSION,
    ARGUMENT_TABLE,
    ARGUMENT_INSTANCE,
    ARGUMENT_INSTANCE_POINTER,
    ARGUMENT_DATABASE,
    ARGUMENT_COLUMN,
    ARGUMENT_GRBIT,
    ARGUMENT_TEXT,
    ARGUMENT_BUFFER,
    ARGUMENT_STRUCT,
    ARGUMENT_SIZE,
    ARGUMENT_COUNT,
    ARGUMENT_NUMBER,
    ARGUMENT_CALLBACK,
    ARGUMENT_REALLOC,
    ARGUMENT_NOTHING
} ArgumentKind;

typedef struct {
    const char *name;
    HostileFunction call;
    unsigned n;
    struct {
        ArgumentKind kind;
        size_t size; /* of the structure */
        const char *structure;
    } arguments[ARGUMENTS_MAX];
} Hostile;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-function-type"
#include "hostile-table.h"
#pragma GCC diagnostic pop

enum {
    FUNCTIONS = sizeof functions / sizeof functions[0]
};

/* What the child does, for the parent to tell when it dies. */
typedef struct {
    char text[1024];
    unsigned calls;
} Diary;

static Diary *diary;
static char directory[SCRATCH_MAX + 32];

static uint32_t draw(uint32_t below)
{
    return (uint32_t)random() % below;
}

/* --- The world ----------------------------------------------------------------- */

typedef struct {
    uintptr_t sessions[HANDLES], tables[HANDLES], instances[HANDLES];
    JET_COLUMNID columns[4];
} World;

static void must(JET_ERR err, const char *what)
{
    if (err < 0) {
        fprintf(stderr, "jet-hostile: %s: %d\n", what, err);
        _exit(3);
    }
}

static void make_table(JET_SESID session, JET_DBID database, World *world)
{
    JET_TABLEID table;
    int32_t zero = 0;
    JET_COLUMNDEF definition = {.cbStruct = sizeof definition, .coltyp = JET_coltypLong};
    must(JetCreateTable(session, database, "t", 0, 0, &table), "table");
    must(JetAddColumn(session, table, "id", &definition, NULL, 0, &world->columns[0]), "column");
    definition.coltyp = JET_coltypLongText;
    definition.cp = 1200;
    definition.grbit = JET_bitColumnTagged | JET_bitColumnMultiValued;
    must(JetAddColumn(session, table, "text", &definition, NULL, 0, &world->columns[1]), "column");
    definition.coltyp = JET_coltypLong;
    definition.grbit = JET_bitColumnEscrowUpdate;
    must(JetAddColumn(session, table, "count", &definition, &zero, 4, &world->columns[2]),
         "column");
    must(JetCreateIndex(session, table, "p", JET_bitIndexPrimary, "+id\0", 5, 0), "index");
    must(JetCreateIndex(session, table, "i", 0, "+text\0-id\0", 11, 0), "index");
    must(JetBeginTransaction(session), "begin");
    for (int32_t id = 0; id < 5; id++) {
        static char text[5000];
        must(JetPrepareUpdate(session, table, JET_prepInsert), "prepare");
        must(JetSetColumn(session, table, world->columns[0], &id, 4, 0, NULL), "set");
        must(JetSetColumn(session, table, world->columns[1], text, id == 3 ? 5000 : 20, 0, NULL),
             "set");
        must(JetUpdate(session, table, NULL, 0, NULL), "update");
    }
    must(JetCommitTransaction(session, 0), "commit");
    world->tables[0] = table;
}

static void start_instance(const char *name, const char *file, uintptr_t *instance,
                           JET_SESID *session, JET_DBID *database)
{
    must(JetCreateInstance(instance, name), "instance");
    must(JetInit(instance), "init");
    must(JetSetSystemParameter(instance, 0, JET_paramCommitDefault, JET_bitCommitLazyFlush, NULL),
         "parameter");
    must(JetBeginSession(*instance, session, NULL, NULL), "session");
    must(JetCreateDatabase(*session, file, NULL, database, 0), "database");
}

/* Handles of every state: good ones, another session's, closed ones, other kinds. */
static void make_world(World *world)
{
    JET_DBID database, other_database;
    JET_SESID session, other, ended, foreign;
    uintptr_t instance, second, gone;
    JET_COLUMNDEF definition = {
        .cbStruct = sizeof definition, .coltyp = JET_coltypLong, .grbit = JET_bitColumnTTKey};
    JET_COLUMNID id;
    memset(world, 0, sizeof *world);
    must(JetCreateInstance(&gone, "gone"), "instance");
    must(JetInit(&gone), "init");
    must(JetTerm(gone), "term");
    start_instance("one", "one.edb", &instance, &session, &database);
    start_instance("two", "two.edb", &second, &foreign, &other_database);
    make_table(session, database, world);
    must(JetBeginSession(instance, &other, NULL, NULL), "session");
    must(JetOpenDatabase(other, "one.edb", NULL, &database, 0), "open");
    must(JetBeginSession(instance, &ended, NULL, NULL), "session");
    must(JetEndSession(ended, 0), "end");
    must(JetOpenTable(other, database, "t", NULL, 0, 0, &world->tables[1]), "table");
    must(JetOpenTempTable(session, &definition, 1, 0, &world->tables[2], &id), "temporary");
    must(JetDupCursor(session, world->tables[0], &world->tables[3], 0), "dup");
    must(JetCloseTable(session, world->tables[3]), "close");
    must(JetDupCursor(session, world->tables[0], &world->tables[4], 0), "dup");
    must(JetMove(session, world->tables[4], JET_MoveFirst, 0), "move");
    if (draw(2))
        must(JetBeginTransaction(session), "begin");
    if (draw(2))
        must(JetPrepareUpdate(session, world->tables[4], draw(2) ? JET_prepReplace : 0), "prepare");
    world->tables[5] = session;
    world->tables[6] = (uintptr_t)-1;
    world->tables[7] = world->tables[4] + 1;
    world->tables[8] = world->tables[4];
    world->sessions[0] = world->sessions[6] = world->sessions[7] = session;
    world->sessions[1] = other;
    world->sessions[2] = ended;
    world->sessions[3] = foreign;
    world->sessions[4] = world->tables[0];
    world->sessions[5] = (uintptr_t)-1;
    world->sessions[8] = 0x1234;
    world->instances[0] = world->instances[6] = world->instances[7] = instance;
    world->instances[1] = second;
    world->instances[2] = gone;
    world->instances[3] = session;
    world->instances[4] = (uintptr_t)-1;
    world->instances[5] = (uintptr_t)INT64_MIN;
}

/* --- Arguments ----------------------------------------------------------------- */

static const char *const texts[] = {
    "t",  "",          "no such",     "one.edb",    "i",    "p",
    "id", "text",      "!bad.",       "+id",        "-id",  "+id\0-text\0",
    ".",  "/dev/null", "/no/where/x", "xx\xff\xfe", "en-US"};

static JET_ERR callback(void *a, uintptr_t b, uintptr_t c, void *d)
{
    (void)a, (void)b, (void)c, (void)d;
    return JET_errSuccess;
}

static void *give_memory(void *context, void *memory, uint32_t size)
{
    (void)context;
    if (size > 0)
        return realloc(memory, size);
    free(memory);
    return NULL;
}

/* Never freed: the child ends soon. */
static void *new_memory(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    if (!memory)
        _exit(3);
    return memory;
}

static uintptr_t new_text(size_t counted)
{
    uint32_t kind = draw(20);
    if (kind == 0)
        return 0;
    if (counted != SIZE_MAX) {
        char *text = new_memory(counted);
        const char *from = texts[draw(sizeof texts / sizeof *texts)];
        memcpy(text, from, strlen(from) < counted ? strlen(from) : counted);
        return (uintptr_t)text;
    }
    /* Four zeros end the text in either width. */
    char *text = new_memory(TEXT_MAX + 4);
    if (kind == 1)
        memset(text, 'a', TEXT_MAX);
    else if (kind == 2)
        for (size_t i = 0; i < TEXT_MAX; i++)
            text[i] = (char)draw(256);
    else
        strcpy(text, texts[draw(sizeof texts / sizeof *texts)]);
    return (uintptr_t)text;
}

static uint32_t new_size(void)
{
    static const uint32_t sizes[] = {0,  1,   3,   4,   7,   8,    16,
                                     32, 100, 255, 256, 512, 4096, BUFFER_MAX};
    return draw(2) ? sizes[draw(14)] : draw(600);
}

static uint64_t new_number(void)
{
    static const uint64_t numbers[] = {
        0, 1, 2, 3, 4, 0x7fffffff, 0x80000000, 0xffffffff, UINT64_MAX, 500, 1u << 16, 0x80000001};
    return draw(2) ? numbers[draw(12)] : draw(70);
}

static JET_GRBIT new_grbit(void)
{
    switch (draw(4)) {
    case 0:
        return 0;
    case 1:
        return 1u << draw(32);
    case 2:
        return 1u << draw(32) | 1u << draw(32);
    default:
        return draw(3) ? draw(32) : UINT32_MAX;
    }
}

/* Structures with pointers: counts that do not fit what is there, and what is there not whole. */
static void *maybe(void *memory)
{
    return draw(4) ? memory : NULL;
}

static void fill_value(void **data, uint32_t *size)
{
    *size = draw(600);
    *data = maybe(new_memory(*size));
}

static void fill_column(void *memory)
{
    JET_COLUMNCREATE *column = memory;
    fill_value(&column->pvDefault, &column->cbDefault);
    column->szColumnName = (char *)new_text(SIZE_MAX);
    column->coltyp = draw(20);
    column->cbMax = new_size();
    column->grbit = new_grbit();
    column->cp = draw(2) ? 1200 : draw(2000);
}

static void fill_index(void *memory, size_t size)
{
    JET_INDEXCREATE *index = memory;
    index->szIndexName = (char *)new_text(SIZE_MAX);
    index->cbKey = draw(3) ? 6 : draw(100);
    index->szKey = (char *)new_text(index->cbKey);
    index->grbit = new_grbit();
    index->ulDensity = draw(2) ? 80 : new_size();
    index->cbVarSegMac = index->grbit & JET_bitIndexTupleLimits ? 0 : new_size();
    index->cConditionalColumn = draw(3);
    index->rgconditionalcolumn = maybe(new_memory(3 * sizeof(JET_CONDITIONALCOLUMN)));
    if (size >= sizeof *index)
        index->cbKeyMost = new_size();
}

static void fill_table(void *memory, const char *structure)
{
    JET_TABLECREATE4 *table = memory;
    size_t size = structure[15] == '2'   ? sizeof(JET_INDEXCREATE)
                  : structure[15] == '3' ? sizeof(JET_INDEXCREATE2)
                                         : sizeof(JET_INDEXCREATE3);
    uint8_t *indexes = new_memory(2 * size);
    table->szTableName = (char *)new_text(SIZE_MAX);
    table->szTemplateTableName = draw(4) ? NULL : (char *)new_text(SIZE_MAX);
    table->rgcolumncreate = maybe(new_memory(3 * sizeof *table->rgcolumncreate));
    table->cColumns = draw(4);
    table->rgindexcreate = maybe(indexes);
    table->cIndexes = draw(3);
    for (uint32_t i = 0; i < 3 && table->rgcolumncreate; i++) {
        table->rgcolumncreate[i].cbStruct = draw(8) ? sizeof *table->rgcolumncreate : new_size();
        fill_column(&table->rgcolumncreate[i]);
    }
    for (uint32_t i = 0; i < 2 && table->rgindexcreate; i++) {
        uint32_t first = draw(8) ? (uint32_t)size : new_size();
        memcpy(indexes + i * size, &first, sizeof first);
        fill_index(indexes + i * size, size);
    }
    table->grbit = draw(2) ? 0 : new_grbit();
}

static void fill_struct(const World *world, const char *structure, void *memory, size_t size)
{
    if (strcmp(structure, "JET_SETCOLUMN") == 0) {
        JET_SETCOLUMN *set = memory;
        void *data;
        fill_value(&data, &set->cbData);
        set->pvData = data;
        set->columnid = world->columns[draw(4)];
        set->itagSequence = draw(4);
        set->ibLongValue = draw(2) ? 0 : (uint32_t)new_number();
        set->grbit = draw(2) ? 0 : new_grbit();
        if (set->grbit & JET_bitSetSizeLV) /* two gigabytes would only take time */
            set->cbData %= 600, set->ibLongValue %= 10000;
    } else if (strcmp(structure, "JET_RETRIEVECOLUMN") == 0) {
        JET_RETRIEVECOLUMN *retrieve = memory;
        fill_value(&retrieve->pvData, &retrieve->cbData);
        retrieve->columnid = world->columns[draw(4)];
        retrieve->itagSequence = draw(4);
        retrieve->ibLongValue = draw(2) ? 0 : (uint32_t)new_number();
        retrieve->grbit = draw(2) ? 0 : new_grbit();
    } else if (strcmp(structure, "JET_COLUMNDEF") == 0) {
        JET_COLUMNDEF *column = memory;
        column->coltyp = draw(20);
        column->cp = draw(2) ? 1200 : (uint16_t)draw(2000);
        column->cbMax = new_size();
        column->grbit = new_grbit();
    } else if (strcmp(structure, "JET_ENUMCOLUMNID") == 0) {
        JET_ENUMCOLUMNID *id = memory;
        id->columnid = world->columns[draw(4)];
        id->ctagSequence = draw(3);
        id->rgtagSequence = maybe(new_memory(3 * sizeof *id->rgtagSequence));
    } else if (strncmp(structure, "JET_INDEXCREATE", 15) == 0) {
        fill_index(memory, size);
    } else if (strncmp(structure, "JET_TABLECREATE", 15) == 0) {
        fill_table(memory, structure);
    }
}

static uintptr_t new_struct(const World *world, const char *structure, size_t size, uint32_t count)
{
    if (draw(8) == 0)
        return 0;
    if (strcmp(structure, "JET_COLUMNID") == 0)
        count = COUNT_MAX; /* of a temporary table: its count stands elsewhere */
    /* Arrays of index definitions are stepped through by what each says of its length, in any form.
     */
    bool stepped = strncmp(structure, "JET_INDEXCREATE", 15) == 0;
    uint8_t *memory = new_memory((stepped ? sizeof(JET_INDEXCREATE3) : size) * (count ? count : 1));
    bool pointers = structure[strlen(structure) - 1] == '*';
    for (uint32_t i = 0; i < (count ? count : 1) && size >= sizeof(uint32_t); i++) {
        if (pointers) { /* none, or real ones */
            void *one = maybe(new_memory(TEXT_MAX));
            memcpy(memory + i * size, &one, sizeof one);
            continue;
        }
        uint32_t first = draw(3) ? (uint32_t)size : draw(2) ? draw(200) : (uint32_t)new_number();
        memcpy(memory + i * size, &first, sizeof first);
        if (draw(4)) /* else all that follows is zero */
            fill_struct(world, structure, memory + i * size, size);
    }
    return (uintptr_t)memory;
}

/* How long the array or buffer is for which an argument beside it speaks. */
static uint64_t size_beside(const Hostile *function, unsigned at, ArgumentKind kind,
                            const uintptr_t *values)
{
    if (at + 1 < function->n && function->arguments[at + 1].kind == kind)
        return values[at + 1];
    /* Two arrays, and then how long both are. */
    if (kind == ARGUMENT_COUNT && at + 2 < function->n &&
        function->arguments[at + 1].kind == ARGUMENT_STRUCT &&
        function->arguments[at + 2].kind == kind)
        return values[at + 2];
    if (kind == ARGUMENT_COUNT && at > 0 && function->arguments[at - 1].kind == kind)
        return values[at - 1];
    for (unsigned i = 0; kind == ARGUMENT_COUNT && i < function->n; i++)
        if (function->arguments[i].kind == kind)
            return COUNT_MAX; /* of several arrays */
    return kind == ARGUMENT_COUNT ? 1 : BUFFER_MAX;
}

static uintptr_t new_value(const World *world, const Hostile *function, unsigned at,
                           const uintptr_t *values)
{
    uintptr_t *slot;
    switch (function->arguments[at].kind) {
    case ARGUMENT_SESSION:
        return world->sessions[draw(3) ? 0 : draw(HANDLES)];
    case ARGUMENT_TABLE:
        return world->tables[draw(3) ? 4 * draw(2) : draw(HANDLES)];
    case ARGUMENT_INSTANCE:
        return world->instances[draw(3) ? 0 : draw(HANDLES)];
    case ARGUMENT_INSTANCE_POINTER:
        if (draw(6) == 0)
            return 0;
        slot = new_memory(sizeof *slot);
        *slot = world->instances[draw(HANDLES)];
        return (uintptr_t)slot;
    case ARGUMENT_DATABASE:
        return draw(3) ? draw(2) : (uint32_t)new_number();
    case ARGUMENT_COLUMN:
        return draw(3) ? world->columns[draw(4)] : (uint32_t)new_number();
    case ARGUMENT_GRBIT:
        return new_grbit();
    case ARGUMENT_TEXT:
        return new_text(at + 1 < function->n && function->arguments[at + 1].kind == ARGUMENT_SIZE
                            ? values[at + 1]
                            : SIZE_MAX);
    case ARGUMENT_BUFFER:
        return draw(6) ? (uintptr_t)new_memory(size_beside(function, at, ARGUMENT_SIZE, values))
                       : 0;
    case ARGUMENT_STRUCT:
        return new_struct(world, function->arguments[at].structure, function->arguments[at].size,
                          (uint32_t)size_beside(function, at, ARGUMENT_COUNT, values));
    case ARGUMENT_SIZE:
        return new_size();
    case ARGUMENT_COUNT:
        return draw(COUNT_MAX + 1);
    case ARGUMENT_NUMBER:
        return new_number();
    case ARGUMENT_CALLBACK:
        return draw(2) ? (uintptr_t)callback : 0;
    case ARGUMENT_REALLOC:
        return draw(4) ? (uintptr_t)give_memory : 0;
    default:
        return 0;
    }
}

static bool is_length(ArgumentKind kind)
{
    return kind == ARGUMENT_SIZE || kind == ARGUMENT_COUNT;
}

static void write_diary(const Hostile *function, const uintptr_t *values)
{
    size_t used = (size_t)snprintf(diary->text, sizeof diary->text, "%s(", function->name);
    for (unsigned i = 0; i < function->n && used < sizeof diary->text - 24; i++)
        used += (size_t)snprintf(diary->text + used, sizeof diary->text - used, "%s%#lx",
                                 i ? ", " : "", (unsigned long)values[i]);
    diary->calls++;
}

static void call_once(const World *world, const Hostile *function)
{
    uintptr_t v[ARGUMENTS_MAX] = {0};
    for (int lengths = 1; lengths >= 0; lengths--) /* buffers need to know them */
        for (unsigned i = 0; i < function->n; i++)
            if (is_length(function->arguments[i].kind) == (lengths == 1))
                v[i] = new_value(world, function, i, v);
    write_diary(function, v);
    JET_ERR err =
        function->call(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11]);
    if (err < -10000 || err > 10000) {
        fprintf(stderr, "jet-hostile: %s) gave %d, which is no JET_ERR\n", diary->text, err);
        _exit(4);
    }
}

/* --- Children ------------------------------------------------------------------ */

static void run_child(unsigned first)
{
    World world;
    alarm(HANG_SECONDS);
    make_world(&world);
    for (int i = 0; i < CALLS; i++)
        call_once(&world, &functions[(first + draw(GROUP) * (FUNCTIONS / GROUP)) % FUNCTIONS]);
    /* What they left behind must come to an end, too. */
    snprintf(diary->text, sizeof diary->text, "JetTerm(");
    JetTerm2(world.instances[0], JET_bitTermAbrupt);
    JetTerm2(world.instances[1], JET_bitTermAbrupt);
    _exit(0);
}

static bool run(unsigned first, unsigned seed)
{
    int status;
    char child_directory[16];
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        /* Files of its own, in a folder that is empty: no names from one call to the next. */
        if (chdir(directory) != 0 || mkdtemp(strcpy(child_directory, "XXXXXX")) == NULL ||
            chdir(child_directory) != 0)
            _exit(3);
        srandom(seed);
        run_child(first);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        perror("fork");
        exit(2);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    fprintf(stderr, "jet-hostile: seed %u: %s) ended with %s %d\n", seed, diary->text,
            WIFSIGNALED(status) ? "signal" : "status",
            WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return false;
}

int main(int argc, char **argv)
{
    unsigned seed = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : (unsigned)time(NULL);
    unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1, failed = 0;
    diary = mmap(NULL, sizeof *diary, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    snprintf(directory, sizeof directory, "%s/jet-hostile-XXXXXX", scratch_directory());
    if (diary == MAP_FAILED || !mkdtemp(directory))
        return 2;
    printf("jet-hostile: seed %u, %d functions\n", seed, FUNCTIONS);
    for (unsigned round = 0; round < rounds; round++)
        for (unsigned i = 0; i < FUNCTIONS / GROUP + FUNCTIONS % GROUP; i++)
            failed += !run(i, seed + round * FUNCTIONS + i);
    scratch_remove(directory);
    printf("jet-hostile: %u calls\n", diary->calls);
    return failed == 0 ? 0 : 1;
}
