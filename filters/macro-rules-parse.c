/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-rules-parse.c - reads the macro rule file, strictly.
 *
 * The syntax is that of the rule file (rules-parse.c): sections, key=value, # comments, no escapes.
 * What is not understood is refused with FILTER_ERROR and "FILE:LINE: reason".
 */
#include "filters/macro-rules-parse.h"

#include <string.h>

#include "filters/rules.h"

typedef struct {
    const char *file;
    guint line;
    MacroRules *rules;
    enum {
        SECTION_NONE,
        SECTION_SCORING,
        SECTION_CLASS,
        SECTION_RULE
    } section;
    gboolean has_scoring;
    GHashTable *keys; /* seen in this section */
} Parser;

static gboolean refuse(const Parser *parser, guint line, GError **error, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

static gboolean refuse(const Parser *parser, guint line, GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *reason = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, FILTER_ERROR, FILTER_ERROR_SYNTAX, "%s:%u: %s", parser->file, line, reason);
    return FALSE;
}

static MacroClass *last_class(const Parser *parser)
{
    GArray *classes = parser->rules->classes;

    return &g_array_index(classes, MacroClass, classes->len - 1);
}

static MacroRule *last_rule(const Parser *parser)
{
    GArray *rules = parser->rules->rules;

    return &g_array_index(rules, MacroRule, rules->len - 1);
}

/* --- Values ---------------------------------------------------------------------- */

static gboolean value_number(Parser *parser, const char *key, const char *value, guint *ret,
                             GError **error)
{
    guint64 number;

    if (!g_ascii_string_to_unsigned(value, 10, 1, MACRO_WEIGHT_MAX, &number, NULL))
        return refuse(parser, parser->line, error, "%s=%s is not a number from 1 to %d", key, value,
                      MACRO_WEIGHT_MAX);
    *ret = (guint)number;
    return TRUE;
}

/* Why the phrase could never match, or NULL. */
static const char *phrase_problem(const char *phrase)
{
    if (strlen(phrase) < 2)
        return "one letter is no phrase";
    if (*phrase == '*')
        return "a star at the beginning says nothing";
    for (const char *p = phrase; *p != '\0'; p++)
        if (g_ascii_isupper(*p))
            return "macros are matched in lower case";
    if (strstr(phrase, "  ") != NULL)
        return "macros are matched with single spaces";
    return NULL;
}

static gboolean value_phrases(Parser *parser, const char *key, const char *value, GPtrArray **ret,
                              GError **error)
{
    g_auto(GStrv) words = g_strsplit(value, ";", -1);
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);

    for (char **word = words; *word != NULL; word++) {
        const char *problem;

        if (*g_strstrip(*word) == '\0')
            continue;
        problem = phrase_problem(*word);
        if (problem != NULL)
            return refuse(parser, parser->line, error, "%s=%s: %s", key, *word, problem);
        if (list->len == MACRO_RULE_PHRASES_MAX)
            return refuse(parser, parser->line, error, "%s has more than %d phrases", key,
                          MACRO_RULE_PHRASES_MAX);
        g_ptr_array_add(list, g_strdup(*word));
    }
    if (list->len == 0)
        return refuse(parser, parser->line, error, "%s is empty", key);
    *ret = g_steal_pointer(&list);
    return TRUE;
}

static gboolean value_sources(Parser *parser, const char *value, guint *ret, GError **error)
{
    static const char *const NAMES[MACRO_SOURCES + 1] = {
        [MACRO_SOURCE_BASIC] = "basic", [MACRO_SOURCE_FORMULA] = "formula",
        [MACRO_SOURCE_FIELD] = "field", [MACRO_SOURCE_OBJECT] = "object",
        [MACRO_SOURCE_LINK] = "link",   [MACRO_SOURCE_TRICK] = "trick",
        [MACRO_SOURCE_PAGE] = "page",
    };
    g_auto(GStrv) words = g_strsplit(value, ";", -1);

    *ret = 0;
    for (char **word = words; *word != NULL; word++) {
        guint i = 0;

        if (*g_strstrip(*word) == '\0')
            continue;
        while (i < MACRO_SOURCES && strcmp(NAMES[i], *word) != 0)
            i++;
        if (i == MACRO_SOURCES) {
            g_autofree char *known = g_strjoinv(", ", (char **)NAMES);

            return refuse(parser, parser->line, error, "in=%s is none of %s", *word, known);
        }
        *ret |= 1u << i;
    }
    return *ret != 0 || refuse(parser, parser->line, error, "in is empty");
}

