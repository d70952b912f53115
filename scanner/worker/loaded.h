/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loaded.h - what a loader reads once and shares with the workers that it forks: configuration,
 * rules, signatures.
 */
#ifndef SCANNER_LOADED_H
#define SCANNER_LOADED_H

#include <iconv.h>

#include "scanner/common/config.h"
#include "scanner/common/signature-source.h"
#include "scanner/common/verdict-cache.h"
#include "scanner/judge/judge.h"

enum {
    LOADED_CONVERTERS_MAX = 32
};

typedef struct {
    gboolean uses_kept; /* load the copy of the signatures that were last good; else new ones */
    ScannerConfig *config;
    FilterRules *rules;
    MacroRules *macro_rules;
    SignatureSource *source;
    Engine *engine;
    FileTyper *typer;
    GArray *users; /* of uid_t */
    /* All that a verdict depends on: program, signatures, engine, limits, macro rules. Not rules on
     * names and types and not actions, which are looked up for each request. */
    char version[VERDICT_CACHE_VERSION_SIZE];
    iconv_t converters[LOADED_CONVERTERS_MAX];
} Loaded;

/* Loads all, with the configuration in LOADER_CONFIG. config_name: of its file, for messages;
 * temp_directory: for the self-test. All members but uses_kept must be zeros. */
gboolean loaded_read(Loaded *loaded, const char *config_name, const char *temp_directory,
                     GError **error);
/* Forks a child that copies the signatures, if low-memory= wants that; it may take seconds. A
 * failure is logged: there is then no way back from a bad update. */
void loaded_keep_signatures(const Loaded *loaded);
void loaded_clear(Loaded *loaded);

#endif /* SCANNER_LOADED_H */
