/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge-parts.c - reads a message in every way that a mail program may, and overwrites what is bad.
 *
 * The readings, one after another: our own walk (mail-part.h), GMime in its tolerant and its strict
 * mode, and encoded runs wherever they stand; libclamav has read the message in its own way before.
 * A range of the text that two readings decode in the same way is decoded once, and the same bytes
 * are scanned once. What our own walk decoded without any doubt is not searched for runs. A text
 * with NULs or bare carriage returns is read once more as if it had none.
 *
 * Bad parts are overwritten in a copy of the same length, so that no offset moves. A limit makes
 * the verdict not-fully-scanned, lack of memory not-scanned.
 */
#include <string.h>

#include "scanner/judge/judge-union.h"
#include "scanner/judge/notice.h"
#include "scanner/mail/mail-binhex.h"
#include "scanner/mail/mail-count.h"
#include "scanner/mail/mail-decode.h"
#include "scanner/mail/mail-gmime.h"
#include "scanner/mail/mail-header.h"
#include "scanner/mail/mail-names.h"
#include "scanner/mail/mail-part.h"
#include "scanner/mail/mail-plain.h"
#include "scanner/mail/mail-runs.h"

enum {
    READINGS = 4 /* each may report as many ranges as a message may have parts */
};

/* A range that was decoded already, without the white space around it. */
typedef struct {
    gsize start, end;
    MailPartEncoding encoding;
} Range;

typedef struct {
    Union *all;
    const char *text;
    gsize size;
    guint nesting;
    const char *reference; /* for notices; NULL: only the verdict is wanted */
    char *copy;            /* made when the first bad part is found */
    Verdict *worst;
    Range first;      /* of the ranges decoded; most messages have one */
    GHashTable *more; /* of Range: those after the first; NULL: none */
    guint range_count;
    GArray *encoded; /* of Range: leaves of the walk that were decoded, in order; NULL: none */
    gboolean has_doubt;
    gboolean is_mail; /* FALSE: it only looks like a message, and may be any text with colons */
} Reading;

static guint range_hash(gconstpointer key)
{
    const Range *range = key;

    return (guint)(range->start * 31 + range->end) ^ (guint)range->encoding << 28;
}

static gboolean range_equal(gconstpointer a, gconstpointer b)
{
    const Range *x = a, *y = b;

    return x->start == y->start && x->end == y->end && x->encoding == y->encoding;
}

/* The text with what has been overwritten so far. */
static const char *reading_bytes(const Reading *reading)
{
    return reading->copy ? reading->copy : reading->text;
}

static void reading_note(Reading *reading, StorehookVerdictKind kind, const char *name)
{
    union_note(reading->all, reading->worst, kind, name);
}

/* Before each pass over all of the text, which takes as long as it is. */
static gboolean reading_is_over(Reading *reading)
{
    Union *all = reading->all;

    if (!all->is_over && board_now() >= all->judge->end) {
        all->is_over = TRUE;
        reading_note(reading, STOREHOOK_VERDICT_NOT_FULLY_SCANNED, "time");
    }
    return all->is_over;
}

/* FALSE if it is there already. */
static gboolean reading_add_range(Reading *reading, const Range *range)
{
    if (reading->range_count == 0) {
        reading->first = *range;
    } else {
        if (range_equal(&reading->first, range))
            return FALSE;
        if (!reading->more)
            reading->more = g_hash_table_new_full(range_hash, range_equal, g_free, NULL);
        if (!g_hash_table_add(reading->more, g_memdup2(range, sizeof(*range))))
            return FALSE;
    }
    reading->range_count++;
    return TRUE;
}

/* FALSE if another reading had the same range, or there are too many. */
static gboolean reading_take_range(Reading *reading, const MailPart *part)
{
    const guint most = READINGS * reading->all->judge->config->message_parts;
    Range range = {part->start, part->end, part->encoding};

    if (reading->range_count >= most) {
        reading->all->is_over = TRUE;
        reading_note(reading, STOREHOOK_VERDICT_NOT_FULLY_SCANNED, "message-parts");
        return FALSE;
    }

    while (range.start < range.end && g_ascii_isspace(reading->text[range.start]))
        range.start++;
    while (range.end > range.start && g_ascii_isspace(reading->text[range.end - 1]))
        range.end--;
    return range.start < range.end && reading_add_range(reading, &range);
}

