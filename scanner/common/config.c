/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.c - the table of all keys, and the code that reads a file by it.
 *
 * Fails by CONFIG_ERROR with "FILE:LINE: reason". Defaults are parsed by the same code as what the
 * operator writes, and a test compares the manual with the table.
 */
#include "scanner/common/config.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "libstorehook/protocol.h"
#include "scanner/common/board.h"
#include "scanner/common/key-line.h"
#include "scanner/common/signature-source.h"
#include "scanner/records/lmtp-client.h"
#include "scanner/supervisor/metrics.h"

typedef enum {
    KEY_TEXT,
    KEY_PATH, /* absolute */
    KEY_PATH_OR_EMPTY,
    KEY_COUNT, /* guint between low and high */
    KEY_SIZE,  /* guint64; K, M, G may follow */
    KEY_SWITCH,
    KEY_LIST,
    KEY_PATHS,  /* a list of absolute ones */
    KEY_CHOICE, /* guint: index into choices */
    KEY_ACTION
} KeyType;

typedef struct {
    const char *section, *key;
    KeyType type;
    gsize offset;
    const char *fallback; /* NULL: KEY_ACTION's own default */
    guint64 low, high;
    const char *const *choices;
    gboolean needs_restart;
    const char *meaning;
} Key;

static const char *const FILTER_MODES[] = {"drop", "notice", "rest", NULL};
static const char *const FALLBACKS[] = {"defer", "pass", "refuse", NULL};
static const char *const LOGS[] = {"all", "findings", NULL};

#define ACTIONS "pass, clean, strip, quarantine, drop, refuse"
#define AT(member) offsetof(ScannerConfig, member)
#define KILO ((guint64)1024)
#define MEGA (KILO * KILO)
#define GIGA (KILO * MEGA)
#define ACTION(verdict, name, why)                                                                 \
    {                                                                                              \
        "actions", name, KEY_ACTION, AT(actions) + (verdict) * sizeof(guint), NULL, 0, 0, NULL,    \
            FALSE, why                                                                             \
    }

