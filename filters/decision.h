/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decision.h - from a verdict to what is done about it: names, and the one table of defaults.
 */
#ifndef FILTERS_DECISION_H
#define FILTERS_DECISION_H

#include <glib.h>

/* In the order of StorehookVerdictKind in libstorehook/protocol.h; scanner/ asserts that. */
typedef enum {
    FILTER_VERDICT_CLEAN,
    FILTER_VERDICT_INFECTED,
    FILTER_VERDICT_BLOCKED,
    FILTER_VERDICT_SUSPICIOUS,
    FILTER_VERDICT_ENCRYPTED,
    FILTER_VERDICT_AMBIGUOUS,
    FILTER_VERDICT_NOT_FULLY_SCANNED,
    FILTER_VERDICT_NOT_SCANNED,
    FILTER_VERDICTS
} FilterVerdict;

/* From the mildest to the hardest: of two actions for the same message the greater one wins. */
typedef enum {
    FILTER_ACTION_PASS,       /* written as it is, counted */
    FILTER_ACTION_CLEAN,      /* where nothing can be taken out of a content: the same as strip */
    FILTER_ACTION_STRIP,      /* a notice stands in its place; the original is kept in quarantine
                                 unless [quarantine] keep-all= says no */
    FILTER_ACTION_QUARANTINE, /* the original is kept in any case; what the reader sees instead is
                                 for the Active Message Filter to say */
    FILTER_ACTION_DROP,       /* the message never appears; the original is kept as for strip */
    FILTER_ACTION_REFUSE,     /* the store's caller gets an error: the sender keeps it */
    FILTER_ACTIONS,
    FILTER_ACTION_DEFER = FILTER_ACTIONS, /* only on record, nobody can ask for it: the original
                                             could not be made safe, and the sender tries again */
} FilterAction;

enum {
    FILTER_ACTIONS_ON_RECORD = FILTER_ACTION_DEFER + 1
};

typedef struct {
    const char *key; /* in [actions], and the name of the verdict everywhere */
    FilterAction action;
} FilterDefault;

/* FILTER_VERDICTS entries, indexed by FilterVerdict. */
extern const FilterDefault filter_defaults[];

const char *filter_verdict_name(FilterVerdict verdict); /* "infected", "not-fully-scanned" */
gboolean filter_verdict_parse(const char *text, FilterVerdict *ret);
const char *filter_action_name(FilterAction action);
/* One that can be asked for. */
gboolean filter_action_parse(const char *text, FilterAction *ret);

/* FALSE, with *ret_reason, where an action makes no sense for a verdict (a clean content dropped,
 * say). For the configuration's and the rules' refusals. */
gboolean filter_action_is_allowed(FilterVerdict verdict, FilterAction action,
                                  const char **ret_reason);

/* The harder of two. */
FilterAction filter_action_harder(FilterAction a, FilterAction b);

#endif /* FILTERS_DECISION_H */
