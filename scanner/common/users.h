/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * users.h - whose processes may ask.
 */
#ifndef SCANNER_USERS_H
#define SCANNER_USERS_H

#include <sys/types.h>

#include "scanner/common/config.h"

/* Names or numbers of [service] users= to a list of uid_t with root and the service's own; an empty
 * list for no names: then everybody may whom the socket's directory lets in. g_array_unref(); NULL
 * with CONFIG_ERROR_VALUE for a name that nobody has. */
GArray *users_resolve(const ScannerConfig *config, GError **error);
gboolean users_may_ask(const GArray *users, uid_t user);

#endif /* SCANNER_USERS_H */
