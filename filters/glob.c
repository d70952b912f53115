/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * glob.c - shell-like patterns in bounded time.
 *
 * Senders choose the text, so they could make a matcher that backtracks for each star (fnmatch,
 * GPatternSpec) run for ever. Only the last star needs to be tried again: it can match whatever an
 * earlier one leaves. Nothing fails.
 */
#include "filters/glob.h"

gboolean glob_matches(const char *pattern, const char *text)
{
    const char *star = NULL, *resume = NULL;

    while (*text != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            resume = text;
        } else if (*pattern == '?') {
            pattern++;
            text = g_utf8_next_char(text);
        } else if (*pattern != '\0' && *pattern == *text) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star;
            resume = g_utf8_next_char(resume);
            text = resume;
        } else {
            return FALSE;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}
