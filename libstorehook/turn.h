/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * turn.h - how many threads may have a question open at once; the others wait for their turn.
 */
#ifndef LIBSTOREHOOK_TURN_H
#define LIBSTOREHOOK_TURN_H

#include <stdint.h>

typedef enum {
    TURN_TAKEN,
    TURN_TAKEN_LATE, /* after a wait: what was known of the service may be different now */
    TURN_NONE        /* not within the time */
} Turn;

/* Looks again how many descriptors this process may open. */
void turn_set_limit(void);
/* Waits for *budget_us at most and takes from it what it waited. A thread has one turn, however
 * often it takes it. */
Turn turn_take(int64_t *budget_us);
/* Nothing where the thread has none. */
void turn_give(void);

#endif /* LIBSTOREHOOK_TURN_H */
