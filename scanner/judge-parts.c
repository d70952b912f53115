/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge-parts.c - scans each inline part of a message decoded, and blots out what is bad.
 *
 * Whatever libclamav makes of the message as a whole, each part that the walk finds is decoded in
 * the most forgiving way and scanned by itself. Bad ones are overwritten in a copy of the same
 * length, so that no offset moves. Limits end as not-fully-scanned, lack of memory as not-scanned.
 */
#include "scanner/judge.h"

#include <openssl/sha.h>
#include <string.h>

#include "scanner/mail-decode.h"
#include "scanner/mail-part.h"
#include "scanner/notice.h"

typedef struct {
    Judge *judge;
    const char *text;
    gsize size;
    guint nesting;
    const char *reference; /* NULL: only the verdict is wanted */
    char *copy;            /* made when the first bad part is found */
    Verdict *worst;
} Reading;

/* The bytes as they stand now: bad blocks inside are already gone. */
static const char *reading_bytes(const Reading *reading)
{
    return reading->copy ? reading->copy : reading->text;
}

static void reading_note(Reading *reading, StorehookVerdictKind kind, const char *name)
{
    if (verdict_is_worse(kind, reading->worst->kind))
        verdict_set(reading->worst, kind, name);
}

static gsize part_decode(const MailPart *part, const char *text, guint8 *out)
{
    gsize size = part->end - part->start;

    switch (part->encoding) {
    case MAIL_PART_BASE64:
        return mail_decode_base64(text + part->start, size, out);
    case MAIL_PART_QUOTED_PRINTABLE:
        return mail_decode_quoted_printable(text + part->start, size, out);
    case MAIL_PART_UUENCODE:
        return mail_decode_uuencode(text + part->start, size, out);
    case MAIL_PART_IDENTITY:
        break;
    }
    memcpy(out, text + part->start, size);
    return size;
}

static void reading_blot(Reading *reading, const MailPart *part, const Verdict *verdict)
{
    g_autofree char *notice = notice_text(verdict, reading->reference);
    gboolean crlf = memmem(reading->text, MIN(reading->size, 4096), "\r\n", 2) != NULL;

    if (!reading->copy) {
        reading->copy = g_try_malloc(MAX(reading->size, 1));
        if (!reading->copy)
            return; /* not located: the message goes to quarantine whole */
        memcpy(reading->copy, reading->text, reading->size);
    }
    notice_fill(notice, part->encoding == MAIL_PART_BASE64 ? NOTICE_AS_BASE64 : NOTICE_AS_TEXT,
                crlf, reading->copy + part->start, part->end - part->start);
}

static void part_judge(Reading *reading, const MailPart *part, const guint8 *data, gsize size,
                       Verdict *verdict, FilterAction *action)
{
    Judge *judge = reading->judge;
    JudgePart subject = {.name = part->name, .data = data, .size = size};
    gboolean need_data = FALSE;
    Verdict inside = {0};

    *verdict = (Verdict){.size = size};
    file_type_guess(data, size, verdict);
    judge_engine_scan(judge, data, size, FALSE, verdict);
    if (verdict->kind != STOREHOOK_VERDICT_INFECTED && part->encoding != MAIL_PART_IDENTITY &&
        reading->nesting < JUDGE_NESTING_MAX && mail_part_is_message((const char *)data, size)) {
        judge_parts(judge, (const char *)data, size, reading->nesting + 1, NULL, NULL, &inside);
        if (verdict_is_worse(inside.kind, verdict->kind))
            verdict_set(verdict, inside.kind, inside.name);
    }
    *action = judge->config->actions[verdict->kind];
    /* A body without a name is what people write; rules are for files. */
    if (verdict->kind != STOREHOOK_VERDICT_INFECTED && part->name[0] != '\0')
        (void)judge_rules(judge, &subject, verdict, action, &need_data);
}

static gboolean on_part(const MailPart *part, gpointer user_data)
{
    Reading *reading = user_data;
    Judge *judge = reading->judge;
    gsize size = part->end - part->start;
    guint8 digest[STOREHOOK_DIGEST_SIZE];
    g_autofree guint8 *data = NULL;
    FilterAction action;
    Verdict verdict;

    if (size == 0)
        return TRUE;
    if (board_now() >= judge->end) {
        reading_note(reading, STOREHOOK_VERDICT_NOT_FULLY_SCANNED, "time");
        return FALSE;
    }
    data = g_try_malloc(size);
    if (!data) {
        reading_note(reading, STOREHOOK_VERDICT_NOT_SCANNED, "memory: for a part of the message");
        return TRUE;
    }
    size = part_decode(part, reading_bytes(reading), data);
    if (judge->allow) {
        SHA256(data, size, digest);
        if (judge_is_allowed(judge, digest))
            return TRUE;
    }
    part_judge(reading, part, data, size, &verdict, &action);
    reading_note(reading, verdict.kind, verdict.name);
    if (reading->reference && action != FILTER_ACTION_PASS)
        reading_blot(reading, part, &verdict);
    return TRUE;
}

void judge_parts(Judge *judge, const char *text, gsize size, guint nesting, const char *reference,
                 char **ret_copy, Verdict *verdict)
{
    const MailPartLimits limits = {.parts = judge->config->message_parts,
                                   .depth = judge->config->message_depth};
    Reading reading = {.judge = judge,
                       .text = text,
                       .size = size,
                       .nesting = nesting,
                       .reference = reference,
                       .worst = verdict};

    switch (mail_part_walk(text, size, &limits, on_part, &reading)) {
    case MAIL_PART_TOO_MANY:
        reading_note(&reading, STOREHOOK_VERDICT_NOT_FULLY_SCANNED, "message-parts");
        break;
    case MAIL_PART_TOO_DEEP:
        reading_note(&reading, STOREHOOK_VERDICT_NOT_FULLY_SCANNED, "message-depth");
        break;
    case MAIL_PART_DONE:
    case MAIL_PART_STOPPED:
        break;
    }
    if (ret_copy)
        *ret_copy = g_steal_pointer(&reading.copy);
    g_free(reading.copy);
}
