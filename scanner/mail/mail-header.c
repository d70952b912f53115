/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-header.c - reads one header block field by field and compares it with what RFC 5322 and
 * RFC 2045 allow.
 *
 * Cannot fail; time is linear in the block. A field that is too long to look at is a doubt.
 *
 * Known limit: fields are told apart as by most readers, at line ends of CR LF or LF.
 */
#include "scanner/mail/mail-header.h"

#include <string.h>
#include <strings.h>

enum {
    PARAMETERS_MAX = 64, /* a Content-Type has one or two, a split file name a dozen */
    PARAMETER_NAME = 32
};

/* What the block has said so far. */
typedef struct {
    MailHeaderFacts *facts;
    GString *field;                      /* in work, unfolded; "" for fields that do not matter */
    char *type, *encoding, *disposition; /* values as they came; NULL: not seen */
    gboolean is_multipart, is_message;
    guint mail_fields;
} Block;

static void doubt(Block *block, const char *why)
{
    if (!block->facts->doubt)
        block->facts->doubt = why;
}

static gboolean is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* RFC 2045 §5.1 */
static gboolean is_token(char c)
{
    return c > ' ' && c < 0x7f && !strchr("()<>@,;:\\\"/[]?=", c);
}

static const char *skip_blanks(const char *p)
{
    return p + strspn(p, " \t\r\n");
}

static gboolean has_eight_bit(const char *text, gsize length)
{
    for (gsize i = 0; i < length; i++)
        if ((guchar)text[i] > 0x7e)
            return TRUE;
    return FALSE;
}

