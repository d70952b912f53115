/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * request.c - builds a request, sends it, waits for the answer until the deadline, reads it.
 *
 * Fails by StorehookReason. An answer is believed only when its kind, request number and every
 * value are as protocol.h says. Nothing is sent twice; what nobody took since the service had ended
 * goes to the one that was started since.
 */
#include "libstorehook/request.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "libstorehook/clock.h"
#include "libstorehook/connection.h"
#include "libstorehook/turn.h"

static _Atomic uint64_t answered;

static int reason_of(int error)
{
    return error == -EAGAIN || error == -ETOOMANYREFS || exchange_is_gone(error)
               ? STOREHOOK_REASON_UNAVAILABLE
               : STOREHOOK_REASON_RESOURCES;
}

Request *request_new(StorehookKind kind)
{
    Request *request = malloc(sizeof(*request));
    int result;

    if (!request)
        return NULL;
    request->exchange = EXCHANGE_NONE;
    request->memfd = request->tail_memfd = DESCRIPTOR_NONE;
    request->tail = (BlobView){0};
    request->failure = REQUEST_ANSWERED;
    request->answered = false;
    request->answer.descriptor_count = 0;
    result = exchange_open(connection_pool(), &request->exchange);
    storehook_write_start(&request->writer, request->buffer, sizeof(request->buffer), kind,
                          request->exchange.request, 0, connection_generation());
    storehook_write_reply_socket(&request->writer, request->exchange.line.far.fd);
    if (result < 0) {
        connection_failed(result);
        request->failure = reason_of(result);
    }
    return request;
}

Request *request_free(Request *request)
{
    if (!request)
        return NULL;
    for (unsigned i = 0; i < request->answer.descriptor_count; i++)
        close(request->answer.descriptors[i]);
    exchange_close(&request->exchange, request->answered);
    descriptor_close(&request->memfd);
    descriptor_close(&request->tail_memfd);
    free(request);
    return NULL;
}

void request_add_string(Request *request, StorehookField tag, const ByteString *string)
{
    size_t limit = tag == STOREHOOK_FIELD_HEADER ? STOREHOOK_HEADER_MAX : STOREHOOK_TEXT_MAX;

    if (string->data)
        storehook_write_bytes(&request->writer, tag, string->data,
                              string->size < limit ? string->size : limit);
}

static void add_in_memfd(Request *request, StorehookField tag, const void *data, size_t size,
                         Descriptor *memfd)
{
    int fd = -1;

    if (memfd->fd < 0 && blob_size_is_allowed(size))
        fd = storehook_memfd_new(data, size);
    if (fd < 0) {
        request->failure = STOREHOOK_REASON_RESOURCES;
        return;
    }
    *memfd = descriptor_take(fd);
    storehook_write_descriptor(&request->writer, tag, fd, size);
}

/* Not copied; written when all else is. */
static bool add_as_tail(Request *request, StorehookField tag, const Blob *blob)
{
    if (request->tail.data || blob->size > STOREHOOK_TAIL_MAX)
        return false;
    request->tail = (BlobView){.data = blob->data, .size = blob->size};
    request->tail_tag = tag;
    return true;
}

void request_add_blob(Request *request, StorehookField tag, const Blob *blob)
{
    if (!blob->set)
        return;
    if (blob->data && blob->size > STOREHOOK_INLINE_MAX) {
        if (!add_as_tail(request, tag, blob))
            add_in_memfd(request, tag, blob->data, blob->size, &request->memfd);
    } else if (blob->data)
        storehook_write_bytes(&request->writer, tag, blob->data, blob->size);
    else if (descriptor_is_ours(&blob->memfd))
        storehook_write_descriptor(&request->writer, tag, blob->memfd.fd, blob->size);
    else
        request->failure = STOREHOOK_REASON_RESOURCES;
}

/* One datagram; with what is long in a memfd, if the kernel has no room for it as it is: of its
 * settings, or in one piece now. */
static int send_whole(Request *request, int64_t until_us)
{
    StorehookWriter *writer = &request->writer;
    int result;

    if (request->tail.data)
        storehook_write_tail(writer, request->tail_tag, request->tail.data, request->tail.size);
    result = exchange_send(&request->exchange, writer, until_us);
    if (!request->tail.data || (result != -EMSGSIZE && result != -ENOBUFS))
        return result;
    storehook_write_drop_tail(writer);
    add_in_memfd(request, request->tail_tag, request->tail.data, request->tail.size,
                 &request->tail_memfd);
    return request->failure == REQUEST_ANSWERED
               ? exchange_send(&request->exchange, writer, until_us)
               : result;
}

