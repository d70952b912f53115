/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * office-lock.c - tries the passwords that Office tries before it asks ([MS-OFFCRYPTO] 2.3.4).
 *
 * Excel opens what is locked with the one, PowerPoint what is locked with the other, without a
 * word; so macros travel past whoever cannot. A check that the document itself has tells whether
 * the password is right.
 *
 * Fails by NULL. Known limits: keys that are made in more than SPIN_MAX rounds, ciphers other than
 * AES, books that are only obfuscated (XOR), and presentations of the old kind stay closed.
 */
#include "scanner/archive/office-lock.h"

#include <gsf/gsf-infile-msole.h>
#include <gsf/gsf-input-memory.h>
#include <gsf/gsf-outfile-msole.h>
#include <gsf/gsf-output-memory.h>
#include <openssl/evp.h>
#include <string.h>

#include "scanner/common/aes-blocks.h"
#include "scanner/common/board.h"
#include "scanner/common/byte-number.h"

enum {
    SPIN_MAX = 1000000, /* Office makes 100000, which take 50 ms */
    LOOK_AT_CLOCK = 4096,
    INFO_MAX = 65536, /* Office's own has 2 KB */
    KEY_MAX = 64,
    SEGMENT = 4096, /* of a package, with an IV of its own */
    STANDARD_SPIN = 50000,
    STANDARD_HASH = 20, /* SHA-1 */
    AES_128 = 0x660e,
    AES_256 = 0x6610
};

static const char *const PASSWORDS[] = {"VelvetSweatshop", "/01Hannes Ruescher/01"};

/* What the key for each is derived with (2.3.4.11, 2.3.4.13). */
static const guint8 FOR_INPUT[] = {0xfe, 0xa7, 0xd2, 0x76, 0x3b, 0x4b, 0x9e, 0x79};
static const guint8 FOR_VALUE[] = {0xd7, 0xaa, 0x0f, 0x6d, 0x30, 0x61, 0x34, 0x4e};
static const guint8 FOR_KEY[] = {0x14, 0x6e, 0x0b, 0xe7, 0xab, 0xac, 0xd0, 0xd6};

/* A kind of key, as agile encryption describes it. */
typedef struct {
    EVP_MD *hash;
    gsize key_size, block_size;
    gboolean is_aes, is_cbc;
    GBytes *salt;
} Cipher;

typedef struct {
    Cipher data, password;
    gsize spin;
    GBytes *input, *value, *key; /* encrypted with the password */
} Agile;

gsize office_lock_password(const char *password, guint8 out[2 * OFFICE_PASSWORD_MAX])
{
    gsize length = MIN(strlen(password), (gsize)OFFICE_PASSWORD_MAX);

    for (gsize i = 0; i < length; i++) {
        out[2 * i] = (guint8)password[i];
        out[2 * i + 1] = 0;
    }
    return 2 * length;
}

/* --- Hashes and ciphers ------------------------------------------------------------- */

typedef struct {
    const void *bytes;
    gsize size;
} Piece;

static gboolean hash_two(EVP_MD_CTX *work, const EVP_MD *hash, Piece one, Piece two, guint8 *out)
{
    return EVP_DigestInit_ex(work, hash, NULL) && EVP_DigestUpdate(work, one.bytes, one.size) &&
           EVP_DigestUpdate(work, two.bytes, two.size) && EVP_DigestFinal_ex(work, out, NULL);
}

static gboolean hash_spin(EVP_MD_CTX *work, const EVP_MD *hash, Piece salt, const char *password,
                          gsize spin, guint64 end, guint8 *out)
{
    guint8 letters[2 * OFFICE_PASSWORD_MAX];
    gsize size = (gsize)EVP_MD_get_size(hash);
    Piece text = {letters, office_lock_password(password, letters)};

    if (spin > SPIN_MAX || !hash_two(work, hash, salt, text, out))
        return FALSE;
    for (gsize i = 0; i < spin; i++) {
        guint32 number = GUINT32_TO_LE((guint32)i);

        if ((i % LOOK_AT_CLOCK == 0 && board_now() >= end) ||
            !hash_two(work, hash, (Piece){&number, 4}, (Piece){out, size}, out))
            return FALSE;
    }
    return TRUE;
}

