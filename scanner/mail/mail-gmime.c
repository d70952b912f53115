/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-gmime.c - parses with GMime and tells the byte ranges of its leaves.
 *
 * What GMime cannot make anything of is no failure: then it tells nothing. GMime aborts when memory
 * is short, which in a worker ends as not-scanned; hence the limits before and in mail_count().
 */
#include "scanner/mail/mail-gmime.h"

#include <gmime/gmime.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GMimeObject, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GMimeParser, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GMimeParserOptions, g_mime_parser_options_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GMimeStream, g_object_unref)

typedef struct {
    MailPartFound found;
    gpointer user_data;
    guint depth;
    gsize size;
    MailPartResult result;
} Reading;

void mail_gmime_init(void)
{
    g_mime_init();
}

static MailPartEncoding encoding_of(GMimeContentEncoding encoding)
{
    switch (encoding) {
    case GMIME_CONTENT_ENCODING_BASE64:
        return MAIL_PART_BASE64;
    case GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE:
        return MAIL_PART_QUOTED_PRINTABLE;
    case GMIME_CONTENT_ENCODING_UUENCODE:
        return MAIL_PART_UUENCODE;
    case GMIME_CONTENT_ENCODING_DEFAULT:
    case GMIME_CONTENT_ENCODING_7BIT:
    case GMIME_CONTENT_ENCODING_8BIT:
    case GMIME_CONTENT_ENCODING_BINARY:
        break;
    }
    return MAIL_PART_IDENTITY;
}

static void tell_leaf(Reading *reading, GMimePart *leaf)
{
    GMimeDataWrapper *content = g_mime_part_get_content(leaf);
    GMimeStream *stream = content ? g_mime_data_wrapper_get_stream(content) : NULL;
    const char *name = g_mime_part_get_filename(leaf);
    MailPart part = {.name = name ? name : ""};

    if (!stream || stream->bound_start < 0)
        return;
    part.start = MIN((gsize)stream->bound_start, reading->size);
    part.end = stream->bound_end < 0 ? reading->size : MIN((gsize)stream->bound_end, reading->size);
    part.end = MAX(part.start, part.end);
    part.encoding = encoding_of(g_mime_data_wrapper_get_encoding(content));
    if (!reading->found(&part, reading->user_data))
        reading->result = MAIL_PART_STOPPED;
}

static void tell_object(Reading *reading, GMimeObject *object, guint level)
{
    if (!object || reading->result != MAIL_PART_DONE)
        return;
    if (level > reading->depth) {
        reading->result = MAIL_PART_TOO_DEEP;
    } else if (GMIME_IS_MULTIPART(object)) {
        GMimeMultipart *multipart = GMIME_MULTIPART(object);

        for (int i = 0; i < g_mime_multipart_get_count(multipart); i++)
            tell_object(reading, g_mime_multipart_get_part(multipart, i), level + 1);
    } else if (GMIME_IS_MESSAGE_PART(object)) {
        GMimeMessage *message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));

        if (message)
            tell_object(reading, g_mime_message_get_mime_part(message), level + 1);
    } else if (GMIME_IS_PART(object)) {
        tell_leaf(reading, GMIME_PART(object));
    }
}

/* As a part, not as a message: its address fields are not taken apart, which costs time and, in
 * GMime 3.2.13, leaks where they are broken. */
static GMimeObject *parse(GByteArray *bytes, MailGmimeMode mode)
{
    GMimeRfcComplianceMode compliance =
        mode == MAIL_GMIME_STRICT ? GMIME_RFC_COMPLIANCE_STRICT : GMIME_RFC_COMPLIANCE_LOOSE;
    g_autoptr(GMimeParserOptions) options = g_mime_parser_options_new();
    g_autoptr(GMimeStream) stream = g_mime_stream_mem_new_with_byte_array(bytes);
    g_autoptr(GMimeParser) parser = NULL;

    g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
    g_mime_parser_options_set_parameter_compliance_mode(options, compliance);
    g_mime_parser_options_set_rfc2047_compliance_mode(options, compliance);
    g_mime_parser_options_set_address_compliance_mode(options, compliance);
    parser = g_mime_parser_new_with_stream(stream);
    /* The leaves are ranges of the stream, not copies. */
    g_mime_parser_set_persist_stream(parser, TRUE);
    return g_mime_parser_construct_part(parser, options);
}

MailPartResult mail_gmime_read(const char *text, gsize size, MailGmimeMode mode, guint depth,
                               MailPartFound found, gpointer user_data)
{
    Reading reading = {.found = found, .user_data = user_data, .depth = depth, .size = size};
    GByteArray *bytes;

    if (size == 0 || size > G_MAXUINT)
        return MAIL_PART_DONE;
    /* Borrowed: the array is taken apart again before the text goes. */
    bytes = g_byte_array_new_take((guint8 *)text, size);
    {
        g_autoptr(GMimeObject) whole = parse(bytes, mode);

        tell_object(&reading, whole, 0);
    }
    g_byte_array_free(bytes, FALSE);
    return reading.result;
}
