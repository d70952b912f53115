/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control-records.c - the commands about incidents, quarantine and unscanned contents.
 *
 *   incidents          since until verdict sender recipient reference limit
 *   unscanned          limit
 *   quarantine-list    until limit
 *   quarantine-show    id
 *   quarantine-release id to[]
 *   quarantine-delete  id
 *
 * Arguments of the wrong kind are refused, unknown ones too: a filter that was mistyped must not
 * answer with everything.
 */
#include "scanner/records/control-private.h"

#include <stdlib.h>
#include <string.h>

#define LIST_DEFAULT 1000

/* --- Arguments ------------------------------------------------------------------- */

static gboolean refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean refuse(GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, CONTROL_ERROR, CONTROL_ERROR_REQUEST, text);
    return FALSE;
}

static gboolean check_known(JsonObject *arguments, const char *const *known, GError **error)
{
    g_autoptr(GList) members = json_object_get_members(arguments);

    for (GList *member = members; member != NULL; member = member->next) {
        if (!g_strv_contains(known, member->data))
            return refuse(error, "unknown argument \"%s\"", (const char *)member->data);
    }
    return TRUE;
}

/* *ret keeps its value where the argument is absent. */
static gboolean take_text(JsonObject *arguments, const char *name, const char **ret, GError **error)
{
    JsonNode *node = json_object_get_member(arguments, name);

    if (node == NULL)
        return TRUE;
    if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING)
        return refuse(error, "\"%s\" is a text", name);
    *ret = json_node_get_string(node);
    return TRUE;
}

static gboolean take_count(JsonObject *arguments, const char *name, guint *ret, GError **error)
{
    JsonNode *node = json_object_get_member(arguments, name);

    if (node == NULL)
        return TRUE;
    if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_INT64 ||
        json_node_get_int(node) < 1 || json_node_get_int(node) > G_MAXINT32)
        return refuse(error, "\"%s\" is a number from 1 on", name);
    *ret = (guint)json_node_get_int(node);
    return TRUE;
}

static gboolean take_id(JsonObject *arguments, const char **ret, GError **error)
{
    if (!take_text(arguments, "id", ret, error))
        return FALSE;
    return *ret != NULL || refuse(error, "\"id\" is missing");
}

static gboolean parse_ago(const char *text, gint64 *ret_seconds)
{
    static const struct {
        char unit;
        gint64 seconds;
    } UNITS[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    char *end = NULL;
    gint64 number = g_ascii_strtoll(text, &end, 10);

    for (guint i = 0; i < G_N_ELEMENTS(UNITS); i++) {
        if (*end == UNITS[i].unit && end[1] == '\0' && number < G_MAXINT32) {
            *ret_seconds = number * UNITS[i].seconds;
            return TRUE;
        }
    }
    return FALSE;
}

gboolean control_time_parse(const char *text, gint64 now, gint64 *ret, GError **error)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = NULL;
    g_autofree char *midnight = NULL;
    gint64 seconds;

    if (g_ascii_isdigit(*text) && parse_ago(text, &seconds)) {
        *ret = now - seconds * G_USEC_PER_SEC;
        return TRUE;
    }
    if (*text != '\0' && strspn(text, "0123456789") == strlen(text) && strlen(text) > 8 &&
        strlen(text) < 13) {
        *ret = g_ascii_strtoll(text, NULL, 10) * G_USEC_PER_SEC;
        return TRUE;
    }
    if (strchr(text, 'T') == NULL)
        midnight = g_strconcat(text, "T00:00:00", NULL);
    time = g_date_time_new_from_iso8601(midnight != NULL ? midnight : text, zone);
    if (time == NULL)
        return refuse(error,
                      "\"%s\" is no time: 2026-11-22, 2026-11-22T10:00:00Z, 2h, 7d, or "
                      "seconds since 1970",
                      text);
    *ret = g_date_time_to_unix(time) * G_USEC_PER_SEC + g_date_time_get_microsecond(time);
    return TRUE;
}

static gboolean take_time(JsonObject *arguments, const char *name, gint64 *ret, GError **error)
{
    const char *text = NULL;

    if (!take_text(arguments, name, &text, error))
        return FALSE;
    return text == NULL || control_time_parse(text, g_get_real_time(), ret, error);
}

/* --- Incidents ------------------------------------------------------------------- */

static gboolean read_query(JsonObject *arguments, IncidentQuery *query, GError **error)
{
    static const char *const KNOWN[] = {"since",     "until",     "verdict", "sender",
                                        "recipient", "reference", "limit",   NULL};
    const char *verdict = NULL;
    FilterVerdict parsed;

    query->verdict = -1;
    query->limit = LIST_DEFAULT;
    if (!check_known(arguments, KNOWN, error) ||
        !take_time(arguments, "since", &query->since, error) ||
        !take_time(arguments, "until", &query->until, error) ||
        !take_text(arguments, "verdict", &verdict, error) ||
        !take_text(arguments, "sender", &query->sender, error) ||
        !take_text(arguments, "recipient", &query->recipient, error) ||
        !take_text(arguments, "reference", &query->reference, error) ||
        !take_count(arguments, "limit", &query->limit, error))
        return FALSE;
    if (verdict == NULL)
        return TRUE;
    if (!filter_verdict_parse(verdict, &parsed))
        return refuse(error, "unknown verdict \"%s\"", verdict);
    query->verdict = (int)parsed;
    return TRUE;
}

