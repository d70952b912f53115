/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * exchange.c - sends a question, waits for its answer, keeps the line for the next.
 *
 * The pair is made once and its far end carried by each question. An answer mostly comes soon;
 * where it does not, our own copy of the far end is closed and the line is not used again, so that
 * from then on end of file says that the worker, or the queue with the request, is gone. A worker
 * that kept the far end of an earlier question cannot answer a later one, since it does not know
 * its number; without random numbers no line is used twice.
 *
 * Where a worker waits on the processor that we run on, the question goes to that one (protocol.h),
 * and if nobody else of us waits for one, we step aside: mostly the answer is there when we run
 * again, and nobody has slept.
 *
 * Fails by -errno. Never waits beyond the time it was given.
 */
#include "libstorehook/exchange.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "libstorehook/clock.h"

enum {
    SOON_US = 3000 /* how late the death of a worker may be seen: as long as the kernel takes to end
                      one; after so long a scan a new line costs half a percent */
};

int exchange_wait(int fd, short events, int64_t until_us)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};

    for (;;) {
        int64_t left = until_us - clock_now_us();
        struct timespec timeout;
        int result;

        if (left <= 0)
            left = 0;
        timeout = (struct timespec){left / 1000000, left % 1000000 * 1000};
        result = ppoll(&poll_fd, 1, &timeout, NULL);
        if (result > 0)
            return poll_fd.revents & POLLNVAL ? -EBADF : 1;
        if (result == 0)
            return 0;
        if (errno != EINTR)
            return -errno;
    }
}

/* Also where it leads to somebody else already. */
static int connect_to(int fd, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (path[0] == '\0' || strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    return connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

int exchange_connect(const char *path)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int result;

    if (fd < 0)
        return -errno;
    result = connect_to(fd, path);
    if (result < 0)
        close(fd);
    return result < 0 ? result : fd;
}

bool exchange_is_gone(int error)
{
    return error == -ECONNREFUSED || error == -ENOENT || error == -ENOTCONN ||
           error == -ECONNRESET || error == -EPIPE || error == -EBADF || error == -EACCES ||
           error == -EPERM || error == -ENOSYS || error == -EDESTADDRREQ;
}

int exchange_pool_set_path(ExchangePool *pool, const char *path, const char *suffix)
{
    if (path[0] == '\0' || strlen(path) + strlen(suffix) >= sizeof(pool->path))
        return -ENAMETOOLONG;
    strcpy(pool->path, path);
    strcat(pool->path, suffix);
    return 0;
}

void exchange_pool_make_lanes(ExchangePool *pool)
{
    void *lanes = mmap(NULL, sizeof(StorehookLanes), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    pool->lanes = lanes == MAP_FAILED ? NULL : lanes;
}

void exchange_pool_free_lanes(ExchangePool *pool)
{
    if (pool->lanes)
        munmap((void *)(uintptr_t)pool->lanes, sizeof(StorehookLanes));
    pool->lanes = NULL;
}

int exchange_pool_set_lanes(ExchangePool *pool, const Descriptor *lanes)
{
    int flags = lanes->fd >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;

    if (!pool->lanes)
        return 0;
    return mmap((void *)(uintptr_t)pool->lanes, sizeof(StorehookLanes), PROT_READ,
                flags | MAP_FIXED, lanes->fd, 0) == MAP_FAILED
               ? -ENOMEM
               : 0;
}

static void line_close(Line *line)
{
    descriptor_close(&line->socket);
    descriptor_close(&line->near);
    descriptor_close(&line->far);
}

void exchange_pool_empty(ExchangePool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->idle_count > 0)
        line_close(&pool->idle[--pool->idle_count]);
    pool->round++;
    pool->number_count = 0;
    pthread_mutex_unlock(&pool->lock);
}

/* Where a lane leads to: longer than a path may be, so that connecting tells. */
typedef struct {
    char path[sizeof(((ExchangePool *)NULL)->path) + 16];
} LanePath;

static LanePath lane_path(const ExchangePool *pool, int lane)
{
    LanePath ret;

    if (lane == LANE_NONE)
        strcpy(ret.path, pool->path);
    else
        (void)snprintf(ret.path, sizeof(ret.path), STOREHOOK_LANE_FORMAT, pool->path,
                       (unsigned)lane);
    return ret;
}

/* The lane of this processor, if its worker waits. */
static int lane_here(const ExchangePool *pool)
{
    int processor = pool->lanes ? sched_getcpu() : -1;

    if (processor < 0 || processor >= STOREHOOK_LANES_MAX ||
        !atomic_load_explicit(&pool->lanes->lanes[processor].waiting, memory_order_relaxed))
        return LANE_NONE;
    return processor;
}

static int line_open(const ExchangePool *pool, int lane, Line *ret)
{
    static const struct timeval soon = {.tv_usec = SOON_US};
    int pair[2], fd = exchange_connect(lane_path(pool, lane).path);
    Line line = LINE_NONE;

    if (fd < 0)
        return fd;
    line.lane = lane;
    line.socket = descriptor_take_high(fd);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0) {
        line.near = descriptor_take_high(pair[0]);
        line.far = descriptor_take_high(pair[1]);
    }
    if (line.socket.fd < 0 || line.near.fd < 0 || line.far.fd < 0 ||
        setsockopt(line.near.fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)) < 0) {
        line_close(&line);
        return -EMFILE;
    }
    *ret = line;
    return 0;
}

