/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * exchange.h - one question to the workers and the wait for its answer.
 */
#ifndef LIBSTOREHOOK_EXCHANGE_H
#define LIBSTOREHOOK_EXCHANGE_H

#include <pthread.h>
#include <sys/un.h>

#include "libstorehook/descriptor.h"
#include "libstorehook/protocol.h"

enum {
    LINES_IDLE_MAX = 32, /* kept for the next question; a store asks from few threads */
    LINES_SPARE = 16,    /* with so many idle, one of another lane is turned to this one */
    LANE_NONE = -1,
    NUMBERS_AT_ONCE = 32 /* request numbers got from the kernel in one call */
};

/* What a question needs: a socket to the workers, and a pair whose far end travels with it. */
typedef struct {
    Descriptor socket, near, far;
    int lane; /* the processor whose worker it leads to (protocol.h), or LANE_NONE: to all */
} Line;

/* The lines to one path that nobody uses just now. For all threads. */
typedef struct {
    pthread_mutex_t lock;
    Line idle[LINES_IDLE_MAX];
    unsigned idle_count;
    uint32_t round; /* counts the times it was emptied */
    uint64_t numbers[NUMBERS_AT_ONCE];
    unsigned number_count;
    _Atomic unsigned waiting;    /* for answers, at this moment */
    const StorehookLanes *lanes; /* NULL: no questions are handed over on a processor */
    char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
} ExchangePool;

#define EXCHANGE_POOL_INIT                                                                         \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER                                                          \
    }

typedef struct {
    ExchangePool *pool;
    Line line;
    uint64_t request; /* the number that the answer must have */
    uint32_t round;
    bool can_be_kept;
} Exchange;

#define LINE_NONE ((Line){DESCRIPTOR_NONE, DESCRIPTOR_NONE, DESCRIPTOR_NONE, LANE_NONE})
#define EXCHANGE_NONE ((Exchange){.line = LINE_NONE})

/* -ENAMETOOLONG when that is no path for a socket. */
int exchange_pool_set_path(ExchangePool *pool, const char *path, const char *suffix);
/* Reserves room for the lanes: none leads anywhere yet. Before the pool is used. */
void exchange_pool_make_lanes(ExchangePool *pool);
/* Maps these there, or none again; the threads that use the pool need not stop. 0 or -ENOMEM. */
int exchange_pool_set_lanes(ExchangePool *pool, const Descriptor *lanes);
void exchange_pool_free_lanes(ExchangePool *pool);
/* The service behind the path is another one now, or what is idle belongs to another process: idle
 * lines are closed, and those in use are not kept. */
void exchange_pool_empty(ExchangePool *pool);

/* A line, idle or new, and a number: to the worker of this processor, where that waits. 0, or
 * -errno: nobody at the path, or no descriptor. */
int exchange_open(ExchangePool *pool, Exchange *ret);
/*
 * Sends, waiting for room until then (clock.h). 0, or -errno: -EAGAIN when there was none, one that
 * exchange_is_gone() knows when nobody is there.
 */
int exchange_send(Exchange *exchange, StorehookWriter *writer, int64_t until_us);
/*
 * The datagram with the number of this exchange, as storehook_receive() gives it; `now_us` is the
 * time. -ECONNRESET: who had the request is dead, -ETIMEDOUT, or another -errno.
 */
ssize_t exchange_receive(Exchange *exchange, void *buffer, size_t capacity, int *descriptors,
                         unsigned *descriptor_count, int64_t now_us, int64_t until_us);
/* Keeps the line for the next one if this one was answered. Accepts EXCHANGE_NONE. */
void exchange_close(Exchange *exchange, bool answered);

bool exchange_is_gone(int error);
/* Its pool was emptied since: whoever was at the other end, there is another one now. */
bool exchange_is_outdated(const Exchange *exchange);
/* A socket of kind SOCK_DGRAM connected to a path, or -errno. */
int exchange_connect(const char *path);
/* Waits for events on fd until then. 1: they came, 0: time is up, -errno. */
int exchange_wait(int fd, short events, int64_t until_us);

#endif /* LIBSTOREHOOK_EXCHANGE_H */
