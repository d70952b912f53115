/* SPDX-License-Identifier: GPL-2.0-or-later */
/* macro-xml.h - parts of OOXML and OpenDocument packages. */
#ifndef SCANNER_MACRO_XML_H
#define SCANNER_MACRO_XML_H

#include "scanner/macro/macro-document.h"

/* Whether it begins like XML; whether a part of ours is only known from its root. */
gboolean macro_xml_matches(const char *data, gsize size);
/* Adds what the part does by itself. Other XML costs no more than its first element. */
void macro_xml_read(MacroDocument *document, const char *data, gsize size);
/* Whether an action of a slide runs a program, a macro or an object's verb. */
gboolean macro_xml_action_runs(const char *action);

#endif /* SCANNER_MACRO_XML_H */
