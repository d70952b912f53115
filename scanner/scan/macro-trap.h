/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-trap.h - weighs the macros, fields, objects and links of documents.
 *
 * Looks on while libclamav takes a content apart (engine.h), at any depth of archives and mails,
 * collects what each document does by itself and weighs it by the macro rules. Single-threaded; a
 * trap belongs to one worker.
 */
#ifndef SCANNER_MACRO_TRAP_H
#define SCANNER_MACRO_TRAP_H

#include "filters/macro-rules.h"
#include "scanner/scan/engine.h"

typedef struct MacroTrap MacroTrap;

/* Borrows both, and becomes the engine's watcher. */
MacroTrap *macro_trap_new(const MacroRules *rules, Engine *engine);
MacroTrap *macro_trap_free(MacroTrap *trap); /* accepts and returns NULL; before the engine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MacroTrap, macro_trap_free)

/* Around each scan. `end`: g_get_monotonic_time() after which no more is read. */
void macro_trap_begin(MacroTrap *trap, gint64 end);
/* Makes the verdict worse where a document was found suspicious, or too large to weigh. */
void macro_trap_end(MacroTrap *trap, Verdict *verdict);

#endif /* SCANNER_MACRO_TRAP_H */
