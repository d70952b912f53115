/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * content.h - contents: what parts decode to, stored once under its digest.
 */
#ifndef MAILSTORE_MESSAGE_CONTENT_H
#define MAILSTORE_MESSAGE_CONTENT_H

#include "mailstore/message/session.h"

typedef struct {
    guint8 bytes[SCHEMA_DIGEST_SIZE];
} Digest;

Digest content_digest(GBytes *data);

/* The digests that a transaction may touch, for keyed_lock_acquire(): ascending, none twice. */
typedef struct DigestSet DigestSet;
DigestSet *digest_set_new(const Digest *digests, gsize count);
DigestSet *digest_set_free(DigestSet *set);
void digest_set_add(DigestSet *set, const Digest *digest);
void digest_set_lock(const DigestSet *set, KeyedLock *lock);
void digest_set_unlock(const DigestSet *set, KeyedLock *lock);

/* Within a transaction, with the digest locked: makes sure that the content is there and stays
 * there until the commit.
 *
 * On JET_errKeyDuplicate *ret_other is the digest of the row in the way, which is not in this
 * snapshot or not locked: the transaction must be run again with it locked, too. */
JET_ERR content_store(MailSession *session, const Digest *digest, GBytes *data,
                      const DigestSet *locked, Digest *ret_other);

#endif /* MAILSTORE_MESSAGE_CONTENT_H */