static void on_incidents(ControlRequest *request, JsonObject *arguments, gpointer user_data)
{
    const ControlRecords *records = user_data;
    IncidentQuery query = {0};
    g_autoptr(GError) error = NULL;
    JsonArray *found = NULL;

    if (read_query(arguments, &query, &error))
        found = incidents_query(records->incidents, &query, &error);
    if (found == NULL) {
        control_request_refuse(request, error);
        return;
    }
    JsonObject *reply = json_object_new();
    json_object_set_array_member(reply, "incidents", found);
    control_request_reply(request, reply);
}

static JsonObject *totals_new(Incidents *incidents, GError **error)
{
    guint64 totals[STOREHOOK_REASONS], sum = 0;
    JsonObject *object;

    if (!incidents_unscanned_totals(incidents, totals, error))
        return NULL;
    object = json_object_new();
    for (int i = 0; i < STOREHOOK_REASONS; i++) {
        json_object_set_int_member(object, incidents_reason_name((StorehookReason)i),
                                   (gint64)totals[i]);
        sum += totals[i];
    }
    json_object_set_int_member(object, "total", (gint64)sum);
    return object;
}

static void on_unscanned(ControlRequest *request, JsonObject *arguments, gpointer user_data)
{
    static const char *const KNOWN[] = {"limit", NULL};
    const ControlRecords *records = user_data;
    g_autoptr(JsonObject) reply = json_object_new();
    g_autoptr(GError) error = NULL;
    JsonObject *totals = NULL;
    JsonArray *rows = NULL;
    guint limit = LIST_DEFAULT;

    if (check_known(arguments, KNOWN, &error) && take_count(arguments, "limit", &limit, &error))
        totals = totals_new(records->incidents, &error);
    if (totals != NULL) {
        json_object_set_object_member(reply, "unscanned", totals);
        rows = incidents_unscanned_rows(records->incidents, limit, &error);
    }
    if (rows == NULL) {
        control_request_refuse(request, error);
        return;
    }
    json_object_set_array_member(reply, "rows", rows);
    control_request_reply(request, g_steal_pointer(&reply));
}

/* --- Quarantine ------------------------------------------------------------------ */

static void on_quarantine_list(ControlRequest *request, JsonObject *arguments, gpointer user_data)
{
    static const char *const KNOWN[] = {"until", "limit", NULL};
    const ControlRecords *records = user_data;
    g_autoptr(GError) error = NULL;
    guint limit = LIST_DEFAULT;
    gint64 until = 0;

    if (!check_known(arguments, KNOWN, &error) || !take_time(arguments, "until", &until, &error) ||
        !take_count(arguments, "limit", &limit, &error)) {
        control_request_refuse(request, error);
        return;
    }
    JsonObject *reply = json_object_new();
    json_object_set_array_member(reply, "items",
                                 quarantine_list(records->quarantine, until, limit));
    json_object_set_int_member(reply, "count", quarantine_count(records->quarantine));
    json_object_set_int_member(reply, "bytes", (gint64)quarantine_bytes(records->quarantine));
    control_request_reply(request, reply);
}

static void on_quarantine_show(ControlRequest *request, JsonObject *arguments, gpointer user_data)
{
    static const char *const KNOWN[] = {"id", NULL};
    const ControlRecords *records = user_data;
    g_autoptr(GError) error = NULL;
    const char *id = NULL;
    JsonObject *about = NULL;

    if (check_known(arguments, KNOWN, &error) && take_id(arguments, &id, &error))
        about = quarantine_describe(records->quarantine, id, &error);
    if (about == NULL) {
        control_request_refuse(request, error);
        return;
    }
    JsonObject *reply = json_object_new();
    json_object_set_object_member(reply, "item", about);
    control_request_reply(request, reply);
}

static void on_quarantine_delete(ControlRequest *request, JsonObject *arguments, gpointer user_data)
{
    static const char *const KNOWN[] = {"id", NULL};
    const ControlRecords *records = user_data;
    g_autoptr(JsonObject) about = NULL;
    g_autoptr(GError) error = NULL, unwritten = NULL;
    const char *id = NULL;

    if (check_known(arguments, KNOWN, &error) && take_id(arguments, &id, &error))
        about = quarantine_describe(records->quarantine, id, &error);
    /* A damaged item cannot be described, but it can be deleted. */
    if (id == NULL || !quarantine_delete(records->quarantine, id, about != NULL ? &error : NULL)) {
        control_request_refuse(request, error);
        return;
    }
    if (about != NULL &&
        !incidents_add_note(records->incidents, json_object_get_string_member(about, "incident"),
                            "deleted from quarantine", &unwritten))
        g_warning("%s", unwritten->message);
    JsonObject *reply = json_object_new();
    json_object_set_string_member(reply, "id", id);
    control_request_reply(request, reply);
}

