/* SPDX-License-Identifier: GPL-2.0-or-later */
/* macro-shortcut.h - what a click on a shortcut, a library or a setting of Windows starts. */
#ifndef SCANNER_MACRO_SHORTCUT_H
#define SCANNER_MACRO_SHORTCUT_H

#include "scanner/macro/macro-document.h"

gboolean macro_shortcut_matches(const char *data, gsize size);
void macro_shortcut_read(MacroDocument *document, const char *data, gsize size);

#endif /* SCANNER_MACRO_SHORTCUT_H */
