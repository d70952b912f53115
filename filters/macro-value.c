/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-value.c - evaluates constant expressions with the text functions of VBA and Excel.
 *
 * An expression that depends on anything but constants and variables with a known text has no
 * value, which is no failure. Precedence by [MS-VBAL] 5.6.9: * / \ mod, + -, &, xor.
 *
 * Known limits: numbers are integers; loops are not run and procedures not called.
 */
#include "filters/macro-value.h"

#include <string.h>

static gboolean read_any(Evaluation *evaluation, guint *at, Value *ret);

void macro_value_clear(Value *value)
{
    if (value->text != NULL)
        g_string_free(value->text, TRUE);
    *value = (Value){0};
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Value, macro_value_clear)

static const Token *token_at(const Evaluation *evaluation, guint at)
{
    return &evaluation->tokens[MIN(at, evaluation->count - 1)];
}

static Value value_take(GString *text)
{
    return (Value){.text = text};
}

static void append_limited(Evaluation *evaluation, GString *to, const char *text, gsize size)
{
    gsize room = to->len < MACRO_VALUE_MAX ? MACRO_VALUE_MAX - to->len : 0;

    g_string_append_len(to, text, (gssize)MIN(size, room));
    evaluation->work += MIN(size, room) + 1;
}

/* Turns a number into its digits. */
static void value_make_text(Value *value)
{
    if (value->text != NULL)
        return;
    value->text = g_string_new(NULL);
    g_string_append_printf(value->text, "%" G_GINT64_FORMAT, value->number);
}

static void value_join(Evaluation *evaluation, Value *left, Value *right)
{
    value_make_text(left);
    value_make_text(right);
    if (right->text->len <= 4)
        evaluation->short_pieces++;
    append_limited(evaluation, left->text, right->text->str, right->text->len);
}

char *macro_value_name(const Token *token)
{
    char *name = g_ascii_strdown(token->text, (gssize)token->size), *out = name;

    for (const char *p = name; *p != '\0'; p++)
        if (*p != '$')
            *out++ = *p;
    *out = '\0';
    return name;
}

/* --- Functions ------------------------------------------------------------------- */

enum {
    ARGUMENTS_MAX = 30 /* for CONCATENATE; a call with more has no value */
};

typedef struct {
    Value values[ARGUMENTS_MAX];
    guint count;
} Arguments;

static void arguments_clear(Arguments *arguments)
{
    for (guint i = 0; i < arguments->count; i++)
        macro_value_clear(&arguments->values[i]);
    arguments->count = 0;
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Arguments, arguments_clear)

typedef gboolean (*Function)(Evaluation *evaluation, Arguments *arguments, Value *ret);

static gint64 number_of(const Value *value)
{
    return value->text != NULL ? g_ascii_strtoll(value->text->str, NULL, 10) : value->number;
}

static GString *text_of(Value *value)
{
    value_make_text(value);
    return value->text;
}

static gboolean run_chr(Evaluation *evaluation, Arguments *arguments, Value *ret)
{
    gint64 code = number_of(&arguments->values[0]);
    GString *text;

    if (code < 0 || code > 0xFFFF)
        return FALSE;
    evaluation->chars++;
    text = g_string_new(NULL);
    if (code < 0x80)
        g_string_append_c(text, code == 0 ? ' ' : (char)code);
    else
        g_string_append_unichar(text, code >= 0xD800 && code < 0xE000 ? 0xFFFD : (gunichar)code);
    *ret = value_take(text);
    return TRUE;
}

static gboolean run_reverse(Evaluation *evaluation, Arguments *arguments, Value *ret)
{
    GString *text = text_of(&arguments->values[0]);

    evaluation->reversed++;
    evaluation->work += text->len;
    *ret = value_take(g_string_new_len(text->str, (gssize)text->len));
    for (gsize i = 0; i < text->len; i++)
        ret->text->str[i] = text->str[text->len - 1 - i];
    return TRUE;
}

