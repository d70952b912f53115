/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lmtp-client.c - one LMTP conversation (RFC 2033) as a state machine on the main loop.
 *
 * There is no pipelining: a release is rare, and without it each reply belongs to the last command.
 *
 * Fails with LMTP_ERROR; recipients that got a reply before keep it. When the connection is lost
 * after the final dot, those without a reply count as undelivered and may get a second copy (RFC
 * 2033 §4.2 leaves that to the client).
 *
 * Known limits: no TLS, and no names but localhost. A look-up would block the main loop, and the
 * store is on the same machine.
 */
#include "scanner/records/lmtp-client.h"

#include <errno.h>
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib-unix.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

G_DEFINE_QUARK(storehook_lmtp_error, lmtp_error)

/* RFC 5321 §4.5.3.1.5 says 512; some servers send more. */
#define REPLY_LINE_MAX 4096
#define REPLY_TEXT_MAX 16384

typedef enum {
    STATE_CONNECT,
    STATE_GREETING,
    STATE_LHLO,
    STATE_MAIL,
    STATE_RCPT,
    STATE_DATA,
    STATE_ANSWERS, /* one for each accepted recipient (RFC 2033 §4.2) */
    STATE_QUIT
} State;

typedef struct {
    int fd;
    State state;
    guint watch, timer, timeout_seconds;
    GIOCondition condition; /* of the watch */
    GByteArray *out;
    gsize out_done;
    GString *in;
    GString *reply; /* the lines so far of the current reply */
    char *sender;
    GBytes *message;
    GPtrArray *recipients; /* LmtpRecipient */
    GArray *accepted;      /* indexes into it */
    guint next;            /* in recipients, then in accepted */
    GError *error;
    LmtpDone done;
    gpointer user_data;
} Client;

static void recipient_free(gpointer data)
{
    LmtpRecipient *recipient = data;
    g_free(recipient->address);
    g_free(recipient->reply);
    g_free(recipient);
}

static void client_free(Client *client)
{
    g_clear_handle_id(&client->watch, g_source_remove);
    g_clear_handle_id(&client->timer, g_source_remove);
    if (client->fd >= 0)
        close(client->fd);
    g_byte_array_unref(client->out);
    g_string_free(client->in, TRUE);
    g_string_free(client->reply, TRUE);
    g_free(client->sender);
    g_bytes_unref(client->message);
    g_ptr_array_unref(client->recipients);
    g_array_unref(client->accepted);
    g_clear_error(&client->error);
    g_free(client);
}

/* --- Addresses ------------------------------------------------------------------- */

static GSocketAddress *address_parse(const char *server, GError **error)
{
    const char *colon = strrchr(server, ':');
    char *end = NULL;

    if (g_str_has_prefix(server, "unix:/"))
        return g_unix_socket_address_new(server + strlen("unix:"));
    if (colon != NULL && g_ascii_isdigit(colon[1])) {
        gulong port = strtoul(colon + 1, &end, 10);
        g_autofree char *host = g_strndup(server, (gsize)(colon - server));
        gsize length = strlen(host);

        if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
            host[length - 1] = '\0';
            memmove(host, host + 1, length - 1);
        }
        const char *number = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
        if (*end == '\0' && port > 0 && port <= G_MAXUINT16) {
            GSocketAddress *address = g_inet_socket_address_new_from_string(number, (guint)port);
            if (address != NULL)
                return address;
        }
    }
    g_set_error(error, LMTP_ERROR, LMTP_ERROR_ADDRESS,
                "\"%s\" is neither unix:/path nor IP-address:port", server);
    return NULL;
}

gboolean lmtp_address_is_valid(const char *server, GError **error)
{
    g_autoptr(GSocketAddress) address = address_parse(server, error);
    return address != NULL;
}

/* TRUE if the text cannot break out of the < and > of a command. */
static gboolean mailbox_is_sendable(const char *mailbox)
{
    for (const char *p = mailbox; *p != '\0'; p++) {
        if ((guchar)*p <= ' ' || *p == 0x7f || *p == '<' || *p == '>')
            return FALSE;
    }
    return strlen(mailbox) <= 320; /* RFC 5321 §4.5.3.1: 64 + @ + 255 */
}

