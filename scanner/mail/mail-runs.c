/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-runs.c - looks at a text line by line for what decodes.
 *
 * Cannot fail and allocates nothing. Lines end at LF; for other line ends the caller changes them.
 *
 * Known limits: a run that nothing declares must have a line that is nothing but base64, or soft
 * line breaks or escapes as quoted-printable has them; base64 inside of a line (a data: URI) is
 * not one, libclamav looks into those.
 */
#include "scanner/mail/mail-runs.h"

#include <string.h>
#include <strings.h>

#include "scanner/common/byte-block.h"
#include "scanner/common/byte-scan.h"

enum {
    STARTS_MAX = 3,      /* places at which one run may begin */
    GARBAGE_SHARE = 8,   /* one sign in so many of a later line may be none of base64 */
    QUOTED_WEIGHT = 3,   /* what makes a text look quoted-printable: one soft break is enough */
    QUOTED_GAP = 3,      /* lines without any that end it */
    NAME_MAX_SIZE = 256, /* of a block's file */
    ENCODING_SIZE = 256  /* of a line that names one, as far as it is looked at */
};

typedef enum {
    LETTER_NONE,
    LETTER_BLANK,
    LETTER_PADDING,
    LETTER_HEX,
    LETTER_BASE64
} Letter;

typedef struct {
    const char *start;
    gsize length; /* without blanks at the end */
    const char *next;
} Line;

typedef struct {
    const char *start;
    const char *stop; /* where it may end sooner: after padding, before an empty line; or NULL */
    gsize letters;
} Start;

typedef struct {
    const char *text, *end;
    MailPartFound found;
    gpointer user_data;
    gboolean stopped;
    const char *equals; /* the first '=' that was looked for */
    char name[NAME_MAX_SIZE];

    const char *block; /* of uuencode, yEnc or BinHex that is open; NULL: none */
    MailPartEncoding block_encoding;

    Start base64[STARTS_MAX]; /* where the run in work may begin */
    guint starts;
    const char *base64_end; /* of its last line that counts */
    gsize last_length;      /* of the line before; 0: it was blank */
    gboolean beyond_hex;

    const char *quoted; /* start of the run in work */
    const char *quoted_end;
    guint weight, gap;

    const char *declared; /* NULL: none; else where what a transfer encoding tells begins */
    guint declared_as;    /* bits of 1 << MailPartEncoding */
    gboolean in_encoding; /* the field's own lines */
    guint pending;        /* bits for what follows the empty line */
} Runs;

static Letter letter_of(char c)
{
    static const guint8 table[256] = {
        ['0' ... '9'] = LETTER_HEX,    ['A' ... 'F'] = LETTER_HEX,    ['a' ... 'f'] = LETTER_HEX,
        ['G' ... 'Z'] = LETTER_BASE64, ['g' ... 'z'] = LETTER_BASE64, ['+'] = LETTER_BASE64,
        ['/'] = LETTER_BASE64,         ['='] = LETTER_PADDING,        [' '] = LETTER_BLANK,
        ['\t'] = LETTER_BLANK,         ['\r'] = LETTER_BLANK,
    };

    return (Letter)table[(guchar)c];
}

static void emit(Runs *runs, MailPartEncoding encoding, const char *start, const char *end,
                 const char *name)
{
    MailPart part = {.start = (gsize)(start - runs->text),
                     .end = (gsize)(end - runs->text),
                     .encoding = encoding,
                     .is_block = TRUE,
                     .name = name};

    if (!runs->stopped && end > start)
        runs->stopped = !runs->found(&part, runs->user_data);
}

static gboolean begins_with(const Line *line, const char *prefix)
{
    gsize length = strlen(prefix);

    return line->length >= length && strncasecmp(line->start, prefix, length) == 0;
}

/* Base64 that nothing declares. */

