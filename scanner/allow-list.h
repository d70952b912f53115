/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * allow-list.h - digests that an operator let through: by a release, with a reason and an end.
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

#define ALLOW_LIST_DIGEST 32
/* A release adds one digest a part, and a message may have 10 000 of them. Beyond, the entries that
 * end first make room (told by g_warning()); 40 bytes each, twice that many places. */
#define ALLOW_LIST_MAX 32768

#define ALLOW_LIST_ERROR allow_list_error_quark()
GQuark allow_list_error_quark(void);
typedef enum {
    ALLOW_LIST_ERROR_FAILED
} AllowListError;

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
gboolean allow_list_remove(AllowList *list, const guint8 digest[ALLOW_LIST_DIGEST], GError **error);
/* Call once an hour; the map itself honours the ends to the second. */
void allow_list_expire(AllowList *list, gint64 now);
guint allow_list_count(const AllowList *list);
JsonArray *allow_list_describe(AllowList *list); /* {sha256, reason, added, end} */

/* --- In a worker --- */
typedef struct AllowView AllowView;

AllowView *allow_view_new(int fd, GError **error);
AllowView *allow_view_free(AllowView *view); /* accepts and returns NULL */
/* FALSE also when the map is being changed for too long: to scan is always
 * safe. Well below a microsecond. */
gboolean allow_view_contains(const AllowView *view, const guint8 digest[ALLOW_LIST_DIGEST],
                             gint64 now);

#endif /* SCANNER_ALLOW_LIST_H */
