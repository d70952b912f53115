/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log.h - one line for each event: the time, then key=value. Never any content of mail.
 */
#ifndef SCANNER_LOG_H
#define SCANNER_LOG_H

#include <glib.h>

/* FALSE when the line was lost, since the reader does not keep up: no mail waits for the log.
 * Several processes may write; lines do not mix. */
gboolean log_line(int fd, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Makes a text from outside fit to stand between quotes. */
void log_unquote(char *text);

#endif /* SCANNER_LOG_H */
