/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * file-name.c - file names as the rules see them.
 *
 * Nothing fails. Each step removes one way of making a name look different from what a desktop does
 * with it: encodings, path components, compatibility forms (full-width letters), case, invisible
 * characters, and the trailing dots and spaces that Windows drops when it saves a file.
 *
 * Known limit: look-alike letters of other scripts (a Cyrillic "е" in "ехе") stay as they are; a
 * desktop does not run such a file either.
 */
#include "filters/file-name.h"

#include "filters/name-decode.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

/* This many spaces push an extension out of the column that a desktop shows. */
#define SPACES_THAT_HIDE "     "

#define EXTENSION_MAX 8 /* letters, as in "manifest"; longer ones are words of a name */

/* What a double click runs, on any desktop. */
static const char *const RUNS[] = {
    "ade", "adp", "apk", "app", "appx", "bat",  "chm",  "cmd", "com", "cpl", "dll", "dmg",  "exe",
    "hta", "inf", "img", "iso", "jar",  "jnlp", "js",   "jse", "lnk", "msc", "msi", "msix", "msp",
    "mst", "ocx", "pif", "ps1", "psc1", "py",   "reg",  "scf", "scr", "sct", "sh",  "shb",  "shs",
    "sys", "url", "vb",  "vbe", "vbs",  "vhd",  "vhdx", "wsc", "wsf", "wsh", "xll", NULL};

/* What people open without hesitation. */
static const char *const HARMLESS[] = {
    "avi", "bmp", "csv", "doc",  "docx", "eml", "gif", "htm",  "html", "ics", "jpeg",
    "jpg", "mov", "mp3", "mp4",  "odp",  "ods", "odt", "pdf",  "png",  "ppt", "pptx",
    "rtf", "svg", "tif", "tiff", "txt",  "wav", "xls", "xlsx", "xml",  "zip", NULL};

