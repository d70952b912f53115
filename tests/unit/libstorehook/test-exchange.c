/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-exchange.c - a line is used again after an answer and never otherwise; only the answer with
 * the right number counts.
 */
#include "libstorehook/exchange.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "libstorehook/clock.h"
#include "tests/scratch.h"
#include "tests/unit/libstorehook/unit-main.h"

static char directory[SCRATCH_MAX + 32];
static ExchangePool pool = EXCHANGE_POOL_INIT;
static _Alignas(8) unsigned char buffer[STOREHOOK_DATAGRAM_MAX];
static int served = -1;

static void serve(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    strcpy(address.sun_path, pool.path);
    unlink(pool.path);
    served = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(served, (struct sockaddr *)&address, sizeof(address)), 0);
}

static void setup(void)
{
    snprintf(directory, sizeof(directory), "%s/exchange.XXXXXX", scratch_directory());
    ck_assert_ptr_nonnull(mkdtemp(directory));
    ck_assert_int_eq(exchange_pool_set_path(&pool, directory, "/s"), 0);
    serve();
}

static void teardown(void)
{
    exchange_pool_empty(&pool);
    close(served);
    unlink(pool.path);
    rmdir(directory);
}

/* The far end of the pair that came with the question. */
static int ask(Exchange *exchange)
{
    int descriptors[STOREHOOK_DESCRIPTORS_MAX];
    StorehookMessage message;
    StorehookWriter writer;
    unsigned count;
    ssize_t size;

    storehook_write_start(&writer, buffer, sizeof(buffer), STOREHOOK_SCAN, exchange->request, 0, 0);
    storehook_write_reply_socket(&writer, exchange->line.far.fd);
    ck_assert_int_eq(exchange_send(exchange, &writer, clock_now_us() + 1000000), 0);
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
    {
        StorehookWriter writer;

        storehook_write_start(&writer, buffer, sizeof(buffer), STOREHOOK_SCAN, exchange.request, 0,
                              0);
        storehook_write_reply_socket(&writer, exchange.line.far.fd);
        ck_assert_int_eq(exchange_send(&exchange, &writer, clock_now_us() + 1000000), 0);
    }
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

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, answered_line_is_used_again);
    tcase_add_test(tests, another_questions_answer_is_none);
    tcase_add_test(tests, death_is_seen);
    tcase_add_test(tests, late_answer_comes_but_its_line_goes);
}

UNIT_MAIN(add_tests)
