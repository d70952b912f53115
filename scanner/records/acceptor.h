/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * acceptor.h - takes the connections of a listening socket, in the default main context.
 */
#ifndef SCANNER_ACCEPTOR_H
#define SCANNER_ACCEPTOR_H

#include <glib.h>

typedef struct Acceptor Acceptor;
/* Owns `peer`, which does not block and is close-on-exec. */
typedef void (*AcceptorTaken)(int peer, gpointer user_data);

/* Takes over `fd`. */
Acceptor *acceptor_new(int fd, AcceptorTaken taken, gpointer user_data);
Acceptor *acceptor_free(Acceptor *acceptor); /* accepts and returns NULL; closes the socket */

#endif /* SCANNER_ACCEPTOR_H */
