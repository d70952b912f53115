/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-mail-readings.c - any bytes at all go through every reader of messages.
 *
 * What must hold: what a reader tells lies in the text; a decoder writes no more than its bound;
 * GMime and libytnef stand what the counts before them let through; looking at each line for
 * encoded runs tells nothing that the short way does not tell.
 */
#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "scanner/mail/mail-binhex.h"
#include "scanner/mail/mail-cms.h"
#include "scanner/mail/mail-count.h"
#include "scanner/mail/mail-crypt.h"
#include "scanner/mail/mail-decode.h"
#include "scanner/mail/mail-gmime.h"
#include "scanner/mail/mail-header.h"
#include "scanner/mail/mail-runs.h"
#include "scanner/mail/mail-tnef.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    PARTS_MAX = 2000,
    BINHEX_MAX = 1 << 20
};

typedef struct {
    const char *text;
    gsize size;
    guint parts;
} Fuzz;

static void decode_binhex(const char *text, gsize size)
{
    gboolean no_memory;
    MailBinhex file;

    if (!mail_binhex_decode(text, size, BINHEX_MAX, &file, &no_memory))
        return;
    g_assert(file.data_fork + file.resource_fork <= BINHEX_MAX);
    /* Every byte is there to be read. */
    g_free(g_memdup2(file.data, file.data_fork + file.resource_fork));
    g_free(file.data);
}

static void check_padded(const char *text, gsize size, gsize unpadded)
{
    gsize length = mail_decode_uuencode_length(text, size);
    g_autofree guint8 *out = g_malloc(length);

    if (length > 0)
        g_assert(mail_decode_uuencode_padded(text, size, out) == length && unpadded <= length);
}

static gboolean on_part(const MailPart *part, gpointer user_data)
{
    Fuzz *fuzz = user_data;
    const char *text = fuzz->text + part->start;
    gsize size = part->end - part->start;
    g_autofree guint8 *out = NULL;
    gsize used = 0;

    g_assert(part->start <= part->end && part->end <= fuzz->size);
    g_assert(part->name != NULL);
    out = g_malloc(size); /* exactly: one byte more is an error that a sanitizer sees */
    switch (part->encoding) {
    case MAIL_PART_BASE64:
        used = mail_decode_base64_unpadded(text, size, out);
        (void)mail_decode_has_inner_padding(text, size);
        break;
    case MAIL_PART_UUENCODE:
        used = mail_decode_uuencode(text, size, out);
        check_padded(text, size, used);
        break;
    case MAIL_PART_YENC:
        used = mail_decode_yenc(text, size, out);
        break;
    case MAIL_PART_BINHEX:
        decode_binhex(text, size);
        break;
    case MAIL_PART_QUOTED_PRINTABLE:
    case MAIL_PART_IDENTITY:
        break;
    }
    g_assert(used <= size);
    return ++fuzz->parts < PARTS_MAX;
}

static gboolean on_run(const MailPart *part, gpointer user_data)
{
    g_string_append_printf(user_data, "%zu %zu %d %s\n", part->start, part->end,
                           (int)part->encoding, part->name);
    return TRUE;
}

static void compare_runs(const char *text, gsize size)
{
    g_autoptr(GString) by_line = g_string_new(NULL), found = g_string_new(NULL);

    (void)mail_runs_find_by_line(text, size, on_run, by_line);
    (void)mail_runs_find(text, size, on_run, found);
    g_assert_cmpstr(found->str, ==, by_line->str);
}

static void on_header(const char *header, gsize size, const char *doubt, gpointer user_data)
{
    const Fuzz *fuzz = user_data;
    MailHeaderFacts facts;

    (void)doubt;
    g_assert(header >= fuzz->text && header + size <= fuzz->text + fuzz->size);
    mail_header_examine(header, size, &facts);
}

static gboolean on_tnef(const char *name, const guint8 *data, gsize size, gpointer user_data)
{
    (void)name;
    (void)user_data;
    g_free(g_memdup2(data, size));
    return TRUE;
}

static void read_bytes(const uint8_t *data, size_t size)
{
    g_autofree guint8 *utf8 = g_malloc(size / 2 * 3);
    g_autoptr(GBytes) content = mail_cms_content(data, size);
    g_autoptr(GBytes) packed = NULL;

    g_assert(!content || g_bytes_get_size(content) < size);
    (void)mail_crypt_recognize(data, size);
    (void)mail_crypt_content(mail_crypt_recognize_file(data, size), data, size, 1 << 20, &packed);
    g_assert(!packed || g_bytes_get_size(packed) <= 1 << 20);
    (void)mail_tnef_read(data, size, on_tnef, NULL);
    (void)mail_decode_guess_utf16(data, size);
    g_assert(mail_decode_utf16(data, size, MAIL_UTF16_LITTLE, utf8) <= size / 2 * 3);
    g_assert(mail_decode_utf16(data, size, MAIL_UTF16_BIG, utf8) <= size / 2 * 3);
    decode_binhex((const char *)data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const MailPartLimits limits = {.parts = PARTS_MAX, .depth = 50};
    Fuzz fuzz = {.text = (const char *)data, .size = size};
    MailHeaderFacts facts;
    MailCount count;

    mail_gmime_init(); /* counts its calls */
    (void)mail_part_walk(fuzz.text, size, &limits, on_part, on_header, &fuzz);
    mail_header_examine(fuzz.text, size, &facts);
    fuzz.parts = 0;
    (void)mail_runs_find(fuzz.text, size, on_part, &fuzz);
    compare_runs(fuzz.text, size);
    mail_count(fuzz.text, size, &count);
    if (count.parts <= PARTS_MAX && count.fields <= PARTS_MAX) {
        fuzz.parts = 0;
        (void)mail_gmime_read(fuzz.text, size, MAIL_GMIME_TOLERANT, limits.depth, on_part, &fuzz);
        /* One leaf may be told for each that the count allows, and no more. */
        g_assert(fuzz.parts <= count.parts);
        (void)mail_gmime_read(fuzz.text, size, MAIL_GMIME_STRICT, limits.depth, on_part, &fuzz);
    }
    read_bytes(data, size);
    return 0;
}
