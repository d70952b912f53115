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

void mime_field_unfold(const MimeField *field, GString *text, gsize most)
{
    const char *at = field->value, *end = at + MIN(field->value_length, most);

    for (; at < end; at++) {
        const char *run = at;
        while (at < end && *at != '\t' && *at != '\r' && *at != '\n' && *at != '\0')
            at++;
        g_string_append_len(text, run, at - run);
        if (at < end && *at == '\t')
            g_string_append_c(text, ' ');
    }
}

/* FALSE when the field was the last that is wanted of its name. */
static gboolean collect(const MimeWanted *wanted, const MimeField *field, GString **text)
{
    if (*text == NULL)
        *text = g_string_new(NULL);
    else if (wanted->is_list)
        g_string_append_c(*text, ',');
    else
        return TRUE;
    mime_field_unfold(field, *text, MIME_VALUE_MOST - MIN((*text)->len, MIME_VALUE_MOST));
    return wanted->is_list;
}

void mime_header_collect(const char *header, gsize length, MimeWanted *wanted, guint count)
{
    GString *texts[MIME_WANTED_MOST] = {NULL};
    guint left = count;
    const char *at = header;
    MimeField field;

    g_assert(count <= MIME_WANTED_MOST);
    while (left > 0 && mime_field_next(&at, header + length, &field))
        for (guint i = 0; i < count; i++)
            if (mime_field_is(&field, wanted[i].name)) {
                left -= !collect(&wanted[i], &field, &texts[i]);
                break;
            }
    for (guint i = 0; i < count; i++)
        wanted[i].value = texts[i] == NULL ? NULL : g_strstrip(g_string_free(texts[i], FALSE));
}

void mime_wanted_clear(MimeWanted *wanted, guint count)
{
    for (guint i = 0; i < count; i++)
        g_clear_pointer(&wanted[i].value, g_free);
}

char *mime_header_value(const char *header, gsize length, const char *name)
{
    MimeWanted wanted = {.name = name};

    mime_header_collect(header, length, &wanted, 1);
    return wanted.value;
}

char *mime_header_token(const char *header, gsize length, const char *name)
{
    g_autofree char *text = mime_header_value(header, length, name);

    return mime_value_token(text);
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

char *mime_value_token(const char *text)
{
    g_autoptr(MimeValue) value = text == NULL ? NULL : mime_value_parse(text);

    return value == NULL ? NULL : g_steal_pointer(&value->value);
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
