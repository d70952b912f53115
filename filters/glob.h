/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FILTERS_GLOB_H
#define FILTERS_GLOB_H

#include <glib.h>

/* TRUE if the whole of `text` matches `pattern`: * any run, ? one character, all else itself. Both
 * valid UTF-8. Time is at most the product of the lengths, whatever is matched. */
gboolean glob_matches(const char *pattern, const char *text);

#endif /* FILTERS_GLOB_H */
