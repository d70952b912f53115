/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * collector.h - gives back the room of messages that no folder has any more.
 */
#ifndef MAILSTORE_SERVER_COLLECTOR_H
#define MAILSTORE_SERVER_COLLECTOR_H

#include "mailstore/message/message-store.h"
#include "mailstore/server/loop.h"

typedef struct Collector Collector;

/* `interval` in seconds. */
Collector *collector_new(MailStore *store, Loop *loop, guint interval, GError **error);
/* Before the loop goes: ends a pass that is under way. Accepts NULL. */
void collector_stop(Collector *collector);
/* After the loop. Accepts and returns NULL. */
Collector *collector_free(Collector *collector);

#endif /* MAILSTORE_SERVER_COLLECTOR_H */