static gboolean run_replace(Evaluation *evaluation, Arguments *arguments, Value *ret)
{
    GString *text = text_of(&arguments->values[0]), *old = text_of(&arguments->values[1]);
    GString *new = text_of(&arguments->values[2]);
    const char *at = text->str, *end = text->str + text->len, *found;

    evaluation->replaced++;
    *ret = value_take(g_string_new(NULL));
    while (old->len > 0 && (found = memmem(at, (gsize)(end - at), old->str, old->len)) != NULL) {
        append_limited(evaluation, ret->text, at, (gsize)(found - at));
        append_limited(evaluation, ret->text, new->str, new->len);
        at = found + old->len;
    }
    append_limited(evaluation, ret->text, at, (gsize)(end - at));
    return TRUE;
}

static gboolean run_same(Evaluation *evaluation, Arguments *arguments, Value *ret)
{
    GString *text = text_of(&arguments->values[0]);

    evaluation->work += text->len;
    *ret = value_take(g_string_new_len(text->str, (gssize)text->len));
    return TRUE;
}

static gboolean run_trim(Evaluation *evaluation, Arguments *arguments, Value *ret)
{
    (void)run_same(evaluation, arguments, ret);
    g_strstrip(ret->text->str);
    g_string_truncate(ret->text, strlen(ret->text->str));
    return TRUE;
}

static gboolean cut(Evaluation *evaluation, GString *text, gint64 from, gint64 count, Value *ret)
{
    gint64 size = (gint64)text->len;

    if (from < 0 || count < 0)
        return FALSE;
    from = MIN(from, size);
    count = MIN(count, size - from);
    evaluation->work += (gsize)count;
    *ret = value_take(g_string_new_len(text->str + from, (gssize)count));
    return TRUE;
}

static gboolean run_mid(Evaluation *evaluation, Arguments *arguments, Value *ret)
{
    GString *text = text_of(&arguments->values[0]);
    gint64 from = number_of(&arguments->values[1]);
    gint64 count = arguments->count > 2 ? number_of(&arguments->values[2]) : (gint64)text->len;

    return from >= 1 && cut(evaluation, text, from - 1, count, ret);
}

static gboolean run_left(Evaluation *evaluation, Arguments *arguments, Value *ret)
{
    return cut(evaluation, text_of(&arguments->values[0]), 0,
               arguments->count > 1 ? number_of(&arguments->values[1]) : 1, ret);
}

static gboolean run_right(Evaluation *evaluation, Arguments *arguments, Value *ret)
{
    GString *text = text_of(&arguments->values[0]);
    gint64 count = arguments->count > 1 ? number_of(&arguments->values[1]) : 1;

    return cut(evaluation, text, MAX((gint64)text->len - MAX(count, 0), 0), count, ret);
}

static gboolean run_code(Evaluation *evaluation, Arguments *arguments, Value *ret)
{
    GString *text = text_of(&arguments->values[0]);

    (void)evaluation;
    if (text->len == 0)
        return FALSE;
    *ret = (Value){.number = (guchar)text->str[0]};
    return TRUE;
}

static gboolean run_number(Evaluation *evaluation, Arguments *arguments, Value *ret)
{
    (void)evaluation;
    *ret = (Value){.number = number_of(&arguments->values[0])};
    return TRUE;
}

static gboolean run_join(Evaluation *evaluation, Arguments *arguments, Value *ret)
{
    *ret = value_take(g_string_new(NULL));
    for (guint i = 0; i < arguments->count; i++)
        value_join(evaluation, ret, &arguments->values[i]);
    return TRUE;
}

static const struct {
    const char *name;
    guint least, most; /* arguments */
    Function run;
} FUNCTIONS[] = {
    {"chr", 1, 1, run_chr},
    {"chrw", 1, 1, run_chr},
    {"chrb", 1, 1, run_chr},
    {"char", 1, 1, run_chr},
    {"unichar", 1, 1, run_chr},
    {"strreverse", 1, 1, run_reverse},
    {"replace", 3, 3, run_replace},
    {"substitute", 3, 3, run_replace},
    {"lcase", 1, 1, run_same},
    {"ucase", 1, 1, run_same},
    {"lower", 1, 1, run_same},
    {"upper", 1, 1, run_same},
    {"cstr", 1, 1, run_same},
    {"t", 1, 1, run_same},
    {"trim", 1, 1, run_trim},
    {"ltrim", 1, 1, run_trim},
    {"rtrim", 1, 1, run_trim},
    {"mid", 2, 3, run_mid},
    {"left", 1, 2, run_left},
    {"right", 1, 2, run_right},
    {"asc", 1, 1, run_code},
    {"ascw", 1, 1, run_code},
    {"code", 1, 1, run_code},
    {"val", 1, 1, run_number},
    {"cint", 1, 1, run_number},
    {"clng", 1, 1, run_number},
    {"int", 1, 1, run_number},
    {"cbyte", 1, 1, run_number},
    {"round", 1, 2, run_number},
    {"value", 1, 1, run_number},
    {"concatenate", 1, ARGUMENTS_MAX, run_join},
};

