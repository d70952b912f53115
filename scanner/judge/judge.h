/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge.h - from a request to its answer: reads the content, scans it, applies the policy.
 *
 * Runs in a worker, single-threaded. A judgement never fails: whatever goes wrong is a verdict.
 */
#ifndef SCANNER_JUDGE_H
#define SCANNER_JUDGE_H

#include "filters/rules.h"
#include "scanner/common/board.h"
#include "scanner/common/config.h"
#include "scanner/common/content-sum.h"
#include "scanner/common/verdict-cache.h"
#include "scanner/judge/request.h"
#include "scanner/records/allow-list.h"
#include "scanner/scan/deep-scan.h"
#include "scanner/scan/engine.h"
#include "scanner/scan/macro-trap.h"
#include "scanner/scan/members.h"
#include "scanner/type/file-type.h"

/* The name of the verdict on a content that is on the deny list. */
#define JUDGE_DENIED "Storehook.Denied"

enum {
    JUDGE_REFERENCE_SIZE = 32
};

/* A scan of a content whose digest was not computed before it: what judge_finish() needs to
 * remember the verdict when the answer has been sent. */
typedef struct {
    gboolean is_open, is_kept; /* the verdict is to be remembered */
    gboolean is_by_sum;        /* it is remembered already, under `sum` */
    guint8 sum[CONTENT_SUM_SIZE];
    guint64 mark;
    BoardClaim claim;
    VerdictKey key; /* without the digest */
    Verdict verdict;
    GBytes *list; /* owned */
} JudgeLate;

/* What a worker judges with. All borrowed. */
typedef struct {
    const ScannerConfig *config;
    const FilterRules *rules;
    Engine *engine;
    MacroTrap *macros;
    FileTyper *typer;
    VerdictCache *cache;
    ContentSum *sums;
    Board *board;
    BoardWorker *slot;
    guint slot_number;
    const AllowView *allow, *deny; /* NULL: no such list */
    struct Union *reading;         /* of the request being judged; NULL: none */
    guint nesting;                 /* levels of encoding around what is being scanned */
    gboolean lists_were_asked;     /* in this scan, about a part of the content */
    gboolean lists_decided;        /* in this scan: the verdict depends on the lists, too */
    const char *version;           /* of all that a verdict depends on, as in the cache's keys */
    const char *signatures;        /* version of the signatures, for people */
    int channel;                   /* to the supervisor */
    pid_t client;                  /* who sent the request being judged */
    guint64 end;                   /* the time (board_now()) at which this request is over */
    JudgeLate late;
} Judge;

typedef struct {
    StorehookAction action;
    Verdict verdict;
    gboolean flagged;
    gboolean need_data;
    char incident[JUDGE_REFERENCE_SIZE]; /* "" when none */
    GBytes *data;                        /* what to write instead, or NULL */
    guint8 digest[STOREHOOK_DIGEST_SIZE];
    gboolean has_digest;
    char *header; /* with header_size bytes, or NULL */
    gsize header_size;
    const char *name; /* static, or NULL */
    gboolean from_cache;
    gboolean may_remember; /* of a link: the client need not ask about an equal one */
    Members *members; /* what lies inside of what was judged, with the culprit; NULL: nothing */
    guint8 seen[STOREHOOK_DIGEST_SIZE]; /* digest of what was judged, for the log */
    /* `seen` was not computed from the bytes: it is what the store says, or zeros. */
    gboolean is_stated;
    guint8 token[STOREHOOK_TOKEN_SIZE];
    gboolean has_token;
    Content content; /* open until the answer has been sent */
} Answer;

/* judge-answer.c */
void answer_clear(Answer *answer);
/* A new notice in place of what was judged. */
void answer_set_notice(Answer *answer, const Judge *judge);
/* The content without what is bad in it (clean.h); its file name and header stay. FALSE: nothing
 * could be removed, and the name of the verdict says why. */
gboolean answer_set_cleaned(Answer *answer, Judge *judge);

/* judge-scan.c: the verdict on bytes, from the cache or by scanning. `digest` is that of the bytes.
 * TRUE when it came from the cache. */
gboolean judge_scan(Judge *judge, const void *data, gsize size, const guint8 *digest,
                    VerdictCacheKind kind, Verdict *verdict, Members **ret_members);
/* The same for the answer's content; computes its digest. FALSE: the content is on the allow list,
 * and was not scanned. */
gboolean judge_by_digest(Judge *judge, VerdictCacheKind kind, Answer *answer);
/* The verdict without the digest of the content: from the cache by its sum (*ret_from_cache), or by
 * scanning what was certainly never seen before. FALSE, with nothing written: the cache may have a
 * verdict under the digest. A new verdict is remembered by judge_keep_by_sum(), or under the digest
 * by judge_finish() once the answer has been sent. */
gboolean judge_scan_by_sum(Judge *judge, const Content *content, Verdict *verdict,
                           Members **ret_members, gboolean *ret_from_cache);
