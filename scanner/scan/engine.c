/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine.c - scans with libclamav and believes it only with proof.
 *
 * What libclamav answers for a failure inside (no temporary file, no memory, a read error, a
 * limit) is in most cases "clean". Hence the proofs that engine.h names. Fails by ENGINE_ERROR
 * while loading; a scan does not fail, it ends as not-scanned or not-fully-scanned.
 *
 * libclamav's own cache of clean files is off: it goes by MD5, for which two files with one sum
 * can be made, and the verdict cache stands before it anyway. Bytecode is interpreted, not
 * compiled: the cage allows no memory that is both written and executed.
 *
 * Known limit: the message callback of libclamav carries no context, so what it saw lies in a
 * thread-local variable of this file.
 */
#include "scanner/scan/engine.h"

#include <clamav.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "scanner/common/board.h"
#include "scanner/common/temp-directory.h"
#include "scanner/page/page-payload.h"
#include "scanner/page/page-sign.h"
#include "scanner/pdf/pdf-file.h"
#include "scanner/scan/engine-about.h"
#include "scanner/scan/scan-directory.h"
#include "scanner/scan/xml-bounds.h"

enum {
    /* libclamav looks at nothing smaller: no signature fits into it. */
    SMALLEST = 6,
    MESSAGE_SIZE = 256,         /* of libclamav, with a path in it */
    PROBE_MICROSECONDS = 20000, /* some tens of small scans */
    /* Bytes of texts that libclamav reads as mails from some line on: each has all that follow in
     * it, so that few bytes of mail make it read them by the dozen. */
    RESTS_MAX = 16 * 1024 * 1024
};

#define LIMIT_PREFIX "Heuristics.Limits.Exceeded"
#define ENCRYPTED_PREFIX "Heuristics.Encrypted"
#define ENCRYPTED_PDF ENCRYPTED_PREFIX ".PDF"

struct Engine {
    struct cl_engine *library;
    guint64 file_size, scan_size;
    guint recursion;
    guint signatures;
    EngineWatcher watcher;
    char *temp_path;
    int temp_fd;
    EngineIgnores ignores;
    gpointer ignores_user;
    guint64 next_probe; /* of the temporary directory, board_now(); 0: at the next scan */
};

/* What the callbacks saw during one scan. */
typedef struct {
    guint roots;           /* calls for the outermost object */
    guint errors;          /* what libclamav could not do */
    guint failures;        /* what of that is no fault of the content */
    guint64 opened;        /* bytes of all members so far */
    guint64 rests;         /* of those, what libclamav made mails of */
    gboolean is_over;      /* the scan size or the time: nothing more is opened */
    guint64 end;           /* board_now() */
    gboolean has_wide_xml; /* was not opened: see xml-bounds.h */
    gboolean has_cut; /* a member as large as a file may be: zip ones are cut there in silence */
    guint64 file_size;
    const EngineWatcher *watcher;
    const Engine *engine; /* knows which finds to ignore */
    char first_error[VERDICT_NAME_SIZE];
    char last_error[MESSAGE_SIZE]; /* of signatures that cannot be loaded: with the file's name */
    char kept[VERDICT_NAME_SIZE];  /* the worst of them; "": none */
    MemberWatch *watch;            /* NULL: nobody listens */
    char raw[VERDICT_NAME_SIZE];   /* of those found in pages as they stand; "": none */
    /* While a page is read as it stands: its level and one; what was opened in it. */
    guint base, open;
} Witness;

static _Thread_local Witness witness;

G_DEFINE_QUARK(storehook_engine_error, engine_error)

/* Messages are mostly about broken input, which is no failure. These words are about us. */
static gboolean message_is_failure(const char *text)
{
    static const char *const words[] = {"temp",   "tmp",  "write",      "creat",     "alloc",
                                        "memory", "mmap", "can't open", "descriptor"};

    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcasestr(text, words[i]))
            return TRUE;
    return FALSE;
}

