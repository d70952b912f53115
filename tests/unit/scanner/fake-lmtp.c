/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake-lmtp.c - a blocking LMTP server in a thread, one connection at a time.
 */
#include "tests/unit/scanner/fake-lmtp.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct FakeLmtp {
    FakeLmtpManner manner;
    char *path, *address;
    int fd;
    GThread *thread;
    GMutex lock; /* over all below */
    GString *data, *commands;
    guint connections;
};

static void converse(FakeLmtp *server, FILE *stream)
{
    char line[8192];
    GPtrArray *accepted = g_ptr_array_new_with_free_func(g_free);

    fprintf(stream, "220-fake\r\n220 LMTP\r\n");
    while (fflush(stream) == 0 && fgets(line, sizeof line, stream) != NULL) {
        g_mutex_lock(&server->lock);
        g_string_append(server->commands, line);
        g_mutex_unlock(&server->lock);
        if (g_str_has_prefix(line, "LHLO")) {
            fprintf(stream, "250-fake\r\n250-8BITMIME\r\n250 SIZE 100\r\n");
        } else if (g_str_has_prefix(line, "MAIL")) {
            fprintf(stream, "250 2.1.0 ok\r\n");
        } else if (g_str_has_prefix(line, "RCPT TO:<no@")) {
            fprintf(stream, "550 5.1.1 nobody\r\n");
        } else if (g_str_has_prefix(line, "RCPT")) {
            g_ptr_array_add(accepted, g_strdup(line));
            fprintf(stream, "250 2.1.5 ok\r\n");
        } else if (g_str_has_prefix(line, "DATA")) {
            fprintf(stream, "354 go\r\n");
            fflush(stream);
            /* Only CR LF ends a line; a bare LF only ends what fgets() reads at once. */
            gboolean at_start = TRUE;
            while (fgets(line, sizeof line, stream) != NULL &&
                   !(at_start && strcmp(line, ".\r\n") == 0)) {
                g_mutex_lock(&server->lock);
                g_string_append(server->data, at_start && line[0] == '.' ? line + 1 : line);
                g_mutex_unlock(&server->lock);
                at_start = g_str_has_suffix(line, "\r\n");
            }
            if (server->manner == FAKE_LMTP_SHUT)
                break;
            for (guint i = 0; i < accepted->len; i++)
                fprintf(stream, strstr(accepted->pdata[i], "<full@") != NULL
                                    ? "452 4.2.2 full\r\n"
                                    : "250-2.0.0 taken\r\n250 indeed\r\n");
        } else {
            fprintf(stream, "221 bye\r\n");
            fflush(stream);
            break;
        }
    }
    g_ptr_array_unref(accepted);
}

static gpointer serve(gpointer data)
{
    FakeLmtp *server = data;
    int peer;

    while ((peer = accept(server->fd, NULL, NULL)) >= 0) {
        FILE *stream = fdopen(peer, "r+");
        char byte[64];

        g_mutex_lock(&server->lock);
        server->connections++;
        g_mutex_unlock(&server->lock);
        switch (server->manner) {
        case FAKE_LMTP_SILENT:
            while (read(peer, byte, sizeof byte) > 0)
                ;
            break;
        case FAKE_LMTP_GARBAGE:
            fprintf(stream, "hello, this is not mail\r\n");
            break;
        case FAKE_LMTP_FLOOD:
            while (fprintf(stream, "220-more and more and more and more and more") > 0 &&
                   fflush(stream) == 0)
                ;
            break;
        case FAKE_LMTP_BUSY:
            fprintf(stream, "421 4.3.2 later\r\n");
            break;
        case FAKE_LMTP_PLAIN:
        case FAKE_LMTP_SHUT:
            converse(server, stream);
            break;
        }
        fclose(stream);
    }
    return NULL;
}

FakeLmtp *fake_lmtp_new(const char *directory, FakeLmtpManner manner)
{
    FakeLmtp *server = g_new0(FakeLmtp, 1);
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    signal(SIGPIPE, SIG_IGN); /* the client may hang up first */
    server->manner = manner;
    server->path = g_build_filename(directory, "lmtp", NULL);
    server->address = g_strconcat("unix:", server->path, NULL);
    server->data = g_string_new(NULL);
    server->commands = g_string_new(NULL);
    g_mutex_init(&server->lock);
    g_strlcpy(address.sun_path, server->path, sizeof address.sun_path);
    server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(server->fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_assert_cmpint(listen(server->fd, 4), ==, 0);
    server->thread = g_thread_new("fake-lmtp", serve, server);
    return server;
}

void fake_lmtp_free(FakeLmtp *server)
{
    shutdown(server->fd, SHUT_RDWR); /* accept() returns */
    g_thread_join(server->thread);
    close(server->fd);
    unlink(server->path);
    g_free(server->path);
    g_free(server->address);
    g_string_free(server->data, TRUE);
    g_string_free(server->commands, TRUE);
    g_mutex_clear(&server->lock);
    g_free(server);
}

const char *fake_lmtp_address(const FakeLmtp *server)
{
    return server->address;
}

const char *fake_lmtp_data(FakeLmtp *server)
{
    g_mutex_lock(&server->lock);
    const char *data = server->data->str;
    g_mutex_unlock(&server->lock);
    return data;
}

const char *fake_lmtp_commands(FakeLmtp *server)
{
    g_mutex_lock(&server->lock);
    const char *commands = server->commands->str;
    g_mutex_unlock(&server->lock);
    return commands;
}

guint fake_lmtp_connections(FakeLmtp *server)
{
    g_mutex_lock(&server->lock);
    guint connections = server->connections;
    g_mutex_unlock(&server->lock);
    return connections;
}
