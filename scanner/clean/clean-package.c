/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clean-package.c - reads and edits relationships, content types and manifests, by libxml2.
 *
 * Fails where a list is no XML: then the package is not cleaned. External entities are not loaded,
 * and a document type is refused, since no office program writes one.
 */
#include "scanner/clean/clean-package.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>

#define RELATIONSHIPS_SUFFIX ".rels"
#define TYPES "[Content_Types].xml"
#define MANIFEST "META-INF/manifest.xml"
#define MACRO_SHEET "acrosheet" /* xlMacrosheet, xlIntlMacrosheet ([MS-OFFMACRO] 2.2.1) */
#define WORKSHEET_RELATIONSHIP                                                                     \
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"

static xmlDocPtr list_parse(const guint8 *data, gsize size)
{
    xmlDocPtr list;

    if (size > G_MAXINT)
        return NULL;
    list = xmlReadMemory((const char *)data, (int)size, NULL, NULL,
                         XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (list && (xmlGetIntSubset(list) || !xmlDocGetRootElement(list))) {
        xmlFreeDoc(list);
        return NULL;
    }
    return list;
}

static char *attribute_dup(xmlNodePtr node, const char *name)
{
    xmlChar *value = xmlGetProp(node, (const xmlChar *)name);
    char *copy = value ? g_strdup((const char *)value) : NULL;

    xmlFree(value);
    return copy;
}

/* Of `word/_rels/document.xml.rels` the targets are relative to `word/`. */
static char *relationships_folder(const char *name)
{
    const char *rels = g_str_has_prefix(name, "_rels/") ? name : strstr(name, "/_rels/");

    return rels && rels != name ? g_strndup(name, (gsize)(rels - name + 1)) : g_strdup("");
}

/* The member that a target names: without leading slash, `.` and `..` worked out. */
static char *target_name(const char *folder, const char *target)
{
    g_autofree char *whole =
        target[0] == '/' ? g_strdup(target + 1) : g_strconcat(folder, target, NULL);
    g_auto(GStrv) steps = g_strsplit(whole, "/", -1);
    g_autoptr(GPtrArray) path = g_ptr_array_new();

    for (char **step = steps; *step; step++) {
        if (strcmp(*step, "..") == 0 && path->len > 0)
            g_ptr_array_set_size(path, (gint)path->len - 1);
        else if (**step && strcmp(*step, ".") != 0 && strcmp(*step, "..") != 0)
            g_ptr_array_add(path, *step);
    }
    g_ptr_array_add(path, NULL);
    return g_strjoinv("/", (char **)path->pdata);
}

/* The member of an entry in the list `name`, or NULL. */
static char *entry_part(const char *name, xmlNodePtr entry)
{
    g_autofree char *folder = NULL, *target = NULL;

    if (strcmp(name, TYPES) == 0) {
        target = attribute_dup(entry, "PartName");
        return target ? g_strdup(target[0] == '/' ? target + 1 : target) : NULL;
    }
    if (strcmp(name, MANIFEST) == 0)
        return attribute_dup(entry, "full-path");
    target = attribute_dup(entry, "Target");
    folder = relationships_folder(name);
    return target ? target_name(folder, target) : NULL;
}

static gboolean is_macro_type(const char *type)
{
    static const char *const TYPES_OF_MACROS[] = {"/vbaProject",
                                                  "/wordVbaData",
                                                  "/vbaProjectSignature",
                                                  "/vbaProjectSignatureAgile",
                                                  "/vbaProjectSignatureV3",
                                                  "/attachedToolbars"};

    for (gsize i = 0; i < G_N_ELEMENTS(TYPES_OF_MACROS); i++)
        if (g_str_has_suffix(type, TYPES_OF_MACROS[i]))
            return TRUE;
    return FALSE;
}

gboolean clean_package_find(const char *name, const guint8 *data, gsize size, GHashTable *macros,
                            GHashTable *sheets)
{
    xmlDocPtr list = list_parse(data, size);

    if (!list)
        return FALSE;
    for (xmlNodePtr node = xmlDocGetRootElement(list)->children; node; node = node->next) {
        g_autofree char *type = node->type == XML_ELEMENT_NODE ? attribute_dup(node, "Type") : NULL;
        g_autofree char *part = type ? entry_part(name, node) : NULL;

        if (part && is_macro_type(type))
            g_hash_table_add(macros, g_strdup(part));
        if (part && g_str_has_suffix(type, MACRO_SHEET))
            g_hash_table_add(sheets, g_strdup(part));
    }
    xmlFreeDoc(list);
    return TRUE;
}

/* What is loaded with the document: all but links to be clicked and pictures of the web. */
static gboolean is_loaded(const char *type, const char *target)
{
    const char *kind = strrchr(type, '/') ? strrchr(type, '/') + 1 : type;

    if (g_ascii_strcasecmp(kind, "hyperlink") == 0)
        return FALSE;
    return g_ascii_strcasecmp(kind, "image") != 0 ||
           (g_ascii_strncasecmp(target, "http:", 5) != 0 &&
            g_ascii_strncasecmp(target, "https:", 6) != 0);
}

/* The part that names it must find something under its number, so it stays, and leads nowhere. */
static gboolean edit_relationship(xmlNodePtr entry, CleanRemoved removed, gpointer user)
{
    g_autofree char *mode = attribute_dup(entry, "TargetMode");
    g_autofree char *type = attribute_dup(entry, "Type"), *target = attribute_dup(entry, "Target");
    gboolean is_template;

    if (!type || !target)
        return FALSE;
    if (g_str_has_suffix(type, MACRO_SHEET)) {
        xmlSetProp(entry, (const xmlChar *)"Type", (const xmlChar *)WORKSHEET_RELATIONSHIP);
        return TRUE;
    }
    is_template = g_str_has_suffix(type, "/attachedTemplate");
    if (!mode || g_ascii_strcasecmp(mode, "External") != 0 || !is_loaded(type, target) ||
        strcmp(target, is_template ? "Normal.dotm" : "removed") == 0)
        return FALSE;
    xmlSetProp(entry, (const xmlChar *)"Target",
               (const xmlChar *)(is_template ? "Normal.dotm" : "removed"));
    removed(strrchr(type, '/') ? strrchr(type, '/') + 1 : type, user);
    return TRUE;
}

/* Of a macro sheet, XML or binary, the type of a worksheet. */
static gboolean edit_type(xmlNodePtr entry)
{
    static const char *const TYPES_OF_SHEETS[][2] = {
        {"acrosheet+xml",
         "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"},
        {"acrosheet", "application/vnd.ms-excel.worksheet"}};
    g_autofree char *type = attribute_dup(entry, "ContentType");

    for (gsize i = 0; type && i < G_N_ELEMENTS(TYPES_OF_SHEETS); i++) {
        if (!g_str_has_suffix(type, TYPES_OF_SHEETS[i][0]))
            continue;
        xmlSetProp(entry, (const xmlChar *)"ContentType", (const xmlChar *)TYPES_OF_SHEETS[i][1]);
        return TRUE;
    }
    return FALSE;
}

gboolean clean_package_is_script(const char *name)
{
    return g_str_has_prefix(name, "Basic/") || g_str_has_prefix(name, "Scripts/");
}

gboolean clean_package_is_list(const char *name)
{
    return strcmp(name, TYPES) == 0 || strcmp(name, MANIFEST) == 0 ||
           g_str_has_suffix(name, RELATIONSHIPS_SUFFIX);
}

GBytes *clean_package_edit(const char *name, const guint8 *data, gsize size, GHashTable *parts,
                           CleanRemoved removed, gpointer user, gboolean *ret_ok)
{
    xmlDocPtr list = list_parse(data, size);
    xmlNodePtr node, next;
    xmlChar *text = NULL;
    GBytes *edited = NULL;
    gboolean found = FALSE;
    int length = 0;

    *ret_ok = list != NULL;
    if (!list)
        return NULL;
    for (node = xmlDocGetRootElement(list)->children; node; node = next) {
        g_autofree char *part = node->type == XML_ELEMENT_NODE ? entry_part(name, node) : NULL;

        next = node->next;
        if (node->type == XML_ELEMENT_NODE && strcmp(name, TYPES) == 0)
            found |= edit_type(node);
        else if (node->type == XML_ELEMENT_NODE && strcmp(name, MANIFEST) != 0)
            found |= edit_relationship(node, removed, user);
        if (!part || !(g_hash_table_contains(parts, part) ||
                       (strcmp(name, MANIFEST) == 0 && clean_package_is_script(part))))
            continue;
        found = TRUE;
        xmlUnlinkNode(node);
        xmlFreeNode(node);
    }
    if (found) {
        xmlDocDumpMemory(list, &text, &length);
        *ret_ok = text != NULL;
        if (text)
            edited = g_bytes_new(text, (gsize)length);
        xmlFree(text);
    }
    xmlFreeDoc(list);
    return edited;
}