/* --- Agile encryption (2.3.4.10) ---------------------------------------------------- */

static void cipher_clear(Cipher *cipher)
{
    EVP_MD_free(cipher->hash);
    g_clear_pointer(&cipher->salt, g_bytes_unref);
}

static void agile_clear(Agile *agile)
{
    cipher_clear(&agile->data);
    cipher_clear(&agile->password);
    g_clear_pointer(&agile->input, g_bytes_unref);
    g_clear_pointer(&agile->value, g_bytes_unref);
    g_clear_pointer(&agile->key, g_bytes_unref);
}

static void take_bytes(GBytes **to, const char *value)
{
    gsize size;
    guint8 *bytes = g_base64_decode(value, &size);

    g_clear_pointer(to, g_bytes_unref);
    *to = g_bytes_new_take(bytes, size);
}

static void cipher_take(Cipher *cipher, const char *name, const char *value)
{
    if (strcmp(name, "saltValue") == 0) {
        take_bytes(&cipher->salt, value);
    } else if (strcmp(name, "keyBits") == 0) {
        cipher->key_size = (gsize)g_ascii_strtoull(value, NULL, 10) / 8;
    } else if (strcmp(name, "blockSize") == 0) {
        cipher->block_size = (gsize)g_ascii_strtoull(value, NULL, 10);
    } else if (strcmp(name, "cipherAlgorithm") == 0) {
        cipher->is_aes = strcmp(value, "AES") == 0;
    } else if (strcmp(name, "cipherChaining") == 0) {
        cipher->is_cbc = strcmp(value, "ChainingModeCBC") == 0;
    } else if (strcmp(name, "hashAlgorithm") == 0) {
        EVP_MD_free(cipher->hash);
        cipher->hash = EVP_MD_fetch(NULL, value, NULL);
    }
}

static void on_element(GMarkupParseContext *context, const char *element, const char **names,
                       const char **values, gpointer user, GError **error)
{
    const char *colon = strchr(element, ':');
    const char *local = colon ? colon + 1 : element;
    Agile *agile = user;
    gboolean is_password = strcmp(local, "encryptedKey") == 0;

    (void)context, (void)error;
    if (!is_password && strcmp(local, "keyData") != 0)
        return;
    for (; *names; names++, values++) {
        cipher_take(is_password ? &agile->password : &agile->data, *names, *values);
        if (!is_password)
            continue;
        if (strcmp(*names, "spinCount") == 0)
            agile->spin = (gsize)g_ascii_strtoull(*values, NULL, 10);
        else if (strcmp(*names, "encryptedVerifierHashInput") == 0)
            take_bytes(&agile->input, *values);
        else if (strcmp(*names, "encryptedVerifierHashValue") == 0)
            take_bytes(&agile->value, *values);
        else if (strcmp(*names, "encryptedKeyValue") == 0)
            take_bytes(&agile->key, *values);
    }
}

static gboolean cipher_is_known(const Cipher *cipher)
{
    return cipher->hash && cipher->salt && cipher->is_aes && cipher->is_cbc &&
           cipher->block_size == AES_BLOCK && EVP_MD_get_size(cipher->hash) > 0 &&
           EVP_MD_get_size(cipher->hash) <= KEY_MAX &&
           (cipher->key_size == 16 || cipher->key_size == 24 || cipher->key_size == 32);
}

