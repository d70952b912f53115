/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-rules.c - matches phrases and adds up weights; macro-rules-parse.c reads the file.
 *
 * Cannot fail. A text is searched once for each phrase. That is fast enough, since macros are short
 * and documents without any are not searched.
 */
#include "filters/macro-rules.h"

#include "filters/macro-rules-parse.h"

#include <string.h>

struct MacroScore {
    const MacroRules *rules;
    gboolean hits[]; /* by rule */
};

static gboolean is_word(char letter)
{
    return g_ascii_isalnum(letter) || letter == '_';
}

/* Finds a piece of a phrase. A letter at its beginning or end must be at the edge of a word. */
static const char *find_piece(const char *from, const char *end, const char *piece, gsize size,
                              gboolean begins, gboolean ends, const char *text)
{
    while (from < end) {
        const char *found = memmem(from, (gsize)(end - from), piece, size);

        if (found == NULL)
            return NULL;
        if ((!begins || !is_word(found[0]) || found == text || !is_word(found[-1])) &&
            (!ends || !is_word(found[size - 1]) || found + size == end || !is_word(found[size])))
            return found;
        from = found + 1;
    }
    return NULL;
}

/* TRUE if the pieces after the stars follow in their order on the same line. */
static gboolean rest_matches(const char *rest, const char *from, const char *end, const char *text)
{
    const char *newline = memchr(from, '\n', (gsize)(end - from));
    const char *line_end = newline != NULL ? newline : end;

    while (*rest == '*') {
        gsize size = strcspn(++rest, "*");
        const char *found;

        if (size == 0)
            continue;
        found = find_piece(from, line_end, rest, size, FALSE, rest[size] == '\0', text);
        if (found == NULL)
            return FALSE;
        from = found + size;
        rest += size;
    }
    return TRUE;
}

static gboolean phrase_matches(const char *phrase, const char *text, gsize size)
{
    gsize first = strcspn(phrase, "*");
    const char *end = text + size, *at = text;

    while ((at = find_piece(at, end, phrase, first, TRUE, phrase[first] == '\0', text)) != NULL) {
        if (rest_matches(phrase + first, at + first, end, text))
            return TRUE;
        /* If it failed here, it fails for the rest of the line. */
        at = memchr(at, '\n', (gsize)(end - at));
        if (at == NULL)
            return FALSE;
    }
    return FALSE;
}

static gboolean any_matches(const GPtrArray *phrases, const char *text, gsize size)
{
    for (guint i = 0; i < phrases->len; i++)
        if (phrase_matches(phrases->pdata[i], text, size))
            return TRUE;
    return FALSE;
}

MacroScore *macro_score_new(const MacroRules *rules)
{
    MacroScore *score = g_malloc0(sizeof(*score) + rules->rules->len * sizeof(score->hits[0]));

    score->rules = rules;
    return score;
}

MacroScore *macro_score_free(MacroScore *score)
{
    g_free(score);
    return NULL;
}

void macro_score_add(MacroScore *score, MacroSource source, const char *text, gsize size)
{
    for (guint i = 0; size > 0 && i < score->rules->rules->len; i++) {
        const MacroRule *rule = &g_array_index(score->rules->rules, MacroRule, i);

        if (score->hits[i] || (rule->sources & (1u << source)) == 0)
            continue;
        score->hits[i] = any_matches(rule->find, text, size) &&
                         (rule->with == NULL || any_matches(rule->with, text, size));
    }
}

guint macro_score_total(const MacroScore *score)
{
    guint total = 0;

    for (guint c = 0; c < score->rules->classes->len; c++) {
        const MacroClass *class = &g_array_index(score->rules->classes, MacroClass, c);
        guint sum = 0;

        for (guint i = 0; i < score->rules->rules->len; i++) {
            const MacroRule *rule = &g_array_index(score->rules->rules, MacroRule, i);

            if (score->hits[i] && rule->class == c)
                sum += rule->weight;
        }
        total += MIN(sum, class->most);
    }
    return total;
}

static gint compare_weights(gconstpointer a, gconstpointer b)
{
    const MacroRule *left = *(const MacroRule *const *)a, *right = *(const MacroRule *const *)b;

    return left->weight != right->weight
               ? (left->weight < right->weight) - (left->weight > right->weight)
               : strcmp(left->name, right->name);
}

static void join_names(const GPtrArray *hits, char *reasons, gsize size)
{
    static const char MORE[] = "...";
    gsize used = 0;

    reasons[0] = '\0';
    for (guint i = 0; i < hits->len; i++) {
        const MacroRule *rule = hits->pdata[i];
        gsize length = strlen(rule->name) + (used > 0);
        gsize spare = i + 1 < hits->len ? sizeof(MORE) : 1;

        if (used + length + spare > size) {
            g_strlcat(reasons, MORE, size);
            return;
        }
        used += (gsize)g_snprintf(reasons + used, (gulong)(size - used), "%s%s",
                                  used > 0 ? "," : "", rule->name);
    }
}

gboolean macro_score_is_suspicious(const MacroScore *score, char *reasons, gsize size)
{
    g_autoptr(GPtrArray) hits = NULL;

    if (macro_score_total(score) < score->rules->threshold)
        return FALSE;
    hits = g_ptr_array_new();
    for (guint i = 0; i < score->rules->rules->len; i++)
        if (score->hits[i])
            g_ptr_array_add(hits, &g_array_index(score->rules->rules, MacroRule, i));
    g_ptr_array_sort(hits, compare_weights);
    join_names(hits, reasons, size);
    return TRUE;
}

const char *macro_rules_version(const MacroRules *rules)
{
    return rules->version;
}
