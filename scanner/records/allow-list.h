/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * allow-list.h - digests that an operator let through or forbade, with a reason and an end; there
 * is one list of each kind. What stands for a signature's name is a digest too.
 *
 * The supervisor owns the list (persisted in SQLite) and writes it to a small shared map; workers
 * read that map, which they cannot write. A worker asks with the SHA-256 of a decoded part before
 * it acts on any verdict (rules by name included), and of the text before it acts on an inline
 * part.
 */
#ifndef SCANNER_ALLOW_LIST_H
#define SCANNER_ALLOW_LIST_H

#include <glib.h>
#include <json-glib/json-glib.h>

#include "libstorehook/protocol.h"

#define ALLOW_LIST_DIGEST STOREHOOK_DIGEST_SIZE
/* A release adds one digest a part, and a message may have 10 000 of them. Beyond, the entries that
 * end first make room (told by g_warning()); 40 bytes each, twice that many places. */
#define ALLOW_LIST_MAX 32768

#define ALLOW_LIST_ERROR allow_list_error_quark()
GQuark allow_list_error_quark(void);
typedef enum {
    ALLOW_LIST_ERROR_FAILED
} AllowListError;

/* Seconds since 1970 in the year 9999. */
#define ALLOW_LIST_FOREVER G_GINT64_CONSTANT(253402300799)

/* --- In the supervisor --- */
typedef struct AllowList AllowList;

/* Open it before the loader is forked: the children get the map's read-only descriptor by that. */
AllowList *allow_list_open(const char *path, GError **error);
AllowList *allow_list_close(AllowList *list); /* accepts and returns NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AllowList, allow_list_close)

/* The map's descriptor, read-only, CLOEXEC; stays the list's. */
int allow_list_peek_fd(const AllowList *list);

/* In force for workers when this returns. end: seconds since 1970. An entry that is there gets the
 * later end. */
gboolean allow_list_add(AllowList *list, const guint8 *digests, gsize digest_count,
                        const char *reason, gint64 end, GError **error);
gboolean allow_list_add_name(AllowList *list, const char *signature, GError **error);
/* Called after each change. */
void allow_list_on_change(AllowList *list, void (*changed)(gpointer user_data), gpointer user_data);
gboolean allow_list_has(const AllowList *list, const guint8 digest[ALLOW_LIST_DIGEST]);
gboolean allow_list_remove(AllowList *list, const guint8 digest[ALLOW_LIST_DIGEST], GError **error);
/* Call once an hour; the map itself honours the ends to the second. */
void allow_list_expire(AllowList *list, gint64 now);
guint allow_list_count(const AllowList *list);
/* {sha256 or signature, reason, added, end} */
JsonArray *allow_list_describe(AllowList *list);

/* --- In both --- */
void allow_list_name_digest(const char *signature, guint8 ret[ALLOW_LIST_DIGEST]);

/* --- In a worker --- */
typedef struct AllowView AllowView;

AllowView *allow_view_new(int fd, GError **error);
AllowView *allow_view_free(AllowView *view); /* accepts and returns NULL */
/* FALSE also when the map is being changed for too long: to scan is always
 * safe. Well below a microsecond. */
gboolean allow_view_contains(const AllowView *view, const guint8 digest[ALLOW_LIST_DIGEST],
                             gint64 now);
/* A number that is another one when entries came or went; 0 only when there are none. */
guint32 allow_view_state(const AllowView *view);

#endif /* SCANNER_ALLOW_LIST_H */