static gboolean agile_read(const guint8 *info, gsize size, Agile *agile)
{
    static const GMarkupParser parser = {.start_element = on_element};
    GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, agile, NULL);

    (void)g_markup_parse_context_parse(context, (const char *)info, (gssize)size, NULL);
    g_markup_parse_context_free(context);
    return cipher_is_known(&agile->data) && cipher_is_known(&agile->password) && agile->input &&
           agile->value && agile->key;
}

/* Both are filled up, or cut, to what is needed (2.3.4.12). */
static void fill_block(GBytes *bytes, guint8 out[AES_BLOCK])
{
    memset(out, 0x36, AES_BLOCK);
    memcpy(out, g_bytes_get_data(bytes, NULL), MIN(g_bytes_get_size(bytes), (gsize)AES_BLOCK));
}

/* What is encrypted with a key for this purpose; returns its size, 0: none. */
static gsize agile_decrypt(const Agile *agile, EVP_MD_CTX *work, const guint8 *spun,
                           const guint8 purpose[8], GBytes *from, guint8 out[2 * KEY_MAX])
{
    const Cipher *cipher = &agile->password;
    gsize hash_size = (gsize)EVP_MD_get_size(cipher->hash), size;
    g_autoptr(AesBlocks) aes = aes_blocks_new(NULL, cipher->key_size, TRUE, AES_BLOCKS_DECRYPT);
    const guint8 *bytes = g_bytes_get_data(from, &size);
    guint8 key[KEY_MAX], iv[AES_BLOCK];

    memset(key, 0x36, sizeof(key));
    fill_block(cipher->salt, iv);
    if (size == 0 || size > 2 * KEY_MAX ||
        !hash_two(work, cipher->hash, (Piece){spun, hash_size}, (Piece){purpose, 8}, key) ||
        !aes_blocks_run(aes, key, iv, bytes, size, out))
        return 0;
    return size;
}

/* The package's own key. */
static gboolean agile_try(const Agile *agile, EVP_MD_CTX *work, const char *password, guint64 end,
                          guint8 key[2 * KEY_MAX])
{
    const Cipher *cipher = &agile->password;
    gsize hash_size = (gsize)EVP_MD_get_size(cipher->hash), salt_size, input_size;
    const guint8 *salt = g_bytes_get_data(cipher->salt, &salt_size);
    guint8 spun[KEY_MAX], input[2 * KEY_MAX], value[2 * KEY_MAX], hashed[KEY_MAX];

    if (!hash_spin(work, cipher->hash, (Piece){salt, salt_size}, password, agile->spin, end, spun))
        return FALSE;
    input_size = agile_decrypt(agile, work, spun, FOR_INPUT, agile->input, input);
    input_size = MIN(input_size, salt_size);
    return input_size > 0 &&
           agile_decrypt(agile, work, spun, FOR_VALUE, agile->value, value) >= hash_size &&
           hash_two(work, cipher->hash, (Piece){input, input_size}, (Piece){"", 0}, hashed) &&
           memcmp(hashed, value, hash_size) == 0 &&
           agile_decrypt(agile, work, spun, FOR_KEY, agile->key, key) >= agile->data.key_size;
}

static gboolean agile_package(const Agile *agile, EVP_MD_CTX *work, const guint8 *key, Piece from,
                              guint8 *out)
{
    const Cipher *cipher = &agile->data;
    g_autoptr(AesBlocks) aes = aes_blocks_new(key, cipher->key_size, TRUE, AES_BLOCKS_DECRYPT);
    gsize salt_size;
    const guint8 *bytes = from.bytes, *salt = g_bytes_get_data(cipher->salt, &salt_size);

    for (gsize at = 0, number = 0; at < from.size; at += SEGMENT, number++) {
        guint32 count = GUINT32_TO_LE((guint32)number);
        guint8 iv[KEY_MAX];

        if (!hash_two(work, cipher->hash, (Piece){salt, salt_size}, (Piece){&count, 4}, iv) ||
            !aes_blocks_run(aes, NULL, iv, bytes + at, MIN((gsize)SEGMENT, from.size - at),
                            out + at))
            return FALSE;
    }
    return TRUE;
}

