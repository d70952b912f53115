/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scan-load.c - asks a scanner for verdicts as fast as it gives them, for run-bench.py.
 *
 *   scan-load storehook SOCKET | clamd SOCKET | raw DIRECTORY[:DIRECTORY...]
 *             KIND SIZE CLIENTS SECONDS [seen]
 *
 * storehook: through the client library. clamd: FILDES with a connection a scan, as clamdscan and
 * clamav-milter do it. raw: libclamav in the process itself, with the settings that storehookd has
 * for it. KIND is random, text or mail. Every content is another one, unless it is to be one that
 * was seen before. What one costs hangs on its bytes (of random ones some cost libclamav 1.6 times
 * what others do), so all ways take turns with the same few, which differ from scan to scan only in
 * their end. Each client is a process. Prints one line of JSON; any verdict but clean, and any
 * error, ends it with status 1.
 */
#include <clamav.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "libstorehook/storehook.h"

enum {
    CLIENTS_MAX = 64,
    CONTENTS = 8,
    TIMEOUT_MS = 20000,
    LATENCIES = 1 << 20 /* of one client; more are not kept */
};

typedef struct {
    const char *how, *where, *kind;
    size_t size;
    unsigned clients;
    double seconds;
    int seen;
} Options;

typedef struct {
    _Atomic uint64_t scans;
    double spent;
    uint32_t latency_count;
    uint32_t latencies[LATENCIES]; /* microseconds */
} Result;

static struct cl_engine *engine;

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "scan-load: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* --- Contents ---------------------------------------------------------------------- */

static void fill_text(char *data, size_t size, uint64_t *state)
{
    static const char *const words[] = {"the",     "meeting", "report",  "of",    "Thursday",
                                        "quarter", "please",  "find",    "and",   "attached",
                                        "budget",  "regards", "project", "in",    "to",
                                        "we",      "will",    "invoice", "phone", "number"};
    size_t at = 0, line = 0;

    while (at < size) {
        const char *word = words[next_random(state) % (sizeof(words) / sizeof(*words))];
        size_t length = strlen(word);

        if (length > size - at)
            length = size - at;
        memcpy(data + at, word, length);
        at += length;
        line += length + 1;
        if (at < size)
            data[at++] = line > 70 ? '\n' : ' ';
        if (line > 70)
            line = 0;
    }
}

static void content_make(const Options *options, char *data, uint64_t *state)
{
    size_t at = 0;

    if (strcmp(options->kind, "random") == 0) {
        for (size_t i = 0; i + 8 <= options->size; i += 8) {
            uint64_t word = next_random(state);

            memcpy(data + i, &word, 8);
        }
        return;
    }
    if (strcmp(options->kind, "mail") == 0)
        at = (size_t)snprintf(data, options->size,
                              "From: Alice Example <alice@example.org>\r\nTo: bob@example.org\r\n"
                              "Subject: the report\r\nMessage-ID: <0@example.org>\r\n"
                              "Date: Mon, 2 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
                              "Content-Type: text/plain; charset=utf-8\r\n\r\n");
    fill_text(data + at, options->size - at, state);
}

/* Another content, cheaply: the last bytes say which. */
static void content_change(const Options *options, char *data, uint64_t number)
{
    char text[24];
    int length = snprintf(text, sizeof(text), "%016llx\n", (unsigned long long)number);

    if (options->size > (size_t)length)
        memcpy(data + options->size - (size_t)length, text, (size_t)length);
}

/* --- The three ways ---------------------------------------------------------------- */

static void scan_storehook(StorehookClient *client, const char *data, size_t size)
{
    StorehookScan result;
    int error = storehook_scan(client, data, size, NULL, TIMEOUT_MS, &result);

    if (error != 0)
        fail("storehook_scan", strerror(-error));
    if (result.verdict != STOREHOOK_VERDICT_CLEAN)
        fail(storehook_verdict_text(result.verdict), result.name);
}

static void send_descriptor(int to, int fd)
{
    char control[CMSG_SPACE(sizeof(int))] = {0}, byte = 0;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &fd, sizeof(int));
    if (sendmsg(to, &message, MSG_NOSIGNAL) != 1)
        fail("clamd", strerror(errno));
}

static void scan_clamd(const char *path, const char *data, size_t size)
{
    static const char command[] = "zFILDES";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int to = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int fd = memfd_create("content", MFD_CLOEXEC);
    char answer[512];
    size_t used = 0;
    ssize_t n;

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    if (to < 0 || connect(to, (struct sockaddr *)&address, sizeof(address)) < 0)
        fail(path, strerror(errno));
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        fail("memfd", strerror(errno));
    if (send(to, command, sizeof(command), MSG_NOSIGNAL) != (ssize_t)sizeof(command))
        fail("clamd", strerror(errno));
    send_descriptor(to, fd);
    while (used < sizeof(answer) - 1 &&
           (n = recv(to, answer + used, sizeof(answer) - 1 - used, 0)) > 0) {
        used += (size_t)n;
        if (answer[used - 1] == '\0')
            break;
    }
    answer[used] = '\0';
    close(fd);
    close(to);
    if (used < 4 || strstr(answer, ": OK") == NULL)
        fail("clamd", answer);
}

static void raw_load(const char *directories)
{
    char *list = strdup(directories), *rest = list;
    unsigned signatures = 0;

    if (cl_init(CL_INIT_DEFAULT) != CL_SUCCESS || !(engine = cl_engine_new()))
        fail("libclamav", "cannot be started");
    for (char *one = strtok_r(list, ":", &rest); one; one = strtok_r(NULL, ":", &rest))
        if (cl_load(one, engine, &signatures, CL_DB_STDOPT) != CL_SUCCESS)
            fail(one, "cannot be loaded");
    cl_engine_set_num(engine, CL_ENGINE_MAX_SCANSIZE, 400LL << 20);
    cl_engine_set_num(engine, CL_ENGINE_MAX_FILESIZE, 100LL << 20);
    cl_engine_set_num(engine, CL_ENGINE_DISABLE_CACHE, 1);
    if (cl_engine_compile(engine) != CL_SUCCESS)
        fail("libclamav", "cannot compile");
    free(list);
}