static void base64_end(Runs *runs)
{
    for (guint i = 0; i < runs->starts; i++) {
        const Start *one = &runs->base64[i];

        if (one->letters < MAIL_RUNS_LETTERS_MIN || !runs->beyond_hex)
            continue;
        if (one->stop && one->stop < runs->base64_end)
            emit(runs, MAIL_PART_BASE64, one->start, one->stop, "");
        emit(runs, MAIL_PART_BASE64, one->start, runs->base64_end, "");
    }
    runs->starts = 0;
    runs->beyond_hex = FALSE;
    runs->last_length = 0;
}

static void base64_may_stop(Runs *runs)
{
    for (guint i = 0; i < runs->starts; i++)
        if (!runs->base64[i].stop)
            runs->base64[i].stop = runs->base64_end;
}

/* Counts the letters. FALSE as soon as more than `most` other signs were met. */
static gboolean count_letters(const Line *line, gsize most, gsize *ret_letters, gsize *ret_garbage,
                              gboolean *ret_beyond_hex)
{
    gsize letters = 0, garbage = 0, padding = 0;
    gboolean beyond = FALSE;

    for (gsize i = 0; i < line->length; i++) {
        switch (letter_of(line->start[i])) {
        case LETTER_BASE64:
            beyond = TRUE;
            letters++;
            break;
        case LETTER_HEX:
            letters++;
            break;
        case LETTER_PADDING:
            padding++;
            break;
        case LETTER_NONE:
        case LETTER_BLANK:
            if (++garbage > most)
                return FALSE;
        }
    }
    *ret_letters = letters;
    *ret_garbage = garbage;
    *ret_beyond_hex = beyond;
    return padding <= letters;
}

/* Where a run begins that has `line` for its first whole one: in an attribute or literal that holds
 * a zip over several lines, as Word writes drawings into pages, behind the quote. Without its first
 * line it would be a zip whose members are not there. */
static const char *base64_begin(const Runs *runs, const char *line)
{
    static const char zip[] = "UEsDB";
    const char *end = line, *begin;

    while (end > runs->text && g_ascii_isspace(end[-1]))
        end--;
    begin = end - byte_scan_letters_before(runs->text, end);
    return begin > runs->text && (begin[-1] == '"' || begin[-1] == '\'') &&
                   (end - begin) % 4 == 0 && (gsize)(end - begin) > strlen(zip) &&
                   memcmp(begin, zip, strlen(zip)) == 0
               ? begin
               : line;
}

static void base64_line(Runs *runs, const Line *line)
{
    gsize letters, garbage;
    gboolean beyond;

    if (line->length == 0) { /* a run may go on after it, or begin anew */
        runs->last_length = 0;
        base64_may_stop(runs);
        return;
    }
    if (!count_letters(line, runs->starts > 0 ? line->length / GARBAGE_SHARE : 0, &letters,
                       &garbage, &beyond) ||
        letters == 0) {
        if (runs->starts > 0)
            base64_end(runs);
        return;
    }
    /* Before a run may stand a word that looks like a part of it, and would shift its groups. */
    if (garbage == 0 && (runs->last_length == 0 || runs->last_length < line->length) &&
        runs->starts < STARTS_MAX)
        runs->base64[runs->starts++] = (Start){.start = base64_begin(runs, line->start)};
    for (guint i = 0; i < runs->starts; i++)
        runs->base64[i].letters += letters;
    runs->beyond_hex |= beyond;
    runs->last_length = line->length;
    runs->base64_end = line->start + line->length;
    if (runs->base64_end[-1] == '=')
        base64_may_stop(runs);
}

/* Quoted-printable that nothing declares. */

static gboolean is_upper_hex(char c)
{
    return g_ascii_isdigit(c) || (c >= 'A' && c <= 'F');
}

/* How much the line looks like it: a soft break, or escapes that an encoder cannot do without (of
 * '=', of blanks, of 8-bit letters) or that stand side by side. "?id=12" does not. */
