/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge-rules.c - asks the rules about a part and about everything that lies inside of it.
 *
 * Each is judged by itself: a rule that lets an archive pass says nothing about its members. If
 * rules match several of them, the one with the hardest action counts.
 */
#include "scanner/judge/judge.h"

#include <string.h>

#include "scanner/mail/mail-names.h"

typedef struct {
    FilterMatch match;
    FilterAction action;
    guint number; /* of the member; 0: the part itself */
    gboolean is_found;
} Hit;

static void hit_take(const Judge *judge, Hit *hit, const FilterMatch *match, guint number)
{
    FilterAction action = match->action >= 0
                              ? (FilterAction)match->action
                              : (FilterAction)judge->config->actions[STOREHOOK_VERDICT_BLOCKED];

    if (hit->is_found && filter_action_harder(hit->action, action) == hit->action)
        return;
    *hit = (Hit){.match = *match, .action = action, .number = number, .is_found = TRUE};
}

/* FALSE: the bytes are needed. */
static gboolean match_part(Judge *judge, const JudgePart *part, const char *name, Verdict *verdict,
                           Hit *hit)
{
    FilterSubject subject = {.name = name,
                             .type = verdict->type_is_sure ? verdict->type : NULL,
                             .size = (goffset)verdict->size};
    FilterMatch match;

    if (!subject.type && filter_rules_need_type(judge->rules, &subject)) {
        if (!part->data)
            return FALSE;
        judge_tell_type(judge, part->data, part->size, part->digest, verdict);
        subject.type = verdict->type;
    }
    if (filter_rules_match(judge->rules, &subject, &match))
        hit_take(judge, hit, &match, 0);
    return TRUE;
}

/* For match_part() with each name of a part. */
typedef struct {
    Judge *judge;
    const JudgePart *part;
    Verdict *verdict;
    Hit *hit;
    gboolean is_answered; /* FALSE: the bytes are needed */
} Names;

static void on_name(const char *name, gpointer user_data)
{
    Names *names = user_data;

    if (names->is_answered && g_strcmp0(names->part->name, name) != 0)
        names->is_answered =
            match_part(names->judge, names->part, name, names->verdict, names->hit);
}

/* FALSE: the bytes are needed. *ret_all becomes FALSE when the part has more names than are looked
 * at. */
static gboolean match_names(Judge *judge, const JudgePart *part, Verdict *verdict, Hit *hit,
                            gboolean *ret_all)
{
    Names names = {judge, part, verdict, hit, TRUE};

    if (part->name)
        names.is_answered = match_part(judge, part, part->name, verdict, hit);
    if (part->header)
        *ret_all = mail_names_find(part->header, part->header_size, on_name, &names);
    *ret_all = *ret_all && !part->is_cut;
    return names.is_answered;
}

static void match_members(Judge *judge, const Members *members, Hit *hit)
{
    for (guint i = 1; i <= members_count(members); i++) {
        Member member = members_get(members, i);
        FilterSubject subject = member_subject(&member);
        FilterMatch match;

        if (filter_rules_match(judge->rules, &subject, &match) &&
            match.action != FILTER_ACTION_PASS)
            hit_take(judge, hit, &match, i);
    }
}

const char *judge_rule_reason(const Judge *judge, const Verdict *verdict)
{
    const guint count =
        verdict->kind == STOREHOOK_VERDICT_BLOCKED ? filter_rules_count(judge->rules) : 0;

    for (guint i = 0; i < count; i++) {
        const char *reason;
        Verdict blocked = {0}; /* it has the name as verdicts have it */

        verdict_set(&blocked, verdict->kind, filter_rules_name(judge->rules, i, &reason));
        if (strcmp(blocked.name, verdict->name) == 0)
            return reason;
    }
    return "";
}

gboolean judge_has_types(const Judge *judge, const Members *members)
{
    if (filter_rules_count(judge->rules) == 0)
        return TRUE;
    for (guint i = 1; i <= members_count(members); i++) {
        Member member = members_get(members, i);
        FilterSubject subject = member_subject(&member);

        if ((member.flags & MEMBER_SEEN) && !subject.type &&
            filter_rules_need_type(judge->rules, &subject))
            return FALSE;
    }
    return TRUE;
}

gboolean judge_rules(Judge *judge, const JudgePart *part, Verdict *verdict,
                     FilterAction *ret_action, gboolean *ret_need_data)
{
    gboolean has_all = TRUE;
    Hit hit = {0};

    *ret_need_data = FALSE;
    if (filter_rules_count(judge->rules) == 0)
        return FALSE;
    if (!match_names(judge, part, verdict, &hit, &has_all)) {
        *ret_need_data = TRUE;
        return FALSE;
    }
    /* There was no memory to find out the type: a rule on types has not been asked. */
    if (verdict->kind == STOREHOOK_VERDICT_NOT_SCANNED)
        *ret_action = (FilterAction)judge->config->actions[verdict->kind];
    match_members(judge, part->members, &hit);
    if (hit.is_found) {
        if (!verdict_is_worse(STOREHOOK_VERDICT_BLOCKED, verdict->kind))
            return FALSE;
        verdict_set(verdict, STOREHOOK_VERDICT_BLOCKED, hit.match.rule);
        if (part->members)
            members_set_culprit(part->members, hit.number);
        *ret_action = hit.action;
        return TRUE;
    }
    /* A rule might have matched what is not in the list. */
    if (has_all && (!members_is_cut(part->members) || !filter_rules_look_inside(judge->rules)))
        return FALSE;
    if (!verdict_is_worse(STOREHOOK_VERDICT_NOT_FULLY_SCANNED, verdict->kind))
        return FALSE;
    verdict_set(verdict, STOREHOOK_VERDICT_NOT_FULLY_SCANNED, has_all ? "members" : "file-names");
    *ret_action = (FilterAction)judge->config->actions[verdict->kind];
    return TRUE;
}
