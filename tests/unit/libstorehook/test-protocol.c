/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-protocol.c - messages as written are read; messages as nobody would write them are not.
 */
#include "libstorehook/protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "libstorehook/handshake.h"
#include "tests/unit/libstorehook/unit-main.h"

static _Alignas(8) unsigned char buffer[STOREHOOK_DATAGRAM_MAX];
static StorehookWriter writer;
static StorehookMessage message;

static void start(void)
{
    storehook_write_start(&writer, buffer, sizeof(buffer), STOREHOOK_VERDICT, 7, 1, 2);
}

static int finish(void)
{
    StorehookHeader *header = (StorehookHeader *)(void *)buffer;

    header->length = (uint32_t)writer.length;
    return storehook_read_message(buffer, writer.length, NULL, 0, &message);
}

START_TEST(reads_what_was_written)
{
    StorehookValue value;
    size_t position = 0;

    start();
    storehook_write_u32(&writer, STOREHOOK_FIELD_ACTION, 3);
    storehook_write_bytes(&writer, STOREHOOK_FIELD_NAME, "abc", 3);
    storehook_write_bytes(&writer, STOREHOOK_FIELD_PART, NULL, 0);
    ck_assert_int_eq(finish(), 0);
    ck_assert_uint_eq(storehook_read_u32(&message, STOREHOOK_FIELD_ACTION, 9), 3);
    ck_assert_uint_eq(storehook_read_u32(&message, STOREHOOK_FIELD_NAME, 9), 9);
    ck_assert_uint_eq(storehook_read_u32(&message, STOREHOOK_FIELD_TYPE, 9), 9);
    ck_assert(storehook_read_next(&message, &position, &value));
    ck_assert(storehook_read_next(&message, &position, &value));
    ck_assert_mem_eq(value.data, "abc", 3);
    ck_assert(storehook_read_next(&message, &position, &value));
    ck_assert_uint_eq(value.size, 0);
    ck_assert(!storehook_read_next(&message, &position, &value));
}
END_TEST

START_TEST(does_not_overflow)
{
    static unsigned char large[STOREHOOK_DATAGRAM_MAX];

    start();
    storehook_write_bytes(&writer, STOREHOOK_FIELD_DATA, large, sizeof(large));
    ck_assert(writer.overflow);
    ck_assert_int_eq(storehook_write_send(&writer, -1, 0), -EMSGSIZE);
    start();
    for (unsigned i = 0; i < STOREHOOK_FIELDS_MAX; i++)
        storehook_write_bytes(&writer, STOREHOOK_FIELD_PART, NULL, 0);
    ck_assert(!writer.overflow);
    storehook_write_bytes(&writer, STOREHOOK_FIELD_PART, NULL, 0);
    ck_assert(writer.overflow);
}
END_TEST

START_TEST(sends_a_tail)
{
    static const size_t sizes[] = {0, 1, 8, 100, STOREHOOK_TAIL_MAX - 1, STOREHOOK_TAIL_MAX};
    static _Alignas(8) unsigned char received[STOREHOOK_REQUEST_MAX];
    static unsigned char large[STOREHOOK_TAIL_MAX + 1];
    int pair[2];

    for (size_t i = 0; i < sizeof(large); i++)
        large[i] = (unsigned char)(i * 7);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        StorehookValue value;
        unsigned count;
        ssize_t size;

        start();
        storehook_write_u32(&writer, STOREHOOK_FIELD_ACTION, 3);
        storehook_write_tail(&writer, STOREHOOK_FIELD_DATA, large, sizes[i]);
        ck_assert_int_eq(storehook_write_send(&writer, pair[0], 0), 0);
        size = storehook_receive(pair[1], received, sizeof(received), NULL, &count, 0);
        ck_assert_int_eq(storehook_read_message(received, (size_t)size, NULL, 0, &message), 0);
        ck_assert_uint_eq(storehook_read_u32(&message, STOREHOOK_FIELD_ACTION, 9), 3);
        ck_assert(storehook_read_find(&message, STOREHOOK_FIELD_DATA, &value));
        ck_assert_uint_eq(value.size, sizes[i]);
        ck_assert_mem_eq(value.data, large, sizes[i]);
    }
    close(pair[0]);
    close(pair[1]);
    start();
    storehook_write_tail(&writer, STOREHOOK_FIELD_DATA, large, 1);
    storehook_write_u32(&writer, STOREHOOK_FIELD_ACTION, 3);
    ck_assert(writer.overflow);
    start();
    storehook_write_tail(&writer, STOREHOOK_FIELD_DATA, large, sizeof(large));
    ck_assert(writer.overflow);
}
END_TEST

START_TEST(refuses_wrong_headers)
{
    StorehookHeader *header = (StorehookHeader *)(void *)buffer;

    start();
    storehook_write_u32(&writer, STOREHOOK_FIELD_ACTION, 3);
    ck_assert_int_eq(finish(), 0);
    ck_assert_int_eq(storehook_read_message(buffer, writer.length - 1, NULL, 0, &message), -EPROTO);
    ck_assert_int_eq(storehook_read_message(buffer, 10, NULL, 0, &message), -EPROTO);
    header->version++;
    ck_assert_int_eq(finish(), -EPROTONOSUPPORT);
    header->version--;
    header->field_count++;
    ck_assert_int_eq(finish(), -EPROTO);
    header->field_count--;
    header->magic++;
    ck_assert_int_eq(finish(), -EPROTO);
}
END_TEST

