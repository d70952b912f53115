/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mime-header.c - see mime-header.h. Nothing fails: what is malformed is passed over. */
#include "mailstore/server/mime-header.h"

#include <string.h>

gboolean mime_field_next(const char **at, const char *end, MimeField *ret)
{
    const char *start = *at;
    const char *next = start;

    if (start >= end || *start == '\n' || (*start == '\r' && start + 1 < end && start[1] == '\n'))
        return FALSE;
    do {
        const char *lf = memchr(next, '\n', (gsize)(end - next));
        next = lf == NULL ? end : lf + 1;
    } while (next < end && (*next == ' ' || *next == '\t'));
    const char *colon = memchr(start, ':', (gsize)(next - start));
    gsize name_length = colon == NULL ? 0 : (gsize)(colon - start);
    while (name_length > 0 && (start[name_length - 1] == ' ' || start[name_length - 1] == '\t'))
        name_length--;
    if (memchr(start, '\n', name_length) != NULL)
        name_length = 0;
    ret->start = start;
    ret->length = (gsize)(next - start);
    ret->name_length = name_length;
    ret->value = colon == NULL ? next : colon + 1;
    ret->value_length = (gsize)(next - ret->value);
    *at = next;
    return TRUE;
}

gboolean mime_field_is(const MimeField *field, const char *name)
{
    return strlen(name) == field->name_length &&
           g_ascii_strncasecmp(field->start, name, field->name_length) == 0;
}

/* Unfolded, `most` bytes of it. */
static void append_value(GString *text, const MimeField *field, gsize most)
{
    for (gsize i = 0; i < MIN(field->value_length, most); i++) {
        char c = field->value[i];
        if (c == '\t')
            c = ' ';
        if (c != '\r' && c != '\n' && c != '\0')
            g_string_append_c(text, c);
    }
}

char *mime_header_value(const char *header, gsize length, const char *name)
{
    const char *at = header;
    MimeField field;

    while (mime_field_next(&at, header + length, &field)) {
        if (!mime_field_is(&field, name))
            continue;
        GString *value = g_string_new(NULL);
        append_value(value, &field, MIME_VALUE_MOST);
        return g_strstrip(g_string_free(value, FALSE));
    }
    return NULL;
}

char *mime_header_list(const char *header, gsize length, const char *name)
{
    const char *at = header;
    GString *list = NULL;
    MimeField field;

    while (mime_field_next(&at, header + length, &field)) {
        if (!mime_field_is(&field, name))
            continue;
        if (list == NULL)
            list = g_string_new(NULL);
        else
            g_string_append_c(list, ',');
        append_value(list, &field, MIME_VALUE_MOST - MIN(list->len, MIME_VALUE_MOST));
    }
    return list == NULL ? NULL : g_strstrip(g_string_free(list, FALSE));
}

char *mime_header_token(const char *header, gsize length, const char *name)
{
    g_autofree char *text = mime_header_value(header, length, name);
    g_autoptr(MimeValue) value = text == NULL ? NULL : mime_value_parse(text);

    return value == NULL ? NULL : g_steal_pointer(&value->value);
}

/* --- values with parameters --- */

static void skip_comments(const char **at)
{
    int depth = 0;

    for (; **at != '\0'; (*at)++) {
        if (**at == '(')
            depth++;
        else if (**at == ')' && depth > 0)
            depth--;
        else if (**at == '\\' && depth > 0 && (*at)[1] != '\0')
            (*at)++;
        else if (depth == 0 && **at != ' ' && **at != '\t')
            break;
    }
}

static char *take_token(const char **at, const char *stop)
{
    skip_comments(at);
    const char *start = *at;
    while (**at != '\0' && strchr(stop, **at) == NULL)
        (*at)++;
    char *token = g_strchomp(g_strndup(start, (gsize)(*at - start)));
    skip_comments(at);
    return token;
}

static char *take_quoted(const char **at)
{
    GString *text = g_string_new(NULL);

    for ((*at)++; **at != '\0' && **at != '"'; (*at)++) {
        if (**at == '\\' && (*at)[1] != '\0')
            (*at)++;
        g_string_append_c(text, **at);
    }
    if (**at == '"')
        (*at)++;
    skip_comments(at);
    return g_string_free(text, FALSE);
}

static void take_parameter(const char **at, GPtrArray *parameters)
{
    g_autofree char *name = take_token(at, "=; \t(");

    if (**at != '=')
        return;
    (*at)++;
    skip_comments(at);
    char *value = **at == '"' ? take_quoted(at) : take_token(at, "; \t(");
    if (*name == '\0') {
        g_free(value);
        return;
    }
    g_ptr_array_add(parameters, g_steal_pointer(&name));
    g_ptr_array_add(parameters, value);
}

MimeValue *mime_value_parse(const char *text)
{
    MimeValue *value = g_new0(MimeValue, 1);
    const char *at = text;

    value->parameters = g_ptr_array_new_with_free_func(g_free);
    value->value = take_token(&at, "; \t(");
    if (*value->value == '\0')
        g_clear_pointer(&value->value, g_free);
    while (*at != '\0' && value->parameters->len < 2 * MIME_PARAMETERS_MOST) {
        at += strcspn(at, ";"); /* whatever else stands there */
        if (*at == ';') {
            at++;
            take_parameter(&at, value->parameters);
        }
    }
    return value;
}

MimeValue *mime_value_free(MimeValue *value)
{
    if (value == NULL)
        return NULL;
    g_ptr_array_unref(value->parameters);
    g_free(value->value);
    g_free(value);
    return NULL;
}

const char *mime_value_parameter(const MimeValue *value, const char *name)
{
    for (guint i = 0; i < value->parameters->len; i += 2)
        if (g_ascii_strcasecmp(g_ptr_array_index(value->parameters, i), name) == 0)
            return g_ptr_array_index(value->parameters, i + 1);
    return NULL;
}
