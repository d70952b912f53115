/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * allow-list.h - digests that an operator allowed or denied, with a reason and an end. There is one
 * list of each kind. A signature name is on a list by a digest, too.
 *
 * The supervisor owns the list, which is stored in SQLite, and publishes it in a small shared map
 * that the workers can only read. A worker looks up the SHA-256 of a decoded part before it acts on
 * any verdict, rules on names included, and that of the text before it acts on an inline part.
 */
#ifndef SCANNER_ALLOW_LIST_H
#define SCANNER_ALLOW_LIST_H

#include <glib.h>
#include <json-glib/json-glib.h>

#include "libstorehook/protocol.h"

#define ALLOW_LIST_DIGEST STOREHOOK_DIGEST_SIZE
/* A release adds one digest for each part, and a message may have 10 000. When the list is full,
 * the entries that end first make room, with a g_warning(). The map has twice as many places, of 40
 * bytes each. */
#define ALLOW_LIST_MAX 32768

#define ALLOW_LIST_ERROR allow_list_error_quark()
GQuark allow_list_error_quark(void);
typedef enum {
    ALLOW_LIST_ERROR_FAILED
} AllowListError;

/* The end of the year 9999, in seconds since 1970. */
#define ALLOW_LIST_FOREVER G_GINT64_CONSTANT(253402300799)
#define ALLOW_LIST_BY_HAND "by hand" /* the reason of what an operator added */

/* --- In the supervisor --- */
typedef struct AllowList AllowList;

/* To be opened before the loader is forked, which inherits the map's read-only descriptor. */
AllowList *allow_list_open(const char *path, GError **error);
AllowList *allow_list_close(AllowList *list); /* accepts and returns NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AllowList, allow_list_close)

/* The map's descriptor: read-only, close-on-exec, owned by the list. */
int allow_list_peek_fd(const AllowList *list);

/* Workers see the entries when this returns. end: seconds since 1970; an entry that is there
 * already keeps the later one. */
gboolean allow_list_add(AllowList *list, const guint8 *digests, gsize digest_count,
                        const char *reason, gint64 end, GError **error);
gboolean allow_list_add_name(AllowList *list, const char *signature, GError **error);
/* `changed` is called after each change of the list. */
void allow_list_on_change(AllowList *list, void (*changed)(gpointer user_data), gpointer user_data);
gboolean allow_list_has(const AllowList *list, const guint8 digest[ALLOW_LIST_DIGEST]);
gboolean allow_list_remove(AllowList *list, const guint8 digest[ALLOW_LIST_DIGEST], GError **error);
/* Removes what has ended. To be called once an hour: lookups heed the ends by themselves. */
void allow_list_expire(AllowList *list, gint64 now);
guint allow_list_count(const AllowList *list);
/* {sha256 or signature, reason, added, end}; the end may be "never". */
JsonArray *allow_list_describe(AllowList *list);

/* --- In both --- */
void allow_list_name_digest(const char *signature, guint8 ret[ALLOW_LIST_DIGEST]);

/* --- In a worker --- */
typedef struct AllowView AllowView;

AllowView *allow_view_new(int fd, GError **error);
AllowView *allow_view_free(AllowView *view); /* accepts and returns NULL */
/* FALSE also when the map is being rewritten for too long: to scan is always safe. */
gboolean allow_view_contains(const AllowView *view, const guint8 digest[ALLOW_LIST_DIGEST],
                             gint64 now);
/* A number that changes when entries come or go; 0 only for an empty list. */
guint32 allow_view_state(const AllowView *view);

#endif /* SCANNER_ALLOW_LIST_H */
