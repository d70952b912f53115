/* SPDX-License-Identifier: GPL-2.0-or-later */
/* macro-page.h - files that a web page or drawing carries in its text. */
#ifndef SCANNER_MACRO_PAGE_H
#define SCANNER_MACRO_PAGE_H

#include "scanner/macro/macro-document.h"

/* Of one that page_payload_matches(): adds what is in it by type, and whether a script saves a
 * file. */
void macro_page_read(MacroDocument *document, const char *data, gsize size);

#endif /* SCANNER_MACRO_PAGE_H */
