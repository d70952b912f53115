/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-rtf.c - a reader of RTF ([RTF] 1.9.1) that keeps the destinations which act by themselves.
 *
 * Those are \fldinst, \objclass, \objdata and \template; a destination lasts until its group ends,
 * groups within it belong to it. Cannot fail: like Word it goes on over everything.
 *
 * Word takes digits for object data wherever it finds them and skips all between: groups, unknown
 * control words, \bin with no bytes. Nothing that writes RTF puts that there, so more than a few of
 * them are told as `obfuscated`.
 */
#include "scanner/macro/macro-rtf.h"

#include <string.h>

#include "scanner/macro/macro-field.h"
#include "scanner/macro/macro-object.h"

enum {
    DEPTH_MAX = 1000,       /* groups: writers nest some tens */
    TEXT_MAX = 65536,       /* of a class or a template's path */
    OBJECT_HEAD_MAX = 4096, /* the head of an object: class and file name */
    NOISE_MAX = 3,          /* in object data, before it is called hiding */
    WORD_MAX = 32           /* letters of a control word, by the specification */
};

typedef enum {
    IN_TEXT,
    IN_FIELD,
    IN_CLASS,
    IN_DATA,
    IN_TEMPLATE
} Destination;

typedef struct {
    MacroDocument *document;
    const char *at, *end;
    MacroFields fields;
    Destination groups[DEPTH_MAX + 1]; /* of each open group */
    guint depth;
    GString *text;      /* of class or template */
    GByteArray *object; /* what the digits make */
    int half;           /* the first digit of two, or -1 */
    gsize object_most;
    gboolean object_is_cut;
    MacroRtfObject found; /* NULL: only the facts are wanted */
    gpointer user_data;
    guint noise;
    guint unicode_skip; /* bytes that stand for the last \u in older readers */
} Reader;

static Destination *destination(Reader *reader)
{
    return &reader->groups[MIN(reader->depth, DEPTH_MAX)];
}

/* --- Destinations ----------------------------------------------------------------- */

static void destination_begin(Reader *reader, Destination kind)
{
    *destination(reader) = kind;
    if (kind == IN_CLASS || kind == IN_TEMPLATE)
        g_string_truncate(reader->text, 0);
    if (kind == IN_FIELD)
        macro_fields_begin(&reader->fields);
    if (kind == IN_DATA) {
        g_byte_array_set_size(reader->object, 0);
        reader->object_is_cut = FALSE;
        reader->half = -1;
        reader->noise = 0;
    }
}

static void destination_end(Reader *reader, Destination kind)
{
    MacroDocument *document = reader->document;

    switch (kind) {
    case IN_FIELD:
        macro_fields_end(&reader->fields);
        break;
    case IN_CLASS:
        macro_document_add_fact(document, MACRO_SOURCE_OBJECT, "class", reader->text->str);
        break;
    case IN_TEMPLATE:
        macro_document_add_fact(document, MACRO_SOURCE_LINK, "attachedtemplate", reader->text->str);
        break;
    case IN_DATA:
        if (reader->noise > NOISE_MAX)
            macro_document_add_fact(document, MACRO_SOURCE_OBJECT, "obfuscated", NULL);
        macro_object_read(document, reader->object->data, reader->object->len);
        if (reader->found)
            reader->found(reader->object->data, reader->object->len, !reader->object_is_cut,
                          reader->user_data);
        break;
    case IN_TEXT:
        break;
    }
}

static void object_bytes(Reader *reader, const guint8 *bytes, gsize size)
{
    gsize room = reader->object_most - reader->object->len;

    reader->object_is_cut |= size > room;
    g_byte_array_append(reader->object, bytes, (guint)MIN(size, room));
}

static void object_digit(Reader *reader, int digit)
{
    guint8 byte;

    if (reader->half < 0) {
        reader->half = digit;
        return;
    }
    byte = (guint8)(reader->half << 4 | digit);
    reader->half = -1;
    object_bytes(reader, &byte, 1);
}

