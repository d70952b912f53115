/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * protocol.c - writes and reads the messages of protocol.h.
 *
 * Fails by -errno; a message that did not fit sets `overflow` and cannot be sent. Reading trusts no
 * length, count or index. Uses libc alone, allocates nothing, and keeps no state.
 *
 * Known limit: sizes are 32 bits, so one field holds less than 4 GiB.
 */
#include "libstorehook/protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ALL_SEALS = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL
};

static size_t padded(size_t size)
{
    return (size + STOREHOOK_FIELD_ALIGNMENT - 1) & ~(size_t)(STOREHOOK_FIELD_ALIGNMENT - 1);
}

static void write_raw(StorehookWriter *writer, const void *data, size_t size)
{
    size_t room = padded(size);

    if (writer->overflow || writer->tail || room > writer->capacity - writer->length) {
        writer->overflow = true;
        return;
    }
    if (size > 0)
        memcpy(writer->buffer + writer->length, data, size);
    memset(writer->buffer + writer->length + size, 0, room - size);
    writer->length += room;
}

void storehook_write_start(StorehookWriter *writer, void *buffer, size_t capacity,
                           StorehookKind kind, uint64_t request, uint32_t deadline_ms,
                           uint32_t generation)
{
    StorehookHeader header = {
        .magic = STOREHOOK_PROTOCOL_MAGIC,
        .version = STOREHOOK_PROTOCOL_VERSION,
        .kind = (uint16_t)kind,
        .request = request,
        .deadline_ms = deadline_ms,
        .generation = generation,
    };

    writer->buffer = buffer;
    writer->capacity = capacity;
    writer->length = 0;
    writer->descriptor_count = 0;
    writer->tail = NULL;
    writer->tail_size = 0;
    writer->overflow = false;
    write_raw(writer, &header, sizeof(header));
}

void storehook_write_reply_socket(StorehookWriter *writer, int fd)
{
    if (writer->descriptor_count != 0) {
        writer->overflow = true;
        return;
    }
    writer->descriptors[writer->descriptor_count++] = fd;
}

static void count_field(StorehookWriter *writer)
{
    StorehookHeader *header = (StorehookHeader *)(void *)writer->buffer;

    if (writer->overflow || header->field_count >= STOREHOOK_FIELDS_MAX)
        writer->overflow = true;
    else
        header->field_count++;
}

void storehook_write_bytes(StorehookWriter *writer, StorehookField tag, const void *data,
                           size_t size)
{
    StorehookFieldHeader field = {.tag = (uint16_t)tag, .size = (uint32_t)size};

    if (size > writer->capacity) {
        writer->overflow = true;
        return;
    }
    write_raw(writer, &field, sizeof(field));
    write_raw(writer, data, size);
    count_field(writer);
}

void storehook_write_tail(StorehookWriter *writer, StorehookField tag, const void *data,
                          size_t size)
{
    StorehookFieldHeader field = {.tag = (uint16_t)tag, .size = (uint32_t)size};

    if (size > STOREHOOK_TAIL_MAX) {
        writer->overflow = true;
        return;
    }
    write_raw(writer, &field, sizeof(field));
    count_field(writer);
    writer->tail = data;
    writer->tail_size = size;
}

void storehook_write_drop_tail(StorehookWriter *writer)
{
    if (!writer->tail)
        return;
    writer->tail = NULL;
    writer->tail_size = 0;
    writer->length -= sizeof(StorehookFieldHeader);
    ((StorehookHeader *)(void *)writer->buffer)->field_count--;
}

void storehook_write_u32(StorehookWriter *writer, StorehookField tag, uint32_t value)
{
    storehook_write_bytes(writer, tag, &value, sizeof(value));
}

void storehook_write_u64(StorehookWriter *writer, StorehookField tag, uint64_t value)
{
    storehook_write_bytes(writer, tag, &value, sizeof(value));
}

void storehook_write_descriptor(StorehookWriter *writer, StorehookField tag, int fd, size_t size)
{
    StorehookFieldHeader field = {.tag = (uint16_t)tag, .size = (uint32_t)size};

    if (writer->descriptor_count >= STOREHOOK_DESCRIPTORS_MAX || size > UINT32_MAX) {
        writer->overflow = true;
        return;
    }
    writer->descriptors[writer->descriptor_count++] = fd;
    field.descriptor = (uint16_t)writer->descriptor_count;
    write_raw(writer, &field, sizeof(field));
    count_field(writer);
}

static bool is_refused(ssize_t result)
{
    return result < 0 && (errno == EPERM || errno == EACCES || errno == ENOSYS);
}

