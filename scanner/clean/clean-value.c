/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clean-value.c - attributes by name, addresses by scheme, styles by the few words that run code.
 *
 * Nothing fails. What is written in a way that hides it (an entity within a scheme) counts as
 * active: honest pages have no reason to.
 */
#include "scanner/clean/clean-value.h"

#include <string.h>

enum {
    ESCAPE_DIGITS_MAX = 6 /* CSS 2.1 §4.1.3 */
};

/* Attributes that are gone whatever they hold: frames' documents, bases, data bindings of old. */
static const char *const ACTIVE_NAMES[] = {
    "srcdoc",  "ping",         "manifest",   "base",           "datasrc",
    "datafld", "dataformatas", "http-equiv", "classid",        "codebase",
    "code",    "archive",      "profile",    "implementation", "handler"};

/* Those that browsers take for an address somewhere. */
static const char *const ADDRESS_NAMES[] = {
    "href",     "src",    "action", "formaction", "background", "poster",     "data", "cite",
    "longdesc", "icon",   "lowsrc", "dynsrc",     "usemap",     "srcset",     "from", "to",
    "by",       "values", "url",    "folder",     "template",   "imagesrcset"};

static const char *const SCHEMES[] = {"http", "https", "mailto", "tel", "sms", "cid", "mid", "ftp"};

static const char *const IMAGES[] = {"data:image/png",   "data:image/jpeg", "data:image/jpg",
                                     "data:image/gif",   "data:image/webp", "data:image/bmp",
                                     "data:image/x-icon"};

static const char *const STYLE_WORDS[] = {"expression",
                                          "behavior",
                                          "behaviour",
                                          "-moz-binding",
                                          "-o-link",
                                          "@import",
                                          "script:",
                                          "data:text",
                                          "data:application",
                                          "data:image/svg",
                                          "include-source",
                                          "layer-background",
                                          "progid:dximagetransform.microsoft.alphaimageloader"};

static gboolean is_one_of(const char *const *names, gsize count, const char *name)
{
    for (gsize i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return TRUE;
    return FALSE;
}

/* Lower case, without what browsers leave out of an address. */
static char *squeeze(const char *text, gsize size)
{
    GString *out = g_string_sized_new(size);

    for (gsize i = 0; i < size; i++)
        if ((guchar)text[i] > ' ' && text[i] != 0x7f)
            g_string_append_c(out, g_ascii_tolower(text[i]));
    return g_string_free(out, FALSE);
}

/* Squeezed: only what stands before the first `/`, `?` or `#` can be a scheme. */
static gboolean address_is_active(const char *address)
{
    gsize scheme = strcspn(address, "/?#:");

    if (memchr(address, '&', scheme) || memchr(address, '\\', scheme))
        return TRUE;
    if (address[scheme] != ':')
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(SCHEMES); i++)
        if (strlen(SCHEMES[i]) == scheme && memcmp(address, SCHEMES[i], scheme) == 0)
            return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(IMAGES); i++)
        if (g_str_has_prefix(address, IMAGES[i]) && strchr(";,", address[strlen(IMAGES[i])]))
            return FALSE;
    return TRUE;
}

/* --- Character references ----------------------------------------------------------- */

static const struct {
    const char *name; /* with its semicolon */
    char letter;
} REFERENCES[] = {{"colon;", ':'},  {"Tab;", '\t'},   {"NewLine;", '\n'}, {"lpar;", '('},
                  {"rpar;", ')'},   {"quot;", '"'},   {"apos;", '\''},    {"amp;", '&'},
                  {"bsol;", '\\'},  {"sol;", '/'},    {"ast;", '*'},      {"lowbar;", '_'},
                  {"period;", '.'}, {"hyphen;", '-'}, {"commat;", '@'},   {"semi;", ';'},
                  {"lt;", '<'},     {"gt;", '>'},     {"quot", '"'},      {"amp", '&'},
                  {"lt", '<'},      {"gt", '>'}};

/* Letters that a reference at `at` (its `&`) stands for; returns how many bytes it has, 0: none. */
static gsize reference_take(const char *at, gsize left, char *ret)
{
    gsize used = 2;
    guint number = 0;
    gboolean is_hex;

    if (left < 3 || at[1] != '#') {
        for (gsize i = 0; i < G_N_ELEMENTS(REFERENCES); i++) {
            gsize length = strlen(REFERENCES[i].name);

            if (left > length && memcmp(at + 1, REFERENCES[i].name, length) == 0) {
                *ret = REFERENCES[i].letter;
                return length + 1;
            }
        }
        return 0;
    }
    is_hex = (at[2] | 0x20) == 'x';
    used += is_hex;
    for (; used < left && (is_hex ? g_ascii_isxdigit(at[used]) : g_ascii_isdigit(at[used])); used++)
        number =
            MIN(number * (is_hex ? 16 : 10) + (guint)g_ascii_xdigit_value(at[used]), 0x110000U);
    *ret = number > 0 && number < 0x80 ? (char)number : '?';
    return used + (used < left && at[used] == ';');
}