static void raw_prepare(void)
{
    char path[] = "/dev/shm/scan-load-XXXXXX";

    /* Two that share one would collide: see engine.h. The directory is removed at the end. */
    if (!mkdtemp(path) || cl_engine_set_str(engine, CL_ENGINE_TMPDIR, path) != CL_SUCCESS)
        fail(path, "no temporary directory");
}

static void raw_end(void)
{
    rmdir(cl_engine_get_str(engine, CL_ENGINE_TMPDIR, NULL));
}

static void scan_raw(const char *data, size_t size)
{
    struct cl_scan_options options = {.general = CL_SCAN_GENERAL_HEURISTICS,
                                      .parse = ~0U,
                                      .heuristic = CL_SCAN_HEURISTIC_EXCEEDS_MAX |
                                                   CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE |
                                                   CL_SCAN_HEURISTIC_ENCRYPTED_DOC};
    cl_fmap_t *map = cl_fmap_open_memory(data, size);
    unsigned long scanned = 0;
    const char *name = NULL;
    int result;

    if (!map)
        fail("raw", "no map");
    result = cl_scanmap_callback(map, NULL, &name, &scanned, engine, &options, NULL);
    cl_fmap_close(map);
    if (result != CL_CLEAN)
        fail("raw", name ? name : cl_strerror(result));
}

/* --- One client, and all ----------------------------------------------------------- */

static void client_run(const Options *options, unsigned index, Result *result, double end)
{
    uint64_t same = 88172645463325252ULL + index * 7919;
    uint64_t other = same + (uint64_t)getpid() * 7919 + (uint64_t)(now() * 1e6);
    char *contents = malloc(CONTENTS * (options->size + 1));
    StorehookClient *client = NULL;
    double begin, last;

    if (!contents ||
        (options->how[0] == 's' && storehook_client_new(options->where, 0, &client) < 0))
        fail("client", "no memory");
    if (options->how[0] == 'r')
        raw_prepare();
    for (size_t i = 0; i < CONTENTS; i++)
        content_make(options, contents + i * (options->size + 1), &same);
    begin = last = now();
    do {
        char *data = contents + result->scans % CONTENTS * (options->size + 1);
        double done;

        if (!options->seen)
            content_change(options, data, next_random(&other));
        if (options->how[0] == 's')
            scan_storehook(client, data, options->size);
        else if (options->how[0] == 'c')
            scan_clamd(options->where, data, options->size);
        else
            scan_raw(data, options->size);
        done = now();
        if (result->latency_count < LATENCIES)
            result->latencies[result->latency_count++] = (uint32_t)((done - last) * 1e6);
        last = done;
        result->scans++;
    } while (last < end);
    result->spent = last - begin;
    if (options->how[0] == 'r')
        raw_end();
    storehook_client_free(client);
    free(contents);
}

static int compare(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static uint32_t percentile(Result *results, unsigned clients, double share)
{
    size_t count = 0;
    uint32_t *all, found;

    for (unsigned i = 0; i < clients; i++)
        count += results[i].latency_count;
    all = malloc(count * sizeof(*all) + 1);
    if (!all || count == 0)
        fail("no", "latencies");
    count = 0;
    for (unsigned i = 0; i < clients; i++) {
        memcpy(all + count, results[i].latencies, results[i].latency_count * sizeof(*all));
        count += results[i].latency_count;
    }
    qsort(all, count, sizeof(*all), compare);
    found = all[(size_t)(share * (double)(count - 1))];
    free(all);
    return found;
}

int main(int argc, char **argv)
{
    Result *results = mmap(NULL, sizeof(Result) * CLIENTS_MAX, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    Options options;
    double end, rate = 0;
    uint64_t scans = 0;
    struct rusage usage;
    int failed = 0;

    if (argc < 7 || results == MAP_FAILED)
        fail("usage", "storehook|clamd|raw WHERE KIND SIZE CLIENTS SECONDS [seen]");
    options = (Options){.how = argv[1],
                        .where = argv[2],
                        .kind = argv[3],
                        .size = strtoul(argv[4], NULL, 10),
                        .clients = (unsigned)strtoul(argv[5], NULL, 10),
                        .seconds = strtod(argv[6], NULL),
                        .seen = argc > 7};
    if (options.clients < 1 || options.clients > CLIENTS_MAX || options.size < 512)
        fail("usage", "1 to 64 clients, 512 bytes at least");
    if (options.how[0] == 'r')
        raw_load(options.where);
    end = now() + options.seconds;
    for (unsigned i = 0; i < options.clients; i++)
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            client_run(&options, i, &results[i], end);
            _exit(EXIT_SUCCESS);
        }
    for (int status; wait(&status) > 0;)
        failed |= status;
    if (failed)
        return EXIT_FAILURE;
    getrusage(RUSAGE_CHILDREN, &usage);
    for (unsigned i = 0; i < options.clients; i++) {
        scans += results[i].scans;
        rate += (double)results[i].scans / results[i].spent;
    }
    printf("{\"scans\": %llu, \"per_second\": %.2f, \"p50_us\": %u, \"p99_us\": %u, "
           "\"client_cpu\": %.3f}\n",
           (unsigned long long)scans, rate, percentile(results, options.clients, 0.5),
           percentile(results, options.clients, 0.99),
           (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
    return EXIT_SUCCESS;
}