static gboolean read_arguments(Evaluation *evaluation, guint *at, Arguments *arguments)
{
    guint here = *at;

    if (!macro_token_is_mark(token_at(evaluation, here), '('))
        return FALSE;
    do {
        here++;
        if (arguments->count == ARGUMENTS_MAX ||
            !read_any(evaluation, &here, &arguments->values[arguments->count]))
            return FALSE;
        arguments->count++;
    } while (macro_token_is_mark(token_at(evaluation, here), ','));
    if (!macro_token_is_mark(token_at(evaluation, here), ')'))
        return FALSE;
    *at = here + 1;
    return TRUE;
}

/* `vba.chr` and `strings.chr` are `chr`. */
static guint skip_library(const Evaluation *evaluation, guint at)
{
    while ((macro_token_is(token_at(evaluation, at), "vba") ||
            macro_token_is(token_at(evaluation, at), "strings")) &&
           macro_token_is_mark(token_at(evaluation, at + 1), '.'))
        at += 2;
    return at;
}

static gboolean read_call(Evaluation *evaluation, guint *at, Value *ret)
{
    guint here = skip_library(evaluation, *at);

    if (!macro_token_is_mark(token_at(evaluation, here + 1), '('))
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(FUNCTIONS); i++) {
        g_auto(Arguments) arguments = {.count = 0};

        if (!macro_token_is(token_at(evaluation, here), FUNCTIONS[i].name))
            continue;
        here++;
        if (!read_arguments(evaluation, &here, &arguments) ||
            arguments.count < FUNCTIONS[i].least || arguments.count > FUNCTIONS[i].most ||
            !FUNCTIONS[i].run(evaluation, &arguments, ret))
            return FALSE;
        *at = here;
        return TRUE;
    }
    return FALSE;
}

static gboolean read_variable(Evaluation *evaluation, guint *at, Value *ret)
{
    const Token *next = token_at(evaluation, *at + 1);
    g_autofree char *name = NULL;
    const GString *known;

    /* `name(`, `name.` and `.name` are something else of that name. */
    if (macro_token_is_mark(next, '(') || macro_token_is_mark(next, '.') ||
        (*at > 0 && macro_token_is_mark(token_at(evaluation, *at - 1), '.')))
        return FALSE;
    name = macro_value_name(token_at(evaluation, *at));
    known = g_hash_table_lookup(evaluation->variables, name);
    if (known == NULL)
        return FALSE;
    evaluation->work += known->len;
    *ret = value_take(g_string_new_len(known->str, (gssize)known->len));
    (*at)++;
    return TRUE;
}

/* --- Operators ------------------------------------------------------------------- */

static void read_string(Evaluation *evaluation, const Token *token, Value *ret)
{
    GString *text = g_string_sized_new(MIN(token->size, MACRO_VALUE_MAX) + 1);

    for (gsize i = 0; i < token->size && text->len < MACRO_VALUE_MAX; i++) {
        g_string_append_c(text, token->text[i]);
        if (token->text[i] == '"')
            i++;
    }
    evaluation->work += text->len + 1;
    *ret = value_take(text);
}

static gboolean read_parenthesis(Evaluation *evaluation, guint *at, Value *ret)
{
    guint here = *at + 1;

    if (!read_any(evaluation, &here, ret))
        return FALSE;
    if (!macro_token_is_mark(token_at(evaluation, here), ')')) {
        macro_value_clear(ret);
        return FALSE;
    }
    *at = here + 1;
    return TRUE;
}

