/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-rules-choose.h - the macro rules that the configuration asks for.
 */
#ifndef SCANNER_MACRO_RULES_CHOOSE_H
#define SCANNER_MACRO_RULES_CHOOSE_H

#include "filters/macro-rules.h"

/* The rules in the file `path`, or those compiled in when it is empty. NULL with FILTER_ERROR. */
MacroRules *macro_rules_choose(const char *path, GError **error);

#endif /* SCANNER_MACRO_RULES_CHOOSE_H */
