/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * storehookctl.c - the admin command: see storehookctl(1).
 *
 * Exit status: 0 yes, done; 1 no: refused, not protected, not running; 2 wrong usage or
 * configuration. With --json, standard output has one object a request, errors included.
 */
#include "scanner/common/config.h"
#include "scanner/common/json-text.h"
#include "scanner/ctl/ctl-client.h"
#include "scanner/ctl/ctl-print.h"
#include "scanner/ctl/ctl-table.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

enum {
    EXIT_YES,
    EXIT_NO,
    EXIT_USAGE
};

/* A release waits for an LMTP server; the rest answers at once, but for a busy supervisor. */
#define PATIENCE_SECONDS 20
#define RELOAD_PATIENCE_SECONDS 600 /* large signatures load in half a minute, after a drain */
#define RELEASE_PATIENCE_SECONDS 3600
#define LIMIT_NONE G_MININT /* none was given */

typedef struct {
    char *config;
    gboolean json, signature, help, version;
    char *since, *until, *verdict, *sender, *recipient, *reference;
    int limit;
    char **to;
    char **words;
} Options;

typedef enum {
    TAKES_LIMIT = 1,
    TAKES_QUERY = 2,
    TAKES_TO = 4,
    TAKES_SIGNATURE = 8, /* its operand may be a signature's name instead */
    TAKES_UNTIL = 16
} Takes;

typedef struct {
    const char *group, *name; /* group NULL: a command of one word */
    const char *command;      /* on the wire */
    const char *argument;     /* its operand there, repeated for each given one; NULL: none */
    int takes;
    guint patience;
    void (*print)(JsonObject *answer);
} Command;

static const Command COMMANDS[] = {
    {NULL, "status", "status", NULL, 0, PATIENCE_SECONDS, ctl_print_status},
    {NULL, "stop", "stop", NULL, 0, PATIENCE_SECONDS, ctl_print_done},
    {NULL, "start", "start", NULL, 0, PATIENCE_SECONDS, ctl_print_done},
    {NULL, "reload", "reload", NULL, 0, RELOAD_PATIENCE_SECONDS, ctl_print_done},
    {NULL, "incidents", "incidents", NULL, TAKES_QUERY | TAKES_UNTIL | TAKES_LIMIT,
     PATIENCE_SECONDS, ctl_print_incidents},
    {NULL, "unscanned", "unscanned", NULL, TAKES_LIMIT, PATIENCE_SECONDS, ctl_print_unscanned},
    {"quarantine", "list", "quarantine-list", NULL, TAKES_UNTIL | TAKES_LIMIT, PATIENCE_SECONDS,
     ctl_print_quarantine},
    {"quarantine", "show", "quarantine-show", "id", 0, PATIENCE_SECONDS, ctl_print_object},
    {"quarantine", "release", "quarantine-release", "id", TAKES_TO, RELEASE_PATIENCE_SECONDS,
     ctl_print_release},
    {"quarantine", "delete", "quarantine-delete", "id", 0, PATIENCE_SECONDS, ctl_print_done},
    {"allow", "list", "allow-list", NULL, 0, PATIENCE_SECONDS, ctl_print_allowed},
    {"condemned", "list", "condemned-list", NULL, 0, PATIENCE_SECONDS, ctl_print_condemned},
    {"condemned", "release", "condemned-release", "sha256", 0, PATIENCE_SECONDS, ctl_print_done},
    {"allow", "add", "allow-add", "sha256", TAKES_SIGNATURE, PATIENCE_SECONDS, ctl_print_done},
    {"allow", "remove", "allow-remove", "sha256", TAKES_SIGNATURE, PATIENCE_SECONDS,
     ctl_print_done},
    {"deny", "list", "deny-list", NULL, 0, PATIENCE_SECONDS, ctl_print_denied},
    {"deny", "add", "deny-add", "sha256", TAKES_SIGNATURE, PATIENCE_SECONDS, ctl_print_done},
    {"deny", "remove", "deny-remove", "sha256", TAKES_SIGNATURE, PATIENCE_SECONDS, ctl_print_done},
};

static const char USAGE[] =
    "usage: storehookctl [--config FILE] [--json] COMMAND\n"
    "       storehookctl --help | --version\n"
    "  status                          is mail protected, by what, what passed unscanned\n"
    "  stop | start                    switch protection off and on in every hooked process\n"
    "  reload                          read the configuration, rules and signatures again\n"
    "  incidents [--since=T] [--until=T] [--verdict=V] [--sender=A] [--recipient=A]\n"
    "            [--reference=R] [--limit=N]\n"
    "  unscanned [--limit=N]           what passed without a verdict, and why\n"
    "  quarantine list [--until=T] [--limit=N]\n"
    "  quarantine show ID...\n"
    "  quarantine release ID... [--to=ADDRESS]...\n"
    "  quarantine delete ID...\n"
    "  condemned list                  contents that crash the scanner and are not scanned again\n"
    "  condemned release SHA256...     scan them again\n"
    "  allow list | deny list          contents and signatures let through, or forbidden\n"
    "  allow | deny add | remove SHA256... | --signature NAME...\n"
    "T: 2026-11-22, 2026-11-22T10:00:00Z, or how long ago: 90m, 2h, 7d. A: an address; * and ?\n"
    "are wildcards. Exit status: 0 yes, 1 no, 2 wrong usage or configuration.\n";

