/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * users.h - who there is: the passwd file, a line each `name:crypt-hash`. The I/O thread's, but for
 * users_check_password().
 */
#ifndef MAILSTORE_SERVER_USERS_H
#define MAILSTORE_SERVER_USERS_H

#include <glib.h>

typedef struct Users Users;

#define USERS_ERROR users_error_quark()
GQuark users_error_quark(void);

typedef enum {
    USERS_ERROR_FILE,  /* cannot be read */
    USERS_ERROR_SYNTAX /* file, line and reason are told */
} UsersError;

#define USERS_NAME_MOST 64 /* octets of a local part, RFC 5321 §4.5.3.1.1 */

Users *users_load(const char *path, GError **error);
Users *users_free(Users *users); /* accepts and returns NULL */

/* Reads the file again when it changed; a bad one is logged and the old table stays.
 * Names are compared without case. Returns the hash, or NULL when there is no such user; valid
 * until the next call. */
const char *users_find(Users *users, const char *name);

/* Slow by design of the hash; for any thread. hash == NULL costs as much time and is FALSE. */
gboolean users_check_password(const char *hash, const char *password);

#endif /* MAILSTORE_SERVER_USERS_H */
