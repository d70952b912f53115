/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine-about.c - libclamav's version, and the EICAR test file.
 */
#include "scanner/scan/engine-about.h"

#include <clamav.h>

const char *engine_version(void)
{
    return cl_retver();
}

const char *engine_canary(void)
{
    /* In two pieces, so that no scanner eats this program. */
    return "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-"
           "ANTIVIRUS-TEST-FILE!$H+H*";
}
