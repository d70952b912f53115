/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * info-instance.h - the instances of the process and what they hold.
 */
#ifndef MAILSTORE_ESE_INFO_INSTANCE_H
#define MAILSTORE_ESE_INFO_INSTANCE_H

#include <stdbool.h>

#include "mailstore/ese/instance.h"

/* Which instances are meant; NULL: all. */
typedef bool (*InstanceFilter)(const Instance *instance, void *context);

/* One block for JetFreeBuffer with an array and all its text, UTF-16 when `wide`. */
JET_ERR info_instances(InstanceFilter filter, void *context, bool wide, uint32_t *ret_count,
                       JET_INSTANCE_INFO **ret);
JET_ERR info_instance(JET_INSTANCE instance, void *result, uint32_t size, uint32_t level);

#endif