static const Key KEYS[] = {
    {"service", "socket", KEY_PATH, AT(socket), STOREHOOK_DEFAULT_SOCKET, 0, 0, NULL, TRUE,
     "Where hooked programs find the service; .store, .access, .background and .control stand "
     "beside it. Whoever can enter its directory may ask."},
    {"service", "state-directory", KEY_PATH, AT(state_directory), "/var/lib/storehook", 0, 0, NULL,
     TRUE, "Verdicts, incidents and the quarantine. Each service needs one of its own."},
    {"service", "temporary-directory", KEY_PATH, AT(temporary_directory), "/dev/shm", 0, 0, NULL,
     TRUE,
     "Where contents are unpacked. Best on tmpfs; what need not be unpacked takes no room there."},
    {"service", "workers", KEY_COUNT, AT(workers), "0", 0, BOARD_WORKERS_MAX, NULL, FALSE,
     "Scanning processes; 0: one for each processor, at least two, since one of them never takes "
     "background work."},
    {"service", "deadline", KEY_COUNT, AT(deadline), "5000", 50, 600000, NULL, FALSE,
     "Milliseconds that one transaction of a store may wait for verdicts. Five seconds scan 200 MB "
     "of random bytes, and are far below the patience of any mail program or LMTP client. A scan "
     "takes four fifths of what is left of it: one that would take longer is not-fully-scanned, "
     "and told in time."},
    {"service", "background-deadline", KEY_COUNT, AT(background_deadline), "60000", 50, 3600000,
     NULL, FALSE,
     "The same for programs that have time. Left out, it is no shorter than the deadline."},
    {"service", "scans-per-worker", KEY_COUNT, AT(scans_per_worker), "10000", 1, G_MAXUINT32, NULL,
     FALSE,
     "A worker is replaced after so many requests, which ends any leak of memory, and any "
     "intrusion."},
    {"service", "cache-entries", KEY_COUNT, AT(cache_entries), "65536", 1024, 16777216, NULL, TRUE,
     "Verdicts kept in shared memory, 620 bytes each, lists of members included."},
    {"service", "users", KEY_LIST, AT(users), "", 0, 0, NULL, FALSE,
     "Users, besides root and the service's own, whose processes may ask. Left empty: all who "
     "can reach the socket."},
    {"service", "health-interval", KEY_COUNT, AT(health_interval), "60", 0, 86400, NULL, FALSE,
     "Seconds between checks in which a worker is asked about the EICAR test file, as a client "
     "would ask; 0: none."},
    {"service", "test-hooks", KEY_SWITCH, AT(test_hooks), "false", 0, 0, NULL, FALSE,
     "For tests only: contents that begin with STOREHOOK-TEST-HOOK make a worker crash, hang or "
     "try to leave its cage."},

    {"signatures", "directory", KEY_PATH, AT(signature_directory), SIGNATURE_DIRECTORY_DEFAULT, 0,
     0, NULL, FALSE,
     "ClamAV signature files. While the default directory holds none, a small database for "
     "trying things out is used, and the service says so; another one must hold some."},
    {"signatures", "check-interval", KEY_COUNT, AT(signature_interval), "30", 0, 86400, NULL, FALSE,
     "Seconds between looks for new signatures; 0: only on SIGHUP and reload."},
    {"signatures", "warn-age", KEY_COUNT, AT(signature_age), "7", 0, 36500, NULL, FALSE,
     "Days after which status, log and metrics warn that no newer signatures have come; 0: never."},
    {"signatures", "low-memory", KEY_SWITCH, AT(low_memory), "false", 0, 0, NULL, FALSE,
     "Never hold two sets of signatures: the old one is unloaded before the new one is loaded. "
     "Requests wait meanwhile, until their deadline. A copy of the last good files is kept below "
     "the state directory, to fall back on."},

    {"limits", "scan-size", KEY_SIZE, AT(scan_size), "400M", MEGA, 4 * GIGA, NULL, FALSE,
     "Bytes looked at in one content, with everything packed in it; beyond: not fully scanned."},
    {"limits", "file-size", KEY_SIZE, AT(file_size), "100M", 64 * KILO, 2 * GIGA - 1, NULL, FALSE,
     "Bytes of one file, inside an archive or not. libclamav takes less than 2 GB."},
    {"limits", "files", KEY_COUNT, AT(files), "10000", 1, 1000000, NULL, FALSE,
     "Files in one content."},
    {"limits", "recursion", KEY_COUNT, AT(recursion), "17", 1, 100, NULL, FALSE,
     "Archives within archives; libclamav's own default."},
    {"limits", "memory", KEY_SIZE, AT(memory), "1G", 32 * MEGA, 64 * GIGA, NULL, FALSE,
     "Memory of one worker besides the shared signatures; beyond: not fully scanned."},
    {"limits", "temporary-size", KEY_SIZE, AT(temporary_size), "400M", MEGA, 64 * GIGA, NULL, FALSE,
     "Bytes of one temporary file."},
    {"limits", "message-parts", KEY_COUNT, AT(message_parts), "10000", 1, 1000000, NULL, FALSE,
     "MIME parts of a message that are looked at, and encoded runs outside of them; beyond: not "
     "fully "
     "scanned."},
    {"limits", "message-depth", KEY_COUNT, AT(message_depth), "50", 1, 1000, NULL, FALSE,
     "How deep multiparts and messages, and encodings in what they hold, may be nested."},
    {"limits", "members", KEY_COUNT, AT(members), "10000", 1, 1000000, NULL, FALSE,
     "Members of archives and documents, at all depths, that the rules look at; beyond, where a "
     "rule looks inside: not fully scanned."},
    {"limits", "members-size", KEY_SIZE, AT(members_size), "1M", 4 * KILO, 64 * MEGA, NULL, FALSE,
     "Bytes of the list of these members, which is kept with the verdict; about 60 a member."},

    {"profile", "files", KEY_PATHS, AT(profiles), "", 0, 0, NULL, FALSE,
     "Schema profiles: what the columns of a store mean. Left empty: the one for mailstored."},
    {"clients", "executables", KEY_PATHS, AT(executables), "", 0, 0, NULL, FALSE,
     "Programs that are hooked, by the path of their executables. Left empty: mailstored."},

    ACTION(FILTER_VERDICT_CLEAN, "clean", "Only pass makes sense."),
    ACTION(FILTER_VERDICT_INFECTED, "infected", "A signature matched."),
    ACTION(FILTER_VERDICT_BLOCKED, "blocked", "A rule matched."),
    ACTION(FILTER_VERDICT_SUSPICIOUS, "suspicious", "A heuristic matched."),
    ACTION(FILTER_VERDICT_ENCRYPTED, "encrypted", "Nobody but its owner can look inside."),
    ACTION(FILTER_VERDICT_AMBIGUOUS, "ambiguous", "Mail programs may read it in two ways."),
    ACTION(FILTER_VERDICT_NOT_FULLY_SCANNED, "not-fully-scanned",
           "A limit was reached, or the content stopped the scan."),
    ACTION(FILTER_VERDICT_NOT_SCANNED, "not-scanned", "The scanner failed."),

    {"active-message-filter", "mode", KEY_CHOICE, AT(filter_mode), "drop", 0, 0, FILTER_MODES,
     FALSE,
     "What becomes of a message whose infected or suspicious part went to quarantine: drop - it is "
     "never seen; notice - it stays, with a notice; rest - it is dropped if only notices are "
     "left."},
    {"rules", "file", KEY_PATH_OR_EMPTY, AT(rules_file), "", 0, 0, NULL, FALSE,
     "Rules that block by file name, extension, true type and size. Left empty: none."},
    {"macros", "rules-file", KEY_PATH_OR_EMPTY, AT(macro_rules_file), "", 0, 0, NULL, FALSE,
     "What macros, formulas, fields and objects in documents are weighed by. Left empty: the rules "
     "compiled in."},

    {"quarantine", "directory", KEY_PATH_OR_EMPTY, AT(quarantine_directory), "", 0, 0, NULL, TRUE,
     "Left empty: quarantine in the state directory."},
    {"quarantine", "max-size", KEY_SIZE, AT(quarantine_bytes), "4G", MEGA, 1024 * GIGA, NULL, FALSE,
     "Bytes of all originals kept."},
    {"quarantine", "max-items", KEY_COUNT, AT(quarantine_items), "100000", 1, 10000000, NULL, FALSE,
     "Number of originals kept."},
    {"quarantine", "retention-days", KEY_COUNT, AT(quarantine_days), "30", 0, 36500, NULL, FALSE,
     "Days until an original is removed; 0: never."},
    {"quarantine", "timeout", KEY_COUNT, AT(quarantine_timeout), "3000", 10, 600000, NULL, FALSE,
     "Milliseconds that a worker waits for an original to be saved, and again for the supervisor "
     "to record the incident; then the fallback applies. Left out, it is no longer than the "
     "deadline."},
    {"quarantine", "fallback", KEY_CHOICE, AT(quarantine_fallback), "defer", 0, 0, FALLBACKS, FALSE,
     "When the original cannot be saved, or the incident cannot be recorded: defer - the sender "
     "is told to try again later; refuse - the message is refused for good; pass - the message "
     "is delivered with notices, and the original is lost."},
    {"quarantine", "keep-all", KEY_SWITCH, AT(quarantine_keeps_all), "true", 0, 0, NULL, FALSE,
     "Keep the original also where the action is clean, strip or drop."},
    {"quarantine", "release-lmtp", KEY_TEXT, AT(release_lmtp), "", 0, 0, NULL, FALSE,
     "Where released messages are delivered: unix:/path or address:port. Left empty: no releases."},
    {"quarantine", "release-timeout", KEY_COUNT, AT(release_timeout), "60", 1, 3600, NULL, FALSE,
     "Seconds without progress after which a release is given up."},
    {"quarantine", "release-allow-days", KEY_COUNT, AT(release_allow_days), "30", 1, 36500, NULL,
     FALSE, "Days for which a released content is let through when it comes again."},

    {"incidents", "retention-days", KEY_COUNT, AT(incident_days), "365", 0, 36500, NULL, FALSE,
     "Days until an incident is forgotten; 0: never."},
    {"incidents", "max-items", KEY_COUNT, AT(incident_items), "1000000", 0, 100000000, NULL, FALSE,
     "Number of incidents kept; 0: no limit."},

    {"metrics", "listen", KEY_TEXT, AT(metrics_listen), "", 0, 0, NULL, TRUE,
     "Where Prometheus finds the metrics: unix:/path or a loopback address:port. Left empty: "
     "nowhere."},

    {"log", "file", KEY_PATH_OR_EMPTY, AT(log_file), "", 0, 0, NULL, TRUE,
     "Left empty: standard error. A reload opens it anew, so it may be moved away before."},
    {"log", "decisions", KEY_CHOICE, AT(log_decisions), "all", 0, 0, LOGS, FALSE,
     "Which decisions get a line: all, or findings, those that are not clean."},
};

