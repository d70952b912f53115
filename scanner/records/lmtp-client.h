/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lmtp-client.h - one message delivered by LMTP (RFC 2033), without blocking the main loop.
 *
 * The supervisor must stay free while it delivers: the store asks the service about the very
 * message that is being released.
 */
#ifndef SCANNER_LMTP_CLIENT_H
#define SCANNER_LMTP_CLIENT_H

#include <glib.h>

#define LMTP_ERROR lmtp_error_quark()
GQuark lmtp_error_quark(void);
typedef enum {
    LMTP_ERROR_ADDRESS,  /* not unix:/path or IP:port */
    LMTP_ERROR_CONNECT,  /* nobody there, or lost before the answers came */
    LMTP_ERROR_TIMEOUT,  /* no progress for the given time */
    LMTP_ERROR_PROTOCOL, /* not LMTP */
    LMTP_ERROR_REFUSED   /* the server said no before any recipient was judged */
} LmtpError;

typedef struct {
    char *address;
    gboolean delivered;
    int code;    /* 250, 550 ...; 0: no answer came for this one */
    char *reply; /* the server's words, or why none came */
} LmtpRecipient;

typedef struct {
    const char *server; /* "unix:/path", "127.0.0.1:24", "[::1]:24", "localhost:24" */
    const char *sender; /* "" is legal */
    const char *const *recipients;
    GBytes *message;       /* any line ends; bare LF goes out as it is, only dots are stuffed */
    guint timeout_seconds; /* without progress */
} LmtpDelivery;

/* recipients: LmtpRecipient, in the order given, valid during the call. error is NULL when each
 * got an answer of the server; else what cut it short (some may have been delivered before). */
typedef void (*LmtpDone)(GPtrArray *recipients, const GError *error, gpointer user_data);

/* TRUE if `server` is a usable address. For the configuration's check. */
gboolean lmtp_address_is_valid(const char *server, GError **error);

/* Copies what it needs; `done` is called exactly once, from the main loop, never before this
 * returns. */
void lmtp_deliver(const LmtpDelivery *delivery, LmtpDone done, gpointer user_data);

#endif /* SCANNER_LMTP_CLIENT_H */
