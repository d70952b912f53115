/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * users.h - whose processes may ask.
 */
#ifndef SCANNER_USERS_H
#define SCANNER_USERS_H

#include <glib.h>
#include <sys/types.h>

/* Names or numbers to a list of uid_t with root and the service's own; an empty list for no names:
 * then everybody may whom the socket's directory lets in. *ret_unknown is a name nobody has, and
 * the result NULL. Free with g_array_unref(). */
GArray *users_resolve(char *const *names, const char **ret_unknown);
gboolean users_may_ask(const GArray *users, uid_t user);

#endif /* SCANNER_USERS_H */
