/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * records-client.h - the worker's side of incidents and quarantine, which the supervisor keeps.
 */
#ifndef SCANNER_RECORDS_CLIENT_H
#define SCANNER_RECORDS_CLIENT_H

#include "filters/decision.h"
#include "scanner/common/verdict.h"

/* Texts may be NULL or "". */
typedef struct {
    const char *reference;
    const char *message; /* reference of the message's incident */
    const char *sender, *subject;
    const char *recipients; /* up to STOREHOOK_RECIPIENTS_MAX */
    const char *name;       /* of the part */
    const char *inside;     /* path of the culprit inside of the part */
    const Verdict *verdict;
    const guint8 *digest; /* 32 bytes, or NULL */
    FilterAction action;
    const char *quarantine_id;
    const char *note;
    const char *signature_version;
    pid_t client; /* who wrote the message */
} RecordsIncident;

/* Sends an incident, without waiting for the supervisor beyond `end` (board_now()). */
gboolean records_add_incident(int channel, const RecordsIncident *incident, guint64 end);

/* Waits until what was sent before is on record, or counted as lost where it cannot be written.
 * FALSE when the supervisor has not confirmed that by `end`. */
gboolean records_confirm(int channel, guint64 end);

/* What is to be kept. */
typedef struct {
    int fd; /* its bytes, from the beginning of the file */
    gsize size;
    gboolean is_message;   /* FALSE: a content that belongs to no message */
    const guint8 *digests; /* digest_count * 32 bytes: what a release lets pass */
    gsize digest_count;
} RecordsOriginal;

/* Asks for an original to be kept, and waits until it is safe or `end` comes. *ret_id: g_free().
 * FALSE with a reason for the record. */
gboolean records_quarantine(int channel, const RecordsIncident *incident,
                            const RecordsOriginal *original, guint64 end, char **ret_id,
                            char **ret_reason);

/* Forwards a NOTE_LINK. */
void records_add_note(int channel, const StorehookMessage *note, guint64 end);

#endif /* SCANNER_RECORDS_CLIENT_H */
