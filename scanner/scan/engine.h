/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine.h - libclamav, which fails open, made to fail visibly.
 *
 * One engine is loaded in the loader and used in its forked workers. engine_scan() says "clean"
 * only with proof: the temporary directory was usable a moment before (engine.c says how long) and
 * had room after, libclamav could make its own in it, its callback saw
 * the outermost object, no error message was given, no limit was met. Single-threaded.
 */
#ifndef SCANNER_ENGINE_H
#define SCANNER_ENGINE_H

#include "scanner/common/verdict.h"
#include "scanner/scan/member-watch.h"

#define ENGINE_ERROR engine_error_quark()
GQuark engine_error_quark(void);
typedef enum {
    ENGINE_ERROR_LIBRARY,    /* libclamav refused to start */
    ENGINE_ERROR_SIGNATURES, /* none, or libclamav cannot read them */
    ENGINE_ERROR_SELF_TEST   /* the canaries did not come out as they must */
} EngineError;

/* Sizes in bytes. */
typedef struct {
    guint64 scan_size;
    guint64 file_size;
    guint files;
    guint recursion;
} EngineLimits;

typedef struct Engine Engine;

/* Who looks on while libclamav takes a content apart. What is handed over ends with the call. */
typedef struct {
    /* Each object whose bytes are told, before it is scanned. */
    void (*object)(const ScannedObject *object, gpointer user);
    /* Source of a VBA module: twice or more, keywords in lower case, without the end of lines that
     * libclamav drops. It belongs to an object told before. */
    void (*macro)(const char *text, gsize size, gpointer user);
    gpointer user;
} EngineWatcher;

/* Loads every directory of the NULL-terminated list and compiles. */
Engine *engine_new(const char *const *directories, const EngineLimits *limits, GError **error);
Engine *engine_free(Engine *engine); /* accepts and returns NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Engine, engine_free)

guint engine_count_signatures(const Engine *engine);

/* Gives the engine the directory it unpacks into. Once in the loader for the self-test, and once
 * in each worker after fork: workers that share one pick the same names and miss. */
gboolean engine_set_temp_directory(Engine *engine, const char *path, GError **error);

/* NULL: nobody. Copied. */
void engine_set_watcher(Engine *engine, const EngineWatcher *watcher);

/* Whether a signature of this name is to be passed over. NULL: none is. */
typedef gboolean (*EngineIgnores)(const char *name, gpointer user);
void engine_set_ignores(Engine *engine, EngineIgnores ignores, gpointer user);

typedef struct {
    guint time_limit_ms; /* 0: none */
    /* A message of which mail_plain_check() says that nothing in it is encoded: libclamav matches
     * it as mail, but does not take it apart into files of its own, which costs five times as much
     * as the match. The caller scans its parts. */
    gboolean is_plain_mail;
    MemberWatch *watch; /* NULL: nobody wants to know what lies inside */
} EngineScan;

/* Writes a verdict, always; the type is left alone. */
void engine_scan(Engine *engine, const void *data, gsize size, const EngineScan *how,
                 Verdict *verdict);

/* A test virus must be found, a plain text must not. */
gboolean engine_self_test(Engine *engine, GError **error);

#endif /* SCANNER_ENGINE_H */