static void reading_blot(Reading *reading, const MailPart *part, const Verdict *verdict)
{
    const char *reason = judge_rule_reason(reading->all->judge, verdict);
    g_autofree char *notice = notice_text(verdict, reason, reading->reference);
    gboolean crlf = memmem(reading->text, MIN(reading->size, 4096), "\r\n", 2) != NULL;

    if (!reading->copy) {
        reading->copy = g_try_malloc(MAX(reading->size, 1));
        if (!reading->copy)
            return; /* as if not located: the whole message goes to quarantine */
        memcpy(reading->copy, reading->text, reading->size);
    }
    notice_fill(notice, part->encoding == MAIL_PART_BASE64 ? NOTICE_AS_BASE64 : NOTICE_AS_TEXT,
                crlf, reading->copy + part->start, part->end - part->start);
}

/* For list_name() with each further name of a part. */
typedef struct {
    const Reading *reading;
    const MailPart *part;
    const guint8 *data;
    const Verdict *verdict;
} Named;

static void list_name(const char *name, gpointer user_data)
{
    const Named *named = user_data;

    if (strcmp(name, named->part->name) != 0)
        union_list(named->reading->all, name, named->data, named->verdict, NULL);
}

/* Lists a part under each of its names, since the rules are asked about the list. */
static void list_names(Reading *reading, const MailPart *part, const guint8 *data,
                       const Verdict *verdict, const Members *members)
{
    Named named = {reading, part, data, verdict};

    union_list(reading->all, part->name, data, verdict, members);
    if (part->header && !mail_names_find(part->header, part->header_size, list_name, &named))
        reading_note(reading, STOREHOOK_VERDICT_NOT_FULLY_SCANNED, "file-names");
}

/* Judges one way in which the part can be decoded. */
static void judge_bytes(Reading *reading, const MailPart *part, const guint8 *data, gsize size)
{
    Judge *judge = reading->all->judge;
    g_autoptr(Members) members = judge_members_new(judge);
    /* A part without a name is text that somebody wrote; rules are for files. */
    JudgePart subject = {.name = part->name[0] != '\0' ? part->name : NULL,
                         .data = data,
                         .size = size,
                         .members = members,
                         .header = part->header,
                         .header_size = part->header_size};
    gboolean need_data = FALSE;
    FilterAction action;
    Verdict verdict;

    if (size == 0)
        return;
    union_judge(reading->all, data, size, reading->nesting + 1,
                part->encoding == MAIL_PART_IDENTITY, members, &verdict);
    reading_note(reading, verdict.kind, verdict.name);
    list_names(reading, part, data, &verdict, members);
    if (!reading->reference)
        return; /* the caller asks the rules, about the whole list */
    action = judge->config->actions[verdict.kind];
    (void)judge_rules(judge, &subject, &verdict, &action, &need_data);
    if (action != FILTER_ACTION_PASS)
        reading_blot(reading, part, &verdict);
}

static void judge_binhex(Reading *reading, const MailPart *part)
{
    const guint64 most = reading->all->judge->config->scan_size;
    MailPart named = *part;
    gboolean no_memory;
    MailBinhex file;

    if (!mail_binhex_decode(reading_bytes(reading) + part->start, part->end - part->start, most,
                            &file, &no_memory)) {
        if (no_memory)
            reading_note(reading, STOREHOOK_VERDICT_NOT_SCANNED, "memory: for BinHex");
        return;
    }
    if (file.was_large)
        reading_note(reading, STOREHOOK_VERDICT_NOT_FULLY_SCANNED, "scan-size");
    named.name = file.name;
    judge_bytes(reading, &named, file.data, file.data_fork);
    if (file.resource_fork > 0)
        judge_bytes(reading, &named, file.data + file.data_fork, file.resource_fork);
    g_free(file.data);
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
    case MAIL_PART_YENC:
        return mail_decode_yenc(text + part->start, size, out);
    case MAIL_PART_BINHEX:
    case MAIL_PART_IDENTITY:
        break;
    }
    return 0;
}

/* Where trailing spaces got lost some programs restore them, and decode more than `used` bytes. */
static void judge_uuencode_padded(Reading *reading, const MailPart *part, gsize used)
{
    const guint64 most = reading->all->judge->config->scan_size;
    const char *text = reading_bytes(reading) + part->start;
    gsize size = part->end - part->start, length = mail_decode_uuencode_length(text, size);
    g_autofree guint8 *data = NULL;

    if (length <= used)
        return;
    if (length > most) {
        reading_note(reading, STOREHOOK_VERDICT_NOT_FULLY_SCANNED, "scan-size");
        return;
    }
    data = g_try_malloc(length);
    if (data)
        judge_bytes(reading, part, data, mail_decode_uuencode_padded(text, size, data));
    else
        reading_note(reading, STOREHOOK_VERDICT_NOT_SCANNED, "memory: for a part of the message");
}

