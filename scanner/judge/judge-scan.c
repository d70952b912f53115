/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge-scan.c - one scan for each content: asks the cache, waits for a worker that scans the same
 * bytes right now, or scans.
 *
 * The digest (SHA-256) is computed first where a verdict in the cache or an entry of a list may be
 * found by it. For a content that was certainly never seen before it is computed when the answer
 * has been sent, and the verdict is remembered then. A clean content that was quick to scan for its
 * size is remembered under its sum (content-sum.h) and gets no digest at all.
 *
 * Nothing here fails; see verdict.h. A scan that ends as "not scanned" is never remembered, so that
 * the next request with this content tries again.
 */
#include "scanner/judge/judge.h"

#include <string.h>
#include <time.h>

#include "scanner/common/condemned.h"
#include "scanner/common/digest.h"
#include "scanner/judge/judge-union.h"
#include "scanner/mail/mail-plain.h"
#include "scanner/scan/deep-scan.h"
#include "scanner/scan/memory-watch.h"
#include "scanner/scan/test-hook.h"

#define MEMORY_LIMIT "memory"

enum {
    TWIN_NAP_MICROSECONDS = 200, /* a small scan takes 30 to 600 */
    DENY_FACTOR = 31,            /* odd, and not 1: an entry on the other list is another state */
    LATE_MIN = 4096,     /* bytes; for less, to delay the digest costs as much as the digest */
    DIGEST_SPEED = 1400, /* bytes in a microsecond, with the processor's SHA instructions */
    DIGEST_SHARE = 100   /* a digest that nobody asked for may cost 1/100 of the scan */
};

gboolean judge_is_allowed(const Judge *judge, const guint8 *digest)
{
    Verdict verdict;

    return judge->allow && allow_view_contains(judge->allow, digest, time(NULL)) &&
           !judge_is_denied(judge, digest, &verdict);
}

gboolean judge_is_denied(const Judge *judge, const guint8 *digest, Verdict *verdict)
{
    if (!judge->deny || !allow_view_contains(judge->deny, digest, time(NULL)))
        return FALSE;
    verdict_set(verdict, STOREHOOK_VERDICT_INFECTED, JUDGE_DENIED);
    return TRUE;
}

static gboolean name_is_on(const AllowView *list, const char *name)
{
    guint8 digest[STOREHOOK_DIGEST_SIZE];

    if (!list || allow_view_state(list) == 0 || name[0] == '\0')
        return FALSE;
    allow_list_name_digest(name, digest);
    return allow_view_contains(list, digest, time(NULL));
}

gboolean judge_ignores(const char *name, gpointer user)
{
    Judge *judge = user;

    /* A limit is no signature: what lies behind it has not been looked at. */
    if (g_str_has_prefix(name, "Heuristics.Limits.") || !name_is_on(judge->allow, name) ||
        name_is_on(judge->deny, name))
        return FALSE;
    judge->lists_decided = TRUE;
    return TRUE;
}

static gboolean verdict_has_signature(const Verdict *verdict)
{
    return verdict->kind == STOREHOOK_VERDICT_INFECTED ||
           verdict->kind == STOREHOOK_VERDICT_SUSPICIOUS ||
           verdict->kind == STOREHOOK_VERDICT_ENCRYPTED;
}

/* A finding whose name is on the deny list counts as infected, whatever it was before. */
static void apply_denied_name(Judge *judge, Verdict *verdict)
{
    if (!verdict_has_signature(verdict) || !name_is_on(judge->deny, verdict->name))
        return;
    verdict->kind = STOREHOOK_VERDICT_INFECTED;
    judge->lists_decided = TRUE;
}

static void on_scanned(Verdict *verdict, gpointer user_data)
{
    apply_denied_name(user_data, verdict);
}

DeepScan judge_deep_scan(Judge *judge)
{
    return (DeepScan){.config = judge->config,
                      .engine = judge->engine,
                      .rules = judge->rules,
                      .typer = judge->typer,
                      .macros = judge->macros,
                      .end = judge->end,
                      .scanned = on_scanned,
                      .inside = judge_member,
                      .user_data = judge};
}

/* has_parts: a part of the content was looked up in the lists, so the verdict is good only while
 * they do not change. */
static void make_key(const Judge *judge, const guint8 *digest, VerdictCacheKind kind,
                     gboolean has_parts, VerdictKey *key)
{
    verdict_key_init(key, digest, judge->version, kind);
    if (!has_parts)
        return;
    key->lists = (judge->allow ? allow_view_state(judge->allow) : 0) +
                 (judge->deny ? allow_view_state(judge->deny) * DENY_FACTOR : 0);
    key->lists = MAX(key->lists + 1, 1); /* 0: depends on no list */
}

