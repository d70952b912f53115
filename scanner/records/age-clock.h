/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * age-clock.h - the time that decides what is old enough to be removed for good.
 */
#ifndef SCANNER_AGE_CLOCK_H
#define SCANNER_AGE_CLOCK_H

#include <glib.h>

#define AGE_CLOCK_LEAP ((gint64)3600 * G_USEC_PER_SEC)   /* more does not correct a clock */
#define AGE_CLOCK_DOUBT ((gint64)86400 * G_USEC_PER_SEC) /* time to set the clock right */

/* To be initialized with zeros. */
typedef struct {
    gboolean has_begun;
    gint64 lead;     /* time of day less time since boot */
    gint64 leapt_at; /* time since boot; 0: no leap */
} AgeClock;

/* Returns the time of day in microseconds since 1970. After the clock was set forward, by more than
 * AGE_CLOCK_LEAP since the last call, it is not believed for AGE_CLOCK_DOUBT: the time goes on as
 * before the leap. *ret_leapt: by how much, when the leap is first seen, else 0. */
gint64 age_clock_now(AgeClock *clock, gint64 time_of_day, gint64 since_boot, gint64 *ret_leapt);

#endif /* SCANNER_AGE_CLOCK_H */
