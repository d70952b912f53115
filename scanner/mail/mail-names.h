/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-names.h - all names that mail programs may give to one part.
 *
 * Of `name` in Content-Type and `filename` in Content-Disposition, plain, encoded or in pieces,
 * once or more often, each program takes the one it likes best; the rules are asked about all. A
 * part without any has that of its description.
 */
#ifndef SCANNER_MAIL_NAMES_H
#define SCANNER_MAIL_NAMES_H

#include <glib.h>

enum {
    MAIL_NAMES_MAX = 16 /* of one part; an honest one has four at most, of which two differ */
};

/* `name` is raw, as for file_name_decode(), and valid during the call. */
typedef void (*MailNamesFound)(const char *name, gpointer user_data);

/* `header` is the part's block of fields; the same name may be told more than once. FALSE: there
 * are more than MAIL_NAMES_MAX. */
gboolean mail_names_find(const char *header, gsize size, MailNamesFound found, gpointer user_data);

#endif /* SCANNER_MAIL_NAMES_H */