/* --- The end --------------------------------------------------------------------- */

static gboolean finish(gpointer data)
{
    Client *client = data;

    /* Who has no reply gets the reason for that. */
    for (guint i = 0; i < client->recipients->len; i++) {
        LmtpRecipient *recipient = client->recipients->pdata[i];
        if (recipient->reply == NULL)
            recipient->reply =
                g_strdup(client->error != NULL ? client->error->message : "no answer came");
    }
    client->done(client->recipients, client->error, client->user_data);
    client_free(client);
    return G_SOURCE_REMOVE;
}

/* Ends the conversation. `done` is called from the main loop; no more events come before. */
static void stop(Client *client)
{
    g_clear_handle_id(&client->watch, g_source_remove);
    g_clear_handle_id(&client->timer, g_source_remove);
    g_idle_add(finish, client);
}

static void fail(Client *client, LmtpError code, const char *what)
{
    if (client->state == STATE_QUIT) {
        stop(client); /* all recipients have their replies, and QUIT changes nothing */
        return;
    }
    client->error = g_error_new_literal(LMTP_ERROR, (gint)code, what);
    stop(client);
}

static gboolean timed_out(gpointer data)
{
    Client *client = data;

    client->timer = 0;
    fail(client, LMTP_ERROR_TIMEOUT, "the LMTP server does not answer in time");
    return G_SOURCE_REMOVE;
}

static void restart_timer(Client *client)
{
    g_clear_handle_id(&client->timer, g_source_remove);
    client->timer = g_timeout_add_seconds(client->timeout_seconds, timed_out, client);
}

/* --- Commands -------------------------------------------------------------------- */

