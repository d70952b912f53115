/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * deep-scan.c - scans, unpacks what libclamav left, scans that, and takes the worst.
 *
 * Nothing here fails; see verdict.h. What neither library can open ends as not-fully-scanned.
 */
#include "scanner/scan/deep-scan.h"

#include <string.h>

#include "scanner/archive/unpack.h"
#include "scanner/common/board.h"
#include "scanner/common/digest.h"
#include "scanner/pdf/pdf-file.h"

enum {
    TIME_SHARE_PERCENT = 85
};

/* One content in work, over all its depths. */
typedef struct {
    const DeepScan *scan;
    Members *members;
    Verdict *worst;
    UnpackBudget budget;
    guint depth;
    guint rest;       /* the member that is being unpacked */
    gboolean is_text; /* it is one in which files were looked for */
    gboolean is_pdf;  /* it is one whose files libclamav may have shown without their names */
    GHashTable *seen; /* digests of what was unpacked; NULL: nothing was */
} Work;

/* is_guess: what looks like an archive may be none. */
static void work_scan(Work *work, const void *data, gsize size, DeepScanMail mail, guint root,
                      gboolean is_guess);

static void work_note(Work *work, StorehookVerdictKind kind, const char *name)
{
    if (verdict_is_worse(kind, work->worst->kind))
        verdict_set(work->worst, kind, name);
}

/* TRUE if libclamav opened it and could not tell its name. */
static gboolean is_nameless_twin(const Member *member, const Verdict *type, gsize size)
{
    return member->name[0] == '\0' && (member->flags & MEMBER_SEEN) && member->size == size &&
           strcmp(member->type, type->type) == 0;
}

/* 0: there is none. */
static guint work_nameless(Work *work, const Member *new, const Verdict *type)
{
    for (guint i = work->rest + 1; work->is_pdf && i <= members_count(work->members); i++) {
        Member member = members_get(work->members, i);

        if (member.parent != work->rest || !is_nameless_twin(&member, type, (gsize) new->size))
            continue;
        if (new->name[0] != '\0')
            members_set_name(work->members, i, new->name);
        return i;
    }
    return 0;
}

/* The member of that name which libclamav named and did not open, or a new one. */
static guint work_member(Work *work, const char *name, const void *data, gsize size,
                         gboolean is_encrypted)
{
    const DeepScan *scan = work->scan;
    Verdict type = {0};
    Member new = {.parent = work->rest,
                  .name = name,
                  .type = type.type,
                  .size = size,
                  .flags = (is_encrypted ? MEMBER_ENCRYPTED : 0) | (data ? MEMBER_SEEN : 0)};
    guint nameless;

    for (guint i = work->rest + 1; i <= members_count(work->members); i++) {
        Member member = members_get(work->members, i);

        if (member.parent != work->rest || member.type[0] != '\0' || strcmp(member.name, name) != 0)
            continue;
        if (data) {
            member_tell_type(scan->rules, scan->typer, &member, data, size, &type);
            members_set_type(work->members, i, type.type, type.type_is_sure);
        }
        return i;
    }
    if (data)
        member_tell_type(scan->rules, scan->typer, &new, data, size, &type);
    new.flags |= type.type_is_sure ? MEMBER_TYPE_SURE : 0;
    nameless = data ? work_nameless(work, &new, &type) : 0;
    return nameless != 0 ? nameless : members_add(work->members, &new);
}

static void work_note_result(Work *work, UnpackResult result, const char *broken, const char *limit)
{
    switch (result) {
    case UNPACK_DONE:
        break;
    case UNPACK_ENCRYPTED:
        work_note(work, STOREHOOK_VERDICT_ENCRYPTED, "a password is needed");
        break;
    case UNPACK_BROKEN:
        work_note(work, STOREHOOK_VERDICT_NOT_FULLY_SCANNED, broken);
        break;
    case UNPACK_LIMIT:
        work_note(work, STOREHOOK_VERDICT_NOT_FULLY_SCANNED,
                  board_now() >= work->budget.end ? "time" : limit);
        break;
    case UNPACK_NO_MEMORY:
        work_note(work, STOREHOOK_VERDICT_NOT_SCANNED, "memory: for unpacking");
        break;
    }
}

/* libclamav shows each layer with all that is in it, and each is unpacked: without this what lies
 * within ten others would be scanned a thousand times. A guess that failed is tried in earnest. */