static void on_message(enum cl_msg severity, const char *full, const char *text, void *context)
{
    gboolean is_failure = message_is_failure(text);

    (void)full;
    (void)context;
    if (severity != CL_MSG_ERROR && !(severity == CL_MSG_WARN && is_failure))
        return;
    witness.failures += is_failure;
    g_strlcpy(witness.last_error, text, sizeof(witness.last_error));
    g_strchomp(witness.last_error);
    if (witness.errors++ == 0 || (is_failure && witness.failures == 1)) {
        g_strlcpy(witness.first_error, text, sizeof(witness.first_error));
        g_strchomp(witness.first_error);
    }
}

static void read_page_raw(Witness *seen, guint level, const char *buffer, size_t size);

/* What is read of a PDF once for all who look on; NULL: it is none. */
static PdfFile *read_pdf(const Witness *seen, const char *buffer, size_t size, SignLacks lacks)
{
    return (seen->watcher->object || seen->watch) && pdf_file_matches(buffer, size, lacks)
               ? pdf_file_new(buffer, size, seen->end)
               : NULL;
}

static cl_error_t on_inspection(int fd, const char *type, const char **ancestors,
                                size_t parent_size, const char *name, size_t size,
                                const char *buffer, uint32_t level, uint32_t attributes,
                                void *context)
{
    Witness *seen = context;
    /* Of a mail the parts are looked at, each by itself. */
    gboolean is_looked_at = buffer && !(level == 0 && seen->watch && seen->watch->is_mail &&
                                        strcmp(type, "CL_TYPE_MAIL") == 0);
    g_autoptr(PdfFile) pdf = NULL;
    ScannedObject object;
    SignLacks lacks;

    (void)fd, (void)ancestors, (void)parent_size;
    if (seen->base > 0 && level == 0) {
        seen->roots++;
        return CL_CLEAN; /* the page itself, of which all was told */
    }
    level += seen->base > 0 ? seen->base - 1 : 0;
    seen->open++;
    if (buffer && xml_bounds_are_passed(buffer, size)) {
        seen->roots += level == 0;
        seen->has_wide_xml = TRUE;
        return CL_BREAK;
    }
    lacks = is_looked_at ? sign_filter_lacks(buffer, size) : 0;
    pdf = is_looked_at ? read_pdf(seen, buffer, size, lacks) : NULL;
    object = (ScannedObject){.level = level,
                             .type = type,
                             .name = name,
                             .data = buffer,
                             .size = size,
                             .pdf = pdf,
                             .is_normalized = (attributes & LAYER_ATTRIBUTES_NORMALIZED) != 0,
                             .lacks = lacks,
                             .has_payload = is_looked_at &&
                                            page_payload_matches(buffer, size, lacks, seen->end)};
    if (seen->watcher->object && buffer)
        seen->watcher->object(&object, seen->watcher->user);
    if (level == 0)
        seen->roots++;
    else if (size >= seen->file_size)
        seen->has_cut = TRUE;
    /* Past its limits libclamav goes on with the rest of an archive of archives, to no end. It
     * counts in its own way: twice as much is past them in any. */
    seen->opened += level > 0 ? size : 0;
    if (buffer && member_watch_is_rest(buffer, size))
        seen->rests += size;
    if (level > 0 && (seen->opened / 2 > seen->engine->scan_size || seen->rests > RESTS_MAX ||
                      board_now() >= seen->end)) {
        seen->is_over = TRUE;
        return CL_BREAK;
    }
    if (seen->watch)
        member_watch_open(seen->watch, &object);
    /* Each such rest has another in it, as many as the text has fields of mails; what else is in
     * them needs levels as well. */
    if (seen->watch && level > seen->engine->recursion / 2 &&
        member_watch_is_read_rest(seen->watch))
        return CL_BREAK;
    if (seen->base == 0 && buffer && strcmp(type, "CL_TYPE_HTML") == 0 &&
        page_sign_wants_raw(buffer, size))
        read_page_raw(seen, level, buffer, size);
    return CL_CLEAN;
}

