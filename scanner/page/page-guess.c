/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page-guess.c - tells bytes by their first ones, also those that a step of a script still hides.
 *
 * Cannot fail but for memory.
 *
 * Known limit: only a key of one byte is found, under which one of the kinds in MAGICS or a program
 * must begin, or of exclusive or nothing but zeros.
 */
#include "scanner/page/page-guess.h"

#include <string.h>
#include <zlib.h>

#include "scanner/archive/archive-kind.h"
#include "scanner/common/inflate.h"
#include "scanner/type/file-type.h"
#include "scanner/type/script-type.h"

enum {
    LETTERS_MIN = 24, /* all printable: a text */
    TEXT_SAMPLE = 64,
    BLANK_MIN = 64,      /* zeros that may be the beginning of a disk */
    INFLATED_MAX = 4096, /* of a sample */
    INFLATED_MIN = 32,   /* less is what noise inflates to */
    DOS_HEADER = 64,     /* of a program, of which most is zero */
    DOS_ZEROS = 24
};

static gboolean is_text(const guint8 *data, gsize size)
{
    for (gsize i = 0; i < size; i++)
        if ((data[i] < ' ' && !g_ascii_isspace((gchar)data[i])) || data[i] >= 0x7f)
            return FALSE;
    return size >= LETTERS_MIN;
}

/* As PowerShell takes a command that is coded. */
static gboolean is_wide_text(const guint8 *data, gsize size)
{
    guint8 letters[TEXT_SAMPLE / 2];

    for (gsize i = 0; i + 1 < size; i += 2) {
        letters[i / 2] = data[i];
        if (data[i + 1] != 0)
            return FALSE;
    }
    return is_text(letters, size / 2);
}

static gsize count_of(const guint8 *data, gsize size, guint8 byte)
{
    gsize count = 0;

    for (gsize i = 0; i < size; i++)
        count += data[i] == byte;
    return count;
}

/* What has no type by its first bytes, and is opened nevertheless: a document of the old kind tells
 * by its directory what it is, which stands anywhere in it. */
static gboolean begins_file(const guint8 *data, gsize size)
{
    static const struct {
        gsize offset;
        const char *bytes;
        gsize length;
    } SIGNS[] = {{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8},
                 {0, "\x78\x9f\x3e\x22", 4}, /* winmail.dat */
                 {0, "SZDD\x88\xf0\x27\x33", 8},
                 {0, "xar!\0", 5},
                 {0, "\0\5\x16\0\0\2\0\0", 8}, /* AppleSingle */
                 {0, "\x60\xea", 2},           /* ARJ */
                 {0, "\xc7\x71", 2},           /* cpio */
                 {2, "-lh", 3}};

    for (gsize i = 0; i < G_N_ELEMENTS(SIGNS); i++)
        if (size >= SIGNS[i].offset + SIGNS[i].length &&
            memcmp(data + SIGNS[i].offset, SIGNS[i].bytes, SIGNS[i].length) == 0)
            return TRUE;
    return archive_kind_is_packed(data, size);
}

gboolean page_guess_type(const guint8 *data, gsize size, gboolean is_sample, Verdict *type)
{
    const char *script;

    file_type_guess(data, size, type);
    if (type->type[0] != '\0' || begins_file(data, size))
        return TRUE;
    if (is_wide_text(data, MIN(size, (gsize)TEXT_SAMPLE)))
        return TRUE;
    if (!is_text(data, MIN(size, (gsize)TEXT_SAMPLE)))
        return is_sample && size >= BLANK_MIN && count_of(data, size, 0) == size;
    script = script_type_tell(data, size);
    if (script)
        g_strlcpy(type->type, script, sizeof(type->type));
    return TRUE;
}

static guint8 key_take(PageGuessStep step, guint8 byte, guint8 key)
{
    return step == PAGE_GUESS_XOR ? byte ^ key : (guint8)(byte - key);
}

static gboolean begins_with(const guint8 *data, PageGuessStep step, guint8 key, const char *magic,
                            gsize length)
{
    for (gsize i = 0; i < length; i++)
        if (key_take(step, data[i], key) != (guint8)magic[i])
            return FALSE;
    return TRUE;
}

