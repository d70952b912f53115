/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-xml.c - reads relationships, fields, names, macro sheets, links, actions, controls and
 * Basic modules.
 *
 * By libxml2's SAX interface, so nothing is kept but what is collected. The part is told by its
 * root element and not by its name, since a relationship may give a part any name. Namespaces are
 * not looked at: there are two of each (transitional and strict).
 *
 * What is not well-formed is read as far as libxml2 gets; no office program opens it. Entities are
 * never expanded but those of XML itself. Elements nested too deep set the document's limit.
 */
#include "scanner/macro/macro-xml.h"

#include <libxml/parser.h>
#include <string.h>

#include "scanner/macro/macro-field.h"

enum {
    DEPTH_MAX = 256,      /* libxml2's own limit, which it does not keep with handlers like ours */
    CHUNK = 65536,        /* between looks at the clock */
    LOOK_AT_CLOCK = 256,  /* elements */
    ERRORS_MAX = 1000,    /* each costs libxml2 a microsecond; what opens documents stands none */
    COLLECT_MAX = 4194304 /* text of one element: a module, a cell */
};

typedef enum {
    PART_OTHER,
    PART_RELATIONSHIPS,
    PART_WORD,
    PART_WORKBOOK,
    PART_MACRO_SHEET,
    PART_STRINGS,
    PART_EXTERNAL,
    PART_BASIC,
    PART_SLIDE,
    PART_CONTROL,
    PART_OPEN_DOCUMENT
} Part;

typedef struct {
    xmlParserCtxtPtr parser;
    MacroDocument *document;
    MacroFields fields;
    Part part;
    gboolean has_root;
    guint depth, elements, errors;
    GString *text; /* of the element that is collected */
    gboolean collects;
    char *name;       /* of a defined name, or a cell's place */
    char *cell_type;  /* attribute t of a cell */
    char *cell_value; /* its v or is */
    char *cell_formula;
    guint string_number; /* in the table of shared strings */
} Reader;

static const struct {
    const char *root;
    Part part;
} ROOTS[] = {
    {"Relationships", PART_RELATIONSHIPS},
    {"document", PART_WORD}, /* of Word; of flat OpenDocument too, see on_root() */
    {"hdr", PART_WORD},
    {"ftr", PART_WORD},
    {"footnotes", PART_WORD},
    {"endnotes", PART_WORD},
    {"comments", PART_WORD},
    {"glossaryDocument", PART_WORD},
    {"wordDocument", PART_WORD},
    {"package", PART_WORD}, /* flat OPC: all parts in one file */
    {"workbook", PART_WORKBOOK},
    {"macrosheet", PART_MACRO_SHEET},
    {"sst", PART_STRINGS},
    {"externalLink", PART_EXTERNAL},
    {"module", PART_BASIC},
    {"sld", PART_SLIDE},
    {"sldLayout", PART_SLIDE},
    {"sldMaster", PART_SLIDE},
    {"notes", PART_SLIDE},
    {"ocx", PART_CONTROL},
    {"document-content", PART_OPEN_DOCUMENT},
    {"document-styles", PART_OPEN_DOCUMENT},
};

/* --- Attributes ------------------------------------------------------------------- */

typedef struct {
    const xmlChar **list; /* five pointers each: local name, prefix, namespace, value, its end */
    int count;
} Attributes;

/* NULL: there is none. */
static char *attribute_dup(const Attributes *attributes, const char *name)
{
    for (int i = 0; i < attributes->count; i++) {
        const xmlChar **one = attributes->list + 5 * i;

        if (strcmp((const char *)one[0], name) == 0)
            return g_strndup((const char *)one[3], (gsize)(one[4] - one[3]));
    }
    return NULL;
}

/* --- Elements --------------------------------------------------------------------- */

/* A file: address without a host is a place of the reader's own, and written as one: letters keep
 * where their template was. Two slashes more, or letters that are escaped, may name a host. */
