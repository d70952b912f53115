/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clean-package.c - reads and edits relationships, content types and manifests, by libxml2.
 *
 * Fails where a list is no XML: then the package is not cleaned. External entities are not loaded,
 * and a document type is refused, since no office program writes one.
 */
#include "scanner/clean-package.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>

#define RELATIONSHIPS_SUFFIX ".rels"
#define TYPES "[Content_Types].xml"
#define MANIFEST "META-INF/manifest.xml"

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

gboolean clean_package_find_macros(const char *name, const guint8 *data, gsize size,
                                   GHashTable *parts)
{
    static const char *const TYPES_OF_MACROS[] = {"/vbaProject",
                                                  "/wordVbaData",
                                                  "/vbaProjectSignature",
                                                  "/vbaProjectSignatureAgile",
                                                  "/vbaProjectSignatureV3",
                                                  "/attachedToolbars"};
    xmlDocPtr list = list_parse(data, size);

    if (!list)
        return FALSE;
    for (xmlNodePtr node = xmlDocGetRootElement(list)->children; node; node = node->next) {
        g_autofree char *type = node->type == XML_ELEMENT_NODE ? attribute_dup(node, "Type") : NULL;
        char *part = type ? entry_part(name, node) : NULL;

        for (gsize i = 0; part && i < G_N_ELEMENTS(TYPES_OF_MACROS); i++)
            if (g_str_has_suffix(type, TYPES_OF_MACROS[i]))
                g_hash_table_add(parts, g_strdup(part));
        g_free(part);
    }
    xmlFreeDoc(list);
    return TRUE;
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
                           gboolean *ret_ok)
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
