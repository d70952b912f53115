/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log-decision.c - writes one line: what was judged, verdict, action, time taken.
 *
 * Fails when the batch has no room.
 */
#include "scanner/judge/log-decision.h"

#include <string.h>

#include "scanner/common/hex.h"
#include "scanner/common/log-line.h"

enum {
    DIGEST_SHOWN = 8 /* bytes: enough to find one in a list */
};

static const char *kind_name(guint kind)
{
    switch (kind) {
    case STOREHOOK_JUDGE_CONTENT:
        return "content";
    case STOREHOOK_JUDGE_LINK:
        return "attachment";
    case STOREHOOK_JUDGE_TEXT:
        return "text";
    case STOREHOOK_JUDGE_MESSAGE:
        return "message";
    case STOREHOOK_SCAN:
        return "scan";
    default:
        return "unknown";
    }
}

gboolean log_decision(LogBatch *batch, guint64 now, guint kind, const Answer *answer,
                      guint64 microseconds, const char *signatures)
{
    static const guint8 NONE[STOREHOOK_DIGEST_SIZE];
    guint culprit = members_culprit(answer->members);
    const Verdict *verdict = &answer->verdict;
    char digest[2 * DIGEST_SHOWN + 1];
    LogLine line;

    log_line_start(&line);
    log_line_put_word(&line, "decision of=");
    log_line_put_word(&line, kind_name(kind));
    log_line_put_word(&line, " verdict=");
    log_line_put_word(&line, verdict_kind_name(verdict->kind));
    log_line_put_word(&line, " name=\"");
    log_line_put_text(&line, verdict->name);
    log_line_put_word(&line, "\" action=");
    log_line_put_word(&line, verdict_action_name(answer->action));
    if (answer->flagged)
        log_line_put_word(&line, " flagged=1");
    if (answer->incident[0] != '\0') {
        log_line_put_word(&line, " incident=");
        log_line_put_text(&line, answer->incident);
    }
    log_line_put_word(&line, " size=");
    log_line_put_number(&line, verdict->size);
    log_line_put_word(&line, " type=");
    log_line_put_text(&line, verdict->type[0] != '\0' ? verdict->type : "-");
    log_line_put_word(&line, answer->from_cache ? " cached=1" : " cached=0");
    log_line_put_word(&line, " us=");
    log_line_put_number(&line, microseconds);
    /* A whole message has no digest, nor has a program's content that is known by its sum. */
    if (memcmp(answer->seen, NONE, sizeof(NONE)) != 0) {
        log_line_put_word(&line, answer->is_stated ? " stated-sha256=" : " sha256=");
        hex_write(answer->seen, DIGEST_SHOWN, digest);
        log_line_put(&line, digest, 2 * DIGEST_SHOWN);
    }
    log_line_put_word(&line, " signatures=");
    log_line_put_text(&line, signatures);
    if (culprit != 0) {
        g_autofree char *inside = members_path(answer->members, culprit);

        log_line_put_word(&line, " inside=\"");
        log_line_put_text(&line, inside);
        log_line_put_word(&line, "\"");
    }
    log_line_end(&line);
    return log_batch_add(batch, line.bytes, line.used, now);
}