static int on_macro(const unsigned char *const text, const size_t size, void *context)
{
    const Witness *seen = context;

    if (seen->watcher->macro)
        seen->watcher->macro((const char *)text, size, seen->watcher->user);
    return 0;
}

static StorehookVerdictKind kind_of_name(const char *name);

static gboolean engine_ignores(const Engine *engine, const char *name)
{
    return name && engine->ignores && engine->ignores(name, engine->ignores_user);
}

static cl_error_t on_layer_end(int fd, int result, const char *name, void *context)
{
    Witness *seen = context;

    (void)fd, (void)result, (void)name;
    if (seen->base > 0 && seen->open == 0)
        return CL_CLEAN; /* the page's own end is still to come */
    seen->open -= MIN(seen->open, 1);
    if (seen->watch)
        member_watch_close(seen->watch);
    return CL_CLEAN;
}

static cl_error_t on_member(const char *container, unsigned long container_size, const char *name,
                            unsigned long size, int is_encrypted, unsigned int position,
                            void *context)
{
    const Witness *seen = context;

    (void)container_size;
    if (seen->watch)
        member_watch_named(seen->watch, container, name, size, is_encrypted != 0, position);
    return CL_CLEAN;
}

static void on_found(int fd, const char *name, void *context)
{
    Witness *seen = context;

    (void)fd;
    if (!seen || !name || engine_ignores(seen->engine, name))
        return;
    if (seen->watch)
        member_watch_alarm(seen->watch);
    if (seen->kept[0] == '\0' || verdict_is_worse(kind_of_name(name), kind_of_name(seen->kept)))
        g_strlcpy(seen->kept, name, sizeof(seen->kept));
}

/* libclamav matches signatures against a page in its own form only, and looks at none that is too
 * large for it. */
static void read_page_raw(Witness *seen, guint level, const char *buffer, size_t size)
{
    struct cl_scan_options options = {
        .general = CL_SCAN_GENERAL_HEURISTICS | CL_SCAN_GENERAL_ALLMATCHES,
        .parse = ~(guint32)CL_SCAN_PARSE_HTML,
        .heuristic = CL_SCAN_HEURISTIC_EXCEEDS_MAX,
    };
    Witness inner = {.file_size = seen->file_size,
                     .opened = seen->opened,
                     .end = seen->end,
                     .watcher = seen->watcher,
                     .engine = seen->engine,
                     .watch = seen->watch,
                     .base = level + 1};
    cl_fmap_t *map = cl_fmap_open_memory(buffer, size);
    cl_error_t result = CL_EMEM;
    unsigned long scanned = 0;
    const char *name = NULL;

    if (map) {
        result = cl_scanmap_callback(map, NULL, &name, &scanned, seen->engine->library, &options,
                                     &inner);
        cl_fmap_close(map);
    }
    seen->opened = inner.opened;
    seen->is_over |= inner.is_over;
    seen->has_cut |= inner.has_cut;
    seen->has_wide_xml |= inner.has_wide_xml;
    if (result == CL_VIRUS && inner.kept[0] == '\0' && !engine_ignores(seen->engine, name))
        g_strlcpy(inner.kept, name ? name : LIMIT_PREFIX ".MaxFileSize", sizeof(inner.kept));
    if (inner.kept[0] != '\0' &&
        (seen->raw[0] == '\0' ||
         verdict_is_worse(kind_of_name(inner.kept), kind_of_name(seen->raw))))
        g_strlcpy(seen->raw, inner.kept, sizeof(seen->raw));
    if ((result != CL_VIRUS && result != CL_CLEAN) || inner.roots == 0)
        on_message(CL_MSG_ERROR, "", cl_strerror(result), NULL);
}

