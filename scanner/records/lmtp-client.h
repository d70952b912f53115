/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lmtp-client.h - delivers one message by LMTP (RFC 2033) without blocking the main loop.
 *
 * The supervisor must stay responsive meanwhile: the store asks the service about the very message
 * that is being released.
 */
#ifndef SCANNER_LMTP_CLIENT_H
#define SCANNER_LMTP_CLIENT_H

#include <glib.h>

#define LMTP_ERROR lmtp_error_quark()
GQuark lmtp_error_quark(void);
typedef enum {
    LMTP_ERROR_ADDRESS,  /* not unix:/path or IP:port */
    LMTP_ERROR_CONNECT,  /* no server, or the connection was lost before the replies came */
    LMTP_ERROR_TIMEOUT,  /* no progress for the given time */
    LMTP_ERROR_PROTOCOL, /* the server does not speak LMTP */
    LMTP_ERROR_REFUSED   /* the server refused before any recipient got a reply */
} LmtpError;

typedef struct {
    char *address;
    gboolean delivered;
    int code;    /* 250, 550 and so on; 0: no reply for this one */
    char *reply; /* the server's text, or why there is none */
} LmtpRecipient;

typedef struct {
    const char *server; /* "unix:/path", "127.0.0.1:24", "[::1]:24", "localhost:24" */
    const char *sender; /* "" for the null sender */
    const char *const *recipients;
    GBytes *message;       /* sent as it is but for the doubled dots; a bare LF stays one */
    guint timeout_seconds; /* to wait without progress */
} LmtpDelivery;

/* recipients: LmtpRecipient, in the order given, valid during the call. error: NULL when the server
 * replied for each; else why the conversation ended early. Some may have got it before. */
typedef void (*LmtpDone)(GPtrArray *recipients, const GError *error, gpointer user_data);

/* TRUE if `server` is a usable address. For the configuration's check. */
gboolean lmtp_address_is_valid(const char *server, GError **error);

/* Copies what it needs; `done` is called exactly once, from the main loop, never before this
 * returns. */
void lmtp_deliver(const LmtpDelivery *delivery, LmtpDone done, gpointer user_data);

#endif /* SCANNER_LMTP_CLIENT_H */
