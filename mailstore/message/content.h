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

/* The digests that a transaction may touch, and how it locks them in this process: exclusively what
 * it may have to insert, shared what is there already. */
typedef struct DigestSet DigestSet;
DigestSet *digest_set_new(const Digest *digests, gsize count);
DigestSet *digest_set_free(DigestSet *set); /* accepts NULL */
/* Looks which contents are there, to share their locks. In a transaction of its own. */
JET_ERR digest_set_look(DigestSet *set, MailSession *session);
void digest_set_lock(const DigestSet *set, KeyedLock *lock);
/* Also adds what the transaction found missing. */
void digest_set_unlock(DigestSet *set, KeyedLock *lock);

/* Puts CONTENTS_BY_DIGEST on the content. */
JET_ERR content_seek(MailSession *session, const Digest *digest);
/* Within a transaction, with the set locked: makes sure that the content is there and stays there
 * until the commit. JET_errKeyDuplicate when the set does not lock enough, or when the row in the
 * way is newer than the snapshot: the transaction must be run again after unlocking and locking the
 * set. */
JET_ERR content_store(MailSession *session, const Digest *digest, GBytes *data, DigestSet *set);

#endif /* MAILSTORE_MESSAGE_CONTENT_H */
