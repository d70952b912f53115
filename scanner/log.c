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

typedef struct {
    gsize used;
    char bytes[LINE_SIZE]; /* the last is kept for the line's end */
} Line;

static void line_put(Line *line, const char *bytes, gsize size)
{
    size = MIN(size, LINE_SIZE - 1 - line->used);
    memcpy(line->bytes + line->used, bytes, size);
    line->used += size;
}

/* A word of ours. */
static void line_put_word(Line *line, const char *word)
{
    line_put(line, word, strlen(word));
}

static void make_printable(char *bytes, gsize size)
{
    for (gsize i = 0; i < size; i++)
        if ((guchar)bytes[i] < 0x20 || bytes[i] == 0x7f)
            bytes[i] = '?';
}

static void unquote(char *bytes, gsize size)
{
    for (gsize i = 0; i < size; i++)
        if (bytes[i] == '"')
            bytes[i] = '\'';
}

void log_unquote(char *text)
{
    unquote(text, strlen(text));
}

/* What anybody may have made up. */
static void line_put_text(Line *line, const char *text)
{
    gsize from = line->used;

    line_put_word(line, text);
    make_printable(line->bytes + from, line->used - from);
    unquote(line->bytes + from, line->used - from);
}

static void line_put_number(Line *line, guint64 number)
{
    char digits[20];
    gsize first = sizeof(digits);

    do
        digits[--first] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    line_put(line, digits + first, sizeof(digits) - first);
}

static void line_start(Line *line)
{
    struct timespec now;
    char behind[] = ".000Z ";

    line->used = 0;
    clock_gettime(CLOCK_REALTIME, &now);
    line_put_word(line, stamp_of(now.tv_sec)->text);
    for (long i = 3, rest = now.tv_nsec / 1000000; i > 0; i--, rest /= 10)
        behind[i] = (char)('0' + rest % 10);
    line_put_word(line, behind);
}

static void line_end(Line *line)
{
    line->bytes[line->used++] = '\n';
}

gboolean log_line(int fd, const char *format, ...)
{
    va_list arguments;
    Line line;
    int length;

    line_start(&line);
    va_start(arguments, format);
    length = g_vsnprintf(line.bytes + line.used, LINE_SIZE - 1 - line.used, format, arguments);
    va_end(arguments);
    length = MIN(length, (int)(LINE_SIZE - 2 - line.used));
    make_printable(line.bytes + line.used, (gsize)MAX(length, 0));
    line.used += (gsize)MAX(length, 0);
    line_end(&line);
    return log_batch_write(fd, line.bytes, line.used);
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

static void line_put_hex(Line *line, const guint8 *bytes, gsize count)
{
    static const char digits[] = "0123456789abcdef";

    for (gsize i = 0; i < count; i++)
        line_put(line, (char[]){digits[bytes[i] >> 4], digits[bytes[i] & 15]}, 2);
}

gboolean log_decision(LogBatch *batch, guint64 now, guint kind, const Answer *answer,
                      guint64 microseconds, const char *signatures)
{
    static const guint8 NONE[STOREHOOK_DIGEST_SIZE];
    guint culprit = members_culprit(answer->members);
    const Verdict *verdict = &answer->verdict;
    Line line;

    line_start(&line);
    line_put_word(&line, "decision of=");
    line_put_word(&line, kind_name(kind));
    line_put_word(&line, " verdict=");
    line_put_word(&line, verdict_kind_name(verdict->kind));
    line_put_word(&line, " name=\"");
    line_put_text(&line, verdict->name);
    line_put_word(&line, "\" action=");
    line_put_word(&line, action_name(answer->action));
    if (answer->flagged)
        line_put_word(&line, " flagged=1");
    if (answer->incident[0] != '\0') {
        line_put_word(&line, " incident=");
        line_put_text(&line, answer->incident);
    }
    line_put_word(&line, " size=");
    line_put_number(&line, verdict->size);
    line_put_word(&line, " type=");
    line_put_text(&line, verdict->type[0] != '\0' ? verdict->type : "-");
    line_put_word(&line, answer->from_cache ? " cached=1" : " cached=0");
    line_put_word(&line, " us=");
    line_put_number(&line, microseconds);
    /* Of a whole message there is none, nor of what a program asks about and is known by its sum.
     */
    if (memcmp(answer->seen, NONE, sizeof(NONE)) != 0) {
        line_put_word(&line, answer->is_stated ? " stated-sha256=" : " sha256=");
        line_put_hex(&line, answer->seen, DIGEST_SHOWN);
    }
    line_put_word(&line, " signatures=");
    line_put_text(&line, signatures);
    if (culprit != 0) {
        g_autofree char *inside = members_path(answer->members, culprit);

        line_put_word(&line, " inside=\"");
        line_put_text(&line, inside);
        line_put_word(&line, "\"");
    }
    line_end(&line);
    return log_batch_add(batch, line.bytes, line.used, now);
}
