/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * signature.c - random names of runs and files.
 *
 * Known limit: the name of the computer is left empty.
 */
#include "mailstore/ese/signature.h"

#include <sys/random.h>
#include <time.h>

static JET_LOGTIME logtime_of(time_t when)
{
    struct tm parts;
    JET_LOGTIME time = {0};
    if (!gmtime_r(&when, &parts))
        return time;
    time.bSeconds = (char)parts.tm_sec;
    time.bMinutes = (char)parts.tm_min;
    time.bHours = (char)parts.tm_hour;
    time.bDays = (char)parts.tm_mday;
    time.bMonth = (char)(parts.tm_mon + 1);
    time.bYear = (char)parts.tm_year; /* since 1900 */
    time.bFiller1 = 1;                /* UTC */
    return time;
}

JET_SIGNATURE signature_new(void)
{
    JET_SIGNATURE signature = {.logtimeCreate = logtime_of(time(NULL))};
    /* Without random numbers (a kernel without the call) the time alone has to tell. */
    if (getrandom(&signature.ulRandom, sizeof(signature.ulRandom), 0) < 0)
        signature.ulRandom = 0;
    return signature;
}
