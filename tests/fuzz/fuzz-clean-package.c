/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-clean-package.c - any bytes as each list of an office package: which macros it names, and
 * itself without them.
 *
 * What must hold: an edited list no longer names what was taken out.
 */
#include <stdint.h>

#include "scanner/clean/clean-package.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_removed(const char *name, gpointer user)
{
    (void)name, (void)user;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const NAMES[] = {"word/_rels/document.xml.rels", "_rels/.rels",
                                        "[Content_Types].xml", "META-INF/manifest.xml"};

    for (gsize i = 0; i < G_N_ELEMENTS(NAMES); i++) {
        g_autoptr(GHashTable) parts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        gboolean ok, again;

        g_autoptr(GHashTable) sheets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

        (void)clean_package_find(NAMES[i], data, size, parts, sheets);
        g_hash_table_add(parts, g_strdup("word/vbaProject.bin"));
        g_autoptr(GBytes) edited =
            clean_package_edit(NAMES[i], data, size, parts, on_removed, NULL, &ok);
        g_assert(!edited || ok);
        if (!edited)
            continue;
        g_autoptr(GBytes) twice =
            clean_package_edit(NAMES[i], g_bytes_get_data(edited, NULL), g_bytes_get_size(edited),
                               parts, on_removed, NULL, &again);
        g_assert(again && !twice);
    }
    return 0;
}