static void say(Client *client, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void say(Client *client, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *line = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_byte_array_append(client->out, (const guint8 *)line, (guint)strlen(line));
}

/* RFC 5321 §4.5.2: a dot at the start of a line is doubled. Only CR LF ends a line. */
static void say_message(Client *client)
{
    gsize size;
    const char *text = g_bytes_get_data(client->message, &size);
    const char *end = text + size, *p = text;
    gboolean at_start = TRUE;

    while (p < end) {
        const char *line_end = memmem(p, (gsize)(end - p), "\r\n", 2);
        const char *stop_at = line_end != NULL ? line_end + 2 : end;

        if (at_start && *p == '.')
            g_byte_array_append(client->out, (const guint8 *)".", 1);
        g_byte_array_append(client->out, (const guint8 *)p, (guint)(stop_at - p));
        at_start = line_end != NULL;
        p = stop_at;
    }
    say(client, at_start ? ".\r\n" : "\r\n.\r\n");
}

static void quit(Client *client)
{
    client->state = STATE_QUIT;
    say(client, "QUIT\r\n");
}

/* Sends the next recipient that can be sent, or goes on to the data. */
static void say_recipient(Client *client)
{
    for (; client->next < client->recipients->len; client->next++) {
        LmtpRecipient *recipient = client->recipients->pdata[client->next];
        if (mailbox_is_sendable(recipient->address) && *recipient->address != '\0') {
            say(client, "RCPT TO:<%s>\r\n", recipient->address);
            return;
        }
        recipient->reply = g_strdup("not an address that can be sent to");
    }
    if (client->accepted->len == 0) {
        quit(client);
        return;
    }
    client->state = STATE_DATA;
    client->next = 0;
    say(client, "DATA\r\n");
}

/* --- Replies --------------------------------------------------------------------- */

static void answer_recipient(LmtpRecipient *recipient, int code, const char *text)
{
    recipient->code = code;
    g_free(recipient->reply);
    recipient->reply = g_strdup(text);
}

/* A refusal of the whole delivery, before any recipient got a reply. */
static void refused(Client *client, const char *to, const char *text)
{
    g_autofree char *what = g_strdup_printf("the LMTP server refuses %s: %s", to, text);
    fail(client, LMTP_ERROR_REFUSED, what);
}

static void take_answer(Client *client, int code, const char *text)
{
    guint index = g_array_index(client->accepted, guint, client->next);
    LmtpRecipient *recipient = client->recipients->pdata[index];

    answer_recipient(recipient, code, text);
    recipient->delivered = code / 100 == 2;
    if (++client->next == client->accepted->len)
        quit(client);
}

static void take_reply(Client *client, int code, const char *text)
{
    switch (client->state) {
    case STATE_GREETING:
        if (code != 220) {
            refused(client, "the connection", text);
            return;
        }
        client->state = STATE_LHLO;
        say(client, "LHLO localhost\r\n");
        break;
    case STATE_LHLO:
        if (code != 250) {
            refused(client, "LHLO", text);
            return;
        }
        client->state = STATE_MAIL;
        say(client, "MAIL FROM:<%s>%s\r\n", client->sender,
            strstr(text, "8BITMIME") != NULL ? " BODY=8BITMIME" : "");
        break;
    case STATE_MAIL:
        if (code / 100 != 2) {
            refused(client, "the sender", text);
            return;
        }
        client->state = STATE_RCPT;
        say_recipient(client);
        break;
    case STATE_RCPT:
        if (code / 100 == 2)
            g_array_append_val(client->accepted, client->next);
        else
            answer_recipient(client->recipients->pdata[client->next], code, text);
        client->next++;
        say_recipient(client);
        break;
    case STATE_DATA:
        if (code != 354) {
            refused(client, "the data", text);
            return;
        }
        client->state = STATE_ANSWERS;
        say_message(client);
        break;
    case STATE_ANSWERS:
        take_answer(client, code, text);
        break;
    case STATE_QUIT:
    case STATE_CONNECT:
        stop(client);
        break;
    }
}

/* Takes one line without its end. FALSE: the conversation is over. */
static gboolean take_line(Client *client, const char *line)
{
    gboolean last;

    if (!g_ascii_isdigit(line[0]) || !g_ascii_isdigit(line[1]) || !g_ascii_isdigit(line[2]) ||
        (line[3] != ' ' && line[3] != '-' && line[3] != '\0') ||
        client->reply->len > REPLY_TEXT_MAX) {
        fail(client, LMTP_ERROR_PROTOCOL, "the LMTP server's answer cannot be understood");
        return FALSE;
    }
    last = line[3] != '-';
    if (client->reply->len > 0)
        g_string_append_c(client->reply, '\n');
    g_string_append(client->reply, line[3] != '\0' ? line + 4 : "");
    if (!last)
        return TRUE;
    g_autofree char *text = g_utf8_make_valid(client->reply->str, -1);
    g_string_truncate(client->reply, 0);
    take_reply(client, atoi(line), text);
    return client->watch != 0;
}

static gboolean take_lines(Client *client)
{
    char *newline;

    while ((newline = strchr(client->in->str, '\n')) != NULL) {
        g_autofree char *line = g_strndup(client->in->str, (gsize)(newline - client->in->str));
        g_string_erase(client->in, 0, newline - client->in->str + 1);
        if (!take_line(client, g_strchomp(line)))
            return FALSE;
    }
    if (client->in->len > REPLY_LINE_MAX) {
        fail(client, LMTP_ERROR_PROTOCOL, "the LMTP server's answer is too long a line");
        return FALSE;
    }
    return TRUE;
}

/* --- The socket ------------------------------------------------------------------ */

static void lost(Client *client, const char *what, int code)
{
    g_autofree char *text = g_strdup_printf("%s: %s", what, g_strerror(code));
    fail(client, LMTP_ERROR_CONNECT, text);
}

/* FALSE: the conversation is over. */
static gboolean read_some(Client *client)
{
    char buffer[4096];
    gssize n = recv(client->fd, buffer, sizeof buffer, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return TRUE;
    if (n < 0) {
        lost(client, "the LMTP connection broke", errno);
        return FALSE;
    }
    if (n == 0) {
        fail(client, LMTP_ERROR_CONNECT, "the LMTP server closed the connection");
        return FALSE;
    }
    restart_timer(client);
    /* A NUL would hide what follows from the line reader. */
    for (gssize i = 0; i < n; i++)
        g_string_append_c(client->in, buffer[i] != '\0' ? buffer[i] : '?');
    return take_lines(client);
}

static gboolean write_some(Client *client)
{
    gssize n = send(client->fd, client->out->data + client->out_done,
                    client->out->len - client->out_done, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return TRUE;
    if (n < 0) {
        lost(client, "the LMTP connection broke", errno);
        return FALSE;
    }
    restart_timer(client);
    client->out_done += (gsize)n;
    if (client->out_done == client->out->len) {
        g_byte_array_set_size(client->out, 0);
        client->out_done = 0;
    }
    return TRUE;
}

static gboolean on_ready(gint fd, GIOCondition condition, gpointer data);

static void watch(Client *client)
{
    GIOCondition wanted = G_IO_IN;

    if (client->state == STATE_CONNECT || client->out->len > 0)
        wanted |= G_IO_OUT;
    if (client->watch != 0 && wanted == client->condition)
        return;
    g_clear_handle_id(&client->watch, g_source_remove);
    client->condition = wanted;
    client->watch = g_unix_fd_add(client->fd, wanted, on_ready, client);
}

static gboolean on_connected(Client *client)
{
    int code = 0;
    socklen_t size = sizeof code;

    getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &code, &size);
    if (code != 0) {
        lost(client, "nobody answers for LMTP", code);
        return FALSE;
    }
    client->state = STATE_GREETING;
    return TRUE;
}

static gboolean on_ready(gint fd, GIOCondition condition, gpointer data)
{
    Client *client = data;
    gboolean going = TRUE;

    (void)fd;
    if (client->state == STATE_CONNECT)
        going = on_connected(client);
    if (going && (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR)) != 0)
        going = read_some(client);
    if (going && client->out->len > 0)
        going = write_some(client);
    /* If not, stop() has removed this source. */
    if (going)
        watch(client);
    return G_SOURCE_CONTINUE;
}

static gboolean client_connect(Client *client, const char *server, GError **error)
{
    g_autoptr(GSocketAddress) address = address_parse(server, error);
    guint8 native[256];

    if (address == NULL || !g_socket_address_to_native(address, native, sizeof native, error))
        return FALSE;
    int family = (int)g_socket_address_get_family(address);
    client->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (client->fd < 0 || (connect(client->fd, (const struct sockaddr *)native,
                                   (socklen_t)g_socket_address_get_native_size(address)) != 0 &&
                           errno != EINPROGRESS)) {
        g_set_error(error, LMTP_ERROR, LMTP_ERROR_CONNECT, "nobody answers for LMTP at %s: %s",
                    server, g_strerror(errno));
        return FALSE;
    }
    return TRUE;
}

void lmtp_deliver(const LmtpDelivery *delivery, LmtpDone done, gpointer user_data)
{
    Client *client = g_new0(Client, 1);

    client->fd = -1;
    client->timeout_seconds = MAX(delivery->timeout_seconds, 1);
    client->out = g_byte_array_new();
    client->in = g_string_new(NULL);
    client->reply = g_string_new(NULL);
    client->sender = g_strdup(delivery->sender);
    client->message = g_bytes_ref(delivery->message);
    client->recipients = g_ptr_array_new_with_free_func(recipient_free);
    client->accepted = g_array_new(FALSE, FALSE, sizeof(guint));
    client->done = done;
    client->user_data = user_data;
    for (const char *const *address = delivery->recipients; *address != NULL; address++) {
        LmtpRecipient *recipient = g_new0(LmtpRecipient, 1);
        recipient->address = g_strdup(*address);
        g_ptr_array_add(client->recipients, recipient);
    }
    if (!mailbox_is_sendable(client->sender)) {
        fail(client, LMTP_ERROR_REFUSED, "the sender is not an address that can be sent");
    } else if (!client_connect(client, delivery->server, &client->error)) {
        stop(client);
    } else {
        restart_timer(client);
        watch(client);
    }
}
