/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-model.c - random operations of several sessions, done by the engine and by a model of its
 * rules, and compared.
 *
 * usage: jet-model [--seed N] [--rounds N] [--seconds N] [--operations N] [--directory PATH]
 *                  [--check PROGRAM]
 *
 * A round is a new database, in a process of its own so that a crash is a result too. What is on
 * the disk then must be sound for PROGRAM (esentcheck) and, attached once more, have no long value
 * that no row has. Of a round that fails, operations are left out as long as it still fails; what
 * is left is printed. With
 * --rounds 1 and the seed that was printed the same round runs again.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/scratch.h"
#include "tests/unit/ese/model/model.h"

enum {
    OPERATIONS_DEFAULT = 400,
    OPERATIONS_MAX = 100000,
    QUEUE = 16,
    ROUND_SECONDS = 60, /* one that takes longer hangs */
};

/* --- Making operations --------------------------------------------------------- */

static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % below;
}

/* What a session still has to do of what it began. */
typedef struct {
    int n, at;
    Op ops[QUEUE];
} Queue;

static void queue_add(Queue *queue, OpKind kind, int cursor, int32_t a, int32_t b, int32_t c,
                      int32_t d)
{
    queue->ops[queue->n++] =
        (Op){.kind = (uint8_t)kind, .cursor = (uint8_t)cursor, .a = a, .b = b, .c = c, .d = d};
}

static int32_t long_size(void)
{
    static const int32_t sizes[] = {0, 1, 10, 1000, 1023, 1024, 3000, 65519, 65520, 65521, 132000};
    return sizes[draw(11)];
}

static void add_set(Queue *queue, int cursor, Col col)
{
    switch (col) {
    case COL_NAME:
        queue_add(queue, OP_SET, cursor, col, draw(2) ? 0x10 : 0, (int32_t)draw(24),
                  (int32_t)draw(4));
        break;
    case COL_TAGS:
        queue_add(queue, OP_SET, cursor, col,
                  (int32_t)(draw(6) | (draw(4) ? 0 : 0x10) | (draw(4) ? 0 : 0x100)),
                  draw(10) ? (int32_t)draw(4) : (int32_t)draw(14), (int32_t)draw(5));
        break;
    case COL_LONGS: {
        uint32_t how = draw(7);
        int32_t size = long_size();
        queue_add(queue, OP_SET, cursor, col, (int32_t)(draw(4) | (draw(2) ? 0 : 0x10) | how << 8),
                  size, draw(3) ? (int32_t)draw(40) : long_size());
        break;
    }
    case COL_NUM:
    case COL_UNI:
        queue_add(queue, OP_SET, cursor, col, draw(8) ? 0 : 0x100, draw(8) ? 4 : (int32_t)draw(5),
                  (int32_t)draw(col == COL_UNI ? 20 : 5));
        break;
    default:
        queue_add(queue, OP_SET, cursor, col, 0, draw(20) ? 4 : (int32_t)draw(5),
                  (int32_t)draw(16));
    }
}

static void add_some_sets(Queue *queue, int cursor)
{
    static const Col cols[] = {COL_NUM,   COL_UNI,   COL_UNI,   COL_NAME,  COL_TAGS,
                               COL_TAGS,  COL_LONGS, COL_LONGS, COL_LONGS, COL_VERSION,
                               COL_COUNT, COL_ID,    COL_NUMBER};
    for (uint32_t n = draw(5); n > 0; n--)
        add_set(queue, cursor, cols[draw(draw(6) ? 9 : 13)]);
}

static void add_position(Queue *queue, int cursor)
{
    static const int32_t moves[] = {JET_MoveFirst, JET_MoveLast, 1, 1, -1, 2, -3, 0};
    switch (draw(8)) {
    case 0:
        queue_add(queue, OP_INDEX, cursor, (int32_t)draw(INDEXES), (int32_t)draw(2), 0, 0);
        break;
    case 1:
    case 2:
        queue_add(queue, OP_SEEK, cursor, (int32_t)draw(6), (int32_t)draw(4), (int32_t)draw(17) - 1,
                  (int32_t)draw(17) - 1);
        break;
    case 3:
        queue_add(queue, OP_RANGE, cursor, (int32_t)draw(8), (int32_t)draw(4),
                  (int32_t)draw(17) - 1, (int32_t)draw(17) - 1);
        break;
    case 4:
        queue_add(queue, OP_GOTO, cursor, (int32_t)draw(64), (int32_t)draw(2), 0, 0);
        break;
    default:
        queue_add(queue, OP_MOVE, cursor, moves[draw(8)], draw(5) == 0, 0, 0);
    }
}