G_DEFINE_QUARK(storehook_config_error, config_error)

G_GNUC_PRINTF(6, 7)
static gboolean refuse(GError **error, const ScannerConfig *config, ConfigError code,
                       const char *section, const char *key, const char *format, ...)
{
    g_autofree char *reason = NULL;
    guint line = key_line_find(config->text, section, key);
    va_list arguments;

    va_start(arguments, format);
    reason = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, CONFIG_ERROR, (gint)code, "%s:%u: [%s]%s%s: %s", config->file, line, section,
                key ? " " : "", key ? key : "", reason);
    return FALSE;
}

gboolean scanner_config_blame(const ScannerConfig *config, const char *section, const char *key,
                              GError **error)
{
    unsigned line = key_line_find(config->text, section, key);
    g_autofree char *place =
        line > 0 ? g_strdup_printf("%s:%u", config->file, line) : g_strdup(config->file);

    g_prefix_error(error, "%s: [%s] %s: ", place, section, key);
    return FALSE;
}

static gboolean parse_number(const char *text, gboolean is_size, guint64 *ret)
{
    char *end;
    guint64 number, factor = 1;

    if (!g_ascii_isdigit(text[0]))
        return FALSE;
    errno = 0;
    number = g_ascii_strtoull(text, &end, 10);
    if (errno != 0)
        return FALSE;
    if (is_size && *end != '\0') {
        factor = *end == 'K' ? KILO : *end == 'M' ? MEGA : *end == 'G' ? GIGA : 0;
        end++;
    }
    if (*end != '\0' || factor == 0 || number > G_MAXUINT64 / factor)
        return FALSE;
    *ret = number * factor;
    return TRUE;
}

