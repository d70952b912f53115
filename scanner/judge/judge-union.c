/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge-union.c - scans each decoded byte string once, and opens what libclamav may not: messages,
 * winmail.dat, S/MIME, UTF-16, ISO-2022-JP, encoded runs in text.
 *
 * Nothing here fails: a limit makes the verdict not-fully-scanned, lack of memory not-scanned.
 */
#include "scanner/judge/judge-union.h"

#include <string.h>

#include "filters/file-name.h"
#include "scanner/common/digest.h"
#include "scanner/mail/mail-crypt.h"
#include "scanner/mail/mail-decode.h"
#include "scanner/mail/mail-member.h"
#include "scanner/mail/mail-part.h"
#include "scanner/mail/mail-tnef.h"

struct UnionSeen {
    guint8 digest[STOREHOOK_DIGEST_SIZE]; /* the key, at the beginning */
    const void *bytes;                    /* of Union.first, which has no digest */
    gsize size;
    Verdict verdict;
    Members *members; /* NULL: none */
    gboolean is_cut;  /* there are too many to keep */
};

static void seen_free(gpointer data)
{
    UnionSeen *seen = data;

    if (seen)
        members_free(seen->members);
    g_free(seen);
}

static guint seen_count(const Union *all)
{
    return (all->first != NULL) + (all->more ? g_hash_table_size(all->more) : 0);
}

/* Most messages have one part, which is not encoded: it is compared by its bytes and needs no
 * digest. */
static gboolean is_the_first(const Union *all, const guint8 *data, gsize size)
{
    return !all->first && !all->more && data >= (const guint8 *)all->text &&
           data + size <= (const guint8 *)all->text + all->text_size;
}

static gboolean is_first_again(const Union *all, const guint8 *data, gsize size)
{
    return all->first && all->first->size == size && memcmp(all->first->bytes, data, size) == 0;
}

/* digest: NULL for the first. */
static UnionSeen *seen_add(Union *all, const guint8 *data, gsize size, const guint8 *digest,
                           const Verdict *verdict)
{
    UnionSeen *seen = g_new0(UnionSeen, 1);

    seen->verdict = *verdict;
    if (!digest) {
        seen->bytes = data;
        seen->size = size;
        all->first = seen;
        return seen;
    }
    memcpy(seen->digest, digest, sizeof(seen->digest));
    if (!all->more)
        all->more = g_hash_table_new_full(digest_hash, digest_equal, seen_free, NULL);
    g_hash_table_add(all->more, seen);
    return seen;
}

static void seen_keep(Union *all, UnionSeen *seen, const Members *members)
{
    all->kept += members_count(members);
    seen->is_cut = all->kept > all->judge->config->members;
    if (seen->is_cut || (members_count(members) == 0 && !members_is_cut(members)))
        return;
    seen->members = judge_members_new(all->judge);
    members_append(seen->members, 0, members);
}

void union_init(Union *all, Judge *judge, const void *text, gsize size, Members *members)
{
    *all = (Union){.judge = judge,
                   .outer = judge->reading,
                   .text = text,
                   .text_size = size,
                   .members = members};
    judge->reading = all;
}

void union_clear(Union *all)
{
    all->judge->reading = all->outer;
    g_clear_pointer(&all->first, seen_free);
    g_clear_pointer(&all->more, g_hash_table_unref);
}

/* Between these two the operator's actions decide which is worse, not the rank. */
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
    if (seen_count(all) >= config->message_parts)
        return over(all, verdict, "message-parts");
    if (size > config->scan_size - MIN(all->bytes, config->scan_size))
        return over(all, verdict, "scan-size");
    return FALSE;
}

/* Reads what libclamav may not open in bytes that it has scanned. */
static void read_inside(Union *all, const guint8 *data, gsize size, guint nesting, gboolean is_raw,
                        Verdict *worst);

void union_judge(Union *all, const guint8 *data, gsize size, guint nesting, gboolean is_raw,
                 Members *members, Verdict *verdict)
{
    const DeepScan scan = judge_deep_scan(all->judge);
    Members *outer = all->members;
    guint8 digest[STOREHOOK_DIGEST_SIZE];
    gboolean is_first = is_the_first(all, data, size);
    Judge *judge = all->judge;
    gboolean asks_lists = !judge_lists_are_empty(judge);
    guint before = judge->nesting;
    UnionSeen *seen;

    *verdict = (Verdict){.size = size};
    if (is_first_again(all, data, size)) {
        seen = all->first;
    } else {
        if (!is_first || asks_lists)
            digest_bytes(data, size, digest);
        seen = all->more ? g_hash_table_lookup(all->more, digest) : NULL;
    }
    if (seen) {
        *verdict = seen->verdict;
        members_append(members, 0, seen->members);
        if (seen->is_cut)
            members_set_cut(members);
        return;
    }
    judge->lists_were_asked = TRUE;
    if (asks_lists &&
        (judge_is_denied(judge, digest, verdict) || judge_is_allowed(judge, digest))) {
        judge->lists_decided = TRUE;
        return;
    }
    if (is_over_limit(all, size, verdict))
        return;
    all->bytes += size;
    file_type_guess(data, size, verdict);
    judge->nesting = nesting;
    deep_scan(&scan, data, size, DEEP_SCAN_NO_MAIL, members, 0, verdict);
    judge->nesting = before;
    /* Before its inside is read: a content that contains itself is then found here. */
    seen = seen_add(all, data, size, is_first ? NULL : digest, verdict);
    if (verdict->kind != STOREHOOK_VERDICT_INFECTED) {
        all->members = members;
        read_inside(all, data, size, nesting, is_raw, verdict);
        all->members = outer;
        seen->verdict = *verdict;
    }
    seen_keep(all, seen, members);
}