/* 0: there is none. */
static guint8 key_of(const guint8 *data, gsize size, PageGuessStep step)
{
    static const struct {
        const char *bytes;
        gsize length;
    } MAGICS[] = {{"PK\x03\x04", 4},
                  {"Rar!\x1a\x07", 6},
                  {"7z\xbc\xaf\x27\x1c", 6},
                  {"MSCF\0\0\0\0", 8},
                  {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8},
                  {"%PDF-", 5},
                  /* of these, and of programs, in base64 */
                  {"UEsDB", 5},
                  {"UmFyIRoH", 8},
                  {"N3q8ryc", 7},
                  {"TVNDRgAAAAA", 11},
                  {"0M8R4KGx", 8},
                  {"JVBERi0", 7},
                  {"TVqQAAMAAAAEAAAA", 16},
                  {"TVpQAAIAAAAEAA8A", 16}};
    guint8 key;

    if (size < DOS_HEADER)
        return 0;
    for (gsize i = 0; i < G_N_ELEMENTS(MAGICS); i++) {
        key = key_take(step, data[0], (guint8)MAGICS[i].bytes[0]);
        if (begins_with(data, step, key, MAGICS[i].bytes, MAGICS[i].length))
            return key;
    }
    key = key_take(step, data[0], 'M');
    if (begins_with(data, step, key, "MZ", 2) && count_of(data, DOS_HEADER, key) >= DOS_ZEROS)
        return key;
    return step == PAGE_GUESS_XOR && count_of(data, size, data[0]) == size ? data[0] : 0;
}

static gboolean may_be_zlib(const guint8 *data, gsize size)
{
    return size > 2 && (data[0] & 0x8f) == 8 && (data[0] << 8 | data[1]) % 31 == 0 &&
           (data[1] & 0x20) == 0; /* RFC 1950 2.2; none with a dictionary of its own */
}

/* Of a sample, whose end is not that of the stream. */
static gboolean inflates(const guint8 *data, gsize size, int window_bits, Verdict *type)
{
    guint8 bytes[INFLATED_MAX];
    z_stream stream = {.next_in = (Bytef *)data,
                       .avail_in = (uInt)size,
                       .next_out = bytes,
                       .avail_out = sizeof(bytes)};
    gsize used;

    if (inflateInit2(&stream, window_bits) != Z_OK)
        return FALSE;
    (void)inflate(&stream, Z_NO_FLUSH);
    used = sizeof(bytes) - stream.avail_out;
    inflateEnd(&stream);
    return used >= INFLATED_MIN && page_guess_type(bytes, used, TRUE, type);
}

gboolean page_guess_step(const guint8 *data, gsize size, PageGuessStep *ret, Verdict *type)
{
    if (page_guess_type(data, size, TRUE, type)) {
        *ret = PAGE_GUESS_PLAIN;
        return TRUE;
    }
    if (size < DOS_HEADER)
        return FALSE;
    if (may_be_zlib(data, size) && inflates(data, size, MAX_WBITS, type)) {
        *ret = PAGE_GUESS_ZLIB;
        return TRUE;
    }
    for (*ret = PAGE_GUESS_XOR; *ret <= PAGE_GUESS_MINUS; (*ret)++)
        if (key_of(data, size, *ret) != 0)
            return TRUE;
    *ret = PAGE_GUESS_DEFLATE;
    return inflates(data, size, -MAX_WBITS, type);
}

/* By the first bytes alone: zeros end somewhere. */
static guint8 key_of_whole(const guint8 *data, gsize size, PageGuessStep step)
{
    return key_of(data, MIN(size, (gsize)DOS_HEADER), step);
}

gboolean page_guess_key_step(const guint8 *data, gsize size, PageGuessStep *ret)
{
    PageGuessStep step = PAGE_GUESS_XOR;

    while (step <= PAGE_GUESS_MINUS && key_of_whole(data, size, step) == 0)
        step++;
    *ret = step;
    return step <= PAGE_GUESS_MINUS;
}

guint8 *page_guess_take_step(PageGuessStep step, const guint8 *data, gsize size, gsize most,
                             gsize *ret_size)
{
    guint8 *bytes = NULL, key;

    if (step == PAGE_GUESS_XOR || step == PAGE_GUESS_MINUS) {
        bytes = size <= most ? g_try_malloc(size + 1) : NULL;
        if (!bytes)
            return NULL;
        key = key_of_whole(data, size, step);
        for (gsize i = 0; i < size; i++)
            bytes[i] = key_take(step, data[i], key);
        *ret_size = size;
        return bytes;
    }
    return inflate_until(data, size,
                         step == PAGE_GUESS_ZLIB ? G_ZLIB_COMPRESSOR_FORMAT_ZLIB
                                                 : G_ZLIB_COMPRESSOR_FORMAT_RAW,
                         most, &bytes, ret_size) == INFLATE_TOO_LARGE
               ? NULL
               : bytes;
}