static GString *references_decode(const char *text, gsize size)
{
    GString *out = g_string_sized_new(size);

    for (gsize i = 0; i < size;) {
        char letter = text[i];
        gsize used = letter == '&' ? reference_take(text + i, size - i, &letter) : 0;

        g_string_append_c(out, used > 0 ? letter : text[i]);
        i += MAX(used, 1);
    }
    return out;
}

/* --- Styles ------------------------------------------------------------------------- */

/* A backslash and what it stands for, by CSS 2.1 §4.1.3; how many bytes it has. */
static gsize escape_take(const char *at, gsize left, GString *out)
{
    guint number = 0;
    gsize used = 1;

    for (; used < left && used <= ESCAPE_DIGITS_MAX && g_ascii_isxdigit(at[used]); used++)
        number = number * 16 + (guint)g_ascii_xdigit_value(at[used]);
    if (used == 1)
        return 1; /* the next letter stands for itself */
    if (number > ' ' && number < 0x80)
        g_string_append_c(out, g_ascii_tolower((char)number));
    return used + (used < left && g_ascii_isspace(at[used]));
}

/* Lower case, no blanks, escapes worked out; with its comments or without. */
static char *style_flatten(const char *text, gsize size, gboolean without_comments)
{
    GString *out = g_string_sized_new(size);

    for (gsize i = 0; i < size;) {
        if (without_comments && size - i >= 2 && memcmp(text + i, "/*", 2) == 0) {
            const char *end = memmem(text + i + 2, size - i - 2, "*/", 2);

            i = end ? (gsize)(end - text) + 2 : size;
        } else if (text[i] == '\\') {
            i += escape_take(text + i, size - i, out);
        } else {
            if ((guchar)text[i] > ' ')
                g_string_append_c(out, g_ascii_tolower(text[i]));
            i++;
        }
    }
    return g_string_free(out, FALSE);
}

static gboolean flat_style_is_active(const char *style)
{
    for (gsize i = 0; i < G_N_ELEMENTS(STYLE_WORDS); i++)
        if (strstr(style, STYLE_WORDS[i]))
            return TRUE;
    for (const char *at = style; (at = strstr(at, "url(")) != NULL;) {
        at += strlen("url(");
        at += strspn(at, "\"'");
        g_autofree char *address = g_strndup(at, strcspn(at, ")\"'"));
        if (address_is_active(address))
            return TRUE;
    }
    return FALSE;
}

gboolean clean_value_style_is_active(const char *text, gsize size)
{
    g_autofree char *whole = style_flatten(text, size, FALSE);
    g_autofree char *without = style_flatten(text, size, TRUE);

    return flat_style_is_active(whole) || flat_style_is_active(without);
}

/* --- Attributes --------------------------------------------------------------------- */

static gboolean target_is_active(const char *element, const char *attribute, const char *address)
{
    /* What is used from elsewhere brings its scripts along (SVG 1.1 §5.6). */
    if (strcmp(element, "use") == 0 && strcmp(attribute, "href") == 0)
        return address[0] != '#';
    return address_is_active(address);
}

/* What an animation sets may be a handler or an address (SVG 1.1 §19.2.7). */
static gboolean animates(const char *value)
{
    return strchr(value, '&') || strstr(value, "href") || strstr(value, "src") ||
           g_str_has_prefix(value, "on") || strstr(value, ":on");
}

gboolean clean_value_is_active(const char *element, const char *attribute, const char *value,
                               gsize size)
{
    g_autoptr(GString) decoded = NULL;
    g_autofree char *raw = NULL, *plain = NULL;

    if (g_str_has_prefix(attribute, "on") ||
        is_one_of(ACTIVE_NAMES, G_N_ELEMENTS(ACTIVE_NAMES), attribute))
        return TRUE;
    /* A mark within a value is where sanitizers and browsers part. */
    if (memchr(value, '<', size) || memchr(value, '`', size))
        return TRUE;
    decoded = references_decode(value, size);
    raw = squeeze(value, size);
    plain = squeeze(decoded->str, decoded->len);
    if (strstr(plain, "script:") || strstr(plain, "data:text"))
        return TRUE;
    if (strcmp(attribute, "style") == 0)
        return memchr(decoded->str, '<', decoded->len) != NULL ||
               clean_value_style_is_active(decoded->str, decoded->len);
    if (strcmp(attribute, "attributename") == 0)
        return animates(raw);
    return is_one_of(ADDRESS_NAMES, G_N_ELEMENTS(ADDRESS_NAMES), attribute) &&
           target_is_active(element, attribute, raw);
}

gboolean clean_value_charset_is_plain(const char *name, gsize size)
{
    static const char *const PLAIN[] = {"utf-8",  "utf8",   "us-ascii", "ascii",
                                        "latin1", "koi8-r", "koi8-u"};
    static const char *const FAMILIES[] = {"iso-8859-", "iso8859-", "windows-125", "cp125"};
    g_autofree char *plain = squeeze(name, size);

    for (gsize i = 0; i < G_N_ELEMENTS(FAMILIES); i++)
        if (g_str_has_prefix(plain, FAMILIES[i]) &&
            strspn(plain + strlen(FAMILIES[i]), "0123456789") ==
                strlen(plain + strlen(FAMILIES[i])))
            return TRUE;
    return is_one_of(PLAIN, G_N_ELEMENTS(PLAIN), plain);
}
