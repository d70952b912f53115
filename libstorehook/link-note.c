/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * link-note.c - finds name, kind and mailbox of a folder and tells them, best effort.
 *
 * A note is a courtesy to the incident list: what cannot be read is left out, and what the service
 * does not take at once is not sent.
 */
#include "libstorehook/link-note.h"

#include <stdlib.h>
#include <string.h>

#include "libstorehook/connection.h"
#include "libstorehook/judge.h"

enum {
    NOTE_SIZE = 8192 /* four strings of STOREHOOK_TEXT_MAX at most */
};

static void read_mailbox(const OwnCursor *folder, unsigned set, LinkNote *note)
{
    ByteString key = {0};
    OwnCursor mailbox;

    if (table_info_read(&folder->place, COLUMN_MAILBOX, STOREHOOK_TEXT_MAX, &key) == 0 &&
        key.data &&
        own_cursor_open_role(folder->place.sesid, folder->info.database, set, ROLE_MAILBOXES,
                             &mailbox) >= 0) {
        if (own_cursor_find(&mailbox, COLUMN_KEY, &key) >= 0)
            table_info_read_text(&mailbox.place, COLUMN_NAME, STOREHOOK_TEXT_MAX, &note->mailbox);
        own_cursor_close(&mailbox);
    }
    byte_string_clear(&key);
}

static void read_folder(const RowPlace *entry, LinkNote *note)
{
    ByteString key = {0};
    OwnCursor folder;

    if (table_info_read(entry, COLUMN_FOLDER, STOREHOOK_TEXT_MAX, &key) == 0 && key.data &&
        own_cursor_open_role(entry->sesid, entry->info->database, entry->info->set, ROLE_FOLDERS,
                             &folder) >= 0) {
        if (own_cursor_find(&folder, COLUMN_KEY, &key) >= 0) {
            table_info_read_text(&folder.place, COLUMN_NAME, STOREHOOK_TEXT_MAX, &note->folder);
            table_info_read_text(&folder.place, COLUMN_KIND, STOREHOOK_TEXT_MAX, &note->kind);
            read_mailbox(&folder, entry->info->set, note);
        }
        own_cursor_close(&folder);
    }
    byte_string_clear(&key);
}

LinkNote *link_note_new(const RowPlace *entry, const char *incident, bool dropped)
{
    LinkNote *note = calloc(1, sizeof(*note));

    if (!note)
        return NULL;
    note->dropped = dropped;
    byte_string_set(&note->incident, incident, strlen(incident));
    read_folder(entry, note);
    return note;
}

static void add_entry(Session *session, JET_SESID sesid, const TrackedRow *entry,
                      const TrackedRow *message)
{
    const char *incident = (const char *)message->fields[FIELD_INCIDENT].data;
    OwnCursor cursor;

    if (own_cursor_open(sesid, entry->database, entry->table, &cursor) < 0)
        return;
    if (own_cursor_goto(&cursor, &entry->fields[FIELD_BOOKMARK]) >= 0) {
        LinkNote *note = link_note_new(&cursor.place, incident ? incident : "", message->dropped);

        if (note)
            transaction_add_note(session, note);
    }
    own_cursor_close(&cursor);
}

void link_note_add_entries(Session *session, JET_SESID sesid, const TrackedRow *message)
{
    if (message->role != ROLE_MESSAGES)
        return;
    for (TrackedRow *row = session->rows; row; row = row->next)
        if (row->role == ROLE_ENTRIES && tracked_row_stands(row) &&
            judge_is_same_store(row, message) &&
            byte_string_equals(&row->fields[FIELD_MESSAGE], &message->fields[FIELD_MESSAGE]))
            add_entry(session, sesid, row, message);
}

static void send(const LinkNote *note)
{
    unsigned char *buffer = malloc(NOTE_SIZE); /* too much for a thread with a small stack */
    StorehookWriter writer;
    const struct {
        StorehookField tag;
        const ByteString *text;
    } strings[] = {{STOREHOOK_FIELD_INCIDENT, &note->incident},
                   {STOREHOOK_FIELD_FOLDER, &note->folder},
                   {STOREHOOK_FIELD_FOLDER_KIND, &note->kind},
                   {STOREHOOK_FIELD_MAILBOX, &note->mailbox}};

    if (!buffer)
        return;
    storehook_write_start(&writer, buffer, NOTE_SIZE, STOREHOOK_NOTE_LINK, 0, 0,
                          connection_generation());
    for (unsigned i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
        if (strings[i].text->data)
            storehook_write_bytes(&writer, strings[i].tag, strings[i].text->data,
                                  strings[i].text->size);
    storehook_write_u32(&writer, STOREHOOK_FIELD_DROPPED, note->dropped);
    connection_send_note(&writer);
    free(buffer);
}

void link_note_send_all(const LinkNote *note)
{
    for (; note; note = note->next)
        if (note->incident.data)
            send(note);
}
