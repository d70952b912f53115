/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * part-header.c - the few fields of a MIME header that decide how a part is stored.
 *
 * GMime decodes parameters and words (RFC 2231, RFC 2047, and the mixtures that mailers write);
 * finding the fields is done here, on bytes that may hold anything. Of a field that is there twice
 * the first counts.
 */
#include "mailstore/message/part-header.h"

#include <string.h>

#include <gmime/gmime.h>

/* GMime brings no cleanup functions of its own. */
typedef GMimeContentType PartContentType;
typedef GMimeContentDisposition PartDisposition;
typedef InternetAddressList PartAddresses;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PartContentType, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PartDisposition, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PartAddresses, g_object_unref)

/* The value of the first field of that name, unfolded; NULL when there is none. */
static char *field_dup(const char *text, gsize size, const char *name)
{
    gsize name_size = strlen(name), pos = 0;
    GString *value = NULL;

    while (pos < size) {
        const char *newline = memchr(text + pos, '\n', size - pos);
        gsize next = newline != NULL ? (gsize)(newline - text) + 1 : size;
        gsize end = newline != NULL ? next - 1 : size;
        end -= end > pos && text[end - 1] == '\r';
        if (value != NULL) {
            if (end == pos || (text[pos] != ' ' && text[pos] != '\t'))
                break;
            g_string_append_len(value, text + pos, (gssize)(end - pos));
        } else if (end - pos > name_size && g_ascii_strncasecmp(text + pos, name, name_size) == 0) {
            gsize colon = pos + name_size;
            while (colon < end && (text[colon] == ' ' || text[colon] == '\t'))
                colon++;
            if (colon < end && text[colon] == ':')
                value = g_string_new_len(text + colon + 1, (gssize)(end - colon - 1));
        }
        pos = next;
    }
    return value != NULL ? g_strstrip(g_string_free(value, FALSE)) : NULL;
}

/* Valid UTF-8 of at most `max` bytes; takes the string. */
static char *text_take_bounded(char *text, gsize max)
{
    char *valid = g_utf8_make_valid(text, -1);
    g_free(text);
    if (strlen(valid) > max) {
        char *end = g_utf8_find_prev_char(valid, valid + max + 1);
        *end = '\0';
    }
    return valid;
}

static void read_type(PartHeader *header, const char *text, gsize size, gboolean in_digest,
                      char **name)
{
    g_autofree char *value = field_dup(text, size, "Content-Type");
    if (value == NULL) {
        header->message = in_digest; /* RFC 2046 §5.1.5 */
        return;
    }

    g_autoptr(PartContentType) type = g_mime_content_type_parse(NULL, value);
    const char *boundary = g_mime_content_type_get_parameter(type, "boundary");
    if (g_mime_content_type_is_type(type, "multipart", "*") && boundary != NULL &&
        *boundary != '\0' && strlen(boundary) <= PART_BOUNDARY_MAX) {
        header->multipart = TRUE;
        header->digest = g_mime_content_type_is_type(type, "multipart", "digest");
        header->boundary = g_strdup(boundary);
    }
    header->message = g_mime_content_type_is_type(type, "message", "rfc822") ||
                      g_mime_content_type_is_type(type, "message", "global");
    *name = g_strdup(g_mime_content_type_get_parameter(type, "name"));
}

static void read_disposition(PartHeader *header, const char *text, gsize size, char **name)
{
    g_autofree char *value = field_dup(text, size, "Content-Disposition");
    if (value == NULL)
        return;

    g_autoptr(PartDisposition) disposition = g_mime_content_disposition_parse(NULL, value);
    header->attachment = g_mime_content_disposition_is_attachment(disposition);
    const char *filename = g_mime_content_disposition_get_parameter(disposition, "filename");
    if (filename != NULL && *filename != '\0') {
        g_free(*name);
        *name = g_strdup(filename);
    }
}

static void read_encoding(PartHeader *header, const char *text, gsize size)
{
    static const char *const identities[] = {"", "7bit", "8bit", "binary", NULL};
    g_autofree char *value = field_dup(text, size, "Content-Transfer-Encoding");

    if (value == NULL) {
        header->identity = TRUE;
        return;
    }
    header->base64 = g_ascii_strcasecmp(value, "base64") == 0;
    for (gsize i = 0; identities[i] != NULL; i++)
        header->identity |= g_ascii_strcasecmp(value, identities[i]) == 0;
}

void part_header_init(PartHeader *header, const char *text, gsize size, gboolean in_digest)
{
    char *name = NULL;

    *header = (PartHeader){0};
    if (size <= PART_HEADER_MAX) {
        read_type(header, text, size, in_digest, &name);
        read_disposition(header, text, size, &name);
        read_encoding(header, text, size);
    }
    header->message = header->message && header->identity;
    header->attachment |= name != NULL && *name != '\0';
    header->name = text_take_bounded(name != NULL ? name : g_strdup(""), PART_NAME_MAX);
}

void part_header_clear(PartHeader *header)
{
    g_clear_pointer(&header->boundary, g_free);
    g_clear_pointer(&header->name, g_free);
}

char *part_header_dup_subject(const char *text, gsize size)
{
    g_autofree char *value = field_dup(text, MIN(size, PART_HEADER_MAX), "Subject");
    if (value == NULL)
        return g_strdup("");
    return text_take_bounded(g_mime_utils_header_decode_text(NULL, value), PART_SUBJECT_MAX);
}

/* Members of a group (RFC 5322 §3.4) count as if they stood alone; groups do not nest. */
static void add_addresses(GString *out, InternetAddressList *list, guint *room)
{
    int count = internet_address_list_length(list);

    for (int i = 0; i<count && * room> 0; i++) {
        InternetAddress *address = internet_address_list_get_address(list, i);
        const char *spec;

        if (INTERNET_ADDRESS_IS_GROUP(address)) {
            add_addresses(out, internet_address_group_get_members((InternetAddressGroup *)address),
                          room);
            continue;
        }
        spec = internet_address_mailbox_get_addr((InternetAddressMailbox *)address);
        if (spec == NULL || *spec == '\0' || strpbrk(spec, "\r\n") != NULL)
            continue;
        g_string_append_printf(out, "%s%s", out->len > 0 ? "\n" : "", spec);
        (*room)--;
    }
}

char *part_header_dup_addresses(const char *text, gsize size, const char *field)
{
    g_autofree char *value = field_dup(text, MIN(size, PART_HEADER_MAX), field);
    GString *out = g_string_new(NULL);
    guint room = PART_ADDRESSES_MAX;

    if (value != NULL) {
        g_autoptr(PartAddresses) list = internet_address_list_parse(NULL, value);

        if (list != NULL)
            add_addresses(out, list, &room);
    }
    g_autofree char *raw = g_string_free(out, FALSE);
    return g_utf8_make_valid(raw, -1);
}