static gboolean set_number(ScannerConfig *config, const Key *key, const char *text, GError **error)
{
    gboolean is_size = key->type == KEY_SIZE;
    void *place = (char *)config + key->offset;
    guint64 number;

    if (!parse_number(text, is_size, &number))
        return refuse(error, config, CONFIG_ERROR_VALUE, key->section, key->key,
                      "\"%s\" is not a %s", text,
                      is_size ? "size (a number, K, M or G may follow)" : "number");
    if (number < key->low || number > key->high)
        return refuse(error, config, CONFIG_ERROR_VALUE, key->section, key->key,
                      "%s is not between %" G_GUINT64_FORMAT " and %" G_GUINT64_FORMAT, text,
                      key->low, key->high);
    if (is_size)
        *(guint64 *)place = number;
    else
        *(guint *)place = (guint)number;
    return TRUE;
}

static gboolean set_choice(ScannerConfig *config, const Key *key, const char *text, GError **error)
{
    g_autofree char *all = NULL;

    for (guint i = 0; key->choices[i]; i++) {
        if (strcmp(key->choices[i], text) == 0) {
            *(guint *)(void *)((char *)config + key->offset) = i;
            return TRUE;
        }
    }
    all = g_strjoinv(", ", (char **)key->choices);
    return refuse(error, config, CONFIG_ERROR_VALUE, key->section, key->key, "\"%s\" is none of %s",
                  text, all);
}

