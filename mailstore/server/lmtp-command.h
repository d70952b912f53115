/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lmtp-command.h - the syntax of LMTP commands (RFC 2033, RFC 5321 §4.1).
 */
#ifndef MAILSTORE_SERVER_LMTP_COMMAND_H
#define MAILSTORE_SERVER_LMTP_COMMAND_H

#include <glib.h>

typedef enum {
    LMTP_LHLO,
    LMTP_MAIL,
    LMTP_RCPT,
    LMTP_DATA,
    LMTP_RSET,
    LMTP_NOOP,
    LMTP_QUIT,
    LMTP_VRFY,
    LMTP_HELO, /* and EHLO: told apart, because LMTP refuses both */
    LMTP_UNKNOWN
} LmtpVerb;

typedef struct {
    LmtpVerb verb;
    char *address; /* MAIL, RCPT: without brackets and route; "" is the null sender */
    guint64 size;  /* MAIL SIZE=, 0 when not told */
} LmtpCommand;

/* RFC 5321 §4.5.3.1.3 has 256 for a path. */
#define LMTP_ADDRESS_MOST 256

/* Parses a line without its CRLF. On FALSE *ret_reply is the whole reply, static. */
gboolean lmtp_command_parse(const char *line, gsize length, LmtpCommand *ret_command,
                            const char **ret_reply);
void lmtp_command_clear(LmtpCommand *command);

/* The mailbox an address means: the local part unquoted, in front of any '+', and what follows that
 * (NULL when nothing does). The caller frees both. */
void lmtp_address_split(const char *address, char **ret_name, char **ret_detail);

#endif /* MAILSTORE_SERVER_LMTP_COMMAND_H */
