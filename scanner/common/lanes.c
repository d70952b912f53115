/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lanes.c - makes the sockets and the memory of the lanes, and decides which worker stays on which
 * processor.
 *
 * Fails by LISTEN_ERROR or G_FILE_ERROR. A worker that was taken over can write anything into the
 * memory, which costs others only time: a request that is not taken soon is taken by another worker
 * (STOREHOOK_LOOK).
 */
#include "scanner/common/lanes.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scanner/common/listen.h"

void lanes_init(Lanes *lanes)
{
    lanes->memory = lanes->reader = -1;
    for (guint i = 0; i < STOREHOOK_LANES_MAX; i++)
        lanes->sockets[i] = -1;
}

static gboolean open_memory(Lanes *lanes)
{
    g_autofree char *path = NULL;

    lanes->memory = memfd_create("storehook-lanes", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (lanes->memory < 0 || ftruncate(lanes->memory, sizeof(StorehookLanes)) < 0 ||
        fcntl(lanes->memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0 ||
        fchmod(lanes->memory, 0600) < 0)
        return FALSE;
    path = g_strdup_printf("/proc/self/fd/%d", lanes->memory);
    lanes->reader = open(path, O_RDONLY | O_CLOEXEC);
    return lanes->reader >= 0;
}

static char *lane_path(const char *socket, guint processor)
{
    g_autofree char *store = g_strconcat(socket, STOREHOOK_SUFFIX_STORE, NULL);

    return g_strdup_printf(STOREHOOK_LANE_FORMAT, store, processor);
}

/* A service that was killed may have had more lanes than this one. */
static void remove_stale(const char *socket)
{
    for (guint i = 0; i < STOREHOOK_LANES_MAX; i++) {
        g_autofree char *path = lane_path(socket, i);

        listen_remove(path);
    }
}

gboolean lanes_open(Lanes *lanes, const char *socket, guint workers, GError **error)
{
    remove_stale(socket);
    for (guint i = 0; i < workers; i++) {
        int processor = lanes_processor(i, workers);
        g_autofree char *path = NULL;

        if (processor < 0)
            continue;
        path = lane_path(socket, (guint)processor);
        lanes->sockets[processor] = listen_datagrams(path, error);
        if (lanes->sockets[processor] < 0)
            return FALSE;
    }
    if (open_memory(lanes))
        return TRUE;
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "the lanes' memory: %s",
                g_strerror(errno));
    return FALSE;
}

void lanes_close(Lanes *lanes)
{
    for (guint i = 0; i < STOREHOOK_LANES_MAX; i++)
        if (lanes->sockets[i] >= 0)
            close(lanes->sockets[i]);
    if (lanes->memory >= 0)
        close(lanes->memory);
    if (lanes->reader >= 0)
        close(lanes->reader);
    lanes_init(lanes);
}

void lanes_unlink(const Lanes *lanes, const char *socket)
{
    for (guint i = 0; i < STOREHOOK_LANES_MAX; i++) {
        g_autofree char *path = lane_path(socket, i);

        if (lanes->sockets[i] >= 0)
            (void)unlink(path);
    }
}

guint lanes_queued(const Lanes *lanes)
{
    guint queued = 0;

    for (guint i = 0; i < STOREHOOK_LANES_MAX; i++)
        if (lanes->sockets[i] >= 0)
            queued += listen_queued(lanes->sockets[i]);
    return queued;
}

StorehookLanes *lanes_map(int memory)
{
    void *map = mmap(NULL, sizeof(StorehookLanes), PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);

    return map == MAP_FAILED ? NULL : map;
}

int lanes_processor(guint worker, guint workers)
{
    cpu_set_t allowed;

    if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0 || workers < (guint)CPU_COUNT(&allowed))
        return -1;
    for (int i = 0; i < STOREHOOK_LANES_MAX; i++)
        if (CPU_ISSET(i, &allowed) && worker-- == 0)
            return i;
    return -1;
}

gboolean lanes_stay(int processor)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((gsize)processor, &set);
    return sched_setaffinity(0, sizeof(set), &set) == 0;
}

gboolean lanes_let_go(pid_t process)
{
    cpu_set_t allowed;

    return sched_getaffinity(0, sizeof(allowed), &allowed) == 0 &&
           sched_setaffinity(process, sizeof(allowed), &allowed) == 0;
}
