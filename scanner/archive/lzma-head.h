/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lzma-head.h - tells a file of the old form of LZMA, which has no sign. */
#ifndef SCANNER_LZMA_HEAD_H
#define SCANNER_LZMA_HEAD_H

#include <glib.h>

gboolean lzma_head_matches(const guint8 *data, gsize size);
/* TRUE for one whose packed bytes begin as no packer has them begin. */
gboolean lzma_head_is_blank(const guint8 *data, gsize size);
/* TRUE for one with a size that the packed bytes cannot have: of what begins with a few small
 * numbers much is like that. */
gboolean lzma_head_is_doubtful(const guint8 *data, gsize size);

#endif /* SCANNER_LZMA_HEAD_H */
