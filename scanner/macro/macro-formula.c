/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-formula.c - a stack machine that puts operands and functions together again.
 *
 * Cannot fail: what is not understood ends the formula with a `?`. Names of functions are those of
 * the specification's tables (Ftab and Cetab) that matter to macros; others come out as `f123`.
 *
 * Known limit: of functions with a fixed number of arguments that are not in the table one argument
 * is taken, so operands may stand beside their function; none is lost.
 */
#include "scanner/macro/macro-formula.h"

#include "scanner/macro/macro-bytes.h"

enum {
    COMMAND = 0x8000 /* of a function's number: it is a command (Cetab) */
};

typedef struct {
    Bytes bytes;
    FormulaVersion version;
    GPtrArray *stack; /* of GString */
    gsize total;      /* of all texts made: bounds work and memory */
} Machine;

/* Arguments -1: told by the token. */
static const struct {
    guint number;
    int arguments;
    const char *name;
} FUNCTIONS[] = {
    {1, -1, "IF"},
    {4, -1, "SUM"},
    {25, 1, "INT"},
    {27, 2, "ROUND"},
    {30, 2, "REPT"},
    {31, 3, "MID"},
    {32, 1, "LEN"},
    {33, 1, "VALUE"},
    {39, 2, "MOD"},
    {48, 2, "TEXT"},
    {53, 1, "GOTO"},
    {54, -1, "HALT"},
    {55, -1, "RETURN"},
    {63, 0, "RAND"},
    {74, 0, "NOW"},
    {78, -1, "OFFSET"},
    {79, 2, "ABSREF"},
    {88, -1, "SET.NAME"},
    {94, 0, "ACTIVE.CELL"},
    {104, -1, "INPUT"},
    {106, 1, "GET.FORMULA"},
    {107, -1, "GET.NAME"},
    {108, 2, "SET.VALUE"},
    {110, -1, "EXEC"},
    {111, 1, "CHAR"},
    {112, 1, "LOWER"},
    {113, 1, "UPPER"},
    {115, -1, "LEFT"},
    {116, -1, "RIGHT"},
    {118, 1, "TRIM"},
    {119, 4, "REPLACEAT"}, /* by place and not by text, as VBA's Replace is */
    {120, -1, "SUBSTITUTE"},
    {121, 1, "CODE"},
    {130, 1, "T"},
    {131, 1, "N"},
    {132, -1, "FOPEN"},
    {133, 1, "FCLOSE"},
    {135, 1, "FREADLN"},
    {136, 2, "FREAD"},
    {137, 2, "FWRITELN"},
    {138, 2, "FWRITE"},
    {148, -1, "INDIRECT"},
    {149, -1, "REGISTER"},
    {150, -1, "CALL"},
    {171, -1, "FOR"},
    {172, 1, "WHILE"},
    {174, 0, "NEXT"},
    {175, 2, "INITIATE"},
    {177, 3, "POKE"},
    {178, 2, "EXECUTE"},
    {185, -1, "GET.CELL"},
    {186, 1, "GET.WORKSPACE"},
    {187, -1, "GET.WINDOW"},
    {188, -1, "GET.DOCUMENT"},
    {191, -1, "GET.NOTE"},
    {201, 1, "UNREGISTER"},
    {267, -1, "REGISTER.ID"},
    {336, -1, "CONCATENATE"},
    {359, -1, "HYPERLINK"},
    {COMMAND | 17, -1, "RUN"},
    {COMMAND | 96, -1, "FORMULA"},
    {COMMAND | 97, -1, "FORMULA.FILL"},
    {COMMAND | 98, -1, "FORMULA.ARRAY"},
};

void macro_formula_cell_name(guint row, guint column, char *ret, gsize size)
{
    char letters[8];
    guint at = sizeof(letters) - 1;

    letters[at] = '\0';
    for (guint rest = column + 1; rest > 0 && at > 0; rest = (rest - 1) / 26)
        letters[--at] = (char)('A' + (rest - 1) % 26);
    g_snprintf(ret, size, "%s%u", letters + at, row + 1);
}

/* --- The stack -------------------------------------------------------------------- */

static void free_string(gpointer data)
{
    g_string_free(data, TRUE);
}

static gboolean push(Machine *machine, GString *text)
{
    g_ptr_array_add(machine->stack, text);
    machine->total += text->len + 1;
    return machine->stack->len <= FORMULA_OPERANDS_MAX && machine->total <= 4 * FORMULA_TEXT_MAX;
}

static gboolean push_text(Machine *machine, const char *text)
{
    return push(machine, g_string_new(text));
}

