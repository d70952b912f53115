/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FILTERS_GLOB_H
#define FILTERS_GLOB_H

#include <glib.h>

/* TRUE if all of `text` matches `pattern`: * matches any characters, ? one, every other character
 * itself. Both are valid UTF-8. The time is at most proportional to the product of the lengths. */
gboolean glob_matches(const char *pattern, const char *text);

#endif /* FILTERS_GLOB_H */
