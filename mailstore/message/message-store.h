/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * message-store.h - mailboxes, folders, messages and their contents, over the JET API.
 *
 * A message is stored once for all its recipients, a content once for all messages; what goes in
 * comes out byte for byte. Delivery has two steps: the message with its contents in one
 * transaction, then its links into folders in a second, short one.
 *
 * A MailStore is for all threads; a MailSession is used by one thread at a time (a pool hands them
 * out). Every call opens and ends its own transactions; none spans two calls.
 */
#ifndef MAILSTORE_MESSAGE_MESSAGE_STORE_H
#define MAILSTORE_MESSAGE_MESSAGE_STORE_H

#include <glib.h>

typedef struct MailStore MailStore;
typedef struct MailSession MailSession;

#define MAIL_STORE_ERROR mail_store_error_quark()
GQuark mail_store_error_quark(void);

typedef enum {
    MAIL_STORE_ERROR_NOT_FOUND,   /* no such mailbox, folder or message */
    MAIL_STORE_ERROR_EXISTS,      /* folder name taken */
    MAIL_STORE_ERROR_INVALID,     /* bad name, bad argument */
    MAIL_STORE_ERROR_REFUSED,     /* JET_errPermissionDenied: final, 550 5.7.1, NO */
    MAIL_STORE_ERROR_UNAVAILABLE, /* JET_errInstanceUnavailable: try later, 451 4.3.0, NO
                                     [UNAVAILABLE] */
    MAIL_STORE_ERROR_FULL,        /* disk or map full: 452 4.3.1, NO [OVERQUOTA] */
    MAIL_STORE_ERROR_FAILED       /* anything else; the message says what: 451 4.3.0 */
} MailStoreError;

typedef enum {
    MAIL_FLAG_SEEN = 1 << 0,
    MAIL_FLAG_ANSWERED = 1 << 1,
    MAIL_FLAG_FLAGGED = 1 << 2,
    MAIL_FLAG_DELETED = 1 << 3,
    MAIL_FLAG_DRAFT = 1 << 4
} MailFlags;

typedef enum {
    FOLDER_KIND_PLAIN,
    FOLDER_KIND_INBOX,
    FOLDER_KIND_OUTBOX,
    FOLDER_KIND_SENT,
    FOLDER_KIND_DRAFTS,
    FOLDER_KIND_TRASH,
    FOLDER_KIND_JUNK,
    FOLDER_KIND_PUBLIC
} FolderKind;

#define MAIL_PUBLIC_MAILBOX "public" /* the mailbox that owns the shared folders */
#define MAIL_FOLDER_SEPARATOR '/'

typedef struct {
    guint64 id;
    char *name; /* UTF-8, levels divided by '/'; the inbox is "INBOX" */
    FolderKind kind;
    gboolean subscribed;
    guint32 uid_validity;
    guint32 uid_next;
} MailFolder;

typedef struct {
    guint32 uid;
    guint64 message;      /* id of the message */
    guint32 flags;        /* MailFlags */
    char **keywords;      /* NULL-terminated, may be NULL; others have them, too */
    gint64 internal_date; /* seconds since 1970, UTC */
} MailEntry;

typedef struct {
    guint32 messages;
    guint32 unseen;
    guint32 last_uid; /* no less than the greatest there is */
} MailCounts;

typedef enum {
    MAIL_FLAGS_SET,
    MAIL_FLAGS_ADD,
    MAIL_FLAGS_REMOVE
} MailFlagsChange;

/* A longer message is MAIL_STORE_ERROR_INVALID; the store API counts a column in 31 bits. */
#define MAIL_MESSAGE_MAX (1u << 30)

void mail_folder_free(MailFolder *folder);
void mail_entry_clear(MailEntry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MailFolder, mail_folder_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MailEntry, mail_entry_clear)

/* Opens or creates the database in directory `path` (made 0700 when absent). */
MailStore *mail_store_open(const char *path, GError **error);
MailStore *mail_store_close(MailStore *store); /* accepts and returns NULL */
/* A transaction failed with JET_errDiskIO. What the disk has is not certain any more, so the engine
 * may write nothing until the store is opened again; it can still be read. */
gboolean mail_store_has_failed(const MailStore *store);

MailSession *mail_session_new(MailStore *store, GError **error);
MailSession *mail_session_free(MailSession *session);

/* The mailbox of a user, made with its standard folders when absent. */
gboolean mail_mailbox_ensure(MailSession *session, const char *user, guint64 *ret_mailbox,
                             GError **error);

/* Folders. Arrays own their elements. Parents are created as needed (RFC 3501 §6.3.3). */
GPtrArray *mail_folder_list(MailSession *session, guint64 mailbox, GError **error);
MailFolder *mail_folder_find(MailSession *session, guint64 mailbox, const char *name,
                             GError **error);
MailFolder *mail_folder_create(MailSession *session, guint64 mailbox, const char *name,
                               FolderKind kind, GError **error);
gboolean mail_folder_delete(MailSession *session, guint64 folder, GError **error);
gboolean mail_folder_rename(MailSession *session, guint64 mailbox, const char *from, const char *to,
                            GError **error);
gboolean mail_folder_subscribe(MailSession *session, guint64 folder, gboolean subscribed,
                               GError **error);

/* MailEntry's of a folder in UID order, from first_uid on: as they are at one moment, none before
 * the call. Those that were there at the last call need not be read again. */
