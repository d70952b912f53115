/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log-line.h - builds one log line, quickly. What does not fit is left out.
 */
#ifndef SCANNER_LOG_LINE_H
#define SCANNER_LOG_LINE_H

#include <glib.h>

enum {
    LOG_LINE_SIZE = 2048 /* below PIPE_BUF, so that lines of several processes do not mix */
};

typedef struct {
    gsize used;
    char bytes[LOG_LINE_SIZE]; /* the last byte is for the line end */
} LogLine;

void log_line_start(LogLine *line); /* with the time */
void log_line_end(LogLine *line);
void log_line_put(LogLine *line, const char *bytes, gsize size);
void log_line_put_word(LogLine *line, const char *word); /* a constant of ours */
/* Text from outside, made fit to stand between quotes. */
void log_line_put_text(LogLine *line, const char *text);
void log_line_put_number(LogLine *line, guint64 number);

#endif /* SCANNER_LOG_LINE_H */
