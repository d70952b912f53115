/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd-fetch.c - FETCH: some messages a step, until there is enough output for the client to take.
 *
 * A message that is read to find something in it is charged to the reading budget for the time of
 * the step; what was found and is large is read again, a piece at a time, when it can be sent. One
 * that is gone is passed over and told of at the end (RFC 5530 EXPUNGEISSUED).
 */
#include "mailstore/server/imap-fetch-items.h"
#include "mailstore/server/imap-session.h"
#include "mailstore/server/imap-set.h"
#include "mailstore/server/mime-outline.h"

#include <time.h>

/* What a step may take before others get the thread. */
#define STEP_MICROSECONDS 50000
/* Marks in one transaction: others that change folders wait for its end. */
#define SEEN_A_STEP 500
/* Of messages whose summaries are read at once: half a megabyte at most. */
#define SUMMARIES_AHEAD 32

typedef struct {
    GArray *set;
    FetchItems items;
    GArray *indexes; /* NULL before the first step */
    guint next;
    gboolean lost;
    GArray *seen; /* guint, of the items that this step marked as seen */
    /* What is kept of the messages at indexes[ahead ..], owned. */
    MailSummary summaries[SUMMARIES_AHEAD];
    guint ahead, ahead_count;
} Arguments;

static void forget_summaries(Arguments *arguments)
{
    for (guint i = 0; i < arguments->ahead_count; i++)
        g_clear_pointer(&arguments->summaries[i].data, g_bytes_unref);
    arguments->ahead_count = 0;
}

static void arguments_free(gpointer data)
{
    Arguments *arguments = data;

    g_clear_pointer(&arguments->set, g_array_unref);
    g_clear_pointer(&arguments->indexes, g_array_unref);
    g_array_unref(arguments->seen);
    forget_summaries(arguments);
    fetch_items_clear(&arguments->items);
    g_free(arguments);
}

static gboolean parse_fetch(ImapSession *session, ImapParser *parser)
{
    Arguments *arguments = g_new0(Arguments, 1);

    arguments->seen = g_array_new(FALSE, FALSE, sizeof(guint));
    session->arguments = arguments;
    session->free_arguments = arguments_free;
    return imap_parse_space(parser) && imap_parse_set(parser, &arguments->set) &&
           imap_parse_space(parser) && imap_parse_fetch_items(parser, &arguments->items);
}

static void print_date(ImapOutput *output, gint64 seconds)
{
    time_t time = (time_t)seconds;
    struct tm when;

    if (gmtime_r(&time, &when) == NULL || when.tm_year < 0 || when.tm_year > 9999 - 1900) {
        time = 0; /* no year of four digits */
        gmtime_r(&time, &when);
    }
    imap_output_printf(output, "\"%2d-%s-%04d %02d:%02d:%02d +0000\"", when.tm_mday,
                       imap_month_names[when.tm_mon], when.tm_year + 1900, when.tm_hour,
                       when.tm_min, when.tm_sec);
}

/* What is known of one message while it is printed. */
typedef struct {
    MailSession *mail;
    const MailEntry *entry;
    GBytes *text;   /* or its header alone; NULL unless needed and, of the whole, small */
    MimePart *root; /* its parts, where they are needed */
    ImapSummary summary;
} Subject;

/* NULL: it comes later, since it is large, and would keep all of a large message in memory until
 * the client has taken it. */
static GBytes *take_part(const ImapSession *session, const Subject *subject,
                         const ImapExtract *extract)
{
    guint64 most = session->server->config->output_step;
    GBytes *part = NULL;

    if (subject->text != NULL && g_bytes_get_size(subject->text) <= most)
        return g_bytes_new_from_bytes(subject->text, extract->offset, extract->length);
    if (session->output.length + extract->length > most)
        return NULL;
    if (subject->text != NULL) {
        const char *data = g_bytes_get_data(subject->text, NULL);
        return g_bytes_new(data + extract->offset, extract->length);
    }
    if (mail_message_read_part(subject->mail, subject->entry->message, extract->offset,
                               extract->length, &part, NULL) &&
        g_bytes_get_size(part) != extract->length)
        g_clear_pointer(&part, g_bytes_unref);
    return part;
}

static void print_part(ImapSession *session, const Subject *subject, const ImapExtract *extract)
{
    g_autoptr(GBytes) part = take_part(session, subject, extract);

    if (part != NULL)
        imap_output_literal(&session->output, part);
    else
        imap_output_literal_later(&session->output, subject->entry->message, extract->offset,
                                  extract->length);
}