/* An empty one when there is none. */
static GString *pop(Machine *machine)
{
    if (machine->stack->len == 0)
        return g_string_new(NULL);
    return g_ptr_array_steal_index(machine->stack, machine->stack->len - 1);
}

static gboolean join_two(Machine *machine, const char *operator)
{
    GString *right = pop(machine), *left = pop(machine);

    g_string_append(left, operator);
    g_string_append_len(left, right->str, (gssize)right->len);
    g_string_free(right, TRUE);
    return push(machine, left);
}

static gboolean wrap(Machine *machine, const char *before, const char *after)
{
    GString *text = pop(machine);

    g_string_prepend(text, before);
    g_string_append(text, after);
    return push(machine, text);
}

static gboolean call(Machine *machine, guint number, int arguments)
{
    GString *text = g_string_new(NULL);
    const char *name = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(FUNCTIONS); i++)
        if (FUNCTIONS[i].number == number) {
            name = FUNCTIONS[i].name;
            arguments = arguments < 0 ? FUNCTIONS[i].arguments : arguments;
        }
    if (arguments < 0)
        arguments = 1;
    arguments = MIN(arguments, (int)machine->stack->len);
    for (int i = 0; i < arguments; i++) {
        GString *one = pop(machine);

        if (i > 0)
            g_string_prepend_c(text, ',');
        g_string_prepend_len(text, one->str, (gssize)one->len);
        g_string_free(one, TRUE);
    }
    g_string_prepend_c(text, '(');
    if (name)
        g_string_prepend(text, name);
    else
        g_string_prepend(text, (number & COMMAND) != 0 ? "command" : "f");
    g_string_append_c(text, ')');
    return push(machine, text);
}

/* --- Operands --------------------------------------------------------------------- */

static gboolean push_string(Machine *machine)
{
    GString *text = g_string_new("\""), *raw = g_string_new(NULL);
    guint count = bytes_number(&machine->bytes, machine->version == FORMULA_BIFF12 ? 2 : 1);
    gboolean is_wide = machine->version == FORMULA_BIFF12;

    if (machine->version == FORMULA_BIFF8)
        is_wide = (bytes_number(&machine->bytes, 1) & 1) != 0;
    bytes_text(&machine->bytes, count, is_wide, raw);
    g_string_replace(raw, "\"", "\"\"", 0);
    g_string_append_len(text, raw->str, (gssize)raw->len);
    g_string_append_c(text, '"');
    g_string_free(raw, TRUE);
    return push(machine, text);
}

static gboolean push_cell(Machine *machine)
{
    guint row = bytes_number(&machine->bytes, machine->version == FORMULA_BIFF12 ? 4 : 2);
    guint column = bytes_number(&machine->bytes, machine->version == FORMULA_BIFF5 ? 1 : 2);
    char name[32];

    if (machine->version == FORMULA_BIFF5)
        row &= 0x3FFF; /* the two high bits tell what is relative; later in the column */
    macro_formula_cell_name(row, column & 0x3FFF, name, sizeof(name));
    return push_text(machine, name);
}

static gboolean push_area(Machine *machine)
{
    gsize row = machine->version == FORMULA_BIFF12 ? 4 : 2;
    guint first_row = bytes_number(&machine->bytes, (guint)row);
    guint last_row = bytes_number(&machine->bytes, (guint)row);
    guint column = machine->version == FORMULA_BIFF5 ? 1 : 2;
    guint first_column = bytes_number(&machine->bytes, column) & 0x3FFF;
    guint last_column = bytes_number(&machine->bytes, column) & 0x3FFF;
    char first[32], last[32], both[80];

    macro_formula_cell_name(first_row, first_column, first, sizeof(first));
    macro_formula_cell_name(last_row, last_column, last, sizeof(last));
    g_snprintf(both, sizeof(both), "%s:%s", first, last);
    return push_text(machine, both);
}

static gboolean push_number(Machine *machine, double number)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    return push_text(machine, g_ascii_formatd(text, sizeof(text), "%.15g", number));
}

static gboolean push_name(Machine *machine, gsize before, gsize after)
{
    char text[32];

    (void)bytes_take(&machine->bytes, before);
    g_snprintf(text, sizeof(text), "name_%u", bytes_number(&machine->bytes, 2));
    (void)bytes_take(&machine->bytes, after);
    return push_text(machine, text);
}

static gboolean take_attribute(Machine *machine)
{
    guint flags = bytes_number(&machine->bytes, 1), word = bytes_number(&machine->bytes, 2);

    if ((flags & 0x04) != 0) /* a table of jumps */
        (void)bytes_take(&machine->bytes, ((gsize)word + 1) * 2);
    return (flags & 0x10) != 0 ? call(machine, 4, 1) : TRUE; /* SUM of one */
}

