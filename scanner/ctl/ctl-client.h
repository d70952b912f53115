/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl-client.h - asks a running storehookd over its control socket.
 */
#ifndef SCANNER_CTL_CLIENT_H
#define SCANNER_CTL_CLIENT_H

#include <glib.h>
#include <json-glib/json-glib.h>

#define CTL_ERROR ctl_error_quark()
GQuark ctl_error_quark(void);
typedef enum {
    CTL_ERROR_NOT_RUNNING, /* no socket, or nobody behind it */
    CTL_ERROR_PERMISSION,
    CTL_ERROR_CONFIG,
    CTL_ERROR_ANSWER /* none in time, or not understood */
} CtlError;

/* The path of the control socket, from [service] socket= of the file; NULL: CONFIG_DEFAULT_FILE,
 * which may be absent. */
char *ctl_socket_path(const char *config, GError **error);

/* One question, one answer ({"ok": ...}), waiting at most timeout_seconds. Takes arguments (may be
 * NULL). */
JsonObject *ctl_ask(const char *socket_path, const char *command, JsonObject *arguments,
                    guint timeout_seconds, GError **error);

#endif /* SCANNER_CTL_CLIENT_H */
