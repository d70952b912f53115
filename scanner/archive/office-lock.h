/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * office-lock.h - documents whose password Office knows by itself, and asks nobody for.
 */
#ifndef SCANNER_OFFICE_LOCK_H
#define SCANNER_OFFICE_LOCK_H

#include <glib.h>

/* What an encrypted compound file holds: the package of the zip family, or a compound file with the
 * workbook alone. At most `most` bytes, by board_now() `end`. NULL: it has a password of its own,
 * is damaged, or locked in a way that is not known here. */
GBytes *office_lock_open(const void *data, gsize size, gsize most, guint64 end);

/* Of office-lock-book.c: a workbook's stream ([MS-XLS] 2.2.10), decrypted where it stands. FALSE:
 * it has another password, or no known lock. */
gboolean office_lock_open_book(guint8 *book, gsize size, const char *password);

/* Shared by the two. */
enum {
    OFFICE_PASSWORD_MAX = 32 /* letters */
};
/* As UTF-16 of little endian, as all of them want it; returns its bytes. */
gsize office_lock_password(const char *password, guint8 out[2 * OFFICE_PASSWORD_MAX]);

#endif /* SCANNER_OFFICE_LOCK_H */
