/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listener.h - a listening socket of a service. */
#ifndef MAILSTORE_SERVER_LISTENER_H
#define MAILSTORE_SERVER_LISTENER_H

#include "mailstore/server/server.h"

typedef struct Listener Listener;

/* `address` is one of config_parse_address(). A unix socket left by a process that is gone is
 * replaced, one that answers is an error. */
Listener *listener_new(Server *server, ServiceKind kind, const char *address, GError **error);
Listener *listener_free(Listener *listener); /* accepts and returns NULL */

#endif /* MAILSTORE_SERVER_LISTENER_H */
