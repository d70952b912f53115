/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rules-parse.c - reads the rule file, strictly.
 *
 * The syntax is that of GKeyFile, but read line by line, since GKeyFile does not say in which line
 * a value stands. What is not understood is refused with FILTER_ERROR and "FILE:LINE: reason": a
 * rule that silently does not work is worse than a service that says why it keeps the old rules.
 *
 * Known limit: no escapes (a backslash is refused), so a pattern cannot contain a semicolon.
 */
#include "filters/rules-parse.h"

#include "filters/file-name.h"

#include <string.h>

typedef struct {
    const char *file;
    guint line;
    GPtrArray *rules;
    GHashTable *names;   /* names of rules, to refuse a second one; borrowed */
    FilterRule *current; /* the last of rules */
    GHashTable *keys;    /* seen in the current section */
} Parser;

static gboolean refuse(const Parser *parser, GError **error, FilterError code, const char *format,
                       ...) G_GNUC_PRINTF(4, 5);

static gboolean refuse(const Parser *parser, GError **error, FilterError code, const char *format,
                       ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *reason = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, FILTER_ERROR, code, "%s:%u: %s", parser->file, parser->line, reason);
    return FALSE;
}

/* --- Values ---------------------------------------------------------------------- */

typedef enum {
    FOLD_NAME,
    FOLD_EXTENSION,
    FOLD_TYPE
} Fold;

/* Folds a pattern like the names that it is compared with. NULL with *ret_reason if it could never
 * match. */
static char *pattern_fold(const char *text, Fold fold, const char **ret_reason)
{
    g_autofree char *folded = NULL;

    if (fold == FOLD_TYPE) {
        if (strchr(text, '/') == NULL && strcmp(text, "*") != 0) {
            *ret_reason = "a type is a MIME type such as application/x-dosexec or image/*";
            return NULL;
        }
        return g_ascii_strdown(text, -1);
    }
    if (fold == FOLD_EXTENSION && *text == '.')
        text++;
    if (strpbrk(text, "/\\") != NULL) {
        *ret_reason = "names are matched without their path, so it cannot hold / or \\";
        return NULL;
    }
    if (fold == FOLD_EXTENSION && strchr(text, '.') != NULL) {
        *ret_reason = "an extension is what follows the last dot";
        return NULL;
    }
    /* Names lose these at their end, and so would a pattern: `*.` would become `*`. */
    if (*text != '\0' && strchr(". \"'", text[strlen(text) - 1]) != NULL) {
        *ret_reason = "dots, spaces and quotes at the end of a name are dropped before it is "
                      "matched";
        return NULL;
    }
    folded = file_name_normalize(text, -1);
    if (*folded == '\0') {
        *ret_reason = "nothing is left of it once names are normalised";
        return NULL;
    }
    return g_steal_pointer(&folded);
}

static gboolean value_patterns(const Parser *parser, const char *key, const char *value, Fold fold,
                               GPtrArray **ret, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) words = g_strsplit(value, ";", -1);

    for (char **word = words; *word != NULL; word++) {
        const char *reason = NULL;

        g_strstrip(*word);
        if (**word == '\0')
            continue;
        if (list->len == FILTER_RULE_PATTERNS_MAX)
            return refuse(parser, error, FILTER_ERROR_VALUE, "%s has more than %d patterns", key,
                          FILTER_RULE_PATTERNS_MAX);
        char *pattern = pattern_fold(*word, fold, &reason);
        if (pattern == NULL)
            return refuse(parser, error, FILTER_ERROR_VALUE, "%s=%s: %s", key, *word, reason);
        g_ptr_array_add(list, pattern);
    }
    if (list->len == 0)
        return refuse(parser, error, FILTER_ERROR_VALUE,
                      "%s is empty; leave the key out if it is no condition", key);
    *ret = g_steal_pointer(&list);
    return TRUE;
}

