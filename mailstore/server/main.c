/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main.c - mailstored: a mail store that speaks LMTP, IMAP and POP3.
 *
 * Runs in the foreground. SIGTERM and SIGINT drain: no new connections, those there finish what
 * they began. Exits 0 after that, 1 when it cannot start or the store has failed (the reason is on
 * standard error), 2 on wrong usage or configuration.
 */
#include "mailstore/server/log.h"
#include "mailstore/server/server.h"

#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum {
    STATUS_USAGE = 2
};

typedef struct {
    GMainLoop *main;
    Server *server;
    guint patience; /* timer that ends the draining */
    gboolean stopping;
    int status;
} Daemon;

static void daemon_idle(gpointer data)
{
    Daemon *mailstored = data;

    g_main_loop_quit(mailstored->main);
}

static gboolean daemon_out_of_patience(gpointer data)
{
    Daemon *mailstored = data;

    mailstored->patience = 0;
    log_warning("drain-ended connections=%u closed",
                g_hash_table_size(mailstored->server->connections));
    server_abort_all(mailstored->server);
    return G_SOURCE_REMOVE;
}

static gboolean daemon_stop(gpointer data)
{
    Daemon *mailstored = data;

    if (mailstored->stopping) {
        log_info("stopping at-once");
        server_abort_all(mailstored->server);
        return G_SOURCE_CONTINUE;
    }
    mailstored->stopping = TRUE;
    log_info("stopping connections=%u", g_hash_table_size(mailstored->server->connections));
    mailstored->patience = g_timeout_add_seconds((guint)mailstored->server->config->drain_time,
                                                 daemon_out_of_patience, mailstored);
    server_drain(mailstored->server, daemon_idle, mailstored);
    return G_SOURCE_CONTINUE;
}

/* Nothing can be written before the store is opened again, which a service manager sees to. */
static void daemon_store_failed(gpointer data)
{
    Daemon *mailstored = data;

    log_warning("store-failed reason=\"the disk did not take what was written: ending, so that the "
                "store is opened anew\"");
    mailstored->status = EXIT_FAILURE;
    daemon_stop(mailstored);
}

/* Each connection is a descriptor: take as many as the administrator lets us have. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int daemon_run(const ServerConfig *config)
{
    g_autoptr(GError) error = NULL;
    Daemon mailstored = {.main = g_main_loop_new(NULL, FALSE), .status = EXIT_SUCCESS};

    mailstored.server = server_new(config, &error);
    if (mailstored.server == NULL) {
        log_warning("cannot-start reason=\"%s\"", error->message);
        g_main_loop_unref(mailstored.main);
        return EXIT_FAILURE;
    }
    /* Never removed: a signal that comes while the store is being closed must not end that. */
    g_unix_signal_add(SIGTERM, daemon_stop, &mailstored);
    g_unix_signal_add(SIGINT, daemon_stop, &mailstored);
    server_watch_store(mailstored.server, daemon_store_failed, &mailstored);
    log_info("ready store=\"%s\"", config->store_path);
    g_main_loop_run(mailstored.main);
    if (mailstored.patience != 0)
        g_source_remove(mailstored.patience);
    server_free(mailstored.server);
    g_main_loop_unref(mailstored.main);
    log_info("stopped");
    return mailstored.status;
}

static int print(const char *text)
{
    if (fputs(text, stdout) >= 0 && fflush(stdout) == 0)
        return EXIT_SUCCESS;
    g_printerr("mailstored: standard output cannot be written\n");
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    g_autofree char *path = NULL;
    gboolean version = FALSE, describe = FALSE;
    GOptionEntry options[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &path, "Run with this configuration", "FILE"},
        {"describe-config", 0, 0, G_OPTION_ARG_NONE, &describe,
         "Print every key with its default and meaning, and end", NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version, and end", NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    g_autoptr(GOptionContext) context =
        g_option_context_new("- a mail store that speaks LMTP, IMAP and POP3");
    g_autoptr(GError) error = NULL;

    setlocale(LC_CTYPE, "C.UTF-8");
    signal(SIGPIPE, SIG_IGN);
    /* Where no file may grow (RLIMIT_FSIZE) a write fails, as on a full disk. */
    signal(SIGXFSZ, SIG_IGN);
    g_option_context_add_main_entries(context, options, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        g_printerr("mailstored: %s (see mailstored --help)\n", error->message);
        return STATUS_USAGE;
    }
    if (argc != 1 || (path == NULL && !version && !describe)) {
        g_printerr("usage: mailstored --config FILE (see mailstored --help)\n");
        return STATUS_USAGE;
    }
    if (version)
        return print("mailstored " STOREHOOK_VERSION "\n");
    if (describe) {
        g_autofree char *keys = config_describe();
        return print(keys);
    }
    g_autoptr(GError) bad = NULL;
    ServerConfig *config = config_load(path, &bad);
    if (config == NULL) {
        g_printerr("mailstored: %s\n", bad->message);
        return STATUS_USAGE;
    }
    raise_descriptor_limit();
    int status = daemon_run(config);
    config_free(config);
    return status;
}