static int usage(const char *why)
{
    fprintf(stderr, "storehookctl: %s (see storehookctl --help)\n", why);
    return EXIT_USAGE;
}

/* How many words of the command line name it; 0: not this one. */
static guint command_words(const Command *command, char **words)
{
    if (command->group == NULL)
        return g_strcmp0(words[0], command->name) == 0 ? 1 : 0;
    if (g_strcmp0(words[0], command->group) == 0 && g_strcmp0(words[1], command->name) == 0)
        return 2;
    return 0;
}

static const char *misplaced_option(const Command *command, const Options *options)
{
    if ((command->takes & TAKES_LIMIT) == 0 && options->limit != LIMIT_NONE)
        return "--limit has no meaning for this command";
    if ((command->takes & TAKES_TO) == 0 && options->to != NULL)
        return "--to has no meaning for this command";
    if ((command->takes & TAKES_QUERY) == 0 &&
        (options->since != NULL || options->verdict != NULL || options->sender != NULL ||
         options->recipient != NULL || options->reference != NULL))
        return "--since, --verdict, --sender, --recipient and --reference are for incidents";
    if ((command->takes & TAKES_UNTIL) == 0 && options->until != NULL)
        return "--until is for incidents and quarantine list";
    if ((command->takes & TAKES_SIGNATURE) == 0 && options->signature)
        return "--signature is for allow and deny, add and remove";
    if (options->limit < 1 && options->limit != LIMIT_NONE)
        return "--limit is a number from 1 on";
    return NULL;
}

static JsonObject *build_arguments(const Command *command, const Options *options,
                                   const char *operand)
{
    const struct {
        const char *name, *value;
    } TEXTS[] = {
        {"since", options->since},
        {"until", options->until},
        {"verdict", options->verdict},
        {"sender", options->sender},
        {"recipient", options->recipient},
        {"reference", options->reference},
        {options->signature ? "signature" : command->argument, operand},
    };
    JsonObject *arguments = json_object_new();

    for (guint i = 0; i < G_N_ELEMENTS(TEXTS); i++) {
        if (TEXTS[i].name == NULL || TEXTS[i].value == NULL)
            continue;
        g_autofree char *valid = g_utf8_make_valid(TEXTS[i].value, -1);
        json_object_set_string_member(arguments, TEXTS[i].name, valid);
    }
    if (options->limit != LIMIT_NONE)
        json_object_set_int_member(arguments, "limit", options->limit);
    if (options->to != NULL) {
        JsonArray *to = json_array_new();
        for (char **address = options->to; *address != NULL; address++)
            json_array_add_string_element(to, *address);
        json_object_set_array_member(arguments, "to", to);
    }
    return arguments;
}

static void print_json(JsonObject *answer)
{
    g_autofree char *text = json_text_of(answer);

    printf("%s\n", text);
}

/* Nobody there, or nothing understood. */
static int no_answer(const Command *command, const Options *options, const GError *error)
{
    gboolean not_running = g_error_matches(error, CTL_ERROR, CTL_ERROR_NOT_RUNNING);
    int status = g_error_matches(error, CTL_ERROR, CTL_ERROR_CONFIG) ? EXIT_USAGE : EXIT_NO;
    const char *line = not_running ? "NOT RUNNING" : "UNKNOWN";

    if (options->json) {
        g_autoptr(JsonObject) answer = json_object_new();
        json_object_set_boolean_member(answer, "ok", FALSE);
        json_object_set_string_member(answer, "protection",
                                      not_running ? "not-running" : "unknown");
        json_object_set_string_member(answer, "summary", line);
        json_object_set_string_member(answer, "error", error->message);
        print_json(answer);
        return status;
    }
    if (strcmp(command->name, "status") == 0)
        printf("%s\n", line);
    else
        fprintf(stderr, "storehookctl: %s\n",
                not_running            ? "storehookd is not running"
                : status == EXIT_USAGE ? "the configuration does not tell where storehookd is"
                : g_error_matches(error, CTL_ERROR, CTL_ERROR_PERMISSION)
                    ? "not permitted"
                    : "storehookd gives no answer");
    fflush(stdout);
    fprintf(stderr, "  %s\n", error->message);
    if (not_running)
        fprintf(stderr,
                "  Hooked stores deliver mail unscanned and count it. To protect them, start "
                "the service:\n    storehookd --config %s\n",
                options->config != NULL ? options->config : CONFIG_DEFAULT_FILE);
    else if (g_error_matches(error, CTL_ERROR, CTL_ERROR_PERMISSION))
        fprintf(stderr, "  Only root and the service's own user may ask.\n");
    return status;
}

