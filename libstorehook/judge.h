/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * judge.h - asks about a row before it is written, or a message before it is committed, and does
 * what the answer says.
 */
#ifndef LIBSTOREHOOK_JUDGE_H
#define LIBSTOREHOOK_JUDGE_H

#include "libstorehook/request.h"
#include "libstorehook/rows.h"

typedef enum {
    DECISION_WRITE,  /* go on to the original */
    DECISION_SKIP,   /* say success and write nothing */
    DECISION_REFUSE, /* JET_errPermissionDenied */
    DECISION_DEFER   /* JET_errInstanceUnavailable */
} Decision;

typedef struct {
    RowPlace place; /* the host's cursor, its prepared row */
    Session *session;
    int64_t *budget_us;
    TrackedRow *row; /* what is learnt of the row; added to the session when it was written */
    bool replaces;   /* an old row, of which only what changed is judged */
    bool unchanged;  /* nothing did: the row need not be remembered */
} Judgement;

Decision judge_content(Judgement *judgement);
Decision judge_text(Judgement *judgement);
Decision judge_link(Judgement *judgement);
/* A content was judged: links of this transaction that it came after, or that name what is a notice
 * now. */
Decision judge_links_again(Judgement *judgement);
/* The original did not take the row: sets the columns back to what the host had there. */
void judge_restore(const Judgement *judgement);

/* Sender, recipients and subject, to the row's fields; `has_envelope` tells whether all could be
 * read. */
void judge_read_envelope(const RowPlace *place, TrackedRow *row);

/* Before the commit of level 1: messages with a flagged part. */
Decision judge_commit(Session *session, JET_SESID sesid);
/* A flagged row that is written outside any transaction. */
Decision judge_alone(Judgement *judgement);

/* Shared by the above. */
/* What gets no verdict is to wait. */
bool judge_defers(void);
/* No verdict: the row passes and is counted, or is deferred where the environment says so. */
Decision judge_unscanned(TrackedRow *row, int reason);
/* Whether to ask at all; else *ret is the decision. */
bool judge_may_ask(TrackedRow *row, Decision *ret);
/* Waits until few enough others ask (turn.h), before anything takes a descriptor. */
bool judge_take_turn(const Judgement *judgement, Decision *ret);
/* Keeps the answer in the row and does what it says; `replace` where that is to replace. */
typedef Decision JudgeReplace(Judgement *judgement, const Answer *answer);
Decision judge_obey(Judgement *judgement, const Answer *answer, JudgeReplace *replace);
/* The standing row of this transaction that holds (or held) the content with the digest of `like`.
 */
TrackedRow *judge_find_content(const Session *session, const TrackedRow *like);
bool judge_is_same_store(const TrackedRow *a, const TrackedRow *b);
JET_ERR judge_error(Decision decision);

#endif /* LIBSTOREHOOK_JUDGE_H */
