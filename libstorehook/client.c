/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * client.c - the direct call of storehook.h, for programs without a JET store.
 *
 * Has nothing to do with the interposed functions: no handshake, no page, a socket of its own that
 * is opened at the first scan and again when the service was restarted. Fails by -errno, and then
 * nothing was scanned.
 */
#include "libstorehook/storehook.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "libstorehook/blob.h"
#include "libstorehook/clock.h"
#include "libstorehook/connection.h"
#include "libstorehook/protocol.h"

struct StorehookClient {
    pthread_mutex_t lock;
    Descriptor socket;
    const char *suffix;
    uint64_t last_request;
    char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
};

typedef struct {
    StorehookWriter writer;
    int descriptors[STOREHOOK_DESCRIPTORS_MAX];
    unsigned descriptor_count;
    _Alignas(8) unsigned char buffer[STOREHOOK_DATAGRAM_MAX];
} Exchange;

int storehook_client_new(const char *socket, unsigned flags, StorehookClient **ret)
{
    const char *path = socket ? socket : connection_socket_path();
    StorehookClient *client;

    if (flags & ~(unsigned)STOREHOOK_SCAN_BACKGROUND)
        return -EINVAL;
    if (path[0] == '\0' ||
        strlen(path) + sizeof(STOREHOOK_SUFFIX_BACKGROUND) > sizeof(client->path))
        return -ENAMETOOLONG;
    client = calloc(1, sizeof(*client));
    if (!client)
        return -ENOMEM;
    pthread_mutex_init(&client->lock, NULL);
    client->socket = DESCRIPTOR_NONE;
    client->suffix =
        flags & STOREHOOK_SCAN_BACKGROUND ? STOREHOOK_SUFFIX_BACKGROUND : STOREHOOK_SUFFIX_STORE;
    strcpy(client->path, path);
    *ret = client;
    return 0;
}

StorehookClient *storehook_client_free(StorehookClient *client)
{
    if (!client)
        return NULL;
    descriptor_close(&client->socket);
    pthread_mutex_destroy(&client->lock);
    free(client);
    return NULL;
}

/* Under the lock: opens the socket when there is none of ours. */
static int send_once(StorehookClient *client, StorehookWriter *writer)
{
    if (!descriptor_is_ours(&client->socket)) {
        int fd = connection_open(client->path, client->suffix);

        if (fd < 0)
            return fd;
        client->socket = descriptor_take_high(fd);
        if (client->socket.fd < 0)
            return -EMFILE;
    }
    return storehook_write_send(writer, client->socket.fd, MSG_DONTWAIT);
}

static bool is_gone(int error)
{
    return error == -ECONNREFUSED || error == -ENOENT || error == -ENOTCONN ||
           error == -ECONNRESET || error == -EPIPE;
}

static int send_request(StorehookClient *client, StorehookWriter *writer, int64_t until_us)
{
    bool reopened = false;

    for (;;) {
        int result, fd;

        pthread_mutex_lock(&client->lock);
        result = send_once(client, writer);
        fd = client->socket.fd;
        if (is_gone(result))
            descriptor_close(&client->socket);
        pthread_mutex_unlock(&client->lock);
        if (result == 0)
            return 0;
        if (is_gone(result)) {
            /* The service may have been restarted since the last scan. */
            if (reopened)
                return -ECONNREFUSED;
            reopened = true;
            continue;
        }
        if (result != -EAGAIN)
            return result == -ETOOMANYREFS ? -ECONNREFUSED : result;
        result = connection_wait(fd, POLLOUT, until_us);
        if (result <= 0)
            return result == 0 ? -ECONNREFUSED : result;
    }
}

static void copy_text(const StorehookMessage *message, StorehookField tag, char *ret, size_t size)
{
    StorehookValue value;
    size_t length = 0;

    if (storehook_read_find(message, tag, &value) && value.data) {
        length = value.size < size ? value.size : size - 1;
        memcpy(ret, value.data, length);
    }
    ret[length] = '\0';
}

static int read_verdict(Exchange *exchange, size_t size, uint64_t request, StorehookScan *ret)
{
    StorehookMessage message;
    uint32_t verdict, action;

    if (storehook_read_message(exchange->buffer, size, exchange->descriptors,
                               exchange->descriptor_count, &message) < 0 ||
        message.header.kind != STOREHOOK_VERDICT || message.header.request != request)
        return -EPROTO;
    verdict = storehook_read_u32(&message, STOREHOOK_FIELD_VERDICT, STOREHOOK_VERDICTS);
    action = storehook_read_u32(&message, STOREHOOK_FIELD_ACTION, STOREHOOK_ACTIONS);
    if (verdict >= STOREHOOK_VERDICTS || action >= STOREHOOK_ACTIONS)
        return -EPROTO;
    ret->verdict = (StorehookVerdictKind)verdict;
    ret->action = (StorehookAction)action;
    copy_text(&message, STOREHOOK_FIELD_VERDICT_NAME, ret->name, sizeof(ret->name));
    copy_text(&message, STOREHOOK_FIELD_TYPE, ret->type, sizeof(ret->type));
    return 0;
}