/* 0, 512, 64K, 10M, 2G */
static gboolean value_size(const Parser *parser, const char *key, const char *value, goffset *ret,
                           GError **error)
{
    static const char UNITS[] = "KMG";
    char *end = NULL;
    guint64 number = 0;
    guint shift = 0;

    if (g_ascii_isdigit(*value))
        number = g_ascii_strtoull(value, &end, 10);
    if (end != NULL && *end != '\0') {
        const char *unit = strchr(UNITS, g_ascii_toupper(*end));
        if (unit != NULL && end[1] == '\0')
            shift = (guint)(unit - UNITS + 1) * 10;
        else
            end = NULL;
    }
    if (end == NULL || number > (guint64)(G_MAXINT64 >> shift))
        return refuse(parser, error, FILTER_ERROR_VALUE,
                      "%s=%s is not a size: bytes, or a number with K, M or G behind it", key,
                      value);
    *ret = (goffset)(number << shift);
    return TRUE;
}

static gboolean value_action(const Parser *parser, const char *value, int *ret, GError **error)
{
    FilterAction action;
    const char *reason = NULL;

    if (!filter_action_parse(value, &action))
        return refuse(parser, error, FILTER_ERROR_VALUE,
                      "action=%s is unknown: pass, strip, quarantine, drop or refuse", value);
    if (!filter_action_is_allowed(FILTER_VERDICT_BLOCKED, action, &reason))
        return refuse(parser, error, FILTER_ERROR_VALUE, "action=%s: %s", value, reason);
    *ret = (int)action;
    return TRUE;
}

/* --- Keys ------------------------------------------------------------------------ */

static gboolean key_names(Parser *parser, FilterRule *rule, const char *value, GError **error)
{
    return value_patterns(parser, "name", value, FOLD_NAME, &rule->names, error);
}

static gboolean key_extension(Parser *parser, FilterRule *rule, const char *value, GError **error)
{
    return value_patterns(parser, "extension", value, FOLD_EXTENSION, &rule->extensions, error);
}

static gboolean key_any_extension(Parser *parser, FilterRule *rule, const char *value,
                                  GError **error)
{
    return value_patterns(parser, "any-extension", value, FOLD_EXTENSION, &rule->any_extensions,
                          error);
}

static gboolean key_type(Parser *parser, FilterRule *rule, const char *value, GError **error)
{
    return value_patterns(parser, "type", value, FOLD_TYPE, &rule->types, error);
}

static gboolean key_min_size(Parser *parser, FilterRule *rule, const char *value, GError **error)
{
    return value_size(parser, "min-size", value, &rule->min_size, error);
}

static gboolean key_max_size(Parser *parser, FilterRule *rule, const char *value, GError **error)
{
    return value_size(parser, "max-size", value, &rule->max_size, error);
}

static guint lie_parse(const char *word)
{
    for (guint lie = 1; lie < FILE_NAME_ANY; lie <<= 1) {
        if (strcmp(word, file_name_lie_word((FileNameLie)lie)) == 0)
            return lie;
    }
    return 0;
}

static gboolean key_deceptive(Parser *parser, FilterRule *rule, const char *value, GError **error)
{
    g_auto(GStrv) words = g_strsplit(value, ";", -1);
    guint lies = 0;

    if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0) {
        rule->deceptive = *value == 't' ? FILE_NAME_ANY : 0;
        return TRUE;
    }
    for (char **word = words; *word != NULL; word++) {
        guint lie = lie_parse(g_strstrip(*word));

        if (lie == 0 && **word != '\0')
            return refuse(parser, error, FILTER_ERROR_VALUE,
                          "deceptive=%s is not true, false or a list of direction, spaces, double, "
                          "control, trailing, long, class",
                          value);
        lies |= lie;
    }
    if (lies == 0)
        return refuse(parser, error, FILTER_ERROR_VALUE,
                      "deceptive is empty; leave the key out if it is no condition");
    rule->deceptive = (int)lies;
    return TRUE;
}

