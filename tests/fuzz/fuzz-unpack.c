/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-unpack.c - any bytes as an archive.
 *
 * What must hold: no member is larger than allowed, nor all of them together; what stands behind an
 * archive begins within the bytes.
 */
#include "scanner/archive/unpack.h"

#include <stdint.h>

#include "scanner/archive/archive-end.h"
#include "scanner/archive/zip-layout.h"
#include "scanner/common/board.h"

enum {
    MOST = 1024 * 1024
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_member(const char *name, const void *data, gsize size, gboolean is_encrypted,
                      gpointer user_data)
{
    gsize *sum = user_data;

    g_assert(name != NULL);
    g_assert(is_encrypted == (data == NULL));
    if (data)
        *sum += size;
    g_assert(*sum <= MOST);
}

static void on_long_name(const char *name, gsize length, gpointer user_data)
{
    gsize *sum = user_data;

    for (gsize i = 0; i < length; i++)
        *sum += (guint8)name[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    UnpackBudget budget = {
        .file_size = MOST / 2, .bytes = MOST, .files = 100, .end = board_now() + 2000000};
    ZipLayout layout;
    gsize sum = 0, letters = 0;

    gsize behind = archive_end_find(data, size);

    g_assert(behind < size || size == 0);
    g_assert(behind == 0 || data[behind] != 0);
    (void)unpack_is_wanted(data, size);
    archive_end_tell_long_names(data, size, on_long_name, &letters);
    (void)zip_layout_is_zip(data, size);
    if (zip_layout_look(data, size, on_long_name, &letters, &layout)) {
        g_assert(layout.gaps <= ZIP_LAYOUT_GAPS_MAX);
        for (guint i = 0; i < layout.gaps; i++)
            g_assert(layout.gap[i].start < layout.gap[i].end && layout.gap[i].end <= size);
    }
    (void)unpack_walk(data, size, &budget, on_member, &sum);
    return 0;
}
