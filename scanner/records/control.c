/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control.c - the control socket: connections, lines, dispatch.
 *
 * Fails with CONTROL_ERROR_SOCKET when the socket cannot be opened. A peer that is not allowed,
 * sends no request or too long a line gets an error, and its connection is closed. An idle
 * connection is closed without a word.
 *
 * Known limit: one request of a connection at a time; further lines wait unread in the socket.
 */
#include "scanner/records/control.h"

#include "scanner/common/json-text.h"
#include "scanner/common/listen.h"
#include "scanner/records/acceptor.h"
#include "scanner/records/control-private.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

G_DEFINE_QUARK(storehook_control_error, control_error)

typedef struct {
    ControlHandler handler;
    gpointer user_data;
} Command;

struct Control {
    char *path;
    ListenPlace place;
    Acceptor *acceptor;
    GHashTable *commands;   /* name -> Command */
    GPtrArray *connections; /* Connection, owned */
    ControlRecords records;
    char *release_lmtp; /* records.release.lmtp */
};

typedef struct {
    Control *control;
    int fd;
    guint watch, timer;
    GString *in;
    GByteArray *out;
    gsize out_done;
    ControlRequest *request; /* being answered, or NULL */
    gboolean closing;        /* once `out` is sent */
} Connection;

struct ControlRequest {
    Connection *connection; /* NULL: it was closed */
};

static void connection_watch(Connection *connection);

/* --- Connections ----------------------------------------------------------------- */

static void connection_free(gpointer data)
{
    Connection *connection = data;

    g_clear_handle_id(&connection->watch, g_source_remove);
    g_clear_handle_id(&connection->timer, g_source_remove);
    if (connection->request != NULL)
        connection->request->connection = NULL;
    close(connection->fd);
    g_string_free(connection->in, TRUE);
    g_byte_array_unref(connection->out);
    g_free(connection);
}

static void connection_close(Connection *connection)
{
    g_ptr_array_remove_fast(connection->control->connections, connection);
}

static gboolean on_idle_too_long(gpointer data)
{
    Connection *connection = data;

    /* A release may take long. */
    if (connection->request != NULL)
        return G_SOURCE_CONTINUE;
    connection->timer = 0;
    connection_close(connection);
    return G_SOURCE_REMOVE;
}

static void connection_touch(Connection *connection)
{
    g_clear_handle_id(&connection->timer, g_source_remove);
    connection->timer = g_timeout_add_seconds(CONTROL_IDLE_SECONDS, on_idle_too_long, connection);
}

static void connection_say(Connection *connection, JsonObject *reply)
{
    g_autofree char *text = json_text_of(reply);

    g_byte_array_append(connection->out, (const guint8 *)text, (guint)strlen(text));
    g_byte_array_append(connection->out, (const guint8 *)"\n", 1);
}

static void connection_refuse(Connection *connection, const char *why)
{
    g_autoptr(JsonObject) reply = json_object_new();

    json_object_set_boolean_member(reply, "ok", FALSE);
    json_object_set_string_member(reply, "error", why);
    connection_say(connection, reply);
    connection->closing = TRUE;
}

/* --- Requests -------------------------------------------------------------------- */

static void request_finish(ControlRequest *request, JsonObject *reply)
{
    Connection *connection = request->connection;

    if (connection != NULL) {
        connection_say(connection, reply);
        connection->request = NULL;
        connection_touch(connection);
        connection_watch(connection);
    }
    json_object_unref(reply);
    g_free(request);
}

void control_request_reply(ControlRequest *request, JsonObject *reply)
{
    json_object_set_boolean_member(reply, "ok", TRUE);
    request_finish(request, reply);
}

void control_request_fail(ControlRequest *request, const char *error, JsonObject *reply)
{
    if (reply == NULL)
        reply = json_object_new();
    json_object_set_boolean_member(reply, "ok", FALSE);
    json_object_set_string_member(reply, "error", error);
    request_finish(request, reply);
}

void control_request_refuse(ControlRequest *request, const GError *error)
{
    JsonObject *reply = json_object_new();

    if (g_error_matches(error, CONTROL_ERROR, CONTROL_ERROR_REQUEST))
        json_object_set_boolean_member(reply, "wrong-usage", TRUE);
    control_request_fail(request, error->message, reply);
}