static gboolean value_class(Parser *parser, const char *value, guint *ret, GError **error)
{
    for (guint i = 0; i < parser->rules->classes->len; i++) {
        if (strcmp(g_array_index(parser->rules->classes, MacroClass, i).name, value) == 0) {
            *ret = i;
            return TRUE;
        }
    }
    return refuse(parser, parser->line, error, "class=%s: no [class %s] above", value, value);
}

/* --- Lines ----------------------------------------------------------------------- */

/* Checks a section when all of it has been read. */
static gboolean section_finish(Parser *parser, GError **error)
{
    if (parser->section == SECTION_SCORING && parser->rules->threshold == 0)
        return refuse(parser, parser->line, error, "[scoring] has no threshold");
    if (parser->section == SECTION_CLASS && last_class(parser)->most == 0)
        return refuse(parser, last_class(parser)->line, error, "class %s has no most",
                      last_class(parser)->name);
    if (parser->section == SECTION_RULE) {
        const MacroRule *rule = last_rule(parser);
        const char *missing = rule->class == G_MAXUINT ? "class"
                              : rule->weight == 0      ? "weight"
                              : rule->sources == 0     ? "in"
                              : rule->find == NULL     ? "find"
                                                       : NULL;

        if (missing != NULL)
            return refuse(parser, rule->line, error, "rule %s has no %s", rule->name, missing);
    }
    return TRUE;
}

static gboolean name_is_sound(Parser *parser, const char *name, GError **error)
{
    if (*name == '\0' || strlen(name) > 40 ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name))
        return refuse(parser, parser->line, error,
                      "a name has 1 to 40 letters of a to z, 0 to 9 and -");
    return TRUE;
}

static gboolean begin_class(Parser *parser, const char *name, GError **error)
{
    const MacroClass class = {.name = g_strdup(name), .line = parser->line};
    GArray *classes = parser->rules->classes;

    for (guint i = 0; i < classes->len; i++)
        if (strcmp(g_array_index(classes, MacroClass, i).name, name) == 0) {
            g_free(class.name);
            return refuse(parser, parser->line, error, "a second class named %s", name);
        }
    g_array_append_val(classes, class);
    parser->section = SECTION_CLASS;
    return classes->len <= MACRO_CLASSES_MAX ||
           refuse(parser, parser->line, error, "more than %d classes", MACRO_CLASSES_MAX);
}

static gboolean begin_rule(Parser *parser, const char *name, GError **error)
{
    const MacroRule rule = {.name = g_strdup(name), .class = G_MAXUINT, .line = parser->line};
    GArray *rules = parser->rules->rules;

    for (guint i = 0; i < rules->len; i++)
        if (strcmp(g_array_index(rules, MacroRule, i).name, name) == 0) {
            g_free(rule.name);
            return refuse(parser, parser->line, error, "a second rule named %s", name);
        }
    g_array_append_val(rules, rule);
    parser->section = SECTION_RULE;
    return rules->len <= MACRO_RULES_MAX ||
           refuse(parser, parser->line, error, "more than %d rules", MACRO_RULES_MAX);
}

static gboolean parse_section(Parser *parser, char *line, GError **error)
{
    gsize length = strlen(line);
    const char *name;

    if (!section_finish(parser, error))
        return FALSE;
    if (line[length - 1] != ']')
        return refuse(parser, parser->line, error, "a section ends with ]");
    line[length - 1] = '\0';
    g_hash_table_remove_all(parser->keys);
    if (strcmp(line, "[scoring") == 0) {
        if (parser->has_scoring)
            return refuse(parser, parser->line, error, "a second [scoring]");
        parser->section = SECTION_SCORING;
        parser->has_scoring = TRUE;
        return TRUE;
    }
    name = g_str_has_prefix(line, "[class ")  ? line + 7
           : g_str_has_prefix(line, "[rule ") ? line + 6
                                              : NULL;
    if (name == NULL)
        return refuse(parser, parser->line, error,
                      "unknown section %s]: [scoring], [class NAME] and [rule NAME] are known",
                      line);
    if (!name_is_sound(parser, name, error))
        return FALSE;
    return line[1] == 'c' ? begin_class(parser, name, error) : begin_rule(parser, name, error);
}

