/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * client.c - the direct call of storehook.h, for programs without a JET store.
 *
 * Has nothing to do with the interposed functions: no handshake, no page, sockets of its own that
 * are opened when they are needed and again when the service was restarted. The first question also
 * asks for the lanes (protocol.h), and one that comes when they were told uses them. Fails by
 * -errno, and then nothing was scanned.
 */
#include "libstorehook/storehook.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libstorehook/blob.h"
#include "libstorehook/clock.h"
#include "libstorehook/connection.h"
#include "libstorehook/exchange.h"
#include "libstorehook/handshake.h"

struct StorehookClient {
    ExchangePool pool;
    _Atomic pid_t owner;
    pthread_mutex_t lock; /* of what follows */
    char *supervisor;     /* whom to ask for the lanes; NULL: they are not for this priority */
    bool has_asked;
    Descriptor told; /* where the answer comes, or none */
};

typedef struct {
    Exchange exchange;
    StorehookWriter writer;
    int descriptors[STOREHOOK_DESCRIPTORS_MAX];
    unsigned descriptor_count;
    _Alignas(8) unsigned char buffer[STOREHOOK_DATAGRAM_MAX];
} Question;

/* NULL for flags that mean nothing. */
static const char *suffix_of(unsigned flags)
{
    switch (flags) {
    case 0:
        return STOREHOOK_SUFFIX_STORE;
    case STOREHOOK_SCAN_ON_ACCESS:
        return STOREHOOK_SUFFIX_ACCESS;
    case STOREHOOK_SCAN_BACKGROUND:
        return STOREHOOK_SUFFIX_BACKGROUND;
    default:
        return NULL;
    }
}

int storehook_client_new(const char *socket, unsigned flags, StorehookClient **ret)
{
    const char *suffix = suffix_of(flags);
    StorehookClient *client;
    int result;

    if (!suffix)
        return -EINVAL;
    client = malloc(sizeof(*client));
    if (!client)
        return -ENOMEM;
    *client = (StorehookClient){.pool = EXCHANGE_POOL_INIT,
                                .owner = getpid(),
                                .lock = PTHREAD_MUTEX_INITIALIZER,
                                .told = DESCRIPTOR_NONE};
    if (!socket)
        socket = connection_socket_path();
    result = exchange_pool_set_path(&client->pool, socket, suffix);
    if (result < 0) {
        free(client);
        return result;
    }
    if (flags == 0) {
        client->supervisor = strdup(socket);
        exchange_pool_make_lanes(&client->pool);
    }
    *ret = client;
    return 0;
}

StorehookClient *storehook_client_free(StorehookClient *client)
{
    if (!client)
        return NULL;
    exchange_pool_empty(&client->pool);
    exchange_pool_free_lanes(&client->pool);
    descriptor_close(&client->told);
    pthread_mutex_destroy(&client->pool.lock);
    pthread_mutex_destroy(&client->lock);
    free(client->supervisor);
    free(client);
    return NULL;
}

/* Under the lock. Does not wait: without the lanes all is as well, only slower. */
static void ask_for_lanes(StorehookClient *client)
{
    _Alignas(8) unsigned char buffer[sizeof(StorehookHeader) + 64];
    StorehookWriter writer;
    Descriptor supervisor = descriptor_take(exchange_connect(client->supervisor)), there;
    int pair[2];

    client->has_asked = true;
    if (supervisor.fd >= 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0) {
        client->told = descriptor_take_high(pair[0]);
        there = descriptor_take(pair[1]);
        storehook_write_start(&writer, buffer, sizeof(buffer), STOREHOOK_ASK_LANES, 0, 0, 0);
        storehook_write_reply_socket(&writer, there.fd);
        if (there.fd < 0 || storehook_write_send(&writer, supervisor.fd, MSG_DONTWAIT) < 0)
            descriptor_close(&client->told);
        descriptor_close(&there);
    }
    descriptor_close(&supervisor);
}

/* Under the lock. */
static void hear_of_lanes(StorehookClient *client)
{
    _Alignas(8) unsigned char buffer[sizeof(StorehookHeader) + 256];
    int descriptors[STOREHOOK_DESCRIPTORS_MAX];
    unsigned count = 0;
    ssize_t size = storehook_receive(client->told.fd, buffer, sizeof(buffer), descriptors, &count,
                                     MSG_DONTWAIT);
    Descriptor lanes = DESCRIPTOR_NONE;
    StorehookMessage message;
    StorehookValue value;

    if (size == -EAGAIN)
        return;
    if (size > 0 &&
        storehook_read_message(buffer, (size_t)size, descriptors, count, &message) == 0 &&
        storehook_read_find(&message, STOREHOOK_FIELD_LANES, &value) &&
        handshake_take_shared(&value, sizeof(StorehookLanes), &lanes) == 0)
        (void)exchange_pool_set_lanes(&client->pool, &lanes);
    descriptor_close(&lanes);
    for (unsigned i = 0; i < count; i++)
        close(descriptors[i]);
    descriptor_close(&client->told);
}

static void find_lanes(StorehookClient *client)
{
    if (!client->supervisor || pthread_mutex_trylock(&client->lock) != 0)
        return;
    if (!client->has_asked)
        ask_for_lanes(client);
    else if (descriptor_is_ours(&client->told))
        hear_of_lanes(client);
    pthread_mutex_unlock(&client->lock);
}

