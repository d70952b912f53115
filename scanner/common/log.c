/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log.c - builds log lines, and writes those of events with one write(2) each, without blocking.
 *
 * When the pipe is full or the file system fails, the line is lost and the caller counts it.
 */
#include "scanner/common/log.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "scanner/common/log-batch.h"
#include "scanner/common/log-line.h"

/* The text of one second, which many lines share. */
typedef struct {
    time_t second;
    char text[32];
} Stamp;

static const Stamp *stamp_of(time_t second)
{
    /* For the one thread of a process that writes lines; another would have its own. */
    static _Thread_local Stamp kept;
    struct tm utc;

    if (kept.text[0] != '\0' && kept.second == second)
        return &kept;
    gmtime_r(&second, &utc);
    strftime(kept.text, sizeof(kept.text), "%Y-%m-%dT%H:%M:%S", &utc);
    kept.second = second;
    return &kept;
}

void log_line_put(LogLine *line, const char *bytes, gsize size)
{
    size = MIN(size, LOG_LINE_SIZE - 1 - line->used);
    memcpy(line->bytes + line->used, bytes, size);
    line->used += size;
}

void log_line_put_word(LogLine *line, const char *word)
{
    log_line_put(line, word, strlen(word));
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

void log_line_put_text(LogLine *line, const char *text)
{
    gsize from = line->used;

    log_line_put_word(line, text);
    make_printable(line->bytes + from, line->used - from);
    unquote(line->bytes + from, line->used - from);
}

void log_line_put_number(LogLine *line, guint64 number)
{
    char digits[20];
    gsize first = sizeof(digits);

    do
        digits[--first] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    log_line_put(line, digits + first, sizeof(digits) - first);
}

void log_line_start(LogLine *line)
{
    struct timespec now;
    char behind[] = ".000Z ";

    line->used = 0;
    clock_gettime(CLOCK_REALTIME, &now);
    log_line_put_word(line, stamp_of(now.tv_sec)->text);
    for (long i = 3, rest = now.tv_nsec / 1000000; i > 0; i--, rest /= 10)
        behind[i] = (char)('0' + rest % 10);
    log_line_put_word(line, behind);
}

void log_line_end(LogLine *line)
{
    line->bytes[line->used++] = '\n';
}

gboolean log_line(int fd, const char *format, ...)
{
    va_list arguments;
    LogLine line;
    int length;

    log_line_start(&line);
    va_start(arguments, format);
    length = g_vsnprintf(line.bytes + line.used, LOG_LINE_SIZE - 1 - line.used, format, arguments);
    va_end(arguments);
    length = MIN(length, (int)(LOG_LINE_SIZE - 2 - line.used));
    make_printable(line.bytes + line.used, (gsize)MAX(length, 0));
    line.used += (gsize)MAX(length, 0);
    log_line_end(&line);
    return log_batch_write(fd, line.bytes, line.used);
}