static gboolean work_has_seen(Work *work, const void *data, gsize size, gboolean is_guess)
{
    g_autofree guint8 *digest = g_malloc(STOREHOOK_DIGEST_SIZE);

    digest_bytes(data, size, digest);
    digest[0] ^= is_guess ? 1 : 0;
    if (!work->seen)
        work->seen = g_hash_table_new_full(digest_hash, digest_equal, g_free, NULL);
    return !g_hash_table_add(work->seen, g_steal_pointer(&digest));
}

static void on_unpacked(const char *name, const void *data, gsize size, gboolean is_encrypted,
                        gpointer user_data)
{
    Work *work = user_data;
    guint rest = work->rest;
    gboolean is_text = work->is_text, is_pdf = work->is_pdf;
    guint number = work_member(work, name, data, size, is_encrypted);

    if (!data || work->worst->kind == STOREHOOK_VERDICT_INFECTED ||
        work_has_seen(work, data, size, is_text))
        return;
    work_scan(work, data, size, DEEP_SCAN_NO_MAIL, number != 0 ? number : rest, is_text);
    work->rest = rest;
    work->is_text = is_text;
    work->is_pdf = is_pdf;
}

static void work_unpack(Work *work, const void *data, gsize size, guint number, gboolean is_guess)
{
    guint files = work->budget.files;
    UnpackResult result;

    work->rest = number;
    work->is_text = unpack_is_text(data, size, work->budget.end);
    work->is_pdf = FALSE;
    result = unpack_walk(data, size, &work->budget, on_unpacked, work);
    if (result != UNPACK_BROKEN || !is_guess || work->budget.files < files)
        work_note_result(work, result, "archive: cannot be unpacked",
                         "archive: more than may be unpacked");
}

static void work_rests(Work *work, const void *data, gsize size, const MemberWatch *watch,
                       const Verdict *verdict, gboolean is_guess, gboolean is_open);

static void work_note_watch(Work *work, const MemberWatch *watch)
{
    if (watch->has_disguised)
        work_note(work, STOREHOOK_VERDICT_SUSPICIOUS, "archive: two names for one member");
    if (watch->has_overlap)
        work_note(work, STOREHOOK_VERDICT_SUSPICIOUS, "archive: members that share their bytes");
    if (watch->has_contradiction)
        work_note(work, STOREHOOK_VERDICT_SUSPICIOUS, "archive: a member is told in two ways");
    if (watch->has_unread)
        work_note(work, STOREHOOK_VERDICT_NOT_FULLY_SCANNED, "archive: a member is not there");
    if (watch->has_encrypted)
        work_note(work, STOREHOOK_VERDICT_ENCRYPTED, "a password is needed");
    if (watch->has_lost_rest)
        work_note(work, STOREHOOK_VERDICT_NOT_FULLY_SCANNED, "archive: too large to unpack");
}

/* libclamav's part, by its decrypted bytes; that of pdf_file_walk() follows. */
static void work_open_pdf(Work *work, PdfFile *file, gsize size, guint number)
{
    const DeepScan *scan = work->scan;
    g_autofree guint8 *open = size <= work->budget.bytes ? pdf_file_dup_open(file) : NULL;
    Verdict verdict = {0};
    MemberWatch watch;

    work_note_result(work, open ? UNPACK_DONE : UNPACK_LIMIT, "", "PDF: more than may be unpacked");
    if (!open)
        return;
    work->budget.bytes -= size;
    member_watch_init(&watch, work->members, number, scan->rules, scan->typer);
    macro_trap_begin(scan->macros, (gint64)scan->end);
    engine_scan(scan->engine, open, size,
                &(EngineScan){.time_limit_ms = deep_scan_time_left(scan), .watch = &watch},
                &verdict);
    macro_trap_end(scan->macros, &verdict);
    scan->scanned(&verdict, scan->user_data);
    work_note(work, verdict.kind, verdict.name);
    work_note_watch(work, &watch);
    work_rests(work, open, size, &watch, &verdict, FALSE, TRUE);
    member_watch_clear(&watch);
}

/* is_unread: libclamav cannot decrypt it. */
static void work_pdf(Work *work, const void *data, gsize size, guint number, gboolean is_unread)
{
    g_autoptr(PdfFile) file = pdf_file_new(data, size, work->budget.end);

    if (is_unread && pdf_file_is_open(file))
        work_open_pdf(work, file, size, number);
    work->rest = number;
    work->is_text = FALSE;
    work->is_pdf = TRUE;
    work_note_result(work, pdf_file_walk(file, &work->budget, on_unpacked, work),
                     "PDF: a file in it cannot be read", "PDF: more than may be unpacked");
}

