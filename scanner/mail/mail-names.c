/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-names.c - looks in the two fields that name a part for every `name=` and `filename=`, and
 * where there is none, in those that some programs take for it.
 *
 * Without an extension a part has the one of its type, as Outlook and others make it. Wherever they
 * stand: programs disagree about what a quotation mark, a comment or a missing semicolon does to
 * the parameters behind it. Time is linear in the header but for names in pieces, of which
 * MAIL_NAMES_MAX are told.
 *
 * Fails by FALSE only. Known limit: fields end at LF; those of a header with other line ends are
 * read when the whole message is read without them (judge-parts.c).
 */
#include "scanner/mail/mail-names.h"

#include <string.h>
#include <strings.h>

#include "filters/file-name.h"

typedef struct {
    MailNamesFound found;
    gpointer user_data;
    GString *name; /* in work */
    guint count;
    gboolean has_dot;  /* some name has one, and with it an extension of its own */
    gboolean has_type; /* other than what most parts have */
    gboolean is_over;
} Search;

#define TYPE_FIELD "content-type"

typedef enum {
    READ_PARAMETERS,
    READ_TITLE, /* the whole value is a name */
    READ_TYPE   /* it has one */
} Reading;

/* Of types that are programs, what Windows' registry and mail programs make of them. What is only
 * read needs no name. */
static const struct {
    const char *type, *name;
} NAMES_OF_TYPES[] = {
    {"application/appinstaller", "ATT00001.appinstaller"},
    {"application/bat", "ATT00001.bat"},
    {"application/dos-exe", "ATT00001.exe"},
    {"application/exe", "ATT00001.exe"},
    {"application/hta", "ATT00001.hta"},
    {"application/internet-shortcut", "ATT00001.url"},
    {"application/java-archive", "ATT00001.jar"},
    {"application/javascript", "ATT00001.js"},
    {"application/msaccess", "ATT00001.mdb"},
    {"application/msix", "ATT00001.msix"},
    {"application/onenote", "ATT00001.one"},
    {"application/msonenote", "ATT00001.one"},
    {"application/prg", "ATT00001.prg"},
    {"application/rdp", "ATT00001.rdp"},
    {"application/vbscript", "ATT00001.vbs"},
    {"application/vnd.android.package-archive", "ATT00001.apk"},
    {"application/vnd.debian.binary-package", "ATT00001.deb"},
    {"application/vnd.microsoft.portable-executable", "ATT00001.exe"},
    {"application/vnd.ms-appx", "ATT00001.appx"},
    {"application/vns.ms-appx", "ATT00001.appx"},
    {"application/vnd.ms-htmlhelp", "ATT00001.chm"},
    {"application/windows-appcontent+xml", "ATT00001.appcontent-ms"},
    {"application/windows-library+xml", "ATT00001.library-ms"},
    {"application/windows-search-connector+xml", "ATT00001.searchconnector-ms"},
    {"application/winhlp", "ATT00001.hlp"},
    {"application/x-apple-diskimage", "ATT00001.dmg"},
    {"application/x-bat", "ATT00001.bat"},
    {"application/x-cd-image", "ATT00001.iso"},
    {"application/x-chm", "ATT00001.chm"},
    {"application/x-debian-package", "ATT00001.deb"},
    {"application/x-desktop", "ATT00001.desktop"},
    {"application/x-dosexec", "ATT00001.exe"},
    {"application/x-exe", "ATT00001.exe"},
    {"application/x-iso9660-image", "ATT00001.iso"},
    {"application/x-java-archive", "ATT00001.jar"},
    {"application/x-java-jnlp-file", "ATT00001.jnlp"},
    {"application/x-javascript", "ATT00001.js"},
    {"application/x-ms-application", "ATT00001.application"},
    {"application/x-ms-installer", "ATT00001.msi"},
    {"application/x-ms-shortcut", "ATT00001.lnk"},
    {"application/x-ms-xbap", "ATT00001.xbap"},
    {"application/x-mscfile", "ATT00001.msc"},
    {"application/x-msdos-program", "ATT00001.exe"},
    {"application/x-msdownload", "ATT00001.exe"},
    {"application/x-msi", "ATT00001.msi"},
    {"application/x-mswinurl", "ATT00001.url"},
    {"application/x-powershell", "ATT00001.ps1"},
    {"application/x-rdp", "ATT00001.rdp"},
    {"application/x-rpm", "ATT00001.rpm"},
    {"application/x-vhd", "ATT00001.vhd"},
    {"application/x-win-lnk", "ATT00001.lnk"},
    {"application/x-winexe", "ATT00001.exe"},
    {"application/x-wsf", "ATT00001.wsf"},
    {"text/javascript", "ATT00001.js"},
    {"text/jscript", "ATT00001.js"},
    {"text/reg", "ATT00001.reg"},
    {"text/scriplet", "ATT00001.sct"},
    {"text/scriptlet", "ATT00001.sct"},
    {"text/vbs", "ATT00001.vbs"},
    {"text/vbscript", "ATT00001.vbs"},
    {"text/x-ms-iqy", "ATT00001.iqy"},
    {"text/x-ms-regedit", "ATT00001.reg"},
    {"x-internet-signup", "ATT00001.ins"},
};

