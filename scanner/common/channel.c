/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * channel.c - sends and receives on the sockets inside the service.
 *
 * Fails by -errno. A worker is trusted no more than a client: texts are cut and made valid here,
 * numbers are checked by whoever uses them.
 */
#include "scanner/common/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

gboolean channel_pair(int ret[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret) == 0;
}

int channel_receive(int fd, ChannelMessage *ret, int flags)
{
    ssize_t size;
    int result;

    ret->descriptor_count = 0;
    size = storehook_receive(fd, ret->bytes, sizeof(ret->bytes), ret->descriptors,
                             &ret->descriptor_count, flags);
    if (size <= 0)
        return (int)size;
    result = storehook_read_message(ret->bytes, (size_t)size, ret->descriptors,
                                    ret->descriptor_count, &ret->message);
    if (result < 0)
        channel_clear(ret);
    return result < 0 ? result : 1;
}

void channel_clear(ChannelMessage *message)
{
    for (unsigned i = 0; i < message->descriptor_count; i++)
        if (message->descriptors[i] >= 0)
            close(message->descriptors[i]);
    message->descriptor_count = 0;
}

const char *channel_text(const StorehookMessage *message, guint tag, char *buffer, gsize capacity)
{
    StorehookValue value;
    gsize length = 0;

    if (storehook_read_find(message, (StorehookField)tag, &value) && value.data) {
        length = MIN(value.size, capacity - 1);
        memcpy(buffer, value.data, length);
    }
    buffer[length] = '\0';
    for (char *bad = buffer; !g_utf8_validate(bad, -1, (const char **)&bad);)
        *bad = '?';
    return buffer;
}

guint64 channel_number(const StorehookMessage *message, guint tag)
{
    StorehookValue value;
    guint64 number = 0;

    if (storehook_read_find(message, (StorehookField)tag, &value) && value.data &&
        value.size == sizeof(number))
        memcpy(&number, value.data, sizeof(number));
    return number;
}

int channel_take_descriptor(ChannelMessage *message, guint tag, gsize *ret_size)
{
    StorehookValue value;

    if (!storehook_read_find(&message->message, (StorehookField)tag, &value) ||
        value.descriptor < 0)
        return -1;
    for (unsigned i = 0; i < message->descriptor_count; i++)
        if (message->descriptors[i] == value.descriptor)
            message->descriptors[i] = -1;
    if (ret_size)
        *ret_size = value.size;
    return value.descriptor;
}

void channel_put_text(StorehookWriter *writer, guint tag, const char *text)
{
    if (text && *text)
        storehook_write_bytes(writer, (StorehookField)tag, text, strlen(text));
}

void channel_put_number(StorehookWriter *writer, guint tag, guint64 number)
{
    storehook_write_u64(writer, (StorehookField)tag, number);
}