static void take_letter(Reader *reader, char letter)
{
    switch (*destination(reader)) {
    case IN_FIELD:
        macro_fields_text(&reader->fields, &letter, 1);
        break;
    case IN_CLASS:
    case IN_TEMPLATE:
        if (reader->text->len < TEXT_MAX)
            g_string_append_c(reader->text, letter);
        break;
    case IN_DATA:
        if (g_ascii_isxdigit(letter))
            object_digit(reader, g_ascii_xdigit_value(letter));
        else if (!g_ascii_isspace(letter))
            reader->noise++;
        break;
    case IN_TEXT:
        break;
    }
}

/* --- Groups and control words ----------------------------------------------------- */

static void group_begin(Reader *reader)
{
    Destination kind = *destination(reader);

    reader->noise += kind == IN_DATA;
    if (reader->depth >= DEPTH_MAX)
        macro_document_set_limit(reader->document, "macro-rtf");
    reader->depth++;
    if (reader->depth <= DEPTH_MAX)
        reader->groups[reader->depth] = kind;
}

static void group_end(Reader *reader)
{
    Destination kind = *destination(reader);

    if (reader->depth == 0)
        return;
    reader->depth--;
    /* The group that the destination began in, not one within it. */
    if (reader->depth < DEPTH_MAX && reader->groups[reader->depth] != kind)
        destination_end(reader, kind);
}

static void take_unicode(Reader *reader, long number)
{
    char bytes[6];
    gunichar letter = (gunichar)(number < 0 ? number + 65536 : number);
    gint size;

    if (!g_unichar_validate(letter))
        return;
    size = g_unichar_to_utf8(letter, bytes);
    for (gint i = 0; i < size; i++)
        take_letter(reader, bytes[i]);
    reader->unicode_skip = 1;
}

static void skip_binary(Reader *reader, long number)
{
    gsize left = (gsize)(reader->end - reader->at);
    gsize size = number > 0 ? MIN((gsize)number, left) : 0;

    if (*destination(reader) == IN_DATA) {
        reader->half = -1;
        object_bytes(reader, (const guint8 *)reader->at, size);
    }
    reader->at += size;
}