static gboolean parse_rule_key(Parser *parser, const char *key, const char *value, GError **error)
{
    MacroRule *rule = last_rule(parser);

    if (strcmp(key, "class") == 0)
        return value_class(parser, value, &rule->class, error);
    if (strcmp(key, "weight") == 0)
        return value_number(parser, key, value, &rule->weight, error);
    if (strcmp(key, "in") == 0)
        return value_sources(parser, value, &rule->sources, error);
    if (strcmp(key, "find") == 0)
        return value_phrases(parser, key, value, &rule->find, error);
    if (strcmp(key, "with") == 0)
        return value_phrases(parser, key, value, &rule->with, error);
    return refuse(parser, parser->line, error, "unknown key %s", key);
}

static gboolean parse_key(Parser *parser, char *line, GError **error)
{
    char *equals = strchr(line, '=');
    const char *key, *value;

    if (equals == NULL)
        return refuse(parser, parser->line, error, "neither a section, KEY=VALUE nor a # comment");
    *equals = '\0';
    key = g_strchomp(line);
    value = g_strchug(equals + 1);
    if (parser->section == SECTION_NONE)
        return refuse(parser, parser->line, error, "a key before the first section");
    if (!g_hash_table_add(parser->keys, g_strdup(key)))
        return refuse(parser, parser->line, error, "%s stands twice", key);
    if (parser->section == SECTION_SCORING && strcmp(key, "threshold") == 0)
        return value_number(parser, key, value, &parser->rules->threshold, error);
    if (parser->section == SECTION_CLASS && strcmp(key, "most") == 0)
        return value_number(parser, key, value, &last_class(parser)->most, error);
    if (parser->section == SECTION_RULE)
        return parse_rule_key(parser, key, value, error);
    return refuse(parser, parser->line, error, "unknown key %s", key);
}

static void class_clear(gpointer data)
{
    g_free(((MacroClass *)data)->name);
}

static void rule_clear(gpointer data)
{
    MacroRule *rule = data;

    g_free(rule->name);
    g_clear_pointer(&rule->find, g_ptr_array_unref);
    g_clear_pointer(&rule->with, g_ptr_array_unref);
}

static MacroRules *rules_new(const char *text, gsize length)
{
    MacroRules *rules = g_new0(MacroRules, 1);

    rules->classes = g_array_new(FALSE, FALSE, sizeof(MacroClass));
    rules->rules = g_array_new(FALSE, FALSE, sizeof(MacroRule));
    g_array_set_clear_func(rules->classes, class_clear);
    g_array_set_clear_func(rules->rules, rule_clear);
    rules->version = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text, length);
    return rules;
}

MacroRules *macro_rules_free(MacroRules *rules)
{
    if (rules == NULL)
        return NULL;
    g_array_unref(rules->classes);
    g_array_unref(rules->rules);
    g_free(rules->version);
    g_free(rules);
    return NULL;
}

MacroRules *macro_rules_parse(const char *name, const char *text, gsize length, GError **error)
{
    g_autoptr(MacroRules) rules = rules_new(text, length);
    g_autoptr(GHashTable) keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Parser parser = {.file = name, .rules = rules, .keys = keys};

    for (const char *p = text, *end = text + length; p < end;) {
        const char *newline = memchr(p, '\n', (gsize)(end - p));
        gsize size = (gsize)((newline != NULL ? newline : end) - p);
        g_autofree char *copy = g_strndup(p, size);
        char *line = g_strstrip(copy);
        gboolean ok = TRUE;

        parser.line++;
        if (!g_utf8_validate_len(p, size, NULL))
            ok = refuse(&parser, parser.line, error, "not UTF-8 text");
        else if (*line == '[')
            ok = parse_section(&parser, line, error);
        else if (*line != '\0' && *line != '#')
            ok = parse_key(&parser, line, error);
        if (!ok)
            return NULL;
        p += size + 1;
    }
    if (!section_finish(&parser, error))
        return NULL;
    if (!parser.has_scoring) {
        refuse(&parser, MAX(parser.line, 1), error, "there is no [scoring] with a threshold");
        return NULL;
    }
    return g_steal_pointer(&rules);
}

MacroRules *macro_rules_load(const char *path, GError **error)
{
    gsize length;
    g_autofree char *text = filter_file_load(path, MACRO_RULES_FILE_MAX, &length, error);

    return text ? macro_rules_parse(path, text, length, error) : NULL;
}