static void work_mail(Work *work, const void *data, gsize size, guint number)
{
    Verdict worst = {0};

    work->scan->inside(data, size, number, work->members, &worst, work->scan->user_data);
    work_note(work, worst.kind, worst.name);
}

static void work_rest(Work *work, const void *data, gsize size, const MemberRest *rest,
                      gboolean is_guess, gboolean is_unread)
{
    if (work->depth >= work->scan->config->recursion) {
        work_note(work, STOREHOOK_VERDICT_NOT_FULLY_SCANNED, "recursion");
        return;
    }
    work->depth++;
    if (rest->kind == MEMBER_REST_BEHIND)
        work_scan(work, data, size, DEEP_SCAN_NO_MAIL, rest->number, TRUE);
    else if (rest->kind == MEMBER_REST_PDF)
        work_pdf(work, data, size, rest->number, is_unread);
    else if (rest->kind == MEMBER_REST_MAIL)
        work_mail(work, data, size, rest->number);
    else
        work_unpack(work, data, size, rest->number, is_guess || rest->kind == MEMBER_REST_GUESS);
    work->depth--;
}

/* is_open: of the content itself all that pdf_file_walk() gives is taken care of. */
static void work_rests(Work *work, const void *data, gsize size, const MemberWatch *watch,
                       const Verdict *verdict, gboolean is_guess, gboolean is_open)
{
    for (guint i = 0; watch->rests && i < watch->rests->len; i++) {
        const MemberRest *rest = &g_array_index(watch->rests, MemberRest, i);

        /* Beyond libclamav's limits of size and time everything is a rest. Of depth we have more.
         * What was found in a file of a PDF has its name from there. */
        if ((work->worst->kind == STOREHOOK_VERDICT_INFECTED && rest->kind != MEMBER_REST_PDF) ||
            (verdict->kind == STOREHOOK_VERDICT_NOT_FULLY_SCANNED &&
             !strstr(verdict->name, "Recursion")))
            break;
        if (rest->bytes)
            work_rest(work, g_bytes_get_data(rest->bytes, NULL), g_bytes_get_size(rest->bytes),
                      rest, is_guess, FALSE);
        else if (!is_open || rest->kind != MEMBER_REST_PDF)
            work_rest(work, data, size, rest, is_guess, watch->has_unread_pdf);
    }
}

static void work_scan(Work *work, const void *data, gsize size, DeepScanMail mail, guint root,
                      gboolean is_guess)
{
    const DeepScan *scan = work->scan;
    Verdict verdict = {0};
    MemberWatch watch;

    member_watch_init(&watch, work->members, root, scan->rules, scan->typer);
    watch.is_part = work->depth > 0;
    watch.is_mail = mail != DEEP_SCAN_NO_MAIL;
    macro_trap_begin(scan->macros, (gint64)scan->end);
    engine_scan(scan->engine, data, size,
                &(EngineScan){.time_limit_ms = deep_scan_time_left(scan),
                              .is_plain_mail = mail == DEEP_SCAN_PLAIN_MAIL,
                              .watch = &watch},
                &verdict);
    macro_trap_end(scan->macros, &verdict);
    scan->scanned(&verdict, scan->user_data);
    work_note(work, verdict.kind, verdict.name);
    work_note_watch(work, &watch);
    work_rests(work, data, size, &watch, &verdict, is_guess, FALSE);
    if (watch.is_mail && watch.has_unread_pdf)
        work_note(work, STOREHOOK_VERDICT_ENCRYPTED, "a password is needed");
    member_watch_clear(&watch);
}

guint deep_scan_time_left(const DeepScan *scan)
{
    guint64 now = board_now();

    /* 0 would mean no limit at all. */
    return now >= scan->end ? 1 : (guint)((scan->end - now) * TIME_SHARE_PERCENT / 100000) + 1;
}

void deep_scan(const DeepScan *scan, const void *data, gsize size, DeepScanMail mail,
               Members *members, guint root, Verdict *verdict)
{
    Work work = {.scan = scan,
                 .members = members,
                 .worst = verdict,
                 .budget = {.file_size = scan->config->file_size,
                            .bytes = scan->config->scan_size,
                            .files = scan->config->files,
                            .end = scan->end}};

    verdict_set(verdict, STOREHOOK_VERDICT_CLEAN, "");
    work_scan(&work, data, size, mail, root, FALSE);
    g_clear_pointer(&work.seen, g_hash_table_unref);
}