/* What passes the check can be walked; ASan tells when that reads too far. */
START_TEST(survives_random_changes)
{
    unsigned random = (unsigned)_i + 1, understood = 0;

    for (unsigned round = 0; round < 20000; round++) {
        unsigned char *exact;
        StorehookValue value;
        size_t size, position = 0;

        start();
        for (unsigned i = rand_r(&random) % 6; i > 0; i--)
            storehook_write_bytes(&writer, (StorehookField)(rand_r(&random) % 40),
                                  "0123456789abcdef", rand_r(&random) % 17U);
        ck_assert_int_eq(finish(), 0);
        size = writer.length - (rand_r(&random) % 4 == 0 ? (unsigned)rand_r(&random) % 30 : 0);
        exact = malloc(size);
        memcpy(exact, buffer, size);
        for (unsigned i = rand_r(&random) % 4; i > 0; i--)
            exact[(unsigned)rand_r(&random) % size] = (unsigned char)rand_r(&random);
        if (storehook_read_message(exact, size, NULL, 0, &message) == 0) {
            understood++;
            while (storehook_read_next(&message, &position, &value))
                for (size_t i = 0; value.data && i < value.size; i++)
                    ck_assert_uint_le(((const unsigned char *)value.data)[i], 255);
        }
        free(exact);
    }
    ck_assert_uint_gt(understood, 1000);
}
END_TEST

START_TEST(carries_descriptors)
{
    static int received[STOREHOOK_DESCRIPTORS_MAX];
    unsigned count = 0;
    StorehookValue value;
    int pair[2], memfd = storehook_memfd_new("hello", 5);
    ssize_t size;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    start();
    storehook_write_reply_socket(&writer, pair[0]);
    storehook_write_descriptor(&writer, STOREHOOK_FIELD_DATA, memfd, 5);
    ck_assert_int_eq(storehook_write_send(&writer, pair[0], 0), 0);
    size = storehook_receive(pair[1], buffer, sizeof(buffer), received, &count, 0);
    ck_assert_int_gt(size, 0);
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(storehook_read_message(buffer, (size_t)size, received, count, &message), 0);
    ck_assert(storehook_read_find(&message, STOREHOOK_FIELD_DATA, &value));
    ck_assert_int_eq(value.descriptor, received[1]);
    ck_assert_int_eq(storehook_memfd_check(value.descriptor, 5), 0);
    ck_assert_int_ne(storehook_memfd_check(value.descriptor, 6), 0);
    ck_assert_int_ne(storehook_memfd_check(value.descriptor, 4), 0);
    ck_assert_int_ne(storehook_memfd_check(pair[0], 5), 0);
    /* An index beyond what came is no field. */
    ck_assert_int_eq(storehook_read_message(buffer, (size_t)size, received, 1, &message), -EPROTO);
}
END_TEST

/* Where the process has no room for what comes along, the message is no message. */
START_TEST(leaves_no_descriptor_out)
{
    static int received[STOREHOOK_DESCRIPTORS_MAX];
    struct rlimit before, now;
    unsigned count = 0;
    int pair[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    start();
    storehook_write_reply_socket(&writer, pair[0]);
    ck_assert_int_eq(storehook_write_send(&writer, pair[0], 0), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    now = (struct rlimit){0, before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &now), 0);
    ck_assert_int_eq(storehook_receive(pair[1], buffer, sizeof(buffer), received, &count, 0),
                     -EPROTO);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_uint_eq(count, 0);
}
END_TEST

static int memfd_sealed(size_t size, int seals)
{
    int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
    ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, seals), 0);
    return fd;
}

/* What is mapped while others have it must neither shrink under the reader nor change where that
 * counts. */
START_TEST(looks_at_seals)
{
    static const int short_of[] = {F_SEAL_WRITE, F_SEAL_GROW, F_SEAL_SHRINK};
    const int all = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK;
    Descriptor taken;
    int fd;

    for (size_t i = 0; i < sizeof(short_of) / sizeof(short_of[0]); i++) {
        fd = memfd_sealed(100, all & ~short_of[i]);
        ck_assert_int_eq(storehook_memfd_check(fd, 100), -EPERM);
        ck_assert_int_eq(handshake_take_shared(&(StorehookValue){.descriptor = fd}, 100, &taken),
                         short_of[i] == F_SEAL_SHRINK ? -EPROTO : 0);
        if (short_of[i] != F_SEAL_SHRINK)
            descriptor_close(&taken);
        close(fd);
    }
    fd = memfd_sealed(99, all);
    ck_assert_int_eq(handshake_take_shared(&(StorehookValue){.descriptor = fd}, 100, &taken),
                     -EPROTO);
    close(fd);
    ck_assert_int_eq(handshake_take_shared(&(StorehookValue){.descriptor = -1}, 100, &taken),
                     -EPROTO);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, reads_what_was_written);
    tcase_add_test(tests, does_not_overflow);
    tcase_add_test(tests, sends_a_tail);
    tcase_add_test(tests, refuses_wrong_headers);
    tcase_add_loop_test(tests, survives_random_changes, 0, 4);
    tcase_add_test(tests, carries_descriptors);
    tcase_add_test(tests, leaves_no_descriptor_out);
    tcase_add_test(tests, looks_at_seals);
}

UNIT_MAIN(add_tests)
