/* SPDX-License-Identifier: GPL-2.0-or-later */
/* macro-rtf.h - fields, objects and templates of RTF. */
#ifndef SCANNER_MACRO_RTF_H
#define SCANNER_MACRO_RTF_H

#include "scanner/macro-document.h"

/* Word opens what begins with `{\rt`. */
gboolean macro_rtf_matches(const char *data, gsize size);
void macro_rtf_read(MacroDocument *document, const char *data, gsize size);

#endif /* SCANNER_MACRO_RTF_H */
