/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * profile.h - schema profiles: key files that say what the columns of a store mean.
 */
#ifndef SCANNER_PROFILE_H
#define SCANNER_PROFILE_H

#include <glib.h>

#define PROFILE_ERROR profile_error_quark()
GQuark profile_error_quark(void);
typedef enum {
    PROFILE_ERROR_READ,
    PROFILE_ERROR_SYNTAX, /* not a key file */
    PROFILE_ERROR_VALUE   /* the name of a table or column is missing or impossible */
} ProfileError;

/* The text of the PROFILE field for these files, or for mailstored if there are none. g_free(). */
char *profile_load(char *const *files, GError **error);
/* The same for one profile in memory; `name` stands for the file in messages. */
char *profile_parse(const char *name, const char *text, GError **error);

#endif /* SCANNER_PROFILE_H */