static gboolean read_primary(Evaluation *evaluation, guint *at, Value *ret)
{
    const Token *token = token_at(evaluation, *at);
    guint here = *at + 1;

    switch (token->type) {
    case TOKEN_STRING:
        read_string(evaluation, token, ret);
        (*at)++;
        return TRUE;
    case TOKEN_NUMBER:
        *ret = (Value){.number = token->number};
        (*at)++;
        return TRUE;
    case TOKEN_WORD:
        return read_call(evaluation, at, ret) || read_variable(evaluation, at, ret);
    case TOKEN_MARK:
        if (*token->text == '(')
            return read_parenthesis(evaluation, at, ret);
        if (*token->text != '-' || token_at(evaluation, here)->type != TOKEN_NUMBER)
            return FALSE;
        *ret = (Value){.number = -token_at(evaluation, here)->number};
        *at += 2;
        return TRUE;
    case TOKEN_LINE:
        break;
    }
    return FALSE;
}

/* By precedence, the highest first. */
static const char *const OPERATORS[] = {"*/\\m", "+-", "&", "x"};

static char operator_at(const Evaluation *evaluation, guint at, guint level)
{
    const Token *token = token_at(evaluation, at);
    char letter = token->type == TOKEN_MARK      ? *token->text
                  : macro_token_is(token, "mod") ? 'm'
                  : macro_token_is(token, "xor") ? 'x'
                                                 : '\0';

    return letter != '\0' && strchr(OPERATORS[level], letter) != NULL ? letter : '\0';
}

static gboolean apply_numbers(char symbol, gint64 right, gint64 *left)
{
    guint64 a = (guint64)*left, b = (guint64)right; /* overflow wraps */

    if (strchr("/\\m", symbol) != NULL && (right == 0 || right == -1))
        return FALSE;
    *left = symbol == '*'   ? (gint64)(a * b)
            : symbol == '+' ? (gint64)(a + b)
            : symbol == '-' ? (gint64)(a - b)
            : symbol == 'x' ? (gint64)(a ^ b)
            : symbol == 'm' ? *left % right
                            : *left / right;
    return TRUE;
}

/* A text of digits counts as a number, since variables are kept as text. */
static gboolean value_make_number(Value *value)
{
    char *end;
    gint64 number;

    if (value->text == NULL)
        return TRUE;
    number = g_ascii_strtoll(value->text->str, &end, 10);
    if (end == value->text->str || *end != '\0')
        return FALSE;
    macro_value_clear(value);
    value->number = number;
    return TRUE;
}

static gboolean apply(Evaluation *evaluation, char symbol, Value *left, Value *right)
{
    if (symbol == '&' || (symbol == '+' && left->text != NULL && right->text != NULL)) {
        value_join(evaluation, left, right);
        return TRUE;
    }
    if (!value_make_number(left) || !value_make_number(right))
        return FALSE;
    return apply_numbers(symbol, right->number, &left->number);
}

static gboolean read_level(Evaluation *evaluation, guint *at, guint level, Value *ret);

/* Reads an operand of the operators of this level. */
static gboolean read_operand(Evaluation *evaluation, guint *at, guint level, Value *ret)
{
    return level == 0 ? read_primary(evaluation, at, ret)
                      : read_level(evaluation, at, level - 1, ret);
}

static gboolean read_level(Evaluation *evaluation, guint *at, guint level, Value *ret)
{
    guint here = *at;
    char symbol;

    if (!read_operand(evaluation, &here, level, ret))
        return FALSE;
    while ((symbol = operator_at(evaluation, here, level)) != '\0') {
        g_auto(Value) right = {0};
        guint next = here + 1;

        if (!read_operand(evaluation, &next, level, &right) ||
            !apply(evaluation, symbol, ret, &right))
            break;
        here = next;
    }
    *at = here;
    return TRUE;
}

static gboolean read_any(Evaluation *evaluation, guint *at, Value *ret)
{
    guint begin = MIN(*at, evaluation->count - 1);
    gboolean ok;

    /* Not again where it failed before: that would take quadratic time. */
    if (evaluation->failed[begin] || evaluation->depth == MACRO_DEPTH_MAX ||
        evaluation->work > MACRO_WORK_MAX)
        return FALSE;
    evaluation->depth++;
    ok = read_level(evaluation, at, G_N_ELEMENTS(OPERATORS) - 1, ret);
    evaluation->depth--;
    evaluation->failed[begin] = !ok;
    return ok;
}

gboolean macro_value_read(Evaluation *evaluation, guint *at, Value *ret)
{
    return read_any(evaluation, at, ret);
}
