/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-text.c - statements, variables and the normal form.
 *
 * There are two passes: the first finds the variables with a known text, the second writes the
 * result, so that a constant at the end of a module is known where it is used. Procedures and
 * branches are ignored: what counts is what a text can become, not when.
 *
 * Fails when a limit of macro-text.h is reached.
 */
#include "filters/macro-text.h"

#include "filters/macro-value.h"

#include <string.h>

enum {
    /* So many of them are a way of hiding; honest code has a few. */
    CHR_CHAIN = 8,
    SPLIT_PIECES = 20
};

typedef struct {
    Evaluation evaluation;
    GString *out; /* NULL in the first pass */
    gsize begin;  /* where our part of `out` starts */
    gboolean after_word;
    gboolean keeps_known;
    gboolean is_over;
} Writer;

static void free_string(gpointer data)
{
    g_string_free(data, TRUE);
}

static const Token *writer_token(const Writer *writer, guint at)
{
    return &writer->evaluation.tokens[MIN(at, writer->evaluation.count - 1)];
}

/* --- Writing --------------------------------------------------------------------- */

static void put(Writer *writer, const char *text, gsize size, gboolean is_word)
{
    if (writer->out == NULL)
        return;
    if (writer->out->len - writer->begin + size > 2 * (gsize)MACRO_TEXT_MAX) {
        writer->is_over = TRUE;
        return;
    }
    if (is_word && writer->after_word)
        g_string_append_c(writer->out, ' ');
    for (gsize i = 0; i < size; i++)
        g_string_append_c(writer->out, (guchar)text[i] < 0x20 ? ' ' : g_ascii_tolower(text[i]));
    writer->after_word = is_word;
}

static void put_line(Writer *writer)
{
    if (writer->out == NULL)
        return;
    g_string_append_c(writer->out, '\n');
    writer->after_word = FALSE;
}

static void put_value(Writer *writer, const Value *value)
{
    char number[32];

    if (writer->out == NULL)
        return;
    if (value->text == NULL) {
        g_snprintf(number, sizeof(number), "%" G_GINT64_FORMAT, value->number);
        put(writer, number, strlen(number), TRUE);
        return;
    }
    put(writer, "\"", 1, TRUE);
    writer->after_word = FALSE;
    put(writer, value->text->str, MIN(value->text->len, (gsize)MACRO_SHOWN_MAX), FALSE);
    put(writer, "\"", 1, FALSE);
    writer->after_word = TRUE;
}

static void put_token(Writer *writer, const Token *token)
{
    if (token->type == TOKEN_LINE)
        put_line(writer);
    else
        put(writer, token->text, token->size, token->type != TOKEN_MARK);
}

/* --- Assignments ----------------------------------------------------------------- */

static gboolean starts_assignment(const Writer *writer, guint at)
{
    static const char *const BEFORE[] = {"const", "public", "private", "global", "let",
                                         "set",   "static", "dim",     "then",   "else"};
    const Token *before = at > 0 ? writer_token(writer, at - 1) : NULL;

    if (writer_token(writer, at)->type != TOKEN_WORD)
        return FALSE;
    if (before == NULL || before->type == TOKEN_LINE)
        return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(BEFORE); i++)
        if (macro_token_is(before, BEFORE[i]))
            return TRUE;
    return FALSE;
}

/* The index after `name =` or `name as type =`; 0: no assignment. */
static guint assignment_value(const Writer *writer, guint at)
{
    if (!starts_assignment(writer, at))
        return 0;
    at++;
    if (macro_token_is(writer_token(writer, at), "as") &&
        writer_token(writer, at + 1)->type == TOKEN_WORD)
        at += 2;
    return macro_token_is_mark(writer_token(writer, at), '=') ? at + 1 : 0;
}

static gboolean is_append(const Writer *writer, guint name, guint value)
{
    const Token *left = writer_token(writer, name), *right = writer_token(writer, value);
    const Token *mark = writer_token(writer, value + 1);

    return right->type == TOKEN_WORD && right->size == left->size &&
           g_ascii_strncasecmp(left->text, right->text, left->size) == 0 &&
           (macro_token_is_mark(mark, '&') || macro_token_is_mark(mark, '+'));
}

static gboolean ends_value(const Token *token)
{
    return token->type == TOKEN_LINE || macro_token_is(token, "else");
}

