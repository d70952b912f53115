/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clients.c - admits processes by their executable, and searches /proc for those that are not
 * hooked.
 *
 * Nothing here fails: an executable that is missing admits nobody.
 *
 * Known limit: a process of another user whose /proc/PID/exe cannot be followed is not found. As
 * root the service sees all.
 */
#include "scanner/supervisor/clients.h"

#include <errno.h>
#include <glib-unix.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "scanner/common/json-text.h"
#include "scanner/supervisor/clients-private.h"

#define REMOVED " (deleted)" /* what the kernel appends to such a path */
#define LIBRARY "/libstorehook.so"

enum {
    SAVE_MILLISECONDS = 100, /* so that a store that starts many processes is written once */
    STAT_BEGUN = 20 /* index of the word in /proc/PID/stat, counted from the one that ends the
                       program's name (0) */
};

void clients_client_free(gpointer data)
{
    Client *client = data;

    if (!client)
        return;
    if (client->watch != 0)
        g_source_remove(client->watch);
    if (client->pidfd >= 0)
        close(client->pidfd);
    g_free(client->program);
    g_free(client);
}

/* Where mailstored may be: installed, or in the build folder beside this program. */
static char **default_paths(void)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *here = self ? g_path_get_dirname(self) : g_strdup("/");
    char **paths = g_new0(char *, 4);

    paths[0] = g_strdup(STOREHOOK_BINDIR "/mailstored");
    paths[1] = g_build_filename(here, "mailstored", NULL);
    paths[2] = g_build_filename(here, "..", "mailstore", "server", "mailstored", NULL);
    return paths;
}

void clients_set_executables(Clients *clients, char *const *paths)
{
    g_strfreev(clients->paths);
    clients->are_named = paths[0] != NULL;
    clients->paths = paths[0] ? g_strdupv((char **)paths) : default_paths();
}

Clients *clients_new(char *const *paths)
{
    Clients *clients = g_new0(Clients, 1);

    clients->clients = g_ptr_array_new_with_free_func(clients_client_free);
    clients_set_executables(clients, paths);
    return clients;
}

Clients *clients_free(Clients *clients)
{
    if (!clients)
        return NULL;
    if (clients->saving != 0) {
        g_source_remove(clients->saving);
        clients_file_save(clients);
    }
    g_ptr_array_unref(clients->clients);
    g_strfreev(clients->paths);
    g_free(clients->file);
    g_free(clients->socket);
    g_free(clients);
    return NULL;
}

/* By stat(2) each time, since an upgrade puts another file there. */
static gboolean is_listed(const Clients *clients, const struct stat *file)
{
    for (guint i = 0; clients->paths[i]; i++) {
        struct stat listed;

        if (stat(clients->paths[i], &listed) == 0 && listed.st_dev == file->st_dev &&
            listed.st_ino == file->st_ino)
            return TRUE;
    }
    return FALSE;
}

const char *clients_absent(const Clients *clients)
{
    const char *absent = NULL;

    for (guint i = 0; clients->paths[i]; i++) {
        if (g_file_test(clients->paths[i], G_FILE_TEST_IS_REGULAR)) {
            if (!clients->are_named)
                return NULL;
        } else if (!absent) {
            absent = clients->paths[i];
        }
    }
    return absent;
}

gboolean clients_is_admitted(const Clients *clients, int executable)
{
    struct stat status;

    return fstat(executable, &status) == 0 && S_ISREG(status.st_mode) &&
           is_listed(clients, &status);
}

static Client *client_find(const Clients *clients, const guint8 *instance)
{
    for (guint i = 0; i < clients->clients->len; i++) {
        Client *client = clients->clients->pdata[i];

        if (memcmp(client->instance, instance, sizeof(client->instance)) == 0)
            return client;
    }
    return NULL;
}

static gboolean on_save(gpointer user_data)
{
    Clients *clients = user_data;

    clients->saving = 0;
    clients_file_save(clients);
    return G_SOURCE_REMOVE;
}

static void save_soon(Clients *clients)
{
    if (clients->file && clients->saving == 0)
        clients->saving = g_timeout_add(SAVE_MILLISECONDS, on_save, clients);
}

static void client_remove(Client *client)
{
    save_soon(client->owner);
    g_ptr_array_remove_fast(client->owner->clients, client);
}

