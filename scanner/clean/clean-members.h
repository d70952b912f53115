/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clean-members.h - what the writers of archives without their bad members have in common.
 */
#ifndef SCANNER_CLEAN_MEMBERS_H
#define SCANNER_CLEAN_MEMBERS_H

#include "scanner/judge/judge.h"

typedef struct {
    Judge *judge;
    guint64 bytes;    /* unpacked so far: up to [limits] scan-size */
    guint kept, cuts; /* parts that stay, and things that went out */
    guint depth;      /* of documents within documents */
    GString *removed; /* names, divided by commas */
    const char *finding, *reference;
    gboolean failed; /* something can be neither judged nor kept: no cleaning */
} CleanMembers;

/* Memory for a member that says it has `size` bytes; NULL, with `failed`, over a limit. */
guint8 *clean_members_room(CleanMembers *members, guint64 size);
/* Whether it may stay; else its name is among the removed. */
gboolean clean_members_judge(CleanMembers *members, const char *name, const guint8 *data,
                             gsize size);
void clean_members_tell(CleanMembers *members, const char *name);
/* The same for those who cut a format, with a CleanMembers as `user`. */
void clean_members_removed(const char *name, gpointer user);
/* A part of a document that may be a document itself: its new bytes, or NULL where nothing goes out
 * of it, or, with `failed`, where it should and cannot. */
GBytes *clean_members_inner(CleanMembers *members, const guint8 *data, gsize size);
/* The note for the reader, and the name of the member that it is. */
char *clean_members_note(const CleanMembers *members);
char *clean_members_note_name(const CleanMembers *members);

gboolean clean_zip_matches(const guint8 *data, gsize size);
/* NULL when it cannot be done, or nothing goes out. An archive is none for `only_package`. */
GBytes *clean_zip(CleanMembers *members, const guint8 *data, gsize size, gboolean only_package);

gboolean clean_ole_matches(const guint8 *data, gsize size);
GBytes *clean_ole(CleanMembers *members, const guint8 *data, gsize size);

gboolean clean_tar_matches(const guint8 *data, gsize size);
GBytes *clean_tar(CleanMembers *members, const guint8 *data, gsize size);

#endif /* SCANNER_CLEAN_MEMBERS_H */