static void tell_one(Search *search, const char *name)
{
    if (search->count++ == MAIL_NAMES_MAX)
        search->is_over = TRUE;
    else if (!search->is_over)
        search->found(name, search->user_data);
    search->has_dot |= strchr(name, '.') != NULL;
}

static void tell(Search *search)
{
    g_autofree char *kept = NULL;

    g_strstrip(search->name->str);
    if (search->name->str[0] == '\0')
        return;
    tell_one(search, search->name->str);
    /* In the letters of an older charset all bytes mean something; in UTF-8 some mean nothing. */
    kept = file_name_without_broken(search->name->str);
    if (kept)
        tell_one(search, kept);
}

/* Behind blanks and comments (RFC 5322 3.2.2; none is within another here). */
static const char *skip_blanks(const char *p)
{
    const char *end;

    for (;;) {
        p += strspn(p, " \t");
        end = *p == '(' ? strchr(p, ')') : NULL;
        if (!end)
            return p;
        p = end + 1;
    }
}

/* All of the value up to a semicolon, without what only holds it together: some programs look for
 * strings in it, others drop the quotation marks, or go on behind them. */
static void take_joined(Search *search, const char *p)
{
    gboolean is_quoted = FALSE;

    g_string_truncate(search->name, 0);
    while (*p && (is_quoted || *p != ';')) {
        const char *next = is_quoted ? p : skip_blanks(p);

        if (next != p) {
            p = next;
            continue;
        }
        is_quoted ^= *p == '"';
        next = *p == '\\' && p[1] ? p + 1 : p;
        if (*p != '"')
            g_string_append_c(search->name, *next);
        p = next + 1;
    }
    tell(search);
}

/* A value that stands in quotation marks, of which the last may be missing. */
static void take_quoted(Search *search, const char *value)
{
    const char *p = value + 1;

    g_string_truncate(search->name, 0);
    for (; *p && *p != '"'; p++) {
        if (*p == '\\' && p[1])
            p++;
        g_string_append_c(search->name, *p);
    }
    tell(search);
    p = skip_blanks(*p ? p + 1 : p);
    if (*p && *p != ';')
        take_joined(search, value);
}

/* A value without them ends at a blank, or only at the next semicolon. */
static void take_bare(Search *search, const char *p)
{
    gsize all = strcspn(p, ";"), word = strcspn(p, "; \t");

    g_string_truncate(search->name, 0);
    g_string_append_len(search->name, p, (gssize)all);
    tell(search);
    if (strcspn(p, "\"\\(") < all)
        take_joined(search, p);
    if (word == all)
        return;
    g_string_truncate(search->name, 0);
    g_string_append_len(search->name, p, (gssize)word);
    tell(search);
}

/* `p` is behind the star of a name that is encoded or in pieces (RFC 2231): from its first piece
 * on, wherever that stands, file_name_decode() puts it together. */
static void take_pieces(Search *search, const char *begin, const char *p, gboolean *has_pieces)
{
    gboolean is_first = strspn(p, "0") == strspn(p, "0123456789");
    g_autofree char *other = NULL;

    if (*has_pieces && !is_first)
        return;
    *has_pieces = TRUE;
    g_string_assign(search->name, begin);
    tell(search);
    other = file_name_decode_otherwise(begin);
    if (other)
        tell_one(search, other);
}

static gboolean is_word(char c)
{
    return g_ascii_isalnum(c) || c == '-' || c == '_' || c == '*';
}

/* `value`: of the field, in one line. */
static void take_value(Search *search, const char *value)
{
    gboolean has_pieces = FALSE;

    for (const char *at = value; !search->is_over && (at = strcasestr(at, "name")); at++) {
        const char *begin = at, *p = at + strlen("name");

        if (begin - value >= 4 && strncasecmp(begin - 4, "file", 4) == 0)
            begin -= 4;
        if (begin > value && is_word(begin[-1]))
            continue;
        p = skip_blanks(p);
        if (*p == '*')
            take_pieces(search, begin, p + 1, &has_pieces);
        if (*p != '=')
            continue;
        p += 1 + strspn(p + 1, " \t");
        if (*p == '"')
            take_quoted(search, p);
        else
            take_bare(search, p);
    }
}

static gboolean is_field(const char *line, gsize length, const char *const *fields)
{
    if (length < 12 || ((*line | 0x20) != 'c' && (*line | 0x20) != 'x'))
        return FALSE;
    for (; *fields; fields++) {
        gsize size = strlen(*fields);

        if (length > size && strncasecmp(line, *fields, size) == 0 &&
            strchr(": \t", line[size]) != NULL)
            return TRUE;
    }
    return FALSE;
}

