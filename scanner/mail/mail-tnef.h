/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-tnef.h - what a winmail.dat holds (MS-OXTNEF), read by libytnef within bounds.
 */
#ifndef SCANNER_MAIL_TNEF_H
#define SCANNER_MAIL_TNEF_H

#include <glib.h>

enum {
    MAIL_TNEF_ATTRIBUTES_MAX = 10000, /* Outlook writes 10 to 20, and 6 for each attachment */
    MAIL_TNEF_SIZE_MAX = 64 << 20     /* libytnef copies all of it, some twice */
};

typedef enum {
    MAIL_TNEF_NONE, /* is no TNEF */
    MAIL_TNEF_DONE,
    MAIL_TNEF_TOO_LARGE /* a limit above */
} MailTnefResult;

/* FALSE stops the reading. `name` is "" when none; both are valid during the call. */
typedef gboolean (*MailTnefFound)(const char *name, const guint8 *data, gsize size,
                                  gpointer user_data);

/* Once in a process that has no use for its standard output, before its cage: libytnef prints there
 * what it thinks of a stream. */
void mail_tnef_init(void);

MailTnefResult mail_tnef_read(const guint8 *data, gsize size, MailTnefFound found,
                              gpointer user_data);

#endif /* SCANNER_MAIL_TNEF_H */
