/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * supervisor-control.c - the commands of storehookctl about the service itself.
 *
 * All are answered at once but for reload, which is answered when nobody judges by the old settings
 * any more. Commands about records are in records/control-records.c and control-lists.c.
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

static void on_status(ControlRequest *request, JsonObject *arguments, gpointer user_data)
{
    Supervisor *supervisor = user_data;
    JsonObject *reply = json_object_new();
    StatusSources sources;

    (void)arguments;
    status_sources(&sources, supervisor);
    status_describe(&sources, reply);
    json_object_set_int_member(reply, "deny-list", allow_list_count(supervisor->deny));
    control_describe_records(supervisor->control, reply);
    control_request_reply(request, reply);
}

static void set_enabled(Supervisor *supervisor, gboolean enabled)
{
    if (shared_page_is_enabled(supervisor->page) != enabled)
        log_line(supervisor->log, "protection %s", enabled ? "started" : "stopped");
    shared_page_set_enabled(supervisor->page, enabled);
}

static void on_stop(ControlRequest *request, JsonObject *arguments, gpointer user_data)
{
    (void)arguments;
    set_enabled(user_data, FALSE);
    control_request_reply(request, json_object_new());
}

static void on_start(ControlRequest *request, JsonObject *arguments, gpointer user_data)
{
    (void)arguments;
    set_enabled(user_data, TRUE);
    control_request_reply(request, json_object_new());
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

/* The clean links that hooked processes remember may not be clean any more. */
static void on_lists_changed(gpointer user_data)
{
    shared_page_next_epoch(((Supervisor *)user_data)->page);
}

gboolean supervisor_listen_control(Supervisor *supervisor, GError **error)
{
    g_autofree char *path = g_strconcat(supervisor->config->socket, STOREHOOK_SUFFIX_CONTROL, NULL);
    const ControlRecords records = {.incidents = supervisor->records.incidents,
                                    .quarantine = supervisor->records.quarantine,
                                    .allow = supervisor->allow,
                                    .release = supervisor_release_settings(supervisor->config)};

    supervisor->control = control_new(path, &records, error);
    if (!supervisor->control)
        return FALSE;
    allow_list_on_change(supervisor->allow, on_lists_changed, supervisor);
    allow_list_on_change(supervisor->deny, on_lists_changed, supervisor);
    control_lists_register(supervisor->control, CONTROL_LIST_DENY, supervisor->deny);
    control_register(supervisor->control, "status", on_status, supervisor);
    control_register(supervisor->control, "stop", on_stop, supervisor);
    control_register(supervisor->control, "start", on_start, supervisor);
    control_register(supervisor->control, "reload", on_reload, supervisor);
    control_register(supervisor->control, "condemned-list", on_condemned_list, supervisor);
    control_register(supervisor->control, "condemned-release", on_condemned_release, supervisor);
    if (supervisor->config->metrics_listen[0] == '\0')
        return TRUE;
    supervisor->metrics =
        metrics_new(supervisor->config->metrics_listen, status_sources, supervisor, error);
    return supervisor->metrics ||
           scanner_config_blame(supervisor->config, "metrics", "listen", error);
}
