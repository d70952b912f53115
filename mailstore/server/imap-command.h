/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imap-command.h - what a command is. Each family is in a file of its own, cmd-*.c.
 */
#ifndef MAILSTORE_SERVER_IMAP_COMMAND_H
#define MAILSTORE_SERVER_IMAP_COMMAND_H

#include "mailstore/message/message-store.h"
#include "mailstore/server/imap-parser.h"

typedef struct ImapSession ImapSession;

typedef enum {
    IMAP_STATE_GREETED = 1 << 0,
    IMAP_STATE_LOGGED_IN = 1 << 1,
    IMAP_STATE_SELECTED = 1 << 2,
    IMAP_STATE_ANY = (1 << 3) - 1
} ImapStates;
#define IMAP_STATE_KNOWN (IMAP_STATE_LOGGED_IN | IMAP_STATE_SELECTED)

typedef enum {
    IMAP_STEP_DONE, /* the reply is set */
    IMAP_STEP_MORE, /* once the output so far is sent */
    IMAP_STEP_WAIT, /* for the memory that imap_session_read_message() did not get */
    IMAP_STEP_HELD  /* I/O thread only: the command goes on by itself (IDLE, AUTHENTICATE, login) */
} ImapStep;

typedef enum {
    IMAP_RUN_AT_ONCE, /* in the I/O thread, `mail` is NULL */
    IMAP_RUN_READER,
    IMAP_RUN_WRITER /* what may wait for the disk or for whoever looks at writes */
} ImapRun;

typedef struct ImapCommand {
    const char *name;
    ImapStates states;
    ImapRun run;
    gboolean has_uid_form;
    gboolean keeps_numbers; /* without UID: no EXPUNGE is told (RFC 3501 §7.4.1) */
    /* In the I/O thread. FALSE: BAD with the parser's problem. NULL: no arguments. */
    gboolean (*parse)(ImapSession *session, ImapParser *parser);
    ImapStep (*step)(ImapSession *session, MailSession *mail);
    /* A line that comes while the command is held; I/O thread. */
    void (*line)(ImapSession *session, const char *line);
} ImapCommand;

/* NULL when there is none of this name. */
const ImapCommand *imap_command_find(const char *name);

extern const ImapCommand imap_command_append;
extern const ImapCommand imap_command_authenticate;
extern const ImapCommand imap_command_capability;
extern const ImapCommand imap_command_check;
extern const ImapCommand imap_command_close;
extern const ImapCommand imap_command_copy;
extern const ImapCommand imap_command_create;
extern const ImapCommand imap_command_delete;
extern const ImapCommand imap_command_enable;
extern const ImapCommand imap_command_examine;
extern const ImapCommand imap_command_expunge;
extern const ImapCommand imap_command_fetch;
extern const ImapCommand imap_command_id;
extern const ImapCommand imap_command_idle;
extern const ImapCommand imap_command_list;
extern const ImapCommand imap_command_login;
extern const ImapCommand imap_command_logout;
extern const ImapCommand imap_command_lsub;
extern const ImapCommand imap_command_move;
extern const ImapCommand imap_command_namespace;
extern const ImapCommand imap_command_noop;
extern const ImapCommand imap_command_rename;
extern const ImapCommand imap_command_search;
extern const ImapCommand imap_command_select;
extern const ImapCommand imap_command_starttls;
extern const ImapCommand imap_command_status;
extern const ImapCommand imap_command_store;
extern const ImapCommand imap_command_subscribe;
extern const ImapCommand imap_command_unselect;
extern const ImapCommand imap_command_unsubscribe;

#endif /* MAILSTORE_SERVER_IMAP_COMMAND_H */