static gboolean set_action(ScannerConfig *config, const Key *key, const char *text, GError **error)
{
    FilterVerdict verdict = (FilterVerdict)((key->offset - AT(actions)) / sizeof(guint));
    FilterAction action = filter_defaults[verdict].action;
    const char *reason;

    if (text && !filter_action_parse(text, &action))
        return refuse(error, config, CONFIG_ERROR_VALUE, key->section, key->key,
                      "\"%s\" is none of " ACTIONS, text);
    if (!filter_action_is_allowed(verdict, action, &reason))
        return refuse(error, config, CONFIG_ERROR_CONTRADICTION, key->section, key->key, "%s: %s",
                      text, reason);
    config->actions[verdict] = action;
    return TRUE;
}

static gboolean refuse_relative(const ScannerConfig *config, const Key *key, const char *text,
                                GError **error)
{
    return text[0] == '/' || refuse(error, config, CONFIG_ERROR_VALUE, key->section, key->key,
                                    "\"%s\" is not an absolute path", text);
}

static gboolean set_text(ScannerConfig *config, const Key *key, const char *text, GError **error)
{
    gboolean is_path = key->type == KEY_PATH || (key->type == KEY_PATH_OR_EMPTY && text[0] != '\0');

    if (is_path && !refuse_relative(config, key, text, error))
        return FALSE;
    *(char **)(void *)((char *)config + key->offset) = g_strdup(text);
    return TRUE;
}

static char **split_list(const char *text)
{
    g_auto(GStrv) items = g_strsplit(text, ";", -1);
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; items[i]; i++)
        if (*g_strstrip(items[i]) != '\0')
            g_ptr_array_add(list, g_strdup(items[i]));
    g_ptr_array_add(list, NULL);
    return (char **)g_ptr_array_steal(list, NULL);
}

static gboolean set_list(ScannerConfig *config, const Key *key, const char *text, GError **error)
{
    char **list = split_list(text);

    *(char ***)(void *)((char *)config + key->offset) = list;
    for (guint i = 0; key->type == KEY_PATHS && list[i]; i++)
        if (!refuse_relative(config, key, list[i], error))
            return FALSE;
    return TRUE;
}

static gboolean set_value(ScannerConfig *config, const Key *key, const char *text, GError **error)
{
    void *place = (char *)config + key->offset;

    switch (key->type) {
    case KEY_COUNT:
    case KEY_SIZE:
        return set_number(config, key, text, error);
    case KEY_CHOICE:
        return set_choice(config, key, text, error);
    case KEY_ACTION:
        return set_action(config, key, text, error);
    case KEY_LIST:
    case KEY_PATHS:
        return set_list(config, key, text, error);
    case KEY_SWITCH:
        if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
            return refuse(error, config, CONFIG_ERROR_VALUE, key->section, key->key,
                          "\"%s\" is neither true nor false", text);
        *(gboolean *)place = text[0] == 't';
        return TRUE;
    case KEY_TEXT:
    case KEY_PATH:
    case KEY_PATH_OR_EMPTY:
        return set_text(config, key, text, error);
    }
    g_assert_not_reached();
}

static const Key *key_find(const char *section, const char *key)
{
    for (gsize i = 0; i < G_N_ELEMENTS(KEYS); i++)
        if (strcmp(KEYS[i].section, section) == 0 && (!key || strcmp(KEYS[i].key, key) == 0))
            return &KEYS[i];
    return NULL;
}

static gboolean refuse_unknown(const ScannerConfig *config, GKeyFile *file, GError **error)
{
    g_auto(GStrv) sections = g_key_file_get_groups(file, NULL);

    for (guint i = 0; sections[i]; i++) {
        g_auto(GStrv) keys = g_key_file_get_keys(file, sections[i], NULL, NULL);

        if (!key_find(sections[i], NULL))
            return refuse(error, config, CONFIG_ERROR_SYNTAX, sections[i], NULL,
                          "there is no such section");
        for (guint j = 0; keys && keys[j]; j++)
            if (!key_find(sections[i], keys[j]))
                return refuse(error, config, CONFIG_ERROR_SYNTAX, sections[i], keys[j],
                              "there is no such key");
    }
    return TRUE;
}

