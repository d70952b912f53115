/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imap-session.h - a conversation in IMAP4rev1 (RFC 3501).
 *
 * A command is read and parsed in the I/O thread and run in steps in a worker; between two steps
 * its output is sent, so that neither a thread nor a mail session waits for a slow client, nor does
 * memory that others want. While a step runs, the session is the worker's.
 */
#ifndef MAILSTORE_SERVER_IMAP_SESSION_H
#define MAILSTORE_SERVER_IMAP_SESSION_H

#include "mailstore/server/imap-command.h"
#include "mailstore/server/imap-mailbox.h"
#include "mailstore/server/imap-name.h"
#include "mailstore/server/imap-output.h"
#include "mailstore/server/imap-reader.h"
#include "mailstore/server/server.h"

struct ImapSession {
    WorkerJob job;
    Server *server;
    Connection *connection;
    ImapReader reader;
    gboolean working; /* a job is in a worker */
    gboolean gone;    /* the connection is closed */

    ImapStates state;
    guint mistakes;
    char *user;
    guint64 mailbox; /* of the user */
    ImapMailbox *selected;

    /* The command that runs. */
    char *tag;
    const ImapCommand *command;
    gboolean by_uid;
    gpointer arguments; /* parsed; freed by free_arguments */
    GDestroyNotify free_arguments;
    ImapOutput output;
    char *reply;            /* after the tag */
    ImapStep step;          /* what the last step said */
    gboolean stops;         /* hang up after the reply */
    gboolean starts_tls;    /* after the reply */
    gboolean awaits_others; /* the login is told when those of the user that are left have ended */
    gboolean is_torn;       /* what was announced cannot be read any more */
    gboolean wakes;         /* IDLE: the folder changed while a job ran */
    gboolean is_stale;      /* the selected mailbox could not be read when it had changed */
    guint own_changes;      /* of flags: the watch tells of these, but the view has them already */

    /* Memory: for the message of an APPEND, and for one that a step wants to read. */
    guint64 taken_in;
    BudgetWaiter literal_waiter;
    guint64 charge;  /* of the reading budget, for what this step reads */
    guint64 granted; /* not yet used by a step */
    guint64 need;
    BudgetWaiter reading_waiter;
};

void imap_session_open(Server *server, Connection *connection);
/* A folder changed that connection `id` has open; a FolderWatchWake, `data` is the server. */
void imap_session_folder_changed(guint id, gpointer data);

/* In the I/O thread: all output was taken while IDLE. */
void imap_idle_drained(ImapSession *session);

/* In the I/O thread: the client is gone, and what it had sent is still being done. */
gboolean imap_session_is_left(const ImapSession *session);
/* In the I/O thread: a login may have waited for what has ended. */
void imap_login_look_again(Server *server);

/* For commands. */

/* The tagged reply, without tag and CRLF. */
void imap_session_reply(ImapSession *session, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* NO with the response code that belongs to the error. `what` was to be done. */
void imap_session_reply_error(ImapSession *session, const GError *error, const char *what);
/* In a worker: reads a message, or its header and perhaps more; and its size, unless ret_size is
 * NULL. DONE: *ret_text is NULL when it cannot be read. WAIT, for memory: the step returns that and
 * is run again. */
ImapStep imap_session_read_message(ImapSession *session, MailSession *mail, guint64 message,
                                   gboolean only_header, GBytes **ret_text, guint64 *ret_size,
                                   GError **error);
/* In a worker: leaves the selected mailbox. */
void imap_session_unselect(ImapSession *session);
/* In a worker: the folder a client's name means. */
MailFolder *imap_session_find_folder(ImapSession *session, MailSession *mail, const char *name,
                                     GError **error);
/* The password was right; in the I/O thread. */
void imap_session_logged_in(ImapSession *session, const char *user);
/* In the I/O thread: the capabilities now. */
char *imap_session_capabilities(const ImapSession *session);
/* In the I/O thread: sends the reply of a command that was held. */
void imap_session_end_held(ImapSession *session);
/* In the I/O thread: a job of the session's own ended; FALSE: the connection went away meanwhile,
 * and the session with it now. */
gboolean imap_session_job_ended(ImapSession *session);
/* In the I/O thread: goes on where input was left. */
void imap_session_process(ImapSession *session);
/* In a worker: tells what changed in the selected folder. */
void imap_session_refresh(ImapSession *session, MailSession *mail, gboolean may_expunge);

#endif /* MAILSTORE_SERVER_IMAP_SESSION_H */
