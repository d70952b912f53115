/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clients.c - admission by executable, and a look into /proc for what is not hooked.
 *
 * Nothing here fails: an executable that is not there admits nobody.
 *
 * Known limit: a process of another user whose /proc/PID/exe may not be followed is not seen as
 * unhooked; run as root, the service sees all.
 */
#include "scanner/clients.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct {
    Clients *owner;
    guint8 instance[16];
    pid_t pid;
    char *program;
    gint64 since;          /* seconds since 1970 */
    gboolean has_unhooked; /* it said that some of its calls go past the hook */
    int pidfd;
    guint watch;
} Client;

struct Clients {
    char **paths;       /* resolved */
    GPtrArray *clients; /* of Client */
};

static void client_free(gpointer data)
{
    Client *client = data;

    if (client->watch != 0)
        g_source_remove(client->watch);
    if (client->pidfd >= 0)
        close(client->pidfd);
    g_free(client->program);
    g_free(client);
}

/* Where mailstored is: installed, or in the build folder beside this program. */
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
    clients->paths = paths[0] ? g_strdupv((char **)paths) : default_paths();
}

Clients *clients_new(char *const *paths)
{
    Clients *clients = g_new0(Clients, 1);

    clients->clients = g_ptr_array_new_with_free_func(client_free);
    clients_set_executables(clients, paths);
    return clients;
}

Clients *clients_free(Clients *clients)
{
    if (!clients)
        return NULL;
    g_ptr_array_unref(clients->clients);
    g_strfreev(clients->paths);
    g_free(clients);
    return NULL;
}

/* Looked up each time: an upgrade puts another file under the path. */
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

static gboolean on_client_ended(gint fd, GIOCondition condition, gpointer user_data)
{
    Client *client = user_data;

    (void)fd;
    (void)condition;
    client->watch = 0;
    g_ptr_array_remove_fast(client->owner->clients, client);
    return G_SOURCE_REMOVE;
}

void clients_add(Clients *clients, const guint8 instance[16], pid_t pid, const char *program)
{
    Client *client = client_find(clients, instance);

    if (client || clients->clients->len >= CLIENTS_MAX)
        return;
    client = g_new0(Client, 1);
    client->owner = clients;
    memcpy(client->instance, instance, sizeof(client->instance));
    client->pid = pid;
    client->program = g_strdup(program);
    client->since = g_get_real_time() / G_USEC_PER_SEC;
    client->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (client->pidfd >= 0)
        client->watch = g_unix_fd_add(client->pidfd, G_IO_IN, on_client_ended, client);
    g_ptr_array_add(clients->clients, client);
}

void clients_set_unhooked(Clients *clients, const guint8 instance[16], gboolean has_unhooked)
{
    Client *client = client_find(clients, instance);

    if (client)
        client->has_unhooked = has_unhooked;
}

const char *clients_program(const Clients *clients, const guint8 instance[16])
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
                     const char *reason)
{
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "program", program);
    json_object_set_int_member(object, "pid", pid);
    json_object_set_boolean_member(object, "hooked", reason == NULL);
    if (reason)
        json_object_set_string_member(object, "reason", reason);
    if (since > 0) {
        g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(since);
        g_autofree char *text = g_date_time_format_iso8601(time);

        json_object_set_string_member(object, "since", text);
    }
    json_array_add_object_element(array, object);
}

static guint describe_unhooked(const Clients *clients, JsonArray *array)
{
    g_autoptr(GDir) processes = g_dir_open("/proc", 0, NULL);
    const char *name;
    guint count = 0;

    while (processes && (name = g_dir_read_name(processes))) {
        g_autofree char *path = g_build_filename("/proc", name, "exe", NULL);
        g_autofree char *program = NULL;
        struct stat status;
        guint64 pid;

        if (!g_ascii_string_to_unsigned(name, 10, 1, G_MAXINT, &pid, NULL) ||
            stat(path, &status) < 0 || !is_listed(clients, &status) ||
            client_of(clients, (pid_t)pid))
            continue;
        program = g_file_read_link(path, NULL);
        describe(array, (pid_t)pid, program ? program : "?", 0,
                 "runs without libstorehook, or has not called its store yet");
        count++;
    }
    return count;
}

JsonArray *clients_describe(Clients *clients, guint *ret_unhooked)
{
    JsonArray *array = json_array_new();
    guint count = 0;

    for (guint i = 0; i < clients->clients->len; i++) {
        const Client *client = clients->clients->pdata[i];

        describe(array, client->pid, client->program, client->since,
                 client->has_unhooked
                     ? "calls a second copy of its store library, which is not hooked"
                     : NULL);
        count += client->has_unhooked ? 1 : 0;
    }
    *ret_unhooked = count + describe_unhooked(clients, array);
    return array;
}
