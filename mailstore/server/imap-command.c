/* SPDX-License-Identifier: GPL-2.0-or-later */
/* imap-command.c - the table of all commands. */
#include "mailstore/server/imap-command.h"

static const ImapCommand *const commands[] = {
    &imap_command_append,    &imap_command_authenticate, &imap_command_capability,
    &imap_command_check,     &imap_command_close,        &imap_command_copy,
    &imap_command_create,    &imap_command_delete,       &imap_command_enable,
    &imap_command_examine,   &imap_command_expunge,      &imap_command_fetch,
    &imap_command_id,        &imap_command_idle,         &imap_command_list,
    &imap_command_login,     &imap_command_logout,       &imap_command_lsub,
    &imap_command_move,      &imap_command_namespace,    &imap_command_noop,
    &imap_command_rename,    &imap_command_search,       &imap_command_select,
    &imap_command_starttls,  &imap_command_status,       &imap_command_store,
    &imap_command_subscribe, &imap_command_unselect,     &imap_command_unsubscribe,
};

const ImapCommand *imap_command_find(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
        if (g_ascii_strcasecmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}
