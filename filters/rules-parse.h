/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rules-parse.h - a rule in memory; private to rules.c and rules-parse.c.
 */
#ifndef FILTERS_RULES_PARSE_H
#define FILTERS_RULES_PARSE_H

#include "filters/rules.h"

typedef enum {
    FILTER_INSIDE_ANY,
    FILTER_INSIDE_MESSAGE,
    FILTER_INSIDE_ARCHIVE,
    FILTER_INSIDE_DOCUMENT
} FilterInside;

typedef struct {
    char *name;
    char *reason;
    /* Patterns (char *), folded like names; NULL: no such condition. */
    GPtrArray *names;
    GPtrArray *extensions, *any_extensions;
    GPtrArray *types;
    goffset min_size, max_size; /* -1: none */
    int deceptive;              /* -1: no condition; 0: none; else any of these FileNameLie */
    FilterInside inside;
    int action; /* FilterAction; -1: the default */
    guint line; /* of its section */
} FilterRule;

struct FilterRules {
    GPtrArray *rules; /* FilterRule */
};

void filter_rule_free(FilterRule *rule);
FilterRules *filter_rules_new_take(GPtrArray *list);

#endif /* FILTERS_RULES_PARSE_H */
