/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rules.c - keeps and matches the rules; rules-parse.c reads them.
 *
 * Matching cannot fail. Rules are tried in the order of the file and the first that matches
 * decides, so an exception is a rule with action=pass before the general one. All conditions of a
 * rule must hold; for a condition one of its patterns is enough.
 */
#include "filters/rules.h"

#include "filters/file-name.h"
#include "filters/glob.h"
#include "filters/rules-parse.h"

#include <string.h>

G_DEFINE_QUARK(storehook_filter_error, filter_error)

/* A subject with what several rules need, computed once. */
typedef struct {
    const FilterSubject *subject;
    const char *name;  /* normalised; NULL: none */
    char **extensions; /* last first */
    char *type;        /* lower case, without parameters */
    guint lies;        /* FileNameLie */
} Prepared;

/* name: one reading of the subject's name; NULL: it has no name. */
static void prepare(Prepared *prepared, const FilterSubject *subject, const char *name)
{
    memset(prepared, 0, sizeof *prepared);
    prepared->subject = subject;
    if (name != NULL) {
        prepared->name = name;
        prepared->extensions = file_name_extensions(name);
        prepared->lies = file_name_lies(subject->name, -1);
    }
    if (subject->type != NULL && *subject->type != '\0') {
        g_autofree char *valid = g_utf8_make_valid(subject->type, -1);
        valid[strcspn(valid, "; ")] = '\0';
        prepared->type = g_ascii_strdown(valid, -1);
    }
}

/* The readings of the subject's name. Without a name the first one is NULL. */
static char **subject_readings(const FilterSubject *subject)
{
    if (subject->name == NULL || *subject->name == '\0')
        return g_new0(char *, 1);
    return file_name_readings(subject->name, -1);
}

static void prepared_clear(Prepared *prepared)
{
    g_strfreev(prepared->extensions);
    g_free(prepared->type);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Prepared, prepared_clear)

static gboolean any_matches(const GPtrArray *patterns, const char *text)
{
    for (guint i = 0; i < patterns->len; i++) {
        if (glob_matches(patterns->pdata[i], text))
            return TRUE;
    }
    return FALSE;
}

static gboolean extensions_match(const FilterRule *rule, const Prepared *prepared)
{
    char **extensions = prepared->extensions;

    if (extensions == NULL || extensions[0] == NULL)
        return FALSE;
    if (rule->extensions != NULL && any_matches(rule->extensions, extensions[0]))
        return TRUE;
    for (; rule->any_extensions != NULL && *extensions != NULL; extensions++) {
        if (any_matches(rule->any_extensions, *extensions))
            return TRUE;
    }
    return FALSE;
}

/* `application/x-dosexec+xll` is also an `application/x-dosexec`. */
static gboolean type_holds(const FilterRule *rule, const Prepared *prepared)
{
    static const char program[] = "application/x-dosexec";

    if (rule->types == NULL)
        return TRUE;
    if (prepared->type == NULL)
        return FALSE;
    return any_matches(rule->types, prepared->type) ||
           (g_str_has_prefix(prepared->type, program) && prepared->type[strlen(program)] == '+' &&
            any_matches(rule->types, program));
}

/* All conditions but the true type. */
static gboolean others_hold(const FilterRule *rule, const Prepared *prepared)
{
    const FilterSubject *subject = prepared->subject;

    if (rule->names != NULL &&
        (prepared->name == NULL || !any_matches(rule->names, prepared->name)))
        return FALSE;
    if ((rule->extensions != NULL || rule->any_extensions != NULL) &&
        !extensions_match(rule, prepared))
        return FALSE;
    if (rule->deceptive == 0 && prepared->lies != 0)
        return FALSE;
    if (rule->deceptive > 0 && (prepared->lies & (guint)rule->deceptive) == 0)
        return FALSE;
    if (rule->inside == FILTER_INSIDE_MESSAGE && subject->container != NULL)
        return FALSE;
    if (rule->inside == FILTER_INSIDE_ARCHIVE &&
        (subject->container == NULL || subject->is_document_part))
        return FALSE;
    if (rule->inside == FILTER_INSIDE_DOCUMENT && !subject->is_document_part)
        return FALSE;
    /* Nobody opens a part of a document by its name: extension=xml is not meant for every docx. */
    if (rule->inside == FILTER_INSIDE_ANY && subject->is_document_part && rule->types == NULL)
        return FALSE;
    if (rule->min_size >= 0 && (subject->size < 0 || subject->size < rule->min_size))
        return FALSE;
    if (rule->max_size >= 0 && (subject->size < 0 || subject->size > rule->max_size))
        return FALSE;
    return TRUE;
}

