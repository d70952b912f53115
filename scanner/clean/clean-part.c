/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clean-part.c - edits one XML part of a package, by libxml2.
 *
 * macro-xml.c says whether there is anything to edit, and afterwards whether anything is left.
 * Fields keep what they show, links keep their places, so that no other part names what is not
 * there. What an office program would not open (no XML, a document type) is not edited.
 */
#include "scanner/clean/clean-part.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>

#include "scanner/macro/macro-field.h"
#include "scanner/macro/macro-xml.h"

enum {
    PATIENCE = 5 * G_USEC_PER_SEC /* for reading a part: macro-xml.c reads 50 MB a second */
};

#define NO_CLASS "{00000000-0000-0000-0000-000000000000}"

typedef struct {
    MacroDocument document; /* what fields tell while they are put together */
    MacroFields fields;
    GPtrArray *range; /* nodes of the outermost field that is open */
    GHashTable *gone; /* a set of nodes that go out; of a simple field only its tags do */
    gboolean is_separated;
    CleanRemoved removed;
    gpointer user;
} Editor;

/* --- Nodes -------------------------------------------------------------------------- */

static gboolean is_element(xmlNodePtr node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

/* The next in the document's order, below `root`. */
static xmlNodePtr next_node(xmlNodePtr root, xmlNodePtr node)
{
    if (node->children && node->type == XML_ELEMENT_NODE)
        return node->children;
    while (node != root && !node->next)
        node = node->parent;
    return node == root ? NULL : node->next;
}

static char *attribute_dup(xmlNodePtr node, const char *name)
{
    xmlChar *value = xmlGetProp(node, (const xmlChar *)name);
    char *copy = value ? g_strdup((const char *)value) : NULL;

    xmlFree(value);
    return copy;
}

/* Only one that is there. */
static void attribute_set(xmlNodePtr node, const char *name, const char *value)
{
    xmlAttrPtr attribute = xmlHasProp(node, (const xmlChar *)name);

    if (attribute && attribute->type == XML_ATTRIBUTE_NODE)
        xmlSetNsProp(node, attribute->ns, (const xmlChar *)name, (const xmlChar *)value);
}

/* --- Fields ------------------------------------------------------------------------- */

static gsize fields_found(const Editor *editor)
{
    return editor->document.facts[MACRO_SOURCE_FIELD]->len +
           editor->document.facts[MACRO_SOURCE_LINK]->len;
}

static void range_add(Editor *editor, xmlNodePtr node)
{
    g_ptr_array_add(editor->range, node);
}

/* Marks and code of the outermost field go out if it, or one within it, reaches a program. */
static void range_end(Editor *editor)
{
    for (guint i = 0; fields_found(editor) > 0 && i < editor->range->len; i++)
        g_hash_table_add(editor->gone, editor->range->pdata[i]);
    if (fields_found(editor) > 0)
        editor->removed("DDE", editor->user);
    g_string_truncate(editor->document.facts[MACRO_SOURCE_FIELD], 0);
    g_string_truncate(editor->document.facts[MACRO_SOURCE_LINK], 0);
    g_ptr_array_set_size(editor->range, 0);
    editor->is_separated = FALSE;
}

static void edit_mark(Editor *editor, xmlNodePtr node)
{
    g_autofree char *type = attribute_dup(node, "fldCharType");

    range_add(editor, node);
    if (g_strcmp0(type, "begin") == 0) {
        macro_fields_begin(&editor->fields);
    } else if (g_strcmp0(type, "separate") == 0) {
        editor->is_separated |= editor->fields.open->len == 1;
        macro_fields_separate(&editor->fields);
    } else if (g_strcmp0(type, "end") == 0) {
        macro_fields_end(&editor->fields);
        if (editor->fields.open->len == 0)
            range_end(editor);
    }
}

static void edit_code(Editor *editor, xmlNodePtr node)
{
    xmlChar *text = xmlNodeGetContent(node);

    range_add(editor, node);
    if (text)
        macro_fields_text(&editor->fields, (const char *)text, strlen((const char *)text));
    xmlFree(text);
}

static void edit_simple_field(Editor *editor, xmlNodePtr node)
{
    g_autofree char *code = attribute_dup(node, "instr");
    gsize before = fields_found(editor);

    if (!code)
        return;
    macro_fields_begin(&editor->fields);
    macro_fields_text(&editor->fields, code, strlen(code));
    macro_fields_end(&editor->fields);
    if (fields_found(editor) > before)
        g_hash_table_add(editor->gone, node);
    if (editor->fields.open->len == 0)
        range_end(editor);
}

static void edit_word(Editor *editor, xmlNodePtr root)
{
    for (xmlNodePtr node = root; node; node = next_node(root, node)) {
        if (is_element(node, "fldChar"))
            edit_mark(editor, node);
        else if (is_element(node, "instrText") || is_element(node, "delInstrText"))
            edit_code(editor, node);
        else if (is_element(node, "fldSimple"))
            edit_simple_field(editor, node);
        else if (is_element(node, "t") && editor->fields.open->len > 0 && !editor->is_separated)
            range_add(editor, node); /* the result of a field that is a piece of the code */
    }
    while (editor->fields.open->len > 0)
        macro_fields_end(&editor->fields);
    range_end(editor);
}

/* --- Other parts -------------------------------------------------------------------- */

static gboolean starts(const char *name)
{
    if (g_ascii_strncasecmp(name, "_xlnm.", 6) == 0)
        name += 6;
    return g_ascii_strncasecmp(name, "auto_", 5) == 0;
}

static void edit_name(Editor *editor, xmlNodePtr node)
{
    g_autofree char *name = attribute_dup(node, "name");

    if (!name || !starts(name))
        return;
    g_hash_table_add(editor->gone, node);
    editor->removed("start name", editor->user);
}

static void edit_dde_link(Editor *editor, xmlNodePtr node)
{
    attribute_set(node, "ddeService", "removed");
    attribute_set(node, "ddeTopic", "removed");
    editor->removed("DDE", editor->user);
}

static void edit_open_dde(Editor *editor, xmlNodePtr node)
{
    attribute_set(node, "dde-application", "removed");
    attribute_set(node, "dde-topic", "removed");
    attribute_set(node, "automatic-update", "false");
    editor->removed("DDE", editor->user);
}

static void edit_cell(Editor *editor, xmlNodePtr node)
{
    xmlAttrPtr formula = xmlHasProp(node, (const xmlChar *)"formula");
    g_autofree char *text = formula ? attribute_dup(node, "formula") : NULL;

    if (!text || !strstr(text, "DDE("))
        return;
    xmlRemoveProp(formula); /* its value stays */
    editor->removed("DDE", editor->user);
}

static void edit_script(Editor *editor, xmlNodePtr node)
{
    g_hash_table_add(editor->gone, node);
    editor->removed("script", editor->user);
}

static void edit_control(Editor *editor, xmlNodePtr node)
{
    attribute_set(node, "classid", NO_CLASS);
    editor->removed("ActiveX", editor->user);
}

static void edit_action(Editor *editor, xmlNodePtr node)
{
    g_autofree char *action = attribute_dup(node, "action");

    if (!action || !macro_xml_action_runs(action))
        return;
    attribute_set(node, "action", "ppaction://noaction");
    editor->removed("action", editor->user);
}

static const struct {
    const char *element;
    void (*edit)(Editor *editor, xmlNodePtr node);
} ELEMENTS[] = {
    {"definedName", edit_name},
    {"ddeLink", edit_dde_link},
    {"dde-connection-decl", edit_open_dde},
    {"dde-source", edit_open_dde},
    {"table-cell", edit_cell},
    {"event-listener", edit_script},
    {"source-code", edit_script},
    {"ocx", edit_control},
    {"hlinkClick", edit_action},
    {"hlinkHover", edit_action},
    {"hlinkMouseOver", edit_action},
};

static void edit_others(Editor *editor, xmlNodePtr root)
{
    for (xmlNodePtr node = root; node; node = next_node(root, node))
        for (gsize i = 0; node->type == XML_ELEMENT_NODE && i < G_N_ELEMENTS(ELEMENTS); i++)
            if (strcmp(ELEMENTS[i].element, (const char *)node->name) == 0)
                ELEMENTS[i].edit(editor, node);
}

/* --- The whole ---------------------------------------------------------------------- */

/* What this file itself leaves. */
static gboolean has_only_removed(GString *facts)
{
    g_string_replace(facts, "dde removed|removed\n", "", 0);
    g_string_replace(facts, "control " NO_CLASS "\n", "", 0);
    return facts->len == 0;
}

/* TRUE: nothing in it acts by itself. */
static gboolean is_plain(const guint8 *data, gsize size)
{
    MacroDocument document;
    gboolean plain;

    macro_document_init(&document, g_get_monotonic_time() + PATIENCE);
    macro_xml_read(&document, (const char *)data, size);
    plain = document.code->len == 0 && !document.has_macro_sheet && !document.limit;
    for (guint i = 0; i < MACRO_SOURCES; i++)
        plain &= has_only_removed(document.facts[i]);
    macro_document_clear(&document);
    return plain;
}

/* One may stand within another: first all are unlinked, so that each is freed once. */
static void drop_nodes(Editor *editor)
{
    GHashTableIter iterator;
    gpointer node;

    g_hash_table_iter_init(&iterator, editor->gone);
    while (g_hash_table_iter_next(&iterator, &node, NULL)) {
        while (is_element(node, "fldSimple") && ((xmlNodePtr)node)->children)
            xmlAddPrevSibling(node, ((xmlNodePtr)node)->children);
    }
    g_hash_table_iter_init(&iterator, editor->gone);
    while (g_hash_table_iter_next(&iterator, &node, NULL))
        xmlUnlinkNode(node);
    g_hash_table_iter_init(&iterator, editor->gone);
    while (g_hash_table_iter_next(&iterator, &node, NULL))
        xmlFreeNode(node);
}

static GBytes *edit_document(xmlDocPtr part, CleanRemoved removed, gpointer user)
{
    Editor editor = {.range = g_ptr_array_new(),
                     .gone = g_hash_table_new(NULL, NULL),
                     .removed = removed,
                     .user = user};
    xmlNodePtr root = xmlDocGetRootElement(part);
    xmlChar *text = NULL;
    GBytes *edited;
    int length = 0;

    macro_document_init(&editor.document, g_get_monotonic_time() + PATIENCE);
    macro_fields_init(&editor.fields, &editor.document);
    edit_word(&editor, root);
    edit_others(&editor, root);
    drop_nodes(&editor);
    macro_fields_clear(&editor.fields);
    macro_document_clear(&editor.document);
    g_ptr_array_unref(editor.range);
    g_hash_table_unref(editor.gone);
    xmlDocDumpMemory(part, &text, &length);
    edited = text ? g_bytes_new(text, (gsize)length) : NULL;
    xmlFree(text);
    return edited;
}

GBytes *clean_part_edit(const guint8 *data, gsize size, CleanRemoved removed, gpointer user,
                        gboolean *ret_ok)
{
    xmlDocPtr part = NULL;
    GBytes *edited = NULL;

    *ret_ok = TRUE;
    if (!macro_xml_matches((const char *)data, size) || is_plain(data, size))
        return NULL;
    if (size <= G_MAXINT)
        part = xmlReadMemory((const char *)data, (int)size, NULL, NULL,
                             XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (part && xmlDocGetRootElement(part) && !xmlGetIntSubset(part)) {
        if (is_element(xmlDocGetRootElement(part), "macrosheet")) {
            removed("macro sheet", user);
            edited = clean_part_empty_sheet();
        } else {
            edited = edit_document(part, removed, user);
        }
    }
    xmlFreeDoc(part);
    *ret_ok = edited && is_plain(g_bytes_get_data(edited, NULL), g_bytes_get_size(edited));
    if (!*ret_ok)
        g_clear_pointer(&edited, g_bytes_unref);
    return edited;
}

GBytes *clean_part_empty_sheet(void)
{
    static const char SHEET[] =
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
        "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">"
        "<sheetData/></worksheet>";

    return g_bytes_new_static(SHEET, strlen(SHEET));
}
