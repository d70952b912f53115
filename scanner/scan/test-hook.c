/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-hook.c - crashes, hangs, spins, eats memory, and rattles at the cage.
 *
 * Nothing here fails; that is for the caller to suffer.
 */
#include "scanner/scan/test-hook.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    MEMORY_STEP = 16 * 1024 * 1024
};

static void eat_memory(void)
{
    for (;;) {
        char *block = malloc(MEMORY_STEP);

        if (!block)
            abort(); /* as GLib would */
        memset(block, 1, MEMORY_STEP);
    }
}

static gboolean can_open(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static gboolean can_fork(void)
{
    pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

    if (pid == 0)
        _exit(0);
    return pid > 0;
}

/* With no arguments that mean anything: only whether the kernel would begin. */
static gboolean can_call(long number)
{
    return syscall(number, 0, 0, 0, 0, 0, 0) >= 0 || errno != EPERM;
}

/* A process that is named, be it this one, and to nowhere: only whether the kernel would begin. */
static gboolean can_move(pid_t process)
{
    return syscall(SYS_sched_setaffinity, process, 0, NULL) >= 0 || errno != EPERM;
}

static gboolean can_make_pair(void)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return FALSE;
    close(pair[0]);
    close(pair[1]);
    return TRUE;
}

static gboolean can_map_code(void)
{
    void *map =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (map == MAP_FAILED)
        return FALSE;
    munmap(map, 4096);
    return TRUE;
}

static gboolean can_turn_to_code(void)
{
    void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    gboolean can = map != MAP_FAILED && mprotect(map, 4096, PROT_READ | PROT_EXEC) == 0;

    if (map != MAP_FAILED)
        munmap(map, 4096);
    return can;
}

static gboolean can_grow(guint64 size)
{
    int fd = memfd_create("storehook-caught", MFD_CLOEXEC);
    gboolean can = fd >= 0 && ftruncate(fd, (off_t)size) == 0;

    if (fd >= 0)
        close(fd);
    return can;
}

static gboolean can_make_socket(int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void try_cage(const ScannerConfig *config, Verdict *verdict)
{
    g_autofree char *state = g_build_filename(config->state_directory, "caught", NULL);
    const struct {
        const char *what;
        gboolean let_through;
    } tries[] = {
        {"read", can_open("/etc/passwd", O_RDONLY)},
        {"list", can_open("/", O_RDONLY | O_DIRECTORY)},
        {"proc", can_open("/proc/self/mem", O_RDWR)},
        {"write", can_open("/tmp/storehook-caught", O_WRONLY | O_CREAT)},
        {"state", can_open(state, O_WRONLY | O_CREAT)},
        {"above", can_open(config->temporary_directory, O_RDONLY | O_DIRECTORY)},
        {"socket", can_open(config->socket, O_RDONLY)},
        {"unix", can_make_socket(AF_UNIX)},
        {"inet", can_make_socket(AF_INET)},
        {"inet6", can_make_socket(AF_INET6)},
        {"netlink", can_make_socket(AF_NETLINK)},
        {"pair", can_make_pair()},
        {"connect", can_call(SYS_connect)},
        {"listen", can_call(SYS_listen)},
        {"fork", can_fork()},
        {"clone3", can_call(SYS_clone3)},
        {"execveat", can_call(SYS_execveat)},
        {"uring", can_call(SYS_io_uring_setup)},
        {"mount", can_call(SYS_mount)},
        {"peek", can_call(SYS_process_vm_readv)},
        {"bpf", can_call(SYS_bpf)},
        {"exec", can_call(SYS_execve)},
        {"code", can_map_code()},
        {"turn", can_turn_to_code()},
        {"large", can_grow(config->temporary_size + 1)},
        {"kill", can_call(SYS_kill)},
        {"ptrace", ptrace(PTRACE_TRACEME, 0, 0, 0) == 0},
        {"move", can_move(getpid())},
        {"setuid", syscall(SYS_setuid, 1) == 0},
    };
    g_autoptr(GString) text = g_string_new("cage:");

    for (gsize i = 0; i < G_N_ELEMENTS(tries); i++)
        if (tries[i].let_through)
            g_string_append_printf(text, " %s", tries[i].what);
    verdict_set(verdict, STOREHOOK_VERDICT_SUSPICIOUS, text->str);
}

gboolean test_hook_run(const ScannerConfig *config, const void *data, gsize size, Verdict *verdict)
{
    char command[64];
    gsize skip = strlen(TEST_HOOK_MAGIC);

    if (size <= skip || memcmp(data, TEST_HOOK_MAGIC, skip) != 0)
        return FALSE;
    g_snprintf(command, sizeof(command), "%.*s", (int)MIN(size - skip, sizeof(command) - 1),
               (const char *)data + skip);
    if (g_str_has_prefix(command, "crash"))
        abort();
    if (g_str_has_prefix(command, "hang"))
        for (;;)
            g_usleep(G_USEC_PER_SEC); /* the cage forbids pause() */
    if (g_str_has_prefix(command, "spin"))
        for (;;)
            ;
    if (g_str_has_prefix(command, "memory"))
        eat_memory();
    if (g_str_has_prefix(command, "twice")) {
        if (verdict->kind == STOREHOOK_VERDICT_INFECTED)
            abort();
        verdict_set(verdict, STOREHOOK_VERDICT_INFECTED, "Test.Twice");
        return TRUE;
    }
    if (g_str_has_prefix(command, "type")) {
        if (strcmp(verdict->name, "Test.Type") == 0)
            abort();
        verdict_set(verdict, STOREHOOK_VERDICT_CLEAN, "Test.Type");
        return TRUE;
    }
    if (g_str_has_prefix(command, "sleep ")) {
        g_usleep((gulong)g_ascii_strtoull(command + 6, NULL, 10) * 1000);
        verdict_set(verdict, STOREHOOK_VERDICT_CLEAN, "");
        return TRUE;
    }
    if (g_str_has_prefix(command, "cage")) {
        try_cage(config, verdict);
        return TRUE;
    }
    return FALSE;
}