void union_list(Union *all, const char *name, const guint8 *data, const Verdict *verdict,
                const Members *inside)
{
    g_autofree char *decoded = file_name_decode(name, -1);
    Verdict type = {0};
    Member member = {.name = decoded,
                     .type = type.type,
                     .size = verdict->size,
                     .flags = MEMBER_MESSAGE_PART | MEMBER_SEEN};
    guint number = 0;

    if (name[0] != '\0') {
        member_tell_type(all->judge->rules, all->judge->typer, &member, data, (gsize)verdict->size,
                         &type);
        member.flags |= type.type_is_sure ? MEMBER_TYPE_SURE : 0;
        number = members_add(all->members, &member);
    }
    members_append(all->members, number, inside);
    if (verdict->kind == STOREHOOK_VERDICT_INFECTED && members_culprit(all->members) == 0)
        members_set_culprit(all->members, number);
}

/* Judges and lists what was found inside of something. */
static void judge_found(Union *all, const char *name, const guint8 *data, gsize size, guint nesting,
                        Verdict *worst)
{
    g_autoptr(Members) members = judge_members_new(all->judge);
    Verdict verdict;

    union_judge(all, data, size, nesting + 1, FALSE, members, &verdict);
    union_list(all, name, data, &verdict, members);
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

    judge_found(inside->all, name, data, size, inside->nesting, inside->worst);
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
    const guint64 most = all->judge->config->scan_size;
    MailCrypt kind = mail_crypt_recognize(data, size);
    g_autoptr(GBytes) content = NULL;

    switch (kind) {
    case MAIL_CRYPT_SMIME_ENCRYPTED:
        union_note(all, worst, STOREHOOK_VERDICT_ENCRYPTED, "SMIME");
        break;
    case MAIL_CRYPT_PGP_ENCRYPTED:
        union_note(all, worst, STOREHOOK_VERDICT_ENCRYPTED, "OpenPGP");
        break;
    case MAIL_CRYPT_SMIME_OPEN:
    case MAIL_CRYPT_SMIME_PACKED:
    case MAIL_CRYPT_PGP_PACKED:
        if (!mail_crypt_content(kind, data, size, most - MIN(all->bytes, most), &content))
            union_note(all, worst, STOREHOOK_VERDICT_NOT_FULLY_SCANNED,
                       kind == MAIL_CRYPT_SMIME_PACKED ? "SMIME" : "OpenPGP");
        else if (content && g_bytes_get_size(content) > 0)
            judge_found(all, "", g_bytes_get_data(content, NULL), g_bytes_get_size(content),
                        nesting, worst);
        break;
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
        judge_found(all, "", text, mail_decode_utf16(data, size, order, text), nesting, worst);
    else
        union_note(all, worst, STOREHOOK_VERDICT_NOT_SCANNED, "memory: for a UTF-16 text");
}

static gsize archive_sign(const guint8 *data, gsize size)
{
    static const char *const signs[] = {"PK\3\4", "!<arch>\n"};

    for (gsize i = 0; i < G_N_ELEMENTS(signs); i++)
        if (size >= strlen(signs[i]) && memcmp(data, signs[i], strlen(signs[i])) == 0)
            return strlen(signs[i]);
    return 0;
}

/* An archive with such an escape in a member would be a damaged one without it: it is read as a
 * text, without its sign. */
static void read_jis(Union *all, const guint8 *data, gsize size, guint nesting, Verdict *worst)
{
    g_autofree guint8 *text = NULL;
    gsize sign = archive_sign(data, size);

    if (mail_decode_jis(data, size, NULL) == size)
        return;
    text = g_try_malloc(size);
    if (text)
        judge_found(all, "", text + sign, mail_decode_jis(data, size, text) - sign, nesting, worst);
    else
        union_note(all, worst, STOREHOOK_VERDICT_NOT_SCANNED, "memory: for an ISO-2022-JP text");
}

static void read_inside(Union *all, const guint8 *data, gsize size, guint nesting, gboolean is_raw,
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
    read_jis(all, data, size, nesting, worst);
    if (is_raw)
        return;
    if (mail_part_is_message(text, size))
        union_read_message(all, text, size, nesting, FALSE, NULL, worst);
    else if (mail_member_has_lines(data, size))
        union_read_runs(all, text, size, nesting, worst);
}

void judge_inside(Judge *judge, const void *data, gsize size, Members *members, Verdict *worst)
{
    Union *all = judge->reading;
    Members *outer = all->members;

    all->members = members;
    read_inside(all, data, size, judge->nesting, FALSE, worst);
    all->members = outer;
}

void judge_member(const void *data, gsize size, guint number, Members *members, Verdict *worst,
                  gpointer user_data)
{
    Judge *judge = user_data;
    g_autoptr(Members) inside = judge_members_new(judge);

    judge->nesting++;
    judge_inside(judge, data, size, inside, worst);
    judge->nesting--;
    members_append(members, number, inside);
}

void judge_parts(Judge *judge, const char *text, gsize size, gboolean is_plain, JudgeCopy *copy,
                 Members *members, Verdict *worst)
{
    Union all;

    union_init(&all, judge, text, size, members);
    all.plain = is_plain ? text : NULL;
    union_read_message(&all, text, size, 0, TRUE, copy, worst);
    union_clear(&all);
}
