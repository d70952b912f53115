/* SPDX-License-Identifier: GPL-2.0-or-later */
/* imap-bodystructure.h - BODY and BODYSTRUCTURE (RFC 3501 §7.4.2). */
#ifndef MAILSTORE_SERVER_IMAP_BODYSTRUCTURE_H
#define MAILSTORE_SERVER_IMAP_BODYSTRUCTURE_H

#include "mailstore/server/imap-output.h"
#include "mailstore/server/mime-part.h"

/* `extended` adds what BODYSTRUCTURE has beyond BODY. */
void imap_bodystructure_print(ImapOutput *output, const char *message, const MimePart *part,
                              gboolean extended);

#endif /* MAILSTORE_SERVER_IMAP_BODYSTRUCTURE_H */
