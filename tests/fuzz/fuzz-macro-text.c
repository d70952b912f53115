/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-macro-text.c - any bytes as macro source, in both dialects.
 *
 * What must hold: it ends, what stood in `out` stays, lines have no control letters and capitals,
 * and doing it again gives the same.
 */
#include <stdint.h>
#include <string.h>

#include "filters/macro-text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (guint dialect = 0; dialect <= MACRO_DIALECT_FORMULA; dialect++) {
        g_autoptr(GString) out = g_string_new("before"), again = g_string_new("before");
        g_autoptr(GString) tricks = g_string_new(NULL);
        (void)macro_text_normalize((const char *)data, size, (MacroDialect)dialect, out, tricks);

        g_assert(g_str_has_prefix(out->str, "before"));
        for (gsize i = 6; i < out->len; i++)
            g_assert((guchar)out->str[i] >= ' ' || out->str[i] == '\n');
        for (gsize i = 6; i < out->len; i++)
            g_assert(!g_ascii_isupper(out->str[i]));
        (void)macro_text_normalize((const char *)data, size, (MacroDialect)dialect, again, tricks);
        g_assert_cmpstr(out->str, ==, again->str);
    }
    return 0;
}