static const char *link_target(const char *target)
{
    static const char *const OWN[] = {"file:///", "file://localhost/"};

    for (gsize i = 0; i < G_N_ELEMENTS(OWN); i++)
        if (g_ascii_strncasecmp(target, OWN[i], strlen(OWN[i])) == 0 &&
            !strchr("/\\%", target[strlen(OWN[i])]))
            return target + strlen(OWN[i]);
    return target;
}

static void on_relationship(Reader *reader, const Attributes *attributes)
{
    g_autofree char *mode = attribute_dup(attributes, "TargetMode");
    g_autofree char *type = attribute_dup(attributes, "Type");
    g_autofree char *target = attribute_dup(attributes, "Target");
    const char *kind;

    if (type && g_str_has_suffix(type, "acrosheet")) /* xlMacrosheet, xlIntlMacrosheet */
        reader->document->has_macro_sheet = TRUE;
    if (!mode || !type || !target || g_ascii_strcasecmp(mode, "External") != 0)
        return;
    kind = strrchr(type, '/') ? strrchr(type, '/') + 1 : type;
    /* Followed only when the reader asks for it, and in most documents. */
    if (g_ascii_strcasecmp(kind, "hyperlink") != 0)
        macro_document_add_fact(reader->document, MACRO_SOURCE_LINK, kind, link_target(target));
}

static void on_simple_field(Reader *reader, const Attributes *attributes)
{
    g_autofree char *code = attribute_dup(attributes, "instr");

    if (!code)
        return;
    macro_fields_begin(&reader->fields);
    macro_fields_text(&reader->fields, code, strlen(code));
    macro_fields_end(&reader->fields);
}

static void on_field_mark(Reader *reader, const Attributes *attributes)
{
    g_autofree char *type = attribute_dup(attributes, "fldCharType");

    if (g_strcmp0(type, "begin") == 0)
        macro_fields_begin(&reader->fields);
    else if (g_strcmp0(type, "separate") == 0)
        macro_fields_separate(&reader->fields);
    else if (g_strcmp0(type, "end") == 0)
        macro_fields_end(&reader->fields);
}

static void reader_collect(Reader *reader)
{
    g_string_truncate(reader->text, 0);
    reader->collects = TRUE;
}

static void on_collected(Reader *reader, const Attributes *attributes)
{
    (void)attributes;
    reader_collect(reader);
}

static void on_sheet(Reader *reader, const Attributes *attributes)
{
    g_autofree char *state = attribute_dup(attributes, "state");

    reader->document->has_hidden_sheet |= g_strcmp0(state, "hidden") == 0;
    reader->document->has_very_hidden_sheet |= g_strcmp0(state, "veryHidden") == 0;
}

static void on_defined_name(Reader *reader, const Attributes *attributes)
{
    g_free(reader->name);
    reader->name = attribute_dup(attributes, "name");
    reader_collect(reader);
}

static void on_defined_name_end(Reader *reader)
{
    const char *name = reader->name ? reader->name : "";

    if (g_ascii_strncasecmp(name, "_xlnm.", 6) == 0)
        name += 6;
    if (g_ascii_strncasecmp(name, "auto_", 5) == 0)
        macro_document_add_fact(reader->document, MACRO_SOURCE_FORMULA, "name", name);
    macro_document_add_formula(reader->document, name, reader->text->str);
}

static void on_cell(Reader *reader, const Attributes *attributes)
{
    g_free(reader->name);
    g_free(reader->cell_type);
    reader->name = attribute_dup(attributes, "r");
    reader->cell_type = attribute_dup(attributes, "t");
    g_clear_pointer(&reader->cell_value, g_free);
    g_clear_pointer(&reader->cell_formula, g_free);
}

static void on_formula_end(Reader *reader)
{
    g_free(reader->cell_formula);
    reader->cell_formula = g_strdup(reader->text->str);
}