/* Which key may not be above which other, and why. */
static const struct {
    const char *section, *key, *above_section, *above_key, *reason;
} ORDERS[] = {
    {"service", "deadline", "service", "background-deadline", "who has time would have less of it"},
    {"limits", "file-size", "limits", "scan-size", "no file of that size could be scanned"},
    {"limits", "file-size", "limits", "temporary-size", "no file of that size could be unpacked"},
    {"quarantine", "timeout", "service", "deadline", "the store would be gone before"},
};

static guint64 number_of(const ScannerConfig *config, const Key *key)
{
    const void *place = (const char *)config + key->offset;

    return key->type == KEY_SIZE ? *(const guint64 *)place : *(const guint *)place;
}

/* A key that is absent counts as its default; the message names the line of one that is there. */
static gboolean refuse_order(const ScannerConfig *config, const Key *low, const Key *high,
                             const char *reason, GError **error)
{
    gboolean low_is_there = key_line_find(config->text, low->section, low->key) > 0;
    gboolean high_is_there = key_line_find(config->text, high->section, high->key) > 0;
    const Key *told = high_is_there ? high : low, *other = high_is_there ? low : high;

    return refuse(error, config, CONFIG_ERROR_CONTRADICTION, told->section, told->key,
                  "%" G_GUINT64_FORMAT " is %s [%s] %s=%" G_GUINT64_FORMAT "%s: %s",
                  number_of(config, told), high_is_there ? "below" : "above", other->section,
                  other->key, number_of(config, other),
                  low_is_there && high_is_there ? "" : ", its default", reason);
}

/* To set only the deadline is no contradiction: the defaults follow it. */
static void fit_to_deadline(ScannerConfig *config)
{
    if (key_line_find(config->text, "service", "background-deadline") == 0)
        config->background_deadline = MAX(config->background_deadline, config->deadline);
    if (key_line_find(config->text, "quarantine", "timeout") == 0)
        config->quarantine_timeout = MIN(config->quarantine_timeout, config->deadline);
}

static gboolean refuse_contradictions(const ScannerConfig *config, GError **error)
{
    g_autoptr(GError) reason = NULL;

    if (strlen(config->socket) + strlen(STOREHOOK_SUFFIX_BACKGROUND) >=
        sizeof(((struct sockaddr_un *)NULL)->sun_path))
        return refuse(error, config, CONFIG_ERROR_VALUE, "service", "socket",
                      "the path is too long for a socket");
    if (config->metrics_listen[0] != '\0' && !metrics_check(config->metrics_listen, &reason))
        return refuse(error, config, CONFIG_ERROR_VALUE, "metrics", "listen", "%s",
                      reason->message);
    if (config->release_lmtp[0] != '\0' && !lmtp_address_is_valid(config->release_lmtp, &reason))
        return refuse(error, config, CONFIG_ERROR_VALUE, "quarantine", "release-lmtp", "%s",
                      reason->message);
    for (gsize i = 0; i < G_N_ELEMENTS(ORDERS); i++) {
        const Key *low = key_find(ORDERS[i].section, ORDERS[i].key);
        const Key *high = key_find(ORDERS[i].above_section, ORDERS[i].above_key);

        if (number_of(config, low) > number_of(config, high))
            return refuse_order(config, low, high, ORDERS[i].reason, error);
    }
    return TRUE;
}