static void on_released(JsonObject *report, const GError *error, gpointer user_data)
{
    ControlRequest *request = user_data;
    JsonObject *reply = json_object_new();

    if (report != NULL)
        json_object_set_object_member(reply, "release", json_object_ref(report));
    if (error != NULL)
        control_request_fail(request, error->message, reply);
    else
        control_request_reply(request, reply);
}

static gboolean take_addresses(JsonObject *arguments, GStrvBuilder *builder, GError **error)
{
    JsonNode *node = json_object_get_member(arguments, "to");

    if (node == NULL)
        return TRUE;
    if (!JSON_NODE_HOLDS_ARRAY(node))
        return refuse(error, "\"to\" is an array of addresses");
    JsonArray *array = json_node_get_array(node);
    for (guint i = 0; i < json_array_get_length(array); i++) {
        JsonNode *element = json_array_get_element(array, i);
        if (!JSON_NODE_HOLDS_VALUE(element) || json_node_get_value_type(element) != G_TYPE_STRING)
            return refuse(error, "\"to\" is an array of addresses");
        const char *address = json_node_get_string(element);
        if (*address == '\0' || strpbrk(address, "\r\n") != NULL)
            return refuse(error, "\"%s\" is no address", address);
        g_strv_builder_add(builder, address);
    }
    return TRUE;
}

static void on_quarantine_release(ControlRequest *request, JsonObject *arguments,
                                  gpointer user_data)
{
    static const char *const KNOWN[] = {"id", "to", NULL};
    const ControlRecords *records = user_data;
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_autoptr(GError) error = NULL;
    const char *id = NULL;

    if (!check_known(arguments, KNOWN, &error) || !take_id(arguments, &id, &error) ||
        !take_addresses(arguments, builder, &error)) {
        control_request_refuse(request, error);
        return;
    }
    g_auto(GStrv) to = g_strv_builder_end(builder);
    const ReleaseRequest release = {.quarantine = records->quarantine,
                                    .allow = records->allow,
                                    .incidents = records->incidents,
                                    .id = id,
                                    .to = to[0] != NULL ? (const char *const *)to : NULL,
                                    .settings = &records->release};
    release_start(&release, on_released, request);
}

/* --- The whole ------------------------------------------------------------------- */

static void warn(JsonObject *reply, const char *what, const char *why)
{
    g_autofree char *text = g_strdup_printf("%s: %s", what, why);

    if (!json_object_has_member(reply, "warnings"))
        json_object_set_array_member(reply, "warnings", json_array_new());
    json_array_add_string_element(json_object_get_array_member(reply, "warnings"), text);
}

void control_records_describe(const ControlRecords *records, JsonObject *reply)
{
    g_autoptr(GError) error = NULL;
    JsonObject *quarantine = json_object_new();
    JsonObject *totals = totals_new(records->incidents, &error);
    guint64 count = 0;

    if (totals != NULL)
        json_object_set_object_member(reply, "unscanned", totals);
    if (totals != NULL && incidents_count(records->incidents, &count, &error))
        json_object_set_int_member(reply, "incidents", (gint64)count);
    if (error != NULL) {
        json_object_set_string_member(reply, "records-error", error->message);
        warn(reply, "the records cannot be read", error->message);
    }
    if (incidents_failure(records->incidents) != NULL)
        warn(reply, "the last record could not be written", incidents_failure(records->incidents));
    json_object_set_int_member(quarantine, "items", quarantine_count(records->quarantine));
    json_object_set_int_member(quarantine, "bytes", (gint64)quarantine_bytes(records->quarantine));
    json_object_set_object_member(reply, "quarantine", quarantine);
    json_object_set_int_member(reply, "allow-list", allow_list_count(records->allow));
}

void control_records_register(Control *control, ControlRecords *records)
{
    static const struct {
        const char *command;
        ControlHandler handler;
    } COMMANDS[] = {
        {"incidents", on_incidents},
        {"unscanned", on_unscanned},
        {"quarantine-list", on_quarantine_list},
        {"quarantine-show", on_quarantine_show},
        {"quarantine-release", on_quarantine_release},
        {"quarantine-delete", on_quarantine_delete},
    };

    for (guint i = 0; i < G_N_ELEMENTS(COMMANDS); i++)
        control_register(control, COMMANDS[i].command, COMMANDS[i].handler, records);
    control_lists_register(control, CONTROL_LIST_ALLOW, records->allow);
}
