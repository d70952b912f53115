/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quarantine.h - originals of what was taken away, kept until released, deleted or expired.
 *
 * One file an item, named by its id (32 random hex digits + ".shq", 0600): the item's metadata and
 * the original bytes, both in one file that appears whole or not at all, so there is no second
 * truth to fall out of step. The bytes are stored with each bit turned over: a scanner of the disk
 * then neither eats nor reports them. What a release already delivered stands in ID.delivered.
 *
 * Used in the supervisor only, from one thread. Not to be carried across fork.
 */
#ifndef SCANNER_QUARANTINE_H
#define SCANNER_QUARANTINE_H

#include <glib.h>
#include <json-glib/json-glib.h>

#include "filters/decision.h"

#define QUARANTINE_ERROR quarantine_error_quark()
GQuark quarantine_error_quark(void);
typedef enum {
    QUARANTINE_ERROR_FULL, /* a limit: the caller falls back, nothing is evicted to make room */
    QUARANTINE_ERROR_IO,   /* the file system refused */
    QUARANTINE_ERROR_NOT_FOUND, /* no such id, or the file is damaged */
    QUARANTINE_ERROR_ITEM,      /* metadata beyond QUARANTINE_METADATA_MAX, or no bytes */
    QUARANTINE_ERROR_BUSY       /* being released right now */
} QuarantineError;

/* Metadata of one item: 1000 recipients of 254 bytes (RFC 5321 §4.5.3.1.3), 10 000 digests in hex
 * fit. */
#define QUARANTINE_METADATA_MAX (1024 * 1024)
/* Some 50 us each, and who asks for an original to be kept meanwhile waits. */
#define QUARANTINE_LIST_MAX 10000

typedef struct {
    guint64 max_bytes; /* of all files */
    guint max_items;
    guint retention_days; /* 0: for ever. Only items older than this are ever removed by itself */
} QuarantineLimits;

typedef struct {
    const char *incident; /* reference of the message's incident */
    const char *sender;   /* envelope, may be "" */
    /* Envelope addresses as the store's column has them, divided by any of , ; space and newline.
     */
    const char *recipients;
    gboolean recipients_cut; /* some are missing: a release asks for --to then */
    const char *subject;
    const char *name; /* of the part, or NULL */
    FilterVerdict verdict;
    const char *verdict_name;
    const char *program;
    /* TRUE: the bytes are a whole message, can be released; FALSE: a content without its message */
    gboolean is_message;
    /* SHA-256 of all the workers would look at again when it is sent again: each decoded part and
     * the text. n * 32 bytes; may be NULL. A release puts them on the allow list. */
    const guint8 *digests;
    gsize digest_count;
} QuarantineItem;

typedef struct Quarantine Quarantine;

/* Makes the directory (0700) when absent, and locks it; counts what is there. */
Quarantine *quarantine_open(const char *directory, const QuarantineLimits *limits, GError **error);
Quarantine *quarantine_close(Quarantine *quarantine); /* accepts and returns NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Quarantine, quarantine_close)
/* Call when there is nothing else to do, until it is FALSE: reads so many of the files that were
 * there when it was opened. Damaged ones are renamed to ID.damaged, told by g_warning() and left
 * alone. */
#define QUARANTINE_READ_AT_ONCE 100 /* 10 ms, where nothing has them in memory */
gboolean quarantine_read_on(Quarantine *quarantine, guint most);
void quarantine_set_limits(Quarantine *quarantine, const QuarantineLimits *limits);

/* Takes `size` bytes of fd (a memfd; read with pread from 0, not closed). Returns TRUE only when
 * the item survives a power cut: file and directory are synced. *ret_id: g_free(). */
gboolean quarantine_store_fd(Quarantine *quarantine, const QuarantineItem *item, int fd, gsize size,
                             char **ret_id, GError **error);

/* The original bytes. */
GBytes *quarantine_read(Quarantine *quarantine, const char *id, GError **error);
/* Members as in quarantine_list(), and "digests". Caller owns it. */
JsonObject *quarantine_describe(Quarantine *quarantine, const char *id, GError **error);
/* Array of {id, time, incident, sender, recipients[], recipients-cut, subject, name, verdict,
 * verdict-name, program, size, is-message, released, delivered[]}, newest first, of those before
 * `until` (microseconds; 0: all), at most `limit` and QUARANTINE_LIST_MAX (0: so many). */
JsonArray *quarantine_list(Quarantine *quarantine, gint64 until, guint limit);
gboolean quarantine_delete(Quarantine *quarantine, const char *id, GError **error);

/* Remembers, durably, that a release delivered to these addresses (NULL at the end). */
gboolean quarantine_mark_delivered(Quarantine *quarantine, const char *id,
                                   const char *const *addresses, GError **error);
gboolean quarantine_is_delivered(Quarantine *quarantine, const char *id, const char *address);
/* All its recipients have it. */
gboolean quarantine_mark_released(Quarantine *quarantine, const char *id, GError **error);

/* For the time of a release: FALSE when another one has it, or it is not there. */
gboolean quarantine_claim(Quarantine *quarantine, const char *id, GError **error);
void quarantine_unclaim(Quarantine *quarantine, const char *id);

/* Removes items older than the retention, oldest first, if all have been read. Call once an hour.
 * Returns how many. What cannot be removed is told by g_warning(), once a reason. */
guint quarantine_expire(Quarantine *quarantine, gint64 now_seconds);

guint quarantine_count(const Quarantine *quarantine);
/* Why the last original could not be kept; NULL when it was, or none came yet. */
const char *quarantine_failure(const Quarantine *quarantine);
/* Why the last expiry left what is too old; NULL when it did not. */
const char *quarantine_expiry_failure(const Quarantine *quarantine);
guint64 quarantine_bytes(const Quarantine *quarantine);

#endif /* SCANNER_QUARANTINE_H */