static gboolean starts_with(const char *text, const char *prefix)
{
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

static void string_free(GString *string)
{
    if (string)
        g_string_free(string, TRUE);
}

typedef struct {
    char name[PARAMETER_NAME];
    GString *value;
    gboolean is_quoted, is_open; /* a quotation mark that never closes */
    gboolean has_escape;
} Parameter;

/* Reads the one at `p`, which is after a semicolon; returns what follows it. */
static const char *parameter_read(const char *p, Parameter *parameter)
{
    gsize name;

    parameter->is_quoted = parameter->is_open = parameter->has_escape = FALSE;
    g_string_truncate(parameter->value, 0);
    p = skip_blanks(p);
    name = strcspn(p, "=; \t\r\n");
    g_strlcpy(parameter->name, p, MIN(name + 1, sizeof(parameter->name)));
    p = skip_blanks(p + name);
    if (*p != '=')
        return p + strcspn(p, ";");
    p = skip_blanks(p + 1);
    if (*p != '"') {
        gsize length = strcspn(p, "; \t\r\n");

        g_string_append_len(parameter->value, p, (gssize)length);
        return p + length;
    }
    parameter->is_quoted = TRUE;
    for (p++; *p && *p != '"'; p++) {
        if (*p == '\\' && p[1]) {
            parameter->has_escape = TRUE;
            p++;
        }
        g_string_append_c(parameter->value, *p);
    }
    parameter->is_open = *p != '"';
    return *p ? p + 1 : p;
}

static void check_boundary(Block *block, const Parameter *parameter)
{
    const GString *value = parameter->value;

    if (strlen(parameter->name) > strlen("boundary"))
        doubt(block, "boundary-in-pieces"); /* RFC 2231: boundary*0=, boundary*= */
    else if (value->len == 0 || parameter->is_open || parameter->has_escape)
        doubt(block, "boundary-quoting");
    else if (!parameter->is_quoted && strpbrk(value->str, "\"()"))
        doubt(block, "boundary-quoting");
    else if (has_eight_bit(value->str, value->len))
        doubt(block, "boundary-eight-bit");
    else if (is_blank(value->str[value->len - 1]))
        doubt(block, "boundary-blank-end");
    else if (value->len > 4 && g_str_has_prefix(value->str, "=?") &&
             g_str_has_suffix(value->str, "?="))
        doubt(block, "boundary-encoded-word");
}

/* Two of one name that do not say the same. `seen`: "name=value" of each so far, with its NUL. */
static void check_twice(Block *block, GString *seen, const Parameter *parameter)
{
    const GString *value = parameter->value;
    gsize name = strlen(parameter->name);

    for (const char *other = seen->str, *end = other + seen->len; other < end;
         other += strlen(other) + 1)
        if (strncasecmp(other, parameter->name, name) == 0 && other[name] == '=' &&
            strcmp(other + name + 1, value->str) != 0)
            doubt(block,
                  starts_with(parameter->name, "boundary") ? "boundary-twice" : "parameter-twice");
    g_string_append_len(seen, parameter->name, (gssize)name);
    g_string_append_c(seen, '=');
    g_string_append_len(seen, value->str, (gssize)strlen(value->str) + 1);
}

/* What stands between a parameter and the next semicolon: nothing, or it is read differently. */
static const char *skip_rest(Block *block, const char *p, gboolean matters)
{
    p = skip_blanks(p);
    if (*p == '(')
        doubt(block, "comment");
    else if (*p != ';' && *p && matters)
        doubt(block, "parameter-syntax");
    return p + strcspn(p, ";");
}

static void check_parameters(Block *block, const char *p, gboolean is_type)
{
    Parameter parameter = {.value = *p == ';' ? g_string_new(NULL) : NULL};
    GString *seen = *p == ';' ? g_string_new(NULL) : NULL;
    gboolean has_boundary = FALSE;
    guint count = 0;

    while (*p == ';') {
        gboolean is_boundary;

        p = parameter_read(p + 1, &parameter);
        is_boundary = is_type && starts_with(parameter.name, "boundary");
        if (is_boundary && block->is_multipart)
            check_boundary(block, &parameter);
        has_boundary |= is_boundary;
        if (parameter.name[0]) {
            check_twice(block, seen, &parameter);
            count++;
        }
        if (count > PARAMETERS_MAX) {
            doubt(block, "parameters");
            break;
        }
        p = skip_rest(block, p, is_boundary && block->is_multipart);
    }
    if (is_type && block->is_multipart && !has_boundary)
        doubt(block, "boundary-missing");
    string_free(parameter.value);
    string_free(seen);
}

/* TRUE if some reader could make a structure out of the value. */
static gboolean type_could_nest(const char *value)
{
    return strcasestr(value, "multi") || strcasestr(value, "message") ||
           strcasestr(value, "boundary");
}

static void take_type(Block *block, const char *value)
{
    const char *p = value;
    gboolean is_sound;

    while (is_token(*p))
        p++;
    is_sound = p > value && *p == '/' && is_token(p[1]);
    if (is_sound)
        for (p++; is_token(*p);)
            p++;
    if (has_eight_bit(value, (gsize)(p - value)))
        is_sound = FALSE;
    p = skip_blanks(p);
    if (*p == '(')
        doubt(block, "comment");
    else if ((!is_sound || (*p && *p != ';')) && type_could_nest(value))
        doubt(block, "type-syntax");
    block->is_multipart = starts_with(value, "multipart/");
    block->is_message =
        starts_with(value, "message/rfc822") || starts_with(value, "message/global");
    block->facts->is_partial |= starts_with(value, "message/partial");
    block->facts->is_encrypted |= starts_with(value, "multipart/encrypted");
    check_parameters(block, p + strcspn(p, ";"), TRUE);
}

static void take_encoding(Block *block, const char *value)
{
    static const char *const known[] = {"7bit",       "8bit",     "binary", "base64",
                                        "x-uuencode", "uuencode", "x-uue",  "quoted-printable"};
    gsize length = 0;

    while (is_token(value[length]))
        length++;
    if (value[length] == '(' || *skip_blanks(value + length) == '(')
        doubt(block, "comment");
    else if (*skip_blanks(value + length) != '\0')
        doubt(block, "transfer-encoding");
    for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
        if (strlen(known[i]) == length && strncasecmp(value, known[i], length) == 0)
            return;
    doubt(block, "transfer-encoding");
}

/* Keeps the first value; another one that differs is what readers choose between. */
static void take_once(Block *block, char **kept, const char *value, const char *why)
{
    if (!*kept)
        *kept = g_strdup(value);
    else if (g_ascii_strcasecmp(*kept, value) != 0)
        doubt(block, why);
}

/* The field in work is complete. */
static void end_field(Block *block)
{
    char *field = block->field->str;
    const char *value;
    gsize name;

    if (block->field->len == 0)
        return;
    name = strcspn(field, ": \t\r\n");
    value = field + name;
    if (*value != ':' && *(value = skip_blanks(value)) == ':')
        doubt(block, "blank-before-colon");
    value = *value == ':' ? skip_blanks(value + 1) : value;
    g_strchomp(field);
    if (name == 12 && starts_with(field, "content-type")) {
        take_once(block, &block->type, value, "content-type-twice");
        take_type(block, value);
    } else if (name == 25 && starts_with(field, "content-transfer-encoding")) {
        take_once(block, &block->encoding, value, "transfer-encoding-twice");
        take_encoding(block, value);
    } else if (name == 19 && starts_with(field, "content-disposition")) {
        take_once(block, &block->disposition, value, "content-disposition-twice");
        check_parameters(block, value + strcspn(value, ";"), FALSE);
    }
    g_string_truncate(block->field, 0);
}

static gboolean line_has_colon(const char *line, gsize length)
{
    gsize i = 0;

    while (i < length && line[i] > ' ' && line[i] < 0x7f && line[i] != ':')
        i++;
    while (i > 0 && i < length && is_blank(line[i]))
        i++;
    return i > 0 && i < length && line[i] == ':';
}

static gboolean line_is_mbox(const char *line, gsize length)
{
    gsize quoted = length > 0 && *line == '>';

    return length - quoted > 5 && memcmp(line + quoted, "From ", 5) == 0;
}

/* One alone may stand in any list of names and values, two of them do not. */
static void count_mail_field(Block *block, const char *line, gsize length)
{
    static const char *const fields[] = {
        "from:",       "to:",       "subject:",     "date:",         "received:",
        "message-id:", "reply-to:", "return-path:", "mime-version:", "content-type:"};

    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
        if ((*line | 0x20) == *fields[i] && length >= strlen(fields[i]) &&
            starts_with(line, fields[i]))
            block->mail_fields++;
    block->facts->is_mail = block->mail_fields >= 2;
}

static void take_line(Block *block, const char *line, gsize length, gboolean is_first)
{
    if (is_blank(line[0])) {
        gsize blanks = 0;

        while (blanks < length && is_blank(line[blanks]))
            blanks++;
        if (is_first || blanks == length)
            doubt(block, "odd-folding");
        if (block->field->len > 0 && block->field->len + length <= MAIL_HEADER_FIELD_MAX)
            g_string_append_len(block->field, line, (gssize)length);
        else if (block->field->len > 0)
            doubt(block, "field-length");
        return;
    }
    end_field(block);
    if (!line_has_colon(line, length)) {
        /* The separator line of an mbox comes along with many a message. */
        if (!is_first || !line_is_mbox(line, length))
            doubt(block, "no-colon");
        return;
    }
    count_mail_field(block, line, length);
    if (length > 12 && (*line | 0x20) == 'c' && starts_with(line, "content-"))
        g_string_append_len(block->field, line, (gssize)MIN(length, MAIL_HEADER_FIELD_MAX));
    if (length > MAIL_HEADER_FIELD_MAX && block->field->len > 0)
        doubt(block, "field-length");
}

static void check_bytes(Block *block, const char *header, gsize size)
{
    const char *at = header, *end = header + size;

    if (memchr(header, '\0', size))
        doubt(block, "nul");
    while ((at = memchr(at, '\r', (gsize)(end - at)))) {
        at++;
        if (at < end && *at != '\n') {
            doubt(block, "bare-cr");
            return;
        }
    }
}

/* RFC 2045 §6.4: what has parts of its own has no encoding but the three that change nothing. */
static void check_together(Block *block)
{
    const char *encoding = block->encoding ? block->encoding : "";

    if ((block->is_multipart || block->is_message) &&
        (starts_with(encoding, "base64") || starts_with(encoding, "quoted-printable")))
        doubt(block, "encoded-structure");
}

void mail_header_examine(const char *header, gsize size, MailHeaderFacts *ret)
{
    Block block = {.facts = ret, .field = g_string_new(NULL)};
    gboolean is_first = TRUE;

    *ret = (MailHeaderFacts){0};
    check_bytes(&block, header, size);
    for (gsize at = 0; at < size; is_first = FALSE) {
        const char *newline = memchr(header + at, '\n', size - at);
        gsize next = newline ? (gsize)(newline - header) + 1 : size;
        gsize length = next - at;

        while (length > 0 && (header[at + length - 1] == '\n' || header[at + length - 1] == '\r'))
            length--;
        if (length > 0)
            take_line(&block, header + at, length, is_first);
        at = next;
    }
    end_field(&block);
    check_together(&block);
    string_free(block.field);
    g_free(block.type);
    g_free(block.encoding);
    g_free(block.disposition);
}