Members *judge_members_new(const Judge *judge)
{
    return members_new(judge->config->members, judge->config->members_size);
}

/* digest: or a padded sum, where `kind` says so. */
static gboolean find(Judge *judge, const guint8 *digest, VerdictCacheKind kind, Verdict *verdict,
                     Members **ret_members)
{
    g_autoptr(Members) members = NULL;
    g_autoptr(GBytes) list = NULL;
    VerdictKey plain, with_parts;
    Verdict found;

    make_key(judge, digest, kind, FALSE, &plain);
    make_key(judge, digest, kind, TRUE, &with_parts);
    if (!verdict_cache_find(judge->cache, &plain, &found, &list) &&
        !verdict_cache_find(judge->cache, &with_parts, &found, &list))
        return FALSE;
    /* This finding is ignored now: scan again, for what else there is. */
    if (verdict_has_signature(&found) && judge_ignores(found.name, judge))
        return FALSE;
    if (list) {
        members = members_load(g_bytes_get_data(list, NULL), g_bytes_get_size(list));
        /* From a damaged file, or made when other rules asked: scan again. */
        if (!members || !judge_has_types(judge, members))
            return FALSE;
    }
    *verdict = found;
    apply_denied_name(judge, verdict);
    if (ret_members) {
        members_free(*ret_members);
        *ret_members = g_steal_pointer(&members);
    }
    return TRUE;
}

gboolean judge_find(Judge *judge, const guint8 *digest, VerdictCacheKind kind, Verdict *verdict,
                    Members **ret_members)
{
    return judge_is_denied(judge, digest, verdict) ||
           find(judge, digest, kind, verdict, ret_members);
}

/* --- Sums ------------------------------------------------------------------------- */

static VerdictCacheKind kind_by_sum(VerdictCacheKind kind)
{
    return (VerdictCacheKind)(VERDICT_CACHE_SUMS + kind);
}

static void fill_up(const guint8 *sum, guint8 ret[STOREHOOK_DIGEST_SIZE])
{
    memset(ret, 0, STOREHOOK_DIGEST_SIZE);
    memcpy(ret, sum, CONTENT_SUM_SIZE);
}

static gboolean find_sum(Judge *judge, const guint8 *sum, Verdict *verdict, Members **ret_members)
{
    guint8 digest[STOREHOOK_DIGEST_SIZE];

    fill_up(sum, digest);
    return find(judge, digest, kind_by_sum(VERDICT_CACHE_CONTENT), verdict, ret_members);
}

gboolean judge_find_token(Judge *judge, const guint8 *token, Verdict *verdict,
                          Members **ret_members)
{
    guint8 sum[CONTENT_SUM_SIZE];

    return content_sum_from_token(judge->sums, token, sum) &&
           find_sum(judge, sum, verdict, ret_members);
}

/* Copies what the cache has under the sum of a content to its digest. */
static void teach_digest(Judge *judge, const guint8 *sum, const guint8 *digest)
{
    guint8 filled[STOREHOOK_DIGEST_SIZE];

    fill_up(sum, filled);
    for (guint i = 0; i < 2; i++) {
        g_autoptr(GBytes) list = NULL;
        Verdict verdict;
        VerdictKey key;

        make_key(judge, filled, kind_by_sum(VERDICT_CACHE_CONTENT), i == 1, &key);
        if (!verdict_cache_find(judge->cache, &key, &verdict, &list))
            continue;
        make_key(judge, digest, VERDICT_CACHE_CONTENT, i == 1, &key);
        verdict_cache_add(judge->cache, &key, &verdict, list, TRUE);
        return;
    }
}

static guint64 mark_of(const guint8 *sum, VerdictCacheKind kind)
{
    guint64 mark;

    memcpy(&mark, sum, sizeof(mark));
    return mark ^ (guint64)kind << 8;
}

/* --- Scanning --------------------------------------------------------------------- */

static gboolean is_worth_remembering(const Judge *judge, const Verdict *verdict)
{
    if (judge->lists_decided || verdict->kind == STOREHOOK_VERDICT_NOT_SCANNED)
        return FALSE;
    /* To run out of time is no property of a content: on an idle machine it may be scanned in full.
     * The same goes for memory in a worker that has served for long. */
    return verdict->kind != STOREHOOK_VERDICT_NOT_FULLY_SCANNED ||
           (!strcasestr(verdict->name, "time") && strcmp(verdict->name, MEMORY_LIMIT) != 0);
}