/* Remembers the new verdict under the sum. FALSE: there is none, or it is not clean. */
gboolean judge_keep_by_sum(Judge *judge);
/* The same for a content row, whose answer then carries a token. FALSE: the content is not clean,
 * and its digest has been computed. */
gboolean judge_settle(Judge *judge, Answer *answer);
/* To be called when the answer has been sent. */
void judge_finish(Judge *judge, Answer *answer);
/* Scans without asking the cache; nothing is counted or remembered. `members` gets what lies
 * inside. */
void judge_scan_now(Judge *judge, const void *data, gsize size, VerdictCacheKind kind,
                    Verdict *verdict, Members *members);
/* Asks the cache only. *ret_members (may be NULL) gets what lies inside, or NULL. */
gboolean judge_find(Judge *judge, const guint8 *digest, VerdictCacheKind kind, Verdict *verdict,
                    Members **ret_members);
/* The same by the token in the answer to a content row. */
gboolean judge_find_token(Judge *judge, const guint8 *token, Verdict *verdict,
                          Members **ret_members);
Members *judge_members_new(const Judge *judge);
/* A content that is on both lists is denied. */
gboolean judge_is_allowed(const Judge *judge, const guint8 *digest);
/* On TRUE the verdict is written. */
gboolean judge_is_denied(const Judge *judge, const guint8 *digest, Verdict *verdict);
/* TRUE: neither list has an entry. */
gboolean judge_lists_are_empty(const Judge *judge);
/* An EngineIgnores, with the Judge. */
gboolean judge_ignores(const char *name, gpointer judge);
DeepScan judge_deep_scan(Judge *judge);
/* Before the answer's content is read once more: should the worker die of that, it is to blame, as
 * when it is scanned. */
void judge_blame(Judge *judge, const Answer *answer, VerdictCacheKind kind);
/* Finds out the true type and remembers it. digest: NULL when it is not known, or the bytes are not
 * a content of their own. */
void judge_tell_type(Judge *judge, const void *data, gsize size, const guint8 *digest,
                     Verdict *verdict);

/* A copy of a message in which every bad part is overwritten by a notice. */
typedef struct {
    const char *reference; /* of the incident, for the notices */
    char *bytes;           /* g_free(); NULL: nothing is bad, or it could not be located */
} JudgeCopy;
/* judge-parts.c: a message, by all readings of its structure. `copy` may be NULL. What is found
 * makes `worst` worse, never better; the parts and what lies inside of them are added to `members`,
 * for the rules. `is_plain`: mail_plain_check() has said so. */
void judge_parts(Judge *judge, const char *text, gsize size, gboolean is_plain, JudgeCopy *copy,
                 Members *members, Verdict *worst);
/* judge-union.c: reads what libclamav may not open in a content that it has scanned. Between
 * union_init() and union_clear(), whose memory of this request is used. */
void judge_inside(Judge *judge, const void *data, gsize size, Members *members, Verdict *worst);
/* The same for the member `number` of an archive or document; a DeepScan's `inside`, with the
 * Judge. */
void judge_member(const void *data, gsize size, guint number, Members *members, Verdict *worst,
                  gpointer user_data);

/* judge-rules.c: asks the rules about a part and all that lies inside of it. TRUE: one blocks it,
 * which is the verdict now, and the culprit is set in the members. *ret_need_data: the answer
 * depends on the true type, which is not known without the bytes. Where a rule looks inside and the
 * list of members was cut, the verdict becomes not-fully-scanned. */
typedef struct {
    const char *name; /* NULL: no file; only the members are looked at */
    const void *data; /* NULL: not at hand */
    gsize size;
    const guint8 *digest; /* NULL: the type is not remembered */
    Members *members;     /* NULL: nothing inside */
    const char *header;   /* MIME header, which may have more names; NULL: none */
    gsize header_size;
    gboolean is_cut; /* name or header was too long for the request: there may be other names */
} JudgePart;
gboolean judge_rules(Judge *judge, const JudgePart *part, Verdict *verdict,
                     FilterAction *ret_action, gboolean *ret_need_data);

/* The reason= of the rule by which something is blocked, or "". */
const char *judge_rule_reason(const Judge *judge, const Verdict *verdict);

/* FALSE when a rule asks for the type of a member and nobody looked for it while its bytes were
 * here: the rules of that time did not ask. */
gboolean judge_has_types(const Judge *judge, const Members *members);

/* One function for each kind of request: judge-content.c, judge-link.c, judge-text.c,
 * judge-message.c. */
void judge_content(Judge *judge, const StorehookMessage *request, Answer *answer);
void judge_link(Judge *judge, const StorehookMessage *request, Answer *answer);
void judge_text(Judge *judge, const StorehookMessage *request, Answer *answer);
void judge_message(Judge *judge, const StorehookMessage *request, Answer *answer);
void judge_question(Judge *judge, const StorehookMessage *request, Answer *answer);
/* The health check: scans whatever the cache says, and leaves no trace. */
void judge_probe(Judge *judge, const StorehookMessage *request, Answer *answer);
void judge_note(Judge *judge, const StorehookMessage *request);

#endif /* SCANNER_JUDGE_H */
