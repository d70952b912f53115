/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model-world.c - the database of a round: made, opened by all sessions, closed, opened again; and
 * operations as text.
 */
#include <stdio.h>
#include <unistd.h>

#include "tests/unit/ese/model/model.h"

/* --- Opening and closing ------------------------------------------------------- */

static bool open_cursor(World *world, ModelSession *session, ModelCursor *cursor)
{
    *cursor = (ModelCursor){.open = true, .open_level = session->level, .index_level = 0};
    return expected_code(
        world, "JetOpenTable", JET_errSuccess,
        JetOpenTable(session->session, world->database, "t", NULL, 0, 0, &cursor->table));
}

/* Which place an open puts the cursor is the engine's affair: it goes to the first. */
bool run_open(World *world, ModelSession *session, ModelCursor *cursor)
{
    if (cursor->open)
        return true;
    if (!open_cursor(world, session, cursor))
        return false;
    return world_run(world, &(Op){.kind = OP_MOVE,
                                  .session = (uint8_t)(session - world->sessions),
                                  .cursor = (uint8_t)(cursor - session->cursors),
                                  .a = JET_MoveFirst});
}

bool run_close(World *world, ModelSession *session, ModelCursor *cursor)
{
    cursor->open = false;
    cursor->update = UPDATE_NONE;
    if (!expected_code(world, "JetCloseTable", JET_errSuccess,
                       JetCloseTable(session->session, cursor->table)))
        return false;
    return expected_code(world, "JetMove on a closed cursor", JET_errInvalidTableId,
                         JetMove(session->session, cursor->table, 1, 0));
}

