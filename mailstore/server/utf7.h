/* SPDX-License-Identifier: GPL-2.0-or-later */
/* utf7.h - modified UTF-7, the coding of mailbox names (RFC 3501 §5.1.3). */
#ifndef MAILSTORE_SERVER_UTF7_H
#define MAILSTORE_SERVER_UTF7_H

#include <glib.h>

/* The caller frees. NULL for what is not modified UTF-7: bad base64, a lone surrogate, something
 * coded that need not be, a control character. */
char *utf7_decode(const char *name);
char *utf7_encode(const char *utf8);

#endif /* MAILSTORE_SERVER_UTF7_H */