static guint quoted_weight(const Line *line)
{
    const char *end = line->start + line->length;
    guint weight = 0;

    for (const char *p = memchr(line->start, '=', line->length); p;
         p = memchr(p, '=', (gsize)(end - p))) {
        p++;
        if (p == end)
            return p - 1 > line->start && g_ascii_isgraph(p[-2]) && p[-2] != '=' && p[-2] != '-'
                       ? weight + QUOTED_WEIGHT
                       : weight;
        if (*p == '?') { /* an encoded word of a header has escapes of its own (RFC 2047) */
            const char *word = memmem(p + 1, (gsize)(end - p - 1), "?=", 2);

            p = word ? word + 2 : p;
            continue;
        }
        if (end - p < 2 || !is_upper_hex(p[0]) || !is_upper_hex(p[1]))
            continue;
        if (p[0] > '7' || memcmp(p, "3D", 2) == 0 || memcmp(p, "20", 2) == 0 || p[0] == '0' ||
            (end - p > 2 && p[2] == '='))
            weight++;
    }
    return weight;
}

static void quoted_end(Runs *runs)
{
    if (runs->quoted && runs->weight >= QUOTED_WEIGHT)
        emit(runs, MAIL_PART_QUOTED_PRINTABLE, runs->quoted, runs->quoted_end, "");
    runs->quoted = NULL;
    runs->weight = runs->gap = 0;
}

static void quoted_line(Runs *runs, const Line *line)
{
    guint weight = quoted_weight(line);

    if (!runs->quoted && weight == 0)
        return;
    if (!runs->quoted)
        runs->quoted = line->start;
    runs->weight += weight;
    runs->gap = weight > 0 ? 0 : runs->gap + 1;
    runs->quoted_end = line->next;
    if (runs->gap >= QUOTED_GAP)
        quoted_end(runs);
}

/* What a line that names a transfer encoding declares, wherever it stands. */

static guint encodings_named(const Line *line)
{
    char text[ENCODING_SIZE];
    guint bits = 0;

    g_snprintf(text, sizeof(text), "%.*s", (int)MIN(line->length, sizeof(text) - 1), line->start);
    if (strstr(text, "64"))
        bits |= 1u << MAIL_PART_BASE64;
    if (strcasestr(text, "quoted") || strcasestr(text, "printable"))
        bits |= 1u << MAIL_PART_QUOTED_PRINTABLE;
    return bits;
}

static void declared_end(Runs *runs, const char *end)
{
    if (!runs->declared)
        return;
    if (runs->declared_as & 1u << MAIL_PART_BASE64)
        emit(runs, MAIL_PART_BASE64, runs->declared, end, "");
    if (runs->declared_as & 1u << MAIL_PART_QUOTED_PRINTABLE)
        emit(runs, MAIL_PART_QUOTED_PRINTABLE, runs->declared, end, "");
    runs->declared = NULL;
}

/* The line end before a boundary belongs to the boundary (RFC 2046 §5.1.1). */
static const char *before_line(const Runs *runs, const Line *line)
{
    const char *end = line->start;

    if (end > runs->text && end[-1] == '\n')
        end--;
    if (end > runs->text && end[-1] == '\r')
        end--;
    return end;
}

/* What may stand before a field; most lines of a page begin with some. */
static gboolean is_before_field(char c)
{
    return c == ' ' || c == '\t' || c == '>' || c == '|' || c == '\0';
}

static gboolean is_boundary(const Line *line)
{
    return line->length >= 2 && line->start[0] == '-' && line->start[1] == '-';
}