/* A datagram without descriptors is a write like any other, and that no one is there raises no
 * SIGPIPE, as it does with a stream. */
static ssize_t write_at_once(int fd, const StorehookWriter *writer, int flags)
{
    if (!(flags & MSG_DONTWAIT) || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        return -1;
    return write(fd, writer->buffer, writer->length);
}

int storehook_write_send(StorehookWriter *writer, int fd, int flags)
{
    union {
        struct cmsghdr align;
        unsigned char bytes[CMSG_SPACE(sizeof(int) * STOREHOOK_DESCRIPTORS_MAX)];
    } control;
    static const unsigned char padding[STOREHOOK_FIELD_ALIGNMENT];
    struct iovec parts[] = {
        {writer->buffer, writer->length},
        {(void *)(uintptr_t)writer->tail, writer->tail_size},
        {(void *)(uintptr_t)padding, padded(writer->tail_size) - writer->tail_size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = writer->tail ? 3 : 1};
    StorehookHeader *header = (StorehookHeader *)(void *)writer->buffer;
    ssize_t sent;

    if (writer->overflow || writer->length > STOREHOOK_DATAGRAM_MAX)
        return -EMSGSIZE;
    header->length = (uint32_t)(writer->length + padded(writer->tail_size));
    if (writer->descriptor_count > 0) {
        size_t size = sizeof(int) * writer->descriptor_count;
        struct cmsghdr *rights;

        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(size);
        rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(size);
        memcpy(CMSG_DATA(rights), writer->descriptors, size);
    }
    do {
        sent = sendmsg(fd, &message, flags | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    /* A filter of the host's may refuse one call and not the other. */
    if (is_refused(sent) && writer->descriptor_count == 0 && !writer->tail)
        sent = send(fd, writer->buffer, writer->length, flags | MSG_NOSIGNAL);
    if (is_refused(sent) && writer->descriptor_count == 0 && !writer->tail)
        sent = write_at_once(fd, writer, flags);
    return sent < 0 ? -errno : 0;
}

static void close_all(const int *descriptors, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        close(descriptors[i]);
}

ssize_t storehook_receive(int fd, void *buffer, size_t capacity, int *descriptors,
                          unsigned *descriptor_count, int flags)
{
    struct ucred ignored;

    return storehook_receive_from(fd, buffer, capacity, descriptors, descriptor_count, flags,
                                  &ignored);
}

ssize_t storehook_receive_from(int fd, void *buffer, size_t capacity, int *descriptors,
                               unsigned *descriptor_count, int flags, struct ucred *ret_sender)
{
    union {
        struct cmsghdr align;
        /* Credentials may come along where the socket asks for them. */
        unsigned char bytes[CMSG_SPACE(sizeof(int) * STOREHOOK_DESCRIPTORS_MAX) +
                            CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct iovec vector = {.iov_base = buffer, .iov_len = capacity};
    struct msghdr message = {.msg_iov = &vector,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    unsigned count = 0;
    ssize_t received;

    do {
        received = recvmsg(fd, &message, flags | MSG_CMSG_CLOEXEC);
    } while (received < 0 && errno == EINTR && (flags & MSG_DONTWAIT));
    if (received < 0)
        return -errno;
    *ret_sender = (struct ucred){.pid = 0, .uid = (uid_t)-1, .gid = (gid_t)-1};
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS)
            memcpy(ret_sender, CMSG_DATA(c), sizeof(*ret_sender));
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
            size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

            for (size_t i = 0; i < n; i++) {
                int passed;

                memcpy(&passed, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
                if (count < STOREHOOK_DESCRIPTORS_MAX)
                    descriptors[count++] = passed;
                else
                    close(passed);
            }
        }
    }
    if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        close_all(descriptors, count);
        return -EPROTO;
    }
    *descriptor_count = count;
    return received;
}

int storehook_read_message(const void *buffer, size_t size, const int *descriptors,
                           unsigned descriptor_count, StorehookMessage *ret)
{
    StorehookMessage message = {.descriptors = descriptors, .descriptor_count = descriptor_count};
    StorehookValue value;
    size_t position = 0;
    unsigned count = 0;

    if (size < sizeof(StorehookHeader))
        return -EPROTO;
    memcpy(&message.header, buffer, sizeof(message.header));
    if (message.header.magic != STOREHOOK_PROTOCOL_MAGIC)
        return -EPROTO;
    if (message.header.version != STOREHOOK_PROTOCOL_VERSION)
        return -EPROTONOSUPPORT;
    if (message.header.length != size || message.header.field_count > STOREHOOK_FIELDS_MAX)
        return -EPROTO;
    message.fields = (const unsigned char *)buffer + sizeof(StorehookHeader);
    message.fields_size = size - sizeof(StorehookHeader);
    while (storehook_read_next(&message, &position, &value))
        count++;
    if (count != message.header.field_count || position != message.fields_size)
        return -EPROTO;
    *ret = message;
    return 0;
}

bool storehook_read_next(const StorehookMessage *message, size_t *position, StorehookValue *ret)
{
    StorehookFieldHeader field;
    size_t left;

    if (*position >= message->fields_size || message->fields_size - *position < sizeof(field))
        return false;
    memcpy(&field, message->fields + *position, sizeof(field));
    left = message->fields_size - *position - sizeof(field);
    if (field.descriptor != 0) {
        if (field.descriptor > message->descriptor_count)
            return false;
        *ret = (StorehookValue){.tag = (StorehookField)field.tag,
                                .size = field.size,
                                .descriptor = message->descriptors[field.descriptor - 1]};
        *position += sizeof(field);
        return true;
    }
    if (field.size > left || padded(field.size) > left)
        return false;
    *ret = (StorehookValue){.tag = (StorehookField)field.tag,
                            .data = message->fields + *position + sizeof(field),
                            .size = field.size,
                            .descriptor = -1};
    *position += sizeof(field) + padded(field.size);
    return true;
}

int storehook_read_fields(const void *bytes, size_t size, StorehookMessage *ret)
{
    StorehookMessage message = {.fields = bytes, .fields_size = size};
    StorehookValue value;
    size_t position = 0;

    while (storehook_read_next(&message, &position, &value))
        ;
    if (position != size)
        return -EPROTO;
    *ret = message;
    return 0;
}

bool storehook_read_find(const StorehookMessage *message, StorehookField tag, StorehookValue *ret)
{
    size_t position = 0;
    StorehookValue value;

    while (storehook_read_next(message, &position, &value)) {
        if (value.tag == tag) {
            *ret = value;
            return true;
        }
    }
    return false;
}

uint32_t storehook_read_u32(const StorehookMessage *message, StorehookField tag, uint32_t fallback)
{
    StorehookValue value;
    uint32_t number;

    if (!storehook_read_find(message, tag, &value) || !value.data || value.size != sizeof(number))
        return fallback;
    memcpy(&number, value.data, sizeof(number));
    return number;
}

int storehook_memfd_seal(int fd)
{
    return fcntl(fd, F_ADD_SEALS, ALL_SEALS) < 0 ? -errno : 0;
}

int storehook_memfd_new(const void *data, size_t size)
{
    int fd = memfd_create("storehook", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    const unsigned char *bytes = data;
    size_t done = 0;
    int result;

    if (fd < 0)
        return -errno;
    while (done < size) {
        ssize_t n = pwrite(fd, bytes + done, size - done, (off_t)done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            result = n < 0 ? -errno : -EIO;
            close(fd);
            return result;
        }
        done += (size_t)n;
    }
    result = storehook_memfd_seal(fd);
    if (result < 0) {
        close(fd);
        return result;
    }
    return fd;
}

int storehook_memfd_check(int fd, size_t size)
{
    struct stat status;
    int seals = fcntl(fd, F_GET_SEALS);

    if (seals < 0)
        return -errno;
    if ((seals & ALL_SEALS & ~F_SEAL_SEAL) != (ALL_SEALS & ~F_SEAL_SEAL))
        return -EPERM;
    if (fstat(fd, &status) < 0)
        return -errno;
    return status.st_size >= 0 && (size_t)status.st_size == size ? 0 : -EPROTO;
}

/* Of storehook.h; here, since the service says it, too. */
const char *storehook_verdict_text(StorehookVerdictKind verdict)
{
    static const char *const texts[STOREHOOK_VERDICTS] = {
        [STOREHOOK_VERDICT_CLEAN] = "clean",
        [STOREHOOK_VERDICT_INFECTED] = "infected",
        [STOREHOOK_VERDICT_BLOCKED] = "blocked",
        [STOREHOOK_VERDICT_SUSPICIOUS] = "suspicious",
        [STOREHOOK_VERDICT_ENCRYPTED] = "encrypted",
        [STOREHOOK_VERDICT_AMBIGUOUS] = "ambiguous",
        [STOREHOOK_VERDICT_NOT_FULLY_SCANNED] = "not-fully-scanned",
        [STOREHOOK_VERDICT_NOT_SCANNED] = "not-scanned",
    };

    return (unsigned)verdict < STOREHOOK_VERDICTS ? texts[verdict] : "unknown";
}
