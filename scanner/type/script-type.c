/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script-type.c - weighs telling words of each language in the beginning of a text.
 *
 * Cannot fail. A word of weight 2 is what prose does not say; those of weight 1 must come together.
 *
 * Known limits: a script in which every word is made up of pieces is not known; nor one behind 8 KB
 * of comment. A text about scripts with many examples in it is taken for one.
 */
#include "scanner/type/script-type.h"

#include <string.h>

enum {
    ENOUGH = 3
};

typedef struct {
    const char *word; /* lower case; blanks between words count as one */
    guint weight;
} Word;

static const Word HTA[] = {{"<hta:application", 3}, {NULL, 0}};
static const Word WSF[] = {
    {"<job", 1}, {"<script", 1}, {"</script>", 1}, {"<package>", 1}, {NULL, 0}};
static const Word SVG_SCRIPT[] = {{"<svg", 1},        {"<script", 2},  {"onload=", 2},
                                  {"javascript:", 2}, {"onclick=", 2}, {"onmouseover=", 2},
                                  {NULL, 0}};
static const Word POWERSHELL[] = {{"invoke-expression", 3},
                                  {"invoke-webrequest", 2},
                                  {"new-object ", 2},
                                  {"net.webclient", 2},
                                  {".downloadstring(", 2},
                                  {"frombase64string(", 2},
                                  {"-encodedcommand", 2},
                                  {"start-process", 2},
                                  {"write-host", 2},
                                  {"set-executionpolicy", 2},
                                  {"get-childitem", 2},
                                  {"out-null", 1},
                                  {"$env:", 2},
                                  {"[system.", 1},
                                  {"param (", 1},
                                  {"param(", 1},
                                  {"$null", 1},
                                  {" -eq ", 1},
                                  {"foreach-object", 2},
                                  {"iex ", 1},
                                  {"iex(", 2},
                                  {NULL, 0}};
static const Word VBSCRIPT[] = {{"createobject(", 2},
                                {"wscript.", 2},
                                {"on error resume next", 3},
                                {"end sub", 1},
                                {"end function", 1},
                                {"end if", 1},
                                {"dim ", 1},
                                {"msgbox ", 1},
                                {"set ", 1},
                                {"executeglobal", 2},
                                {"option explicit", 2},
                                {"chr(", 1},
                                {NULL, 0}};
static const Word JAVASCRIPT[] = {{"new activexobject(", 3},
                                  {"wscript.", 2},
                                  {"function(", 1},
                                  {"function (", 1},
                                  {"var ", 1},
                                  {"eval(", 1},
                                  {"=> {", 1},
                                  {"const ", 1},
                                  {"let ", 1},
                                  {"return ", 1},
                                  {"document.", 1},
                                  {"window.", 1},
                                  {"string.fromcharcode", 2},
                                  {"require(", 1},
                                  {"console.log(", 2},
                                  {");", 1},
                                  {NULL, 0}};
static const Word BATCH[] = {
    {"@echo off", 3},  {"%~dp0", 3},    {"%comspec%", 2},    {"cmd /c", 2},    {"cmd.exe /c", 2},
    {"setlocal", 2},   {"goto :", 1},   {"goto ", 1},        {"if exist ", 1}, {"if not exist ", 1},
    {"errorlevel", 1}, {"start /b", 2}, {"powershell -", 2}, {"%temp%", 1},    {"%appdata%", 1},
    {"certutil ", 1},  {"reg add ", 1}, {"taskkill", 1},     {NULL, 0}};

/* Shortcuts and settings that start or fetch something when they are opened. */
static const Word LIBRARY[] = {{"<librarydescription", 3}, {NULL, 0}};
static const Word SEARCH_CONNECTOR[] = {{"<searchconnectordescription", 3}, {NULL, 0}};
static const Word SAVED_SEARCH[] = {{"<persistedquery", 3}, {NULL, 0}};
static const Word SETTING[] = {{"<searchablecontent", 2}, {"<deeplink", 1}, {NULL, 0}};
static const Word CONSOLE[] = {{"<mmc_consolefile", 3}, {NULL, 0}};
static const Word APP_INSTALLER[] = {
    {"<appinstaller", 2}, {"<mainpackage", 1}, {"<mainbundle", 1}, {NULL, 0}};
static const Word CLICK_ONCE[] = {
    {"<deployment", 2}, {"deploymentprovider", 1}, {"<dependency", 1}, {NULL, 0}};
static const Word CONTACT[] = {{"http://schemas.microsoft.com/contact", 3}, {NULL, 0}};
static const Word SANDBOX[] = {{"<logoncommand", 3}, {NULL, 0}};
static const Word THEME[] = {
    {"[theme]", 2}, {"[control panel\\", 1}, {"[visualstyles]", 1}, {"displayname=", 1}, {NULL, 0}};
static const Word WEB_SHORTCUT[] = {{"[internetshortcut]", 2}, {"url=", 1}, {NULL, 0}};
static const Word DESKTOP[] = {
    {"[desktop entry]", 2}, {"exec=", 1}, {"url=", 1}, {"type=", 1}, {NULL, 0}};
