/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quarantine.h - originals of what was removed, kept until they are released, deleted or expired.
 *
 * Each item is one file, named by its id (32 random hex digits + ".shq", 0600). It has the item's
 * metadata and the original bytes and appears whole or not at all, so the two cannot contradict
 * each other. The bytes are stored with every bit inverted, so that a virus scanner on the disk
 * neither removes nor reports them. To whom the item was released stands in ID.delivered.
 *
 * Used in the supervisor only, from one thread, and not after a fork.
 */
#ifndef SCANNER_QUARANTINE_H
#define SCANNER_QUARANTINE_H

#include <glib.h>
#include <json-glib/json-glib.h>

#include "filters/decision.h"

#define QUARANTINE_ERROR quarantine_error_quark()
GQuark quarantine_error_quark(void);
typedef enum {
    QUARANTINE_ERROR_FULL, /* a limit is reached: nothing is removed to make room, the caller uses
                              its fallback */
    QUARANTINE_ERROR_IO,   /* the file system refused */
    QUARANTINE_ERROR_NOT_FOUND, /* no such id, or the file is damaged */
    QUARANTINE_ERROR_ITEM,      /* metadata beyond QUARANTINE_METADATA_MAX, or no bytes */
    QUARANTINE_ERROR_BUSY       /* being released right now */
} QuarantineError;

/* Metadata of one item. 1000 recipients of 254 bytes (RFC 5321 §4.5.3.1.3) and 10 000 digests in
 * hex fit. */
#define QUARANTINE_METADATA_MAX (1024 * 1024)
/* Each takes some 50 us, in which a worker with a new original has to wait. */
#define QUARANTINE_LIST_MAX 10000

typedef struct {
    guint64 max_bytes; /* of all files */
    guint max_items;
    guint retention_days; /* 0: for ever. Only older items are ever removed without being asked */
} QuarantineLimits;

typedef struct {
    const char *incident; /* reference of the message's incident */
    const char *sender;   /* envelope, may be "" */
    /* Envelope addresses as in the store's column, separated by any of , ; space and newline. */
    const char *recipients;
    gboolean recipients_cut; /* some are missing: a release then needs --to */
    const char *subject;
    const char *name; /* of the part, or NULL */
    FilterVerdict verdict;
    const char *verdict_name;
    const char *program;
    /* TRUE: the bytes are a whole message, can be released; FALSE: a content without its message */
    gboolean is_message;
    /* SHA-256 of all that workers will judge when the message is delivered again: the text and each
     * decoded part; 32 bytes each. A release puts them on the allow list. May be NULL. */
    const guint8 *digests;
    gsize digest_count;
} QuarantineItem;

typedef struct Quarantine Quarantine;

/* Makes the directory (0700) if it is missing, locks it and counts the items. */
Quarantine *quarantine_open(const char *directory, const QuarantineLimits *limits, GError **error);
Quarantine *quarantine_close(Quarantine *quarantine); /* accepts and returns NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Quarantine, quarantine_close)
/* Reads the times of so many items that were there at the start. To be called when there is nothing
 * else to do, until it returns FALSE. Damaged files are renamed to ID.damaged, with a g_warning(),
 * and left alone. */
#define QUARANTINE_READ_AT_ONCE 100 /* 10 ms, when the disk's cache has none of them */
gboolean quarantine_read_on(Quarantine *quarantine, guint most);
void quarantine_set_limits(Quarantine *quarantine, const QuarantineLimits *limits);

/* Stores the first `size` bytes of fd, a memfd, which stays open. TRUE only when the item survives
 * a power cut: file and directory are synced. *ret_id: g_free(). */
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

/* Records that a release delivered to these addresses (NULL-terminated); synced to the disk. */
gboolean quarantine_mark_delivered(Quarantine *quarantine, const char *id,
                                   const char *const *addresses, GError **error);
gboolean quarantine_is_delivered(Quarantine *quarantine, const char *id, const char *address);
/* Records that all recipients have it. */
gboolean quarantine_mark_released(Quarantine *quarantine, const char *id, GError **error);

/* Reserves an item for a release. FALSE when another release has it, or there is none. */
gboolean quarantine_claim(Quarantine *quarantine, const char *id, GError **error);
void quarantine_unclaim(Quarantine *quarantine, const char *id);

/* Removes items older than the retention, oldest first, once all times have been read; returns how
 * many. To be called once an hour. What cannot be removed causes a g_warning(), once for each
 * reason. */
guint quarantine_expire(Quarantine *quarantine, gint64 now_seconds);

guint quarantine_count(const Quarantine *quarantine);
/* Why the last original could not be stored; NULL when it was, or there was none yet. */
const char *quarantine_failure(const Quarantine *quarantine);
/* Why the last expiry left items that are too old; NULL when it did not. */
const char *quarantine_expiry_failure(const Quarantine *quarantine);
guint64 quarantine_bytes(const Quarantine *quarantine);

#endif /* SCANNER_QUARANTINE_H */
