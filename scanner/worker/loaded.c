/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loaded.c - loads what the workers use, and runs a self-test with it.
 *
 * Fails with the error of what cannot be read, or of the self-test.
 */
#include "scanner/worker/loaded.h"

#include <openssl/sha.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scanner/common/hex.h"
#include "scanner/common/log.h"
#include "scanner/common/macro-rules-choose.h"
#include "scanner/common/users.h"
#include "scanner/mail/mail-gmime.h"
#include "scanner/mail/mail-tnef.h"
#include "scanner/scan/engine-about.h"
#include "scanner/worker/loader.h"

/* Of this program: another build may judge a content differently. */
static char *program_digest(void)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new("/proc/self/exe", FALSE, NULL);

    if (!file) /* unique, so that no verdict survives a restart */
        return g_strdup_printf("%d %" G_GINT64_FORMAT, (int)getpid(), g_get_real_time());
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256,
                                       (const guchar *)g_mapped_file_get_contents(file),
                                       g_mapped_file_get_length(file));
}

/* A verdict depends on which of these two has the harder action: see union_note(). */
static int mild_order(const ScannerConfig *config)
{
    guint one = config->actions[STOREHOOK_VERDICT_AMBIGUOUS];
    guint other = config->actions[STOREHOOK_VERDICT_ENCRYPTED];

    return (one > other) - (one < other);
}

static void make_version(Loaded *loaded)
{
    const ScannerConfig *config = loaded->config;
    guint8 digest[SHA256_DIGEST_LENGTH];
    g_autofree char *program = program_digest();
    g_autofree char *all = g_strdup_printf(
        "%s %s %s %d %s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
        " %" G_GUINT64_FORMAT " %u %u %u %u %u %" G_GUINT64_FORMAT,
        program, loaded->source->version, engine_version(), mild_order(config),
        macro_rules_version(loaded->macro_rules), config->scan_size, config->file_size,
        config->memory, config->temporary_size, config->files, config->recursion,
        config->message_parts, config->message_depth, config->members, config->members_size);

    SHA256((const guint8 *)all, strlen(all), digest);
    hex_write(digest, (sizeof(loaded->version) - 1) / 2, loaded->version);
}

/* Converters are shared objects that a caged worker cannot load. Those that are open now stay
 * loaded. */
static void keep_converters(Loaded *loaded)
{
    static const char *const charsets[] = {
        "UTF-16LE",  "UTF-16BE",   "UTF-32LE", "CP1252",    "CP1251",     "CP1250",
        "ISO8859-1", "ISO8859-15", "KOI8-R",   "SHIFT_JIS", "EUC-JP",     "EUC-KR",
        "GB18030",   "BIG5",       "CP932",    "CP949",     "ISO-2022-JP"};

    G_STATIC_ASSERT(G_N_ELEMENTS(charsets) <= LOADED_CONVERTERS_MAX);
    for (gsize i = 0; i < G_N_ELEMENTS(charsets); i++)
        loaded->converters[i] = iconv_open("UTF-8", charsets[i]);
}

static gboolean read_config(Loaded *loaded, const char *name, GError **error)
{
    struct stat status;
    g_autofree char *text = NULL;

    if (fstat(LOADER_CONFIG, &status) < 0)
        return FALSE;
    text = g_malloc0((gsize)status.st_size + 1);
    if (pread(LOADER_CONFIG, text, (gsize)status.st_size, 0) != (ssize_t)status.st_size)
        return FALSE;
    loaded->config = scanner_config_parse(name, text, error);
    return loaded->config != NULL;
}

/* Where [signatures] low-memory= keeps a copy; g_free(). */
static char *kept_directory(const ScannerConfig *config)
{
    return g_build_filename(config->state_directory, "signatures-kept", NULL);
}

gboolean loaded_read(Loaded *loaded, const char *config_name, const char *temp_directory,
                     GError **error)
{
    g_autofree char *kept = NULL;
    EngineLimits limits;

    if (!read_config(loaded, config_name, error))
        return FALSE;
    limits = (EngineLimits){.scan_size = loaded->config->scan_size,
                            .file_size = loaded->config->file_size,
                            .files = loaded->config->files,
                            .recursion = loaded->config->recursion};
    loaded->users = users_resolve(loaded->config, error);
    if (!loaded->users)
        return FALSE;
    loaded->rules = loaded->config->rules_file[0]
                        ? filter_rules_load(loaded->config->rules_file, error)
                        : filter_rules_new_empty();
    if (!loaded->rules)
        return FALSE;
    loaded->macro_rules = macro_rules_choose(loaded->config->macro_rules_file, error);
    if (!loaded->macro_rules)
        return FALSE;
    if (loaded->uses_kept)
        kept = kept_directory(loaded->config);
    loaded->source = signature_source_new(kept ? kept : loaded->config->signature_directory, error);
    if (!loaded->source)
        return scanner_config_blame(loaded->config, "signatures", "directory", error);
    loaded->engine = engine_new((const char *const *)loaded->source->directories, &limits, error);
    loaded->typer = loaded->engine ? file_typer_new(error) : NULL;
    if (!loaded->typer)
        return FALSE;
    make_version(loaded);
    keep_converters(loaded);
    mail_gmime_init();
    mail_tnef_init();
    return engine_set_temp_directory(loaded->engine, temp_directory, error) &&
           engine_self_test(loaded->engine, error);
}

void loaded_keep_signatures(const Loaded *loaded)
{
    g_autofree char *kept = kept_directory(loaded->config);
    g_autoptr(GError) error = NULL;

    if (!loaded->config->low_memory || loaded->uses_kept || loaded->source->bundled || fork() != 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!signature_source_keep(loaded->source, kept, &error))
        log_line(LOADER_LOG, "signatures not-kept reason=\"%s\"", error->message);
    _exit(EXIT_SUCCESS);
}

void loaded_clear(Loaded *loaded)
{
    for (gsize i = 0; i < LOADED_CONVERTERS_MAX; i++)
        if (loaded->converters[i] && loaded->converters[i] != (iconv_t)-1)
            iconv_close(loaded->converters[i]);
    file_typer_free(loaded->typer);
    engine_free(loaded->engine);
    signature_source_free(loaded->source);
    filter_rules_free(loaded->rules);
    macro_rules_free(loaded->macro_rules);
    scanner_config_free(loaded->config);
    if (loaded->users)
        g_array_unref(loaded->users);
}
