/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-rules.c - any bytes as a rule file, up to an empty line twice, the rest as a name to match.
 *
 * What must hold: rules or an error with file and line, never both; each rule that is there can
 * match something or not, and need_type only says yes where a type could decide.
 */
#include "filters/rules.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *rest = size > 0 ? memmem(data, size, "\n\n\n", 3) : NULL;
    gsize rules_size = rest != NULL ? (gsize)(rest - data) : size;
    g_autofree char *name =
        rest != NULL ? g_strndup((const char *)rest + 3, size - rules_size - 3) : g_strdup("a.exe");
    g_autoptr(GError) error = NULL;
    g_autoptr(FilterRules) rules = filter_rules_parse("f", (const char *)data, rules_size, &error);
    FilterSubject subject = {.name = name, .size = 1000};
    FilterMatch match;

    g_assert((rules == NULL) == (error != NULL));
    if (rules == NULL) {
        g_assert(g_str_has_prefix(error->message, "f:"));
        return 0;
    }
    gboolean need = filter_rules_need_type(rules, &subject);
    gboolean plain = filter_rules_match(rules, &subject, &match);
    subject.type = "application/x-dosexec";
    FilterMatch typed;
    gboolean with_type = filter_rules_match(rules, &subject, &typed);
    /* Where no type is asked for, knowing one changes nothing. */
    if (!need)
        g_assert(plain == with_type && (!plain || match.rule == typed.rule));
    return 0;
}