static void print_section(ImapSession *session, const FetchItem *item, const Subject *subject)
{
    ImapOutput *output = &session->output;
    gsize size = 0;
    const char *data = subject->text == NULL ? NULL : g_bytes_get_data(subject->text, &size);
    ImapExtract extract;
    if (subject->summary.has_size)
        size = subject->summary.size;
    gboolean found = imap_section_extract(&item->section, data == NULL ? "" : data, size,
                                          subject->root, &extract);

    imap_output_puts(output, item->label);
    if (!item->is_rfc822)
        imap_section_print(output, &item->section);
    imap_output_puts(output, " ");
    if (!found) {
        imap_output_puts(output, "NIL");
    } else if (extract.made != NULL) {
        imap_output_literal(output, extract.made);
        g_bytes_unref(extract.made);
    } else {
        print_part(session, subject, &extract);
    }
}

static void print_summary(ImapOutput *output, const char *name, const ImapSummaryText *text)
{
    imap_output_puts(output, name);
    imap_output_append(output, text->text, text->length);
}

static void print_item(ImapSession *session, const FetchItem *item, const Subject *subject)
{
    ImapOutput *output = &session->output;

    switch (item->kind) {
    case FETCH_UID:
        imap_output_printf(output, "UID %u", subject->entry->uid);
        break;
    case FETCH_FLAGS:
        imap_output_puts(output, "FLAGS ");
        imap_output_flags(output, subject->entry->flags, subject->entry->keywords);
        break;
    case FETCH_INTERNALDATE:
        imap_output_puts(output, "INTERNALDATE ");
        print_date(output, subject->entry->internal_date);
        break;
    case FETCH_SIZE:
        imap_output_printf(output, "RFC822.SIZE %" G_GUINT64_FORMAT, subject->summary.size);
        break;
    case FETCH_ENVELOPE:
        print_summary(output, "ENVELOPE ", &subject->summary.items[IMAP_SUMMARY_ENVELOPE]);
        break;
    case FETCH_BODY:
        print_summary(output, "BODY ", &subject->summary.items[IMAP_SUMMARY_BODY]);
        break;
    case FETCH_BODYSTRUCTURE:
        print_summary(output, "BODYSTRUCTURE ",
                      &subject->summary.items[IMAP_SUMMARY_BODYSTRUCTURE]);
        break;
    case FETCH_SECTION:
        print_section(session, item, subject);
        break;
    }
}

static void print_message(ImapSession *session, guint index, const Subject *subject,
                          gboolean flags_changed)
{
    const Arguments *arguments = session->arguments;
    ImapOutput *output = &session->output;
    gboolean told_uid = FALSE, told_flags = FALSE;
    const char *space = "";

    imap_output_printf(output, "* %u FETCH (", index + 1);
    for (guint i = 0; i < arguments->items.items->len; i++) {
        const FetchItem *item = &g_array_index(arguments->items.items, FetchItem, i);
        imap_output_puts(output, space);
        print_item(session, item, subject);
        told_uid = told_uid || item->kind == FETCH_UID;
        told_flags = told_flags || item->kind == FETCH_FLAGS;
        space = " ";
    }
    if (session->by_uid && !told_uid)
        imap_output_printf(output, "%sUID %u", space, subject->entry->uid);
    if (flags_changed && !told_flags) {
        imap_output_puts(output, " FLAGS ");
        imap_output_flags(output, subject->entry->flags, subject->entry->keywords);
    }
    imap_output_puts(output, ")\r\n");
}

/* Reading a body marks it as seen (RFC 3501 §6.4.5): in the view at once, where the answer takes it
 * from, and in the store with all others of the step, see keep_seen(). TRUE: it was not before. */
static gboolean mark_seen(ImapSession *session, guint index)
{
    Arguments *arguments = session->arguments;
    ImapItem *item = imap_mailbox_item(session->selected, index);

    if (!arguments->items.sets_seen || session->selected->read_only || item->gone ||
        (item->entry.flags & MAIL_FLAG_SEEN) != 0)
        return FALSE;
    item->entry.flags |= MAIL_FLAG_SEEN;
    g_array_append_val(arguments->seen, index);
    return TRUE;
}

