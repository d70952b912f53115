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
    LINE_SIZE = 2048 /* below PIPE_BUF: whole lines from several writers */
};

static gsize line_start(char *line, gsize capacity)
{
    struct timespec now;
    struct tm utc;
    gsize used;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    used = strftime(line, capacity, "%Y-%m-%dT%H:%M:%S", &utc);
    return used +
           (gsize)g_snprintf(line + used, capacity - used, ".%03ldZ ", now.tv_nsec / 1000000);
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

gboolean log_decision(LogBatch *batch, guint64 now, guint kind, const Answer *answer,
                      guint64 microseconds, const char *signatures)
{
    guint culprit = members_culprit(answer->members);
    g_autofree char *inside = culprit != 0 ? members_path(answer->members, culprit) : NULL;
    const guint8 *d = answer->seen;

    return line_add(batch, now,
                    "decision of=%s verdict=%s name=\"%s\" action=%s%s%s%s size=%" G_GUINT64_FORMAT
                    " type=%s cached=%d us=%" G_GUINT64_FORMAT
                    " sha256=%02x%02x%02x%02x%02x%02x%02x%02x signatures=%s%s%s%s",
                    kind_name(kind), verdict_kind_name(answer->verdict.kind), answer->verdict.name,
                    action_name(answer->action), answer->flagged ? " flagged=1" : "",
                    answer->incident[0] ? " incident=" : "", answer->incident, answer->verdict.size,
                    answer->verdict.type[0] ? answer->verdict.type : "-", answer->from_cache,
                    microseconds, d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7], signatures,
                    inside ? " inside=\"" : "", inside ? inside : "", inside ? "\"" : "");
}
