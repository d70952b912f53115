/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * age-clock.h - the time by which it is decided what is old enough to go for good.
 */
#ifndef SCANNER_AGE_CLOCK_H
#define SCANNER_AGE_CLOCK_H

#include <glib.h>

#define AGE_CLOCK_LEAP ((gint64)3600 * G_USEC_PER_SEC)   /* more is no correction */
#define AGE_CLOCK_DOUBT ((gint64)86400 * G_USEC_PER_SEC) /* until somebody has set it right */

/* All zero at first. */
typedef struct {
    gboolean has_begun;
    gint64 lead;     /* of the time of day before the time since boot */
    gint64 leapt_at; /* since boot; 0: no leap in doubt */
} AgeClock;

/*
 * Microseconds since 1970: the time of day. A clock that was set forward while we looked is not
 * believed for a day, in which time goes on as before. *ret_leapt: how far, the first time that it
 * is seen, else 0.
 */
gint64 age_clock_now(AgeClock *clock, gint64 time_of_day, gint64 since_boot, gint64 *ret_leapt);

#endif /* SCANNER_AGE_CLOCK_H */