static gboolean library_check(cl_error_t result, const char *what, int code, GError **error)
{
    if (result == CL_SUCCESS)
        return TRUE;
    g_set_error(error, ENGINE_ERROR, code, "%s: %s%s%s%s%s", what, cl_strerror(result),
                witness.errors > 0 ? ": " : "", witness.errors > 0 ? witness.first_error : "",
                witness.errors > 1 ? "; " : "", witness.errors > 1 ? witness.last_error : "");
    return FALSE;
}

static gboolean engine_apply_limits(Engine *engine, const EngineLimits *limits, GError **error)
{
    const struct {
        enum cl_engine_field field;
        guint64 value;
    } settings[] = {
        {CL_ENGINE_MAX_SCANSIZE, limits->scan_size},
        {CL_ENGINE_MAX_FILESIZE, limits->file_size},
        {CL_ENGINE_MAX_FILES, limits->files},
        {CL_ENGINE_MAX_RECURSION, limits->recursion},
        {CL_ENGINE_DISABLE_CACHE, 1},
        {CL_ENGINE_BYTECODE_MODE, CL_BYTECODE_MODE_INTERPRETER},
        {CL_ENGINE_DISABLE_PE_STATS, 1},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(settings); i++) {
        cl_error_t result =
            cl_engine_set_num(engine->library, settings[i].field, (long long)settings[i].value);

        if (!library_check(result, "libclamav setting", ENGINE_ERROR_LIBRARY, error))
            return FALSE;
    }
    engine->file_size = limits->file_size;
    engine->scan_size = limits->scan_size;
    engine->recursion = limits->recursion;
    return TRUE;
}

Engine *engine_new(const char *const *directories, const EngineLimits *limits, GError **error)
{
    g_autoptr(Engine) engine = g_new0(Engine, 1);

    engine->temp_fd = -1;
    witness = (Witness){0};
    cl_set_clcb_msg(on_message);
    if (!library_check(cl_init(CL_INIT_DEFAULT), "libclamav", ENGINE_ERROR_LIBRARY, error))
        return NULL;
    engine->library = cl_engine_new();
    if (!engine->library) {
        g_set_error(error, ENGINE_ERROR, ENGINE_ERROR_LIBRARY, "libclamav: no engine");
        return NULL;
    }
    if (!engine_apply_limits(engine, limits, error))
        return NULL;
    for (gsize i = 0; directories[i]; i++) {
        unsigned int count = 0;

        if (!library_check(cl_load(directories[i], engine->library, &count, CL_DB_STDOPT),
                           directories[i], ENGINE_ERROR_SIGNATURES, error))
            return NULL;
        if (count == 0) {
            g_set_error(error, ENGINE_ERROR, ENGINE_ERROR_SIGNATURES, "%s: holds no signatures",
                        directories[i]);
            return NULL;
        }
        engine->signatures += count;
    }
    if (!library_check(cl_engine_compile(engine->library), "signatures", ENGINE_ERROR_SIGNATURES,
                       error))
        return NULL;
    cl_engine_set_clcb_virus_found(engine->library, on_found);
    cl_engine_set_clcb_file_inspection(engine->library, on_inspection);
    cl_engine_set_clcb_vba(engine->library, on_macro);
    cl_engine_set_clcb_post_scan(engine->library, on_layer_end);
    cl_engine_set_clcb_meta(engine->library, on_member);
    return g_steal_pointer(&engine);
}

Engine *engine_free(Engine *engine)
{
    if (!engine)
        return NULL;
    if (engine->library)
        cl_engine_free(engine->library);
    if (engine->temp_fd >= 0)
        close(engine->temp_fd);
    g_free(engine->temp_path);
    g_free(engine);
    return NULL;
}

void engine_set_ignores(Engine *engine, EngineIgnores ignores, gpointer user)
{
    engine->ignores = ignores;
    engine->ignores_user = user;
}

void engine_set_watcher(Engine *engine, const EngineWatcher *watcher)
{
    engine->watcher = watcher ? *watcher : (EngineWatcher){0};
}

guint engine_count_signatures(const Engine *engine)
{
    return engine->signatures;
}