static gboolean skip(Machine *machine, gsize size, const char *shown)
{
    (void)bytes_take(&machine->bytes, size);
    return shown ? push_text(machine, shown) : TRUE;
}

/* Sizes for BIFF5, BIFF8 and BIFF12. */
#define BY_VERSION(a, b, c)                                                                        \
    (machine->version == FORMULA_BIFF5 ? (a) : machine->version == FORMULA_BIFF8 ? (b) : (c))

/* The tokens that come in three classes (reference, value, array). */
static gboolean run_operand(Machine *machine, guint token)
{
    guint number;

    switch (token) {
    case 0x20:
        return skip(machine, BY_VERSION(7, 7, 14), "{}");
    case 0x21:
        return call(machine, bytes_number(&machine->bytes, 2), -1);
    case 0x22:
        number = bytes_number(&machine->bytes, 1) & 0x7F;
        return call(machine, bytes_number(&machine->bytes, 2), (int)number);
    case 0x23:
        return push_name(machine, 0, BY_VERSION(12, 2, 2));
    case 0x24:
    case 0x2C:
        return push_cell(machine);
    case 0x25:
    case 0x2D:
        return push_area(machine);
    case 0x26:
    case 0x27:
    case 0x28:
        return skip(machine, 6, NULL);
    case 0x29:
    case 0x2E:
    case 0x2F:
        return skip(machine, 2, NULL);
    case 0x2A:
        return skip(machine, BY_VERSION(3, 4, 6), "#REF!");
    case 0x2B:
        return skip(machine, BY_VERSION(6, 8, 12), "#REF!");
    case 0x39:
        return push_name(machine, BY_VERSION(10, 2, 2), BY_VERSION(12, 2, 2));
    case 0x3A:
        (void)bytes_take(&machine->bytes, BY_VERSION(14, 2, 2));
        return push_cell(machine);
    case 0x3B:
        (void)bytes_take(&machine->bytes, BY_VERSION(14, 2, 2));
        return push_area(machine);
    case 0x3C:
        return skip(machine, BY_VERSION(17, 6, 8), "#REF!");
    case 0x3D:
        return skip(machine, BY_VERSION(20, 10, 14), "#REF!");
    default:
        return FALSE;
    }
}

static gboolean run_token(Machine *machine, guint token)
{
    static const char *const OPERATORS[] = {
        "+", "-", "*", "/", "^", "&", "<", "<=", "=", ">=", ">", "<>", " ", ",", ":"};

    if (token >= 0x03 && token <= 0x11)
        return join_two(machine, OPERATORS[token - 0x03]);
    if (token >= 0x20)
        return run_operand(machine, (token & 0x1F) | 0x20);
    switch (token) {
    case 0x01:
    case 0x02:
        return skip(machine, 4, "shared");
    case 0x12:
        return TRUE;
    case 0x13:
        return wrap(machine, "-", "");
    case 0x14:
        return wrap(machine, "", "%");
    case 0x15:
        return wrap(machine, "(", ")");
    case 0x16:
        return push_text(machine, "");
    case 0x17:
        return push_string(machine);
    case 0x19:
        return take_attribute(machine);
    case 0x1C:
        return skip(machine, 1, "#ERR!");
    case 0x1D:
        return push_text(machine, bytes_number(&machine->bytes, 1) ? "TRUE" : "FALSE");
    case 0x1E:
        return push_number(machine, bytes_number(&machine->bytes, 2));
    case 0x1F:
        return push_number(machine, bytes_double(&machine->bytes));
    default:
        return FALSE;
    }
}

char *macro_formula_text(const guint8 *tokens, gsize size, FormulaVersion version)
{
    Machine machine = {.bytes = {.at = tokens, .left = size},
                       .version = version,
                       .stack = g_ptr_array_new_with_free_func(free_string)};
    GString *text = g_string_new(NULL);
    gboolean ok = TRUE;

    while (ok && machine.bytes.left > 0)
        ok = run_token(&machine, bytes_number(&machine.bytes, 1)) && !machine.bytes.is_short;
    for (guint i = 0; i < machine.stack->len && text->len < FORMULA_TEXT_MAX; i++) {
        const GString *one = machine.stack->pdata[i];

        if (i > 0)
            g_string_append_c(text, ' ');
        g_string_append_len(text, one->str, (gssize)MIN(one->len, (gsize)FORMULA_TEXT_MAX));
    }
    if (!ok)
        g_string_append(text, "?");
    g_ptr_array_unref(machine.stack);
    return g_string_free(text, FALSE);
}
