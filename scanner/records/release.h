/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * release.h - delivers a quarantined message: the original bytes, to its recipients.
 *
 * The digests of the message go on the allow list, then it is delivered to the server by LMTP. Who
 * got it is recorded, so that a release can be repeated: it goes to those only who do not have it
 * yet.
 */
#ifndef SCANNER_RELEASE_H
#define SCANNER_RELEASE_H

#include <glib.h>
#include <json-glib/json-glib.h>

#include "scanner/records/allow-list.h"
#include "scanner/records/incidents.h"
#include "scanner/records/quarantine.h"

#define RELEASE_ERROR release_error_quark()
GQuark release_error_quark(void);
typedef enum {
    RELEASE_ERROR_SETTINGS, /* no server configured */
    RELEASE_ERROR_ITEM,     /* not a message, or no recipients known */
    RELEASE_ERROR_DELIVERY  /* one or all recipients did not get it */
} ReleaseError;

typedef struct {
    const char *lmtp;      /* [quarantine] release-lmtp=; "" or NULL: releases are refused */
    guint timeout_seconds; /* to wait for the LMTP server without progress; 0: 60 */
    guint allow_days;      /* how long the digests stay allowed; 0: 30 */
} ReleaseSettings;

/* One release. The three stores must outlive it; of the rest nothing is needed after
 * release_start(). */
typedef struct {
    Quarantine *quarantine;
    AllowList *allow;
    Incidents *incidents;
    const char *id;        /* of the item */
    const char *const *to; /* NULL-terminated, instead of the original recipients; NULL: those */
    const ReleaseSettings *settings;
} ReleaseRequest;

/* report: {id, recipients: [{address, delivered, code, reply, already}], released: bool}, borrowed;
 * NULL when nothing was tried. error: NULL when all have it. */
typedef void (*ReleaseDone)(JsonObject *report, const GError *error, gpointer user_data);

/* `done` is called exactly once, maybe before this returns. */
void release_start(const ReleaseRequest *request, ReleaseDone done, gpointer user_data);

#endif /* SCANNER_RELEASE_H */
