/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-keyed-lock.c - holders of one key exclude each other, those of others do not.
 */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#include "mailstore/message/keyed-lock.h"
#include "tests/run-suite.h"

enum {
    KEYS = 3,
    ROUNDS = 2000
};

static KeyedLock *lock;
static guint counters[KEYS]; /* each guarded by its key */

static void *count_up(void *data)
{
    static const guint8 keys[] = {0, 1, 2};
    guint first = (guint)(guintptr)data % KEYS;
    for (guint i = 0; i < ROUNDS; i++) {
        for (guint key = first; key < KEYS; key++)
            keyed_lock_acquire(lock, &keys[key], FALSE);
        for (guint key = first; key < KEYS; key++)
            counters[key]++;
        for (guint key = first; key < KEYS; key++)
            keyed_lock_release(lock, &keys[key]);
    }
    return NULL;
}

START_TEST(holders_of_a_key_exclude_each_other)
{
    pthread_t threads[6];
    lock = keyed_lock_new(1);
    for (guintptr i = 0; i < G_N_ELEMENTS(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, count_up, (void *)i), 0);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(counters[0], 2 * ROUNDS);
    ck_assert_uint_eq(counters[1], 4 * ROUNDS);
    ck_assert_uint_eq(counters[2], 6 * ROUNDS);
    keyed_lock_free(lock);
}
END_TEST

START_TEST(try_does_not_wait)
{
    static const guint8 keys[] = {7, 9};
    lock = keyed_lock_new(1);
    keyed_lock_acquire(lock, &keys[0], FALSE);
    ck_assert(!keyed_lock_try(lock, &keys[0]));
    ck_assert(keyed_lock_try(lock, &keys[1]));
    keyed_lock_release(lock, &keys[0]);
    keyed_lock_release(lock, &keys[1]);
    ck_assert(keyed_lock_try(lock, &keys[0]));
    keyed_lock_release(lock, &keys[0]);
    keyed_lock_free(lock);
}
END_TEST

/* With a plain lock the two would wait for each other here. */
static void *share(void *data)
{
    static const guint8 key = 5;
    keyed_lock_acquire(lock, &key, TRUE);
    pthread_barrier_wait(data);
    keyed_lock_release(lock, &key);
    return NULL;
}

START_TEST(sharers_hold_a_key_together)
{
    static const guint8 key = 5;
    pthread_barrier_t barrier;
    pthread_t threads[3];

    lock = keyed_lock_new(1);
    pthread_barrier_init(&barrier, NULL, G_N_ELEMENTS(threads) + 1);
    keyed_lock_acquire(lock, &key, TRUE);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, share, &barrier), 0);
    pthread_barrier_wait(&barrier);
    ck_assert(!keyed_lock_try(lock, &key));
    keyed_lock_release(lock, &key);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        pthread_join(threads[i], NULL);
    ck_assert(keyed_lock_try(lock, &key));
    keyed_lock_release(lock, &key);
    pthread_barrier_destroy(&barrier);
    keyed_lock_free(lock);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("keyed-lock");
    TCase *tcase = tcase_create("core");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, holders_of_a_key_exclude_each_other);
    tcase_add_test(tcase, try_does_not_wait);
    tcase_add_test(tcase, sharers_hold_a_key_together);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
