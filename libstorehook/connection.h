/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * connection.h - this process's tie to the service: handshake, switch, breaker, sending.
 *
 * For all threads.
 */
#ifndef LIBSTOREHOOK_CONNECTION_H
#define LIBSTOREHOOK_CONNECTION_H

#include "libstorehook/exchange.h"

typedef enum {
    CONNECTION_JUDGE,      /* ask */
    CONNECTION_STOPPED,    /* switched off by the administrator */
    CONNECTION_NOT_YOU,    /* this executable is not to be hooked */
    CONNECTION_UNAVAILABLE /* nobody to ask */
} ConnectionMode;

/* What is so now, by loads alone. */
ConnectionMode connection_peek(void);
/* A handshake was tried, with whatever result. */
bool connection_was_tried(void);
/* The service said "not you", and nothing says that it would say otherwise now. */
bool connection_is_not_you(void);
/* The first, after a handshake if one is due: at the first call, after the service came back, when
 * its configuration changed; at most one a second. */
ConnectionMode connection_mode(void);

/* Milliseconds that a transaction may wait for verdicts. */
uint32_t connection_deadline_ms(void);
uint32_t connection_generation(void);
/* STOREHOOK_ON_UNAVAILABLE=defer */
bool connection_defers(void);

/* The sockets to the workers. */
ExchangePool *connection_pool(void);
/* A request could not be sent (exchange_send, exchange_open): opens the breaker if that means that
 * nobody is there, or that there was no room all the time (-EAGAIN). */
void connection_failed(int error);
/* Changes with whatever a verdict hangs on. */
uint32_t connection_epoch(void);
/* Before a question: whether the service is still the one that is known, once a second. */
void connection_look(void);
/* A message that is not answered: without waiting, and without a word when it cannot be sent. */
void connection_send_note(StorehookWriter *writer);
/* Sends what passed unscanned to the supervisor, as far as it takes it at once. */
void connection_report(void);
/* The same when something has just passed, which may be the last for long: waits a little for it to
 * be taken, unless that was in vain a moment ago. */
void connection_report_counted(void);
/* The same at the end of a store's life: tries a handshake first, whenever the last was. */
void connection_report_last(void);

/* STOREHOOK_SOCKET of the environment the process began with, else the default. */
const char *connection_socket_path(void);

#endif /* LIBSTOREHOOK_CONNECTION_H */