static gboolean key_inside(Parser *parser, FilterRule *rule, const char *value, GError **error)
{
    static const char *const WORDS[] = {"any", "message", "archive", "document"};

    for (guint i = 0; i < G_N_ELEMENTS(WORDS); i++) {
        if (strcmp(value, WORDS[i]) == 0) {
            rule->inside = (FilterInside)i;
            return TRUE;
        }
    }
    return refuse(parser, error, FILTER_ERROR_VALUE,
                  "inside=%s is not any, message, archive or document", value);
}

static gboolean key_action(Parser *parser, FilterRule *rule, const char *value, GError **error)
{
    return value_action(parser, value, &rule->action, error);
}

static gboolean key_reason(Parser *parser, FilterRule *rule, const char *value, GError **error)
{
    /* It goes into a notice that a reader sees in one line. */
    if (strlen(value) > 200)
        return refuse(parser, error, FILTER_ERROR_VALUE, "reason is longer than 200 bytes");
    rule->reason = g_strdup(value);
    return TRUE;
}

static const struct {
    const char *name;
    gboolean (*parse)(Parser *parser, FilterRule *rule, const char *value, GError **error);
} KEYS[] = {
    {"name", key_names},
    {"extension", key_extension},
    {"any-extension", key_any_extension},
    {"type", key_type},
    {"min-size", key_min_size},
    {"max-size", key_max_size},
    {"deceptive", key_deceptive},
    {"inside", key_inside},
    {"action", key_action},
    {"reason", key_reason},
};

/* --- Lines ----------------------------------------------------------------------- */

/* Checks a rule when all of it has been read; errors have the line of its section. */
static gboolean rule_finish(Parser *parser, GError **error)
{
    const FilterRule *rule = parser->current;
    Parser at_section = *parser;

    if (rule == NULL)
        return TRUE;
    at_section.line = rule->line;
    if (rule->names == NULL && rule->extensions == NULL && rule->any_extensions == NULL &&
        rule->types == NULL && rule->min_size < 0 && rule->max_size < 0 && rule->deceptive == -1)
        return refuse(&at_section, error, FILTER_ERROR_VALUE,
                      "rule %s has no condition and would match everything", rule->name);
    if (rule->max_size >= 0 && rule->min_size > rule->max_size)
        return refuse(&at_section, error, FILTER_ERROR_VALUE,
                      "rule %s: min-size is above max-size, so it never matches", rule->name);
    return TRUE;
}

static gboolean parse_section(Parser *parser, char *line, GError **error)
{
    gsize length = strlen(line);

    if (!rule_finish(parser, error))
        return FALSE;
    if (line[length - 1] != ']')
        return refuse(parser, error, FILTER_ERROR_SYNTAX, "a section ends with ]");
    line[length - 1] = '\0';
    line++;
    if (!g_str_has_prefix(line, "rule "))
        return refuse(parser, error, FILTER_ERROR_SYNTAX,
                      "unknown section [%s]: only [rule NAME] is known", line);
    char *name = g_strstrip(line + strlen("rule "));
    if (*name == '\0')
        return refuse(parser, error, FILTER_ERROR_SYNTAX, "the rule has no name");
    if (strlen(name) > 100)
        return refuse(parser, error, FILTER_ERROR_SYNTAX, "the name is longer than 100 bytes");
    if (g_hash_table_contains(parser->names, name))
        return refuse(parser, error, FILTER_ERROR_SYNTAX, "a second rule named %s", name);
    if (parser->rules->len == FILTER_RULES_MAX)
        return refuse(parser, error, FILTER_ERROR_VALUE, "more than %d rules", FILTER_RULES_MAX);

    FilterRule *rule = g_new0(FilterRule, 1);
    rule->name = g_strdup(name);
    rule->min_size = rule->max_size = -1;
    rule->deceptive = rule->action = -1;
    rule->line = parser->line;
    g_ptr_array_add(parser->rules, rule);
    g_hash_table_add(parser->names, rule->name);
    g_hash_table_remove_all(parser->keys);
    parser->current = rule;
    return TRUE;
}

