/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rules.h - the rule file: blocking by file name, extension, true type and size.
 *
 * The file is described in storehook-rules(5). A loaded set does not change and may be shared by
 * threads and across fork.
 */
#ifndef FILTERS_RULES_H
#define FILTERS_RULES_H

#include <glib.h>

#include "filters/decision.h"

/* Errors of the files an operator writes; the message has file, line and reason. */
#define FILTER_ERROR filter_error_quark()
GQuark filter_error_quark(void);
typedef enum {
    FILTER_ERROR_READ,   /* the file cannot be read */
    FILTER_ERROR_SYNTAX, /* not a key file, or an unknown section or key */
    FILTER_ERROR_VALUE   /* a value that cannot be meant */
} FilterError;

/* Reads such a file; NULL with FILTER_ERROR_READ, also when it has more than `most` bytes, or with
 * _SYNTAX when it begins with a byte order mark. */
char *filter_file_load(const char *path, gsize most, gsize *ret_length, GError **error);

/* Limits of a rule file, far beyond what an operator writes by hand. Each match tries all rules. */
#define FILTER_RULES_MAX 1000
#define FILTER_RULE_PATTERNS_MAX 1000
#define FILTER_RULES_FILE_MAX (1024 * 1024)

typedef struct {
    const char *name; /* as it came, raw or decoded; NULL: the part has none */
    const char *type; /* true MIME type; NULL: not known (type= rules do not match then) */
    goffset size;     /* decoded bytes; -1: not known (size rules do not match then) */
    const char
        *container; /* NULL for a part of the message itself; else where it is ("a.zip/b.zip") */
    gboolean is_document_part; /* a part of a document, named by the program that wrote it: only
                                  rules with inside=document or a type match it */
} FilterSubject;

typedef struct {
    const char *rule; /* its name; lives as long as the rules */
    int action;       /* FilterAction, or -1: what [actions] blocked= says */
} FilterMatch;

typedef struct FilterRules FilterRules;

/* NULL with FILTER_ERROR; what is unknown or beyond a limit is never ignored. */
FilterRules *filter_rules_load(const char *path, GError **error);
/* The same from memory; `name` stands for the file in messages. */
FilterRules *filter_rules_parse(const char *name, const char *text, gsize length, GError **error);
/* Rules that match nothing. */
FilterRules *filter_rules_new_empty(void);
FilterRules *filter_rules_free(FilterRules *rules); /* accepts and returns NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FilterRules, filter_rules_free)

guint filter_rules_count(const FilterRules *rules);
/* The name of a rule, `number` from 0 on, and in *ret_reason its reason=, or "". Both live as long
 * as the rules. */
const char *filter_rules_name(const FilterRules *rules, guint number, const char **ret_reason);

/* The first rule of the file that matches. *ret is written only on TRUE. */
gboolean filter_rules_match(const FilterRules *rules, const FilterSubject *subject,
                            FilterMatch *ret);
/* TRUE if the result for this subject, whose type is NULL, may depend on its true type: no earlier
 * rule matches, and one whose other conditions hold has a type. */
gboolean filter_rules_need_type(const FilterRules *rules, const FilterSubject *subject);
/* TRUE if a rule may match what lies inside archives or documents. */
gboolean filter_rules_look_inside(const FilterRules *rules);

#endif /* FILTERS_RULES_H */