/* While another worker scans the same bytes, its verdict will come sooner than ours. TRUE when it
 * came; else *ret_claim says whether the content is ours to scan. sum: NULL where the cache cannot
 * have a verdict under it. */
static gboolean wait_for_twin(Judge *judge, const guint8 *digest, const guint8 *sum,
                              VerdictCacheKind kind, guint64 mark, BoardClaim *ret_claim,
                              Verdict *verdict, Members **ret_members)
{
    const struct timespec nap = {.tv_nsec = TWIN_NAP_MICROSECONDS * 1000};

    for (;;) {
        *ret_claim = board_claim(judge->board, judge->slot_number, mark);
        /* After the claim: a worker that had it before may have finished in between. */
        if (sum)
            teach_digest(judge, sum, digest);
        if (judge_find(judge, digest, kind, verdict, ret_members))
            return TRUE;
        if (*ret_claim != BOARD_TWIN || board_now() >= judge->end)
            return FALSE;
        nanosleep(&nap, NULL);
    }
}

/* Libraries do not report every allocation that failed (memory-watch.h), so a scan in which one
 * failed is not complete. Beyond the limit of a worker that is like any other limit; where the
 * machine itself has no memory the content was not scanned. */
static void doubt_for_memory(const MemoryWatch *before, Verdict *verdict)
{
    const MemoryWatch now = memory_watch_now();
    StorehookVerdictKind kind = now.limited != before->limited ? STOREHOOK_VERDICT_NOT_FULLY_SCANNED
                                                               : STOREHOOK_VERDICT_NOT_SCANNED;

    if (now.failures != before->failures && verdict_is_worse(kind, verdict->kind))
        verdict_set(verdict, kind,
                    now.limited != before->limited ? MEMORY_LIMIT : "memory: an allocation failed");
}

/* libclamav scans the message as a whole, then each part that our own readings find. */
static void scan_message(Judge *judge, const void *data, gsize size, const DeepScan *scan,
                         Verdict *verdict, Members *members)
{
    g_autoptr(Members) as_one = judge_members_new(judge);
    gboolean is_plain = mail_plain_check(data, size);
    Verdict inside = {0};

    deep_scan(scan, data, size, is_plain ? DEEP_SCAN_PLAIN_MAIL : DEEP_SCAN_MAIL, as_one, 0,
              verdict);
    if (verdict->kind == STOREHOOK_VERDICT_INFECTED) {
        members_append(members, 0, as_one);
        return;
    }
    judge_parts(judge, data, size, is_plain, NULL, members, &inside);
    if (verdict_is_worse(inside.kind, verdict->kind))
        verdict_set(verdict, inside.kind, inside.name);
}

void judge_scan_now(Judge *judge, const void *data, gsize size, VerdictCacheKind kind,
                    Verdict *verdict, Members *members)
{
    const DeepScan scan = judge_deep_scan(judge);
    Verdict inside = {0};
    Union all;

    if (kind == VERDICT_CACHE_MESSAGE) {
        scan_message(judge, data, size, &scan, verdict, members);
        return;
    }
    union_init(&all, judge, data, size, members);
    deep_scan(&scan, data, size, DEEP_SCAN_NO_MAIL, members, 0, verdict);
    if (verdict->kind != STOREHOOK_VERDICT_INFECTED)
        judge_inside(judge, data, size, members, &inside);
    union_clear(&all);
    if (verdict_is_worse(inside.kind, verdict->kind))
        verdict_set(verdict, inside.kind, inside.name);
}

/* Goes on the board, in case the worker dies of this content before the request is answered. Of
 * what is read for one request the first counts: what was made of it is there because of it. */
static void set_blame(Judge *judge, const VerdictKey *blame)
{
    guint8 digest[STOREHOOK_DIGEST_SIZE];

    if (board_content(judge->slot, digest) == 0)
        board_set_content(judge->slot, blame->digest, blame->kind + 1);
}

/* `blame` has the digest or a sketch (condemned.h). Returns the key for the verdict, with the
 * digest of `blame`. */