/* Where the field that begins at `at` ends, folded lines and all. */
static const char *field_end(const char *at, const char *end)
{
    do {
        const char *newline = memchr(at, '\n', (gsize)(end - at));

        at = newline ? newline + 1 : end;
    } while (at < end && (*at == ' ' || *at == '\t'));
    return at;
}

/* In one line, and without the NULs that some programs stop at and others do not; with its blanks,
 * or without those that a line begins with. */
static void unfold(GString *value, const char *field, const char *end, gboolean keeps_blanks)
{
    gboolean begins = FALSE;

    g_string_truncate(value, 0);
    for (; field < end; field++) {
        if (*field == '\0' || *field == '\r')
            continue;
        if (*field != '\n' && (keeps_blanks || !begins || !strchr(" \t", *field)))
            g_string_append_c(value, *field);
        begins = *field == '\n' || (begins && strchr(" \t", *field));
    }
}

/* Within quotation marks programs keep the blank of a folded line, or they do not. */
static gboolean is_folded_in_quotes(const char *field, const char *end)
{
    const char *newline;
    gboolean is_quoted = FALSE;

    for (; (newline = memchr(field, '\n', (gsize)(end - field))) && newline + 1 < end;
         field = newline + 1) {
        for (; field < newline; field++)
            is_quoted ^= *field == '"';
        if (is_quoted)
            return TRUE;
    }
    return FALSE;
}

/* A title is a name if it has an extension, which may be encoded. */
static gboolean may_name(const char *value, const char *end, Reading reading)
{
    return reading == READ_TYPE || memchr(value, '=', (gsize)(end - value)) ||
           (reading == READ_TITLE && memchr(value, '.', (gsize)(end - value)));
}

/* Of most parts: nothing to look for in a table. */
static gboolean is_common_type(const char *value, const char *end)
{
    while (value < end && *value == ' ')
        value++;
    return end - value > 10 &&
           (strncasecmp(value, "text/plain", 10) == 0 || strncasecmp(value, "text/html", 9) == 0 ||
            strncasecmp(value, "multipart/", 10) == 0);
}

static void take_type(Search *search, const char *value)
{
    gsize length;

    value += strspn(value, " \t");
    length = strcspn(value, "; \t(,");
    for (gsize i = 0; i < G_N_ELEMENTS(NAMES_OF_TYPES); i++)
        if (strlen(NAMES_OF_TYPES[i].type) == length &&
            strncasecmp(value, NAMES_OF_TYPES[i].type, length) == 0)
            tell_one(search, NAMES_OF_TYPES[i].name);
}

/* Of all fields that are among `fields`. */
static void take_fields(Search *search, const char *header, gsize size, const char *const *fields,
                        Reading reading)
{
    g_autoptr(GString) value = NULL;
    const char *end = header + size;

    for (const char *field = header, *next; field < end && !search->is_over; field = next) {
        const char *colon;

        next = field_end(field, end);
        if (!is_field(field, (gsize)(next - field), fields))
            continue;
        colon = memchr(field, ':', (gsize)(next - field));
        if (colon && reading == READ_PARAMETERS &&
            strncasecmp(field, TYPE_FIELD, strlen(TYPE_FIELD)) == 0)
            search->has_type |= !is_common_type(colon + 1, next);
        if (!colon || !may_name(colon, next, reading))
            continue;
        if (!value)
            value = g_string_new(NULL);
        if (!search->name)
            search->name = g_string_new(NULL);
        unfold(value, colon + 1, next, TRUE);
        if (reading == READ_TYPE) {
            take_type(search, value->str);
        } else if (reading == READ_TITLE) {
            g_string_assign(search->name, value->str);
            tell(search);
        } else {
            take_value(search, value->str);
            if (!is_folded_in_quotes(colon, next))
                continue;
            unfold(value, colon + 1, next, FALSE);
            take_value(search, value->str);
        }
    }
}

gboolean mail_names_find(const char *header, gsize size, MailNamesFound found, gpointer user_data)
{
    static const char *const fields[] = {TYPE_FIELD, "content-disposition", NULL};
    static const char *const type[] = {TYPE_FIELD, NULL};
    /* In which some programs look where there is no other name: Exchange and Outlook ([MS-OXCMAIL]
     * 2.2.3.4.1.1), Thunderbird. */
    static const char *const titles[] = {"content-description", "content-name", "x-sun-data-name",
                                         NULL};
    Search search = {.found = found, .user_data = user_data};

    take_fields(&search, header, size, fields, READ_PARAMETERS);
    if (search.count == 0)
        take_fields(&search, header, size, titles, READ_TITLE);
    if (search.has_type && !search.has_dot)
        take_fields(&search, header, size, type, READ_TYPE);
    if (search.name)
        g_string_free(search.name, TRUE);
    return !search.is_over;
}
