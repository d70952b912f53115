/* SPDX-License-Identifier: GPL-2.0-or-later */
/* archive-end.h - what stands behind the end of an archive or shortcut, where those who read it
 * stop; archives behind something else; and tars whose members end elsewhere than it seems. */
#ifndef SCANNER_ARCHIVE_END_H
#define SCANNER_ARCHIVE_END_H

#include <glib.h>

/* TRUE for a tar with a member that is longer or shorter than its own head says: libclamav goes by
 * the head, and those who unpack it do not. */
gboolean archive_end_has_other_sizes(const void *data, gsize size);
/* The names in a tar that stand in a record before the member's head, which has room for a hundred
 * letters (POSIX 1003.1 pax, GNU tar): libclamav knows what is in the head. `name` has `length`
 * bytes and no end. */
typedef void (*ArchiveEndNamed)(const char *name, gsize length, gpointer user_data);
void archive_end_tell_long_names(const void *data, gsize size, ArchiveEndNamed found,
                                 gpointer user_data);
/* The place of the first byte behind the end that is not zero; 0: there is none, or these are the
 * bytes of no archive whose end can be told. Where an archive is damaged its end is there. */
gsize archive_end_find(const void *data, gsize size);

/* Where the first archive in bytes of another kind begins; the size: there is none. */
gsize archive_end_find_first(const void *data, gsize size);
/* The same of tars alone, which are told by their checksum. */
gsize archive_end_find_tar(const void *data, gsize size);

#endif /* SCANNER_ARCHIVE_END_H */
