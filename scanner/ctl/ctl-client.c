/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl-client.c - the asking end of the control socket. One deadline stands for the whole exchange,
 * however the answer trickles.
 *
 * Fails with CTL_ERROR; NOT_RUNNING is told apart, since "nobody there" is an answer to status.
 */
#include "scanner/ctl/ctl-client.h"

#include "libstorehook/protocol.h"
#include "scanner/common/config.h"
#include "scanner/common/json-text.h"
#include "scanner/common/key-line.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

G_DEFINE_QUARK(storehook_ctl_error, ctl_error)

/* The largest answer: 10 000 incidents with 1000 folders each would be more; nobody wants that. */
#define ANSWER_MAX (256u * 1024 * 1024)

/* What storehookd refuses as [service] socket=, in its words; NULL: nothing. */
static char *socket_fault(const char *file, const char *text, const char *base)
{
    const gsize most = sizeof(((struct sockaddr_un *)NULL)->sun_path);
    g_autofree char *relative = g_strdup_printf("\"%s\" is not an absolute path", base);
    const char *why = base[0] != '/' ? relative
                      : strlen(base) + strlen(STOREHOOK_SUFFIX_BACKGROUND) >= most
                          ? "the path is too long for a socket"
                          : NULL;

    return why == NULL ? NULL
                       : g_strdup_printf("%s:%u: [service] socket: %s", file,
                                         key_line_find(text, "service", "socket"), why);
}

char *ctl_socket_path(const char *config, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *text = NULL, *fault = NULL, *base = NULL;
    g_autoptr(GError) reason = NULL;
    const char *path = config != NULL ? config : CONFIG_DEFAULT_FILE;

    if (g_file_get_contents(path, &text, NULL, &reason)) {
        fault = key_line_fault(path, text);
        if (fault == NULL &&
            !g_key_file_load_from_data(file, text, (gsize)-1, G_KEY_FILE_NONE, &reason))
            fault = g_strdup_printf("%s: %s", path, reason->message);
    } else if (config != NULL || !g_error_matches(reason, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
        fault = g_strdup(reason->message);
    }
    base = g_key_file_get_string(file, "service", "socket", NULL);
    if (fault == NULL && base != NULL)
        fault = socket_fault(path, text, g_strstrip(base));
    if (fault != NULL) {
        g_set_error_literal(error, CTL_ERROR, CTL_ERROR_CONFIG, fault);
        return NULL;
    }
    return g_strconcat(base != NULL ? base : STOREHOOK_DEFAULT_SOCKET, STOREHOOK_SUFFIX_CONTROL,
                       NULL);
}

static int connect_to(const char *path, guint timeout_seconds, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval timeout = {.tv_sec = (time_t)timeout_seconds};
    int fd;

    g_assert(strlen(path) < sizeof address.sun_path); /* or ctl_socket_path() had refused it */
    strcpy(address.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout); /* of connect() */
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int code = errno == EACCES || errno == EPERM          ? CTL_ERROR_PERMISSION
               : errno == ENOENT || errno == ECONNREFUSED ? CTL_ERROR_NOT_RUNNING
                                                          : CTL_ERROR_ANSWER;
    g_set_error(error, CTL_ERROR, code, "%s: %s", path, g_strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static char *request_text(const char *command, JsonObject *arguments)
{
    g_autoptr(JsonObject) request = json_object_new();

    json_object_set_string_member(request, "command", command);
    if (arguments != NULL)
        json_object_set_object_member(request, "arguments", arguments);
    g_autofree char *text = json_text_of(request);
    return g_strconcat(text, "\n", NULL);
}

/* FALSE with errno, which is EAGAIN when the time is up. */
static gboolean wait_for(int fd, short events, gint64 until)
{
    struct pollfd waiting = {.fd = fd, .events = events};

    for (;;) {
        gint64 left = until - g_get_monotonic_time();
        int ready = left > 0 ? poll(&waiting, 1, (int)(left / 1000 + 1)) : 0;

        if (ready > 0)
            return TRUE;
        if (ready == 0)
            errno = EAGAIN;
        if (errno != EINTR)
            return FALSE;
    }
}

/* It may be refused before all of it is read: the answer says why. */
static void send_request(int fd, const char *request, gint64 until)
{
    for (gsize sent = 0, size = strlen(request); sent < size && wait_for(fd, POLLOUT, until);) {
        gssize n = send(fd, request + sent, size - sent, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n <= 0)
            break;
        sent += (gsize)n;
    }
}

/* One line; NULL with error. */
static GString *read_line(int fd, gint64 until, GError **error)
{
    g_autoptr(GString) answer = g_string_new(NULL);
    char buffer[65536];

    while (answer->len < ANSWER_MAX) {
        gssize n = wait_for(fd, POLLIN, until) ? recv(fd, buffer, sizeof buffer, MSG_DONTWAIT) : -1;
        if (n <= 0) {
            g_set_error(error, CTL_ERROR, CTL_ERROR_ANSWER, "no answer from storehookd: %s",
                        n == 0            ? "it closed the connection"
                        : errno == EAGAIN ? "it does not answer in time"
                                          : g_strerror(errno));
            return NULL;
        }
        g_string_append_len(answer, buffer, n);
        if (buffer[n - 1] == '\n')
            return g_steal_pointer(&answer);
    }
    g_set_error(error, CTL_ERROR, CTL_ERROR_ANSWER, "the answer is too long");
    return NULL;
}

JsonObject *ctl_ask(const char *socket_path, const char *command, JsonObject *arguments,
                    guint timeout_seconds, GError **error)
{
    g_autofree char *request = request_text(command, arguments);
    gint64 until = g_get_monotonic_time() + (gint64)timeout_seconds * G_USEC_PER_SEC;
    int fd = connect_to(socket_path, timeout_seconds, error);

    if (fd < 0)
        return NULL;
    send_request(fd, request, until);
    g_autoptr(GString) answer = read_line(fd, until, error);
    close(fd);
    if (answer == NULL)
        return NULL;
    g_autoptr(JsonNode) node = json_from_string(answer->str, NULL);
    if (node == NULL || !JSON_NODE_HOLDS_OBJECT(node) ||
        !json_object_has_member(json_node_get_object(node), "ok")) {
        g_set_error(error, CTL_ERROR, CTL_ERROR_ANSWER, "storehookd's answer is not understood");
        return NULL;
    }
    return json_node_dup_object(node);
}