static void add_update(Queue *queue, int cursor)
{
    static const int32_t kinds[] = {JET_prepReplace,
                                    JET_prepReplace,
                                    JET_prepReplaceNoLock,
                                    JET_prepReplaceNoLock,
                                    JET_prepInsertCopy,
                                    JET_prepInsertCopyDeleteOriginal,
                                    JET_prepInsertCopyReplaceOriginal};
    if (draw(2)) {
        queue_add(queue, OP_PREPARE, cursor, JET_prepInsert, 0, 0, 0);
        add_set(queue, cursor, COL_ID);
    } else {
        add_position(queue, cursor);
        queue_add(queue, OP_PREPARE, cursor, kinds[draw(7)], 0, 0, 0);
        if (draw(4) == 0)
            add_set(queue, cursor, COL_ID);
        if (draw(12) == 0) /* across levels */
            queue_add(queue, draw(2) ? OP_BEGIN : OP_COMMIT, cursor, 0, 0, 0, 0);
    }
    add_some_sets(queue, cursor);
    if (draw(12) == 0) /* written at another level than it was made at */
        queue_add(queue, draw(2) ? OP_BEGIN : OP_COMMIT, cursor, 0, 0, 0, 0);
    queue_add(queue, draw(8) ? OP_UPDATE : OP_CANCEL, cursor, 0, 0, 0, 0);
}

static void queue_fill(Queue *queue)
{
    int cursor = (int)draw(CURSORS);
    queue->n = queue->at = 0;
    switch (draw(20)) {
    case 0:
    case 1:
        queue_add(queue, OP_BEGIN, cursor, draw(12) == 0, 0, 0, 0);
        break;
    case 2:
    case 3:
        queue_add(queue, OP_COMMIT, cursor, 0, 0, 0, 0);
        break;
    case 4:
        queue_add(queue, OP_ROLLBACK, cursor, draw(4) == 0, 0, 0, 0);
        break;
    case 5:
        add_position(queue, cursor);
        queue_add(queue, OP_DELETE, cursor, 0, 0, 0, 0);
        break;
    case 6:
    case 7:
        add_position(queue, cursor);
        queue_add(queue, OP_ESCROW, cursor, (int32_t)draw(100) - 50, 0, 0, 0);
        break;
    case 8:
        queue_add(queue, OP_LOCK, cursor, (int32_t)draw(2), 0, 0, 0);
        break;
    case 9: {
        static const OpKind rare[] = {OP_CLOSE, OP_OPEN,   OP_OPEN,   OP_COUNT,
                                      OP_COUNT, OP_COPY,   OP_VIEW,   OP_VIEW,
                                      OP_PLACE, OP_RETURN, OP_RETURN, OP_RANGE_REMOVE};
        queue_add(queue, rare[draw(12)], cursor, (int32_t)draw(8), (int32_t)draw(8), 0, 0);
        if (draw(10) == 0)
            queue_add(queue, draw(2) ? OP_REOPEN : OP_KILL, cursor, 0, 0, 0, 0);
        break;
    }
    case 10:
    case 11:
    case 12:
        add_position(queue, cursor);
        break;
    default:
        add_update(queue, cursor);
    }
}

static void make_operations(uint64_t seed, Op *ops, int n)
{
    static Queue queues[SESSIONS];
    memset(queues, 0, sizeof queues);
    random_state = seed * 2654435761u + 88172645463325252u;
    draw(2);
    for (int i = 0; i < n; i++) {
        uint32_t s = draw(SESSIONS);
        Queue *queue = &queues[s];
        if (queue->at == queue->n)
            queue_fill(queue);
        ops[i] = queue->ops[queue->at++];
        ops[i].session = (uint8_t)s;
    }
}

/* --- Running them -------------------------------------------------------------- */

static const char *directory_base;
static const char *check_program;

static void run_child(uint64_t seed, const Op *ops, int n, const char *directory, bool quiet)
{
    World *world = model_new(sizeof *world);
    alarm(ROUND_SECONDS);
    if (quiet && !freopen("/dev/null", "w", stderr))
        _exit(2);
    bool good = world_open(world, (Shape)(seed % SHAPES), seed / SHAPES % 3 == 0, directory);
    int at = 0;
    for (; good && at < n; at++)
        good = world_run(world, &ops[at]);
    if (good)
        good = world_close(world);
    if (!good)
        fprintf(stderr, "operation %d: %s\n", at, world->failure);
    _exit(good ? 0 : 1);
}

static int wait_for(pid_t pid)
{
    int status;
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        perror("fork");
        exit(2);
    }
    return status;
}

/* In a process of its own: attaching reclaims what rows given up have left. */
static void attach_once(const char *path)
{
    JET_INSTANCE instance;
    JET_SESID session;
    bool good = JetCreateInstance(&instance, "attach") >= 0 && JetInit(&instance) >= 0 &&
                JetBeginSession(instance, &session, NULL, NULL) >= 0 &&
                JetAttachDatabase(session, path, 0) >= 0 && JetTerm(instance) >= 0;
    _exit(good ? 0 : 1);
}