static gboolean match_reading(const FilterRules *rules, const FilterSubject *subject,
                              const char *name, FilterMatch *ret)
{
    g_auto(Prepared) prepared;

    prepare(&prepared, subject, name);
    for (guint i = 0; i < rules->rules->len; i++) {
        const FilterRule *rule = rules->rules->pdata[i];

        if (!type_holds(rule, &prepared) || !others_hold(rule, &prepared))
            continue;
        *ret = (FilterMatch){
            .rule = rule->name,
            .action = rule->action,
        };
        return TRUE;
    }
    return FALSE;
}

/* Another reading of a name never makes the action milder. */
static gboolean is_harder(const FilterMatch *other, const FilterMatch *first)
{
    if (other->action == FILTER_ACTION_PASS)
        return FALSE;
    return first == NULL || first->action == FILTER_ACTION_PASS ||
           (first->action > FILTER_ACTION_PASS && other->action > first->action);
}

gboolean filter_rules_match(const FilterRules *rules, const FilterSubject *subject,
                            FilterMatch *ret)
{
    g_auto(GStrv) readings = subject_readings(subject);
    gboolean is_found = match_reading(rules, subject, readings[0], ret);

    for (guint i = 1; readings[0] != NULL && readings[i] != NULL; i++) {
        FilterMatch other;

        if (!match_reading(rules, subject, readings[i], &other) ||
            !is_harder(&other, is_found ? ret : NULL))
            continue;
        *ret = other;
        is_found = TRUE;
    }
    return is_found;
}

static gboolean reading_needs_type(const FilterRules *rules, const FilterSubject *subject,
                                   const char *name)
{
    g_auto(Prepared) prepared;

    prepare(&prepared, subject, name);
    for (guint i = 0; i < rules->rules->len; i++) {
        const FilterRule *rule = rules->rules->pdata[i];

        if (others_hold(rule, &prepared))
            return rule->types != NULL;
    }
    return FALSE;
}

gboolean filter_rules_need_type(const FilterRules *rules, const FilterSubject *subject)
{
    g_auto(GStrv) readings = subject_readings(subject);
    gboolean needs = reading_needs_type(rules, subject, readings[0]);

    for (guint i = 1; !needs && readings[0] != NULL && readings[i] != NULL; i++)
        needs = reading_needs_type(rules, subject, readings[i]);
    return needs;
}

gboolean filter_rules_look_inside(const FilterRules *rules)
{
    for (guint i = 0; i < rules->rules->len; i++)
        if (((const FilterRule *)rules->rules->pdata[i])->inside != FILTER_INSIDE_MESSAGE)
            return TRUE;
    return FALSE;
}

void filter_rule_free(FilterRule *rule)
{
    if (rule == NULL)
        return;
    g_free(rule->name);
    g_free(rule->reason);
    g_clear_pointer(&rule->names, g_ptr_array_unref);
    g_clear_pointer(&rule->extensions, g_ptr_array_unref);
    g_clear_pointer(&rule->any_extensions, g_ptr_array_unref);
    g_clear_pointer(&rule->types, g_ptr_array_unref);
    g_free(rule);
}

FilterRules *filter_rules_new_take(GPtrArray *list)
{
    FilterRules *rules = g_new(FilterRules, 1);

    rules->rules = list;
    return rules;
}

FilterRules *filter_rules_new_empty(void)
{
    return filter_rules_new_take(g_ptr_array_new());
}

FilterRules *filter_rules_free(FilterRules *rules)
{
    if (rules == NULL)
        return NULL;
    g_ptr_array_unref(rules->rules);
    g_free(rules);
    return NULL;
}

guint filter_rules_count(const FilterRules *rules)
{
    return rules->rules->len;
}

const char *filter_rules_name(const FilterRules *rules, guint number, const char **ret_reason)
{
    const FilterRule *rule = rules->rules->pdata[number];

    *ret_reason = rule->reason != NULL ? rule->reason : "";
    return rule->name;
}
