/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fault.c - allocation behind the choke point of fault.h.
 */
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/fault.h"

int (*fault_hook)(FaultPoint point);

void *fault_malloc(size_t size)
{
    return fault_at(FAULT_ALLOCATE) ? NULL : malloc(size);
}

void *fault_calloc(size_t count, size_t size)
{
    return fault_at(FAULT_ALLOCATE) ? NULL : calloc(count, size);
}

void *fault_realloc(void *data, size_t size)
{
    return fault_at(FAULT_ALLOCATE) ? NULL : realloc(data, size);
}

char *fault_strdup(const char *text)
{
    return fault_at(FAULT_ALLOCATE) ? NULL : strdup(text);
}

char *fault_strndup(const char *text, size_t size)
{
    return fault_at(FAULT_ALLOCATE) ? NULL : strndup(text, size);
}
