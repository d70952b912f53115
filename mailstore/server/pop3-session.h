/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pop3-session.h - a conversation in POP3 (RFC 1939). */
#ifndef MAILSTORE_SERVER_POP3_SESSION_H
#define MAILSTORE_SERVER_POP3_SESSION_H

#include "mailstore/server/server.h"

void pop3_session_open(Server *server, Connection *connection);

#endif /* MAILSTORE_SERVER_POP3_SESSION_H */
