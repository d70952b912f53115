/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imap-bodystructure.c - prints the structure of a message. Depth and number of parts are bounded
 * by mime_part_parse(). Nothing fails.
 */
#include "mailstore/server/imap-bodystructure.h"
#include "mailstore/server/imap-envelope.h"
#include "mailstore/server/mime-header.h"

/* What the header of a part says, in the order of the names below. */
enum {
    TYPE,
    ID,
    DESCRIPTION,
    ENCODING,
    MD5,
    DISPOSITION,
    LANGUAGE,
    LOCATION,
    FIELD_COUNT
};

static const char *const field_names[FIELD_COUNT] = {
    [TYPE] = "content-type",
    [ID] = "content-id",
    [DESCRIPTION] = "content-description",
    [ENCODING] = "content-transfer-encoding",
    [MD5] = "content-md5",
    [DISPOSITION] = "content-disposition",
    [LANGUAGE] = "content-language",
    [LOCATION] = "content-location",
};

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
static void print_disposition(ImapOutput *output, const char *text)
{
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

static void print_field(ImapOutput *output, const char *text)
{
    imap_output_string(output, text == NULL || *text == '\0' ? NULL : text);
}

static void print_encoding(ImapOutput *output, const char *text)
{
    g_autofree char *encoding = mime_value_token(text);

    imap_output_string(output, encoding == NULL ? "7bit" : encoding);
}

/* A list of tags (RFC 3282), each in a string of its own (RFC 3501 §7.4.2). */
static void print_languages(ImapOutput *output, const char *text)
{
    g_auto(GStrv) tags = g_strsplit(text == NULL ? "" : text, ",", -1);
    const char *before = "(";

    for (char **at = tags; *at != NULL; at++) {
        g_autofree char *tag = mime_value_token(*at);
        if (tag == NULL)
            continue;
        imap_output_puts(output, before);
        imap_output_string(output, tag);
        before = " ";
    }
    imap_output_puts(output, *before == '(' ? "NIL" : ")");
}

static void print_extension(ImapOutput *output, const MimeWanted *fields)
{
    imap_output_puts(output, " ");
    print_disposition(output, fields[DISPOSITION].value);
    imap_output_puts(output, " ");
    print_languages(output, fields[LANGUAGE].value);
    imap_output_puts(output, " ");
    print_field(output, fields[LOCATION].value);
}

static void print_multipart(ImapOutput *output, const char *message, const MimePart *part,
                            const MimeWanted *fields, const MimeValue *type, gboolean extended)
{
    for (guint i = 0; i < part->children->len; i++)
        imap_bodystructure_print(output, message, g_ptr_array_index(part->children, i), extended);
    imap_output_puts(output, " ");
    imap_output_string(output, part->subtype);
    if (extended) {
        imap_output_puts(output, " ");
        print_parameters(output, type);
        print_extension(output, fields);
    }
}

static void print_lines(ImapOutput *output, const char *message, const MimePart *part)
{
    imap_output_printf(output, " %u", mime_count_lines(message + part->body, part->body_length));
}

static void print_single(ImapOutput *output, const char *message, const MimePart *part,
                         const MimeWanted *fields, const MimeValue *type, gboolean extended)
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
    print_field(output, fields[ID].value);
    imap_output_puts(output, " ");
    print_field(output, fields[DESCRIPTION].value);
    imap_output_puts(output, " ");
    print_encoding(output, fields[ENCODING].value);
    imap_output_printf(output, " %" G_GSIZE_FORMAT, part->body_length);
    if (part->kind == MIME_MESSAGE) {
        const MimePart *child = g_ptr_array_index(part->children, 0);
        imap_output_puts(output, " ");
        imap_envelope_print(output, message + child->header, child->header_length);
        imap_output_puts(output, " ");
        imap_bodystructure_print(output, message, child, extended);
        print_lines(output, message, part);
    } else if (g_ascii_strcasecmp(part->type, "text") == 0) {
        print_lines(output, message, part);
    }
    if (extended) {
        imap_output_puts(output, " ");
        print_field(output, fields[MD5].value);
        print_extension(output, fields);
    }
}

void imap_bodystructure_print(ImapOutput *output, const char *message, const MimePart *part,
                              gboolean extended)
{
    MimeWanted fields[FIELD_COUNT] = {0};

    for (guint i = 0; i < FIELD_COUNT; i++)
        fields[i].name = field_names[i];
    mime_header_collect(message + part->header, part->header_length, fields, FIELD_COUNT);
    g_autoptr(MimeValue) type =
        fields[TYPE].value == NULL ? NULL : mime_value_parse(fields[TYPE].value);
    imap_output_puts(output, "(");
    if (part->kind == MIME_MULTIPART)
        print_multipart(output, message, part, fields, type, extended);
    else
        print_single(output, message, part, fields, type, extended);
    imap_output_puts(output, ")");
    mime_wanted_clear(fields, FIELD_COUNT);
}
