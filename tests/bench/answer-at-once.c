/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * answer-at-once.c - stands before recvmsg() in storehookd and lets every row of a store pass
 * before the worker hears of it. For tests/bench/run-bench.py only.
 *
 * What a delivery costs then is what asking another process costs, whatever that one does: no
 * judgement can be cheaper than none.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "libstorehook/protocol.h"

enum {
    ANSWER_MAX = 256
};

static ssize_t (*receive)(int, struct msghdr *, int);

/* Once: to look it up at each call would take longer than all else here. */
__attribute__((constructor)) static void find_original(void)
{
    receive = (ssize_t(*)(int, struct msghdr *, int))dlsym(RTLD_NEXT, "recvmsg");
}

static bool is_row(const StorehookHeader *header)
{
    return header->magic == STOREHOOK_PROTOCOL_MAGIC &&
           (header->kind == STOREHOOK_JUDGE_TEXT || header->kind == STOREHOOK_JUDGE_CONTENT ||
            header->kind == STOREHOOK_JUDGE_LINK);
}

static void let_pass(const StorehookHeader *header, int reply)
{
    _Alignas(8) unsigned char buffer[ANSWER_MAX];
    StorehookWriter writer;

    storehook_write_start(&writer, buffer, sizeof(buffer), STOREHOOK_VERDICT, header->request, 0,
                          header->generation);
    storehook_write_u32(&writer, STOREHOOK_FIELD_ACTION, STOREHOOK_ACTION_PASS);
    storehook_write_u32(&writer, STOREHOOK_FIELD_VERDICT, STOREHOOK_VERDICT_CLEAN);
    storehook_write_u32(&writer, STOREHOOK_FIELD_REMEMBER, 1);
    (void)storehook_write_send(&writer, reply, MSG_DONTWAIT);
}

/* The first is the one for the answer. */
static void answer_and_close(struct msghdr *message, const StorehookHeader *header)
{
    bool answered = false;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t i = 0; CMSG_LEN((i + 1) * sizeof(int)) <= c->cmsg_len; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
            if (!answered)
                let_pass(header, fd);
            answered = true;
            close(fd);
        }
    }
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    ssize_t size = receive(fd, message, flags);
    StorehookHeader header;

    if (size < (ssize_t)sizeof(header) || message->msg_iovlen != 1)
        return size;
    memcpy(&header, message->msg_iov[0].iov_base, sizeof(header));
    if (!is_row(&header))
        return size;
    answer_and_close(message, &header);
    errno = EAGAIN;
    return -1;
}
