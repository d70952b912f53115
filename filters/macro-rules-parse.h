/* SPDX-License-Identifier: GPL-2.0-or-later */
/* macro-rules-parse.h - macro rules in memory; private to macro-rules.c and macro-rules-parse.c. */
#ifndef FILTERS_MACRO_RULES_PARSE_H
#define FILTERS_MACRO_RULES_PARSE_H

#include "filters/macro-rules.h"

typedef struct {
    char *name;
    guint most; /* limit for the sum of its rules' weights */
    guint line; /* of its section */
} MacroClass;

typedef struct {
    char *name;
    guint class; /* index */
    guint weight;
    guint sources;          /* bits */
    GPtrArray *find, *with; /* phrases (char *); with: NULL without this condition */
    guint line;
} MacroRule;

struct MacroRules {
    guint threshold;
    GArray *classes; /* MacroClass */
    GArray *rules;   /* MacroRule */
    char *version;
};

#endif /* FILTERS_MACRO_RULES_PARSE_H */