static const Word SHELL_COMMAND[] = {
    {"[shell]", 1}, {"command=", 1}, {"iconfile=", 1}, {"[taskbar]", 1}, {NULL, 0}};
static const Word REMOTE_DESKTOP[] = {{"full address:s:", 3}, {NULL, 0}};
static const Word REGISTRY[] = {
    {"windows registry editor version", 2}, {"regedit4", 2}, {"[hkey_", 1}, {NULL, 0}};
static const Word WEB_QUERY[] = {{"web 1 http", 3}, {NULL, 0}};
static const Word SYLK[] = {{"id;p", 3}, {NULL, 0}};

/* The first that is enough wins: those within markup before those of bare text. */
static const struct {
    const Word *words;
    const char *must; /* stands in it, or it is not that at all; NULL: nothing */
    const char *type;
    gboolean is_first; /* `must` is what it begins with */
} LANGUAGES[] = {
    {HTA, "<hta:application", "application/hta", FALSE},
    {SVG_SCRIPT, "<svg", "image/svg+xml-with-script", FALSE},
    {WSF, "<job", "application/x-wsf", FALSE},
    {LIBRARY, "<librarydescription", "application/windows-library+xml", FALSE},
    {SEARCH_CONNECTOR, "<searchconnectordescription", "application/windows-search-connector+xml",
     FALSE},
    {SAVED_SEARCH, "<persistedquery", "application/windows-saved-search+xml", FALSE},
    {SETTING, "<searchablecontent", "application/windows-setting+xml", FALSE},
    {CONSOLE, "<mmc_consolefile", "application/x-ms-console", FALSE},
    {APP_INSTALLER, "<appinstaller", "application/appinstaller", FALSE},
    {CLICK_ONCE, "<deployment", "application/x-ms-application", FALSE},
    {CONTACT, "<c:contact", "application/x-ms-contact", FALSE},
    {SANDBOX, "<configuration", "application/x-windows-sandbox", FALSE},
    {THEME, "[theme]", "application/x-ms-theme", FALSE},
    {WEB_SHORTCUT, "[internetshortcut]", "application/x-mswinurl", FALSE},
    {DESKTOP, "[desktop entry]", "application/x-desktop", FALSE},
    {SHELL_COMMAND, "[shell]", "text/x-ms-scf", TRUE},
    {REMOTE_DESKTOP, "full address:s:", "application/x-rdp", FALSE},
    {REGISTRY, "[hkey_", "text/x-ms-regedit", FALSE},
    {WEB_QUERY, "web 1 http", "text/x-ms-iqy", TRUE},
    {SYLK, "id;p", "application/x-sylk", TRUE},
    {BATCH, NULL, "text/x-msdos-batch", FALSE},
    {POWERSHELL, NULL, "application/x-powershell", FALSE},
    /* What both may hold is told apart by how each writes a line. */
    {JAVASCRIPT, ";", "application/javascript", FALSE},
    {VBSCRIPT, NULL, "text/vbscript", FALSE},
};

/* Lower case, blanks as one, UTF-16 by its ASCII letters; NULL when it is no text. */
static char *text_of(const guint8 *data, gsize size)
{
    gsize end = MIN(size, (gsize)SCRIPT_TYPE_LOOKED_AT), used = 0;
    gboolean is_wide =
        size >= 2 && ((data[0] == 0xff && data[1] == 0xfe) || (data[0] == 0xfe && data[1] == 0xff));
    char *text;

    if (!is_wide && memchr(data, '\0', end))
        return NULL;
    text = g_malloc(end + 1);
    for (gsize i = 0; i < end; i++) {
        char c = g_ascii_tolower((char)data[i]);

        if (c == '\0')
            continue;
        if (g_ascii_isspace(c))
            c = ' ';
        if (c != ' ' || used == 0 || text[used - 1] != ' ')
            text[used++] = c;
    }
    text[used] = '\0';
    return text;
}

static gboolean is_enough(const char *text, const Word *words)
{
    guint sum = 0;

    for (; words->word && sum < ENOUGH; words++)
        if (strstr(text, words->word))
            sum += words->weight;
    return sum >= ENOUGH;
}

static const char *first_of(const char *text)
{
    return text + strspn(text, " \xef\xbb\xbf\xff\xfe");
}

static gboolean has_must(const char *text, const char *must, gboolean is_first)
{
    if (!must)
        return TRUE;
    return is_first ? g_str_has_prefix(first_of(text), must) : strstr(text, must) != NULL;
}

const char *script_type_tell(const void *data, gsize size)
{
    g_autofree char *text = text_of(data, size);
    gboolean markup = text && *first_of(text) == '<';

    for (gsize i = 0; text && i < G_N_ELEMENTS(LANGUAGES); i++) {
        gboolean of_markup = LANGUAGES[i].must && LANGUAGES[i].must[0] == '<';

        /* A page with a script in it is a page. */
        if (markup == of_markup && has_must(text, LANGUAGES[i].must, LANGUAGES[i].is_first) &&
            is_enough(text, LANGUAGES[i].words))
            return LANGUAGES[i].type;
    }
    return NULL;
}