/* Has the store do what the view says; when it fails, the client is told that it is not so. */
static gboolean keep_seen(ImapSession *session, MailSession *mail, GError **error)
{
    const GArray *seen = ((Arguments *)session->arguments)->seen;
    ImapMailbox *mailbox = session->selected;
    g_autofree guint32 *uids = g_new(guint32, seen->len + 1);
    g_autofree MailEntry *entries = g_new0(MailEntry, seen->len + 1);

    if (seen->len == 0)
        return TRUE;
    for (guint i = 0; i < seen->len; i++)
        uids[i] = imap_mailbox_item(mailbox, g_array_index(seen, guint, i))->entry.uid;
    gboolean kept = mail_entries_change_flags(mail, mailbox->folder, uids, seen->len,
                                              MAIL_FLAGS_ADD, MAIL_FLAG_SEEN, NULL, entries, error);
    session->own_changes += kept;
    for (guint i = 0; i < seen->len; i++) {
        guint index = g_array_index(seen, guint, i);
        MailEntry *known = &imap_mailbox_item(mailbox, index)->entry;
        if (kept && entries[i].uid == 0)
            continue; /* gone, which is told later */
        gboolean is_true = kept && imap_flags_equal(known, &entries[i]);
        if (kept)
            imap_mailbox_set_entry(mailbox, index, entries[i]);
        else
            known->flags &= ~(guint32)MAIL_FLAG_SEEN;
        if (!is_true)
            imap_mailbox_tell_flags(mailbox, index, &session->output);
    }
    return kept;
}

/* What is kept of the message at `next`, and of some behind it in the same transaction. NULL when
 * that cannot be read, too: then it is found out again. */
static const MailSummary *read_summary(ImapSession *session, MailSession *mail)
{
    Arguments *arguments = session->arguments;
    guint count = MIN(arguments->indexes->len - arguments->next, SUMMARIES_AHEAD);

    if (arguments->next >= arguments->ahead + arguments->ahead_count) {
        forget_summaries(arguments);
        for (guint i = 0; i < count; i++) {
            guint index = g_array_index(arguments->indexes, guint, arguments->next + i);
            arguments->summaries[i].message =
                imap_mailbox_item(session->selected, index)->entry.message;
        }
        if (!mail_summaries_read(mail, arguments->summaries, count, NULL))
            return NULL;
        arguments->ahead = arguments->next;
        arguments->ahead_count = count;
    }
    return &arguments->summaries[arguments->next - arguments->ahead];
}

/* Finds out what is missing of the summary, and has it kept, unless `kept` is NULL. */
static void find_summary(ImapSession *session, Subject *subject, guint missing,
                         const MailSummary *kept, ImapOutput *storage)
{
    const char *data = g_bytes_get_data(subject->text, NULL);

    imap_output_init(storage);
    imap_summary_find(&subject->summary, missing, data == NULL ? "" : data, subject->root, storage);
    if (kept == NULL)
        return;
    g_autoptr(GBytes) packed = imap_summary_pack(&subject->summary);
    if (kept->data == NULL || !g_bytes_equal(packed, kept->data))
        summary_keeper_add(session->server->summaries, kept, g_steal_pointer(&packed));
}

typedef struct {
    guint64 most, size;
} Sizing;

static gboolean is_small(guint64 size, gpointer data)
{
    Sizing *sizing = data;

    sizing->size = size;
    return size <= sizing->most;
}

/* As it is, unless it is large: then its size alone. */
static gboolean read_whole(const ImapSession *session, MailSession *mail, Subject *subject,
                           GError **error)
{
    Sizing sizing = {.most = session->server->config->output_step};

    if (subject->summary.has_size && !is_small(subject->summary.size, &sizing))
        return TRUE;
    gboolean done =
        mail_message_read(mail, subject->entry->message, is_small, &sizing, &subject->text, error);

    subject->summary.size = sizing.size;
    subject->summary.has_size = done;
    return done;
}

/* The parts as they are kept, if they are wanted and sound. */
static void read_outline(const FetchItems *items, Subject *subject)
{
    ImapSummaryText *outline = &subject->summary.items[IMAP_SUMMARY_OUTLINE];

    if ((items->summary & IMAP_SUMMARY_BIT(IMAP_SUMMARY_OUTLINE)) == 0 || outline->text == NULL)
        return;
    subject->root = mime_outline_parse(outline->text, outline->length);
    if (subject->root == NULL)
        *outline = (ImapSummaryText){0};
}

