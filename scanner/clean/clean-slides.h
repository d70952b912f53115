/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clean-slides.h - presentations of PowerPoint 97 to 2003 without macros, objects and actions. */
#ifndef SCANNER_CLEAN_SLIDES_H
#define SCANNER_CLEAN_SLIDES_H

#include "scanner/clean/clean-removed.h"

/* The stream `PowerPoint Document`, in place, since others name places in it by their offsets. An
 * object of more than `most` bytes unpacked goes out unseen. FALSE: its records make no sense. */
gboolean clean_slides_cut(guint8 *data, gsize size, gsize most, CleanRemoved removed,
                          gpointer user);

#endif /* SCANNER_CLEAN_SLIDES_H */