static VerdictKey scan_new(Judge *judge, const void *data, gsize size, VerdictCacheKind kind,
                           const VerdictKey *blame, Verdict *verdict, Members **ret_members)
{
    VerdictKey plain, with_parts;
    MemoryWatch before;
    guint64 begin;

    members_free(*ret_members);
    *ret_members = judge_members_new(judge);
    *verdict = (Verdict){.size = size};
    set_blame(judge, blame);
    file_type_guess(data, size, verdict);
    /* Before the scan: if the lists change meanwhile, the verdict is not valid for the new ones. */
    make_key(judge, blame->digest, kind, FALSE, &plain);
    make_key(judge, blame->digest, kind, TRUE, &with_parts);
    judge->lists_were_asked = judge->lists_decided = FALSE;
    begin = board_now();
    before = memory_watch_now();
    if (!judge->config->test_hooks || !test_hook_run(judge->config, data, size, verdict)) {
        board_count(&judge->board->counts.scans);
        atomic_fetch_add(&judge->board->counts.bytes_scanned, size);
        judge_scan_now(judge, data, size, kind, verdict, *ret_members);
    }
    doubt_for_memory(&before, verdict);
    verdict->cost = board_now() - begin;
    return judge->lists_were_asked ? with_parts : plain;
}

void judge_blame(Judge *judge, const Answer *answer, VerdictCacheKind kind)
{
    Verdict verdict = answer->verdict;

    board_set_content(judge->slot, answer->seen, kind + 1);
    if (judge->config->test_hooks)
        (void)test_hook_run(judge->config, answer->content.bytes, answer->content.size, &verdict);
}

gboolean judge_scan(Judge *judge, const void *data, gsize size, const guint8 *digest,
                    VerdictCacheKind kind, Verdict *verdict, Members **ret_members)
{
    /* Others are never judged by their sum, so the cache has nothing under it. */
    gboolean is_late = size >= LATE_MIN && kind == VERDICT_CACHE_CONTENT, found;
    guint8 sum[CONTENT_SUM_SIZE];
    VerdictKey blame, key;
    BoardClaim claim;
    guint64 mark;

    if (judge_find(judge, digest, kind, verdict, ret_members))
        return TRUE;
    if (is_late)
        content_sum_make(judge->sums, data, size, sum);
    mark = mark_of(is_late ? sum : digest, kind);
    found = wait_for_twin(judge, digest, is_late ? sum : NULL, kind, mark, &claim, verdict,
                          ret_members);
    if (!found) {
        verdict_key_init(&blame, digest, judge->version, kind);
        if (is_late) {
            condemned_identify(judge->cache, data, size, &blame);
            verdict_cache_note(judge->cache, mark);
        }
        key = scan_new(judge, data, size, kind, &blame, verdict, ret_members);
        if (is_worth_remembering(judge, verdict)) {
            g_autoptr(GBytes) list = members_store(*ret_members);

            verdict_cache_add(judge->cache, &key, verdict, list, TRUE);
        }
    }
    if (claim == BOARD_CLAIMED)
        board_release(judge->board, judge->slot_number, mark);
    return found;
}

gboolean judge_by_digest(Judge *judge, VerdictCacheKind kind, Answer *answer)
{
    const Content *content = &answer->content;

    digest_bytes(content->bytes, content->size, answer->seen);
    answer->verdict.size = content->size;
    if (judge_is_allowed(judge, answer->seen))
        return FALSE;
    answer->from_cache = judge_scan(judge, content->bytes, content->size, answer->seen, kind,
                                    &answer->verdict, &answer->members);
    return TRUE;
}

gboolean judge_lists_are_empty(const Judge *judge)
{
    return (!judge->allow || allow_view_state(judge->allow) == 0) &&
           (!judge->deny || allow_view_state(judge->deny) == 0);
}

static gboolean can_be_late(const Judge *judge, const Content *content)
{
    return content->size >= LATE_MIN && judge_lists_are_empty(judge);
}

/* FALSE: the cache may know the content. */
static gboolean scan_unseen(Judge *judge, const Content *content, Verdict *verdict,
                            Members **ret_members)
{
    const VerdictCacheKind kind = VERDICT_CACHE_CONTENT;
    JudgeLate *late = &judge->late;
    VerdictKey blame;

    late->mark = mark_of(late->sum, kind);
    late->claim = board_claim(judge->board, judge->slot_number, late->mark);
    /* After the claim: a worker that had it before may have finished in between. */
    if (late->claim == BOARD_TWIN ||
        verdict_cache_may_know(judge->cache, late->mark, content->size)) {
        if (late->claim == BOARD_CLAIMED)
            board_release(judge->board, judge->slot_number, late->mark);
        return FALSE;
    }
    verdict_cache_note(judge->cache, late->mark);
    condemned_sketch_key(content->bytes, content->size, judge->version, kind, &blame);
    late->key = scan_new(judge, content->bytes, content->size, kind, &blame, verdict, ret_members);
    late->is_open = TRUE;
    late->is_by_sum = FALSE;
    late->verdict = *verdict;
    late->is_kept = is_worth_remembering(judge, verdict);
    late->list = late->is_kept ? members_store(*ret_members) : NULL;
    return TRUE;
}

