/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control-lists.c - the commands about the allow and the deny list.
 *
 *   allow-list, deny-list
 *   allow-add, allow-remove, deny-add, deny-remove    sha256 or signature
 *
 * Arguments of the wrong kind are refused, unknown ones too. Fails as the lists do.
 */
#include "scanner/records/control.h"

#include <string.h>

#include "scanner/common/hex.h"

enum {
    SIGNATURE_NAME_MAX = 111 /* VERDICT_NAME_SIZE - 1: no verdict has a longer one */
};

/* The text of the only argument; "" when it is not the only one, not there, or no text. */
static const char *only_text(JsonObject *arguments, const char *name)
{
    JsonNode *node = json_object_get_member(arguments, name);

    return node && json_object_get_size(arguments) == 1 && JSON_NODE_HOLDS_VALUE(node) &&
                   json_node_get_value_type(node) == G_TYPE_STRING
               ? json_node_get_string(node)
               : "";
}

gboolean control_take_digest(JsonObject *arguments, guint8 ret[STOREHOOK_DIGEST_SIZE],
                             GError **error)
{
    const char *text = only_text(arguments, "sha256");

    if (hex_read(text, ret, STOREHOOK_DIGEST_SIZE))
        return TRUE;
    g_set_error(error, CONTROL_ERROR, CONTROL_ERROR_REQUEST,
                "\"%s\" is no SHA-256: it has 64 hexadecimal digits", text);
    return FALSE;
}

/* "sha256" or "signature"; *ret_name is borrowed, NULL for a digest. */
static gboolean take_entry(JsonObject *arguments, guint8 ret_digest[ALLOW_LIST_DIGEST],
                           const char **ret_name, GError **error)
{
    *ret_name = NULL;
    if (!json_object_has_member(arguments, "signature"))
        return control_take_digest(arguments, ret_digest, error);
    *ret_name = only_text(arguments, "signature");
    if (**ret_name == '\0' || strlen(*ret_name) > SIGNATURE_NAME_MAX) {
        g_set_error(error, CONTROL_ERROR, CONTROL_ERROR_REQUEST,
                    "\"%s\" is no signature: its name has 1 to %d bytes", *ret_name,
                    SIGNATURE_NAME_MAX);
        return FALSE;
    }
    allow_list_name_digest(*ret_name, ret_digest);
    return TRUE;
}

static void list_describe(ControlRequest *request, JsonObject *arguments, AllowList *list,
                          const char *member)
{
    JsonObject *reply;

    if (json_object_get_size(arguments) > 0) {
        control_request_fail(request, "this command takes no arguments", NULL);
        return;
    }
    reply = json_object_new();
    json_object_set_array_member(reply, member, allow_list_describe(list));
    control_request_reply(request, reply);
}

static void on_allow_list(ControlRequest *request, JsonObject *arguments, gpointer list)
{
    list_describe(request, arguments, list, "allowed");
}

static void on_deny_list(ControlRequest *request, JsonObject *arguments, gpointer list)
{
    list_describe(request, arguments, list, "denied");
}

static void on_add(ControlRequest *request, JsonObject *arguments, gpointer list)
{
    guint8 digest[ALLOW_LIST_DIGEST];
    g_autoptr(GError) error = NULL;
    const char *name;
    gboolean done = take_entry(arguments, digest, &name, &error);

    if (done && name)
        done = allow_list_add_name(list, name, &error);
    else if (done)
        done = allow_list_add(list, digest, 1, ALLOW_LIST_BY_HAND, ALLOW_LIST_FOREVER, &error);
    if (done)
        control_request_reply(request, json_object_new());
    else
        control_request_refuse(request, error);
}

static void on_remove(ControlRequest *request, JsonObject *arguments, gpointer list)
{
    guint8 digest[ALLOW_LIST_DIGEST];
    g_autoptr(GError) error = NULL;
    const char *name;

    if (!take_entry(arguments, digest, &name, &error))
        control_request_refuse(request, error);
    else if (!allow_list_has(list, digest))
        control_request_fail(request, "the list has no such entry", NULL);
    else if (!allow_list_remove(list, digest, &error))
        control_request_refuse(request, error);
    else
        control_request_reply(request, json_object_new());
}

void control_lists_register(Control *control, ControlList which, AllowList *list)
{
    gboolean allow = which == CONTROL_LIST_ALLOW;

    control_register(control, allow ? "allow-list" : "deny-list",
                     allow ? on_allow_list : on_deny_list, list);
    control_register(control, allow ? "allow-add" : "deny-add", on_add, list);
    control_register(control, allow ? "allow-remove" : "deny-remove", on_remove, list);
}
