/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * login.h - checks a name and a password and opens the mailbox, for IMAP and POP3.
 */
#ifndef MAILSTORE_SERVER_LOGIN_H
#define MAILSTORE_SERVER_LOGIN_H

#include "mailstore/server/server.h"

typedef struct {
    gboolean good;       /* name and password */
    const char *user;    /* as it is in the store */
    guint64 mailbox;     /* valid when good and error is NULL */
    const GError *error; /* the store could not open the mailbox */
} LoginResult;

typedef void (*LoginDone)(gpointer data, const LoginResult *result);

/* Always calls `done`, later, in the I/O thread; after a refusal with a delay that makes guessing
 * slow. */
void login_start(Server *server, Connection *connection, const char *user, const char *password,
                 LoginDone done, gpointer data);

typedef enum {
    LOGIN_PLAIN_GOOD,
    LOGIN_PLAIN_MALFORMED,
    LOGIN_PLAIN_FOR_ANOTHER /* an authorization identity that is not the user */
} LoginPlain;

/* The parts of SASL PLAIN (RFC 4616), decoded from base64; none unless GOOD. The caller frees. */
LoginPlain login_parse_plain(const char *base64, char **ret_user, char **ret_password);

#endif /* MAILSTORE_SERVER_LOGIN_H */