ScannerConfig *scanner_config_parse(const char *file, const char *text, GError **error)
{
    g_autoptr(ScannerConfig) config = g_new0(ScannerConfig, 1);
    g_autoptr(GKeyFile) keys = g_key_file_new();
    g_autofree char *fault = key_line_fault(file, text ? text : "");
    g_autoptr(GError) reason = NULL;

    config->file = g_strdup(file);
    config->text = g_strdup(text ? text : "");
    if (fault) {
        g_set_error_literal(error, CONFIG_ERROR, CONFIG_ERROR_SYNTAX, fault);
        return NULL;
    }
    if (!g_key_file_load_from_data(keys, config->text, (gsize)-1, G_KEY_FILE_NONE, &reason)) {
        g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_SYNTAX, "%s: %s", file, reason->message);
        return NULL;
    }
    if (!refuse_unknown(config, keys, error))
        return NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(KEYS); i++) {
        g_autofree char *value = g_key_file_get_string(keys, KEYS[i].section, KEYS[i].key, NULL);

        if (!set_value(config, &KEYS[i], value ? g_strstrip(value) : KEYS[i].fallback, error))
            return NULL;
    }
    if (config->workers == 0)
        config->workers = CLAMP(g_get_num_processors(), 2, BOARD_WORKERS_MAX);
    fit_to_deadline(config);
    if (!refuse_contradictions(config, error))
        return NULL;
    return g_steal_pointer(&config);
}

ScannerConfig *scanner_config_load(const char *file, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) reason = NULL;
    gsize length;

    if (!g_file_get_contents(file, &text, &length, &reason)) {
        g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_READ, "%s", reason->message);
        return NULL;
    }
    if (strlen(text) != length) {
        g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_SYNTAX, "%s: a NUL byte in it", file);
        return NULL;
    }
    return scanner_config_parse(file, text, error);
}

ScannerConfig *scanner_config_free(ScannerConfig *config)
{
    if (!config)
        return NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(KEYS); i++) {
        void *place = (char *)config + KEYS[i].offset;

        if (KEYS[i].type == KEY_TEXT || KEYS[i].type == KEY_PATH ||
            KEYS[i].type == KEY_PATH_OR_EMPTY)
            g_free(*(char **)place);
        else if (KEYS[i].type == KEY_LIST || KEYS[i].type == KEY_PATHS)
            g_strfreev(*(char ***)place);
    }
    g_free(config->file);
    g_free(config->text);
    g_free(config);
    return NULL;
}

static gboolean values_are_equal(const Key *key, const ScannerConfig *a, const ScannerConfig *b)
{
    const void *x = (const char *)a + key->offset, *y = (const char *)b + key->offset;

    if (key->type == KEY_COUNT)
        return *(const guint *)x == *(const guint *)y;
    return strcmp(*(char *const *)x, *(char *const *)y) == 0;
}

gboolean scanner_config_needs_restart(const ScannerConfig *now, const ScannerConfig *next,
                                      GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(KEYS); i++)
        if (KEYS[i].needs_restart && !values_are_equal(&KEYS[i], now, next)) {
            g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_VALUE,
                        "%s: a changed [%s] %s= needs a restart of the service", next->file,
                        KEYS[i].section, KEYS[i].key);
            return TRUE;
        }
    return FALSE;
}

static const char *default_of(const Key *key)
{
    if (key->type == KEY_ACTION)
        return filter_action_name(
            filter_defaults[(key->offset - AT(actions)) / sizeof(guint)].action);
    return key->fallback;
}

void scanner_config_describe(FILE *out)
{
    const char *section = "";

    for (gsize i = 0; i < G_N_ELEMENTS(KEYS); i++) {
        const Key *key = &KEYS[i];

        if (strcmp(section, key->section) != 0)
            fprintf(out, "%s[%s]\n", i > 0 ? "\n" : "", key->section);
        section = key->section;
        fprintf(out, "# %s\n", key->meaning);
        if (key->type == KEY_COUNT || key->type == KEY_SIZE)
            fprintf(out, "# %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT "\n", key->low, key->high);
        if (key->type == KEY_ACTION)
            fprintf(out, "# one of " ACTIONS "\n");
        for (guint j = 0; key->choices && key->choices[j]; j++)
            fprintf(out, "%s%s%s", j > 0 ? ", " : "# one of ", key->choices[j],
                    key->choices[j + 1] ? "" : "\n");
        fprintf(out, "%s=%s\n", key->key, default_of(key));
    }
}