gboolean engine_set_temp_directory(Engine *engine, const char *path, GError **error)
{
    unsigned seed;

    if (!temp_directory_reset(path, error))
        return FALSE;
    if (engine->temp_fd >= 0)
        close(engine->temp_fd);
    engine->temp_fd = temp_directory_open(path);
    if (engine->temp_fd < 0) {
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "%s: %s", path,
                    g_strerror(errno));
        return FALSE;
    }
    engine->next_probe = 0;
    g_free(engine->temp_path);
    engine->temp_path = g_strdup(path);
    /* A forked child has inherited the state that names are made from. */
    if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
        seed = (unsigned)g_get_monotonic_time() ^ (unsigned)getpid();
    srand(seed);
    return library_check(cl_init(CL_INIT_DEFAULT), "libclamav", ENGINE_ERROR_LIBRARY, error) &&
           library_check(cl_engine_set_str(engine->library, CL_ENGINE_TMPDIR, path), path,
                         ENGINE_ERROR_LIBRARY, error);
}

static StorehookVerdictKind kind_of_name(const char *name)
{
    return g_str_has_prefix(name, LIMIT_PREFIX)       ? STOREHOOK_VERDICT_NOT_FULLY_SCANNED
           : g_str_has_prefix(name, ENCRYPTED_PREFIX) ? STOREHOOK_VERDICT_ENCRYPTED
           : g_str_has_prefix(name, "Heuristics.") || g_str_has_prefix(name, "PUA.")
               ? STOREHOOK_VERDICT_SUSPICIOUS
               : STOREHOOK_VERDICT_INFECTED;
}

static void verdict_from_name(Verdict *verdict, const char *name)
{
    if (!name) /* so does libclamav report its file size limit */
        name = LIMIT_PREFIX ".MaxFileSize";
    verdict_set(verdict, kind_of_name(name), name);
}

/* space: 0, or -errno of what could not be put into the temporary directory. */
static void verdict_from_result(const Engine *engine, Verdict *verdict, cl_error_t result,
                                const char *name, int space)
{
    char text[VERDICT_NAME_SIZE];
    StorehookVerdictKind kind = STOREHOOK_VERDICT_NOT_SCANNED;

    switch (result) {
    case CL_VIRUS:
        verdict_from_name(verdict, name);
        if (witness.has_cut && verdict->kind == STOREHOOK_VERDICT_ENCRYPTED)
            verdict_from_name(verdict, NULL);
        break;
    case CL_CLEAN:
        if (witness.has_cut)
            verdict_from_name(verdict, NULL);
        else
            verdict_set(verdict, STOREHOOK_VERDICT_CLEAN, "");
        break;
    case CL_ETIMEOUT:
    case CL_EMAXREC:
    case CL_EMAXSIZE:
    case CL_EMAXFILES:
    case CL_EFORMAT:
    case CL_EPARSE:
    case CL_EUNPACK:
        verdict_set(verdict, STOREHOOK_VERDICT_NOT_FULLY_SCANNED, cl_strerror(result));
        break;
    default:
        g_snprintf(text, sizeof(text), "engine: %s", cl_strerror(result));
        verdict_set(verdict, STOREHOOK_VERDICT_NOT_SCANNED, text);
    }
    if (witness.has_wide_xml &&
        verdict_is_worse(STOREHOOK_VERDICT_NOT_FULLY_SCANNED, verdict->kind))
        verdict_set(verdict, STOREHOOK_VERDICT_NOT_FULLY_SCANNED,
                    "xml: too many attributes or declarations");
    if (witness.is_over && verdict_is_worse(STOREHOOK_VERDICT_NOT_FULLY_SCANNED, verdict->kind))
        verdict_set(verdict, STOREHOOK_VERDICT_NOT_FULLY_SCANNED,
                    board_now() >= witness.end ? LIMIT_PREFIX ".MaxScanTime"
                                               : LIMIT_PREFIX ".MaxScanSize");
    if (verdict_is_worse(verdict->kind, STOREHOOK_VERDICT_NOT_SCANNED))
        return; /* found, or a limit: what else failed does not make it better */
    /* The directory may have gone bad since it was tried, and is then what failed the scan. */
    if (space == 0 && (witness.errors > 0 || witness.roots == 0))
        space = temp_directory_probe(engine->temp_fd);
    if (space < 0) {
        g_snprintf(text, sizeof(text), "temporary directory: %s", g_strerror(-space));
    } else if (witness.errors > 0) {
        g_snprintf(text, sizeof(text), "engine: %s", witness.first_error);
        if (result == CL_CLEAN && witness.failures == 0 && witness.roots > 0)
            kind = STOREHOOK_VERDICT_NOT_FULLY_SCANNED;
    } else if (witness.roots == 0) {
        g_strlcpy(text, "engine: no proof that the scan ran", sizeof(text));
    } else {
        return;
    }
    verdict_set(verdict, kind, text);
}

