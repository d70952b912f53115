/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * clean-links.h - attachment rows whose like was judged clean a moment ago.
 *
 * The hundredth mail with the same attachment under the same name needs no hundredth question. For
 * all threads.
 */
#ifndef LIBSTOREHOOK_CLEAN_LINKS_H
#define LIBSTOREHOOK_CLEAN_LINKS_H

#include <stdbool.h>
#include <stdint.h>

#include "libstorehook/blob.h"

/* All that a verdict on a link was made from. */
typedef struct {
    const ByteString *digest, *name, *header, *encoding;
} CleanLink;

/* Was exactly this found clean in this epoch of the service (protocol.h)? */
bool clean_links_has(const CleanLink *link, uint32_t epoch);
/* Remembers it, in place of an older one; one that is too long is not remembered. */
void clean_links_add(const CleanLink *link, uint32_t epoch);

#endif /* LIBSTOREHOOK_CLEAN_LINKS_H */
