/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log.h - one line an event: time, then key=value. Never any content.
 */
#ifndef SCANNER_LOG_H
#define SCANNER_LOG_H

#include <glib.h>

/* FALSE when the line was lost: whoever reads the log does not keep up, and no mail waits for that.
 * Any process may write; lines are whole. */
gboolean log_line(int fd, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Makes a text that anybody may have made up fit to stand between quotes. */
void log_unquote(char *text);

#endif /* SCANNER_LOG_H */
