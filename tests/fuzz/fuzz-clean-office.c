/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-clean-office.c - any bytes as each kind of document part that is cut: the records of Excel
 * and PowerPoint, RTF, XML.
 *
 * What must hold: what was cut is clean, so nothing goes out of it a second time; slides keep their
 * size, RTF never grows.
 */
#include <stdint.h>

#include "scanner/clean/clean-biff.h"
#include "scanner/clean/clean-part.h"
#include "scanner/clean/clean-rtf.h"
#include "scanner/clean/clean-slides.h"

enum {
    MOST = 1 << 20
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_removed(const char *name, gpointer user)
{
    (void)name;
    ++*(guint *)user;
}

typedef GByteArray *CutRecords(const guint8 *data, gsize size, CleanRemoved removed, gpointer user);

static void cut_records(CutRecords *cut, const uint8_t *data, size_t size)
{
    guint first = 0, second = 0;
    GByteArray *once = cut(data, size, on_removed, &first);

    if (!once)
        return;
    GByteArray *twice = cut(once->data, once->len, on_removed, &second);
    g_assert_true(!twice || second == 0);
    if (twice)
        g_byte_array_unref(twice);
    g_byte_array_unref(once);
}

static void cut_slides(const uint8_t *data, size_t size)
{
    g_autofree guint8 *copy = g_memdup2(data, size);
    guint first = 0, second = 0;

    if (clean_slides_cut(copy, size, MOST, on_removed, &first)) {
        g_assert_true(clean_slides_cut(copy, size, MOST, on_removed, &second));
        /* An object that was filled with zeros is one that cannot be read. */
        g_assert_cmpuint(second, <=, first);
    }
}

static void cut_rtf(const char *data, size_t size)
{
    guint first = 0, second = 0;
    gsize end = 0;
    GString *once = clean_rtf_cut(data, size, &end, on_removed, &first), *twice;

    if (!once)
        return;
    g_assert_cmpuint(once->len, <=, size);
    g_assert_cmpuint(end, <, once->len);
    g_assert_cmpint(once->str[end], ==, '}');
    twice = clean_rtf_cut(once->str, once->len, &end, on_removed, &second);
    g_assert_true(twice && second == 0 && g_string_equal(once, twice));
    g_string_free(once, TRUE);
    g_string_free(twice, TRUE);
}

static void edit_part(const uint8_t *data, size_t size)
{
    guint first = 0, second = 0;
    gboolean ok, again;
    GBytes *once = clean_part_edit(data, size, on_removed, &first, &ok);

    if (!once)
        return;
    g_assert_true(ok);
    g_assert_null(clean_part_edit(g_bytes_get_data(once, NULL), g_bytes_get_size(once), on_removed,
                                  &second, &again));
    g_assert_true(again && second == 0);
    g_bytes_unref(once);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cut_records(clean_biff_cut, data, size);
    cut_records(clean_biff12_cut, data, size);
    cut_slides(data, size);
    cut_rtf((const char *)data, size);
    edit_part(data, size);
    return 0;
}
