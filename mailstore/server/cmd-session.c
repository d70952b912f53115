/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd-session.c - CAPABILITY, NOOP, CHECK, LOGOUT, ID, ENABLE, NAMESPACE, STARTTLS: commands about
 * the conversation itself.
 */
#include "mailstore/server/imap-session.h"

/* NOOP and CHECK run in a worker only for what follows every command: telling what changed. */
static ImapStep step_nothing(ImapSession *session, MailSession *mail)
{
    (void)mail;
    imap_session_reply(session, "OK %s completed", session->command->name);
    return IMAP_STEP_DONE;
}

const ImapCommand imap_command_noop = {
    .name = "NOOP", .states = IMAP_STATE_ANY, .run = IMAP_RUN_READER, .step = step_nothing};
const ImapCommand imap_command_check = {
    .name = "CHECK", .states = IMAP_STATE_SELECTED, .run = IMAP_RUN_READER, .step = step_nothing};

static ImapStep step_capability(ImapSession *session, MailSession *mail)
{
    g_autofree char *capabilities = imap_session_capabilities(session);

    (void)mail;
    imap_output_printf(&session->output, "* CAPABILITY %s\r\n", capabilities);
    imap_session_reply(session, "OK CAPABILITY completed");
    return IMAP_STEP_DONE;
}

const ImapCommand imap_command_capability = {
    .name = "CAPABILITY", .states = IMAP_STATE_ANY, .step = step_capability};

static ImapStep step_logout(ImapSession *session, MailSession *mail)
{
    (void)mail;
    imap_output_puts(&session->output, "* BYE Goodbye\r\n");
    imap_session_reply(session, "OK LOGOUT completed");
    session->stops = TRUE;
    return IMAP_STEP_DONE;
}

const ImapCommand imap_command_logout = {
    .name = "LOGOUT", .states = IMAP_STATE_ANY, .step = step_logout};

/* RFC 2971: NIL or a list of strings in pairs; what a client tells is not kept. */
static gboolean parse_id(ImapSession *session, ImapParser *parser)
{
    (void)session;
    if (!imap_parse_space(parser))
        return FALSE;
    if (imap_parser_take_word(parser, "NIL"))
        return TRUE;
    if (!imap_parse_char(parser, '('))
        return FALSE;
    while (!imap_parser_take(parser, ')')) {
        g_autofree char *text = NULL;
        if (!imap_parser_take_word(parser, "NIL") && !imap_parse_string(parser, &text))
            return FALSE;
        imap_parser_take(parser, ' ');
    }
    return TRUE;
}

static ImapStep step_id(ImapSession *session, MailSession *mail)
{
    (void)mail;
    imap_output_puts(&session->output, "* ID (\"name\" \"mailstored\")\r\n");
    imap_session_reply(session, "OK ID completed");
    return IMAP_STEP_DONE;
}

const ImapCommand imap_command_id = {
    .name = "ID", .states = IMAP_STATE_ANY, .parse = parse_id, .step = step_id};

/* RFC 5161: there is nothing to enable, and unknown names are passed over. */
static gboolean parse_enable(ImapSession *session, ImapParser *parser)
{
    (void)session;
    do {
        g_autofree char *name = NULL;
        if (!imap_parse_space(parser) || !imap_parse_atom(parser, &name))
            return FALSE;
    } while (!imap_parser_at_end(parser));
    return TRUE;
}

static ImapStep step_enable(ImapSession *session, MailSession *mail)
{
    (void)mail;
    imap_output_puts(&session->output, "* ENABLED\r\n");
    imap_session_reply(session, "OK ENABLE completed");
    return IMAP_STEP_DONE;
}

const ImapCommand imap_command_enable = {
    .name = "ENABLE", .states = IMAP_STATE_KNOWN, .parse = parse_enable, .step = step_enable};

static ImapStep step_namespace(ImapSession *session, MailSession *mail)
{
    (void)mail;
    imap_output_printf(&session->output, "* NAMESPACE ((\"\" \"%c\")) NIL ((\"%s\" \"%c\"))\r\n",
                       MAIL_FOLDER_SEPARATOR, IMAP_PUBLIC_PREFIX, MAIL_FOLDER_SEPARATOR);
    imap_session_reply(session, "OK NAMESPACE completed");
    return IMAP_STEP_DONE;
}

const ImapCommand imap_command_namespace = {
    .name = "NAMESPACE", .states = IMAP_STATE_KNOWN, .step = step_namespace};

static ImapStep step_starttls(ImapSession *session, MailSession *mail)
{
    gsize left;

    (void)mail;
    connection_peek(session->connection, &left);
    if (session->server->certificate == NULL || connection_has_tls(session->connection)) {
        imap_session_reply(session, "BAD TLS is not to be had");
    } else if (left > 0) {
        /* Whoever put it there, it would count as said under TLS. */
        imap_session_reply(session, "BAD Nothing may follow STARTTLS");
        session->stops = TRUE;
    } else {
        imap_session_reply(session, "OK Begin TLS");
        session->starts_tls = TRUE;
    }
    return IMAP_STEP_DONE;
}

const ImapCommand imap_command_starttls = {
    .name = "STARTTLS", .states = IMAP_STATE_GREETED, .step = step_starttls};
