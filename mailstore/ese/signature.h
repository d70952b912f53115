/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * signature.h - random names of runs and files, and times in the API's form.
 */
#ifndef MAILSTORE_ESE_SIGNATURE_H
#define MAILSTORE_ESE_SIGNATURE_H

#include <time.h>

#include "mailstore/ese/esent.h"

JET_SIGNATURE signature_new(void); /* made now */
JET_LOGTIME logtime_of(time_t when);

#endif
