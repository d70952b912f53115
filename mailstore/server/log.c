/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log.c - the log: lines on standard error, each written by one write(2).
 *
 * A log that cannot be written must not stop mail, nor one whose reader does not keep up: lines are
 * lost then, and counted when there is room again. Lines longer than LINE_MOST are cut.
 */
#include "mailstore/server/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Below PIPE_BUF, so that lines of several threads never mix in a pipe. */
#define LINE_MOST 2048

/* Lines of several threads, one after the other: what there was room for would be taken between. */
static GMutex write_lock;
static guint lost; /* lines, since the last that was written */

static gboolean write_line(const char *line, size_t size)
{
    struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};

    /* A pipe says that there is room only when PIPE_BUF bytes fit. */
    return poll(&room, 1, 0) == 1 && (room.revents & POLLOUT) &&
           write(STDERR_FILENO, line, size) == (ssize_t)size;
}

static size_t begin_line(char *line, const char *level)
{
    struct timespec now;
    struct tm utc;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t used = strftime(line, LINE_MOST, "%Y-%m-%dT%H:%M:%S", &utc);
    return used + (size_t)snprintf(line + used, LINE_MOST - used, ".%03ldZ %s ",
                                   now.tv_nsec / 1000000L, level);
}

static gboolean tell_lost(void)
{
    char line[LINE_MOST];
    size_t used = begin_line(line, "warning");

    used += (size_t)snprintf(line + used, sizeof line - used, "log-lines-lost lines=%u\n", lost);
    return write_line(line, used);
}

static void log_line(const char *level, const char *format, va_list arguments)
{
    char line[LINE_MOST];
    size_t used = begin_line(line, level);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    int more = vsnprintf(line + used, sizeof line - used - 1, format, arguments);
#pragma GCC diagnostic pop
    if (more < 0)
        return;
    used = MIN(used + (size_t)more, sizeof line - 2);
    line[used++] = '\n';
    g_mutex_lock(&write_lock);
    if (lost > 0 && tell_lost())
        lost = 0;
    if (!write_line(line, used))
        lost++;
    g_mutex_unlock(&write_lock);
}

void log_info(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_line("info", format, arguments);
    va_end(arguments);
}

void log_warning(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_line("warning", format, arguments);
    va_end(arguments);
}

char *log_quote(const char *text)
{
    GString *quoted = g_string_new("\"");
    const char *end = text + strnlen(text, LOG_QUOTE_MOST);

    for (const char *at = text; at < end;) {
        gunichar c = g_utf8_get_char_validated(at, end - at);
        if (c == (gunichar)-1 || c == (gunichar)-2) {
            g_string_append_printf(quoted, "\\x%02x", (guchar)*at++);
        } else if (!g_unichar_isprint(c)) {
            for (const char *next = g_utf8_next_char(at); at < next; at++)
                g_string_append_printf(quoted, "\\x%02x", (guchar)*at);
        } else {
            if (c == '"' || c == '\\')
                g_string_append_c(quoted, '\\');
            g_string_append_unichar(quoted, c);
            at = g_utf8_next_char(at);
        }
    }
    if (*end != '\0')
        g_string_append(quoted, "...");
    g_string_append_c(quoted, '"');
    return g_string_free(quoted, FALSE);
}