/* Padding in the middle: some programs skip it, others stop there. */
static void judge_inner_padding(Reading *reading, const MailPart *part, guint8 *data)
{
    gsize size = part->end - part->start;
    const char *text = reading->text + part->start;
    const char *padding = memchr(text, '=', size);

    if (!padding || !mail_decode_has_inner_padding(text, size))
        return;
    judge_bytes(reading, part, data,
                mail_decode_base64_unpadded(reading_bytes(reading) + part->start, size, data));
    judge_bytes(
        reading, part, data,
        mail_decode_base64(reading_bytes(reading) + part->start, (gsize)(padding - text), data));
}

/* White space before a line end: some programs delete it, others keep it. */
static void judge_trailing_blanks(Reading *reading, const MailPart *part, guint8 *data)
{
    gsize size = part->end - part->start;
    const char *text = reading_bytes(reading) + part->start;

    if (mail_decode_has_trailing_blanks(text, size))
        judge_bytes(reading, part, data, mail_decode_quoted_printable_trimmed(text, size, data));
}

static void judge_part(Reading *reading, const MailPart *part)
{
    gsize size = part->end - part->start, used;
    g_autofree guint8 *data = NULL;

    if (part->encoding == MAIL_PART_BINHEX) {
        judge_binhex(reading, part);
        return;
    }
    if (part->encoding == MAIL_PART_IDENTITY) {
        judge_bytes(reading, part, (const guint8 *)reading_bytes(reading) + part->start, size);
        return;
    }
    data = g_try_malloc(size);
    if (!data) {
        reading_note(reading, STOREHOOK_VERDICT_NOT_SCANNED, "memory: for a part of the message");
        return;
    }
    used = part_decode(part, reading_bytes(reading), data);
    judge_bytes(reading, part, data, used);
    if (part->encoding == MAIL_PART_BASE64)
        judge_inner_padding(reading, part, data);
    else if (part->encoding == MAIL_PART_QUOTED_PRINTABLE)
        judge_trailing_blanks(reading, part, data);
    else if (part->encoding == MAIL_PART_UUENCODE)
        judge_uuencode_padded(reading, part, used);
}

/* For each leaf or run that a reading reports. */
static gboolean on_part(const MailPart *part, gpointer user_data)
{
    Reading *reading = user_data;

    if (part->end > part->start && reading_take_range(reading, part))
        judge_part(reading, part);
    return !reading->all->is_over;
}

/* The same for our own walk, which reports its leaves in order. */
static gboolean on_walked(const MailPart *part, gpointer user_data)
{
    Reading *reading = user_data;
    Range range = {part->start, part->end, part->encoding};

    if (!part->is_block && part->encoding != MAIL_PART_IDENTITY) {
        if (!reading->encoded)
            reading->encoded = g_array_new(FALSE, FALSE, sizeof(Range));
        g_array_append_val(reading->encoded, range);
    }
    return on_part(part, user_data);
}

static void on_header(const char *header, gsize size, const char *doubt, gpointer user_data)
{
    Reading *reading = user_data;
    MailHeaderFacts facts;

    mail_header_examine(header, size, &facts);
    if (!doubt)
        doubt = facts.doubt;
    reading->is_mail |= facts.is_mail;
    reading->has_doubt |= doubt != NULL;
    if (!reading->is_mail)
        return;
    if (doubt)
        reading_note(reading, STOREHOOK_VERDICT_AMBIGUOUS, doubt);
    if (facts.is_encrypted)
        reading_note(reading, STOREHOOK_VERDICT_ENCRYPTED, "OpenPGP");
    if (facts.is_partial)
        reading_note(reading, STOREHOOK_VERDICT_NOT_FULLY_SCANNED, "message-partial");
}

static gboolean reading_take_result(Reading *reading, MailPartResult result)
{
    if (result == MAIL_PART_TOO_MANY)
        reading_note(reading, STOREHOOK_VERDICT_NOT_FULLY_SCANNED, "message-parts");
    else if (result == MAIL_PART_TOO_DEEP)
        reading_note(reading, STOREHOOK_VERDICT_NOT_FULLY_SCANNED, "message-depth");
    return result == MAIL_PART_DONE;
}

