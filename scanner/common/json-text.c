/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json-text.c - see json-text.h. Nothing fails. */
#include "scanner/common/json-text.h"

char *json_text_of(JsonObject *object)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);

    json_node_set_object(node, object);
    return json_to_string(node, FALSE);
}

void json_text_set_time(JsonObject *object, const char *member, gint64 seconds_since_1970)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds_since_1970);
    g_autofree char *text = time ? g_date_time_format_iso8601(time) : NULL;

    if (text)
        json_object_set_string_member(object, member, text);
}