static gboolean is_hidden(gunichar c)
{
    switch (u_charType((UChar32)c)) {
    case U_CONTROL_CHAR:
    case U_FORMAT_CHAR: /* bidi controls, zero-width, soft hyphen, tags */
    case U_SURROGATE:
    case U_LINE_SEPARATOR:
    case U_PARAGRAPH_SEPARATOR:
        return TRUE;
    default:
        return u_hasBinaryProperty((UChar32)c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
    }
}

/* Embeddings, overrides and isolates. Not the marks U+200E and U+200F: honest Hebrew and Arabic
 * names have them, and they do not reverse letters. */
static gboolean turns_direction(gunichar c)
{
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/* Most names are plain ASCII without any encoding, and need no decoding. */
static gboolean is_plain(const char *raw, gsize size)
{
    for (gsize i = 0; i < size; i++) {
        if (raw[i] < ' ' || raw[i] > '~' || raw[i] == '\'' || raw[i] == '*' || raw[i] == '?')
            return FALSE;
    }
    return TRUE;
}

char *file_name_decode(const char *raw, gssize length)
{
    g_autofree char *both_ends = NULL;
    gsize size = length < 0 ? strlen(raw) : (gsize)length;

    if (size > FILE_NAME_MAX) {
        gsize head = FILE_NAME_MAX / 2, tail = size - FILE_NAME_MAX / 2;

        /* Not within a character, or the result would not be UTF-8. */
        while (head > 0 && ((guchar)raw[head] & 0xC0) == 0x80)
            head--;
        while (tail < size && ((guchar)raw[tail] & 0xC0) == 0x80)
            tail++;
        both_ends = g_malloc(FILE_NAME_MAX);
        memcpy(both_ends, raw, head);
        memcpy(both_ends + head, raw + tail, size - tail);
        raw = both_ends;
        size = head + size - tail;
    }
    return is_plain(raw, size) ? g_strndup(raw, size) : name_decode(raw, size);
}

char *file_name_decode_otherwise(const char *raw)
{
    gsize size = strlen(raw);

    return size <= FILE_NAME_MAX ? name_decode_otherwise(raw, size) : NULL;
}

/* The last component of a Unix or Windows path. At the end slashes, dots and spaces are ignored, as
 * Windows does. */
static char *last_component(char *name)
{
    gsize length = strlen(name);

    while (length > 0 && strchr("/\\. ", name[length - 1]) != NULL)
        name[--length] = '\0';
    char *slash = strrchr(name, '/');
    char *backslash = strrchr(name, '\\');
    if (slash == NULL || (backslash != NULL && backslash > slash))
        slash = backslash;
    return slash != NULL ? slash + 1 : name;
}

/* NFKC_Casefold, Unicode's form for comparing identifiers; for ASCII that is lower case. NULL only
 * if ICU's data is missing. */
static char *fold(const char *text)
{
    if (g_str_is_ascii(text))
        return g_ascii_strdown(text, -1);
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *normalizer = unorm2_getNFKCCasefoldInstance(&status);
    glong units = 0;
    g_autofree gunichar2 *wide = g_utf8_to_utf16(text, -1, NULL, &units, NULL);

    if (U_FAILURE(status) || wide == NULL)
        return NULL;
    /* U+FDFA becomes 18 letters, more than any other. */
    int32_t capacity = (int32_t)units * 18 + 1;
    g_autofree UChar *out = g_new(UChar, capacity);
    int32_t size = unorm2_normalize(normalizer, wide, (int32_t)units, out, capacity, &status);
    return U_FAILURE(status) ? NULL : g_utf16_to_utf8(out, size, NULL, NULL, NULL);
}

static void trim(GString *name)
{
    /* The NTFS stream that is the file itself. */
    if (g_str_has_suffix(name->str, "::$data"))
        g_string_truncate(name, name->len - strlen("::$data"));
    while (name->len > 0 && strchr(". \"'", name->str[name->len - 1]) != NULL)
        g_string_truncate(name, name->len - 1);
    gsize lead = strspn(name->str, " \"'");
    g_string_erase(name, 0, (gssize)lead);
}

static gboolean is_control(gunichar c)
{
    return u_charType((UChar32)c) == U_CONTROL_CHAR;
}

/* Looks like a space: white space, and the blank Braille pattern. */
static gboolean is_blank(gunichar c)
{
    return u_isUWhiteSpace((UChar32)c) || is_control(c) || c == 0x2800;
}

static char *normalize(const char *decoded)
{
    g_autofree char *text = g_strdup(decoded);
    g_autofree char *folded = fold(last_component(text));
    const char *source = folded != NULL ? folded : last_component(text);
    GString *out = g_string_sized_new(strlen(source));

    for (const char *p = source; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (c >= ' ' && c <= '~')
            g_string_append_c(out, (char)c);
        else if (is_blank(c))
            g_string_append_c(out, ' ');
        else if (!is_hidden(c))
            g_string_append_unichar(out, c);
    }
    trim(out);
    return g_string_free(out, FALSE);
}

char *file_name_normalize(const char *raw, gssize length)
{
    g_autofree char *text = file_name_decode(raw, length);

    return normalize(text);
}

static int escaped_byte(const char *p)
{
    return *p == '%' && g_ascii_isxdigit(p[1]) && g_ascii_isxdigit(p[2])
               ? g_ascii_xdigit_value(p[1]) * 16 + g_ascii_xdigit_value(p[2])
               : -1;
}

/* NULs become another control character. */
static char *without_escapes(const char *text)
{
    GString *out = g_string_sized_new(strlen(text));

    for (const char *p = text; *p != '\0'; p++) {
        int byte = escaped_byte(p);

        g_string_append_c(out, (char)(byte == 0 ? 1 : byte > 0 ? byte : *p));
        p += byte >= 0 ? 2 : 0;
    }
    char *valid = g_utf8_make_valid(out->str, (gssize)out->len);
    g_string_free(out, TRUE);
    return valid;
}

static gboolean is_end(char c)
{
    return c != '\0' && g_ascii_iscntrl(c) && strchr("\t\r\n", c) == NULL;
}

/* Where the name of an NTFS stream starts, or the end of the text; a drive as in "C:" is none. */
static char *stream_begin(char *name)
{
    char *colon = strchr(name, ':');

    if (colon == name + 1)
        colon = strchr(colon + 1, ':');
    return colon != NULL ? colon : name + strlen(name);
}

static void readings_add(GPtrArray *readings, const char *text)
{
    g_autofree char *name = normalize(text);

    if (*name != '\0' && !g_ptr_array_find_with_equal_func(readings, name, g_str_equal, NULL))
        g_ptr_array_add(readings, g_steal_pointer(&name));
}

/* Control characters, and U+FFFD for invalid bytes: some programs leave them out. */
static gboolean is_dropped(gunichar c)
{
    return c == 0xFFFD || is_control(c);
}

static char *without_dropped(const char *text)
{
    GString *out = g_string_sized_new(strlen(text));

    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p))
        if (!is_dropped(g_utf8_get_char(p)))
            g_string_append_unichar(out, g_utf8_get_char(p));
    return g_string_free(out, FALSE);
}

char *file_name_without_broken(const char *raw)
{
    g_autofree char *valid = NULL;

    if (g_utf8_validate(raw, -1, NULL))
        return NULL;
    valid = g_utf8_make_valid(raw, -1);
    return without_dropped(valid);
}