static bool file_has_no_orphans(const char *path)
{
    char command[4400], line[256];
    unsigned orphans = 1;
    pid_t pid = fork();
    if (pid == 0)
        attach_once(path);
    int status = wait_for(pid);
    snprintf(command, sizeof command, "'%s' --json '%s'", check_program, path);
    FILE *output = status == 0 ? popen(command, "re") : NULL;
    if (!output)
        return false;
    while (fgets(line, sizeof line, output))
        sscanf(line, " \"unreferenced_long_values\": %u", &orphans);
    return pclose(output) == 0 && orphans == 0;
}

static bool file_is_sound(const char *directory)
{
    char path[256];
    if (!check_program)
        return true;
    snprintf(path, sizeof path, "%s/model.edb", directory);
    pid_t pid = fork();
    if (pid == 0) {
        execl(check_program, check_program, path, "--quiet", (char *)NULL);
        _exit(2);
    }
    int status = wait_for(pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 && file_has_no_orphans(path);
}

static void remove_directory(const char *directory)
{
    char path[256];
    snprintf(path, sizeof path, "%s/model.edb", directory);
    unlink(path);
    snprintf(path, sizeof path, "%s/model.edb-lock", directory);
    unlink(path);
    if (rmdir(directory) != 0)
        perror(directory);
}

static bool run_operations(uint64_t seed, const Op *ops, int n, bool quiet)
{
    char directory[128];
    snprintf(directory, sizeof directory, "%s/jet-model-XXXXXX", directory_base);
    if (!mkdtemp(directory)) {
        perror(directory);
        exit(2);
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        run_child(seed, ops, n, directory, quiet);
    int status = wait_for(pid);
    bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (good && !file_is_sound(directory)) {
        good = false;
        if (!quiet)
            fprintf(stderr, "%s finds damage, or long values without a row\n", check_program);
    }
    remove_directory(directory);
    if (!quiet && WIFSIGNALED(status))
        fprintf(stderr, "killed by signal %d\n", WTERMSIG(status));
    return good;
}

/* Leaves out as many operations at a time as still fail without them. */
static int shrink(uint64_t seed, Op *ops, int n)
{
    Op *fewer = model_new((size_t)n * sizeof *ops);
    for (int chunk = n / 2; chunk >= 1;) {
        bool progress = false;
        for (int at = 0; at + chunk <= n;) {
            memcpy(fewer, ops, (size_t)at * sizeof *ops);
            memcpy(fewer + at, ops + at + chunk, (size_t)(n - at - chunk) * sizeof *ops);
            if (run_operations(seed, fewer, n - chunk, true)) {
                at += chunk;
                continue;
            }
            n -= chunk;
            memcpy(ops, fewer, (size_t)n * sizeof *ops);
            progress = true;
        }
        if (chunk > 1)
            chunk /= 2;
        else if (!progress)
            break;
    }
    free(fewer);
    return n;
}

static bool run_round(uint64_t seed, Op *ops, int n)
{
    static const char *const shapes[] = {"+id", "-id", "+name +id", "none"};
    make_operations(seed, ops, n);
    if (run_operations(seed, ops, n, false))
        return true;
    fprintf(stderr, "jet-model: seed %llu fails; leaving out what does not matter\n",
            (unsigned long long)seed);
    n = shrink(seed, ops, n);
    fprintf(stderr, "primary index %s, %s tags, %d operations:\n", shapes[seed % SHAPES],
            seed / SHAPES % 3 == 0 ? "unique" : "any", n);
    for (int i = 0; i < n; i++)
        op_print(&ops[i], stderr);
    run_operations(seed, ops, n, false);
    return false;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"seed", required_argument, NULL, 's'},
                                            {"rounds", required_argument, NULL, 'r'},
                                            {"seconds", required_argument, NULL, 't'},
                                            {"operations", required_argument, NULL, 'o'},
                                            {"directory", required_argument, NULL, 'd'},
                                            {"check", required_argument, NULL, 'c'},
                                            {0}};
    uint64_t seed = (uint64_t)time(NULL);
    long rounds = 0, seconds = 0, n = OPERATIONS_DEFAULT, done = 0;
    directory_base = scratch_directory();
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == 's')
            seed = strtoull(optarg, NULL, 10);
        else if (c == 'r')
            rounds = strtol(optarg, NULL, 10);
        else if (c == 't')
            seconds = strtol(optarg, NULL, 10);
        else if (c == 'o')
            n = strtol(optarg, NULL, 10);
        else if (c == 'd')
            directory_base = optarg;
        else if (c == 'c')
            check_program = optarg;
        else
            return 2;
    }
    if (n < 1 || n > OPERATIONS_MAX)
        return 2;
    if (rounds == 0 && seconds == 0)
        seconds = getenv("STOREHOOK_TEST_QUICK") ? 2 : 6;
    Op *ops = model_new((size_t)n * sizeof *ops);
    time_t end = time(NULL) + seconds;
    printf("jet-model: seed %llu\n", (unsigned long long)seed);
    for (; rounds ? done < rounds : time(NULL) < end; done++)
        if (!run_round(seed + (uint64_t)done, ops, (int)n))
            return 1;
    free(ops);
    printf("jet-model: %ld rounds of %ld operations\n", done, n);
    return 0;
}
