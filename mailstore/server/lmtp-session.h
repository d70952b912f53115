/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lmtp-session.h - a conversation in LMTP (RFC 2033). */
#ifndef MAILSTORE_SERVER_LMTP_SESSION_H
#define MAILSTORE_SERVER_LMTP_SESSION_H

#include "mailstore/server/server.h"

void lmtp_session_open(Server *server, Connection *connection);

#endif /* MAILSTORE_SERVER_LMTP_SESSION_H */
