/* SPDX-License-Identifier: GPL-2.0-or-later */
/* imap-envelope.h - ENVELOPE (RFC 3501 §7.4.2). */
#ifndef MAILSTORE_SERVER_IMAP_ENVELOPE_H
#define MAILSTORE_SERVER_IMAP_ENVELOPE_H

#include "mailstore/server/imap-output.h"

void imap_envelope_print(ImapOutput *output, const char *header, gsize length);

#endif /* MAILSTORE_SERVER_IMAP_ENVELOPE_H */