static int line_turn(const ExchangePool *pool, int lane, Line *line)
{
    int result = connect_to(line->socket.fd, lane_path(pool, lane).path);

    if (result == 0)
        line->lane = lane;
    return result;
}

/* False when the host has closed something of it. */
static bool line_is_ours(Line *line)
{
    if (descriptor_is_ours(&line->socket) && descriptor_is_ours(&line->near) &&
        descriptor_is_ours(&line->far))
        return true;
    line_close(line);
    return false;
}

/* Under the pool's lock: a number, and whether nobody could guess it. */
static uint64_t take_number(ExchangePool *pool, bool *ret_is_random)
{
    *ret_is_random = true;
    if (pool->number_count == 0 && getrandom(pool->numbers, sizeof(pool->numbers), GRND_NONBLOCK) ==
                                       (ssize_t)sizeof(pool->numbers))
        pool->number_count = NUMBERS_AT_ONCE;
    if (pool->number_count > 0)
        return pool->numbers[--pool->number_count];
    /* Early in a boot. */
    *ret_is_random = false;
    return ++pool->numbers[0];
}

/* Under the pool's lock: the last idle line of this lane; else, if there are many, of another. */
static bool take_idle(ExchangePool *pool, int lane, Line *ret)
{
    unsigned at = pool->idle_count;

    while (at > 0 && pool->idle[at - 1].lane != lane)
        at--;
    if (at == 0 && pool->idle_count < LINES_SPARE)
        return false;
    if (at == 0)
        at = 1;
    *ret = pool->idle[at - 1];
    pool->idle[at - 1] = pool->idle[--pool->idle_count];
    return true;
}

static int find_line(ExchangePool *pool, int lane, Exchange *exchange)
{
    bool found = false;

    pthread_mutex_lock(&pool->lock);
    exchange->round = pool->round;
    while (!found && take_idle(pool, lane, &exchange->line))
        found = line_is_ours(&exchange->line);
    pthread_mutex_unlock(&pool->lock);
    if (!found)
        return line_open(pool, lane, &exchange->line);
    return exchange->line.lane == lane ? 0 : line_turn(pool, lane, &exchange->line);
}

int exchange_open(ExchangePool *pool, Exchange *ret)
{
    Exchange exchange = EXCHANGE_NONE;
    int lane = lane_here(pool), result;

    exchange.pool = pool;
    pthread_mutex_lock(&pool->lock);
    exchange.request = take_number(pool, &exchange.can_be_kept);
    pthread_mutex_unlock(&pool->lock);
    result = find_line(pool, lane, &exchange);
    if (result < 0 && lane != LANE_NONE) {
        line_close(&exchange.line);
        result = find_line(pool, LANE_NONE, &exchange);
    }
    if (result == 0)
        *ret = exchange;
    else
        line_close(&exchange.line);
    return result;
}

int exchange_send(Exchange *exchange, StorehookWriter *writer, int64_t until_us)
{
    int fd = exchange->line.socket.fd;

    for (;;) {
        int result = storehook_write_send(writer, fd, MSG_DONTWAIT);

        if (result != -EAGAIN)
            return result;
        /* What is full is only one worker's. */
        if (exchange->line.lane != LANE_NONE) {
            result = line_turn(exchange->pool, LANE_NONE, &exchange->line);
            if (result < 0)
                return result;
            continue;
        }
        result = exchange_wait(fd, POLLOUT, until_us);
        if (result <= 0)
            return result == 0 ? -EAGAIN : result;
    }
}

/* Garbage is for the caller to tell. */
static bool is_about(const void *bytes, size_t size, uint64_t request)
{
    StorehookHeader header;

    if (size < sizeof(header))
        return true;
    memcpy(&header, bytes, sizeof(header));
    return header.magic != STOREHOOK_PROTOCOL_MAGIC ||
           header.version != STOREHOOK_PROTOCOL_VERSION || header.request == request;
}

/* -EAGAIN: not soon. */
static ssize_t receive_soon(const Exchange *exchange, void *buffer, size_t capacity,
                            int *descriptors, unsigned *descriptor_count)
{
    ssize_t size = storehook_receive(exchange->line.near.fd, buffer, capacity, descriptors,
                                     descriptor_count, 0);

    return size == -EINTR ? -EAGAIN : size;
}

