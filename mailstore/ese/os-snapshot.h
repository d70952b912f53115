/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * os-snapshot.h - holding all writes of the process's instances while their files are copied.
 */
#ifndef MAILSTORE_ESE_OS_SNAPSHOT_H
#define MAILSTORE_ESE_OS_SNAPSHOT_H

#include "mailstore/ese/instance.h"

/* There is one at a time: JET_errOSSnapshotInvalidSequence. */
JET_ERR os_snapshot_prepare(JET_GRBIT grbit, JET_OSSNAPID *ret);
JET_ERR os_snapshot_add(JET_OSSNAPID id, JET_INSTANCE instance);
JET_ERR os_snapshot_freeze(JET_OSSNAPID id, bool wide, uint32_t *ret_count,
                           JET_INSTANCE_INFO **ret);
JET_ERR os_snapshot_info(JET_OSSNAPID id, bool wide, uint32_t *ret_count, JET_INSTANCE_INFO **ret);
JET_ERR os_snapshot_thaw(JET_OSSNAPID id);
JET_ERR os_snapshot_abort(JET_OSSNAPID id);
JET_ERR os_snapshot_end(JET_OSSNAPID id);
/* `instance` NULL: of all that take part. */
JET_ERR os_snapshot_truncate(JET_OSSNAPID id, const JET_INSTANCE *instance);

#endif
