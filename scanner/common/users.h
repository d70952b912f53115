/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * users.h - the users whose processes may ask the service.
 */
#ifndef SCANNER_USERS_H
#define SCANNER_USERS_H

#include <sys/types.h>

#include "scanner/common/config.h"

/* A list of uid_t from the names or numbers in [service] users=, with root and the service's own
 * user. Without any names it is empty: then everybody may ask who can reach the socket.
 * g_array_unref(); NULL with CONFIG_ERROR_VALUE for an unknown name. */
GArray *users_resolve(const ScannerConfig *config, GError **error);
gboolean users_may_ask(const GArray *users, uid_t user);

#endif /* SCANNER_USERS_H */
