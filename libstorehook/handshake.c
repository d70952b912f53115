/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handshake.c - one HELLO, one WELCOME, believed only when every field is as protocol.h says.
 *
 * Fails by -errno and leaves nothing open. The page is taken only when it is sealed against shrink:
 * reading a file that became shorter would be SIGBUS in the store.
 */
#include "libstorehook/handshake.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libstorehook/exchange.h"
#include "libstorehook/originals.h"
#include "libstorehook/profile.h"

enum {
    HELLO_SIZE = 2048,
    HELLO_REQUEST = 0,        /* judgements count from 1 */
    DEADLINE_DEFAULT = 10000, /* where WELCOME names none */
    DEADLINE_MAX = 600000     /* ten minutes: more is no answer to a mail client */
};

typedef struct {
    int descriptors[STOREHOOK_DESCRIPTORS_MAX];
    unsigned char bytes[STOREHOOK_DATAGRAM_MAX];
} Reply;

static void write_hello(StorehookWriter *writer, unsigned char *buffer, int reply, int executable,
                        const unsigned char *instance)
{
    storehook_write_start(writer, buffer, HELLO_SIZE, STOREHOOK_HELLO, HELLO_REQUEST, 0, 0);
    storehook_write_reply_socket(writer, reply);
    storehook_write_descriptor(writer, STOREHOOK_FIELD_EXECUTABLE, executable, 0);
    storehook_write_bytes(writer, STOREHOOK_FIELD_PROGRAM, program_invocation_short_name,
                          strnlen(program_invocation_short_name, 256));
    storehook_write_bytes(writer, STOREHOOK_FIELD_INSTANCE, instance, HANDSHAKE_INSTANCE_SIZE);
    storehook_write_u32(writer, STOREHOOK_FIELD_UNHOOKED, atomic_load(&originals.has_unhooked));
}

static int send_hello(int fd, int reply, const unsigned char *instance, int64_t until_us)
{
    _Alignas(8) unsigned char buffer[HELLO_SIZE];
    StorehookWriter writer;
    Descriptor executable = descriptor_take(open("/proc/self/exe", O_PATH | O_CLOEXEC));
    int result;

    if (executable.fd < 0)
        return -EMFILE;
    write_hello(&writer, buffer, reply, executable.fd, instance);
    for (;;) {
        result = storehook_write_send(&writer, fd, MSG_DONTWAIT);
        if (result != -EAGAIN)
            break;
        result = exchange_wait(fd, POLLOUT, until_us);
        if (result <= 0) {
            result = result == 0 ? -ETIMEDOUT : result;
            break;
        }
    }
    descriptor_close(&executable);
    return result;
}

int handshake_take_shared(const StorehookValue *value, size_t size, Descriptor *ret)
{
    struct stat status;
    int seals;

    if (value->descriptor < 0 || fstat(value->descriptor, &status) < 0 ||
        status.st_size < (off_t)size)
        return -EPROTO;
    seals = fcntl(value->descriptor, F_GET_SEALS);
    if (seals < 0 || !(seals & F_SEAL_SHRINK))
        return -EPROTO;
    *ret = descriptor_take(fcntl(value->descriptor, F_DUPFD_CLOEXEC, 0));
    return ret->fd < 0 ? -EMFILE : 0;
}

static int take_page(const StorehookMessage *message, Welcome *welcome)
{
    StorehookValue value;

    if (!storehook_read_find(message, STOREHOOK_FIELD_PAGE, &value))
        return welcome->answer == STOREHOOK_ANSWER_HOOKED ? -EPROTO : 0;
    return handshake_take_shared(&value, sizeof(StorehookPage), &welcome->page);
}

/* Without them all is as well, only slower. */
static void take_lanes(const StorehookMessage *message, Welcome *welcome)
{
    StorehookValue value;

    if (storehook_read_find(message, STOREHOOK_FIELD_LANES, &value))
        (void)handshake_take_shared(&value, sizeof(StorehookLanes), &welcome->lanes);
}

static int read_welcome(const StorehookMessage *message, Welcome *ret)
{
    Welcome welcome = {.page = DESCRIPTOR_NONE,
                       .lanes = DESCRIPTOR_NONE,
                       .generation = message->header.generation};
    uint32_t answer = storehook_read_u32(message, STOREHOOK_FIELD_ANSWER, UINT32_MAX);
    StorehookValue profile;
    int result;

    if (message->header.kind != STOREHOOK_WELCOME || message->header.request != HELLO_REQUEST ||
        answer > STOREHOOK_ANSWER_HOOKED)
        return -EPROTO;
    welcome.answer = (StorehookAnswer)answer;
    welcome.deadline_ms = storehook_read_u32(message, STOREHOOK_FIELD_DEADLINE, DEADLINE_DEFAULT);
    if (welcome.deadline_ms > DEADLINE_MAX)
        welcome.deadline_ms = DEADLINE_MAX;
    if (welcome.answer == STOREHOOK_ANSWER_HOOKED) {
        if (!storehook_read_find(message, STOREHOOK_FIELD_PROFILE, &profile) || !profile.data)
            return -EPROTO;
        result = profile_install(profile.data, profile.size);
        if (result < 0)
            return result;
    }
    result = take_page(message, &welcome);
    if (result < 0)
        return result;
    take_lanes(message, &welcome);
    *ret = welcome;
    return 0;
}

int handshake_hear(const Descriptor *line, int64_t until_us, Welcome *ret)
{
    Reply *reply;
    StorehookMessage message;
    unsigned count = 0;
    ssize_t size;
    int result;

    if (!descriptor_is_ours(line))
        return -EBADF;
    result = exchange_wait(line->fd, POLLIN, until_us);
    if (result <= 0)
        return result == 0 ? -ETIMEDOUT : result;
    reply = malloc(sizeof(*reply));
    if (!reply)
        return -ENOMEM;
    size = storehook_receive(line->fd, reply->bytes, sizeof(reply->bytes), reply->descriptors,
                             &count, MSG_DONTWAIT);
    if (size <= 0) {
        free(reply);
        return size == 0 ? -ECONNRESET : (int)size;
    }
    result =
        storehook_read_message(reply->bytes, (size_t)size, reply->descriptors, count, &message);
    if (result == 0)
        result = read_welcome(&message, ret);
    for (unsigned i = 0; i < count; i++)
        close(reply->descriptors[i]);
    free(reply);
    return result;
}

int handshake_say(int fd, const unsigned char instance[HANDSHAKE_INSTANCE_SIZE], int64_t until_us,
                  Descriptor *ret_line)
{
    int pair[2];
    Descriptor here, there;
    int result;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    here = descriptor_take_high(pair[0]);
    there = descriptor_take(pair[1]);
    result = send_hello(fd, there.fd, instance, until_us);
    descriptor_close(&there);
    if (result == 0)
        *ret_line = here;
    else
        descriptor_close(&here);
    return result;
}
