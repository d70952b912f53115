/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-members.c - a stored list of members that may be damaged.
 *
 * What must hold: what is taken can be walked, has no circles, and is stored as the same bytes.
 */
#include "scanner/scan/members.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(Members) members = members_load(data, size);
    g_autoptr(Members) again = NULL;
    g_autoptr(GBytes) bytes = NULL;

    if (!members)
        return 0;
    for (guint i = 1; i <= members_count(members); i++) {
        g_autofree char *path = members_path(members, i);

        g_assert(members_get(members, i).parent < i);
        g_assert(g_utf8_validate(path, -1, NULL));
    }
    bytes = members_store(members);
    g_assert((bytes != NULL) == (members_count(members) > 0 || members_is_cut(members)));
    if (!bytes)
        return 0;
    again = members_load(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    g_assert(members_count(members) == 0 || members_count(again) == members_count(members));
    return 0;
}
