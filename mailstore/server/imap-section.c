/* SPDX-License-Identifier: GPL-2.0-or-later */
/* imap-section.c - see imap-section.h. */
#include "mailstore/server/imap-section.h"
#include "mailstore/server/mime-header.h"

#include <string.h>

/* Deeper paths than there are parts find nothing anyway. */
#define PATH_MOST 64

static gboolean parse_fields(ImapParser *parser, char ***ret)
{
    g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func(g_free);

    if (!imap_parse_space(parser) || !imap_parse_char(parser, '('))
        return FALSE;
    do {
        char *name = NULL;
        if (!imap_parse_astring(parser, &name))
            return FALSE;
        g_ptr_array_add(fields, name);
    } while (imap_parser_take(parser, ' '));
    if (!imap_parse_char(parser, ')'))
        return FALSE;
    g_ptr_array_add(fields, NULL);
    g_ptr_array_set_free_func(fields, NULL);
    *ret = (char **)g_ptr_array_free(g_steal_pointer(&fields), FALSE);
    return TRUE;
}

/* The word after the part numbers. */
static gboolean parse_kind(ImapParser *parser, ImapSection *section)
{
    if (imap_parser_take_word(parser, "HEADER.FIELDS.NOT"))
        section->kind = IMAP_SECTION_FIELDS_NOT;
    else if (imap_parser_take_word(parser, "HEADER.FIELDS"))
        section->kind = IMAP_SECTION_FIELDS;
    else if (imap_parser_take_word(parser, "HEADER"))
        section->kind = IMAP_SECTION_HEADER;
    else if (imap_parser_take_word(parser, "TEXT"))
        section->kind = IMAP_SECTION_TEXT;
    else if (section->path->len > 0 && imap_parser_take_word(parser, "MIME"))
        section->kind = IMAP_SECTION_MIME;
    else {
        parser->problem = "Unknown section";
        return FALSE;
    }
    if (section->kind == IMAP_SECTION_FIELDS || section->kind == IMAP_SECTION_FIELDS_NOT)
        return parse_fields(parser, &section->fields);
    return TRUE;
}

static gboolean parse_inside(ImapParser *parser, ImapSection *section)
{
    if (imap_parser_sees(parser, ']'))
        return TRUE;
    while (parser->at < parser->end && g_ascii_isdigit(*parser->at)) {
        guint32 number;
        if (section->path->len >= PATH_MOST) {
            parser->problem = "Too many part numbers";
            return FALSE;
        }
        if (!imap_parse_nonzero(parser, &number))
            return FALSE;
        g_array_append_val(section->path, number);
        if (!imap_parser_take(parser, '.'))
            return TRUE;
    }
    return parse_kind(parser, section);
}

static gboolean parse_partial(ImapParser *parser, ImapSection *section)
{
    if (!imap_parser_take(parser, '<'))
        return TRUE;
    section->has_partial = TRUE;
    return imap_parse_number(parser, &section->offset) && imap_parse_char(parser, '.') &&
           imap_parse_nonzero(parser, &section->count) && imap_parse_char(parser, '>');
}

gboolean imap_parse_section(ImapParser *parser, ImapSection *ret)
{
    ImapSection section = {.path = g_array_new(FALSE, FALSE, sizeof(guint32))};

    if (!parse_inside(parser, &section) || !imap_parse_char(parser, ']') ||
        !parse_partial(parser, &section)) {
        imap_section_clear(&section);
        return FALSE;
    }
    *ret = section;
    return TRUE;
}

void imap_section_clear(ImapSection *section)
{
    g_clear_pointer(&section->path, g_array_unref);
    g_clear_pointer(&section->fields, g_strfreev);
}

/* As a plain word where it can be one: some clients compare the label with what they sent. */
static void print_name(ImapOutput *output, const char *name)
{
    const char *at = name;

    while (g_ascii_isalnum(*at) || *at == '-' || *at == '_')
        at++;
    if (*at == '\0' && at > name)
        imap_output_puts(output, name);
    else
        imap_output_string(output, name);
}

