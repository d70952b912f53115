/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl-print.c - answers of storehookd for people.
 *
 * Members that are absent or of another kind than expected print as "-": an older or newer service
 * must not make the command fail.
 */
#include "scanner/ctl/ctl-print.h"

#include "scanner/ctl/ctl-table.h"
#include "scanner/supervisor/clients.h"

#include <stdio.h>
#include <string.h>

#define NAME_WIDTH 32
#define ADDRESS_WIDTH 32
#define NOTE_WIDTH 48
#define CELL_WIDTH 64 /* a SHA-256 stands whole, for commands want it */
#define STATUS_WIDTH 30

/* --- Reading without trust -------------------------------------------------------- */

static const char *text_of(JsonObject *object, const char *member)
{
    JsonNode *node = json_object_get_member(object, member);

    if (node == NULL || !JSON_NODE_HOLDS_VALUE(node) ||
        json_node_get_value_type(node) != G_TYPE_STRING)
        return "";
    return json_node_get_string(node);
}

static gboolean flag_of(JsonObject *object, const char *member)
{
    JsonNode *node = json_object_get_member(object, member);

    return node != NULL && JSON_NODE_HOLDS_VALUE(node) &&
           json_node_get_value_type(node) == G_TYPE_BOOLEAN && json_node_get_boolean(node);
}

