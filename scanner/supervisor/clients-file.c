/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clients-file.c - keeps the hooked processes in a file, for the service after a restart.
 *
 * An idle store does not notice that the service was restarted: it asks at its next write. Until
 * then this file tells it apart from a store that runs without the hook. The file is believed only
 * for the same boot, the same socket and a process with the same start time, and never makes a
 * process "hooked": that takes a HELLO. When it cannot be written it is removed, since no file is
 * better than a wrong one; the store is then shown as not protected after a restart.
 */
#include "scanner/supervisor/clients-private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "scanner/common/hex.h"
#include "scanner/common/users.h"

#define HEAD "service" /* no instance is called so: they are hexadecimal */

enum {
    FILE_MODE = 0600,
    NAME_SIZE = 2 * CLIENTS_INSTANCE_SIZE + 1
};

static char *boot_id(void)
{
    char *text = NULL;

    return g_file_get_contents("/proc/sys/kernel/random/boot_id", &text, NULL, NULL)
               ? g_strchomp(text)
               : g_strdup("");
}

void clients_file_save(const Clients *clients)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *boot = boot_id(), *text = NULL;
    g_autoptr(GError) error = NULL;
    gsize size;

    g_key_file_set_string(file, HEAD, "boot", boot);
    g_key_file_set_string(file, HEAD, "socket", clients->socket);
    for (guint i = 0; i < clients->clients->len; i++) {
        const Client *client = clients->clients->pdata[i];
        g_autofree char *program = g_utf8_make_valid(client->program, -1);
        char name[NAME_SIZE];

        hex_write(client->instance, CLIENTS_INSTANCE_SIZE, name);
        g_key_file_set_integer(file, name, "pid", client->pid);
        g_key_file_set_uint64(file, name, "user", client->user);
        g_key_file_set_uint64(file, name, "begun", client->begun);
        g_key_file_set_int64(file, name, "since", client->since);
        g_key_file_set_boolean(file, name, "unhooked",
                               client->unhooked == STOREHOOK_UNHOOKED_CALLS);
        g_key_file_set_string(file, name, "program", program);
    }
    text = g_key_file_to_data(file, &size, NULL);
    if (g_file_set_contents_full(clients->file, text, (gssize)size, G_FILE_SET_CONTENTS_CONSISTENT,
                                 FILE_MODE, &error))
        return;
    g_warning("the hooked processes are not kept: %s", error->message);
    (void)unlink(clients->file);
}

static Client *read_client(GKeyFile *file, const char *name)
{
    Client *client = g_new0(Client, 1);

    client->is_unheard = TRUE;
    client->pidfd = -1;
    client->pid = g_key_file_get_integer(file, name, "pid", NULL);
    client->user = (uid_t)g_key_file_get_uint64(file, name, "user", NULL);
    client->begun = g_key_file_get_uint64(file, name, "begun", NULL);
    client->since = g_key_file_get_int64(file, name, "since", NULL);
    if (g_key_file_get_boolean(file, name, "unhooked", NULL))
        client->unhooked = STOREHOOK_UNHOOKED_CALLS;
    client->program = g_key_file_get_string(file, name, "program", NULL);
    if (client->program && client->pid > 0 && client->begun > 0 &&
        hex_read(name, client->instance, CLIENTS_INSTANCE_SIZE))
        return client;
    clients_client_free(client);
    return NULL;
}

void clients_file_load(Clients *clients, const GArray *users)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *here = boot_id(), *boot = NULL, *socket = NULL;
    g_auto(GStrv) names = NULL;

    if (!g_key_file_load_from_file(file, clients->file, G_KEY_FILE_NONE, NULL))
        return;
    boot = g_key_file_get_string(file, HEAD, "boot", NULL);
    socket = g_key_file_get_string(file, HEAD, "socket", NULL);
    if (here[0] == '\0' || g_strcmp0(boot, here) != 0 || g_strcmp0(socket, clients->socket) != 0)
        return;
    names = g_key_file_get_groups(file, NULL);
    for (gsize i = 0; names[i]; i++) {
        Client *client = read_client(file, names[i]);

        if (client && users_may_ask(users, client->user))
            clients_take(clients, client);
        else
            clients_client_free(client);
    }
}
