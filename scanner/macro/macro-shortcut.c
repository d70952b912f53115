/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-shortcut.c - the target and the arguments of a .lnk ([MS-SHLLINK]), the address of a .url,
 * the places of a library or a saved search, the command of a setting.
 *
 * Cannot fail: what is cut off holds what came before. Each text is read once.
 *
 * Known limits: of the list of identifiers only the letters in it are taken, which are names; of
 * each text the first MACRO_FACT_MAX letters.
 */
#include "scanner/macro/macro-shortcut.h"

#include <string.h>

#include "scanner/common/byte-scan.h"

enum {
    HEAD = 76,
    HAS_IDENTIFIERS = 1,
    HAS_PLACE = 2,
    TEXTS_FROM = 2, /* bit of the first text */
    TEXTS = 5,      /* name, relative path, folder, arguments, icon */
    ARGUMENTS = 3,
    ICON = 4,
    IS_WIDE = 0x80,
    MARKUP_SAMPLE = 4096 /* in which a file of XML shows what it is */
};

static const char LINK_SIGN[] = "L\0\0\0\x01\x14\x02";

typedef struct {
    const guint8 *at, *end;
} Rest;

static guint take_number(Rest *rest, guint count)
{
    guint value = 0;

    if ((gsize)(rest->end - rest->at) < count) {
        rest->at = rest->end;
        return 0;
    }
    for (guint i = 0; i < count; i++)
        value |= (guint)rest->at[i] << 8 * i;
    rest->at += count;
    return value;
}

/* *size becomes less where there is less. */
static const guint8 *take_bytes(Rest *rest, gsize *size)
{
    const guint8 *bytes = rest->at;

    *size = MIN(*size, (gsize)(rest->end - rest->at));
    rest->at += *size;
    return bytes;
}

/* The letters in them, as a fact of its own, so that none is lost behind another; what is none
 * becomes a blank, a NUL nothing, and of many blanks one is left: arguments are hidden behind such.
 */
static void tell(MacroDocument *document, const char *kind, const guint8 *bytes, gsize size)
{
    g_autoptr(GString) letters = g_string_new(NULL);

    for (gsize i = 0; i < size && letters->len < MACRO_FACT_MAX; i++) {
        gchar letter = g_ascii_isgraph((gchar)bytes[i]) ? (gchar)bytes[i] : ' ';

        if (bytes[i] != 0 &&
            (letter != ' ' || (letters->len > 0 && letters->str[letters->len - 1] != ' ')))
            g_string_append_c(letters, letter);
    }
    if (letters->len > 0)
        macro_document_add_fact(document, MACRO_SOURCE_LINK, kind, letters->str);
}

static void read_link(MacroDocument *document, const guint8 *data, gsize size)
{
    Rest rest = {data + HEAD, data + size}, head = {data + 20, data + size};
    guint flags = take_number(&head, 4);
    const guint8 *text;
    gsize length;

    if (flags & HAS_IDENTIFIERS) {
        length = take_number(&rest, 2);
        text = take_bytes(&rest, &length);
        tell(document, "shortcut", text, length);
    }
    if (flags & HAS_PLACE) {
        length = take_number(&rest, 4);
        length -= MIN(length, 4);
        text = take_bytes(&rest, &length);
        tell(document, "shortcut", text, length);
    }
    for (guint i = 0; i < TEXTS; i++) {
        if (!(flags & 1u << (TEXTS_FROM + i)))
            continue;
        length = (gsize)take_number(&rest, 2) * (flags & IS_WIDE ? 2 : 1);
        text = take_bytes(&rest, &length);
        if (i != ICON)
            tell(document, i == ARGUMENTS ? "shortcut-arguments" : "shortcut", text, length);
    }
    /* The blocks behind may have the target with variables of the environment. */
    tell(document, "shortcut", rest.at, (gsize)(rest.end - rest.at));
}

/* `key=value` at a line's beginning, in any case. */
static void read_address(MacroDocument *document, const char *data, gsize size)
{
    const char *at = data, *end = data + size;

    while (at < end) {
        const char *newline = memchr(at, '\n', (gsize)(end - at));
        const char *next = newline ? newline + 1 : end;

        if (next - at > 4 && g_ascii_strncasecmp(at, "url=", 4) == 0) {
            g_autofree char *value = g_strndup(at + 4, MIN((gsize)(next - at) - 4, MACRO_FACT_MAX));

            macro_document_add_fact(document, MACRO_SOURCE_LINK, "web-shortcut", g_strstrip(value));
        }
        at = next;
    }
}

/* What stands in each element of that name. */
static void read_elements(MacroDocument *document, const char *kind, const char *name,
                          const char *data, gsize size)
{
    const char *end = data + size;

    for (const char *at = data; (at = memchr(at, '<', (gsize)(end - at))) != NULL; at++) {
        const char *text = at + 1 + strlen(name), *behind;
        g_autofree char *value = NULL;

        if (end - at < (gssize)strlen(name) + 2 ||
            g_ascii_strncasecmp(at + 1, name, strlen(name)) || *text++ != '>')
            continue;
        behind = memchr(text, '<', (gsize)(end - text));
        if (!behind)
            return;
        value = g_strndup(text, MIN((gsize)(behind - text), MACRO_FACT_MAX));
        macro_document_add_fact(document, MACRO_SOURCE_LINK, kind, g_strstrip(value));
        at = behind - 1;
    }
}

typedef enum {
    OTHER,
    LINK,
    ADDRESS,
    LIBRARY,
    SETTING
} Shortcut;

static gboolean has(const char *data, gsize size, const char *word)
{
    return byte_scan_sign(data, MIN(size, (gsize)MARKUP_SAMPLE), word, strlen(word)) != NULL;
}

static Shortcut tell_kind(const char *data, gsize size)
{
    static const char mark[] = "\xef\xbb\xbf";

    if (size >= HEAD && memcmp(data, LINK_SIGN, sizeof(LINK_SIGN)) == 0)
        return LINK;
    if (size >= 3 && memcmp(data, mark, 3) == 0)
        data += 3, size -= 3;
    while (size > 0 && g_ascii_isspace(*data))
        data++, size--;
    if (size > 0 && *data == '[')
        return has(data, size, "[InternetShortcut") ? ADDRESS : OTHER;
    if (size == 0 || *data != '<')
        return OTHER;
    if (has(data, size, "<libraryDescription") || has(data, size, "<searchConnectorDescription"))
        return LIBRARY;
    return has(data, size, "<SearchableContent") ? SETTING : OTHER;
}

gboolean macro_shortcut_matches(const char *data, gsize size)
{
    return tell_kind(data, size) != OTHER;
}

void macro_shortcut_read(MacroDocument *document, const char *data, gsize size)
{
    switch (tell_kind(data, size)) {
    case LINK:
        read_link(document, (const guint8 *)data, size);
        break;
    case ADDRESS:
        read_address(document, data, size);
        break;
    case LIBRARY:
        read_elements(document, "library", "url", data, size);
        break;
    case SETTING:
        read_elements(document, "setting", "DeepLink", data, size);
        break;
    case OTHER:
        break;
    }
}
