/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * members.h - what lies inside a content: the members of archives and documents, however deep.
 *
 * Made while a content is scanned, remembered with its verdict, looked at by the rules. Members
 * are known by their number from 1; 0 is the content itself, which is not in the list.
 */
#ifndef SCANNER_MEMBERS_H
#define SCANNER_MEMBERS_H

#include <glib.h>

enum {
    MEMBERS_NAME_MAX = 1024, /* bytes of one name; file systems end at 255, paths at 4096 */
    MEMBERS_PATH_MAX = 1024  /* bytes of a path as it is shown: its end, which tells most */
};

typedef enum {
    MEMBER_ENCRYPTED = 1,     /* its bytes were not seen */
    MEMBER_DOCUMENT_PART = 2, /* its name was given by the program that wrote the document */
    MEMBER_MESSAGE_PART = 4,  /* of a message, not of an archive */
    MEMBER_TYPE_SURE = 8,     /* by signs that leave no doubt, or libmagic was asked */
    MEMBER_SEEN = 16          /* its bytes were: the type could be told */
} MemberFlags;

typedef struct {
    guint parent;     /* number of the member it lies in; 0: the content itself */
    const char *name; /* UTF-8 or whatever the archive says, with its path; "" when none */
    const char *type; /* true MIME type; "": not told */
    guint64 size;     /* unpacked, as far as it is known */
    guint flags;      /* MemberFlags */
} Member;

typedef struct Members Members;

/* Holds no more than `most` members and `bytes` bytes when stored; the rest is cut. */
Members *members_new(guint most, gsize bytes);
Members *members_free(Members *members); /* accepts and returns NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Members, members_free)

/* The number of the new member; 0 when there is no room: the list is cut then. Texts are copied. */
guint members_add(Members *members, const Member *member);
/* Once its bytes were seen, which is marked too. */
void members_set_type(Members *members, guint number, const char *type, gboolean is_sure);
/* Of one that had no name. */
void members_set_name(Members *members, guint number, const char *name);
/* All of `from`, below the member `parent` of `to`. */
void members_append(Members *to, guint parent, const Members *from);

guint members_count(const Members *members); /* NULL: 0 */
guint members_limit(const Members *members);
/* Borrowed until the list changes. `number` must be in the list. */
Member members_get(const Members *members, guint number);
gboolean members_is_cut(const Members *members); /* NULL: FALSE */
void members_set_cut(Members *members);

/* The member that the verdict is about; 0: none, or the content itself. */
guint members_culprit(const Members *members);
void members_set_culprit(Members *members, guint number);

/* The names from the content to the member, divided by slashes; what has no name is told by its
 * number. Valid UTF-8 without control characters; g_free(). */
char *members_path(const Members *members, guint number);

/* As bytes, and from bytes that may be damaged: NULL then. An empty list has none. */
GBytes *members_store(const Members *members);
Members *members_load(const void *bytes, gsize size);

#endif /* SCANNER_MEMBERS_H */