/* GMime in both modes, unless the message is too large for it. */
static void read_with_gmime(Reading *reading, guint depth)
{
    static const MailGmimeMode modes[] = {MAIL_GMIME_TOLERANT, MAIL_GMIME_STRICT};
    const ScannerConfig *config = reading->all->judge->config;
    MailCount count;

    mail_count(reading->text, reading->size, &count);
    if (count.parts > config->message_parts || count.fields > MAIL_GMIME_FIELDS_MAX) {
        /* The counts are upper bounds. Where the walk had no doubt GMime would find the same. */
        if (reading->has_doubt)
            reading_note(reading, STOREHOOK_VERDICT_NOT_FULLY_SCANNED,
                         count.parts > config->message_parts ? "message-parts" : "header-fields");
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(modes) && !reading_is_over(reading); i++)
        (void)reading_take_result(reading, mail_gmime_read(reading->text, reading->size, modes[i],
                                                           depth, on_part, reading));
}

typedef struct {
    Reading *reading;
    gsize offset;
} Gap;

static gboolean on_run(const MailPart *run, gpointer user_data)
{
    const Gap *gap = user_data;
    MailPart moved = *run;

    moved.start += gap->offset;
    moved.end += gap->offset;
    return on_part(&moved, gap->reading);
}

/* In all of the text, or between the parts that the walk decoded without a doubt. */
static void read_runs(Reading *reading)
{
    Gap gap = {.reading = reading};
    guint count = reading->has_doubt || !reading->encoded ? 0 : reading->encoded->len;

    for (guint i = 0; i < count && !reading->all->is_over; i++) {
        const Range *range = &g_array_index(reading->encoded, Range, i);

        (void)mail_runs_find(reading->text + gap.offset, range->start - gap.offset, on_run, &gap);
        gap.offset = range->end;
    }
    if (!reading->all->is_over)
        (void)mail_runs_find(reading->text + gap.offset, reading->size - gap.offset, on_run, &gap);
}

/* Reads the text without its NULs, and with a line end for each bare carriage return. */
static void read_cleaned(Reading *reading)
{
    g_autofree char *clean = g_try_malloc(reading->size);
    gsize used = 0;

    if (!clean) {
        reading_note(reading, STOREHOOK_VERDICT_NOT_SCANNED, "memory: for a second reading");
        return;
    }
    for (gsize i = 0; i < reading->size; i++) {
        char c = reading->text[i];

        if (c == '\r' && (i + 1 == reading->size || reading->text[i + 1] != '\n'))
            c = '\n';
        if (c != '\0')
            clean[used++] = c;
    }
    union_read_message(reading->all, clean, used, reading->nesting + 1, reading->is_mail, NULL,
                       reading->worst);
}

static gboolean reading_is_plain(const Reading *reading)
{
    return reading->text == reading->all->plain || mail_plain_check(reading->text, reading->size);
}

static void read_structure(Reading *reading)
{
    const ScannerConfig *config = reading->all->judge->config;
    const MailPartLimits limits = {.parts = config->message_parts,
                                   .depth = config->message_depth - reading->nesting};
    gboolean is_whole =
        reading_take_result(reading, mail_part_walk(reading->text, reading->size, &limits,
                                                    on_walked, on_header, reading));

    if (is_whole && (reading->has_doubt || !reading_is_plain(reading)))
        read_with_gmime(reading, limits.depth);
}

static void reading_clear(Reading *reading)
{
    g_free(reading->copy);
    g_clear_pointer(&reading->more, g_hash_table_unref);
    g_clear_pointer(&reading->encoded, g_array_unref);
}

void union_read_message(Union *all, const char *text, gsize size, guint nesting, gboolean is_mail,
                        JudgeCopy *copy, Verdict *worst)
{
    Reading reading = {.all = all,
                       .text = text,
                       .size = size,
                       .nesting = nesting,
                       .reference = copy ? copy->reference : NULL,
                       .worst = worst,
                       .is_mail = is_mail};

    if (nesting > all->judge->config->message_depth) {
        (void)reading_take_result(&reading, MAIL_PART_TOO_DEEP);
        return;
    }
    if (!reading_is_over(&reading))
        read_structure(&reading);
    if (!reading_is_over(&reading))
        read_runs(&reading);
    /* A plain text has none: mail_plain_check(). */
    if (!reading_is_over(&reading) && text != all->plain && mail_plain_has_odd_bytes(text, size))
        read_cleaned(&reading);
    if (copy)
        copy->bytes = g_steal_pointer(&reading.copy);
    reading_clear(&reading);
}

void union_read_runs(Union *all, const char *text, gsize size, guint nesting, Verdict *worst)
{
    Reading reading = {.all = all, .text = text, .size = size, .nesting = nesting, .worst = worst};

    read_runs(&reading);
    reading_clear(&reading);
}
