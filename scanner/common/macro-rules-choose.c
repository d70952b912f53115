/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-rules-choose.c - reads the operator's file, or the compiled-in copy of filters/macros.conf.
 *
 * Fails with FILTER_ERROR.
 */
#include "scanner/common/macro-rules-choose.h"

#include <string.h>

#include "scanner/macro-rules-bundled.h"

MacroRules *macro_rules_choose(const char *path, GError **error)
{
    return path[0] ? macro_rules_load(path, error)
                   : macro_rules_parse("(bundled macro rules)", MACRO_RULES_BUNDLED,
                                       strlen(MACRO_RULES_BUNDLED), error);
}
