/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notify.h - tells the service manager that the service is ready.
 */
#ifndef SCANNER_NOTIFY_H
#define SCANNER_NOTIFY_H

/* By the protocol of sd_notify(3); does nothing without $NOTIFY_SOCKET. */
void notify_ready(void);

#endif