char **file_name_readings(const char *raw, gssize length)
{
    GPtrArray *readings = g_ptr_array_new();
    g_autofree char *text = file_name_decode(raw, length);
    gboolean has_more = strpbrk(text, "%:") != NULL;

    g_ptr_array_add(readings, normalize(text));
    for (const char *p = text; *p != '\0' && !has_more; p = g_utf8_next_char(p))
        has_more = is_dropped(g_utf8_get_char(p));
    if (has_more) {
        g_autofree char *name = without_escapes(text), *kept = without_dropped(name);

        readings_add(readings, name);
        readings_add(readings, kept);
        for (char *p = name; *p != '\0'; p++) {
            if (!is_end(*p))
                continue;
            *p = '\0';
            break;
        }
        readings_add(readings, name);
        *stream_begin(last_component(name)) = '\0';
        readings_add(readings, name);
    }
    g_ptr_array_add(readings, NULL);
    return (char **)g_ptr_array_free(readings, FALSE);
}

const char *file_name_extension(const char *normalized)
{
    const char *dot = strrchr(normalized, '.');
    return dot != NULL ? dot + 1 : normalized + strlen(normalized);
}

gboolean file_name_extensions_differ(const char *one, const char *other)
{
    g_autofree char *first = file_name_normalize(one, -1);
    g_autofree char *second = file_name_normalize(other, -1);

    return strcmp(file_name_extension(first), file_name_extension(second)) != 0;
}

char **file_name_extensions(const char *normalized)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_autofree char *name = g_strdup(normalized);
    guint count = 0;

    for (char *dot = strrchr(name, '.'); dot != NULL && count < FILE_NAME_EXTENSIONS;
         dot = strrchr(name, '.')) {
        g_strstrip(dot + 1);
        if (count > 0 && (dot[1] == '\0' || strchr(dot + 1, ' ') != NULL ||
                          g_utf8_strlen(dot + 1, -1) > EXTENSION_MAX))
            break;
        g_strv_builder_add(builder, dot + 1);
        count++;
        *dot = '\0';
    }
    return g_strv_builder_end(builder);
}

static const struct {
    FileNameLie lie;
    const char *word;
} LIES[] = {
    {FILE_NAME_DIRECTION, "direction"}, {FILE_NAME_SPACES, "spaces"},
    {FILE_NAME_DOUBLE, "double"},       {FILE_NAME_CONTROL, "control"},
    {FILE_NAME_TRAILING, "trailing"},   {FILE_NAME_LONG, "long"},
    {FILE_NAME_CLASS, "class"},
};

/* Not line ends and tabs, which come from folded header lines. */
static gboolean has_control(const char *text)
{
    for (; *text != '\0'; text++) {
        if (((guchar)*text < ' ' && strchr("\t\r\n", *text) == NULL) || *text == 0x7f)
            return TRUE;
    }
    return FALSE;
}

static gboolean has_trailing(const char *decoded)
{
    gsize length = strlen(decoded);

    return length > 0 && strchr(". \t\r\n", decoded[length - 1]) != NULL;
}

/* .{01234567-89ab-cdef-0123-456789abcdef} */
static gboolean is_class(const char *extension)
{
    static const char form[] = "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}";

    if (strlen(extension) != strlen(form))
        return FALSE;
    for (gsize i = 0; form[i] != '\0'; i++) {
        if (form[i] == 'x' ? !g_ascii_isxdigit(extension[i]) : extension[i] != form[i])
            return FALSE;
    }
    return TRUE;
}

guint file_name_lies(const char *raw, gssize length)
{
    g_autofree char *decoded = file_name_decode(raw, length);
    g_autofree char *name = file_name_normalize(raw, length);
    g_auto(GStrv) extensions = file_name_extensions(name);
    gboolean runs = extensions[0] != NULL && g_strv_contains(RUNS, extensions[0]);
    guint lies = 0;

    for (const char *p = decoded; *p != '\0'; p = g_utf8_next_char(p)) {
        if (turns_direction(g_utf8_get_char(p)))
            lies |= FILE_NAME_DIRECTION;
    }
    if (has_control(decoded))
        lies |= FILE_NAME_CONTROL;
    if (strstr(name, SPACES_THAT_HIDE ".") != NULL)
        lies |= FILE_NAME_SPACES;
    if (runs && extensions[1] != NULL && g_strv_contains(HARMLESS, extensions[1]))
        lies |= FILE_NAME_DOUBLE;
    if (runs && has_trailing(decoded))
        lies |= FILE_NAME_TRAILING;
    if (is_class(file_name_extension(name)))
        lies |= FILE_NAME_CLASS;
    if (strlen(last_component(decoded)) > FILE_NAME_KEPT_MAX)
        lies |= FILE_NAME_LONG;
    return lies;
}

const char *file_name_lie_word(FileNameLie lie)
{
    for (gsize i = 0; i < G_N_ELEMENTS(LIES); i++) {
        if (LIES[i].lie == lie)
            return LIES[i].word;
    }
    return NULL;
}