/* 0 or -errno. That a file can be made and filled, which costs as much as a small scan, is tried
 * once in PROBE_MICROSECONDS; that there is room is asked after each scan that made its directory.
 */
static int engine_prove_directory(Engine *engine, guint64 now)
{
    int result;

    if (now < engine->next_probe)
        return 0;
    result = temp_directory_probe(engine->temp_fd);
    engine->next_probe = result == 0 ? now + PROBE_MICROSECONDS : 0;
    return result;
}

/* For the next call of libclamav, which counts from its own beginning. */
static gboolean set_time_limit(Engine *engine, guint64 end)
{
    guint64 now = board_now(), left = end > now ? (end - now) / 1000 : 0;

    /* 0 would mean no limit at all. */
    return cl_engine_set_num(engine->library, CL_ENGINE_MAX_SCANTIME,
                             end == G_MAXUINT64 ? 0 : (long long)left + 1) == CL_SUCCESS;
}

/* libclamav ends at the first find. Where that is one to be passed over, all are asked for. */
static cl_error_t scan_for_others(Engine *engine, const void *data, gsize size,
                                  struct cl_scan_options *options, const char **ret_name)
{
    cl_fmap_t *map = cl_fmap_open_memory(data, size);
    unsigned long scanned = 0;
    cl_error_t result;

    witness = (Witness){.file_size = engine->file_size,
                        .engine = engine,
                        .end = witness.end,
                        .watcher = witness.watcher,
                        .watch = witness.watch};
    if (witness.watch)
        member_watch_restart(witness.watch);
    if (!map)
        return CL_EMEM;
    if (!set_time_limit(engine, witness.end)) {
        cl_fmap_close(map);
        return CL_EARG;
    }
    options->general |= CL_SCAN_GENERAL_ALLMATCHES;
    result = cl_scanmap_callback(map, NULL, ret_name, &scanned, engine->library, options, &witness);
    cl_fmap_close(map);
    if (result != CL_VIRUS)
        return result;
    on_found(-1, *ret_name, &witness);
    *ret_name = witness.kept;
    return witness.kept[0] != '\0' ? CL_VIRUS : CL_CLEAN;
}

/* One call of libclamav; what it says is believed or not by verdict_from_result(). `is_again`:
 * with nobody looking on, and passwords are nothing to be told. */
