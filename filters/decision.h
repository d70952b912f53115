/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decision.h - verdicts and actions: their names, and the table of default actions.
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

/* From the mildest to the hardest: of two actions for the same message the greater one counts. */
typedef enum {
    FILTER_ACTION_PASS,       /* written as it is, counted */
    FILTER_ACTION_CLEAN,      /* the same as strip where nothing can be removed from a content */
    FILTER_ACTION_STRIP,      /* replaced by a notice; the original goes to quarantine unless
                                 [quarantine] keep-all= is off */
    FILTER_ACTION_QUARANTINE, /* the original goes to quarantine in any case; the Active Message
                                 Filter decides what the reader sees */
    FILTER_ACTION_DROP,       /* the message never appears; the original as for strip */
    FILTER_ACTION_REFUSE, /* the store's caller gets an error, and the sender keeps the message */
    FILTER_ACTIONS,
    FILTER_ACTION_DEFER = FILTER_ACTIONS, /* only on record, not configurable: the original could
                                             not be stored, and the sender tries again */
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
/* Only those that can be configured. */
gboolean filter_action_parse(const char *text, FilterAction *ret);

/* FALSE with *ret_reason when the action makes no sense for the verdict, as to drop clean contents.
 * For the configuration and the rules. */
gboolean filter_action_is_allowed(FilterVerdict verdict, FilterAction action,
                                  const char **ret_reason);

/* The harder of two. */
FilterAction filter_action_harder(FilterAction a, FilterAction b);

#endif /* FILTERS_DECISION_H */