gboolean judge_scan_by_sum(Judge *judge, const Content *content, Verdict *verdict,
                           Members **ret_members, gboolean *ret_from_cache)
{
    *ret_from_cache = FALSE;
    if (!can_be_late(judge, content))
        return FALSE;
    content_sum_make(judge->sums, content->bytes, content->size, judge->late.sum);
    *ret_from_cache = find_sum(judge, judge->late.sum, verdict, ret_members);
    return *ret_from_cache || scan_unseen(judge, content, verdict, ret_members);
}

gboolean judge_keep_by_sum(Judge *judge)
{
    JudgeLate *late = &judge->late;
    VerdictKey key = late->key;

    if (!late->is_open || !late->is_kept || late->verdict.kind != STOREHOOK_VERDICT_CLEAN)
        return FALSE;
    fill_up(late->sum, key.digest);
    key.kind = kind_by_sum(VERDICT_CACHE_CONTENT);
    verdict_cache_add(judge->cache, &key, &late->verdict, late->list, TRUE);
    late->is_by_sum = TRUE;
    return TRUE;
}

gboolean judge_settle(Judge *judge, Answer *answer)
{
    JudgeLate *late = &judge->late;

    if (late->is_open && !judge_keep_by_sum(judge)) {
        judge_finish(judge, answer);
        return FALSE;
    }
    answer->has_token = content_sum_to_token(judge->sums, late->sum, answer->token);
    return TRUE;
}

/* Only under its digest does a verdict survive a restart. The digest is computed before the next
 * request is taken, so it must be worth the time. */
static gboolean is_to_outlive(const JudgeLate *late, gsize size)
{
    return late->verdict.cost >= VERDICT_CACHE_KEPT_COST &&
           late->verdict.cost >= size * DIGEST_SHARE / DIGEST_SPEED;
}

void judge_finish(Judge *judge, Answer *answer)
{
    JudgeLate *late = &judge->late;

    if (!late->is_open)
        return;
    if (!late->is_by_sum || is_to_outlive(late, answer->content.size)) {
        digest_bytes(answer->content.bytes, answer->content.size, answer->seen);
        answer->is_stated = FALSE;
        memcpy(late->key.digest, answer->seen, STOREHOOK_DIGEST_SIZE);
        if (late->is_kept)
            verdict_cache_add(judge->cache, &late->key, &late->verdict, late->list, TRUE);
    }
    if (late->claim == BOARD_CLAIMED)
        board_release(judge->board, judge->slot_number, late->mark);
    g_clear_pointer(&late->list, g_bytes_unref);
    late->is_open = FALSE;
}

/* Adds the type to the entry in the cache, but not the rest of `verdict`, which a list may have
 * changed. */
static void remember_type(Judge *judge, const guint8 *digest, const Verdict *verdict)
{
    for (guint i = 0; i < 2; i++) {
        VerdictKey key;
        Verdict known;
        make_key(judge, digest, VERDICT_CACHE_CONTENT, i == 1, &key);
        g_autoptr(GBytes) list = NULL;

        if (!verdict_cache_find(judge->cache, &key, &known, &list))
            continue;
        g_strlcpy(known.type, verdict->type, sizeof(known.type));
        known.type_is_sure = verdict->type_is_sure;
        verdict_cache_add(judge->cache, &key, &known, list, TRUE);
        return;
    }
}

void judge_tell_type(Judge *judge, const void *data, gsize size, const guint8 *digest,
                     Verdict *verdict)
{
    VerdictKey blame;
    MemoryWatch before;

    if (verdict->type_is_sure || condemned_is(verdict))
        return;
    if (digest)
        verdict_key_init(&blame, digest, judge->version, VERDICT_CACHE_CONTENT);
    else
        condemned_sketch_key(data, size, judge->version, VERDICT_CACHE_CONTENT, &blame);
    set_blame(judge, &blame);
    if (judge->config->test_hooks)
        (void)test_hook_run(judge->config, data, size, verdict);
    before = memory_watch_now();
    file_typer_tell(judge->typer, data, size, verdict);
    doubt_for_memory(&before, verdict);
    if (!verdict->type_is_sure)
        return;
    if (digest) {
        remember_type(judge, digest, verdict);
    } else if (judge->late.is_open) {
        g_strlcpy(judge->late.verdict.type, verdict->type, sizeof(verdict->type));
        judge->late.verdict.type_is_sure = TRUE;
    }
}
