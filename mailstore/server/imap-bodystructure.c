/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imap-bodystructure.c - prints the structure of a message. Depth and number of parts are bounded
 * by mime_part_parse(). Nothing fails.
 */
#include "mailstore/server/imap-bodystructure.h"
#include "mailstore/server/imap-envelope.h"
#include "mailstore/server/mime-header.h"

static char *part_value(const char *message, const MimePart *part, const char *name)
{
    return mime_header_value(message + part->header, part->header_length, name);
}

static void print_parameters(ImapOutput *output, const MimeValue *value)
{
    if (value == NULL || value->parameters->len == 0) {
        imap_output_puts(output, "NIL");
        return;
    }
    for (guint i = 0; i < value->parameters->len; i++) {
        imap_output_puts(output, i == 0 ? "(" : " ");
        imap_output_string(output, g_ptr_array_index(value->parameters, i));
    }
    imap_output_puts(output, ")");
}

/* ("attachment" ("filename" "x")) */
static void print_disposition(ImapOutput *output, const char *message, const MimePart *part)
{
    g_autofree char *text = part_value(message, part, "content-disposition");
    g_autoptr(MimeValue) value = text == NULL ? NULL : mime_value_parse(text);

    if (value == NULL || value->value == NULL) {
        imap_output_puts(output, "NIL");
        return;
    }
    imap_output_puts(output, "(");
    imap_output_string(output, value->value);
    imap_output_puts(output, " ");
    print_parameters(output, value);
    imap_output_puts(output, ")");
}

static void print_field(ImapOutput *output, const char *message, const MimePart *part,
                        const char *name, const char *standard)
{
    g_autofree char *text = part_value(message, part, name);

    imap_output_string(output, text == NULL || *text == '\0' ? standard : text);
}

static void print_encoding(ImapOutput *output, const char *message, const MimePart *part)
{
    g_autofree char *encoding =
        mime_header_token(message + part->header, part->header_length, "content-transfer-encoding");

    imap_output_string(output, encoding == NULL ? "7bit" : encoding);
}

/* The language is a list or a string; one string says the same. */
static void print_extension(ImapOutput *output, const char *message, const MimePart *part)
{
    imap_output_puts(output, " ");
    print_disposition(output, message, part);
    imap_output_puts(output, " ");
    print_field(output, message, part, "content-language", NULL);
    imap_output_puts(output, " ");
    print_field(output, message, part, "content-location", NULL);
}

static void print_multipart(ImapOutput *output, const char *message, const MimePart *part,
                            const MimeValue *type, gboolean extended)
{
    for (guint i = 0; i < part->children->len; i++)
        imap_bodystructure_print(output, message, g_ptr_array_index(part->children, i), extended);
    imap_output_puts(output, " ");
    imap_output_string(output, part->subtype);
    if (extended) {
        imap_output_puts(output, " ");
        print_parameters(output, type);
        print_extension(output, message, part);
    }
}

static void print_single(ImapOutput *output, const char *message, const MimePart *part,
                         const MimeValue *type, gboolean extended)
{
    /* A multipart in which no parts were found must not look like one. */
    gboolean lost = g_ascii_strcasecmp(part->type, "multipart") == 0;
    gboolean lost_message = part->kind == MIME_LEAF &&
                            g_ascii_strcasecmp(part->type, "message") == 0 &&
                            g_ascii_strcasecmp(part->subtype, "rfc822") == 0;

    imap_output_string(output, lost || lost_message ? "application" : part->type);
    imap_output_puts(output, " ");
    imap_output_string(output, lost || lost_message ? "octet-stream" : part->subtype);
    imap_output_puts(output, " ");
    if (!part->has_type && part->kind == MIME_LEAF)
        imap_output_puts(output, "(\"charset\" \"us-ascii\")");
    else
        print_parameters(output, part->has_type ? type : NULL);
    imap_output_puts(output, " ");
    print_field(output, message, part, "content-id", NULL);
    imap_output_puts(output, " ");
    print_field(output, message, part, "content-description", NULL);
    imap_output_puts(output, " ");
    print_encoding(output, message, part);
    imap_output_printf(output, " %" G_GSIZE_FORMAT, part->body_length);
    guint32 lines = mime_count_lines(message + part->body, part->body_length);
    if (part->kind == MIME_MESSAGE) {
        const MimePart *child = g_ptr_array_index(part->children, 0);
        imap_output_puts(output, " ");
        imap_envelope_print(output, message + child->header, child->header_length);
        imap_output_puts(output, " ");
        imap_bodystructure_print(output, message, child, extended);
        imap_output_printf(output, " %u", lines);
    } else if (g_ascii_strcasecmp(part->type, "text") == 0) {
        imap_output_printf(output, " %u", lines);
    }
    if (extended) {
        imap_output_puts(output, " ");
        print_field(output, message, part, "content-md5", NULL);
        print_extension(output, message, part);
    }
}

void imap_bodystructure_print(ImapOutput *output, const char *message, const MimePart *part,
                              gboolean extended)
{
    g_autofree char *text = part_value(message, part, "content-type");
    g_autoptr(MimeValue) type = text == NULL ? NULL : mime_value_parse(text);

    imap_output_puts(output, "(");
    if (part->kind == MIME_MULTIPART)
        print_multipart(output, message, part, type, extended);
    else
        print_single(output, message, part, type, extended);
    imap_output_puts(output, ")");
}
