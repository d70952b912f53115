/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hostile-mail.h - random messages: well-formed, and broken in the ways that mail is.
 */
#ifndef TESTS_UNIT_MESSAGE_HOSTILE_MAIL_H
#define TESTS_UNIT_MESSAGE_HOSTILE_MAIL_H

#include <glib.h>

/* A random tree of parts; `damage` random edits are made to its bytes. */
GString *hostile_mail_new(GRand *rand, guint damage);

#endif /* TESTS_UNIT_MESSAGE_HOSTILE_MAIL_H */
