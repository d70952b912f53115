/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decision.c - names of verdicts and actions, and the default action of each verdict.
 *
 * Only parsing fails, by FALSE. The configuration takes its defaults from the table here, and a
 * test compares the man page with it.
 */
#include "filters/decision.h"

#include <string.h>

const FilterDefault filter_defaults[FILTER_VERDICTS] = {
    [FILTER_VERDICT_CLEAN] = {"clean", FILTER_ACTION_PASS},
    /* A signature may be wrong: the original can be released. */
    [FILTER_VERDICT_INFECTED] = {"infected", FILTER_ACTION_QUARANTINE},
    /* A rule is right by definition: the reader sees which one, and can ask the sender. */
    [FILTER_VERDICT_BLOCKED] = {"blocked", FILTER_ACTION_STRIP},
    /* A heuristic is wrong more often than a signature: the original can be released. */
    [FILTER_VERDICT_SUSPICIOUS] = {"suspicious", FILTER_ACTION_QUARANTINE},
    /* Most encrypted mail is honest, and nobody but its owner can look inside. */
    [FILTER_VERDICT_ENCRYPTED] = {"encrypted", FILTER_ACTION_PASS},
    /* Mail programs may read it in two ways, and each of them was scanned. */
    [FILTER_VERDICT_AMBIGUOUS] = {"ambiguous", FILTER_ACTION_PASS},
    /* What makes a scanner give up half-way is more often an attack than a document. */
    [FILTER_VERDICT_NOT_FULLY_SCANNED] = {"not-fully-scanned", FILTER_ACTION_QUARANTINE},
    /* A broken scanner must not stop mail: it is counted, and can be scanned later. */
    [FILTER_VERDICT_NOT_SCANNED] = {"not-scanned", FILTER_ACTION_PASS},
};

static const char *const ACTION_NAMES[FILTER_ACTIONS_ON_RECORD] = {
    "pass", "clean", "strip", "quarantine", "drop", "refuse", "defer"};

const char *filter_verdict_name(FilterVerdict verdict)
{
    g_assert((unsigned)verdict < FILTER_VERDICTS);
    return filter_defaults[verdict].key;
}

gboolean filter_verdict_parse(const char *text, FilterVerdict *ret)
{
    for (unsigned i = 0; i < FILTER_VERDICTS; i++) {
        if (strcmp(text, filter_defaults[i].key) == 0) {
            *ret = (FilterVerdict)i;
            return TRUE;
        }
    }
    return FALSE;
}

const char *filter_action_name(FilterAction action)
{
    g_assert((unsigned)action < FILTER_ACTIONS_ON_RECORD);
    return ACTION_NAMES[action];
}

gboolean filter_action_parse(const char *text, FilterAction *ret)
{
    for (unsigned i = 0; i < FILTER_ACTIONS; i++) {
        if (strcmp(text, ACTION_NAMES[i]) == 0) {
            *ret = (FilterAction)i;
            return TRUE;
        }
    }
    return FALSE;
}

gboolean filter_action_is_allowed(FilterVerdict verdict, FilterAction action,
                                  const char **ret_reason)
{
    const char *reason = NULL;

    if (verdict == FILTER_VERDICT_CLEAN && action != FILTER_ACTION_PASS)
        reason = "clean content can only pass";
    else if (action == FILTER_ACTION_CLEAN && verdict != FILTER_VERDICT_INFECTED &&
             verdict != FILTER_VERDICT_SUSPICIOUS)
        reason = "only infected or suspicious content has something that can be cleaned out";
    else if (verdict == FILTER_VERDICT_NOT_SCANNED && action == FILTER_ACTION_DROP)
        reason = "dropping what was never looked at loses good mail whenever the scanner is ill; "
                 "use pass or refuse";
    if (reason == NULL)
        return TRUE;
    if (ret_reason != NULL)
        *ret_reason = reason;
    return FALSE;
}

FilterAction filter_action_harder(FilterAction a, FilterAction b)
{
    return a > b ? a : b;
}
