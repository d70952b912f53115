/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log.c - makes log lines, and writes those of events with one write() each, never blocking.
 *
 * A pipe that is full and a file system that fails lose the line; the caller counts it.
 */
#include "scanner/log.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>

enum {
    LINE_SIZE = 2048, /* below PIPE_BUF: whole lines from several writers */
    DIGEST_SHOWN = 8  /* bytes: enough to find one in a list */
};

/* Of a second that many lines have in common. */
typedef struct {
    time_t second;
    char text[32];
} Stamp;

static const Stamp *stamp_of(time_t second)
{
    /* A process has one thread that writes lines; a thread of its own would make its own. */
    static _Thread_local Stamp kept;
    struct tm utc;

    if (kept.text[0] != '\0' && kept.second == second)
        return &kept;
    gmtime_r(&second, &utc);
    strftime(kept.text, sizeof(kept.text), "%Y-%m-%dT%H:%M:%S", &utc);
    kept.second = second;
    return &kept;
}

static gsize line_start(char *line, gsize capacity)
{
    struct timespec now;
    const Stamp *stamp;

    clock_gettime(CLOCK_REALTIME, &now);
    stamp = stamp_of(now.tv_sec);
    return (gsize)g_snprintf(line, capacity, "%s.%03ldZ ", stamp->text, now.tv_nsec / 1000000);
}

/* Behind its start; returns the size of the whole. */
static gsize line_finish(char line[LINE_SIZE], gsize used, const char *format, va_list arguments)
{
    int length = g_vsnprintf(line + used, LINE_SIZE - used - 1, format, arguments);

    used = MIN(used + (gsize)MAX(length, 0), LINE_SIZE - 2);
    for (gsize i = 0; i < used; i++)
        if ((guchar)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    line[used++] = '\n';
    return used;
}

gboolean log_line(int fd, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;
    gsize used;

    va_start(arguments, format);
    used = line_finish(line, line_start(line, sizeof(line)), format, arguments);
    va_end(arguments);
    return log_batch_write(fd, line, used);
}

static gboolean line_add(LogBatch *batch, guint64 now, const char *format, ...) G_GNUC_PRINTF(3, 4);

static gboolean line_add(LogBatch *batch, guint64 now, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;
    gsize used;

    va_start(arguments, format);
    used = line_finish(line, line_start(line, sizeof(line)), format, arguments);
    va_end(arguments);
    return log_batch_add(batch, line, used, now);
}

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

static const char *action_name(StorehookAction action)
{
    static const char *const names[STOREHOOK_ACTIONS] = {"pass", "replace", "drop", "refuse",
                                                         "defer"};

    return (guint)action < STOREHOOK_ACTIONS ? names[action] : "unknown";
}

static void hex_write(const guint8 *bytes, gsize count, char *ret)
{
    static const char digits[] = "0123456789abcdef";

    for (gsize i = 0; i < count; i++) {
        *ret++ = digits[bytes[i] >> 4];
        *ret++ = digits[bytes[i] & 15];
    }
    *ret = '\0';
}

gboolean log_decision(LogBatch *batch, guint64 now, guint kind, const Answer *answer,
                      guint64 microseconds, const char *signatures)
{
    guint culprit = members_culprit(answer->members);
    g_autofree char *inside = culprit != 0 ? members_path(answer->members, culprit) : NULL;
    char seen[2 * DIGEST_SHOWN + 1];

    hex_write(answer->seen, DIGEST_SHOWN, seen);
    return line_add(batch, now,
                    "decision of=%s verdict=%s name=\"%s\" action=%s%s%s%s size=%" G_GUINT64_FORMAT
                    " type=%s cached=%d us=%" G_GUINT64_FORMAT " %ssha256=%s signatures=%s%s%s%s",
                    kind_name(kind), verdict_kind_name(answer->verdict.kind), answer->verdict.name,
                    action_name(answer->action), answer->flagged ? " flagged=1" : "",
                    answer->incident[0] ? " incident=" : "", answer->incident, answer->verdict.size,
                    answer->verdict.type[0] ? answer->verdict.type : "-", answer->from_cache,
                    microseconds, answer->is_stated ? "stated-" : "", seen, signatures,
                    inside ? " inside=\"" : "", inside ? inside : "", inside ? "\"" : "");
}
