/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clean-rtf.c - cuts groups out of RTF ([RTF] 1.9.1); the bytes that stay are those of the
 * original.
 *
 * Of an object the picture that it shows stays. Braces that do not match, \bin that goes beyond the
 * end, too many groups within each other: in doubt. Writers of bad RTF hide control words from
 * those who look for them, so none of the words that bring an object may stand in the result, in
 * any place, and macro-rtf.c must find nothing in it.
 */
#include "scanner/clean/clean-rtf.h"

#include <string.h>

#include "scanner/macro/macro-rtf.h"

enum {
    DEPTH_MAX = 1000, /* as in macro-rtf.c */
    WORD_MAX = 32,
    PATIENCE = 5 * G_USEC_PER_SEC /* for reading a group again */
};

typedef struct {
    gsize begin; /* its brace */
    gboolean is_object, is_template, is_field;
    gsize result_begin, result_end; /* a group \result within an object; 0: none */
} Group;

typedef struct {
    const char *data;
    gsize at, size;
    guint8 *drops; /* one for each byte */
    Group groups[DEPTH_MAX];
    guint depth;
    gsize end;
    gboolean in_doubt;
    CleanRemoved removed;
    gpointer user;
} Reader;

static void drop(Reader *reader, gsize begin, gsize end)
{
    memset(reader->drops + begin, 1, end - begin);
}

static GString *kept(const Reader *reader, gsize begin, gsize end)
{
    GString *out = g_string_sized_new(end - begin);

    for (gsize i = begin; i < end; i++)
        if (!reader->drops[i])
            g_string_append_c(out, reader->data[i]);
    return out;
}

static gboolean reads_as_active(const char *data, gsize size)
{
    MacroDocument document;
    gboolean is_active;

    macro_document_init(&document, g_get_monotonic_time() + PATIENCE);
    macro_rtf_read(&document, data, size);
    is_active = !macro_document_is_empty(&document) || document.limit;
    macro_document_clear(&document);
    return is_active;
}

/* Without what was cut within it: that may join what it kept apart. */
static gboolean stays_active(const Reader *reader, gsize begin, gsize end)
{
    g_autoptr(GString) text = kept(reader, begin, end);

    return reads_as_active(text->str, text->len);
}

/* What shows stays: `{\object ... {\result X} ...}` becomes `{{X}}`. */
static void end_object(Reader *reader, const Group *group, gsize end)
{
    gsize word = strlen("{\\result");

    reader->removed("object", reader->user);
    if (group->result_end == 0 || group->result_begin + word > group->result_end ||
        memcmp(reader->data + group->result_begin, "{\\result", word) != 0) {
        drop(reader, group->begin, end);
        return;
    }
    drop(reader, group->begin + 1, group->result_begin);
    drop(reader, group->result_begin + 1, group->result_begin + word);
    drop(reader, group->result_end, end - 1);
}

static void take_end(Reader *reader)
{
    Group *group;
    gsize end = reader->at + 1;

    if (reader->depth == 0) {
        reader->in_doubt = TRUE;
        return;
    }
    group = &reader->groups[--reader->depth];
    reader->end = reader->at;
    if (group->is_object) {
        end_object(reader, group, end);
    } else if (group->is_template) {
        drop(reader, group->begin, end);
        reader->removed("template", reader->user);
    } else if (group->is_field && stays_active(reader, group->begin, end)) {
        drop(reader, group->begin, end);
        reader->removed("DDE", reader->user);
    }
    if (reader->depth > 0 && group->result_end == 0 && group->result_begin > 0) {
        Group *outer = &reader->groups[reader->depth - 1];

        outer->result_begin = group->begin;
        outer->result_end = end;
    }
}

static void take_begin(Reader *reader)
{
    if (reader->depth == DEPTH_MAX)
        reader->in_doubt = TRUE;
    else
        reader->groups[reader->depth++] = (Group){.begin = reader->at};
}

static void take_word(Reader *reader, const char *word)
{
    Group *group;

    if (reader->depth == 0)
        return;
    group = &reader->groups[reader->depth - 1];
    if (reader->depth > 1) {
        group->is_object |= strcmp(word, "object") == 0;
        group->is_template |= strcmp(word, "template") == 0;
        group->is_field |= strcmp(word, "fldinst") == 0;
    }
    if (strcmp(word, "result") == 0 && !group->is_object)
        group->result_begin = MAX(group->begin, 1); /* its end is told when it comes */
}

/* At the backslash; leaves `at` on the last byte of the word. */
static void take_control(Reader *reader)
{
    char word[WORD_MAX + 1];
    gsize length = 0, number = 0, at = reader->at + 1;

    if (at == reader->size || !g_ascii_isalpha(reader->data[at])) {
        reader->at = MIN(at, reader->size - 1);
        return;
    }
    for (; at < reader->size && g_ascii_isalpha(reader->data[at]); at++)
        if (length < WORD_MAX)
            word[length++] = reader->data[at];
    word[length] = '\0';
    for (; at < reader->size && g_ascii_isdigit(reader->data[at]); at++)
        number = MIN(number * 10 + (gsize)(reader->data[at] - '0'), (gsize)G_MAXINT);
    if (strcmp(word, "bin") == 0 && number > 0) {
        at += at < reader->size && reader->data[at] == ' ';
        if (number > reader->size - at)
            reader->in_doubt = TRUE;
        else
            at += number;
    }
    reader->at = at - 1;
    take_word(reader, word);
}

static gboolean has_object_words(const GString *text)
{
    static const char *const WORDS[] = {"\\obj", "\\template", "\\mailmerge", "\\*\\obj"};

    for (gsize i = 0; i < G_N_ELEMENTS(WORDS); i++)
        if (memmem(text->str, text->len, WORDS[i], strlen(WORDS[i])))
            return TRUE;
    return FALSE;
}

static void read_all(Reader *reader)
{
    for (; reader->at < reader->size && !reader->in_doubt; reader->at++) {
        char letter = reader->data[reader->at];

        if (letter == '\\')
            take_control(reader);
        else if (letter == '{')
            take_begin(reader);
        else if (letter == '}')
            take_end(reader);
        if (reader->end > 0 && reader->depth == 0) {
            reader->at++;
            break; /* what follows is no part of it */
        }
    }
    reader->in_doubt |= reader->depth > 0 || reader->end == 0;
}

GString *clean_rtf_cut(const char *data, gsize size, gsize *ret_end, CleanRemoved removed,
                       gpointer user)
{
    Reader *reader = g_new0(Reader, 1);
    GString *out = NULL;

    reader->data = data;
    reader->size = size;
    reader->removed = removed;
    reader->user = user;
    reader->drops = g_malloc0(MAX(size, 1));
    read_all(reader);
    if (!reader->in_doubt) {
        g_autoptr(GString) rest = kept(reader, reader->end, size);

        out = kept(reader, 0, reader->end);
        *ret_end = out->len;
        g_string_append_len(out, rest->str, (gssize)rest->len);
    }
    g_free(reader->drops);
    g_free(reader);
    if (out && (has_object_words(out) || reads_as_active(out->str, out->len))) {
        g_string_free(out, TRUE);
        return NULL;
    }
    return out;
}
