/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd-idle.c - IDLE (RFC 2177): changes are told as they come, each by a short job of its own.
 */
#include "mailstore/server/imap-session.h"

#include <string.h>

static void idle_look(ImapSession *session);

static void idle_run(WorkerJob *job, MailSession *mail)
{
    ImapSession *session = (ImapSession *)job;

    imap_session_refresh(session, mail, TRUE);
}

static void idle_done(WorkerJob *job)
{
    ImapSession *session = (ImapSession *)job;

    if (!imap_session_job_ended(session))
        return;
    imap_output_send(&session->output, session->connection);
    connection_flush(session->connection);
    if (session->wakes)
        idle_look(session);
    if (!session->working)
        imap_session_process(session); /* DONE may have come meanwhile */
}

/* Has a worker tell what changed, unless one does already or the client does not listen. */
static void idle_look(ImapSession *session)
{
    session->wakes = session->working || connection_pending(session->connection) > 0;
    if (session->wakes || connection_is_finishing(session->connection))
        return;
    session->working = TRUE;
    connection_set_busy(session->connection, TRUE);
    session->job.run = idle_run;
    session->job.done = idle_done;
    worker_pool_submit(session->server->readers, &session->job);
}

void imap_session_folder_changed(guint id, gpointer data)
{
    Server *server = data;
    ImapSession *session = g_hash_table_lookup(server->imap_sessions, GUINT_TO_POINTER(id));

    if (session != NULL && session->command == &imap_command_idle)
        idle_look(session);
}

void imap_idle_drained(ImapSession *session)
{
    if (session->wakes)
        idle_look(session);
}

static ImapStep step_idle(ImapSession *session, MailSession *mail)
{
    (void)mail;
    session->wakes = FALSE;
    connection_puts(session->connection, "+ Idling, say DONE\r\n");
    connection_flush(session->connection);
    if (session->selected != NULL)
        idle_look(session); /* what happened since the last command */
    return IMAP_STEP_HELD;
}

static void line_idle(ImapSession *session, const char *line)
{
    if (g_ascii_strcasecmp(line, "DONE") == 0)
        imap_session_reply(session, "OK IDLE completed");
    else
        imap_session_reply(session, "BAD DONE ends IDLE");
}

const ImapCommand imap_command_idle = {
    .name = "IDLE", .states = IMAP_STATE_KNOWN, .step = step_idle, .line = line_idle};
