/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * age-clock.c - compares the time of day with the time since boot, which cannot be set.
 *
 * Known limit: a clock that is already wrong when the service starts is believed.
 */
#include "scanner/records/age-clock.h"

gint64 age_clock_now(AgeClock *clock, gint64 time_of_day, gint64 since_boot, gint64 *ret_leapt)
{
    gint64 lead = time_of_day - since_boot;
    gboolean leaps = clock->has_begun && lead - clock->lead > AGE_CLOCK_LEAP;

    *ret_leapt = leaps && clock->leapt_at == 0 ? lead - clock->lead : 0;
    if (leaps && clock->leapt_at == 0)
        clock->leapt_at = since_boot;
    if (leaps && since_boot - clock->leapt_at < AGE_CLOCK_DOUBT)
        return since_boot + clock->lead;
    *clock = (AgeClock){.has_begun = TRUE, .lead = lead};
    return time_of_day;
}