/* Reads what the items need of the message. FALSE: *ret_step, without anything to print. */
static gboolean read_subject(ImapSession *session, MailSession *mail, Subject *subject,
                             ImapOutput *storage, ImapStep *ret_step, GError **error)
{
    const FetchItems *items = &((Arguments *)session->arguments)->items;
    guint64 message = subject->entry->message;
    ImapSummary *summary = &subject->summary;
    const MailSummary *kept = items->summary == 0 ? NULL : read_summary(session, mail);

    imap_summary_parse(kept == NULL ? NULL : kept->data, summary);
    read_outline(items, subject);
    guint missing = imap_summary_missing(summary, items->summary);
    gboolean needs_body = items->needs_body ||
                          (missing & ~IMAP_SUMMARY_BIT(IMAP_SUMMARY_ENVELOPE)) != 0 ||
                          (items->needs_whole && (items->needs_header || missing != 0));
    *ret_step = IMAP_STEP_DONE;
    gboolean needs_size = items->needs_size && !summary->has_size;
    if (needs_body || items->needs_header || missing != 0) {
        gsize length;
        *ret_step =
            imap_session_read_message(session, mail, message, !needs_body, &subject->text,
                                      needs_body || needs_size ? &summary->size : NULL, error);
        if (*ret_step == IMAP_STEP_WAIT || subject->text == NULL)
            return FALSE;
        const char *data = g_bytes_get_data(subject->text, &length);
        mime_part_free(subject->root);
        subject->root = mime_part_parse(data == NULL ? "" : data, length);
        summary->has_size |= needs_body || needs_size;
    } else if (items->needs_whole) {
        return read_whole(session, mail, subject, error);
    } else if (needs_size && !mail_message_size(mail, message, &summary->size, error)) {
        return FALSE;
    }
    if (missing != 0)
        find_summary(session, subject, missing, kept, storage);
    return TRUE;
}

/* DONE for this message, WAIT for memory; MORE never. */
static ImapStep fetch_one(ImapSession *session, MailSession *mail, guint index, GError **error)
{
    const FetchItems *items = &((Arguments *)session->arguments)->items;
    ImapItem *item = imap_mailbox_item(session->selected, index);
    Subject subject = {.mail = mail, .entry = &item->entry};
    ImapOutput storage = {0}; /* of what is found out */
    ImapStep step = IMAP_STEP_DONE;

    if (item->gone && (items->summary != 0 || items->needs_size || items->needs_header ||
                       items->needs_body || items->needs_whole))
        return IMAP_STEP_DONE;
    if (read_subject(session, mail, &subject, &storage, &step, error)) {
        gboolean changed = mark_seen(session, index);
        print_message(session, index, &subject, changed);
    }
    imap_output_clear(&storage);
    mime_part_free(subject.root);
    g_clear_pointer(&subject.text, g_bytes_unref);
    return step;
}

static ImapStep finish(ImapSession *session)
{
    const Arguments *arguments = session->arguments;

    /* A UID that is not there is no mistake (RFC 3501 §6.4.8). */
    if (arguments->lost && !session->by_uid)
        imap_session_reply(session, "NO [EXPUNGEISSUED] Some messages are gone");
    else
        imap_session_reply(session, "OK FETCH completed");
    return IMAP_STEP_DONE;
}

static ImapStep fetch_some(ImapSession *session, MailSession *mail)
{
    Arguments *arguments = session->arguments;
    guint64 step = session->server->config->output_step;
    gint64 end = g_get_monotonic_time() + STEP_MICROSECONDS;

    if (arguments->indexes == NULL) {
        arguments->indexes =
            imap_mailbox_select(session->selected, arguments->set, session->by_uid);
        if (arguments->indexes == NULL) {
            imap_session_reply(session, "BAD No message has this number");
            return IMAP_STEP_DONE;
        }
    }
    while (arguments->next < arguments->indexes->len) {
        g_autoptr(GError) error = NULL;
        guint index = g_array_index(arguments->indexes, guint, arguments->next);
        if (session->output.length >= step || session->charge > step ||
            arguments->seen->len >= SEEN_A_STEP || g_get_monotonic_time() > end)
            return IMAP_STEP_MORE;
        gsize before = session->output.length;
        if (fetch_one(session, mail, index, &error) == IMAP_STEP_WAIT)
            return IMAP_STEP_WAIT;
        arguments->next++;
        arguments->lost = arguments->lost || session->output.length == before;
        if (error != NULL &&
            !g_error_matches(error, MAIL_STORE_ERROR, MAIL_STORE_ERROR_NOT_FOUND)) {
            imap_session_reply_error(session, error, "fetch");
            return IMAP_STEP_DONE;
        }
    }
    return finish(session);
}

static ImapStep step_fetch(ImapSession *session, MailSession *mail)
{
    Arguments *arguments = session->arguments;
    g_autoptr(GError) error = NULL;
    ImapStep step = fetch_some(session, mail);

    if (!keep_seen(session, mail, &error)) {
        imap_session_reply_error(session, error, "flags");
        step = IMAP_STEP_DONE;
    }
    g_array_set_size(arguments->seen, 0);
    return step;
}

const ImapCommand imap_command_fetch = {.name = "FETCH",
                                        .states = IMAP_STATE_SELECTED,
                                        .run = IMAP_RUN_READER,
                                        .has_uid_form = TRUE,
                                        .keeps_numbers = TRUE,
                                        .parse = parse_fetch,
                                        .step = step_fetch};
