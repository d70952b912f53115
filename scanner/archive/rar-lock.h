/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rar-lock.h - whether a RAR of version 5 has a password, which libarchive does not tell. */
#ifndef SCANNER_RAR_LOCK_H
#define SCANNER_RAR_LOCK_H

#include <glib.h>

/* On its heads or on any file in it. FALSE for all else, RAR of version 4 included. */
gboolean rar_lock_is_closed(const guint8 *data, gsize size);

#endif /* SCANNER_RAR_LOCK_H */
