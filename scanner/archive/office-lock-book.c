/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * office-lock-book.c - workbooks of the old kind under RC4 ([MS-XLS] 2.2.10, [MS-OFFCRYPTO] 2.3.5
 * and 2.3.6).
 *
 * Fails by FALSE; the stream is only changed where the password was right.
 */
#include "scanner/archive/office-lock.h"

#include <openssl/evp.h>
#include <string.h>

#include "scanner/common/byte-number.h"
#include "scanner/common/rc4.h"

enum {
    RECORD_FILE_PASS = 0x002f,
    RECORD_SHEET = 0x0085, /* its first four bytes are in plain */
    RECORD_UNKNOWN = 0x7777,
    RECORDS_BEFORE_MAX = 100, /* the lock stands before all that it locks */
    BLOCK = 1024,             /* of the stream, with a key of its own */
    HASH_MAX = 20,
    KEY_SIZE = 16
};

/* What the keys of all blocks are made of. */
typedef struct {
    const EVP_MD *hash;
    guint8 base[HASH_MAX];
    gsize base_size;
    gsize key_size; /* of it, the rest up to KEY_SIZE are zeros */
} Lock;

static gboolean hash_two(const EVP_MD *hash, const void *one, gsize one_size, const void *two,
                         gsize two_size, guint8 *out)
{
    EVP_MD_CTX *work = EVP_MD_CTX_new();
    gboolean ok = work && EVP_DigestInit_ex(work, hash, NULL) &&
                  EVP_DigestUpdate(work, one, one_size) && EVP_DigestUpdate(work, two, two_size) &&
                  EVP_DigestFinal_ex(work, out, NULL);

    EVP_MD_CTX_free(work);
    return ok;
}

static gboolean lock_start(const Lock *lock, guint block, Rc4 *rc4)
{
    guint32 count = GUINT32_TO_LE(block);
    guint8 key[EVP_MAX_MD_SIZE];

    if (!hash_two(lock->hash, lock->base, lock->base_size, &count, 4, key))
        return FALSE;
    memset(key + lock->key_size, 0, sizeof(key) - lock->key_size);
    rc4_start(rc4, key, KEY_SIZE);
    return TRUE;
}

/* Whether the hash of the one, both decrypted, is the other. */
static gboolean lock_fits(const Lock *lock, const guint8 *input, const guint8 *value)
{
    gsize size = (gsize)EVP_MD_get_size(lock->hash);
    guint8 bytes[KEY_SIZE + HASH_MAX], hashed[EVP_MAX_MD_SIZE];
    Rc4 rc4;

    if (!lock_start(lock, 0, &rc4))
        return FALSE;
    for (gsize i = 0; i < KEY_SIZE + size; i++)
        bytes[i] = (i < KEY_SIZE ? input[i] : value[i - KEY_SIZE]) ^ rc4_next(&rc4);
    return hash_two(lock->hash, bytes, KEY_SIZE, "", 0, hashed) &&
           memcmp(hashed, bytes + KEY_SIZE, size) == 0;
}

/* [MS-OFFCRYPTO] 2.3.6: MD5, and five bytes of secret. */
static gboolean lock_old(const guint8 *at, gsize size, const guint8 *text, gsize text_size,
                         Lock *lock)
{
    guint8 first[EVP_MAX_MD_SIZE], filled[16 * 21];

    if (size < 48)
        return FALSE;
    *lock = (Lock){.hash = EVP_md5(), .base_size = 5, .key_size = 16};
    if (!hash_two(lock->hash, text, text_size, "", 0, first))
        return FALSE;
    for (gsize i = 0; i < 16; i++) {
        memcpy(filled + i * 21, first, 5);
        memcpy(filled + i * 21 + 5, at, 16);
    }
    if (!hash_two(lock->hash, filled, sizeof(filled), "", 0, first))
        return FALSE;
    memcpy(lock->base, first, lock->base_size);
    return lock_fits(lock, at + 16, at + 32);
}

/* 2.3.5: SHA-1, and a header that says how long the key is. */
static gboolean lock_new(const guint8 *at, gsize size, const guint8 *text, gsize text_size,
                         Lock *lock)
{
    gsize header = size >= 28 ? byte_number(at + 4, 4) : 0, bits;

    if (header < 20 || header > size - 8 || size - 8 - header < 60)
        return FALSE;
    bits = byte_number(at + 8 + 16, 4);
    if (bits == 0)
        bits = 40;
    *lock = (Lock){.hash = EVP_sha1(), .base_size = HASH_MAX, .key_size = bits / 8};
    at += 8 + header;
    return bits % 8 == 0 && bits >= 40 && bits <= 128 && byte_number(at, 4) == 16 &&
           hash_two(lock->hash, at + 4, 16, text, text_size, lock->base) &&
           lock_fits(lock, at + 20, at + 40);
}

static gboolean lock_read(const guint8 *at, gsize size, const char *password, Lock *lock)
{
    guint8 text[2 * OFFICE_PASSWORD_MAX];
    gsize length = office_lock_password(password, text);

    if (size < 6 || byte_number(at, 2) != 1)
        return FALSE;
    if (byte_number(at + 2, 2) == 1)
        return lock_old(at + 6, size - 6, text, length, lock);
    return byte_number(at + 4, 2) == 2 && lock_new(at + 6, size - 6, text, length, lock);
}

static gboolean is_plain(guint record)
{
    switch (record) {
    case 0x0809: /* BOF */
    case RECORD_FILE_PASS:
    case 0x0194: /* UsrExcl */
    case 0x0195: /* FileLock */
    case 0x00e1: /* InterfaceHdr */
    case 0x0196: /* RRDInfo */
    case 0x0138: /* RRDHead */
        return TRUE;
    default:
        return FALSE;
    }
}

static gboolean decrypt(const Lock *lock, guint8 *book, gsize size, gsize from)
{
    gsize record = 0, plain_to = 0;
    Rc4 rc4;

    for (gsize at = 0; at < size; at++) {
        guint8 key;

        if (at % BLOCK == 0 && !lock_start(lock, (guint)(at / BLOCK), &rc4))
            return FALSE;
        if (at == record && size - at >= 4) {
            guint type = byte_number(book + at, 2), length = byte_number(book + at + 2, 2);

            record = at + 4 + length;
            plain_to = is_plain(type) ? record : at + 4 + (type == RECORD_SHEET ? 4 : 0);
        }
        key = rc4_next(&rc4);
        if (at >= plain_to && at >= from)
            book[at] ^= key;
    }
    return TRUE;
}

gboolean office_lock_open_book(guint8 *book, gsize size, const char *password)
{
    gsize at = 0;

    for (guint i = 0; i < RECORDS_BEFORE_MAX && size - at >= 4; i++) {
        guint type = byte_number(book + at, 2);
        gsize length = MIN(byte_number(book + at + 2, 2), size - at - 4);
        Lock lock;

        if (type == RECORD_FILE_PASS) {
            if (!lock_read(book + at + 4, length, password, &lock) ||
                !decrypt(&lock, book, size, at + 4 + length))
                return FALSE;
            book[at] = RECORD_UNKNOWN & 0xff;
            book[at + 1] = RECORD_UNKNOWN >> 8;
            return TRUE;
        }
        at += 4 + length;
    }
    return FALSE;
}
