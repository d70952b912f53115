/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * transactions.h - the host's sessions: transaction levels, the rows written in them, time spent.
 *
 * A session is found under a lock and then used by the one thread that the JET API allows it.
 * References keep it alive while another thread ends it.
 */
#ifndef LIBSTOREHOOK_TRANSACTIONS_H
#define LIBSTOREHOOK_TRANSACTIONS_H

#include <pthread.h>

#include "libstorehook/table-info.h"

enum {
    ROW_REASON_NONE = -1,
    TRANSACTION_BUCKETS = 1024,   /* a chain has some sixty rows at worst */
    TRANSACTION_ROWS_MAX = 65536, /* rows remembered of one transaction: parts of a message */
    TRANSACTION_MEMFDS_MAX =
        64, /* long originals held as descriptors until commit; more of them lie in memory */
    TRANSACTION_HANDLES_MAX = 32 /* cursors learnt in one; more: all of the session are forgotten */
};

/* Short fields of a row, as they came from the host. */
typedef enum {
    FIELD_MESSAGE, /* key of the message: its own row, an attachment's or an entry's */
    FIELD_BOOKMARK,
    FIELD_DIGEST,
    FIELD_NOTICE, /* digest that was written instead */
    FIELD_TOKEN,  /* of a content: the service knows it by this, and perhaps not by its digest */
    FIELD_NAME,
    FIELD_HEADER,
    FIELD_ENCODING,
    FIELD_SENDER,
    FIELD_RECIPIENTS,
    FIELD_SUBJECT,
    FIELD_VERDICT_NAME,
    FIELD_INCIDENT,
    FIELD_COUNT
} RowField;

/* A row that this transaction wrote. */
typedef struct TrackedRow {
    struct TrackedRow *next;
    struct TrackedRow *next_content, *next_bookmark; /* of the same bucket */
    uint32_t bookmark_hash;
    Role role;
    unsigned set;
    JET_DBID database;
    char table[PROFILE_NAME_MAX + 1];
    bool profiled;
    uint8_t level;      /* where it was written */
    uint8_t gone_level; /* where it was deleted or written over; 0: it stands */
    bool inserted;      /* else an old row was replaced, or went for it */
    bool flagged;
    bool has_flagged;  /* at commit: a message of which a part is */
    bool settled;      /* judged at commit */
    bool dropped;      /* and to be seen by nobody */
    bool goes;         /* a content of the message that is dropped */
    bool altered;      /* columns were set to what the service answered */
    bool waits;        /* a link whose content was nowhere yet */
    bool has_envelope; /* sender, recipients and subject were read */
    uint32_t verdict;
    uint64_t offset;
    int reason; /* StorehookReason why it has no verdict, or ROW_REASON_NONE */
    ByteString fields[FIELD_COUNT];
    Blob original; /* content or text as it came; set only while needed */
} TrackedRow;

/* A link of a flagged message into a folder, told to the service after the commit. */
typedef struct LinkNote {
    struct LinkNote *next;
    uint8_t level;
    bool dropped;
    ByteString incident, folder, kind, mailbox;
} LinkNote;

typedef struct {
    JET_TABLEID tableid;
    uint8_t level;
} LearntHandle;

typedef struct Session {
    struct Session *next;
    JET_SESID sesid;
    JET_INSTANCE instance;
    _Atomic unsigned references; /* the table's, and one of each call at work */
    pthread_mutex_t lock;
    unsigned level;
    int64_t budget_us; /* left for waiting in this transaction */
    TrackedRow *rows, **rows_end;
    TrackedRow *contents[TRANSACTION_BUCKETS];  /* rows of ROLE_CONTENTS, by DIGEST */
    TrackedRow *bookmarks[TRANSACTION_BUCKETS]; /* all rows, by BOOKMARK */
    unsigned row_count;
    unsigned memfd_count; /* originals held in memfds */
    bool rows_overflow;   /* more rows were written than are remembered */
    bool has_waiting;     /* links */
    LinkNote *notes, **notes_end;
    LearntHandle handles[TRANSACTION_HANDLES_MAX];
    unsigned handle_count;
    bool handles_overflow;
} Session;

/* The session, locked, made when new; NULL without memory. */
Session *session_acquire(JET_SESID sesid);
/* Accepts NULL. */
void session_release(Session *session);
/* A session begins: whatever was known by that value is of an earlier one. */
void session_begin(JET_SESID sesid, JET_INSTANCE instance);
void session_end(JET_SESID sesid);
/* Of all sessions of an instance, those of unknown instance too. */
void session_end_instance(JET_INSTANCE instance);

/* After the original did the same. deadline_us: for the transaction that begins. */
void transaction_begun(Session *session, int64_t deadline_us);
/* Rows and handles of the level merge into the one below; true when that is 0. */
bool transaction_committed(Session *session);
void transaction_rolled_back(Session *session, bool all);
/* Before a rollback: cursors learnt in the levels that go may be closed by it. */
void transaction_forget_cursors(Session *session, bool all);
void transaction_clear(Session *session);
/* A cursor was learnt in this transaction. */
void transaction_note_handle(Session *session, JET_TABLEID tableid);

TrackedRow *tracked_row_new(const TableInfo *info);
TrackedRow *tracked_row_free(TrackedRow *row); /* accepts NULL */
/* Takes the row over, unless false: the transaction has too many. The one with the same table and
 * bookmark that stood before is gone now. */
bool transaction_add_row(Session *session, TrackedRow *row);
/* The first content row in the bucket of a digest; go on with next_content. Rows that are gone and
 * other digests are among them. */
TrackedRow *transaction_contents(const Session *session, const ByteString *digest);
/* The row with that bookmark was deleted by the host. */
void transaction_row_deleted(Session *session, const TableInfo *info, const ByteString *bookmark);
/* It holds as much as one may: a flagged row more could not be kept. */
bool transaction_is_full(const Session *session);
/* Before a flagged row is added: its original goes to memory where descriptors have been spent.
 * False when that cannot be. */
bool transaction_make_room(const Session *session, TrackedRow *row);
bool transaction_has_rows(const Session *session);

static inline bool tracked_row_stands(const TrackedRow *row)
{
    return row->gone_level == 0;
}

void link_note_free_all(LinkNote *note);
void transaction_add_note(Session *session, LinkNote *note);

#endif /* LIBSTOREHOOK_TRANSACTIONS_H */
