/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-exchange.c - a line is used again after an answer and never otherwise; only the answer with
 * the right number counts; a call for another worker is repeated until there is room for it. And
 * how long a service may have a store wait.
 */
#include "libstorehook/exchange.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "libstorehook/clock.h"
#include "libstorehook/handshake.h"
#include "tests/scratch.h"
#include "tests/unit/libstorehook/unit-main.h"

static char directory[SCRATCH_MAX + 32];
static ExchangePool pool = EXCHANGE_POOL_INIT;
static _Alignas(8) unsigned char buffer[STOREHOOK_DATAGRAM_MAX];
static int served = -1;

static int serve(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    ck_assert_uint_lt(strlen(path), sizeof(address.sun_path));
    strcpy(address.sun_path, path);
    unlink(path);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void setup(void)
{
    snprintf(directory, sizeof(directory), "%s/exchange.XXXXXX", scratch_directory());
    ck_assert_ptr_nonnull(mkdtemp(directory));
    ck_assert_int_eq(exchange_pool_set_path(&pool, directory, "/s"), 0);
    served = serve(pool.path);
}

static void teardown(void)
{
    exchange_pool_empty(&pool);
    close(served);
    unlink(pool.path);
    rmdir(directory);
}

static void send_question(Exchange *exchange)
{
    StorehookWriter writer;

    storehook_write_start(&writer, buffer, sizeof(buffer), STOREHOOK_SCAN, exchange->request, 0, 0);
    storehook_write_reply_socket(&writer, exchange->line.far.fd);
    ck_assert_int_eq(exchange_send(exchange, &writer, clock_now_us() + 1000000), 0);
}

/* The far end of the pair that came with the question. */
static int ask(Exchange *exchange)
{
    int descriptors[STOREHOOK_DESCRIPTORS_MAX];
    StorehookMessage message;
    unsigned count;
    ssize_t size;

    send_question(exchange);
    size = storehook_receive(served, buffer, sizeof(buffer), descriptors, &count, MSG_DONTWAIT);
    ck_assert_int_gt(size, 0);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(storehook_read_message(buffer, (size_t)size, descriptors, count, &message), 0);
    ck_assert_uint_eq(message.header.request, exchange->request);
    return descriptors[0];
}

static void answer(int fd, uint64_t request)
{
    unsigned char bytes[256] __attribute__((aligned(8)));
    StorehookWriter writer;

    storehook_write_start(&writer, bytes, sizeof(bytes), STOREHOOK_VERDICT, request, 0, 0);
    ck_assert_int_eq(storehook_write_send(&writer, fd, MSG_DONTWAIT), 0);
}

static ssize_t receive(Exchange *exchange, int milliseconds)
{
    int descriptors[STOREHOOK_DESCRIPTORS_MAX];
    int64_t now = clock_now_us();
    unsigned count;

    return exchange_receive(exchange, buffer, sizeof(buffer), descriptors, &count, now,
                            now + (int64_t)milliseconds * 1000);
}

START_TEST(answered_line_is_used_again)
{
    Exchange first, second, third;
    int socket;

    ck_assert_int_eq(exchange_open(&pool, &first), 0);
    answer(ask(&first), first.request);
    ck_assert_int_gt(receive(&first, 1000), 0);
    socket = first.line.socket.fd;
    exchange_close(&first, true);
    ck_assert_int_eq(exchange_open(&pool, &second), 0);
    ck_assert_int_eq(second.line.socket.fd, socket);
    ck_assert_uint_ne(second.request, first.request + 1);
    /* One in use is nobody else's. */
    ck_assert_int_eq(exchange_open(&pool, &third), 0);
    ck_assert_int_ne(third.line.socket.fd, socket);
    exchange_close(&third, false);
    exchange_pool_empty(&pool);
    exchange_close(&second, true);
    ck_assert_uint_eq(pool.idle_count, 0);
}
END_TEST

START_TEST(no_more_lines_are_kept_than_there_is_room)
{
    Exchange many[LINES_IDLE_MAX + 2];
    const unsigned count = sizeof(many) / sizeof(many[0]);

    for (unsigned i = 0; i < count; i++)
        ck_assert_int_eq(exchange_open(&pool, &many[i]), 0);
    for (unsigned i = 0; i < count; i++)
        exchange_close(&many[i], true);
    ck_assert_uint_eq(pool.idle_count, LINES_IDLE_MAX);
}
END_TEST

START_TEST(another_questions_answer_is_none)
{
    Exchange exchange;
    int far;

    ck_assert_int_eq(exchange_open(&pool, &exchange), 0);
    far = ask(&exchange);
    answer(far, exchange.request + 1);
    answer(far, exchange.request);
    ck_assert_int_gt(receive(&exchange, 1000), 0);
    answer(far, exchange.request - 1);
    ck_assert_int_eq(receive(&exchange, 100), -ETIMEDOUT);
    close(far);
    exchange_close(&exchange, false);
}
END_TEST

/* Our own copy of the far end must not hide that the other is closed. */
START_TEST(death_is_seen)
{
    Exchange exchange;
    int64_t start = clock_now_us();

    ck_assert_int_eq(exchange_open(&pool, &exchange), 0);
    close(ask(&exchange));
    ck_assert_int_eq(receive(&exchange, 20000), -ECONNRESET);
    exchange_close(&exchange, true);
    ck_assert_uint_eq(pool.idle_count, 0);
    /* The same while it lies in the queue of a service that goes. */
    ck_assert_int_eq(exchange_open(&pool, &exchange), 0);
    send_question(&exchange);
    close(served);
    ck_assert_int_eq(receive(&exchange, 20000), -ECONNRESET);
    exchange_close(&exchange, true);
    ck_assert_int_lt(clock_now_us() - start, 15000000);
    served = -1;
    ck_assert(exchange_is_gone(exchange_open(&pool, &exchange)));
}
END_TEST

START_TEST(late_answer_comes_but_its_line_goes)
{
    Exchange exchange;
    int far;

    ck_assert_int_eq(exchange_open(&pool, &exchange), 0);
    far = ask(&exchange);
    ck_assert_int_eq(receive(&exchange, 30), -ETIMEDOUT);
    answer(far, exchange.request);
    ck_assert_int_gt(receive(&exchange, 1000), 0);
    exchange_close(&exchange, true);
    ck_assert_uint_eq(pool.idle_count, 0);
    close(far);
}
END_TEST

/* A lane whose worker does not come, and a shared queue that was full when it was looked at. */
typedef struct {
    int lane;
    uint64_t request;
    Exchange exchange;
    char path[sizeof(pool.path) + 16];
} Jam;

static void jam_lane(int processor)
{
    StorehookLanes *lanes;
    Descriptor memory = descriptor_take(memfd_create("lanes", MFD_CLOEXEC));

    ck_assert_int_eq(ftruncate(memory.fd, sizeof(*lanes)), 0);
    lanes = mmap(NULL, sizeof(*lanes), PROT_READ | PROT_WRITE, MAP_SHARED, memory.fd, 0);
    ck_assert_ptr_ne(lanes, MAP_FAILED);
    atomic_store(&lanes->lanes[processor].waiting, 1);
    exchange_pool_make_lanes(&pool);
    ck_assert_int_eq(exchange_pool_set_lanes(&pool, &memory), 0);
    munmap(lanes, sizeof(*lanes));
    descriptor_close(&memory);
}

/* Until nobody can send, and not only one who has used up what a sender may have under way. */
static void fill(const char *path)
{
    unsigned sent;

    do {
        int filler = exchange_connect(path);

        ck_assert_int_ge(filler, 0);
        for (sent = 0; send(filler, "", 1, MSG_DONTWAIT) == 1; sent++)
            ;
        ck_assert_int_eq(errno, EAGAIN);
        close(filler);
    } while (sent > 0);
}

/* On this processor from now on, whose worker waits. */
static void jam_open_lane(Jam *jam)
{
    int processor = sched_getcpu();
    cpu_set_t here;

    ck_assert(processor >= 0 && processor < STOREHOOK_LANES_MAX);
    CPU_ZERO(&here);
    CPU_SET((size_t)processor, &here);
    ck_assert_int_eq(sched_setaffinity(0, sizeof(here), &here), 0);
    snprintf(jam->path, sizeof(jam->path), STOREHOOK_LANE_FORMAT, pool.path, (unsigned)processor);
    jam->lane = serve(jam->path);
    jam_lane(processor);
    ck_assert_int_eq(exchange_open(&pool, &jam->exchange), 0);
    ck_assert_int_eq(jam->exchange.line.lane, processor);
    jam->request = jam->exchange.request;
}

static void jam_start(Jam *jam)
{
    jam_open_lane(jam);
    fill(pool.path);
    send_question(&jam->exchange);
}

static void jam_end(Jam *jam)
{
    exchange_close(&jam->exchange, false);
    exchange_pool_free_lanes(&pool);
    close(jam->lane);
    unlink(jam->path);
}

/* The first that comes to the shared queue and is no filling; not later than in 10 seconds. */
static bool wait_for_call(uint64_t request)
{
    struct pollfd queue = {.fd = served, .events = POLLIN};

    while (poll(&queue, 1, 10000) == 1) {
        _Alignas(8) unsigned char bytes[256];
        int descriptors[STOREHOOK_DESCRIPTORS_MAX];
        StorehookMessage message;
        unsigned count;
        ssize_t size = storehook_receive(served, bytes, sizeof(bytes), descriptors, &count, 0);

        if (size > 1)
            return storehook_read_message(bytes, (size_t)size, descriptors, count, &message) == 0 &&
                   message.header.kind == STOREHOOK_LOOK && message.header.request == request;
    }
    return false;
}

/* Another worker, which has time after a while. */
static void *come_back(void *data)
{
    Jam *jam = data;
    _Alignas(8) unsigned char bytes[STOREHOOK_DATAGRAM_MAX];
    int descriptors[STOREHOOK_DESCRIPTORS_MAX];
    unsigned count;

    usleep(50000);
    if (wait_for_call(jam->request) &&
        storehook_receive(jam->lane, bytes, sizeof(bytes), descriptors, &count, MSG_DONTWAIT) > 0) {
        answer(descriptors[0], jam->request);
        close(descriptors[0]);
    }
    return NULL;
}

/* What is full is only one worker's: the others are asked, and without waiting. */
START_TEST(full_lane_is_left)
{
    Jam jam;

    jam_open_lane(&jam);
    fill(jam.path);
    close(ask(&jam.exchange));
    ck_assert_int_eq(jam.exchange.line.lane, LANE_NONE);
    jam_end(&jam);
}
END_TEST

START_TEST(call_is_repeated_until_there_is_room)
{
    Jam jam;
    pthread_t other;

    jam_start(&jam);
    ck_assert_int_eq(pthread_create(&other, NULL, come_back, &jam), 0);
    ck_assert_int_gt(receive(&jam.exchange, 3000), 0);
    pthread_join(other, NULL);
    jam_end(&jam);
}
END_TEST

static int64_t processor_us(void)
{
    struct rusage usage;

    ck_assert_int_eq(getrusage(RUSAGE_THREAD, &usage), 0);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
}

START_TEST(calling_neither_takes_longer_nor_all_the_time)
{
    int64_t used = processor_us(), start = clock_now_us();
    Jam jam;

    jam_start(&jam);
    ck_assert_int_eq(receive(&jam.exchange, 500), -ETIMEDOUT);
    ck_assert_int_lt(processor_us() - used, 250000);
    ck_assert_int_lt(clock_now_us() - start, 2000000);
    jam_end(&jam);
}
END_TEST

/* A supervisor that is asked once and grants so many milliseconds; 0: says nothing of it. */
static void *welcome(void *data)
{
    _Alignas(8) unsigned char bytes[STOREHOOK_DATAGRAM_MAX];
    int descriptors[STOREHOOK_DESCRIPTORS_MAX];
    const uint32_t *deadline_ms = data;
    StorehookWriter writer;
    unsigned count = 0;

    if (storehook_receive(served, bytes, sizeof(bytes), descriptors, &count, 0) <= 0)
        return NULL;
    storehook_write_start(&writer, bytes, sizeof(bytes), STOREHOOK_WELCOME, 0, 0, 1);
    storehook_write_u32(&writer, STOREHOOK_FIELD_ANSWER, STOREHOOK_ANSWER_NOT_YOU);
    if (*deadline_ms > 0)
        storehook_write_u32(&writer, STOREHOOK_FIELD_DEADLINE, *deadline_ms);
    (void)storehook_write_send(&writer, descriptors[0], 0);
    for (unsigned i = 0; i < count; i++)
        close(descriptors[i]);
    return NULL;
}

START_TEST(no_service_makes_a_store_wait_for_ever)
{
    static const struct {
        uint32_t granted, taken;
    } deadlines[] = {{0, 10000}, {7, 7}, {600000, 600000}, {600001, 600000}, {UINT32_MAX, 600000}};
    const unsigned char instance[HANDSHAKE_INSTANCE_SIZE] = {1};

    for (size_t i = 0; i < sizeof(deadlines) / sizeof(deadlines[0]); i++) {
        uint32_t granted = deadlines[i].granted;
        int fd = exchange_connect(pool.path);
        pthread_t supervisor;
        Descriptor line;
        Welcome said;

        ck_assert_int_eq(pthread_create(&supervisor, NULL, welcome, &granted), 0);
        ck_assert_int_eq(handshake_say(fd, instance, clock_now_us() + 20000000, &line), 0);
        ck_assert_int_eq(handshake_hear(&line, clock_now_us() + 20000000, &said), 0);
        descriptor_close(&line);
        pthread_join(supervisor, NULL);
        ck_assert_uint_eq(said.deadline_ms, deadlines[i].taken);
        close(fd);
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, answered_line_is_used_again);
    tcase_add_test(tests, no_more_lines_are_kept_than_there_is_room);
    tcase_add_test(tests, another_questions_answer_is_none);
    tcase_add_test(tests, death_is_seen);
    tcase_add_test(tests, late_answer_comes_but_its_line_goes);
    tcase_add_test(tests, full_lane_is_left);
    tcase_add_test(tests, call_is_repeated_until_there_is_room);
    tcase_add_test(tests, calling_neither_takes_longer_nor_all_the_time);
    tcase_add_test(tests, no_service_makes_a_store_wait_for_ever);
}

UNIT_MAIN(add_tests)