/* The worker of our lane has something else in its hands. False: the call could not be sent now. */
static bool call_another(const Exchange *exchange)
{
    const ExchangePool *pool = exchange->pool;
    _Alignas(8) unsigned char buffer[sizeof(StorehookHeader) + 64];
    StorehookWriter writer;
    Descriptor socket;
    int result;

    if (exchange->line.lane == LANE_NONE ||
        atomic_load_explicit(&pool->lanes->lanes[exchange->line.lane].request,
                             memory_order_relaxed) == (uint32_t)exchange->request)
        return true;
    socket = descriptor_take(exchange_connect(pool->path));
    if (socket.fd < 0)
        return false;
    storehook_write_start(&writer, buffer, sizeof(buffer), STOREHOOK_LOOK, exchange->request, 0, 0);
    storehook_write_u32(&writer, STOREHOOK_FIELD_LANE, (uint32_t)exchange->line.lane);
    result = storehook_write_send(&writer, socket.fd, MSG_DONTWAIT);
    descriptor_close(&socket);
    return result == 0;
}

/* As exchange_wait(). Without room for the call no other worker is free just now: each time after a
 * while it is tried again, since one may be so before ours is. */
static int wait_late(const Exchange *exchange, bool calls, int64_t until_us)
{
    for (;;) {
        bool again = calls && !call_another(exchange);
        int64_t turn_us = again ? clock_now_us() + SOON_US : until_us;
        int result;

        if (turn_us > until_us)
            turn_us = until_us;
        if (!descriptor_is_ours(&exchange->line.near))
            return -EBADF;
        result = exchange_wait(exchange->line.near.fd, POLLIN, turn_us);
        if (result != 0 || turn_us == until_us)
            return result;
    }
}

static ssize_t receive_late(Exchange *exchange, void *buffer, size_t capacity, int *descriptors,
                            unsigned *descriptor_count, int64_t until_us)
{
    bool calls = exchange->line.far.fd >= 0;
    int result;

    exchange->can_be_kept = false;
    descriptor_close(&exchange->line.far);
    result = wait_late(exchange, calls, until_us);
    if (result <= 0)
        return result == 0 ? -ETIMEDOUT : result;
    if (!descriptor_is_ours(&exchange->line.near))
        return -EBADF;
    return storehook_receive(exchange->line.near.fd, buffer, capacity, descriptors,
                             descriptor_count, MSG_DONTWAIT);
}

static ssize_t receive_own(Exchange *exchange, void *buffer, size_t capacity, int *descriptors,
                           unsigned *descriptor_count, int64_t now_us, int64_t until_us)
{
    for (;; now_us = clock_now_us()) {
        ssize_t size = -EAGAIN;

        *descriptor_count = 0;
        if (exchange->line.far.fd >= 0 && until_us - now_us >= SOON_US)
            size = receive_soon(exchange, buffer, capacity, descriptors, descriptor_count);
        if (size == -EAGAIN)
            size =
                receive_late(exchange, buffer, capacity, descriptors, descriptor_count, until_us);
        if (size <= 0 || is_about(buffer, (size_t)size, exchange->request))
            return size == 0 ? -ECONNRESET : size;
        for (unsigned i = 0; i < *descriptor_count; i++)
            close(descriptors[i]);
    }
}

ssize_t exchange_receive(Exchange *exchange, void *buffer, size_t capacity, int *descriptors,
                         unsigned *descriptor_count, int64_t now_us, int64_t until_us)
{
    ExchangePool *pool = exchange->pool;
    bool alone = atomic_fetch_add_explicit(&pool->waiting, 1, memory_order_relaxed) == 0;
    ssize_t size;

    /* With others about, somebody else would run first, and what they do is not worth a turn. */
    if (alone && exchange->line.lane != LANE_NONE)
        (void)sched_yield();
    size = receive_own(exchange, buffer, capacity, descriptors, descriptor_count, now_us, until_us);
    atomic_fetch_sub_explicit(&pool->waiting, 1, memory_order_relaxed);
    return size;
}

bool exchange_is_outdated(const Exchange *exchange)
{
    ExchangePool *pool = exchange->pool;

    pthread_mutex_lock(&pool->lock);
    bool outdated = pool->round != exchange->round;
    pthread_mutex_unlock(&pool->lock);
    return outdated;
}

void exchange_close(Exchange *exchange, bool answered)
{
    ExchangePool *pool = exchange->pool;

    if (answered && exchange->can_be_kept) {
        pthread_mutex_lock(&pool->lock);
        if (pool->round == exchange->round && pool->idle_count < LINES_IDLE_MAX) {
            pool->idle[pool->idle_count++] = exchange->line;
            exchange->line = LINE_NONE;
        }
        pthread_mutex_unlock(&pool->lock);
    }
    line_close(&exchange->line);
}
