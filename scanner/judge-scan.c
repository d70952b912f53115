/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge-scan.c - one content, one scan: the cache, the twin that is being scanned, the engine.
 *
 * Nothing here fails; see verdict.h. What failed for reasons of ours (not-scanned) is never
 * remembered, so that the next who brings the content has it tried again.
 */
#include "scanner/judge.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "scanner/mail-plain.h"
#include "scanner/test-hook.h"

enum {
    TWIN_NAP_MICROSECONDS = 200, /* a small scan takes 30 to 600 */
    TIME_SHARE_PERCENT = 85      /* libclamav looks at the clock only now and then */
};

gboolean content_open(const StorehookValue *value, Content *ret, Verdict *verdict)
{
    char text[VERDICT_NAME_SIZE];
    int result;
    void *map;

    *ret = (Content){0};
    if (value->data || value->size == 0) {
        ret->bytes = value->data ? value->data : "";
        ret->size = value->size;
        return TRUE;
    }
    result = storehook_memfd_check(value->descriptor, value->size);
    if (result == 0) {
        map = mmap(NULL, value->size, PROT_READ, MAP_SHARED, value->descriptor, 0);
        if (map != MAP_FAILED) {
            *ret = (Content){.bytes = map, .size = value->size, .map = map};
            return TRUE;
        }
        result = -errno;
    }
    g_snprintf(text, sizeof(text), "content: %s", g_strerror(-result));
    verdict_set(verdict, STOREHOOK_VERDICT_NOT_SCANNED, text);
    return FALSE;
}

void content_close(Content *content)
{
    if (content->map)
        munmap(content->map, content->size);
    *content = (Content){0};
}

void answer_clear(Answer *answer)
{
    g_clear_pointer(&answer->data, g_bytes_unref);
    g_clear_pointer(&answer->header, g_free);
}

guint judge_time_left(const Judge *judge)
{
    guint64 now = board_now();

    /* 0 would mean no limit at all. */
    return now >= judge->end ? 1 : (guint)((judge->end - now) * TIME_SHARE_PERCENT / 100000) + 1;
}

gboolean judge_is_allowed(const Judge *judge, const guint8 *digest)
{
    return judge->allow && allow_view_contains(judge->allow, digest, time(NULL));
}

gboolean judge_find(Judge *judge, const guint8 *digest, VerdictCacheKind kind, Verdict *verdict)
{
    VerdictKey key;

    verdict_key_init(&key, digest, judge->version, kind);
    return verdict_cache_find(judge->cache, &key, verdict);
}

static void judge_remember(Judge *judge, const guint8 *digest, VerdictCacheKind kind,
                           const Verdict *verdict)
{
    VerdictKey key;

    if (verdict->kind == STOREHOOK_VERDICT_NOT_SCANNED)
        return;
    /* Out of time is no property of the content: with a free machine it may be scanned in full. */
    if (verdict->kind == STOREHOOK_VERDICT_NOT_FULLY_SCANNED && strstr(verdict->name, "ime"))
        return;
    verdict_key_init(&key, digest, judge->version, kind);
    verdict_cache_add(judge->cache, &key, verdict, TRUE);
}

static guint64 digest_mark(const guint8 *digest, VerdictCacheKind kind)
{
    guint64 mark;

    memcpy(&mark, digest, sizeof(mark));
    return mark ^ (guint64)kind << 8;
}

/* While another worker scans the same bytes, its verdict comes sooner than ours would. TRUE when
 * it came; else *ret_claim tells whether the content is ours now. */
static gboolean wait_for_twin(Judge *judge, const guint8 *digest, VerdictCacheKind kind,
                              guint64 mark, BoardClaim *ret_claim, Verdict *verdict)
{
    const struct timespec nap = {.tv_nsec = TWIN_NAP_MICROSECONDS * 1000};

    for (;;) {
        *ret_claim = board_claim(judge->board, judge->slot_number, mark);
        /* After the claim: who had it before may have finished in between. */
        if (judge_find(judge, digest, kind, verdict))
            return TRUE;
        if (*ret_claim != BOARD_TWIN || board_now() >= judge->end)
            return FALSE;
        nanosleep(&nap, NULL);
    }
}

void judge_engine_scan(Judge *judge, const void *data, gsize size, gboolean is_plain_mail,
                       Verdict *verdict)
{
    macro_trap_begin(judge->macros, (gint64)judge->end);
    if (is_plain_mail)
        engine_scan_plain_mail(judge->engine, data, size, judge_time_left(judge), verdict);
    else
        engine_scan(judge->engine, data, size, judge_time_left(judge), verdict);
    macro_trap_end(judge->macros, verdict);
}

static void scan_now(Judge *judge, const void *data, gsize size, VerdictCacheKind kind,
                     Verdict *verdict)
{
    Verdict inside = {0};

    if (judge->config->test_hooks && test_hook_run(judge->config, data, size, verdict))
        return;
    judge_engine_scan(judge, data, size,
                      kind == VERDICT_CACHE_MESSAGE && mail_plain_check(data, size), verdict);
    board_count(&judge->board->counts.scans);
    atomic_fetch_add(&judge->board->counts.bytes_scanned, size);
    if (verdict->kind == STOREHOOK_VERDICT_INFECTED)
        return;
    if (kind == VERDICT_CACHE_MESSAGE)
        judge_parts(judge, data, size, NULL, NULL, &inside);
    else
        judge_inside(judge, data, size, &inside);
    if (verdict_is_worse(inside.kind, verdict->kind))
        verdict_set(verdict, inside.kind, inside.name);
}

gboolean judge_scan(Judge *judge, const void *data, gsize size, const guint8 *digest,
                    VerdictCacheKind kind, Verdict *verdict)
{
    guint64 mark = digest_mark(digest, kind);
    BoardClaim claim;
    gboolean found;

    if (judge_find(judge, digest, kind, verdict))
        return TRUE;
    found = wait_for_twin(judge, digest, kind, mark, &claim, verdict);
    if (!found) {
        *verdict = (Verdict){.size = size};
        file_type_guess(data, size, verdict);
        board_set_content(judge->slot, digest, (guint)kind + 1);
        scan_now(judge, data, size, kind, verdict);
        board_clear_content(judge->slot);
        judge_remember(judge, digest, kind, verdict);
    }
    if (claim == BOARD_CLAIMED)
        board_release(judge->board, judge->slot_number, mark);
    return found;
}

void judge_tell_type(Judge *judge, const void *data, gsize size, const guint8 *digest,
                     Verdict *verdict)
{
    if (verdict->type_is_sure)
        return;
    file_typer_tell(judge->typer, data, size, verdict);
    if (digest && verdict->type_is_sure)
        judge_remember(judge, digest, VERDICT_CACHE_CONTENT, verdict);
}
