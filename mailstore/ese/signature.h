/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * signature.h - random names of runs and files.
 */
#ifndef MAILSTORE_ESE_SIGNATURE_H
#define MAILSTORE_ESE_SIGNATURE_H

#include "mailstore/ese/esent.h"

JET_SIGNATURE signature_new(void); /* made now */

#endif