static gboolean on_client_ended(gint fd, GIOCondition condition, gpointer user_data)
{
    Client *client = user_data;

    (void)fd;
    (void)condition;
    client->watch = 0;
    client_remove(client);
    return G_SOURCE_REMOVE;
}

/* The start time; 0: no such process. */
static guint64 process_begun(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid), *text = NULL;
    const char *name_end;
    g_auto(GStrv) words = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return 0;
    name_end = strrchr(text, ')'); /* the name may contain anything */
    words = g_strsplit(name_end ? name_end : "", " ", -1);
    return g_strv_length(words) > STAT_BEGUN ? strtoull(words[STAT_BEGUN], NULL, 10) : 0;
}

void clients_take(Clients *clients, Client *client)
{
    guint64 begun;

    client->owner = clients;
    client->pidfd = (int)syscall(SYS_pidfd_open, client->pid, 0);
    /* After pidfd_open(2): the process id may belong to another process by now. */
    begun = client->pidfd >= 0 || errno != ESRCH ? process_begun(client->pid) : 0;
    if ((client->pidfd < 0 && errno == ESRCH) || (client->is_unheard && begun != client->begun) ||
        clients->clients->len >= CLIENTS_MAX) {
        clients_client_free(client);
        return;
    }
    client->begun = begun;
    if (client->pidfd >= 0)
        client->watch = g_unix_fd_add(client->pidfd, G_IO_IN, on_client_ended, client);
    g_ptr_array_add(clients->clients, client);
    save_soon(clients);
}

void clients_restore(Clients *clients, const char *file, const char *socket, const GArray *users)
{
    clients->file = g_strdup(file);
    clients->socket = g_strdup(socket);
    clients_file_load(clients, users);
}

/* A process with this id from the file: it was another program before exec(2), or has a new
 * instance. */
static void forget_unheard(Clients *clients, pid_t pid)
{
    for (guint i = clients->clients->len; i > 0; i--) {
        Client *client = clients->clients->pdata[i - 1];

        if (client->pid == pid && client->is_unheard)
            client_remove(client);
    }
}

void clients_add(Clients *clients, const guint8 instance[CLIENTS_INSTANCE_SIZE],
                 const struct ucred *sender, const char *program)
{
    Client *client = client_find(clients, instance);

    if (client) {
        client->is_unheard = FALSE;
        return;
    }
    forget_unheard(clients, sender->pid);
    client = g_new0(Client, 1);
    memcpy(client->instance, instance, sizeof(client->instance));
    client->pid = sender->pid;
    client->user = sender->uid;
    client->program = g_strdup(program);
    client->since = g_get_real_time() / G_USEC_PER_SEC;
    clients_take(clients, client);
}

void clients_remove(Clients *clients, const guint8 instance[CLIENTS_INSTANCE_SIZE])
{
    Client *client = client_find(clients, instance);

    if (client)
        client_remove(client);
}

void clients_set_unhooked(Clients *clients, const guint8 instance[CLIENTS_INSTANCE_SIZE],
                          StorehookUnhooked unhooked)
{
    Client *client = client_find(clients, instance);

    if (!client)
        return;
    if (client->unhooked != unhooked)
        save_soon(clients);
    client->unhooked = unhooked;
}

const char *clients_program(const Clients *clients, const guint8 instance[CLIENTS_INSTANCE_SIZE])
{
    const Client *client = client_find(clients, instance);

    return client ? client->program : "";
}

static const Client *client_of(const Clients *clients, pid_t pid)
{
    for (guint i = 0; i < clients->clients->len; i++) {
        const Client *client = clients->clients->pdata[i];

        if (client->pid == pid)
            return client;
    }
    return NULL;
}

const char *clients_program_of(const Clients *clients, pid_t pid)
{
    const Client *client = client_of(clients, pid);

    return client ? client->program : "";
}

static void describe(JsonArray *array, pid_t pid, const char *program, gint64 since,
                     const char *state, const char *reason)
{
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "program", program);
    json_object_set_int_member(object, "pid", pid);
    json_object_set_boolean_member(object, "hooked", strcmp(state, CLIENTS_HOOKED) == 0);
    json_object_set_string_member(object, "state", state);
    if (reason)
        json_object_set_string_member(object, "reason", reason);
    if (since > 0)
        json_text_set_time(object, "since", since);
    json_array_add_object_element(array, object);
}

