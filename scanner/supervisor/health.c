/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * health.c - sends the EICAR test file, waits for the verdict, keeps the result.
 *
 * Nothing here fails: whatever goes wrong is the result of the check. So is a queue that stays full
 * until the deadline: mail passes unscanned then, too.
 */
#include "scanner/supervisor/health.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "libstorehook/protocol.h"
#include "scanner/common/json-text.h"
#include "scanner/common/verdict.h"
#include "scanner/scan/engine-about.h"

enum {
    RETRY_MILLISECONDS = 20 /* while the queue is full */
};

struct Health {
    char *path;
    HealthChecked checked;
    gpointer user_data;
    int reply; /* -1: no check is running */
    guint watch, timer, retry;
    guint deadline;
    gint64 begin; /* monotonic */
    guint64 number;

    guint64 checks, failures;
    gint64 time; /* of the last result, in seconds since 1970 */
    gint64 spent;
    char reason[200]; /* "": the check passed */
};

static void health_send(Health *health);

Health *health_new(const char *socket, HealthChecked checked, gpointer user_data)
{
    Health *health = g_new0(Health, 1);

    health->path = g_strconcat(socket, STOREHOOK_SUFFIX_STORE, NULL);
    health->checked = checked;
    health->user_data = user_data;
    health->reply = -1;
    return health;
}

static void health_stop(Health *health)
{
    g_clear_handle_id(&health->watch, g_source_remove);
    g_clear_handle_id(&health->timer, g_source_remove);
    g_clear_handle_id(&health->retry, g_source_remove);
    if (health->reply >= 0)
        close(health->reply);
    health->reply = -1;
}

Health *health_free(Health *health)
{
    if (!health)
        return NULL;
    health_stop(health);
    g_free(health->path);
    g_free(health);
    return NULL;
}

G_GNUC_PRINTF(2, 3)
static void health_end(Health *health, const char *format, ...)
{
    va_list arguments;

    health_stop(health);
    health->checks++;
    health->time = g_get_real_time() / G_USEC_PER_SEC;
    health->spent = g_get_monotonic_time() - health->begin;
    va_start(arguments, format);
    g_vsnprintf(health->reason, sizeof(health->reason), format, arguments);
    va_end(arguments);
    if (health->reason[0] != '\0')
        health->failures++;
    health->checked(health->user_data);
}

static gboolean on_late(gpointer user_data)
{
    Health *health = user_data;

    health->timer = 0;
    health_end(health, "no answer in %u ms", health->deadline);
    return G_SOURCE_REMOVE;
}

static gboolean on_retry(gpointer user_data)
{
    Health *health = user_data;

    health->retry = 0;
    health_send(health);
    return G_SOURCE_REMOVE;
}

static gboolean on_reply(gint fd, GIOCondition condition, gpointer user_data)
{
    unsigned char buffer[4096] __attribute__((aligned(8)));
    int descriptors[STOREHOOK_DESCRIPTORS_MAX];
    unsigned count = 0;
    StorehookMessage answer;
    Health *health = user_data;
    ssize_t size = storehook_receive(fd, buffer, sizeof(buffer), descriptors, &count, MSG_DONTWAIT);
    guint32 verdict = STOREHOOK_VERDICTS;

    (void)condition;
    if (size > 0 &&
        storehook_read_message(buffer, (size_t)size, descriptors, count, &answer) == 0 &&
        answer.header.kind == STOREHOOK_VERDICT && answer.header.request == health->number)
        verdict = storehook_read_u32(&answer, STOREHOOK_FIELD_VERDICT, STOREHOOK_VERDICTS);
    for (unsigned i = 0; i < count; i++)
        close(descriptors[i]);
    if (verdict == STOREHOOK_VERDICT_INFECTED)
        health_end(health, "%s", "");
    else if (verdict < STOREHOOK_VERDICTS)
        health_end(health, "the EICAR test file came out as %s",
                   verdict_kind_name((StorehookVerdictKind)verdict));
    else
        health_end(health, "the worker died over it");
    return G_SOURCE_CONTINUE; /* the source is gone already */
}

static void health_send(Health *health)
{
    unsigned char buffer[1024] __attribute__((aligned(8)));
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int to = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int pair[2] = {-1, -1}, result;
    StorehookWriter writer;

    g_strlcpy(address.sun_path, health->path, sizeof(address.sun_path));
    if (to >= 0 && connect(to, (struct sockaddr *)&address, sizeof(address)) == 0 &&
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0) {
        storehook_write_start(&writer, buffer, sizeof(buffer), STOREHOOK_SCAN, ++health->number,
                              health->deadline, 0);
        storehook_write_reply_socket(&writer, pair[1]);
        storehook_write_bytes(&writer, STOREHOOK_FIELD_DATA, engine_canary(),
                              strlen(engine_canary()));
        result = storehook_write_send(&writer, to, MSG_DONTWAIT);
    } else {
        result = -errno;
    }
    if (to >= 0)
        close(to);
    if (pair[1] >= 0)
        close(pair[1]);
    if (result == 0) {
        health->reply = pair[0];
        health->watch = g_unix_fd_add(pair[0], G_IO_IN | G_IO_HUP, on_reply, health);
        return;
    }
    if (pair[0] >= 0)
        close(pair[0]);
    if (result == -EAGAIN)
        health->retry = g_timeout_add(RETRY_MILLISECONDS, on_retry, health);
    else
        health_end(health, "it could not be asked: %s", g_strerror(-result));
}

void health_check(Health *health, guint deadline)
{
    if (health->timer != 0)
        return;
    health->begin = g_get_monotonic_time();
    health->deadline = deadline;
    health->timer = g_timeout_add(deadline, on_late, health);
    health_send(health);
}

const char *health_failure(const Health *health)
{
    return health->reason[0] != '\0' ? health->reason : NULL;
}

guint64 health_failures(const Health *health)
{
    return health->failures;
}

JsonObject *health_describe(const Health *health)
{
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "result",
                                  health->checks == 0      ? "not-yet"
                                  : health_failure(health) ? "failed"
                                                           : "passed");
    if (health_failure(health))
        json_object_set_string_member(object, "reason", health->reason);
    if (health->checks > 0) {
        json_text_set_time(object, "time", health->time);
        json_object_set_int_member(object, "us", health->spent);
    }
    json_object_set_int_member(object, "checks", (gint64)health->checks);
    json_object_set_int_member(object, "failures", (gint64)health->failures);
    return object;
}
