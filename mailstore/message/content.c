/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * content.c - contents: what parts decode to, stored once under its digest.
 *
 * Two deliveries of the same new content would both insert it, and the later one would fail. So
 * each locks its digests in this process before its transaction begins, and the second one finds
 * the row of the first. A row that is linked to is also read-locked, against its collection.
 *
 * What a row holds after its write need not be what was set here: the row itself is asked for its
 * key when it turns out to be there already.
 */
#include "mailstore/message/content.h"

#include <string.h>

#include "mailstore/message/row.h"

struct DigestSet {
    GArray *digests; /* of Digest */
};

Digest content_digest(GBytes *data)
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    Digest digest;
    gsize size = sizeof digest.bytes;
    gsize data_size;
    const guint8 *bytes = g_bytes_get_data(data, &data_size);

    g_checksum_update(checksum, bytes, (gssize)data_size);
    g_checksum_get_digest(checksum, digest.bytes, &size);
    return digest;
}

static int digest_compare(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(Digest));
}

static gboolean digest_set_contains(const DigestSet *set, const Digest *digest)
{
    return g_array_binary_search(set->digests, digest, digest_compare, NULL);
}

DigestSet *digest_set_new(const Digest *digests, gsize count)
{
    DigestSet *set = g_new0(DigestSet, 1);
    g_autoptr(GArray) sorted = g_array_new(FALSE, FALSE, sizeof(Digest));

    set->digests = g_array_new(FALSE, FALSE, sizeof(Digest));
    if (count > 0)
        g_array_append_vals(sorted, digests, (guint)count);
    g_array_sort(sorted, digest_compare);
    for (guint i = 0; i < sorted->len; i++) {
        const Digest *digest = &g_array_index(sorted, Digest, i);
        if (i == 0 || digest_compare(digest - 1, digest) != 0)
            g_array_append_vals(set->digests, digest, 1);
    }
    return set;
}

DigestSet *digest_set_free(DigestSet *set)
{
    if (set == NULL)
        return NULL;
    g_array_unref(set->digests);
    g_free(set);
    return NULL;
}

void digest_set_add(DigestSet *set, const Digest *digest)
{
    if (digest_set_contains(set, digest))
        return;
    g_array_append_vals(set->digests, digest, 1);
    g_array_sort(set->digests, digest_compare);
}

void digest_set_lock(const DigestSet *set, KeyedLock *lock)
{
    keyed_lock_acquire(lock, (const guint8 *)set->digests->data, set->digests->len);
}

void digest_set_unlock(const DigestSet *set, KeyedLock *lock)
{
    keyed_lock_release(lock, (const guint8 *)set->digests->data, set->digests->len);
}

static JET_ERR content_seek(MailSession *session, const Digest *digest)
{
    RowValue key = ROW_NUMBER(digest->bytes);
    return row_seek(session, CONTENTS_BY_DIGEST, &key, 1);
}

/* The row being written is refused because its key is there: uses the row that is. */
static JET_ERR content_use_other(MailSession *session, const DigestSet *locked, Digest *ret_other)
{
    Digest digest;
    JET_ERR err = row_get_prepared(session, CONTENTS_BY_DIGEST, CONTENT_DIGEST, digest.bytes,
                                   sizeof digest.bytes);
    row_cancel(session, CONTENTS_BY_DIGEST);
    if (err < 0)
        return err;
    *ret_other = digest;
    if (!digest_set_contains(locked, &digest))
        return JET_errKeyDuplicate;
    err = content_seek(session, &digest);
    if (err < 0)
        return err == JET_errRecordNotFound ? JET_errKeyDuplicate : err;
    return row_lock(session, CONTENTS_BY_DIGEST, JET_bitReadLock);
}

JET_ERR content_store(MailSession *session, const Digest *digest, GBytes *data,
                      const DigestSet *locked, Digest *ret_other)
{
    RowValue value;
    value.data = g_bytes_get_data(data, &value.size);

    JET_ERR err = content_seek(session, digest);
    if (err >= 0)
        return row_lock(session, CONTENTS_BY_DIGEST, JET_bitReadLock);
    if (err != JET_errRecordNotFound)
        return err;
    if ((err = row_insert(session, CONTENTS_BY_DIGEST)) < 0 ||
        (err = row_set(session, CONTENTS_BY_DIGEST, CONTENT_DIGEST, ROW_NUMBER(digest->bytes))) <
            0 ||
        (err = row_set(session, CONTENTS_BY_DIGEST, CONTENT_DATA, value)) < 0)
        return err;
    err = row_write(session, CONTENTS_BY_DIGEST);
    return err == JET_errKeyDuplicate ? content_use_other(session, locked, ret_other) : err;
}
