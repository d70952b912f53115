/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main.c - storehookd: command line.
 *
 * Status 0: ended as told; 1: could not start or go on; 2: wrong usage or configuration.
 */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/common/config.h"
#include "scanner/scan/engine-about.h"
#include "scanner/supervisor/supervisor.h"
#include "scanner/worker/loader.h"

enum {
    STATUS_USAGE = 2
};

typedef struct {
    char *config;
    gboolean check, version, describe;
} Options;

static gboolean options_parse(int *argc, char ***argv, Options *options, GError **error)
{
    const GOptionEntry entries[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &options->config,
         "Read this configuration (default: " CONFIG_DEFAULT_FILE ")", "FILE"},
        {"check-config", 0, 0, G_OPTION_ARG_NONE, &options->check,
         "Say whether the configuration is sound, and end", NULL},
        {"describe-config", 0, 0, G_OPTION_ARG_NONE, &options->describe,
         "Print every key with its default and meaning, and end", NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version, and end", NULL},
        G_OPTION_ENTRY_NULL};
    g_autoptr(GOptionContext) context = g_option_context_new("- scan what mail stores write");

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, error))
        return FALSE;
    if (*argc > 1)
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION,
                    "\"%s\" is not understood", (*argv)[1]);
    return *argc == 1;
}

static int run(const char *file, gboolean check_only)
{
    g_autoptr(GError) error = NULL;
    ScannerConfig *config = scanner_config_load(file, &error);

    if (!config || !supervisor_check(config, &error)) {
        g_printerr("storehookd: %s\n", error->message);
        scanner_config_free(config);
        return STATUS_USAGE;
    }
    if (check_only) {
        g_print("%s: sound\n", file);
        scanner_config_free(config);
        return EXIT_SUCCESS;
    }
    return supervisor_run(config);
}

int main(int argc, char **argv)
{
    Options options = {0};
    g_autoptr(GError) error = NULL;
    int status = EXIT_SUCCESS;

    /* Character sets matter to libclamav and libmagic, languages to nobody. */
    setlocale(LC_CTYPE, "C.UTF-8");
    /* Where no file may grow (RLIMIT_FSIZE) a write fails, as on a full disk. */
    signal(SIGXFSZ, SIG_IGN);
    if (argc > 1 && strcmp(argv[1], LOADER_OPTION) == 0)
        return loader_main(argc - 1, argv + 1);
    if (!options_parse(&argc, &argv, &options, &error)) {
        g_printerr("storehookd: %s (see storehookd --help)\n", error->message);
        status = STATUS_USAGE;
    } else if (options.version) {
        g_print("storehookd " STOREHOOK_VERSION ", libclamav %s\n", engine_version());
    } else if (options.describe) {
        scanner_config_describe(stdout);
    } else {
        status = run(options.config ? options.config : CONFIG_DEFAULT_FILE, options.check);
    }
    g_free(options.config);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        g_printerr("storehookd: standard output cannot be written\n");
        status = MAX(status, EXIT_FAILURE);
    }
    return status;
}