static void declared_line(Runs *runs, const Line *line)
{
    static const char field[] = "content-transfer-encoding";
    Line rest = *line;

    while (rest.length > 0 && is_before_field(*rest.start))
        rest.start++, rest.length--;
    if (rest.length > 0 && (*rest.start | 0x20) == 'c' && begins_with(&rest, field)) {
        rest.start += strlen(field);
        rest.length -= strlen(field);
        runs->pending |= encodings_named(&rest);
        runs->in_encoding = TRUE;
    } else if (runs->in_encoding && rest.start > line->start && rest.length > 0) {
        runs->pending |= encodings_named(&rest);
    } else {
        runs->in_encoding = FALSE;
    }
    if (is_boundary(line)) {
        declared_end(runs, before_line(runs, line));
        runs->pending = 0;
    } else if (rest.length == 0 && runs->pending) {
        declared_end(runs, line->start);
        runs->declared = line->next;
        runs->declared_as = runs->pending;
        runs->pending = 0;
    }
}

/* Blocks with marks of their own. */

static void take_name(Runs *runs, const char *name, const char *end)
{
    g_snprintf(runs->name, sizeof(runs->name), "%.*s",
               (int)MIN((gsize)(end - name), sizeof(runs->name) - 1), name);
}

/* "begin 644 name", "begin-base64 644 name"; with any blanks, and any mode for which there is a
 * number; without one, and with two blanks, to Outlook Express. */
static gboolean line_begins_uuencode(Runs *runs, const Line *line)
{
    const char *end = line->start + line->length, *p = line->start + 5;
    const char *mode, *behind;

    if (begins_with(line, "begin-base64"))
        p += strlen("-base64");
    for (mode = p; mode < end && (*mode == ' ' || *mode == '\t');)
        mode++;
    for (behind = mode; behind < end && g_ascii_isdigit(*behind);)
        behind++;
    if (mode == p || (mode == behind && mode - p < 2) ||
        (mode < behind && behind < end && *behind != ' ' && *behind != '\t'))
        return FALSE;
    take_name(runs, behind < end && mode < behind ? behind + 1 : behind, end);
    return TRUE;
}

static gboolean line_begins_yenc(Runs *runs, const Line *line)
{
    const char *end = line->start + line->length;
    const char *name = memmem(line->start, line->length, "name=", 5);

    if (!begins_with(line, "=ybegin "))
        return FALSE;
    take_name(runs, name ? name + 5 : end, end);
    return TRUE;
}

static void block_end(Runs *runs, const char *end)
{
    if (runs->block)
        emit(runs, runs->block_encoding, runs->block, end, runs->name);
    runs->block = NULL;
}

static void block_begin(Runs *runs, const Line *line, MailPartEncoding encoding)
{
    if (runs->block && runs->block != line->start)
        emit(runs, runs->block_encoding, runs->block, line->start, "");
    runs->block = line->start;
    runs->block_encoding = encoding;
}

static void block_line(Runs *runs, const Line *line)
{
    switch (*line->start) {
    case 'b':
    case 'B':
        if (begins_with(line, "begin") && line_begins_uuencode(runs, line))
            block_begin(runs, line, MAIL_PART_UUENCODE);
        break;
    case '=':
        if (line_begins_yenc(runs, line))
            block_begin(runs, line, MAIL_PART_YENC);
        else if (begins_with(line, "=yend"))
            block_end(runs, line->next);
        break;
    case '(':
        if (begins_with(line, "(This file must be converted with BinHex")) {
            block_begin(runs, line, MAIL_PART_BINHEX);
            runs->name[0] = '\0';
        }
        break;
    case 'e':
        if (line->length == 3 && memcmp(line->start, "end", 3) == 0 && runs->block &&
            runs->block_encoding == MAIL_PART_UUENCODE)
            block_end(runs, line->next);
        break;
    default:
        break;
    }
}

static void take_line(Runs *runs, const Line *line)
{
    if (line->length > 0)
        block_line(runs, line);
    declared_line(runs, line); /* before the others: it knows best where its part ends */
    if (is_boundary(line))
        quoted_end(runs);
    base64_line(runs, line);
    quoted_line(runs, line);
}

/* Lines of prose, which are most of all lines, at a tenth of the price. */