static void control_word(Reader *reader, const char *word, long number)
{
    static const struct {
        const char *word;
        Destination kind;
    } BEGINS[] = {
        {"fldinst", IN_FIELD},
        {"objclass", IN_CLASS},
        {"objdata", IN_DATA},
        {"template", IN_TEMPLATE},
    };
    static const struct {
        const char *word, *fact;
    } FACTS[] = {
        {"objupdate", "update"},
        {"objautlink", "linked"},
        {"objlink", "linked"},
        {"objhtml", "class htmlfile"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(BEGINS); i++) {
        Destination kind = BEGINS[i].kind, around = *destination(reader);

        if (strcmp(BEGINS[i].word, word) != 0)
            continue;
        if (around == IN_TEXT || (kind == IN_DATA && around != IN_DATA)) { /* of any object */
            destination_begin(reader, kind);
            return;
        }
    }
    for (gsize i = 0; i < G_N_ELEMENTS(FACTS); i++)
        if (strcmp(FACTS[i].word, word) == 0)
            macro_document_add_fact(reader->document, MACRO_SOURCE_OBJECT, FACTS[i].fact, NULL);
    reader->noise += *destination(reader) == IN_DATA;
    if (strcmp(word, "bin") == 0)
        skip_binary(reader, number);
    else if (strcmp(word, "u") == 0)
        take_unicode(reader, number);
    else if (strcmp(word, "tab") == 0 || strcmp(word, "par") == 0 || strcmp(word, "line") == 0)
        take_letter(reader, ' ');
}

/* \'hh; in object data its letter counts for nothing. */
static void take_hex(Reader *reader)
{
    if (reader->end - reader->at < 2 || !g_ascii_isxdigit(reader->at[0]) ||
        !g_ascii_isxdigit(reader->at[1]))
        return;
    if (*destination(reader) == IN_DATA)
        reader->noise++;
    else if (reader->unicode_skip > 0)
        reader->unicode_skip--;
    else
        take_letter(reader, (char)(g_ascii_xdigit_value(reader->at[0]) << 4 |
                                   g_ascii_xdigit_value(reader->at[1])));
    reader->at += 2;
}

static void take_control(Reader *reader)
{
    char word[WORD_MAX + 1];
    gsize length = 0;
    long number = 0;
    gboolean negative;

    if (reader->at == reader->end)
        return;
    if (!g_ascii_isalpha(*reader->at)) {
        char symbol = *reader->at++;

        if (symbol == '\'')
            take_hex(reader);
        else if (symbol == '\\' || symbol == '{' || symbol == '}')
            take_letter(reader, symbol);
        else if (symbol == '~')
            take_letter(reader, ' ');
        return;
    }
    for (; reader->at < reader->end && g_ascii_isalpha(*reader->at); reader->at++)
        if (length < WORD_MAX)
            word[length++] = *reader->at;
    word[length] = '\0';
    negative = reader->at < reader->end && *reader->at == '-';
    reader->at += negative;
    for (; reader->at < reader->end && g_ascii_isdigit(*reader->at); reader->at++)
        number = MIN(number * 10 + (*reader->at - '0'), G_MAXINT);
    if (reader->at < reader->end && *reader->at == ' ')
        reader->at++; /* belongs to the word */
    control_word(reader, word, negative ? -number : number);
}

static void take_one(Reader *reader)
{
    char letter = *reader->at++;

    switch (letter) {
    case '{':
        group_begin(reader);
        break;
    case '}':
        group_end(reader);
        break;
    case '\\':
        take_control(reader);
        break;
    case '\r':
    case '\n':
        break;
    default:
        if (reader->unicode_skip > 0)
            reader->unicode_skip--;
        else
            take_letter(reader, letter);
    }
}

gboolean macro_rtf_matches(const char *data, gsize size)
{
    gsize at = 0;

    while (at < size && at < 64 && g_ascii_isspace(data[at]))
        at++;
    return size - at >= 4 && memcmp(data + at, "{\\rt", 4) == 0;
}

gboolean macro_rtf_has_objects(const char *data, gsize size)
{
    return macro_rtf_matches(data, size) && memmem(data, size, "\\objdata", strlen("\\objdata"));
}

static Reader *reader_new(MacroDocument *document, const char *data, gsize size)
{
    Reader *reader = g_new0(Reader, 1);

    reader->document = document;
    reader->at = data;
    reader->end = data + size;
    reader->object_most = OBJECT_HEAD_MAX;
    reader->text = g_string_new(NULL);
    reader->object = g_byte_array_new();
    macro_fields_init(&reader->fields, document);
    return reader;
}

static void reader_run(Reader *reader)
{
    for (gsize count = 0; reader->at < reader->end; count++) {
        if (count % 1048576 == 0 && macro_document_is_late(reader->document))
            break;
        take_one(reader);
    }
    while (reader->depth > 0) /* cut, or ended by one brace too few, as Word takes it */
        group_end(reader);
}

static void reader_free(Reader *reader)
{
    macro_fields_clear(&reader->fields);
    g_byte_array_unref(reader->object);
    g_string_free(reader->text, TRUE);
    g_free(reader);
}

void macro_rtf_read(MacroDocument *document, const char *data, gsize size)
{
    Reader *reader = reader_new(document, data, size);

    reader_run(reader);
    reader_free(reader);
}

gboolean macro_rtf_objects(const char *data, gsize size, gsize most, gint64 end,
                           MacroRtfObject found, gpointer user_data)
{
    MacroDocument document;
    gboolean is_late;
    Reader *reader;

    macro_document_init(&document, end);
    reader = reader_new(&document, data, size);
    reader->object_most = most;
    reader->found = found;
    reader->user_data = user_data;
    reader_run(reader);
    is_late = reader->at < reader->end;
    reader_free(reader);
    macro_document_clear(&document);
    return !is_late;
}