static JsonArray *array_of(JsonObject *object, const char *member)
{
    JsonNode *node = json_object_get_member(object, member);
    return node != NULL && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

static guint length_of(JsonArray *array)
{
    return array != NULL ? json_array_get_length(array) : 0;
}

/* NULL when that element is no object. */
static JsonObject *element_of(JsonArray *array, guint i)
{
    JsonNode *node = json_array_get_element(array, i);
    return JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

/* Any scalar, and arrays of scalars with commas. */
static char *node_text(JsonNode *node)
{
    if (node == NULL || JSON_NODE_HOLDS_NULL(node))
        return g_strdup("");
    if (JSON_NODE_HOLDS_ARRAY(node)) {
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        JsonArray *array = json_node_get_array(node);
        for (guint i = 0; i < json_array_get_length(array); i++) {
            g_autofree char *one = node_text(json_array_get_element(array, i));
            g_strv_builder_add(builder, one);
        }
        g_auto(GStrv) words = g_strv_builder_end(builder);
        return g_strjoinv(", ", words);
    }
    if (JSON_NODE_HOLDS_OBJECT(node))
        return json_to_string(node, FALSE);
    switch (json_node_get_value_type(node)) {
    case G_TYPE_STRING:
        return g_strdup(json_node_get_string(node));
    case G_TYPE_BOOLEAN:
        return g_strdup(json_node_get_boolean(node) ? "yes" : "no");
    case G_TYPE_INT64:
        return g_strdup_printf("%" G_GINT64_FORMAT, json_node_get_int(node));
    default:
        return g_strdup_printf("%.3f", json_node_get_double(node));
    }
}

static char *member_text(JsonObject *object, const char *member)
{
    return node_text(json_object_get_member(object, member));
}

/* The first of many, and how many more. */
static char *many_text(JsonArray *array)
{
    if (length_of(array) == 0)
        return g_strdup("");
    g_autofree char *first = node_text(json_array_get_element(array, 0));
    if (length_of(array) == 1)
        return g_steal_pointer(&first);
    g_autofree char *shown = ctl_text_clean(first, ADDRESS_WIDTH - 8);
    return g_strdup_printf("%s +%u", shown, length_of(array) - 1);
}

/* "2026-11-22 10:00:00": what a column needs of the time. */
static char *short_time(JsonObject *object, const char *member)
{
    g_autofree char *time = g_strndup(text_of(object, member), 19);
    return g_strdelimit(g_steal_pointer(&time), "T", ' ');
}

static char *size_text(gint64 bytes)
{
    return bytes < 10000 ? g_strdup_printf("%" G_GINT64_FORMAT, bytes)
                         : g_format_size_full((guint64)bytes, G_FORMAT_SIZE_IEC_UNITS);
}

static char *member_size(JsonObject *object, const char *member)
{
    JsonNode *node = json_object_get_member(object, member);
    gboolean is_number = node != NULL && JSON_NODE_HOLDS_VALUE(node) &&
                         json_node_get_value_type(node) == G_TYPE_INT64;
    return is_number ? size_text(json_node_get_int(node)) : g_strdup("");
}

/* --- Status ----------------------------------------------------------------------- */

/* The first process that is not proven to be hooked; of those that run without the hook, if any. */
static JsonObject *unproven_client(JsonObject *answer, gboolean *ret_unheard)
{
    JsonArray *clients = array_of(answer, "clients");
    JsonObject *found = NULL;

    *ret_unheard = TRUE;
    for (guint i = 0; i < length_of(clients) && *ret_unheard; i++) {
        JsonObject *client = element_of(clients, i);
        gboolean unheard;

        if (client == NULL || flag_of(client, "hooked"))
            continue;
        unheard = strcmp(text_of(client, "state"), CLIENTS_UNHEARD) == 0;
        if (found != NULL && unheard)
            continue;
        found = client;
        *ret_unheard = unheard;
    }
    return found;
}

/* PROTECTED is said of processes that were heard of; of others, what is known. */
static char *clients_line(JsonObject *answer, gboolean *ret_protected)
{
    JsonObject *client = unproven_client(answer, ret_protected);

    if (client == NULL)
        return g_strdup("PROTECTED");
    g_autofree char *pid = member_text(client, "pid");
    const char *why = text_of(client, "reason");
    g_autofree char *line =
        g_strdup_printf("%s (process %s, pid %s: %s)", *ret_protected ? "WAITING" : "NOT PROTECTED",
                        text_of(client, "program"), pid, *why != '\0' ? why : "not hooked");
    return ctl_text_clean(line, 0);
}

gboolean ctl_status_line(JsonObject *answer, char **ret_line)
{
    const char *protection = text_of(answer, "protection");
    char *line = NULL;
    gboolean protected = FALSE;

    if (strcmp(protection, "stopped") == 0) {
        line = g_strdup("STOPPED");
    } else if (strcmp(protection, "protected") == 0) {
        line = clients_line(answer, &protected);
    } else {
        const char *why = text_of(answer, "reason");
        g_autofree char *raw = g_strdup_printf("NOT PROTECTED (%s)",
                                               *why != '\0' ? why : "the service does not say why");
        line = ctl_text_clean(raw, 0);
    }
    *ret_line = line;
    return protected;
}

static void print_indent(guint depth)
{
    printf("%*s", (int)depth * 2, "");
}

/* Each member of any of them once, in the order of their first coming. */
static GPtrArray *columns_of(JsonArray *array)
{
    GPtrArray *columns = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < length_of(array); i++) {
        JsonObject *object = element_of(array, i);
        g_autoptr(GList) members = object != NULL ? json_object_get_members(object) : NULL;

        for (GList *member = members; member != NULL; member = member->next)
            if (!g_ptr_array_find_with_equal_func(columns, member->data, g_str_equal, NULL))
                g_ptr_array_add(columns, g_strdup(member->data));
    }
    return columns;
}

static void print_objects(JsonArray *array)
{
    g_autoptr(GPtrArray) columns = columns_of(array);
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    if (columns->len == 0)
        return;
    for (guint i = 0; i < columns->len; i++) {
        g_autofree char *title = g_ascii_strup(columns->pdata[i], -1);
        g_strv_builder_add(builder, title);
    }
    g_auto(GStrv) titles = g_strv_builder_end(builder);
    g_autoptr(CtlTable) table = ctl_table_new((const char *const *)titles);
    for (guint i = 0; i < json_array_get_length(array); i++) {
        JsonObject *object = element_of(array, i);
        for (guint column = 0; column < columns->len; column++) {
            g_autofree char *text =
                object != NULL ? member_text(object, columns->pdata[column]) : NULL;
            ctl_table_add(table, text, CELL_WIDTH);
        }
    }
    ctl_table_print(table, stdout);
}

static gboolean is_table(JsonNode *node)
{
    JsonArray *array = JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    return length_of(array) > 0 && element_of(array, 0) != NULL;
}

static void print_members(JsonObject *object, const char *const *skip, guint depth)
{
    g_autoptr(GList) members = json_object_get_members(object);

    for (GList *member = members; member != NULL; member = member->next) {
        JsonNode *node = json_object_get_member(object, member->data);
        g_autofree char *name = ctl_text_clean(member->data, 0);

        if (skip != NULL && g_strv_contains(skip, member->data))
            continue;
        print_indent(depth);
        if (JSON_NODE_HOLDS_OBJECT(node)) {
            printf("%s\n", name);
            print_members(json_node_get_object(node), NULL, depth + 1);
        } else if (is_table(node)) {
            printf("%s\n", name);
            print_objects(json_node_get_array(node));
        } else {
            g_autofree char *raw = node_text(node);
            g_autofree char *text = ctl_text_clean(raw, 0);
            printf("%-*s %s\n", (int)(STATUS_WIDTH - 2 * MIN(depth, 6)), name,
                   *text != '\0' ? text : "-");
        }
    }
}

void ctl_print_status(JsonObject *answer)
{
    static const char *const SHOWN[] = {"ok",        "protection", "reason",   "clients",
                                        "unscanned", "summary",    "warnings", NULL};
    g_autofree char *line = NULL;
    JsonArray *clients = array_of(answer, "clients");
    JsonArray *warnings = array_of(answer, "warnings");
    JsonNode *unscanned = json_object_get_member(answer, "unscanned");

    ctl_status_line(answer, &line);
    printf("%s\n", line);
    for (guint i = 0; i < length_of(warnings); i++) {
        g_autofree char *raw = node_text(json_array_get_element(warnings, i));
        g_autofree char *text = ctl_text_clean(raw, 0);

        printf("WARNING: %s\n", text);
    }
    printf("\n");
    if (length_of(clients) > 0)
        print_objects(clients);
    else
        printf("No store process is connected at the moment.\n");
    printf("\n");
    if (unscanned != NULL && JSON_NODE_HOLDS_OBJECT(unscanned)) {
        printf("passed unscanned\n");
        print_members(json_node_get_object(unscanned), NULL, 1);
    }
    print_members(answer, SHOWN, 0);
}

void ctl_print_object(JsonObject *answer)
{
    static const char *const SHOWN[] = {"ok", NULL};
    print_members(answer, SHOWN, 0);
}

void ctl_print_done(JsonObject *answer)
{
    static const char *const SHOWN[] = {"ok", NULL};
    printf("done\n");
    print_members(answer, SHOWN, 0);
}

/* --- Lists ------------------------------------------------------------------------ */

/* A message for several people lies in a folder of each: the first, and how many more. */
static char *folders_text(JsonArray *folders)
{
    JsonObject *first = length_of(folders) > 0 ? element_of(folders, 0) : NULL;
    const char *name = first != NULL ? text_of(first, "folder") : "";

    return length_of(folders) > 1 ? g_strdup_printf("%s +%u", name, length_of(folders) - 1)
                                  : g_strdup(name);
}

void ctl_print_incidents(JsonObject *answer)
{
    static const char *const TITLES[] = {
        "TIME (UTC)", "REFERENCE",  "VERDICT",   "NAME",   "ACTION", "SENDER", "RECIPIENTS",
        "SUBJECT",    "ATTACHMENT", "DIRECTION", "FOLDER", "NOTE",   NULL};
    g_autoptr(CtlTable) table = ctl_table_new(TITLES);
    JsonArray *incidents = array_of(answer, "incidents");

    for (guint i = 0; i < length_of(incidents); i++) {
        JsonObject *incident = element_of(incidents, i);
        if (incident == NULL)
            continue;
        g_autofree char *time = short_time(incident, "time");
        g_autofree char *recipients = many_text(array_of(incident, "recipients"));
        g_autofree char *folders = folders_text(array_of(incident, "folders"));
        ctl_table_add(table, time, 0);
        ctl_table_add(table, text_of(incident, "reference"), 0);
        ctl_table_add(table, text_of(incident, "verdict"), 0);
        ctl_table_add(table, text_of(incident, "name"), NAME_WIDTH);
        ctl_table_add(table, text_of(incident, "action"), 0);
        ctl_table_add(table, text_of(incident, "sender"), ADDRESS_WIDTH);
        ctl_table_add(table, recipients, ADDRESS_WIDTH);
        ctl_table_add(table, text_of(incident, "subject"), NAME_WIDTH);
        ctl_table_add(table, text_of(incident, "attachment"), NAME_WIDTH);
        ctl_table_add(table, text_of(incident, "direction"), 0);
        ctl_table_add(table, folders, NAME_WIDTH);
        ctl_table_add(table, text_of(incident, "note"), NOTE_WIDTH);
    }
    if (length_of(incidents) == 0)
        printf("no incidents\n");
    else
        ctl_table_print(table, stdout);
}

void ctl_print_quarantine(JsonObject *answer)
{
    static const char *const TITLES[] = {"ID",       "TIME (UTC)", "VERDICT", "NAME",
                                         "SENDER",   "RECIPIENTS", "SUBJECT", "SIZE",
                                         "RELEASED", NULL};
    g_autoptr(CtlTable) table = ctl_table_new(TITLES);
    JsonArray *items = array_of(answer, "items");
    g_autofree char *count = member_text(answer, "count");
    g_autofree char *bytes = member_text(answer, "bytes");
    g_autofree char *size_of_all =
        g_format_size_full(g_ascii_strtoull(bytes, NULL, 10), G_FORMAT_SIZE_IEC_UNITS);

    for (guint i = 0; i < length_of(items); i++) {
        JsonObject *item = element_of(items, i);
        if (item == NULL)
            continue;
        g_autofree char *time = short_time(item, "time");
        g_autofree char *recipients = many_text(array_of(item, "recipients"));
        g_autofree char *size = member_size(item, "size");
        ctl_table_add(table, text_of(item, "id"), 0);
        ctl_table_add(table, time, 0);
        ctl_table_add(table, text_of(item, "verdict"), 0);
        ctl_table_add(table, text_of(item, "verdict-name"), NAME_WIDTH);
        ctl_table_add(table, text_of(item, "sender"), ADDRESS_WIDTH);
        ctl_table_add(table, recipients, ADDRESS_WIDTH);
        ctl_table_add(table, text_of(item, "subject"), NAME_WIDTH);
        ctl_table_add(table, size, 0);
        ctl_table_add(table, flag_of(item, "released") ? "yes" : "no", 0);
    }
    if (length_of(items) == 0)
        printf("nothing is quarantined\n");
    else
        ctl_table_print(table, stdout);
    if (length_of(items) > 0)
        printf("%u of %s items shown, %s in all\n", length_of(items), count, size_of_all);
}

void ctl_print_release(JsonObject *answer)
{
    static const char *const TITLES[] = {"RECIPIENT", "DELIVERED", "ANSWER", NULL};
    JsonNode *node = json_object_get_member(answer, "release");
    g_autoptr(CtlTable) table = ctl_table_new(TITLES);

    if (node == NULL || !JSON_NODE_HOLDS_OBJECT(node))
        return;
    JsonArray *recipients = array_of(json_node_get_object(node), "recipients");
    for (guint i = 0; i < length_of(recipients); i++) {
        JsonObject *recipient = element_of(recipients, i);
        if (recipient == NULL)
            continue;
        ctl_table_add(table, text_of(recipient, "address"), ADDRESS_WIDTH);
        ctl_table_add(table, flag_of(recipient, "delivered") ? "yes" : "no", 0);
        ctl_table_add(table, text_of(recipient, "reply"), 60);
    }
    ctl_table_print(table, stdout);
}

void ctl_print_unscanned(JsonObject *answer)
{
    JsonNode *totals = json_object_get_member(answer, "unscanned");
    JsonArray *rows = array_of(answer, "rows");

    if (totals != NULL && JSON_NODE_HOLDS_OBJECT(totals))
        print_members(json_node_get_object(totals), NULL, 0);
    if (length_of(rows) > 0) {
        printf("\n");
        print_objects(rows);
    }
}

void ctl_print_condemned(JsonObject *answer)
{
    JsonArray *condemned = array_of(answer, "condemned");

    if (length_of(condemned) > 0)
        print_objects(condemned);
    else
        printf("no content is condemned\n");
}

void ctl_print_allowed(JsonObject *answer)
{
    JsonArray *allowed = array_of(answer, "allowed");

    if (length_of(allowed) > 0)
        print_objects(allowed);
    else
        printf("nothing is allowed\n");
}

void ctl_print_denied(JsonObject *answer)
{
    JsonArray *denied = array_of(answer, "denied");

    if (length_of(denied) > 0)
        print_objects(denied);
    else
        printf("nothing is denied\n");
}