static void variable_set(Writer *writer, const char *name, Value *value, gboolean appends)
{
    GHashTable *variables = writer->evaluation.variables;
    GString *known = appends ? g_hash_table_lookup(variables, name) : NULL;

    if (value->text == NULL) {
        value->text = g_string_new(NULL);
        g_string_append_printf(value->text, "%" G_GINT64_FORMAT, value->number);
    }
    if (known != NULL) {
        gsize room = MACRO_VALUE_MAX - MIN(known->len, (gsize)MACRO_VALUE_MAX);

        g_string_append_len(known, value->text->str, (gssize)MIN(value->text->len, room));
    } else if (g_hash_table_size(variables) >= MACRO_VARIABLES_MAX &&
               !g_hash_table_contains(variables, name)) {
        writer->is_over = TRUE;
    } else {
        g_hash_table_insert(variables, g_strdup(name), g_steal_pointer(&value->text));
    }
}

/* FALSE: no assignment starts at *at. */
static gboolean write_assignment(Writer *writer, guint *at)
{
    guint value_at = assignment_value(writer, *at), here;
    g_autofree char *name = NULL;
    gboolean appends, known;
    Value value = {0};

    if (value_at == 0)
        return FALSE;
    name = macro_value_name(writer_token(writer, *at));
    appends = is_append(writer, *at, value_at);
    here = appends ? value_at + 2 : value_at;
    for (guint i = *at; i < here; i++)
        put_token(writer, writer_token(writer, i));
    *at = here;
    known = macro_value_read(&writer->evaluation, &here, &value);
    if (known) {
        put_value(writer, &value);
        *at = here;
    }
    if (known && ends_value(writer_token(writer, here)))
        variable_set(writer, name, &value, appends);
    else if (!writer->keeps_known) /* a formula without a known value leaves the one that the file
                                      has for its cell */
        g_hash_table_remove(writer->evaluation.variables, name);
    macro_value_clear(&value);
    return TRUE;
}

/* `name(`: these parentheses belong to a call and are no expression, unlike what is in them. */
static gboolean opens_arguments(const Writer *writer, guint at)
{
    return at > 0 && macro_token_is_mark(writer_token(writer, at), '(') &&
           writer_token(writer, at - 1)->type == TOKEN_WORD;
}

static gboolean writer_run(Writer *writer)
{
    Evaluation *evaluation = &writer->evaluation;

    memset(evaluation->failed, 0, evaluation->count);
    evaluation->chars = evaluation->reversed = evaluation->short_pieces = evaluation->replaced = 0;
    for (guint at = 0; at < evaluation->count && !writer->is_over;) {
        const Token *token = writer_token(writer, at);
        Value value = {0};

        if (evaluation->work > MACRO_WORK_MAX)
            return FALSE;
        if (token->type == TOKEN_LINE) {
            put_line(writer);
            at++;
        } else if (write_assignment(writer, &at)) {
            continue;
        } else if (!opens_arguments(writer, at) && macro_value_read(evaluation, &at, &value)) {
            put_value(writer, &value);
            macro_value_clear(&value);
        } else {
            put_token(writer, token);
            at++;
        }
    }
    return !writer->is_over;
}

static void tell_tricks(const Evaluation *evaluation, GString *tricks)
{
    if (evaluation->chars >= CHR_CHAIN)
        g_string_append(tricks, "chr-chain\n");
    if (evaluation->reversed > 0)
        g_string_append(tricks, "string-reverse\n");
    if (evaluation->short_pieces >= SPLIT_PIECES)
        g_string_append(tricks, "split-strings\n");
    if (evaluation->replaced > 0)
        g_string_append(tricks, "replace-text\n");
}

gboolean macro_text_normalize(const char *text, gsize size, MacroDialect dialect, GString *out,
                              GString *tricks)
{
    gsize taken = MIN(size, (gsize)MACRO_TEXT_MAX);
    gboolean all_tokens;
    g_autoptr(GArray) tokens = macro_tokens_new(text, taken, dialect, &all_tokens);
    g_autoptr(GHashTable) variables =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_string);
    g_autofree guint8 *failed = g_malloc(tokens->len);
    Writer writer = {.evaluation = {.failed = failed,
                                    .tokens = (const Token *)(void *)tokens->data,
                                    .count = tokens->len,
                                    .variables = variables},
                     .begin = out->len,
                     .keeps_known = dialect == MACRO_DIALECT_FORMULA};
    gboolean whole;

    (void)writer_run(&writer);
    writer.is_over = FALSE;
    writer.evaluation.work = 0;
    writer.out = out;
    whole = writer_run(&writer);
    tell_tricks(&writer.evaluation, tricks);
    return whole && all_tokens && taken == size;
}
