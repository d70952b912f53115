/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control.h - the socket that storehookctl talks to.
 *
 * A stream socket, mode 0600, whose peer must be root or the service's own user (SO_PEERCRED). One
 * line of JSON asks, one answers, any number of times:
 *   {"command": "incidents", "arguments": {"since": "..."}}
 *   {"ok": true, ...}  or  {"ok": false, "error": "..."}, with "wrong-usage": true where nobody
 * could do what the arguments say A line has a limit, and so has a connection's idle time and their
 * number. Single-threaded, in the default main context.
 */
#ifndef SCANNER_CONTROL_H
#define SCANNER_CONTROL_H

#include <glib.h>
#include <json-glib/json-glib.h>

#include "scanner/records/allow-list.h"
#include "scanner/records/incidents.h"
#include "scanner/records/quarantine.h"
#include "scanner/records/release.h"

#define CONTROL_REQUEST_MAX 65536 /* --to with 200 addresses fits */
#define CONTROL_CONNECTIONS_MAX 16
#define CONTROL_IDLE_SECONDS 30

#define CONTROL_ERROR control_error_quark()
GQuark control_error_quark(void);
typedef enum {
    CONTROL_ERROR_SOCKET,
    CONTROL_ERROR_REQUEST /* unknown command or bad arguments */
} ControlError;

typedef struct Control Control;
typedef struct ControlRequest ControlRequest;

/* Must end in exactly one control_request_reply() or _fail(), now or later. arguments: never NULL,
 * may be empty; borrowed for the call. */
typedef void (*ControlHandler)(ControlRequest *request, JsonObject *arguments, gpointer user_data);

/* What the commands about records are answered from. All borrowed; must outlive the Control.
 * `release` is copied. */
typedef struct {
    Incidents *incidents;
    Quarantine *quarantine;
    AllowList *allow;
    ReleaseSettings release;
} ControlRecords;

/* TRUE for a stream socket that nobody listens on, as a killed service leaves it behind. */
gboolean control_socket_is_stale(const char *path);
/* Listens on `path`. A stale socket is replaced; one that answers is an error. */
Control *control_new(const char *path, const ControlRecords *records, GError **error);
Control *control_free(Control *control); /* accepts and returns NULL; removes the socket */
/* After a reload. */
void control_set_release_settings(Control *control, const ReleaseSettings *settings);
/* For the answer to status: "unscanned", "incidents", "quarantine" and "allow-list". */
void control_describe_records(const Control *control, JsonObject *reply);

/* Answers a command; those about records are registered from the start. */
void control_register(Control *control, const char *command, ControlHandler handler,
                      gpointer user_data);
/* Registers the commands of a list. */
typedef enum {
    CONTROL_LIST_ALLOW,
    CONTROL_LIST_DENY
} ControlList;
void control_lists_register(Control *control, ControlList which, AllowList *list);

/* Reads the argument "sha256" of a request that has no other. */
gboolean control_take_digest(JsonObject *arguments, guint8 ret[STOREHOOK_DIGEST_SIZE],
                             GError **error);
/* Takes ownership of the reply. */
void control_request_reply(ControlRequest *request, JsonObject *reply);
/* `reply` has members to send along with the error; may be NULL, and is taken over. */
void control_request_fail(ControlRequest *request, const char *error, JsonObject *reply);
/* The same of an error, which is wrong usage when it is CONTROL_ERROR_REQUEST. */
void control_request_refuse(ControlRequest *request, const GError *error);

#endif /* SCANNER_CONTROL_H */