static void on_value_end(Reader *reader)
{
    g_free(reader->cell_value);
    reader->cell_value = g_strdup(reader->text->str);
}

static void on_cell_end(Reader *reader)
{
    const char *name = reader->name ? reader->name : "cell";

    if (reader->cell_formula && reader->cell_formula[0]) {
        macro_document_add_formula(reader->document, name, reader->cell_formula);
    } else if (reader->cell_value && g_strcmp0(reader->cell_type, "s") == 0) {
        g_autofree char *shared = g_strconcat("sst_", reader->cell_value, NULL);

        macro_document_add_formula(reader->document, name, shared);
    } else if (reader->cell_value) {
        macro_document_add_constant(reader->document, name, reader->cell_value);
    }
}

static void on_shared_string(Reader *reader, const Attributes *attributes)
{
    (void)attributes;
    g_string_truncate(reader->text, 0);
}

static void on_shared_text(Reader *reader, const Attributes *attributes)
{
    (void)attributes;
    reader->collects = TRUE; /* a string may have several runs */
}

static void on_shared_string_end(Reader *reader)
{
    g_autofree char *name = g_strdup_printf("sst_%u", reader->string_number++);

    macro_document_add_constant(reader->document, name, reader->text->str);
}

static void add_dde(Reader *reader, const Attributes *attributes, const char *service,
                    const char *topic)
{
    g_autofree char *program = attribute_dup(attributes, service);
    g_autofree char *about = attribute_dup(attributes, topic);
    g_autofree char *both = g_strconcat(program ? program : "", "|", about ? about : "", NULL);

    macro_document_add_fact(reader->document, MACRO_SOURCE_FIELD, "dde", both);
}

static void on_dde_link(Reader *reader, const Attributes *attributes)
{
    add_dde(reader, attributes, "ddeService", "ddeTopic");
}

static void on_open_dde(Reader *reader, const Attributes *attributes)
{
    add_dde(reader, attributes, "dde-application", "dde-topic");
}

static void on_event(Reader *reader, const Attributes *attributes)
{
    g_autofree char *event = attribute_dup(attributes, "event-name");
    g_autofree char *target = attribute_dup(attributes, "href");
    g_autofree char *both = g_strconcat(event ? event : "", " ", target ? target : "", NULL);

    macro_document_add_fact(reader->document, MACRO_SOURCE_LINK, "event", both);
}

static void on_open_cell(Reader *reader, const Attributes *attributes)
{
    g_autofree char *formula = attribute_dup(attributes, "formula");
    const char *call = formula ? strstr(formula, "DDE(") : NULL;

    if (call)
        macro_document_add_fact(reader->document, MACRO_SOURCE_FIELD, "dde", call + 4);
}

gboolean macro_xml_action_runs(const char *action)
{
    static const char *const RUN[] = {"ppaction://program", "ppaction://macro", "ppaction://ole"};

    for (gsize i = 0; i < G_N_ELEMENTS(RUN); i++)
        if (g_ascii_strncasecmp(action, RUN[i], strlen(RUN[i])) == 0)
            return TRUE;
    return FALSE;
}

/* A click, or only the pointer above it (ECMA-376 part 1, 21.1.2.3.5). */
static void on_action(Reader *reader, const Attributes *attributes)
{
    g_autofree char *action = attribute_dup(attributes, "action");

    if (action && macro_xml_action_runs(action))
        macro_document_add_fact(reader->document, MACRO_SOURCE_LINK, "action", action);
}

static void on_control(Reader *reader, const Attributes *attributes)
{
    g_autofree char *class = attribute_dup(attributes, "classid");

    macro_document_add_fact(reader->document, MACRO_SOURCE_OBJECT, "control", class);
}

static void on_code_end(Reader *reader)
{
    macro_document_add_code(reader->document, reader->text->str, reader->text->len);
}

