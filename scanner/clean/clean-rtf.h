/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clean-rtf.h - RTF without objects, templates from elsewhere and fields that reach programs. */
#ifndef SCANNER_CLEAN_RTF_H
#define SCANNER_CLEAN_RTF_H

#include "scanner/clean/clean-removed.h"

/* NULL: in doubt. *ret_end: where its last brace stands. Free with g_string_free(). */
GString *clean_rtf_cut(const char *data, gsize size, gsize *ret_end, CleanRemoved removed,
                       gpointer user);

#endif /* SCANNER_CLEAN_RTF_H */
