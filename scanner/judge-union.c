/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge-union.c - scans decoded bytes once, and opens what libclamav may not: messages,
 * winmail.dat, S/MIME, UTF-16, encoded runs in text.
 *
 * Nothing here fails: limits end as not-fully-scanned, lack of memory as not-scanned.
 */
#include "scanner/judge-union.h"

#include <openssl/sha.h>
#include <string.h>

#include "scanner/mail-crypt.h"
#include "scanner/mail-decode.h"
#include "scanner/mail-part.h"
#include "scanner/mail-tnef.h"

enum {
    TEXT_SAMPLE = 1024 /* bytes without NUL that make a text */
};

static guint digest_hash(gconstpointer key)
{
    guint hash;

    memcpy(&hash, key, sizeof(hash));
    return hash;
}

static gboolean digest_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, STOREHOOK_DIGEST_SIZE) == 0;
}

void union_init(Union *all, Judge *judge)
{
    *all = (Union){.judge = judge};
    all->seen = g_hash_table_new_full(digest_hash, digest_equal, g_free, g_free);
}

void union_clear(Union *all)
{
    g_clear_pointer(&all->seen, g_hash_table_unref);
}

/* Of these two the rank says nothing of which matters more to the operator: the action does. */
static gboolean is_mild(StorehookVerdictKind kind)
{
    return kind == STOREHOOK_VERDICT_AMBIGUOUS || kind == STOREHOOK_VERDICT_ENCRYPTED;
}

void union_note(const Union *all, Verdict *worst, StorehookVerdictKind kind, const char *name)
{
    const guint *actions = all->judge->config->actions;
    gboolean is_worse = verdict_is_worse(kind, worst->kind);

    if (is_mild(kind) && is_mild(worst->kind) && actions[kind] != actions[worst->kind])
        is_worse = actions[kind] > actions[worst->kind];
    if (is_worse)
        verdict_set(worst, kind, name);
}

static gboolean over(Union *all, Verdict *verdict, const char *limit)
{
    all->is_over = TRUE;
    union_note(all, verdict, STOREHOOK_VERDICT_NOT_FULLY_SCANNED, limit);
    return TRUE;
}

static gboolean is_over_limit(Union *all, gsize size, Verdict *verdict)
{
    const ScannerConfig *config = all->judge->config;

    if (all->is_over)
        return TRUE;
    if (board_now() >= all->judge->end)
        return over(all, verdict, "time");
    if (g_hash_table_size(all->seen) >= config->message_parts)
        return over(all, verdict, "message-parts");
    if (size > config->scan_size - MIN(all->bytes, config->scan_size))
        return over(all, verdict, "scan-size");
    return FALSE;
}

void union_judge(Union *all, const guint8 *data, gsize size, guint nesting, gboolean is_raw,
                 Verdict *verdict)
{
    Judge *judge = all->judge;
    guint8 digest[STOREHOOK_DIGEST_SIZE];
    const Verdict *known;

    *verdict = (Verdict){.size = size};
    SHA256(data, size, digest);
    known = g_hash_table_lookup(all->seen, digest);
    if (known) {
        *verdict = *known;
        return;
    }
    judge->list_asked = TRUE;
    if (judge_is_denied(judge, digest, verdict) || judge_is_allowed(judge, digest)) {
        judge->list_spoke = TRUE;
        return;
    }
    if (is_over_limit(all, size, verdict))
        return;
    all->bytes += size;
    file_type_guess(data, size, verdict);
    judge_engine_scan(judge, data, size, FALSE, verdict);
    /* Before what is in it: what holds itself is met again, and is known then. */
    g_hash_table_insert(all->seen, g_memdup2(digest, sizeof(digest)),
                        g_memdup2(verdict, sizeof(*verdict)));
    if (verdict->kind == STOREHOOK_VERDICT_INFECTED)
        return;
    union_read_inside(all, data, size, nesting, is_raw, verdict);
    *(Verdict *)g_hash_table_lookup(all->seen, digest) = *verdict;
}

/* Judges what was found inside of something. */
static void judge_found(Union *all, const guint8 *data, gsize size, guint nesting, Verdict *worst)
{
    Verdict verdict;

    union_judge(all, data, size, nesting + 1, FALSE, &verdict);
    union_note(all, worst, verdict.kind, verdict.name);
}