static void on_field_code_end(Reader *reader)
{
    macro_fields_text(&reader->fields, reader->text->str, reader->text->len);
}

static void on_macro_sheet(Reader *reader, const Attributes *attributes)
{
    (void)attributes;
    reader->document->has_macro_sheet = TRUE;
}

static const struct {
    Part part;
    const char *element;
    void (*begin)(Reader *reader, const Attributes *attributes);
    void (*end)(Reader *reader);
} ELEMENTS[] = {
    {PART_RELATIONSHIPS, "Relationship", on_relationship, NULL},
    {PART_WORD, "Relationship", on_relationship, NULL},
    {PART_WORD, "fldSimple", on_simple_field, NULL},
    {PART_WORD, "fldChar", on_field_mark, NULL},
    {PART_WORD, "instrText", on_collected, on_field_code_end},
    {PART_WORD, "delInstrText", on_collected, on_field_code_end},
    {PART_WORKBOOK, "sheet", on_sheet, NULL},
    {PART_WORKBOOK, "definedName", on_defined_name, on_defined_name_end},
    {PART_MACRO_SHEET, "macrosheet", on_macro_sheet, NULL},
    {PART_MACRO_SHEET, "c", on_cell, on_cell_end},
    {PART_MACRO_SHEET, "f", on_collected, on_formula_end},
    {PART_MACRO_SHEET, "v", on_collected, on_value_end},
    {PART_MACRO_SHEET, "t", on_collected, on_value_end},
    {PART_STRINGS, "si", on_shared_string, on_shared_string_end},
    {PART_STRINGS, "t", on_shared_text, NULL},
    {PART_EXTERNAL, "ddeLink", on_dde_link, NULL},
    {PART_BASIC, "module", on_collected, on_code_end},
    {PART_SLIDE, "hlinkClick", on_action, NULL},
    {PART_SLIDE, "hlinkHover", on_action, NULL},
    {PART_SLIDE, "hlinkMouseOver", on_action, NULL},
    {PART_CONTROL, "ocx", on_control, NULL},
    {PART_OPEN_DOCUMENT, "event-listener", on_event, NULL},
    {PART_OPEN_DOCUMENT, "dde-connection-decl", on_open_dde, NULL},
    {PART_OPEN_DOCUMENT, "dde-source", on_open_dde, NULL},
    {PART_OPEN_DOCUMENT, "table-cell", on_open_cell, NULL},
    {PART_OPEN_DOCUMENT, "source-code", on_collected, on_code_end},
};

/* --- SAX -------------------------------------------------------------------------- */

static void on_root(Reader *reader, const char *name, const char *space)
{
    reader->has_root = TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(ROOTS); i++)
        if (strcmp(ROOTS[i].root, name) == 0)
            reader->part = ROOTS[i].part;
    if (reader->part == PART_WORD && space && strstr(space, "opendocument"))
        reader->part = PART_OPEN_DOCUMENT;
    if (reader->part == PART_OTHER)
        xmlStopParser(reader->parser);
}

static void on_begin(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *space,
                     int spaces, const xmlChar **space_list, int count, int defaulted,
                     const xmlChar **list)
{
    Reader *reader = user;
    const Attributes attributes = {.list = list, .count = count};

    (void)prefix, (void)spaces, (void)space_list, (void)defaulted;
    if (!reader->has_root)
        on_root(reader, (const char *)name, (const char *)space);
    if (++reader->depth > DEPTH_MAX && reader->part != PART_OTHER) {
        macro_document_set_limit(reader->document, "macro-xml");
        xmlStopParser(reader->parser);
        return;
    }
    /* An element may have attributes by the hundred that stand nowhere in the chunk. */
    if (++reader->elements % LOOK_AT_CLOCK == 0 && macro_document_is_late(reader->document))
        xmlStopParser(reader->parser);
    for (gsize i = 0; i < G_N_ELEMENTS(ELEMENTS); i++)
        if (ELEMENTS[i].part == reader->part &&
            strcmp(ELEMENTS[i].element, (const char *)name) == 0)
            ELEMENTS[i].begin(reader, &attributes);
}

