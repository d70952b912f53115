/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * content.c - contents: what parts decode to, stored once under its digest.
 *
 * Two deliveries of the same new content would both insert it, and the later one would fail. So
 * each locks its digests in this process before its transaction begins, and the second one finds
 * the row of the first. Deliveries of a content that is there share its lock: they do not wait for
 * each other, and collection does not come between. A row that is linked to is also read-locked,
 * for those who know of the database only.
 *
 * What a row holds after its write need not be what was set here: the row itself is asked for its
 * key when it turns out to be there already.
 */
#include "mailstore/message/content.h"

#include <openssl/sha.h>
#include <string.h>

#include "mailstore/message/row.h"
#include "mailstore/message/transaction.h"

typedef struct {
    Digest digest;
    gboolean shared;
} DigestLock;

struct DigestSet {
    GArray *locks;     /* of DigestLock, by digest, none twice */
    gboolean is_short; /* the transaction wanted a lock that it did not have: */
    DigestLock wanted;
};

Digest content_digest(GBytes *data)
{
    Digest digest;
    gsize size;
    const guint8 *bytes = g_bytes_get_data(data, &size);

    /* libcrypto hashes three times as fast as GLib (SHA instructions). */
    SHA256(bytes, size, digest.bytes);
    return digest;
}

static int digest_compare(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(Digest));
}

static DigestLock *digest_set_find(const DigestSet *set, const Digest *digest)
{
    guint at;
    /* A DigestLock begins with its digest. */
    if (!g_array_binary_search(set->locks, digest, digest_compare, &at))
        return NULL;
    return &g_array_index(set->locks, DigestLock, at);
}

DigestSet *digest_set_new(const Digest *digests, gsize count)
{
    DigestSet *set = g_new0(DigestSet, 1);
    g_autoptr(GArray) sorted = g_array_new(FALSE, FALSE, sizeof(Digest));

    set->locks = g_array_new(FALSE, FALSE, sizeof(DigestLock));
    if (count > 0)
        g_array_append_vals(sorted, digests, (guint)count);
    g_array_sort(sorted, digest_compare);
    for (guint i = 0; i < sorted->len; i++) {
        DigestLock lock = {.digest = g_array_index(sorted, Digest, i)};
        if (i == 0 || digest_compare(&g_array_index(sorted, Digest, i - 1), &lock.digest) != 0)
            g_array_append_val(set->locks, lock);
    }
    return set;
}

DigestSet *digest_set_free(DigestSet *set)
{
    if (set == NULL)
        return NULL;
    g_array_unref(set->locks);
    g_free(set);
    return NULL;
}

void digest_set_lock(const DigestSet *set, KeyedLock *lock)
{
    for (guint i = 0; i < set->locks->len; i++) {
        const DigestLock *entry = &g_array_index(set->locks, DigestLock, i);
        keyed_lock_acquire(lock, &entry->digest, entry->shared);
    }
}

void digest_set_unlock(DigestSet *set, KeyedLock *lock)
{
    for (guint i = 0; i < set->locks->len; i++)
        keyed_lock_release(lock, &g_array_index(set->locks, DigestLock, i).digest);
    if (!set->is_short)
        return;
    DigestLock *entry = digest_set_find(set, &set->wanted.digest);
    if (entry != NULL)
        entry->shared = set->wanted.shared;
    else
        g_array_append_val(set->locks, set->wanted);
    g_array_sort(set->locks, digest_compare);
    set->is_short = FALSE;
}

JET_ERR content_seek(MailSession *session, const Digest *digest)
{
    RowValue key = ROW_NUMBER(digest->bytes);
    return row_seek(session, CONTENTS_BY_DIGEST, &key, 1);
}

static JET_ERR look_body(MailSession *session, gpointer data)
{
    DigestSet *set = data;
    for (guint i = 0; i < set->locks->len; i++) {
        DigestLock *lock = &g_array_index(set->locks, DigestLock, i);
        JET_ERR err = content_seek(session, &lock->digest);
        if (err < 0 && err != JET_errRecordNotFound)
            return err;
        lock->shared = err >= 0;
    }
    return JET_errSuccess;
}

JET_ERR digest_set_look(DigestSet *set, MailSession *session)
{
    return set->locks->len > 0 ? transaction_run(session, TRANSACTION_READ, look_body, set)
                               : JET_errSuccess;
}

/* The row being written is refused because its key is there: uses the row that is. */
static JET_ERR content_use_other(MailSession *session, DigestSet *set)
{
    DigestLock other = {.shared = TRUE};
    JET_ERR err = row_get_prepared(session, CONTENTS_BY_DIGEST, CONTENT_DIGEST, other.digest.bytes,
                                   sizeof other.digest.bytes);
    row_cancel(session, CONTENTS_BY_DIGEST);
    if (err < 0)
        return err;
    if (digest_set_find(set, &other.digest) == NULL) {
        set->wanted = other;
        set->is_short = TRUE;
        return JET_errKeyDuplicate;
    }
    err = content_seek(session, &other.digest);
    if (err < 0)
        return err == JET_errRecordNotFound ? JET_errKeyDuplicate : err;
    return row_lock(session, CONTENTS_BY_DIGEST, JET_bitReadLock);
}

JET_ERR content_store(MailSession *session, const Digest *digest, GBytes *data, DigestSet *set)
{
    const RowSetting values[] = {
        {CONTENT_DIGEST, ROW_NUMBER(digest->bytes)},
        {CONTENT_DATA, row_bytes(data)},
    };
    JET_ERR err = content_seek(session, digest);

    if (err >= 0)
        return row_lock(session, CONTENTS_BY_DIGEST, JET_bitReadLock);
    if (err != JET_errRecordNotFound)
        return err;
    if (digest_set_find(set, digest)->shared) {
        set->wanted = (DigestLock){.digest = *digest}; /* it has been collected meanwhile */
        set->is_short = TRUE;
        return JET_errKeyDuplicate;
    }
    if ((err = row_insert(session, CONTENTS_BY_DIGEST)) < 0)
        return err;
    err = row_set_and_write(session, CONTENTS_BY_DIGEST, values, G_N_ELEMENTS(values));
    return err == JET_errKeyDuplicate ? content_use_other(session, set) : err;
}