void imap_section_print(ImapOutput *output, const ImapSection *section)
{
    static const char *const words[] = {"",     "HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT",
                                        "TEXT", "MIME"};

    imap_output_puts(output, "[");
    for (guint i = 0; i < section->path->len; i++)
        imap_output_printf(output, "%s%u", i == 0 ? "" : ".",
                           g_array_index(section->path, guint32, i));
    imap_output_printf(output, "%s%s",
                       section->path->len > 0 && section->kind != IMAP_SECTION_ALL ? "." : "",
                       words[section->kind]);
    for (char **at = section->fields; at != NULL && *at != NULL; at++) {
        imap_output_puts(output, at == section->fields ? " (" : " ");
        print_name(output, *at);
    }
    imap_output_puts(output, section->fields != NULL ? ")]" : "]");
    if (section->has_partial)
        imap_output_printf(output, "<%u>", section->offset);
}

/* The part of a path. Numbers count the parts of a multipart; what is none has itself as 1, and a
 * message within is entered by the number after its own. */
static const MimePart *find_part(const GArray *path, const MimePart *root)
{
    const MimePart *part = root;

    for (guint i = 0; i < path->len; i++) {
        guint32 number = g_array_index(path, guint32, i);
        if (i > 0 && part->kind == MIME_MESSAGE)
            part = g_ptr_array_index(part->children, 0);
        else if (i > 0 && part->kind == MIME_LEAF)
            return NULL;
        if (part->kind != MIME_MULTIPART) {
            if (number != 1)
                return NULL;
        } else {
            if (number > part->children->len)
                return NULL;
            part = g_ptr_array_index(part->children, number - 1);
        }
    }
    return part;
}

static gboolean is_wanted(const ImapSection *section, const MimeField *field)
{
    for (char **at = section->fields; *at != NULL; at++)
        if (mime_field_is(field, *at))
            return section->kind == IMAP_SECTION_FIELDS;
    return section->kind == IMAP_SECTION_FIELDS_NOT;
}

static GBytes *extract_fields(const ImapSection *section, const char *header, gsize length)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const char *at = header;
    MimeField field;

    while (mime_field_next(&at, header + length, &field))
        if (is_wanted(section, &field))
            g_string_append_len(text, field.start, (gssize)field.length);
    /* The empty line belongs to it, where there is one (RFC 3501 §6.4.5). */
    g_string_append_len(text, at, header + length - at);
    return g_string_free_to_bytes(g_steal_pointer(&text));
}

static void set_part(ImapExtract *extract, gsize size, gsize offset, gsize length)
{
    offset = MIN(offset, size);
    *extract = (ImapExtract){.offset = offset, .length = MIN(length, size - offset)};
}

static gboolean extract_whole(const ImapSection *section, const char *message, gsize size,
                              const MimePart *root, ImapExtract *ret)
{
    if (section->path->len == 0 && section->kind == IMAP_SECTION_ALL) {
        set_part(ret, size, 0, size);
        return TRUE;
    }
    const MimePart *part = find_part(section->path, root);
    if (part == NULL)
        return FALSE;
    if (section->kind == IMAP_SECTION_ALL) {
        set_part(ret, size, part->body, part->body_length);
        return TRUE;
    }
    if (section->kind == IMAP_SECTION_MIME) {
        set_part(ret, size, part->header, part->header_length);
        return TRUE;
    }
    if (section->path->len > 0) {
        if (part->kind != MIME_MESSAGE)
            return FALSE;
        part = g_ptr_array_index(part->children, 0);
    }
    if (section->kind == IMAP_SECTION_HEADER) {
        set_part(ret, size, part->header, part->header_length);
    } else if (section->kind == IMAP_SECTION_TEXT) {
        set_part(ret, size, part->body, part->body_length);
    } else {
        GBytes *made = extract_fields(section, message + part->header, part->header_length);
        *ret = (ImapExtract){.length = g_bytes_get_size(made), .made = made};
    }
    return TRUE;
}

gboolean imap_section_extract(const ImapSection *section, const char *message, gsize size,
                              const MimePart *root, ImapExtract *ret)
{
    if (!extract_whole(section, message, size, root, ret))
        return FALSE;
    if (section->has_partial) {
        gsize skip = MIN(section->offset, ret->length);
        ret->offset += skip;
        ret->length = MIN(section->count, ret->length - skip);
    }
    if (ret->made != NULL && section->has_partial) {
        GBytes *all = ret->made;
        ret->made = g_bytes_new_from_bytes(all, ret->offset, ret->length);
        g_bytes_unref(all);
    }
    return TRUE;
}