static void on_end(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *space)
{
    Reader *reader = user;

    (void)prefix, (void)space;
    reader->depth -= reader->depth > 0;
    for (gsize i = 0; i < G_N_ELEMENTS(ELEMENTS); i++) {
        if (ELEMENTS[i].part != reader->part ||
            strcmp(ELEMENTS[i].element, (const char *)name) != 0)
            continue;
        if (ELEMENTS[i].end)
            ELEMENTS[i].end(reader);
        reader->collects = FALSE;
    }
}

static void on_text(void *user, const xmlChar *text, int size)
{
    Reader *reader = user;

    if (!reader->collects)
        return;
    if (reader->text->len + (gsize)size > COLLECT_MAX)
        macro_document_set_limit(reader->document, "macro-text");
    else
        g_string_append_len(reader->text, (const char *)text, size);
}

static void on_error(void *user, xmlErrorPtr error)
{
    Reader *reader = user;

    /* Without a root: what looked like XML and is none, as text in UTF-32. */
    if (error->code == XML_ERR_INTERNAL_ERROR && !reader->has_root)
        return;
    if (error->code == XML_ERR_NO_MEMORY || error->code == XML_ERR_INTERNAL_ERROR ||
        error->code == XML_ERR_NAME_TOO_LONG)
        macro_document_set_limit(reader->document, "macro-xml");
    if (error->level != XML_ERR_FATAL || ++reader->errors <= ERRORS_MAX)
        return;
    if (reader->has_root)
        macro_document_set_limit(reader->document, "macro-xml");
    xmlStopParser(reader->parser);
}

/* libxml2 writes some errors to standard error past any handler of ours. */
static void G_GNUC_PRINTF(2, 3) be_quiet(void *user, const char *format, ...)
{
    (void)user, (void)format;
}

gboolean macro_xml_matches(const char *data, gsize size)
{
    gsize at = 0;

    /* A byte order mark, and the zeros of UTF-16. */
    while (at < size && at < 16 && (strchr(" \t\r\n\xef\xbb\xbf\xff\xfe", data[at]) != NULL))
        at++;
    return at < size && data[at] == '<';
}

void macro_xml_read(MacroDocument *document, const char *data, gsize size)
{
    xmlSAXHandler handler = {.initialized = XML_SAX2_MAGIC,
                             .startElementNs = on_begin,
                             .endElementNs = on_end,
                             .characters = on_text,
                             .cdataBlock = on_text,
                             .serror = on_error};
    Reader reader = {.document = document, .text = g_string_new(NULL)};

    macro_fields_init(&reader.fields, document);
    xmlSetGenericErrorFunc(NULL, be_quiet);
    reader.parser = xmlCreatePushParserCtxt(&handler, &reader, NULL, 0, NULL);
    if (reader.parser) {
        xmlCtxtUseOptions(reader.parser, XML_PARSE_NONET | XML_PARSE_RECOVER);
        for (gsize at = 0; at < size && !macro_document_is_late(document); at += CHUNK) {
            int part = (int)MIN(size - at, (gsize)CHUNK);

            (void)xmlParseChunk(reader.parser, data + at, part, at + CHUNK >= size);
            if (reader.has_root && reader.part == PART_OTHER)
                break;
        }
        /* libxml2 keeps declared entities in one, though nobody asked for a document. */
        xmlFreeDoc(reader.parser->myDoc);
        xmlFreeParserCtxt(reader.parser);
    } else {
        macro_document_set_limit(document, "macro-xml");
    }
    macro_fields_clear(&reader.fields);
    g_string_free(reader.text, TRUE);
    g_free(reader.name);
    g_free(reader.cell_type);
    g_free(reader.cell_value);
    g_free(reader.cell_formula);
}