static void run(Engine *engine, const void *data, gsize size, const EngineScan *how, guint64 end,
                gboolean is_again, Verdict *verdict)
{
    static const EngineWatcher nobody;
    struct cl_scan_options options = {
        .general = CL_SCAN_GENERAL_HEURISTICS,
        .parse = how->is_plain_mail ? ~(guint32)CL_SCAN_PARSE_MAIL : ~0U,
        .heuristic =
            CL_SCAN_HEURISTIC_EXCEEDS_MAX |
            (is_again ? 0 : CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE | CL_SCAN_HEURISTIC_ENCRYPTED_DOC),
    };
    const char *name = NULL;
    unsigned long scanned = 0;
    cl_error_t result;
    cl_fmap_t *map;
    bool has_files;
    int space;

    witness = (Witness){.file_size = engine->file_size,
                        .engine = engine,
                        .end = end,
                        .watcher = is_again ? &nobody : &engine->watcher,
                        .watch = is_again ? NULL : how->watch};
    if (!set_time_limit(engine, end)) {
        verdict_set(verdict, STOREHOOK_VERDICT_NOT_SCANNED, "engine: no time limit");
        return;
    }
    map = cl_fmap_open_memory(data, size);
    if (!map) {
        verdict_set(verdict, STOREHOOK_VERDICT_NOT_SCANNED, "engine: no memory for the map");
        return;
    }
    scan_directory_begin(engine->temp_path);
    result = cl_scanmap_callback(map, NULL, &name, &scanned, engine->library, &options, &witness);
    cl_fmap_close(map);
    if (result == CL_VIRUS && engine_ignores(engine, name))
        result = scan_for_others(engine, data, size, &options, &name);
    space = scan_directory_end(&has_files);
    if (space == 0 && has_files)
        space = temp_directory_check_space(engine->temp_fd);
    verdict_from_result(engine, verdict, result, name, space);
    if (witness.raw[0] != '\0' && verdict_is_worse(kind_of_name(witness.raw), verdict->kind))
        verdict_set(verdict, kind_of_name(witness.raw), witness.raw);
}

void engine_scan(Engine *engine, const void *data, gsize size, const EngineScan *how,
                 Verdict *verdict)
{
    guint64 end =
        how->time_limit_ms > 0 ? board_now() + (guint64)how->time_limit_ms * 1000 : G_MAXUINT64;
    char text[VERDICT_NAME_SIZE];
    Verdict without = {0};
    int probe;

    if (size < SMALLEST) {
        verdict_set(verdict, STOREHOOK_VERDICT_CLEAN, "");
        return;
    }
    if (size > engine->file_size) {
        verdict_from_name(verdict, NULL);
        return;
    }
    probe = engine_prove_directory(engine, board_now());
    if (probe < 0) {
        g_snprintf(text, sizeof(text), "temporary directory: %s", g_strerror(-probe));
        verdict_set(verdict, STOREHOOK_VERDICT_NOT_SCANNED, text);
        return;
    }
    run(engine, data, size, how, end, FALSE, verdict);
    if (verdict->kind != STOREHOOK_VERDICT_ENCRYPTED)
        return;
    /* Of its heuristics libclamav tells one alone. What else there is outranks a password. */
    run(engine, data, size, how, end, TRUE, &without);
    if (strcmp(verdict->name, ENCRYPTED_PDF) == 0 && how->watch &&
        !member_watch_pdf_is_locked(how->watch))
        *verdict = without;
    else if (verdict_is_worse(without.kind, verdict->kind))
        verdict_set(verdict, without.kind, without.name);
}

gboolean engine_self_test(Engine *engine, GError **error)
{
    static const char plain[] = "A plain text in which nothing is to be found.\n";
    Verdict verdict = {0};

    engine_scan(engine, engine_canary(), strlen(engine_canary()), &(EngineScan){0}, &verdict);
    if (verdict.kind != STOREHOOK_VERDICT_INFECTED) {
        g_set_error(error, ENGINE_ERROR, ENGINE_ERROR_SELF_TEST,
                    "self-test: the EICAR test file was not found (%s %s)",
                    verdict_kind_name(verdict.kind), verdict.name);
        return FALSE;
    }
    engine_scan(engine, plain, sizeof(plain) - 1, &(EngineScan){0}, &verdict);
    if (verdict.kind != STOREHOOK_VERDICT_CLEAN) {
        g_set_error(error, ENGINE_ERROR, ENGINE_ERROR_SELF_TEST,
                    "self-test: a plain text came out as %s %s", verdict_kind_name(verdict.kind),
                    verdict.name);
        return FALSE;
    }
    return TRUE;
}
