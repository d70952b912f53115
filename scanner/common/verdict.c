/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict.c - names and order of verdicts, names of actions.
 *
 * Nothing here fails.
 */
#include "scanner/common/verdict.h"

/* Which is worse when one content has several. "Not scanned" is worse than "encrypted" and
 * "ambiguous", with which the rest was scanned. */
static const guint8 RANK[STOREHOOK_VERDICTS] = {
    [STOREHOOK_VERDICT_CLEAN] = 0,      [STOREHOOK_VERDICT_AMBIGUOUS] = 1,
    [STOREHOOK_VERDICT_ENCRYPTED] = 2,  [STOREHOOK_VERDICT_NOT_SCANNED] = 3,
    [STOREHOOK_VERDICT_BLOCKED] = 5,    [STOREHOOK_VERDICT_NOT_FULLY_SCANNED] = 4,
    [STOREHOOK_VERDICT_SUSPICIOUS] = 6, [STOREHOOK_VERDICT_INFECTED] = 7,
};

void verdict_set(Verdict *verdict, StorehookVerdictKind kind, const char *name)
{
    verdict->kind = kind;
    g_strlcpy(verdict->name, name ? name : "", sizeof(verdict->name));
    for (char *p = verdict->name; *p; p++)
        if ((guchar)*p < 0x20 || (guchar)*p > 0x7e || *p == '"' || *p == '=' || *p == '\\')
            *p = '_';
}

gboolean verdict_is_worse(StorehookVerdictKind other, StorehookVerdictKind than)
{
    return RANK[other] > RANK[than];
}

const char *verdict_kind_name(StorehookVerdictKind kind)
{
    return storehook_verdict_text(kind);
}

const char *verdict_action_name(StorehookAction action)
{
    static const char *const names[STOREHOOK_ACTIONS] = {
        [STOREHOOK_ACTION_PASS] = "pass",   [STOREHOOK_ACTION_REPLACE] = "replace",
        [STOREHOOK_ACTION_DROP] = "drop",   [STOREHOOK_ACTION_REFUSE] = "refuse",
        [STOREHOOK_ACTION_DEFER] = "defer",
    };

    return (guint)action < STOREHOOK_ACTIONS ? names[action] : "unknown";
}
