/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge.h - from a request to an answer: reads, scans, applies policy.
 *
 * Runs in a worker, single-threaded. A judgement never fails: what goes wrong is a verdict.
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

/* The name of a content on the deny list. */
#define JUDGE_DENIED "Storehook.Denied"

enum {
    JUDGE_REFERENCE_SIZE = 32
};

/* A scan whose answer may leave before its digest is made. */
typedef struct {
    gboolean is_open, is_kept; /* the verdict is to be remembered */
    gboolean is_by_sum;        /* it is, by this */
    guint8 sum[CONTENT_SUM_SIZE];
    guint64 mark;
    BoardClaim claim;
    VerdictKey key; /* but for its digest */
    Verdict verdict;
    GBytes *list; /* owned */
} JudgeLate;

/* What a worker has for judging. All borrowed. */
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
    struct Union *reading;         /* what the request in work has read; NULL: nothing */
    guint nesting;                 /* levels of encoding around what is scanned */
    gboolean list_asked;           /* during this scan: about something in the content */
    gboolean list_spoke;    /* during this scan: its verdict hangs on more than the content */
    const char *version;    /* of all a verdict hangs on, as in the cache's keys */
    const char *signatures; /* their version, for people */
    int channel;            /* to the supervisor */
    pid_t client;           /* who sent the request in work */
    guint64 end;            /* board_now() at which the request in work is over */
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
    gboolean may_remember; /* of a link: the client need not ask for its like again */
    Members *members; /* what lies inside of what was judged, with the culprit; NULL: nothing */
    guint8 seen[STOREHOOK_DIGEST_SIZE]; /* digest of what was judged, for the log */
    /* `seen` was not made of the bytes: it is what the store says, or zeros. */
    gboolean is_stated;
    guint8 token[STOREHOOK_TOKEN_SIZE];
    gboolean has_token;
    Content content; /* what is open until the answer has left; mostly nothing */
} Answer;

/* judge-answer.c */
void answer_clear(Answer *answer);
/* A new notice in place of what was judged. */
void answer_set_notice(Answer *answer);
/* What was judged, without what is bad in it (clean.h); name and header stay. FALSE: nothing was
 * taken out, and the name of the verdict says why. */
gboolean answer_set_cleaned(Answer *answer, Judge *judge);

/* judge-scan.c: the verdict on bytes, from the cache or by scanning. `digest` is that of the bytes.
 * TRUE when it came from the cache. */
gboolean judge_scan(Judge *judge, const void *data, gsize size, const guint8 *digest,
                    VerdictCacheKind kind, Verdict *verdict, Members **ret_members);
/* The same for the answer's content, whose digest is made. FALSE: it is on the allow list, and has
 * no verdict. */
gboolean judge_by_digest(Judge *judge, VerdictCacheKind kind, Answer *answer);
/* The same without its digest, for a content that is known by its sum (*ret_from_cache) or on which
 * nothing can be known. FALSE, and nothing is written: something may be known by its digest. What
 * is found by scanning is remembered by judge_keep_by_sum(), or with its digest by judge_finish()
 * when the answer has left. */
gboolean judge_scan_by_sum(Judge *judge, const Content *content, Verdict *verdict,
                           Members **ret_members, gboolean *ret_from_cache);
/* What is clean; FALSE when there is nothing such. */
gboolean judge_keep_by_sum(Judge *judge);
/* The same for a store's content, and the answer has a token for it. FALSE: something is wrong with
 * it, and it has its digest now. */
gboolean judge_settle(Judge *judge, Answer *answer);
/* When the answer has left. */
void judge_finish(Judge *judge, Answer *answer);
/* The same past the cache, and nothing is counted or remembered. `members` gets what lies inside.
 */
void judge_scan_now(Judge *judge, const void *data, gsize size, VerdictCacheKind kind,
                    Verdict *verdict, Members *members);