#define MUST(world, call)                                                                          \
    do {                                                                                           \
        JET_ERR must_ = (call);                                                                    \
        if (must_ < 0)                                                                             \
            return fail(world, "%s gave %d", #call, must_);                                        \
    } while (0)

static bool start(World *world)
{
    static int count;
    char name[32];
    snprintf(name, sizeof name, "model-%d", count++);
    MUST(world, JetCreateInstance(&world->instance, name));
    MUST(world, JetInit(&world->instance));
    MUST(world, JetSetSystemParameter(&world->instance, 0, JET_paramCommitDefault,
                                      JET_bitCommitLazyFlush, NULL));
    MUST(world, JetBeginSession(world->instance, &world->reader, NULL, NULL));
    return true;
}

static bool open_sessions(World *world)
{
    MUST(world,
         JetOpenTable(world->reader, world->database, "t", NULL, 0, 0, &world->reader_table));
    for (int i = 0; i < SESSIONS; i++) {
        ModelSession *session = &world->sessions[i];
        JET_DBID database;
        *session = (ModelSession){0};
        MUST(world, JetBeginSession(world->instance, &session->session, NULL, NULL));
        MUST(world, JetOpenDatabase(session->session, world->path, NULL, &database, 0));
        MUST(world, JetOpenTable(session->session, database, "t", NULL, 0, 0, &session->scan));
        for (int c = 0; c < CURSORS; c++)
            if (!run_open(world, session, &session->cursors[c]))
                return false;
    }
    return true;
}

static bool add_column(World *world, JET_TABLEID table, Col col, JET_COLTYP coltyp, uint32_t most,
                       JET_GRBIT grbit, const int32_t *value)
{
    JET_COLUMNDEF definition = {
        .cbStruct = sizeof definition, .coltyp = coltyp, .cbMax = most, .grbit = grbit};
    MUST(world, JetAddColumn(world->reader, table, col_names[col], &definition, value,
                             value ? sizeof *value : 0, &world->columns[col]));
    return true;
}

static bool make_table(World *world)
{
    static const int32_t num = NUM_DEFAULT, zero = 0;
    static const struct {
        const char *key;
        uint32_t size;
    } primary[] = {{"+id\0", 5}, {"-id\0", 5}, {"+name\0+id\0", 11}};
    JET_TABLEID table;
    JET_GRBIT multi = JET_bitColumnTagged | JET_bitColumnMultiValued;
    MUST(world, JetCreateTable(world->reader, world->database, "t", 0, 0, &table));
    if (!add_column(world, table, COL_ID, JET_coltypLong, 0, JET_bitColumnNotNULL, NULL) ||
        !add_column(world, table, COL_NUM, JET_coltypLong, 0, 0, &num) ||
        !add_column(world, table, COL_UNI, JET_coltypLong, 0, 0, NULL) ||
        !add_column(world, table, COL_NAME, JET_coltypBinary, NAME_SIZE, 0, NULL) ||
        !add_column(world, table, COL_TAGS, JET_coltypBinary, TAG_SIZE, multi, NULL) ||
        !add_column(world, table, COL_COUNT, JET_coltypLong, 0, JET_bitColumnEscrowUpdate, &zero) ||
        !add_column(world, table, COL_NUMBER, JET_coltypLong, 0, JET_bitColumnAutoincrement,
                    NULL) ||
        !add_column(world, table, COL_VERSION, JET_coltypLong, 0, JET_bitColumnVersion, NULL) ||
        !add_column(world, table, COL_LONGS, JET_coltypLongBinary, 0, multi, NULL))
        return false;
    if (world->shape != SHAPE_NO_PRIMARY)
        MUST(world, JetCreateIndex(world->reader, table, "rows", JET_bitIndexPrimary,
                                   primary[world->shape].key, primary[world->shape].size, 0));
    MUST(world, JetCreateIndex(world->reader, table, "num", 0, "+num\0", 6, 0));
    MUST(world, JetCreateIndex(world->reader, table, "uni",
                               JET_bitIndexUnique | JET_bitIndexIgnoreNull, "+uni\0", 6, 0));
    MUST(world, JetCreateIndex(world->reader, table, "tags",
                               world->unique_tags ? JET_bitIndexUnique | JET_bitIndexIgnoreNull : 0,
                               "+tags\0", 7, 0));
    MUST(world, JetCreateIndex(world->reader, table, "mix", 0, "-name\0+num\0", 12, 0));
    MUST(world, JetCloseTable(world->reader, table));
    return true;
}

bool world_open(World *world, Shape shape, bool unique_tags, const char *directory)
{
    *world = (World){.shape = shape, .unique_tags = unique_tags, .reopened = true};
    snprintf(world->path, sizeof world->path, "%s/model.edb", directory);
    if (!start(world))
        return false;
    MUST(world, JetCreateDatabase(world->reader, world->path, NULL, &world->database, 0));
    return make_table(world) && open_sessions(world);
}

static bool stop(World *world)
{
    for (int i = 0; i < SESSIONS; i++)
        MUST(world, JetEndSession(world->sessions[i].session, 0));
    MUST(world, JetEndSession(world->reader, 0));
    MUST(world, JetTerm(world->instance));
    return true;
}

bool world_close(World *world)
{
    return stop(world);
}

bool run_reopen(World *world)
{
    if (!stop(world) || !start(world))
        return false;
    MUST(world, JetAttachDatabase(world->reader, world->path, 0));
    MUST(world, JetOpenDatabase(world->reader, world->path, NULL, &world->database, 0));
    world->n_locks = 0;
    world->counter++;
    world->reopened = true;
    return open_sessions(world) && same_committed(world);
}

/* The file as it is now, under another name. */
static bool copy_file(const char *from, const char *to)
{
    static char buffer[1 << 16];
    FILE *in = fopen(from, "rbe"), *out = fopen(to, "wbe");
    size_t n;
    bool good = in && out;
    while (good && (n = fread(buffer, 1, sizeof buffer, in)) > 0)
        good = fwrite(buffer, 1, n, out) == n;
    good = good && !ferror(in);
    if (in)
        fclose(in);
    return out && fclose(out) == 0 && good;
}

/* What a process leaves that is killed between two calls is what the kernel has of the file. */
bool run_kill(World *world)
{
    char path[sizeof world->path + 16], lock[sizeof path + 8];
    JET_INSTANCE instance;
    JET_SESID session;
    JET_DBID database;
    JET_TABLEID table;
    snprintf(path, sizeof path, "%s-killed", world->path);
    snprintf(lock, sizeof lock, "%s-lock", path);
    if (!copy_file(world->path, path))
        return fail(world, "copying the database failed");
    MUST(world, JetCreateInstance(&instance, "killed"));
    MUST(world, JetInit(&instance));
    MUST(world, JetBeginSession(instance, &session, NULL, NULL));
    MUST(world, JetAttachDatabase(session, path, 0));
    MUST(world, JetOpenDatabase(session, path, NULL, &database, 0));
    MUST(world, JetOpenTable(session, database, "t", NULL, 0, 0, &table));
    bool good = same_table(world, session, table, &world->committed);
    MUST(world, JetTerm2(instance, JET_bitTermAbrupt));
    unlink(path);
    unlink(lock);
    return good;
}

/* --- As text ------------------------------------------------------------------- */

void op_print(const Op *op, void *file)
{
    static const char *const names[OPS] = {
        "begin",  "commit", "rollback", "prepare",      "set",         "update",
        "cancel", "delete", "escrow",   "lock",         "move",        "index",
        "seek",   "range",  "no range", "goto",         "count",       "place",
        "return", "close",  "open",     "look at copy", "look at all", "reopen the database",
        "kill"};
    static const char *const relations[] = {"EQ", "LT", "LE", "GE", "GT", "EQ, range"};
    static const char *const operations[] = {
        "",          " append",         " overwrite", " size", " overwrite and size",
        " separate", " append separate"};
    FILE *out = file;
    fprintf(out, "    session %d cursor %d: %s", op->session, op->cursor, names[op->kind]);
    switch (op->kind) {
    case OP_PREPARE:
        fprintf(out, " JET_prep %d", op->a);
        break;
    case OP_SET:
        fprintf(out, " %s%s, value %d%s, %d bytes, %s %d", col_names[op->a],
                op->a == COL_LONGS ? operations[(op->b >> 8) % 7]
                : op->b >> 8       ? " with grbit"
                                   : "",
                op->b & 0xf, op->b & 0x10 ? ", zero length" : "", op->c,
                op->a == COL_LONGS ? "at" : "from", op->d);
        break;
    case OP_INDEX:
        fprintf(out, " %s%s", op->a ? index_names[op->a] : "(primary)", op->b ? ", no move" : "");
        break;
    case OP_SEEK:
        fprintf(out, " %s", relations[op->a % 6]);
        /* fall through */
    case OP_RANGE:
        fprintf(out, " %d%s key (%d, %d)", op->a, op->b & 2 ? " end of" : "", op->c,
                op->b & 1 ? op->d : -1);
        break;
    default:
        fprintf(out, " %d %d", op->a, op->b);
    }
    fprintf(out, "\n");
}
