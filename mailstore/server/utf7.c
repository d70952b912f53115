/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * utf7.c - modified UTF-7: UTF-16 in base64 with ',' for '/', between '&' and '-'.
 *
 * Decoding is strict: one name has one coding, so that no two names on the wire mean one folder.
 */
#include "mailstore/server/utf7.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/* The 16-bit units between '&' and '-'. FALSE: bad base64 or bits left over. */
static gboolean decode_units(const char *start, const char *end, GArray *units)
{
    guint32 bits = 0;
    guint count = 0;

    for (const char *at = start; at < end; at++) {
        const char *digit = strchr(alphabet, *at);
        if (digit == NULL)
            return FALSE;
        bits = bits << 6 | (guint32)(digit - alphabet);
        count += 6;
        if (count >= 16) {
            count -= 16;
            guint16 unit = (guint16)(bits >> count);
            g_array_append_val(units, unit);
        }
    }
    return count < 6 && (bits & ((1U << count) - 1)) == 0 && units->len > 0;
}

static gboolean append_units(GString *text, const GArray *units)
{
    g_autofree char *utf8 = NULL;
    glong written = 0;

    for (guint i = 0; i < units->len; i++) {
        guint16 unit = g_array_index(units, guint16, i);
        if (unit <= 0x7f) /* ASCII stands for itself, '&' is written &- */
            return FALSE;
    }
    utf8 =
        g_utf16_to_utf8((const gunichar2 *)(void *)units->data, units->len, NULL, &written, NULL);
    if (utf8 == NULL)
        return FALSE;
    g_string_append_len(text, utf8, written);
    return TRUE;
}

char *utf7_decode(const char *name)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (const char *at = name; *at != '\0';) {
        if (*at != '&') {
            if (*at < ' ' || *at > '~')
                return NULL;
            g_string_append_c(text, *at++);
            continue;
        }
        const char *end = strchr(++at, '-');
        if (end == NULL)
            return NULL;
        if (end == at) {
            g_string_append_c(text, '&');
        } else {
            g_autoptr(GArray) units = g_array_new(FALSE, FALSE, sizeof(guint16));
            if (!decode_units(at, end, units) || !append_units(text, units))
                return NULL;
        }
        at = end + 1;
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void encode_units(GString *text, const gunichar2 *units, glong count)
{
    guint32 bits = 0;
    guint have = 0;

    g_string_append_c(text, '&');
    for (glong i = 0; i < count; i++) {
        bits = bits << 16 | units[i];
        have += 16;
        while (have >= 6) {
            have -= 6;
            g_string_append_c(text, alphabet[bits >> have & 63]);
        }
        bits &= (1U << have) - 1;
    }
    if (have > 0)
        g_string_append_c(text, alphabet[bits << (6 - have) & 63]);
    g_string_append_c(text, '-');
}

char *utf7_encode(const char *utf8)
{
    GString *text = g_string_new(NULL);

    for (const char *at = utf8; *at != '\0';) {
        if (*at >= ' ' && *at <= '~') {
            g_string_append(text, *at == '&' ? "&-" : (char[]){*at, '\0'});
            at++;
            continue;
        }
        const char *start = at;
        while (*at != '\0' && !(*at >= ' ' && *at <= '~'))
            at++;
        glong count = 0;
        g_autofree gunichar2 *units = g_utf8_to_utf16(start, at - start, NULL, &count, NULL);
        if (units != NULL)
            encode_units(text, units, count);
    }
    return g_string_free(text, FALSE);
}