void control_register(Control *control, const char *command, ControlHandler handler,
                      gpointer user_data)
{
    Command *entry = g_new0(Command, 1);

    entry->handler = handler;
    entry->user_data = user_data;
    g_hash_table_insert(control->commands, g_strdup(command), entry);
}

/* json-glib recurses as deep as its input is nested. */
static gboolean is_shallow(const char *line)
{
    int depth = 0;
    gboolean quoted = FALSE;

    for (const char *p = line; *p != '\0'; p++) {
        if (*p == '"')
            quoted = !quoted;
        else if (quoted && *p == '\\' && p[1] != '\0')
            p++;
        else if (!quoted && (*p == '[' || *p == '{'))
            depth++;
        else if (!quoted && (*p == ']' || *p == '}'))
            depth--;
        if (depth > 8)
            return FALSE;
    }
    return TRUE;
}

static void take_line(Connection *connection, const char *line)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonNode *root = NULL, *command = NULL, *arguments = NULL;

    if (is_shallow(line) && json_parser_load_from_data(parser, line, -1, NULL))
        root = json_parser_get_root(parser);
    if (root != NULL && JSON_NODE_HOLDS_OBJECT(root)) {
        command = json_object_get_member(json_node_get_object(root), "command");
        arguments = json_object_get_member(json_node_get_object(root), "arguments");
    }
    if (command == NULL || !JSON_NODE_HOLDS_VALUE(command) ||
        json_node_get_value_type(command) != G_TYPE_STRING ||
        (arguments != NULL && !JSON_NODE_HOLDS_OBJECT(arguments))) {
        connection_refuse(connection, "a request is {\"command\": \"...\", \"arguments\": {...}}");
        return;
    }
    const char *name = json_node_get_string(command);
    const Command *entry = g_hash_table_lookup(connection->control->commands, name);
    g_autoptr(JsonObject) none = json_object_new();
    ControlRequest *request = g_new0(ControlRequest, 1);
    request->connection = connection;
    connection->request = request;
    if (entry == NULL) {
        g_autofree char *why = g_strdup_printf("unknown command \"%s\"", name);
        control_request_fail(request, why, NULL);
        return;
    }
    entry->handler(request, arguments != NULL ? json_node_get_object(arguments) : none,
                   entry->user_data);
}

static void take_lines(Connection *connection)
{
    while (connection->request == NULL && !connection->closing) {
        char *newline = memchr(connection->in->str, '\n', connection->in->len);
        if (newline == NULL)
            break;
        gsize length = (gsize)(newline - connection->in->str);
        g_autofree char *line = g_strndup(connection->in->str, length);
        g_string_erase(connection->in, 0, (gssize)length + 1);
        take_line(connection, line);
    }
    if (connection->in->len > CONTROL_REQUEST_MAX)
        connection_refuse(connection, "the request is too long");
}

/* --- Sockets --------------------------------------------------------------------- */

/* FALSE: the peer is gone. */
static gboolean read_some(Connection *connection)
{
    char buffer[8192];
    gssize n = recv(connection->fd, buffer, sizeof buffer, MSG_DONTWAIT);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0)
        return FALSE;
    connection_touch(connection);
    g_string_append_len(connection->in, buffer, n);
    take_lines(connection);
    return TRUE;
}

static gboolean write_some(Connection *connection)
{
    gssize n = send(connection->fd, connection->out->data + connection->out_done,
                    connection->out->len - connection->out_done, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    connection_touch(connection);
    connection->out_done += (gsize)n;
    if (connection->out_done < connection->out->len)
        return TRUE;
    g_byte_array_set_size(connection->out, 0);
    connection->out_done = 0;
    if (connection->closing)
        return FALSE;
    take_lines(connection);
    return TRUE;
}

static gboolean on_connection(gint fd, GIOCondition condition, gpointer data)
{
    Connection *connection = data;
    gboolean going = TRUE;

    (void)fd;
    if (condition & G_IO_OUT)
        going = write_some(connection);
    if (going && (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR)))
        going = read_some(connection);
    if (going)
        connection_watch(connection);
    else
        connection_close(connection);
    return G_SOURCE_CONTINUE; /* either way the source of this call is gone */
}

