/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keywords.h - the keywords of an entry: a list that does not change and that many entries share.
 *
 * NULL is the empty list. Stored they are one a line.
 */
#ifndef MAILSTORE_MESSAGE_KEYWORDS_H
#define MAILSTORE_MESSAGE_KEYWORDS_H

#include "mailstore/ese/esent.h"
#include "mailstore/message/message-store.h"

/* From the stored form. */
char **keywords_new(const char *text, gsize size);
char **keywords_ref(char **keywords);
void keywords_unref(char **keywords);
/* Whether that is the stored form of these. */
gboolean keywords_are(char *const *keywords, const char *text, gsize size);
/* What they hold in memory. */
gsize keywords_size(char *const *keywords);
/* The stored form of any list; JET_errInvalidParameter when it cannot be. */
JET_ERR keywords_pack(const char *const *keywords, GBytes **ret);
/* A new list, without duplicates. */
char **keywords_change(char *const *old, MailFlagsChange change, const char *const *by);

#endif /* MAILSTORE_MESSAGE_KEYWORDS_H */
