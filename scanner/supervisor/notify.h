/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notify.h - tells the service manager that we serve.
 */
#ifndef SCANNER_NOTIFY_H
#define SCANNER_NOTIFY_H

/* By the protocol of sd_notify(3); nothing where nobody waits for it. */
void notify_ready(void);

#endif
