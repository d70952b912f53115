/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quarantine-metadata.c - writes and reads the metadata of an item, as JSON.
 *
 * Reading fails with QUARANTINE_ERROR_NOT_FOUND for what has another form or belongs to another
 * item.
 */
#include "scanner/records/quarantine-metadata.h"

#include <stdio.h>
#include <string.h>

#include "scanner/common/hex.h"
#include "scanner/common/json-text.h"
#include "scanner/records/incidents-private.h"
#include "scanner/records/quarantine-file.h"

static void set_text(JsonObject *object, const char *member, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text != NULL ? text : "", -1);
    json_object_set_string_member(object, member, valid);
}

JsonObject *quarantine_metadata_new(const char *id, const QuarantineItem *item, gsize size)
{
    JsonObject *object = json_object_new();
    JsonArray *recipients = json_array_new(), *digests = json_array_new();
    g_autoptr(GPtrArray) list = incidents_split_addresses(item->recipients, G_MAXUINT);

    set_text(object, "id", id);
    json_object_set_int_member(object, "seconds", g_get_real_time() / G_USEC_PER_SEC);
    set_text(object, "incident", item->incident);
    set_text(object, "sender", item->sender);
    /* The last one may have been cut in the middle, and half of an address is somebody else's. */
    if (item->recipients_cut && list->len > 0)
        g_ptr_array_set_size(list, (gint)list->len - 1);
    for (guint i = 0; i < list->len; i++)
        json_array_add_string_element(recipients, list->pdata[i]);
    json_object_set_array_member(object, "recipients", recipients);
    json_object_set_boolean_member(object, "recipients-cut", item->recipients_cut);
    set_text(object, "subject", item->subject);
    set_text(object, "name", item->name);
    set_text(object, "verdict", filter_verdict_name(item->verdict));
    set_text(object, "verdict-name", item->verdict_name);
    set_text(object, "program", item->program);
    json_object_set_int_member(object, "size", (gint64)size);
    json_object_set_boolean_member(object, "is-message", item->is_message);
    for (gsize i = 0; i < item->digest_count; i++) {
        g_autofree char *hex = hex_new(item->digests + i * 32, 32);
        json_array_add_string_element(digests, hex);
    }
    json_object_set_array_member(object, "digests", digests);
    return object;
}

GBytes *quarantine_metadata_bytes(JsonObject *metadata)
{
    char *text = json_text_of(metadata);

    return g_bytes_new_take(text, strlen(text));
}

gboolean quarantine_metadata_start(GBytes *bytes, const char *id, gint64 *ret_time)
{
    gsize size = MIN(g_bytes_get_size(bytes), QUARANTINE_METADATA_START);
    char text[QUARANTINE_METADATA_START + 1] = "", there[QUARANTINE_ID_LENGTH + 1] = "", comma[2];
    long long seconds;

    memcpy(text, g_bytes_get_data(bytes, NULL), size);
    if (sscanf(text, " { \"id\" : \"%32[0-9a-f]\" , \"seconds\" : %18lld %1[,]", there, &seconds,
               comma) != 3 ||
        strcmp(there, id) != 0)
        return FALSE;
    *ret_time = seconds;
    return TRUE;
}

JsonObject *quarantine_metadata_read(GBytes *bytes, const char *id, GError **error)
{
    static const struct {
        const char *member;
        GType type;
    } MEMBERS[] = {
        {"id", G_TYPE_STRING},
        {"seconds", G_TYPE_INT64},
        {"incident", G_TYPE_STRING},
        {"sender", G_TYPE_STRING},
        {"recipients", 0},
        {"recipients-cut", G_TYPE_BOOLEAN},
        {"subject", G_TYPE_STRING},
        {"name", G_TYPE_STRING},
        {"verdict", G_TYPE_STRING},
        {"verdict-name", G_TYPE_STRING},
        {"program", G_TYPE_STRING},
        {"size", G_TYPE_INT64},
        {"is-message", G_TYPE_BOOLEAN},
        {"digests", 0},
    };
    g_autoptr(JsonParser) parser = json_parser_new();
    gboolean ok = json_parser_load_from_data(parser, g_bytes_get_data(bytes, NULL),
                                             (gssize)g_bytes_get_size(bytes), NULL);
    JsonNode *root = ok ? json_parser_get_root(parser) : NULL;

    ok = root != NULL && JSON_NODE_HOLDS_OBJECT(root);
    JsonObject *object = ok ? json_node_get_object(root) : NULL;
    for (guint i = 0; ok && i < G_N_ELEMENTS(MEMBERS); i++) {
        JsonNode *node = json_object_get_member(object, MEMBERS[i].member);
        ok = node != NULL &&
             (MEMBERS[i].type == 0 ? JSON_NODE_HOLDS_ARRAY(node)
                                   : JSON_NODE_HOLDS_VALUE(node) &&
                                         json_node_get_value_type(node) == MEMBERS[i].type);
    }
    if (!ok || strcmp(json_object_get_string_member(object, "id"), id) != 0) {
        g_set_error(error, QUARANTINE_ERROR, QUARANTINE_ERROR_NOT_FOUND,
                    "quarantine: the metadata of %s cannot be read", id);
        return NULL;
    }
    return json_object_ref(object);
}
