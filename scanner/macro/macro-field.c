/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-field.c - puts field codes together and tells of those that reach other programs.
 *
 * Nothing fails; what is too deep or too many sets the document's limit.
 */
#include "scanner/macro/macro-field.h"

#include <string.h>

typedef struct {
    GString *code;
    gboolean is_separated;
} Field;

static void field_free(gpointer data)
{
    Field *field = data;

    g_string_free(field->code, TRUE);
    g_free(field);
}

void macro_fields_init(MacroFields *fields, MacroDocument *document)
{
    *fields =
        (MacroFields){.document = document,
                      .open = g_ptr_array_new_with_free_func(field_free),
                      .names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
}

void macro_fields_clear(MacroFields *fields)
{
    while (fields->open->len > 0)
        macro_fields_end(fields);
    g_ptr_array_unref(fields->open);
    g_hash_table_unref(fields->names);
}

static Field *innermost(const MacroFields *fields)
{
    return fields->open->len > 0 ? fields->open->pdata[fields->open->len - 1] : NULL;
}

void macro_fields_begin(MacroFields *fields)
{
    Field *field;

    if (fields->open->len == MACRO_FIELD_DEPTH_MAX) {
        macro_document_set_limit(fields->document, "macro-fields");
        return;
    }
    field = g_new0(Field, 1);
    field->code = g_string_new(NULL);
    g_ptr_array_add(fields->open, field);
}

void macro_fields_text(MacroFields *fields, const char *text, gsize size)
{
    Field *field;

    if (fields->open->len == 0) /* a code without its beginning */
        macro_fields_begin(fields);
    field = innermost(fields);
    if (field->is_separated)
        return;
    if (field->code->len + size > MACRO_FIELD_SIZE_MAX)
        macro_document_set_limit(fields->document, "macro-fields");
    else
        g_string_append_len(field->code, text, (gssize)size);
}

void macro_fields_separate(MacroFields *fields)
{
    if (fields->open->len > 0)
        innermost(fields)->is_separated = TRUE;
}

/* The letters that QUOTE has as numbers, or its text. */
static char *quote_result(const char *arguments)
{
    g_auto(GStrv) words = g_strsplit_set(arguments, " \t\r\n", -1);
    GString *result = g_string_new(NULL);

    for (char **word = words; *word; word++) {
        guint64 code;

        if (g_ascii_string_to_unsigned(*word, 10, 1, 0x10FFFF, &code, NULL) &&
            g_unichar_validate((gunichar)code))
            g_string_append_unichar(result, (gunichar)code);
        else
            g_string_append(result, *word);
    }
    g_string_replace(result, "\"", "", 0);
    return g_string_free(result, FALSE);
}

static void set_name(MacroFields *fields, char *arguments)
{
    char *space = arguments + strcspn(arguments, " \t");
    char *value = *space ? space + 1 : space;

    *space = '\0';
    if (g_hash_table_size(fields->names) >= MACRO_FIELD_NAMES_MAX) {
        macro_document_set_limit(fields->document, "macro-fields");
        return;
    }
    g_strstrip(value);
    if (value[0] == '"')
        value++;
    value[strcspn(value, "\"")] = '\0';
    g_hash_table_replace(fields->names, g_ascii_strdown(arguments, -1), g_strdup(value));
}

static char *named_result(const MacroFields *fields, const char *arguments)
{
    g_autofree char *name = g_ascii_strdown(arguments, (gssize)strcspn(arguments, " \t\\"));

    return g_strdup(g_hash_table_lookup(fields->names, name));
}

/* What the field shows in the one around it; NULL: nothing that is known. */
static char *field_result(MacroFields *fields, char *code)
{
    char *name = g_strstrip(code), *rest;
    gsize length = strcspn(name, " \t\r\n\"");
    g_autofree char *kind = g_ascii_strdown(name, (gssize)length);

    rest = name + length + strspn(name + length, " \t\r\n");
    if (strcmp(kind, "quote") == 0)
        return quote_result(rest);
    if (strcmp(kind, "ref") == 0)
        return named_result(fields, rest);
    if (strcmp(kind, "set") == 0)
        set_name(fields, rest);
    else if (strcmp(kind, "dde") == 0 || strcmp(kind, "ddeauto") == 0)
        macro_document_add_fact(fields->document, MACRO_SOURCE_FIELD, kind, rest);
    else if (strcmp(kind, "includetext") == 0)
        macro_document_add_fact(fields->document, MACRO_SOURCE_LINK, kind, rest);
    else
        return named_result(fields, name); /* a bookmark's name alone */
    return NULL;
}

void macro_fields_end(MacroFields *fields)
{
    g_autofree char *result = NULL;
    Field *field = innermost(fields);

    if (!field)
        return;
    g_ptr_array_steal_index(fields->open, fields->open->len - 1);
    result = field_result(fields, field->code->str);
    field_free(field);
    if (result && fields->open->len > 0)
        macro_fields_text(fields, result, strlen(result));
}
