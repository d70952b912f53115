/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loaded.h - what a loader reads once and the workers that it forks share: configuration, rules,
 * signatures.
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
    gboolean uses_kept; /* the signatures that were kept when they were last good; else new ones */
    ScannerConfig *config;
    FilterRules *rules;
    MacroRules *macro_rules;
    SignatureSource *source;
    Engine *engine;
    FileTyper *typer;
    GArray *users; /* of uid_t */
    /* What a verdict hangs on: the program, signatures, engine, limits, macro rules. Rules on names
     * and types and actions are asked each time. */
    char version[VERDICT_CACHE_VERSION_SIZE];
    iconv_t converters[LOADED_CONVERTERS_MAX];
} Loaded;

/* From LOADER_CONFIG, whose file is called `config_name`; all but uses_kept are zeros before.
 * `temp_directory`: of the self-test. */
gboolean loaded_read(Loaded *loaded, const char *config_name, const char *temp_directory,
                     GError **error);
/* Has a child copy the signatures to where the next one finds them, if that is wanted: it may take
 * seconds. What goes wrong is logged; there is then no way back from an update that fails. */
void loaded_keep_signatures(const Loaded *loaded);
void loaded_clear(Loaded *loaded);

#endif /* SCANNER_LOADED_H */
