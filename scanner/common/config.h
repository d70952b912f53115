/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.h - storehookd's configuration: one key file, read into one struct.
 *
 * A table in config.c has every key with its default, limits and meaning. What is not understood is
 * refused with file, line and reason; nothing is ignored.
 */
#ifndef SCANNER_CONFIG_H
#define SCANNER_CONFIG_H

#include <glib.h>
#include <stdio.h>

#include "filters/decision.h"

/* Read when the command line names none, by storehookd and storehookctl. */
#define CONFIG_DEFAULT_FILE "/etc/storehook/storehookd.conf"

#define CONFIG_ERROR config_error_quark()
GQuark config_error_quark(void);
typedef enum {
    CONFIG_ERROR_READ,
    CONFIG_ERROR_SYNTAX, /* not a key file, or an unknown section or key */
    CONFIG_ERROR_VALUE,
    CONFIG_ERROR_CONTRADICTION
} ConfigError;

typedef enum {
    CONFIG_FILTER_DROP,   /* a message with an infected or suspicious part is never seen */
    CONFIG_FILTER_NOTICE, /* it stays, with notices */
    CONFIG_FILTER_REST    /* it is dropped if only notices are left of it */
} ConfigFilterMode;

typedef enum {
    CONFIG_FALLBACK_DEFER,
    CONFIG_FALLBACK_PASS,
    CONFIG_FALLBACK_REFUSE
} ConfigFallback;

typedef enum {
    CONFIG_LOG_ALL,
    CONFIG_LOG_FINDINGS
} ConfigLog;

/* Times are in the unit that the table names, sizes in bytes. Texts are owned and never NULL. */
typedef struct {
    char *file; /* the file it was read from */
    char *text; /* its bytes, for the loader */

    char *socket;
    char *state_directory;
    char *temporary_directory;
    guint workers; /* never 0 here */
    guint deadline;
    guint background_deadline;
    guint scans_per_worker;
    guint cache_entries;
    char **users;
    gboolean test_hooks;
    guint health_interval;

    char *signature_directory;
    guint signature_interval;
    guint signature_age;
    gboolean low_memory;

    guint64 scan_size;
    guint64 file_size;
    guint files;
    guint recursion;
    guint64 memory;
    guint64 temporary_size;
    guint message_parts;
    guint message_depth;
    guint members;
    guint64 members_size;

    char **profiles;
    char **executables;
    guint actions[FILTER_VERDICTS]; /* FilterAction */
    guint filter_mode;              /* ConfigFilterMode */
    char *rules_file;
    char *macro_rules_file;

    char *quarantine_directory; /* "" : STATE/quarantine */
    guint64 quarantine_bytes;
    guint quarantine_items;
    guint quarantine_days;
    guint quarantine_timeout;
    guint quarantine_fallback; /* ConfigFallback */
    gboolean quarantine_keeps_all;
    char *release_lmtp;
    guint release_timeout;
    guint release_allow_days;

    guint incident_days;
    guint incident_items;

    char *metrics_listen; /* "": none */

    char *log_file;      /* "": standard error */
    guint log_decisions; /* ConfigLog */
} ScannerConfig;

/* NULL with CONFIG_ERROR, here and below; the message has file, line and key. */
ScannerConfig *scanner_config_load(const char *file, GError **error);
/* `file` stands for the source in messages; NULL text: all defaults. */
ScannerConfig *scanner_config_parse(const char *file, const char *text, GError **error);
ScannerConfig *scanner_config_free(ScannerConfig *config); /* accepts and returns NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ScannerConfig, scanner_config_free)

/* Prefixes an error about what this key names with the place of the key: FILE:LINE: [section] key,
 * or FILE: [section] key for its default. Returns FALSE. */
gboolean scanner_config_blame(const ScannerConfig *config, const char *section, const char *key,
                              GError **error);

/* TRUE if a key differs that a running service cannot change; *error says which. */
gboolean scanner_config_needs_restart(const ScannerConfig *now, const ScannerConfig *next,
                                      GError **error);
/* Prints every key with default and meaning, as a key file. */
void scanner_config_describe(FILE *out);

#endif /* SCANNER_CONFIG_H */
