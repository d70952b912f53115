/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log.h - one line per event on standard error: time, level, event, key=value pairs.
 *
 * Never given passwords or message content. What a peer chose goes through log_quote().
 */
#ifndef MAILSTORE_SERVER_LOG_H
#define MAILSTORE_SERVER_LOG_H

#include <glib.h>

void log_info(const char *format, ...) G_GNUC_PRINTF(1, 2);
void log_warning(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* `text` as a quoted word: control characters, quotes and bytes that are no UTF-8 are escaped and
 * more than LOG_QUOTE_MOST bytes are cut off, so that no peer writes lines of its own. */
#define LOG_QUOTE_MOST 256
char *log_quote(const char *text);

#endif /* MAILSTORE_SERVER_LOG_H */