static gboolean open_agile(Piece info, Piece package, guint64 end, guint8 *out)
{
    EVP_MD_CTX *work = EVP_MD_CTX_new();
    guint8 key[2 * KEY_MAX];
    Agile agile = {0};
    gboolean ok = FALSE;

    if (work && agile_read(info.bytes, info.size, &agile))
        for (gsize i = 0; i < G_N_ELEMENTS(PASSWORDS) && !ok; i++)
            ok = agile_try(&agile, work, PASSWORDS[i], end, key);
    ok = ok && agile_package(&agile, work, key, package, out);
    agile_clear(&agile);
    EVP_MD_CTX_free(work);
    return ok;
}

/* --- Standard encryption (2.3.4.5) -------------------------------------------------- */

/* 2.3.4.7: the hash, exclusive or with the two, filled up and hashed once more. */
static gboolean standard_key(EVP_MD_CTX *work, const EVP_MD *hash, const guint8 *spun,
                             guint8 key[2 * STANDARD_HASH])
{
    static const guint8 block[4] = {0};
    guint8 last[STANDARD_HASH], filled[64];

    if (!hash_two(work, hash, (Piece){spun, STANDARD_HASH}, (Piece){block, 4}, last))
        return FALSE;
    for (gsize half = 0; half < 2; half++) {
        memset(filled, half == 0 ? 0x36 : 0x5c, sizeof(filled));
        for (gsize i = 0; i < STANDARD_HASH; i++)
            filled[i] ^= last[i];
        if (!hash_two(work, hash, (Piece){filled, sizeof(filled)}, (Piece){"", 0},
                      key + half * STANDARD_HASH))
            return FALSE;
    }
    return TRUE;
}

/* The key is the cipher's from then on. */
static gboolean standard_try(EVP_MD_CTX *work, const EVP_MD *hash, AesBlocks *aes,
                             const guint8 *verifier, const char *password, guint64 end)
{
    guint8 spun[KEY_MAX], input[AES_BLOCK], value[2 * AES_BLOCK], hashed[STANDARD_HASH];
    guint8 key[2 * STANDARD_HASH];

    return hash_spin(work, hash, (Piece){verifier + 4, 16}, password, STANDARD_SPIN, end, spun) &&
           standard_key(work, hash, spun, key) &&
           aes_blocks_run(aes, key, NULL, verifier + 20, sizeof(input), input) &&
           aes_blocks_run(aes, NULL, NULL, verifier + 40, sizeof(value), value) &&
           hash_two(work, hash, (Piece){input, 16}, (Piece){"", 0}, hashed) &&
           memcmp(hashed, value, STANDARD_HASH) == 0;
}

static gboolean open_standard(Piece info, Piece package, guint64 end, guint8 *out)
{
    const guint8 *bytes = info.bytes;
    gsize header = info.size >= 32 ? byte_number(bytes + 8, 4) : 0, key_size, algorithm;
    g_autoptr(AesBlocks) aes = NULL;
    EVP_MD_CTX *work;
    EVP_MD *hash;
    gboolean ok = FALSE;

    /* Flags and header stand before the verifier of 72 bytes. */
    if (header < 20 || header > info.size - 12 || info.size - 12 - header < 72)
        return FALSE;
    algorithm = byte_number(bytes + 12 + 8, 4);
    key_size = byte_number(bytes + 12 + 16, 4) / 8;
    if (algorithm < AES_128 || algorithm > AES_256 || byte_number(bytes + 12 + header, 4) != 16)
        return FALSE;
    aes = aes_blocks_new(NULL, key_size, FALSE, AES_BLOCKS_DECRYPT);
    work = EVP_MD_CTX_new();
    hash = EVP_MD_fetch(NULL, "SHA1", NULL);
    for (gsize i = 0; aes && work && hash && i < G_N_ELEMENTS(PASSWORDS) && !ok; i++)
        ok = standard_try(work, hash, aes, bytes + 12 + header, PASSWORDS[i], end);
    EVP_MD_free(hash);
    EVP_MD_CTX_free(work);
    return ok && aes_blocks_run(aes, NULL, NULL, package.bytes, package.size, out);
}

