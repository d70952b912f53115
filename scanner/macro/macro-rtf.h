/* SPDX-License-Identifier: GPL-2.0-or-later */
/* macro-rtf.h - fields, objects and templates of RTF; and the bytes of its objects. */
#ifndef SCANNER_MACRO_RTF_H
#define SCANNER_MACRO_RTF_H

#include "scanner/macro/macro-document.h"

/* Word opens what begins with `{\rt`. */
gboolean macro_rtf_matches(const char *data, gsize size);
void macro_rtf_read(MacroDocument *document, const char *data, gsize size);

/* One that holds objects. */
gboolean macro_rtf_has_objects(const char *data, gsize size);
/* An object as OLE 1 writes it; is_whole: FALSE when it was cut. The bytes live as long as the
 * call.
 */
typedef void (*MacroRtfObject)(const guint8 *data, gsize size, gboolean is_whole,
                               gpointer user_data);
/* Tells each, up to `most` bytes of it; reads until `end` (g_get_monotonic_time()). FALSE when it
 * was late. */
gboolean macro_rtf_objects(const char *data, gsize size, gsize most, gint64 end,
                           MacroRtfObject found, gpointer user_data);

#endif /* SCANNER_MACRO_RTF_H */