static int receive_verdict(Exchange *exchange, int reply, uint64_t request, int64_t until_us,
                           StorehookScan *ret)
{
    int result = connection_wait(reply, POLLIN, until_us);
    ssize_t size;

    if (result <= 0)
        return result == 0 ? -ETIMEDOUT : result;
    size = storehook_receive(reply, exchange->buffer, sizeof(exchange->buffer),
                             exchange->descriptors, &exchange->descriptor_count, MSG_DONTWAIT);
    if (size <= 0)
        return size == 0 ? -ECONNRESET : (int)size;
    result = read_verdict(exchange, (size_t)size, request, ret);
    for (unsigned i = 0; i < exchange->descriptor_count; i++)
        close(exchange->descriptors[i]);
    return result;
}

/* data or memfd */
typedef struct {
    const void *data;
    int memfd;
    size_t size;
    const char *name;
} Content;

static int ask(StorehookClient *client, Exchange *exchange, const Content *content,
               unsigned timeout_ms, StorehookScan *ret)
{
    int64_t until = clock_now_us() + (int64_t)timeout_ms * 1000;
    StorehookWriter *writer = &exchange->writer;
    uint64_t request;
    int pair[2], result;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    pthread_mutex_lock(&client->lock);
    request = ++client->last_request;
    pthread_mutex_unlock(&client->lock);
    storehook_write_start(writer, exchange->buffer, sizeof(exchange->buffer), STOREHOOK_SCAN,
                          request, timeout_ms, 0);
    storehook_write_reply_socket(writer, pair[1]);
    if (content->name)
        storehook_write_bytes(writer, STOREHOOK_FIELD_NAME, content->name,
                              strnlen(content->name, STOREHOOK_TEXT_MAX));
    if (content->data)
        storehook_write_bytes(writer, STOREHOOK_FIELD_DATA, content->data, content->size);
    else
        storehook_write_descriptor(writer, STOREHOOK_FIELD_DATA, content->memfd, content->size);
    result = send_request(client, writer, until);
    close(pair[1]);
    if (result == 0)
        result = receive_verdict(exchange, pair[0], request, until, ret);
    close(pair[0]);
    return result;
}

static int scan(StorehookClient *client, const Content *content, unsigned timeout_ms,
                StorehookScan *ret)
{
    Exchange *exchange = malloc(sizeof(*exchange));
    StorehookScan scan_result = {0};
    int result;

    if (!exchange)
        return -ENOMEM;
    exchange->descriptor_count = 0;
    result = ask(client, exchange, content, timeout_ms, &scan_result);
    free(exchange);
    if (result == 0)
        *ret = scan_result;
    return result;
}

int storehook_scan(StorehookClient *client, const void *data, size_t size, const char *name,
                   unsigned timeout_ms, StorehookScan *ret)
{
    Content content = {.data = size > 0 ? data : "", .memfd = -1, .size = size, .name = name};
    Blob blob = BLOB_NONE;
    int result;

    if (size >= BLOB_MAX)
        return -EFBIG;
    if (size > STOREHOOK_INLINE_MAX) {
        result = blob_set(&blob, data, size);
        if (result < 0)
            return result;
        content.data = NULL;
        content.memfd = blob.memfd.fd;
    }
    result = scan(client, &content, timeout_ms, ret);
    blob_clear(&blob);
    return result;
}

/* Reads a file into a mapping of our own. */
static int copy_file(int fd, unsigned char *map, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = pread(fd, map + done, size - done, (off_t)done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        done += (size_t)n;
    }
    return 0;
}

int storehook_scan_descriptor(StorehookClient *client, int fd, const char *name,
                              unsigned timeout_ms, StorehookScan *ret)
{
    Content content = {.memfd = fd, .name = name};
    Descriptor memfd = DESCRIPTOR_NONE;
    struct stat status;
    void *map;
    int result;

    if (fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return -EINVAL;
    if (status.st_size >= BLOB_MAX)
        return -EFBIG;
    content.size = (size_t)status.st_size;
    if (content.size == 0)
        return storehook_scan(client, "", 0, name, timeout_ms, ret);
    if (storehook_memfd_check(fd, content.size) == 0)
        return scan(client, &content, timeout_ms, ret);
    map = blob_map_new(content.size, &memfd);
    if (!map)
        return -ENOMEM;
    result = copy_file(fd, map, content.size);
    if (blob_map_seal(map, content.size, &memfd) < 0)
        return -ENOMEM;
    content.memfd = memfd.fd;
    if (result == 0)
        result = scan(client, &content, timeout_ms, ret);
    descriptor_close(&memfd);
    return result;
}
