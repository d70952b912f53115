/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interpose.c - what an interposed call on a table of no profile costs more than the direct one: as
 * the linker binds it, and as libstorehook-audit.so gives it to a program that looks it up.
 *
 * Both kinds of call go to the same store, in turns; JetUpdate without a prepared row is the
 * cheapest that there is, so what the hook adds shows. JSON lines: nanoseconds a call, hooked
 * and direct, and the difference against what is allowed; medians of many batches.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libstorehook/originals.h"
#include "tests/preload/hook-test.h"
#include "tests/scratch.h"

enum {
    BATCHES = 401,
    CALLS = 10000,
    ALLOWED = 40, /* nanoseconds more than the direct call */
    CURSORS = 100 /* more than one, as in a server */
};

typedef JET_ERR (*Update)(JET_SESID, JET_TABLEID, void *, uint32_t, uint32_t *);

/* What the hook calls; a look-up by name gives the hook. */
static Update direct_update(void)
{
    Originals *found = dlsym(RTLD_DEFAULT, "storehook_originals");

    return found ? (Update)atomic_load(&found->table[ORIGINAL_JetUpdate]) : NULL;
}

static JET_TABLEID cursors[CURSORS];

/* In a process of its own: LD_AUDIT is read when it begins. */
static void measure_looked_up(char **argv)
{
    fflush(stdout);
    setenv("LD_AUDIT", BENCH_AUDIT, 1);
    execv("/proc/self/exe", argv);
    abort();
}

static double time_batch(Update update, JET_SESID sesid)
{
    double start = hook_now();

    for (unsigned i = 0; i < CALLS; i++)
        if (update(sesid, cursors[i % CURSORS], NULL, 0, NULL) != JET_errUpdateNotPrepared)
            abort();
    return (hook_now() - start) / CALLS * 1e9;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, BATCHES, sizeof(*values), compare);
    return values[BATCHES / 2];
}

/* The folder of its sockets, where the store is, too. */
static void directory_of(const char *socket, char ret[256])
{
    snprintf(ret, 256, "%s", socket);
    *strrchr(ret, '/') = '\0';
}

static void clean_up(const char *socket)
{
    char path[256];

    snprintf(path, sizeof(path), "%s%s", socket, STOREHOOK_SUFFIX_STORE);
    unlink(path);
    unlink(socket);
    directory_of(socket, path);
    rmdir(path);
}

int main(int argc, char **argv)
{
    static double hooked[BATCHES], direct[BATCHES], extra[BATCHES];
    char directory[256];
    FakeService *service;
    Host host;
    void *store;
    bool looks_up = getenv("LD_AUDIT") != NULL;
    const char *name = looks_up ? "call-looked-up" : "call-hooked";
    Update found, original, interposed = JetUpdate;

    if (!getenv("STOREHOOK_SOCKET")) {
        char path[sizeof(directory) + 2];

        snprintf(directory, sizeof(directory), "%s/bench-interpose-XXXXXX", scratch_directory());
        if (!mkdtemp(directory))
            return 1;
        snprintf(path, sizeof(path), "%s/s", directory);
        setenv("STOREHOOK_SOCKET", path, 1);
        execv("/proc/self/exe", argv);
        return 1;
    }
    (void)argc;
    service = fake_service_start(getenv("STOREHOOK_SOCKET"));
    store = dlopen(BENCH_STORE, RTLD_NOW | RTLD_NOLOAD);
    found = store ? (Update)dlsym(store, "JetUpdate") : NULL;
    original = looks_up ? direct_update() : found;
    if (!original || original == interposed || (looks_up && found != interposed))
        return 1;
    directory_of(getenv("STOREHOOK_SOCKET"), directory);
    host_open(&host, directory);
    for (unsigned i = 0; i < CURSORS; i++)
        if (JetOpenTable(host.sesid, host.database, "other", NULL, 0, 0, &cursors[i]) < 0)
            return 1;
    if (hook_status().state != STOREHOOK_STATE_HOOKED)
        return 1;
    for (unsigned i = 0; i < BATCHES; i++) {
        direct[i] = time_batch(original, host.sesid);
        hooked[i] = time_batch(interposed, host.sesid);
        extra[i] = hooked[i] - direct[i];
    }
    printf("{\"bench\":\"%s\",\"value\":%.1f,\"unit\":\"ns\","
           "\"reference\":\"direct call\",\"reference_value\":%.1f,\"ratio\":%.2f,"
           "\"target\":\"\"}\n",
           name, median(hooked), median(direct), median(hooked) / median(direct));
    printf("{\"bench\":\"%s-extra\",\"value\":%.1f,\"unit\":\"ns\","
           "\"reference\":\"allowed\",\"reference_value\":%d,\"ratio\":%.2f,"
           "\"target\":\"<= 1\"}\n",
           name, median(extra), ALLOWED, median(extra) / ALLOWED);
    host_close(&host);
    fake_service_kill(service);
    if (!looks_up)
        measure_looked_up(argv);
    clean_up(getenv("STOREHOOK_SOCKET"));
    return 0;
}