GArray *mail_folder_entries(MailSession *session, guint64 folder, guint32 first_uid,
                            GError **error);
/* How many entries the folder has: of all of them at one moment, none before the call. Those that
 * were there at the last call need not be read again. */
gboolean mail_folder_count(MailSession *session, guint64 folder, MailCounts *ret_counts,
                           GError **error);
/* The exact size in bytes, without reading contents into memory. */
gboolean mail_message_size(MailSession *session, guint64 message, guint64 *ret_size,
                           GError **error);
/* The header with its empty line, without reading contents; *ret_header is NULL when it has more
 * than `most` bytes. With the size of the message, unless ret_size is NULL. */
gboolean mail_message_read_header(MailSession *session, guint64 message, gsize most,
                                  GBytes **ret_header, guint64 *ret_size, GError **error);
/* Whether there is memory for that many bytes; it does not wait. */
typedef gboolean (*MailReserve)(guint64 size, gpointer data);
/* The whole message, byte for byte; *ret_text is NULL when `reserve`, which is asked before
 * anything is read, says no. It may be NULL. */
gboolean mail_message_read(MailSession *session, guint64 message, MailReserve reserve,
                           gpointer data, GBytes **ret_text, GError **error);
/* Some of its bytes, as many of them as there are; costs little more than these. */
gboolean mail_message_read_part(MailSession *session, guint64 message, gsize offset, gsize length,
                                GBytes **ret_part, GError **error);

/* What a reader found out about a message and wants to find again, in a form that only it knows: it
 * is not looked into. It goes with the message, and may be lost. */
typedef struct {
    guint64 message;
    guint64 state; /* of the message when it was asked for; given back when one is kept */
    GBytes *data;  /* MAIL_SUMMARY_MAX bytes at most */
} MailSummary;
#define MAIL_SUMMARY_MAX (16 * 1024)
/* Of each message: its state, and what is kept of it in that state, or NULL. What is found out by
 * reading the message after this is of that state, or of none that will be asked for again. */
gboolean mail_summaries_read(MailSession *session, MailSummary *summaries, gsize count,
                             GError **error);
/* In place of what is kept of them; messages that are gone are passed over. When others are in the
 * way it fails at once. */
gboolean mail_summaries_keep(MailSession *session, const MailSummary *summaries, gsize count,
                             GError **error);

/* Delivers one message into the folders. ret_uids[i]: the UID in folders[i], 0 when the message is
 * not there after the commit (it was never there for any reader). ret_errors[i] is NULL or why
 * that folder failed; FALSE only when the message could not be stored at all. */
typedef struct {
    const char *sender;            /* envelope, may be "" */
    const char *const *recipients; /* envelope addresses, NULL-terminated; NULL without an envelope
                                      (APPEND): From and To of the header stand for it */
    GBytes *text;                  /* the whole message as received, CRLF */
    guint32 flags;
    const char *const *keywords;
    gint64 internal_date;
} MailDelivery;

gboolean mail_deliver(MailSession *session, const MailDelivery *delivery, const guint64 *folders,
                      gsize folder_count, guint32 *ret_uids, GError **ret_errors, GError **error);

/* ret_to[i]: the new UID of uids[i] in `to`, 0 when it is not there. */
gboolean mail_copy(MailSession *session, guint64 from, const guint32 *uids, gsize count, guint64 to,
                   guint32 *ret_to, GError **error);
gboolean mail_move(MailSession *session, guint64 from, const guint32 *uids, gsize count, guint64 to,
                   guint32 *ret_to, GError **error);

/* What such a change makes of an entry, in memory. */
void mail_entry_apply(MailEntry *entry, MailFlagsChange change, guint32 flags,
                      const char *const *keywords);
/* All or nothing. ret_entries[i]: the entry of uids[i] as changed, with UID 0 when it is not there;
 * the caller clears them. The folder's watches hear of it once. */
gboolean mail_entries_change_flags(MailSession *session, guint64 folder, const guint32 *uids,
                                   gsize count, MailFlagsChange change, guint32 flags,
                                   const char *const *keywords, MailEntry *ret_entries,
                                   GError **error);
/* Removes the given UIDs; absent ones are passed over, and with only_deleted those that are not
 * marked MAIL_FLAG_DELETED by now. Messages without an entry are collected. */
gboolean mail_expunge(MailSession *session, guint64 folder, const guint32 *uids, gsize count,
                      gboolean only_deleted, GError **error);
/* Removes messages never linked or no longer linked that are older than min_age seconds. */
gboolean mail_collect(MailSession *session, gint64 min_age, guint *ret_messages, GError **error);
/* Those under way end soon, as if they were done, and later ones at once. */
void mail_collect_stop(MailStore *store);
/* How many messages left a folder since the store was opened. */
guint64 mail_store_count_unlinked(MailStore *store);

/* Tells of changes in a folder, after the commit, from the thread that made them: the callback only
 * wakes its owner, who then reads the folder anew. only_added: whatever was there before is as it
 * was, and what is new has greater UIDs. */
typedef void (*MailFolderChanged)(guint64 folder, gboolean only_added, gpointer user_data);
guint mail_store_watch(MailStore *store, guint64 folder, MailFolderChanged callback,
                       gpointer user_data);
void mail_store_unwatch(MailStore *store, guint watch);

#endif /* MAILSTORE_MESSAGE_MESSAGE_STORE_H */