static gboolean is_number(const char *name, pid_t *ret)
{
    guint64 number;

    if (!g_ascii_string_to_unsigned(name, 10, 1, G_MAXINT, &number, NULL))
        return FALSE;
    *ret = (pid_t)number;
    return TRUE;
}

/* NULL: not to be hooked, or that cannot be seen. Else the program; *ret_replaced: under its path
 * stands another file by now, so that the process is not known by it any more. */
static char *listed_program(const Clients *clients, pid_t pid, gboolean *ret_replaced)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/exe", (int)pid);
    g_autofree char *program = g_file_read_link(path, NULL);
    struct stat status;

    if (!program || stat(path, &status) < 0)
        return NULL;
    *ret_replaced = FALSE;
    if (is_listed(clients, &status))
        return g_steal_pointer(&program);
    if (!g_str_has_suffix(program, REMOVED))
        return NULL;
    program[strlen(program) - strlen(REMOVED)] = '\0';
    *ret_replaced = TRUE;
    return g_strv_contains((const char *const *)clients->paths, program) ? g_steal_pointer(&program)
                                                                         : NULL;
}

static guint describe_unhooked(const Clients *clients, JsonArray *array)
{
    g_autoptr(GDir) processes = g_dir_open("/proc", 0, NULL);
    const char *name;
    guint count = 0;
    pid_t pid;

    while (processes && (name = g_dir_read_name(processes))) {
        g_autofree char *program = NULL;
        gboolean replaced;

        if (!is_number(name, &pid) || client_of(clients, pid))
            continue;
        program = listed_program(clients, pid, &replaced);
        if (!program)
            continue;
        describe(array, pid, program, 0, CLIENTS_NOT_HOOKED,
                 replaced ? "its program file was replaced since it was started: restart it"
                          : "runs without libstorehook, cannot reach the socket, has not called "
                            "its store yet, or was answered too late");
        count++;
    }
    return count;
}

/* Why a process that was hooked when the last service ended is not any more; NULL when nothing says
 * so. */
static const char *why_unheard_is_unhooked(const Clients *clients, const Client *client)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/maps", (int)client->pid), *maps = NULL;
    g_autofree char *program = NULL;
    gboolean replaced = FALSE;

    if (!g_file_get_contents(path, &maps, NULL, NULL) || maps[0] == '\0')
        return NULL;
    program = listed_program(clients, client->pid, &replaced);
    if (!program)
        return "is none of the programs to be hooked any more";
    if (replaced)
        return "its program file was replaced since it was started: restart it";
    return strstr(maps, LIBRARY) ? NULL : "runs without libstorehook";
}

static const char *why_not_hooked(const Clients *clients, const Client *client)
{
    switch (client->unhooked) {
    case STOREHOOK_UNHOOKED_NONE:
        return client->is_unheard ? why_unheard_is_unhooked(clients, client) : NULL;
    case STOREHOOK_UNHOOKED_REACH:
        return "does not get to the sockets of the service: has it changed its user or root, or "
               "confined itself?";
    default:
        return "calls a second copy of its store library, which is not hooked";
    }
}

static guint describe_known(const Clients *clients, JsonArray *array, const Client *client)
{
    const char *reason = why_not_hooked(clients, client);

    if (reason)
        describe(array, client->pid, client->program, client->since, CLIENTS_NOT_HOOKED, reason);
    else if (client->is_unheard)
        describe(array, client->pid, client->program, client->since, CLIENTS_UNHEARD,
                 "was hooked before the service started; not heard of since, asks at its next "
                 "write");
    else
        describe(array, client->pid, client->program, client->since, CLIENTS_HOOKED, NULL);
    return reason ? 1 : 0;
}

JsonArray *clients_describe(Clients *clients, guint *ret_unhooked)
{
    JsonArray *array = json_array_new();
    guint count = 0;

    for (guint i = 0; i < clients->clients->len; i++)
        count += describe_known(clients, array, clients->clients->pdata[i]);
    *ret_unhooked = count + describe_unhooked(clients, array);
    return array;
}