typedef struct {
    Union *all;
    guint nesting;
    Verdict *worst;
} Inside;

static gboolean on_tnef(const char *name, const guint8 *data, gsize size, gpointer user_data)
{
    Inside *inside = user_data;
    Judge *judge = inside->all->judge;
    JudgePart subject = {.name = name, .data = data, .size = size};
    FilterAction action;
    gboolean need_data;
    Verdict verdict;

    union_judge(inside->all, data, size, inside->nesting + 1, FALSE, &verdict);
    if (verdict.kind != STOREHOOK_VERDICT_INFECTED && name[0] != '\0')
        (void)judge_rules(judge, &subject, &verdict, &action, &need_data);
    union_note(inside->all, inside->worst, verdict.kind, verdict.name);
    return !inside->all->is_over;
}

static void read_tnef(Union *all, const guint8 *data, gsize size, guint nesting, Verdict *worst)
{
    Inside inside = {.all = all, .nesting = nesting, .worst = worst};

    if (mail_tnef_read(data, size, on_tnef, &inside) == MAIL_TNEF_TOO_LARGE)
        union_note(all, worst, STOREHOOK_VERDICT_NOT_FULLY_SCANNED, "tnef-size");
}

static void read_crypt(Union *all, const guint8 *data, gsize size, guint nesting, Verdict *worst)
{
    g_autoptr(GBytes) content = NULL;

    switch (mail_crypt_recognize(data, size)) {
    case MAIL_CRYPT_SMIME_ENCRYPTED:
        union_note(all, worst, STOREHOOK_VERDICT_ENCRYPTED, "SMIME");
        break;
    case MAIL_CRYPT_PGP_ENCRYPTED:
        union_note(all, worst, STOREHOOK_VERDICT_ENCRYPTED, "OpenPGP");
        break;
    case MAIL_CRYPT_SMIME_SIGNED:
        content = mail_crypt_signed_content(data, size);
        if (content)
            judge_found(all, g_bytes_get_data(content, NULL), g_bytes_get_size(content), nesting,
                        worst);
        break;
    case MAIL_CRYPT_SMIME_OTHER:
    case MAIL_CRYPT_NONE:
        break;
    }
}

static void read_utf16(Union *all, const guint8 *data, gsize size, guint nesting, Verdict *worst)
{
    MailUtf16 order = mail_decode_guess_utf16(data, size);
    g_autofree guint8 *text = NULL;

    if (order == MAIL_UTF16_NONE)
        return;
    text = g_try_malloc(size / 2 * 3 + 1);
    if (text)
        judge_found(all, text, mail_decode_utf16(data, size, order, text), nesting, worst);
    else
        union_note(all, worst, STOREHOOK_VERDICT_NOT_SCANNED, "memory: for a UTF-16 text");
}

void union_read_inside(Union *all, const guint8 *data, gsize size, guint nesting, gboolean is_raw,
                       Verdict *worst)
{
    const char *text = (const char *)data;

    if (nesting > all->judge->config->message_depth) {
        (void)over(all, worst, "message-depth");
        return;
    }
    read_tnef(all, data, size, nesting, worst);
    read_crypt(all, data, size, nesting, worst);
    read_utf16(all, data, size, nesting, worst);
    if (is_raw)
        return;
    if (mail_part_is_message(text, size))
        union_read_message(all, text, size, nesting, NULL, NULL, worst);
    else if (!memchr(data, '\0', MIN(size, (gsize)TEXT_SAMPLE)))
        union_read_runs(all, text, size, nesting, worst);
}

void judge_inside(Judge *judge, const void *data, gsize size, Verdict *worst)
{
    Union all;

    union_init(&all, judge);
    union_read_inside(&all, data, size, 0, FALSE, worst);
    union_clear(&all);
}

void judge_parts(Judge *judge, const char *text, gsize size, const char *reference, char **ret_copy,
                 Verdict *worst)
{
    Union all;

    union_init(&all, judge);
    union_read_message(&all, text, size, 0, reference, ret_copy, worst);
    union_clear(&all);
}
