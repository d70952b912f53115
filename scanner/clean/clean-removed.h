/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clean-removed.h - how those who cut a format tell what they took out. */
#ifndef SCANNER_CLEAN_REMOVED_H
#define SCANNER_CLEAN_REMOVED_H

#include <glib.h>

/* Called with a short name of each thing that goes out. */
typedef void (*CleanRemoved)(const char *name, gpointer user);

#endif /* SCANNER_CLEAN_REMOVED_H */