static int show(const Command *command, const Options *options, JsonObject *answer)
{
    gboolean ok = json_object_get_boolean_member_with_default(answer, "ok", FALSE);
    gboolean is_status = strcmp(command->command, "status") == 0;
    gboolean yes = ok;

    if (ok && is_status) {
        g_autofree char *line = NULL;
        yes = ctl_status_line(answer, &line);
        json_object_set_string_member(answer, "summary", line);
    }
    if (options->json) {
        print_json(answer);
    } else if (ok) {
        command->print(answer);
    } else {
        if (json_object_has_member(answer, "release"))
            ctl_print_release(answer);
        g_autofree char *why = ctl_text_clean(
            json_object_get_string_member_with_default(answer, "error", "refused"), 0);
        fflush(stdout);
        fprintf(stderr, "storehookctl: %s\n", why);
    }
    if (json_object_get_boolean_member_with_default(answer, "wrong-usage", FALSE))
        return EXIT_USAGE;
    return yes ? EXIT_YES : EXIT_NO;
}

static int ask_once(const Command *command, const Options *options, const char *path,
                    const char *operand)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) answer =
        ctl_ask(path, command->command, build_arguments(command, options, operand),
                command->patience, &error);

    return answer != NULL ? show(command, options, answer) : no_answer(command, options, error);
}

static int run(const Command *command, const Options *options, char **operands)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    const char *misplaced = misplaced_option(command, options);
    int worst = EXIT_YES;

    if (misplaced != NULL)
        return usage(misplaced);
    if (command->argument == NULL && operands[0] != NULL)
        return usage("too many words");
    if (command->argument != NULL && operands[0] == NULL)
        return usage(strcmp(command->argument, "id") == 0 ? "which ID?"
                     : options->signature                 ? "which signature?"
                                                          : "which SHA-256?");
    path = ctl_socket_path(options->config, &error);
    if (path == NULL)
        return no_answer(command, options, error);
    if (command->argument == NULL)
        return ask_once(command, options, path, NULL);
    for (; *operands != NULL; operands++) {
        int status = ask_once(command, options, path, *operands);
        worst = MAX(worst, status);
    }
    return worst;
}

static gboolean parse_options(int argc, char **argv, Options *options, GError **error)
{
    const GOptionEntry entries[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &options->config, NULL, NULL},
        {"json", 'j', 0, G_OPTION_ARG_NONE, &options->json, NULL, NULL},
        {"since", 0, 0, G_OPTION_ARG_STRING, &options->since, NULL, NULL},
        {"until", 0, 0, G_OPTION_ARG_STRING, &options->until, NULL, NULL},
        {"verdict", 0, 0, G_OPTION_ARG_STRING, &options->verdict, NULL, NULL},
        {"sender", 0, 0, G_OPTION_ARG_STRING, &options->sender, NULL, NULL},
        {"recipient", 0, 0, G_OPTION_ARG_STRING, &options->recipient, NULL, NULL},
        {"reference", 0, 0, G_OPTION_ARG_STRING, &options->reference, NULL, NULL},
        {"signature", 0, 0, G_OPTION_ARG_NONE, &options->signature, NULL, NULL},
        {"limit", 0, 0, G_OPTION_ARG_INT, &options->limit, NULL, NULL},
        {"to", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->to, NULL, NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &options->version, NULL, NULL},
        {"help", 'h', 0, G_OPTION_ARG_NONE, &options->help, NULL, NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->words, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);

    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_add_main_entries(context, entries, NULL);
    return g_option_context_parse(context, &argc, &argv, error);
}

static void options_clear(Options *options)
{
    g_free(options->config);
    g_free(options->since);
    g_free(options->until);
    g_free(options->verdict);
    g_free(options->sender);
    g_free(options->recipient);
    g_free(options->reference);
    g_strfreev(options->to);
    g_strfreev(options->words);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static int run_named(const Options *options)
{
    if (options->help || options->version) {
        printf("%s", options->help ? USAGE : "storehookctl " STOREHOOK_VERSION "\n");
        return EXIT_YES;
    }
    if (options->words == NULL)
        return usage("no command");
    for (guint i = 0; i < G_N_ELEMENTS(COMMANDS); i++) {
        guint count = command_words(&COMMANDS[i], options->words);
        if (count > 0)
            return run(&COMMANDS[i], options, options->words + count);
    }
    g_autofree char *words = g_strjoinv(" ", options->words);
    g_autofree char *why = g_strdup_printf("unknown command: %s", words);
    return usage(why);
}

int main(int argc, char **argv)
{
    g_auto(Options) options = {.limit = LIMIT_NONE};
    g_autoptr(GError) error = NULL;

    /* Addresses are UTF-8 also where cron, say, has no locale. */
    setlocale(LC_CTYPE, "C.UTF-8");
    if (!parse_options(argc, argv, &options, &error))
        return usage(error->message);
    int status = run_named(&options);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "storehookctl: the answer could not be written to standard output\n");
        status = MAX(status, EXIT_NO);
    }
    return status;
}