/* Another service is there now, or we are another process. */
static void start_anew(StorehookClient *client)
{
    /* Lanes of before lead nowhere, which is found out when one is tried. */
    if (pthread_mutex_trylock(&client->lock) == 0) {
        descriptor_close(&client->told);
        client->has_asked = false;
        (void)exchange_pool_set_lanes(&client->pool, &DESCRIPTOR_NONE);
        pthread_mutex_unlock(&client->lock);
    }
    exchange_pool_empty(&client->pool);
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

static int read_verdict(const Question *question, size_t size, StorehookScan *ret)
{
    StorehookMessage message;
    uint32_t verdict, action;

    if (storehook_read_message(question->buffer, size, question->descriptors,
                               question->descriptor_count, &message) < 0 ||
        message.header.kind != STOREHOOK_VERDICT ||
        message.header.request != question->exchange.request)
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

/* data or memfd */
typedef struct {
    const void *data;
    int memfd;
    size_t size;
    const char *name;
} Content;

static void write_request(Question *question, const Content *content, unsigned timeout_ms)
{
    StorehookWriter *writer = &question->writer;

    storehook_write_start(writer, question->buffer, sizeof(question->buffer), STOREHOOK_SCAN,
                          question->exchange.request, timeout_ms, 0);
    storehook_write_reply_socket(writer, question->exchange.line.far.fd);
    if (content->name)
        storehook_write_bytes(writer, STOREHOOK_FIELD_NAME, content->name,
                              strnlen(content->name, STOREHOOK_TEXT_MAX));
    if (content->data)
        storehook_write_tail(writer, STOREHOOK_FIELD_DATA, content->data, content->size);
    else
        storehook_write_descriptor(writer, STOREHOOK_FIELD_DATA, content->memfd, content->size);
}

static int receive_verdict(Question *question, int64_t now_us, int64_t until_us, StorehookScan *ret)
{
    ssize_t size =
        exchange_receive(&question->exchange, question->buffer, sizeof(question->buffer),
                         question->descriptors, &question->descriptor_count, now_us, until_us);
    int result;

    if (size < 0)
        return (int)size;
    result = read_verdict(question, (size_t)size, ret);
    for (unsigned i = 0; i < question->descriptor_count; i++)
        close(question->descriptors[i]);
    return result;
}

static int ask_once(StorehookClient *client, Question *question, const Content *content,
                    unsigned timeout_ms, bool *ret_sent, StorehookScan *ret)
{
    int64_t now = clock_now_us(), until = now + (int64_t)timeout_ms * 1000;
    int result = exchange_open(&client->pool, &question->exchange);

    if (result == 0) {
        write_request(question, content, timeout_ms);
        result = exchange_send(&question->exchange, &question->writer, until);
    }
    *ret_sent = result == 0;
    if (result == 0)
        result = receive_verdict(question, now, until, ret);
    exchange_close(&question->exchange, result == 0);
    return result;
}

static int ask(StorehookClient *client, Question *question, const Content *content,
               unsigned timeout_ms, StorehookScan *ret)
{
    pid_t self = getpid();
    bool sent;
    int result;

    /* Of two processes that share a socket, one would take the other's answers. */
    if (atomic_exchange(&client->owner, self) != self)
        start_anew(client);
    find_lanes(client);
    result = ask_once(client, question, content, timeout_ms, &sent, ret);
    if (sent)
        return result;
    if (exchange_is_gone(result)) {
        /* The service may have been restarted since the last scan. */
        start_anew(client);
        result = ask_once(client, question, content, timeout_ms, &sent, ret);
    }
    return !sent && (result == -EAGAIN || result == -ETOOMANYREFS || exchange_is_gone(result))
               ? -ECONNREFUSED
               : result;
}

static int scan(StorehookClient *client, const Content *content, unsigned timeout_ms,
                StorehookScan *ret)
{
    Question *question = malloc(sizeof(*question));
    StorehookScan scan_result = {0};
    int result;

    if (!question)
        return -ENOMEM;
    question->exchange = EXCHANGE_NONE;
    result = ask(client, question, content, timeout_ms, &scan_result);
    free(question);
    if (result == 0)
        *ret = scan_result;
    return result;
}

static int scan_by_memfd(StorehookClient *client, const Content *content, unsigned timeout_ms,
                         StorehookScan *ret)
{
    Content moved = {.size = content->size, .name = content->name};
    Blob blob = BLOB_NONE;
    int result = blob_set(&blob, content->data, content->size);

    if (result < 0)
        return result;
    moved.memfd = blob.memfd.fd;
    result = scan(client, &moved, timeout_ms, ret);
    blob_clear(&blob);
    return result;
}

int storehook_scan(StorehookClient *client, const void *data, size_t size, const char *name,
                   unsigned timeout_ms, StorehookScan *ret)
{
    Content content = {.data = size > 0 ? data : "", .memfd = -1, .size = size, .name = name};
    int result;

    if (size >= BLOB_MAX)
        return -EFBIG;
    if (size > STOREHOOK_TAIL_MAX)
        return scan_by_memfd(client, &content, timeout_ms, ret);
    result = scan(client, &content, timeout_ms, ret);
    /* The kernel has no room for so long a datagram: of its settings, or in one piece now. */
    if (size > STOREHOOK_INLINE_MAX && (result == -EMSGSIZE || result == -ENOBUFS))
        result = scan_by_memfd(client, &content, timeout_ms, ret);
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