/* --- The file ----------------------------------------------------------------------- */

/* NULL: it is not there, larger than `most`, or there is no memory. */
static guint8 *stream_read(GsfInfile *root, const char *name, gsize most, gsize *ret_size)
{
    GsfInput *stream = gsf_infile_child_by_name(root, name);
    gsize size = stream ? (gsize)MAX(gsf_input_size(stream), 0) : 0;
    guint8 *bytes = size > 0 && size <= most ? g_try_malloc(size) : NULL;

    if (bytes && !gsf_input_read(stream, size, bytes))
        g_clear_pointer(&bytes, g_free);
    if (stream)
        g_object_unref(stream);
    *ret_size = size;
    return bytes;
}

static GBytes *open_package(GsfInfile *root, gsize most, guint64 end)
{
    gsize info_size, size, length;
    g_autofree guint8 *info = stream_read(root, "EncryptionInfo", INFO_MAX, &info_size);
    g_autofree guint8 *packed = stream_read(root, "EncryptedPackage", most, &size);
    g_autofree guint8 *out = NULL;
    Piece package;
    gboolean ok;

    if (!info || !packed || info_size < 8 || size < 8 + AES_BLOCK)
        return NULL;
    package = (Piece){packed + 8, (size - 8) / AES_BLOCK * AES_BLOCK};
    out = g_try_malloc(package.size);
    if (!out)
        return NULL;
    if (info[0] == 4 && info[2] == 4)
        ok = open_agile((Piece){info + 8, info_size - 8}, package, end, out);
    else
        ok = info[2] == 2 && open_standard((Piece){info, info_size}, package, end, out);
    length =
        byte_number(packed + 4, 4) == 0 ? MIN(package.size, byte_number(packed, 4)) : package.size;
    return ok ? g_bytes_new_take(g_steal_pointer(&out), length) : NULL;
}

/* A compound file with nothing else in it: the rest of it was never locked. */
static GBytes *book_file(const guint8 *book, gsize size)
{
    GsfOutput *memory = gsf_output_memory_new();
    GsfOutfile *file = gsf_outfile_msole_new(memory);
    GsfOutput *stream = gsf_outfile_new_child(file, "Workbook", FALSE);
    gboolean ok = stream && gsf_output_write(stream, size, book);
    GBytes *result = NULL;

    ok = stream && gsf_output_close(stream) && ok;
    if (gsf_output_close(GSF_OUTPUT(file)) && ok)
        result = g_bytes_new(gsf_output_memory_get_bytes(GSF_OUTPUT_MEMORY(memory)),
                             (gsize)gsf_output_size(memory));
    if (stream)
        g_object_unref(stream);
    g_object_unref(file);
    g_object_unref(memory);
    return result;
}

static GBytes *open_book(GsfInfile *root, gsize most)
{
    gsize size;
    g_autofree guint8 *book = stream_read(root, "Workbook", most, &size);

    return book && office_lock_open_book(book, size, PASSWORDS[0]) ? book_file(book, size) : NULL;
}

GBytes *office_lock_open(const void *data, gsize size, gsize most, guint64 end)
{
    GsfInput *input = gsf_input_memory_new(data, (gsf_off_t)size, FALSE);
    GsfInfile *root = input ? gsf_infile_msole_new(input, NULL) : NULL;
    GBytes *content = NULL;

    if (root) {
        content = open_package(root, most, end);
        if (!content)
            content = open_book(root, most);
        g_object_unref(root);
    }
    if (input)
        g_object_unref(input);
    return content;
}