/* Nobody took it: to the service that is there now, if one is. */
static int send_anew(Request *request, int64_t until_us, int error)
{
    StorehookHeader *header = (StorehookHeader *)(void *)request->buffer;
    int result;

    /* Another thread may have found it already. */
    if (!exchange_is_outdated(&request->exchange))
        connection_failed(error);
    if (connection_mode() != CONNECTION_JUDGE)
        return error;
    exchange_close(&request->exchange, false);
    request->exchange = EXCHANGE_NONE;
    result = exchange_open(connection_pool(), &request->exchange);
    if (result == 0) {
        header->request = request->exchange.request;
        header->generation = connection_generation();
        request->writer.descriptors[0] = request->exchange.line.far.fd;
        result = exchange_send(&request->exchange, &request->writer, until_us);
    }
    if (result < 0)
        connection_failed(result);
    return result;
}

static int send_request(Request *request, int64_t until_us, int64_t budget_us)
{
    StorehookHeader *header = (StorehookHeader *)(void *)request->buffer;
    int result;

    if (request->failure != REQUEST_ANSWERED)
        return request->failure;
    if (request->writer.overflow)
        return STOREHOOK_REASON_RESOURCES;
    header->deadline_ms = (uint32_t)((budget_us + 999) / 1000);
    result = send_whole(request, until_us);
    if (exchange_is_gone(result))
        result = send_anew(request, until_us, result);
    else if (result < 0)
        connection_failed(result);
    return result < 0 ? reason_of(result) : REQUEST_ANSWERED;
}

static bool read_answer(Request *request, size_t size)
{
    Answer *answer = &request->answer;
    uint32_t action;

    if (storehook_read_message(request->buffer, size, answer->descriptors, answer->descriptor_count,
                               &answer->message) < 0 ||
        answer->message.header.kind != STOREHOOK_VERDICT ||
        answer->message.header.request != request->exchange.request)
        return false;
    action = storehook_read_u32(&answer->message, STOREHOOK_FIELD_ACTION, STOREHOOK_ACTIONS);
    answer->verdict =
        storehook_read_u32(&answer->message, STOREHOOK_FIELD_VERDICT, STOREHOOK_VERDICTS);
    if (action >= STOREHOOK_ACTIONS || answer->verdict >= STOREHOOK_VERDICTS)
        return false;
    answer->action = (StorehookAction)action;
    answer->flagged = storehook_read_u32(&answer->message, STOREHOOK_FIELD_FLAGGED, 0) != 0;
    answer->need_data = storehook_read_u32(&answer->message, STOREHOOK_FIELD_NEED_DATA, 0) != 0;
    return true;
}

static int receive_answer(Request *request, int64_t now_us, int64_t until_us)
{
    Answer *answer = &request->answer;
    ssize_t size =
        exchange_receive(&request->exchange, request->buffer, sizeof(request->buffer),
                         answer->descriptors, &answer->descriptor_count, now_us, until_us);

    if (size == -ETIMEDOUT)
        return STOREHOOK_REASON_DEADLINE;
    if (size == -ECONNRESET)
        return STOREHOOK_REASON_CRASH;
    if (size == -EBADF || size == -ENOMEM)
        return STOREHOOK_REASON_RESOURCES;
    if (size < 0 || !read_answer(request, (size_t)size))
        return STOREHOOK_REASON_PROTOCOL;
    request->answered = true;
    return REQUEST_ANSWERED;
}

int request_ask(Request *request, int64_t *budget_us, const Answer **ret)
{
    int64_t start = clock_now_us(), until = start + *budget_us;
    int reason;

    if (*budget_us <= 0)
        return STOREHOOK_REASON_DEADLINE;
    reason = send_request(request, until, *budget_us);
    if (reason == REQUEST_ANSWERED)
        reason = receive_answer(request, start, until);
    *budget_us -= clock_now_us() - start;
    /* What is done by the answer calls the store, from which the host may not return. */
    turn_give();
    if (reason != REQUEST_ANSWERED)
        return reason;
    atomic_fetch_add(&answered, 1);
    *ret = &request->answer;
    return REQUEST_ANSWERED;
}

int answer_view(const Answer *answer, StorehookField tag, BlobView *ret)
{
    StorehookValue value;

    if (!storehook_read_find(&answer->message, tag, &value))
        return -ENODATA;
    if (!value.data)
        return blob_view_memfd(value.descriptor, value.size, ret);
    *ret = (BlobView){.data = value.data, .size = value.size};
    return 0;
}

int answer_copy(const Answer *answer, StorehookField tag, size_t limit, ByteString *ret)
{
    StorehookValue value;

    if (!storehook_read_find(&answer->message, tag, &value) || !value.data)
        return 0;
    return byte_string_set(ret, value.data, value.size < limit ? value.size : limit);
}

uint64_t request_answered(void)
{
    return atomic_load(&answered);
}
