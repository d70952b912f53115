/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * supervisor-control.c - what storehookctl asks of the supervisor itself.
 *
 * Each handler answers at once, but for reload, which answers when nobody judges by the old
 * settings any more. Commands about records are in control-records.c.
 */
#include "scanner/common/log.h"
#include "scanner/supervisor/supervisor-private.h"

static void status_sources(StatusSources *ret, gpointer user_data)
{
    Supervisor *supervisor = user_data;

    supervisor_report_unscanned(supervisor);
    *ret = (StatusSources){.config = supervisor->config,
                           .board = supervisor->board,
                           .clients = supervisor->clients,
                           .page = supervisor->page,
                           .loader = supervisor->serving,
                           .last_failure = supervisor->last_failure,
                           .health = supervisor->health,
                           .condemned = supervisor->condemned,
                           .rates = &supervisor->rates,
                           .quarantine = supervisor->records.quarantine,
                           .queues = {supervisor->shared.store, supervisor->shared.access,
                                      supervisor->shared.background},
                           .lanes = &supervisor->shared.lanes,
                           .started = supervisor->started};
}

static gboolean on_status(JsonObject *reply, gpointer user_data, GError **error)
{
    StatusSources sources;

    (void)error;
    status_sources(&sources, user_data);
    status_describe(&sources, reply);
    json_object_set_int_member(reply, "deny-list",
                               allow_list_count(((const Supervisor *)user_data)->deny));
    return TRUE;
}

static void set_enabled(Supervisor *supervisor, gboolean enabled)
{
    if (shared_page_is_enabled(supervisor->page) != enabled)
        log_line(supervisor->log, "protection %s", enabled ? "started" : "stopped");
    shared_page_set_enabled(supervisor->page, enabled);
}

static gboolean on_stop(JsonObject *reply, gpointer user_data, GError **error)
{
    (void)reply;
    (void)error;
    set_enabled(user_data, FALSE);
    return TRUE;
}

static gboolean on_start(JsonObject *reply, gpointer user_data, GError **error)
{
    (void)reply;
    (void)error;
    set_enabled(user_data, TRUE);
    return TRUE;
}

static void on_reload(ControlRequest *request, JsonObject *arguments, gpointer user_data)
{
    Supervisor *supervisor = user_data;
    g_autoptr(GError) error = NULL;

    (void)arguments;
    g_ptr_array_add(supervisor->reloads, request);
    if (supervisor_reload(supervisor, &error))
        return;
    g_ptr_array_remove(supervisor->reloads, request);
    control_request_refuse(request, error);
}

static void on_condemned_list(ControlRequest *request, JsonObject *arguments, gpointer user_data)
{
    const Supervisor *supervisor = user_data;
    JsonObject *reply = json_object_new();

    (void)arguments;
    json_object_set_array_member(reply, "condemned", condemned_describe(supervisor->condemned));
    control_request_reply(request, reply);
}

static void on_condemned_release(ControlRequest *request, JsonObject *arguments, gpointer user_data)
{
    const Supervisor *supervisor = user_data;
    guint8 digest[STOREHOOK_DIGEST_SIZE];
    g_autoptr(GError) error = NULL;

    if (!control_take_digest(arguments, digest, &error))
        control_request_refuse(request, error);
    else if (!condemned_release(supervisor->condemned, digest))
        control_request_fail(request, "no such content is condemned", NULL);
    else
        control_request_reply(request, json_object_new());
}

/* What hooked processes remember of clean links may have been overruled. */
static void on_lists_changed(gpointer user_data)
{
    shared_page_next_epoch(((Supervisor *)user_data)->page);
}

gboolean supervisor_listen_control(Supervisor *supervisor, GError **error)
{
    g_autofree char *path = g_strconcat(supervisor->config->socket, STOREHOOK_SUFFIX_CONTROL, NULL);
    const ControlHandlers handlers = {
        .status = on_status, .stop = on_stop, .start = on_start, .user_data = supervisor};
    const ControlRecords records = {.incidents = supervisor->records.incidents,
                                    .quarantine = supervisor->records.quarantine,
                                    .allow = supervisor->allow,
                                    .release = supervisor_release_settings(supervisor->config)};

    supervisor->control = control_new(path, &handlers, &records, error);
    if (!supervisor->control)
        return FALSE;
    allow_list_on_change(supervisor->allow, on_lists_changed, supervisor);
    allow_list_on_change(supervisor->deny, on_lists_changed, supervisor);
    control_lists_register(supervisor->control, CONTROL_LIST_DENY, supervisor->deny);
    control_register(supervisor->control, "reload", on_reload, supervisor);
    control_register(supervisor->control, "condemned-list", on_condemned_list, supervisor);
    control_register(supervisor->control, "condemned-release", on_condemned_release, supervisor);
    if (supervisor->config->metrics_listen[0] == '\0')
        return TRUE;
    supervisor->metrics =
        metrics_new(supervisor->config->metrics_listen, status_sources, supervisor, error);
    return supervisor->metrics != NULL;
}