static gboolean parse_key(Parser *parser, char *line, GError **error)
{
    char *equals = strchr(line, '=');

    if (equals == NULL)
        return refuse(parser, error, FILTER_ERROR_SYNTAX,
                      "neither [rule NAME], KEY=VALUE nor a # comment");
    if (parser->current == NULL)
        return refuse(parser, error, FILTER_ERROR_SYNTAX, "a key before the first [rule NAME]");
    *equals = '\0';
    char *key = g_strchomp(line);
    char *value = g_strchug(equals + 1);
    if (strchr(value, '\\') != NULL)
        return refuse(parser, error, FILTER_ERROR_VALUE, "%s: a backslash has no meaning here",
                      key);
    for (guint i = 0; i < G_N_ELEMENTS(KEYS); i++) {
        if (strcmp(key, KEYS[i].name) != 0)
            continue;
        if (!g_hash_table_add(parser->keys, (gpointer)KEYS[i].name))
            return refuse(parser, error, FILTER_ERROR_SYNTAX, "%s stands twice in rule %s", key,
                          parser->current->name);
        return KEYS[i].parse(parser, parser->current, value, error);
    }
    return refuse(parser, error, FILTER_ERROR_SYNTAX, "unknown key %s", key);
}

FilterRules *filter_rules_parse(const char *name, const char *text, gsize length, GError **error)
{
    g_autoptr(GPtrArray) rules = g_ptr_array_new_with_free_func((GDestroyNotify)filter_rule_free);
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) keys = g_hash_table_new(g_str_hash, g_str_equal);
    Parser parser = {.file = name, .rules = rules, .names = names, .keys = keys};

    for (const char *p = text, *end = text + length; p < end;) {
        const char *newline = memchr(p, '\n', (gsize)(end - p));
        gsize size = (gsize)((newline != NULL ? newline : end) - p);
        g_autofree char *copy = g_strndup(p, size);
        gboolean ok = TRUE;

        parser.line++;
        if (!g_utf8_validate_len(p, size, NULL)) {
            refuse(&parser, error, FILTER_ERROR_SYNTAX, "not UTF-8 text");
            return NULL;
        }
        char *line = g_strstrip(copy);
        if (*line == '[')
            ok = parse_section(&parser, line, error);
        else if (*line != '\0' && *line != '#')
            ok = parse_key(&parser, line, error);
        if (!ok)
            return NULL;
        p += size + 1;
    }
    if (!rule_finish(&parser, error))
        return NULL;
    return filter_rules_new_take(g_steal_pointer(&rules));
}

char *filter_file_load(const char *path, gsize most, gsize *ret_length, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) local = NULL;
    gsize length;

    if (!g_file_get_contents(path, &text, &length, &local)) {
        g_set_error(error, FILTER_ERROR, FILTER_ERROR_READ, "%s: %s", path, local->message);
        return NULL;
    }
    if (length > most) {
        g_set_error(error, FILTER_ERROR, FILTER_ERROR_READ,
                    "%s: more than %" G_GSIZE_FORMAT " bytes", path, most);
        return NULL;
    }
    if (g_str_has_prefix(text, "\xef\xbb\xbf")) { /* nobody would see it in the line */
        g_set_error(error, FILTER_ERROR, FILTER_ERROR_SYNTAX,
                    "%s:1: a byte order mark: save the file as UTF-8 without one", path);
        return NULL;
    }
    *ret_length = length;
    return g_steal_pointer(&text);
}

FilterRules *filter_rules_load(const char *path, GError **error)
{
    gsize length;
    g_autofree char *text = filter_file_load(path, FILTER_RULES_FILE_MAX, &length, error);

    return text ? filter_rules_parse(path, text, length, error) : NULL;
}