static gboolean is_idle(const Runs *runs)
{
    return runs->starts == 0 && !runs->quoted && !runs->pending && !runs->in_encoding;
}

/* FALSE for a line that begins no block, no part and no field that names an encoding; one that ends
 * a block has an '=' or is of letters alone. */
static gboolean may_begin(const char *at, const char *end)
{
    static const guint8 firsts[256] = {
        ['b'] = 1, ['B'] = 1,  ['c'] = 1, ['C'] = 1, ['-'] = 1,  ['('] = 1,
        [' '] = 1, ['\t'] = 1, ['>'] = 1, ['|'] = 1, ['\0'] = 1,
    };
    char second;

    if (!firsts[(guchar)*at]) /* most */
        return FALSE;
    second = at + 1 < end ? at[1] : '\0';
    switch (*at) {
    case 'b': /* begin */
    case 'B':
        return (second | 0x20) == 'e';
    case 'c': /* content-transfer-encoding */
    case 'C':
        return (second | 0x20) == 'o';
    case '-':
        return second == '-';
    default: /* BinHex, and is_before_field() */
        return TRUE;
    }
}

static const char *find_or_end(const Runs *runs, const char *at, char wanted)
{
    const char *found = memchr(at, wanted, (gsize)(runs->end - at));

    return found ? found : runs->end;
}

/* Behind the letters of base64 from there on. */
static const char *letters_end(const Runs *runs, const char *at)
{
    guint others = runs->end - at >= BYTE_BLOCK ? byte_block_others(at) : 0;

    return at + (others != 0 ? (gsize)__builtin_ctz(others) : byte_scan_letters(at, runs->end));
}

/* TRUE for a line that begins with letters of base64, up to `sign`, and may have no other signs. */
static gboolean may_be_base64(const char *at, const char *sign, const char *end)
{
    if (sign == at || sign == end || *sign == '\n')
        return sign > at;
    /* Blanks at the end of a line do not count. */
    return letter_of(*sign) == LETTER_BLANK &&
           (sign + 1 == end || sign[1] == '\n' || letter_of(sign[1]) == LETTER_BLANK);
}

/* While no run is in work, take_line() changes nothing for a line that begins nothing, has no '='
 * and is not of base64 alone. Returns the first line that is not like that. */
static const char *skip_lines(Runs *runs, const char *at)
{
    while (at < runs->end && !may_begin(at, runs->end)) {
        const char *newline = find_or_end(runs, at, '\n');

        if (runs->equals < at)
            runs->equals = find_or_end(runs, at, '=');
        if (runs->equals < newline || may_be_base64(at, letters_end(runs, at), runs->end))
            return at;
        at = newline < runs->end ? newline + 1 : runs->end;
    }
    return at;
}

static gboolean find(const char *text, gsize size, gboolean skips, MailPartFound found,
                     gpointer user_data)
{
    Runs runs = {.text = text, .end = text + size, .found = found, .user_data = user_data};

    for (const char *at = text; at < runs.end && !runs.stopped;) {
        Line line;

        if (skips && is_idle(&runs) && (at = skip_lines(&runs, at)) == runs.end)
            break;
        line.start = at;
        line.next = find_or_end(&runs, at, '\n');
        line.length = (gsize)(line.next - at);
        line.next += line.next < runs.end;
        while (line.length > 0 && letter_of(at[line.length - 1]) == LETTER_BLANK)
            line.length--;
        take_line(&runs, &line);
        at = line.next;
    }
    block_end(&runs, runs.end);
    declared_end(&runs, runs.end);
    base64_end(&runs);
    quoted_end(&runs);
    return !runs.stopped;
}

gboolean mail_runs_find(const char *text, gsize size, MailPartFound found, gpointer user_data)
{
    return find(text, size, TRUE, found, user_data);
}

gboolean mail_runs_find_by_line(const char *text, gsize size, MailPartFound found,
                                gpointer user_data)
{
    return find(text, size, FALSE, found, user_data);
}