/* The cache alone. *ret_members (may be NULL) gets what lies inside, or NULL. */
gboolean judge_find(Judge *judge, const guint8 *digest, VerdictCacheKind kind, Verdict *verdict,
                    Members **ret_members);
/* By the token of an answer to a content. */
gboolean judge_find_token(Judge *judge, const guint8 *token, Verdict *verdict,
                          Members **ret_members);
Members *judge_members_new(const Judge *judge);
/* What is also denied is not. */
gboolean judge_is_allowed(const Judge *judge, const guint8 *digest);
/* Then the verdict on it is written. */
gboolean judge_is_denied(const Judge *judge, const guint8 *digest, Verdict *verdict);
/* Nothing is on either list. */
gboolean judge_lists_are_empty(const Judge *judge);
/* An EngineIgnores, with the Judge. */
gboolean judge_ignores(const char *name, gpointer judge);
DeepScan judge_deep_scan(Judge *judge);
/* Makes the type sure, and remembers it; digest is NULL when it is not known, or the bytes are not
 * a content of their own. */
void judge_tell_type(Judge *judge, const void *data, gsize size, const guint8 *digest,
                     Verdict *verdict);

/* A copy of a message in which what is bad is overwritten. */
typedef struct {
    const char *reference; /* that stands in the notices */
    char *bytes;           /* g_free(); NULL: nothing is bad, or what is bad could not be located */
} JudgeCopy;
/* judge-parts.c: a message by all readings of its structure. `copy` may be NULL. `worst` is made
 * worse, never better, by what scanning finds; the parts and what lies in them go to `members`, for
 * the rules. `is_plain`: the caller has asked mail_plain_check(), and it said so. */
void judge_parts(Judge *judge, const char *text, gsize size, gboolean is_plain, JudgeCopy *copy,
                 Members *members, Verdict *worst);
/* judge-union.c: what libclamav may not open in a content that it has scanned, by what the request
 * in work has read: between union_init() and union_clear(). */
void judge_inside(Judge *judge, const void *data, gsize size, Members *members, Verdict *worst);
/* The same for the member `number` of something; a DeepScan's `inside`, with the Judge. */
void judge_member(const void *data, gsize size, guint number, Members *members, Verdict *worst,
                  gpointer user_data);

/* The rule that blocks a part or something inside of it, as a verdict of its own. TRUE on a match,
 * with the culprit set in the members; *ret_need_data asks for the bytes, because the answer hangs
 * on the true type and that is not known. A list that is cut, where a rule looks inside, makes the
 * verdict not-fully-scanned. */
typedef struct {
    const char *name; /* NULL: no file, only what lies inside is looked at */
    const void *data; /* NULL: not at hand */
    gsize size;
    const guint8 *digest; /* NULL: the type is not remembered */
    Members *members;     /* NULL: nothing inside */
    const char *header;   /* its MIME header, which may give it other names; NULL: none */
    gsize header_size;
} JudgePart;
gboolean judge_rules(Judge *judge, const JudgePart *part, Verdict *verdict,
                     FilterAction *ret_action, gboolean *ret_need_data);

/* FALSE when a rule asks for the type of a member whose bytes were seen under other rules, which
 * did not. */
gboolean judge_has_types(const Judge *judge, const Members *members);

/* One function for each kind of request. */
void judge_content(Judge *judge, const StorehookMessage *request, Answer *answer);
void judge_link(Judge *judge, const StorehookMessage *request, Answer *answer);
void judge_text(Judge *judge, const StorehookMessage *request, Answer *answer);
void judge_message(Judge *judge, const StorehookMessage *request, Answer *answer);
void judge_only(Judge *judge, const StorehookMessage *request, Answer *answer);
/* The health check: scans, whatever the cache holds, and leaves no trace. */
void judge_probe(Judge *judge, const StorehookMessage *request, Answer *answer);
void judge_note(Judge *judge, const StorehookMessage *request);

#endif /* SCANNER_JUDGE_H */
