/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * link-note.h - tells the service into which folder a flagged message went, or would have gone.
 */
#ifndef LIBSTOREHOOK_LINK_NOTE_H
#define LIBSTOREHOOK_LINK_NOTE_H

#include "libstorehook/transactions.h"

/* Looks the folder of an entry row up. NULL without memory. */
LinkNote *link_note_new(const RowPlace *entry, const char *incident, bool dropped);
/* For the entries that this transaction wrote for the message, before they may be deleted. */
void link_note_add_entries(Session *session, JET_SESID sesid, const TrackedRow *message);
/* Sends them as far as the service takes them at once. */
void link_note_send_all(const LinkNote *note);

#endif /* LIBSTOREHOOK_LINK_NOTE_H */