static void connection_watch(Connection *connection)
{
    GIOCondition wanted = G_IO_HUP | G_IO_ERR;

    if (connection->out->len > 0)
        wanted |= G_IO_OUT;
    else if (connection->request == NULL && !connection->closing)
        wanted |= G_IO_IN;
    g_clear_handle_id(&connection->watch, g_source_remove);
    connection->watch = g_unix_fd_add(connection->fd, wanted, on_connection, connection);
}

static gboolean peer_is_allowed(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == 0 || peer.uid == geteuid());
}

static void on_accept(int peer, gpointer data)
{
    Control *control = data;

    const char *no = !peer_is_allowed(peer) ? "not permitted"
                     : control->connections->len >= CONTROL_CONNECTIONS_MAX
                         ? "too many at once, try again"
                         : NULL;

    if (no != NULL) {
        g_autofree char *text = g_strdup_printf("{\"ok\":false,\"error\":\"%s\"}\n", no);
        send(peer, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
        close(peer);
        return;
    }
    Connection *connection = g_new0(Connection, 1);
    connection->control = control;
    connection->fd = peer;
    connection->in = g_string_new(NULL);
    connection->out = g_byte_array_new();
    g_ptr_array_add(control->connections, connection);
    connection_touch(connection);
    connection_watch(connection);
}

gboolean control_socket_is_stale(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat status;

    /* connect(2) fails in the same way on a file that is no socket. */
    if (lstat(path, &status) != 0 || !S_ISSOCK(status.st_mode) ||
        strlen(path) >= sizeof address.sun_path)
        return FALSE;
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    gboolean refused = connect(fd, (const struct sockaddr *)&address, sizeof address) != 0 &&
                       errno == ECONNREFUSED;

    if (fd >= 0)
        close(fd);
    return refused;
}

static int listen_at(const char *path, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd, result;

    if (strlen(path) >= sizeof address.sun_path) {
        g_set_error(error, CONTROL_ERROR, CONTROL_ERROR_SOCKET, "%s: longer than a socket's name",
                    path);
        return -1;
    }
    strcpy(address.sun_path, path);
    if (control_socket_is_stale(path))
        unlink(path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t before = umask(0177);
    result = fd < 0 ? -1 : bind(fd, (const struct sockaddr *)&address, sizeof address);
    umask(before);
    if (result != 0 || listen(fd, CONTROL_CONNECTIONS_MAX) != 0) {
        g_set_error(error, CONTROL_ERROR, CONTROL_ERROR_SOCKET, "%s: %s", path,
                    errno == EADDRINUSE ? "another service answers there, or it is no socket"
                                        : g_strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return fd;
}

/* --- The whole ------------------------------------------------------------------- */

void control_set_release_settings(Control *control, const ReleaseSettings *settings)
{
    g_autofree char *before = control->release_lmtp;

    control->release_lmtp = g_strdup(settings->lmtp);
    control->records.release = *settings;
    control->records.release.lmtp = control->release_lmtp;
}

void control_describe_records(const Control *control, JsonObject *reply)
{
    control_records_describe(&control->records, reply);
}

Control *control_new(const char *path, const ControlRecords *records, GError **error)
{
    int fd = listen_at(path, error);

    if (fd < 0)
        return NULL;
    Control *control = g_new0(Control, 1);
    control->path = g_strdup(path);
    control->place = listen_place(path);
    control->records = *records;
    control_set_release_settings(control, &records->release);
    control->commands = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    control->connections = g_ptr_array_new_with_free_func(connection_free);
    control_records_register(control, &control->records);
    control->acceptor = acceptor_new(fd, on_accept, control);
    return control;
}

Control *control_free(Control *control)
{
    if (control == NULL)
        return NULL;
    acceptor_free(control->acceptor);
    if (!listen_is_displaced(control->path, &control->place))
        unlink(control->path);
    g_ptr_array_unref(control->connections);
    g_hash_table_unref(control->commands);
    g_free(control->release_lmtp);
    g_free(control->path);
    g_free(control);
    return NULL;
}
