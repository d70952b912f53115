/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * parameter.h - the numbered system parameters: legal ranges, defaults, when they may be set.
 */
#ifndef MAILSTORE_ESE_PARAMETER_H
#define MAILSTORE_ESE_PARAMETER_H

#include <stdbool.h>

#include "mailstore/ese/esent.h"

enum {
    PARAMETER_SNAPSHOT_AGE_MAX = JET_paramMaxValueInvalid, /* ESENT_paramSnapshotAgeMax */
    PARAMETER_COUNT,
};

/* The values of one instance, or the process-wide ones that new instances start with. Strings are
 * owned; NULL is the default. Not locked: its owner does. */
typedef struct {
    JET_API_PTR values[PARAMETER_COUNT]; /* by number; our own follow the last of the API */
    char *strings[PARAMETER_COUNT];
    JET_UNICODEINDEX unicode_index;
} ParameterSet;

void parameter_set_init(ParameterSet *set); /* the defaults */
JET_ERR parameter_set_copy(ParameterSet *to, const ParameterSet *from);
void parameter_set_clear(ParameterSet *set);

/* Whether the parameter holds for the whole process whatever instance is named. */
bool parameter_is_global(uint32_t id);
/* JET_errInvalidParameter for an unknown one, a value out of range or one that cannot be set;
 * JET_errAlreadyInitialized for one that is fixed by now. */
JET_ERR parameter_store(ParameterSet *set, uint32_t id, JET_API_PTR value, const char *text,
                        bool initialized);
/* *value is in and out for JET_paramErrorToString. JET_errBufferTooSmall when the text does not
 * fit in `size` bytes. */
JET_ERR parameter_load(const ParameterSet *set, uint32_t id, JET_API_PTR *value, char *text,
                       uint32_t size);

/* The name of an error or warning, "JET_err..."; NULL when it has none. */
const char *parameter_error_name(JET_ERR err);

#endif
