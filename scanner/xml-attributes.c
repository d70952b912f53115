/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xml-attributes.c - goes from one `<` to the next and counts what stands there as `name="value"`.
 *
 * One pass. Where anything else stands in an element libxml2 is done with it, too; so a text that
 * is no XML is not taken for an element with many. Comments and the like are not told apart: who
 * writes five hundred attributes into one is not read, either. Cannot fail.
 */
#include "scanner/xml-attributes.h"

#include <string.h>

enum {
    SHORTEST = 4 /* characters of an attribute: a="" */
};

/* Characters of one, two or four bytes, of which those that matter are ASCII. */
typedef struct {
    const guint8 *data;
    gsize size; /* in characters */
    guint width, place;
} Text;

/* NUL behind the end, 0xff for what is not ASCII. */
static guint8 at(const Text *text, gsize i)
{
    const guint8 *character = text->data + i * text->width;

    if (i >= text->size)
        return '\0';
    for (guint k = 0; k < text->width; k++)
        if (k != text->place && character[k] != 0)
            return 0xff;
    return character[text->place];
}

/* By its `<`, as libxml2 does (XML 1.0, appendix F). FALSE: it does not begin with one. */
static gboolean text_init(Text *text, const guint8 *data, gsize size)
{
    gsize skipped = 0, zeros = 0;

    while (skipped < size && skipped < 16 && strchr(" \t\r\n\xef\xbb\xbf\xff\xfe", data[skipped]))
        skipped++; /* strchr() finds NUL, too */
    if (skipped == size || data[skipped] != '<')
        return FALSE;
    while (zeros < 3 && skipped + 1 + zeros < size && data[skipped + 1 + zeros] == '\0')
        zeros++;
    text->width = zeros == 0 ? 1 : zeros < 3 ? 2 : 4;
    text->place = (guint)(skipped % text->width);
    text->data = data;
    text->size = size / text->width;
    return TRUE;
}

static gboolean is_space(guint8 c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static gsize skip_space(const Text *text, gsize i)
{
    while (is_space(at(text, i)))
        i++;
    return i;
}

/* Of a name, whatever may stand in one. */
static gsize skip_name(const Text *text, gsize i)
{
    while (i < text->size && !is_space(at(text, i)) && !strchr("<>/=\"'", at(text, i)))
        i++;
    return i;
}

/* Behind an attribute; where it began, if it is none. */
static gsize skip_attribute(const Text *text, gsize begin)
{
    gsize i = skip_space(text, begin), name = i;
    guint8 quote;

    i = skip_name(text, i);
    if (i == name)
        return begin;
    i = skip_space(text, i);
    if (at(text, i) != '=')
        return begin;
    i = skip_space(text, i + 1);
    quote = at(text, i);
    if (quote != '"' && quote != '\'')
        return begin;
    /* A `<` in a value is an error. */
    for (i++; i < text->size && at(text, i) != quote; i++)
        if (at(text, i) == '<')
            return begin;
    return i < text->size ? i + 1 : begin;
}

/* The first `<` from `i` on, or the end. */
static gsize find_element(const Text *text, gsize i)
{
    const guint8 *found;

    if (text->width == 1) {
        found = i < text->size ? memchr(text->data + i, '<', text->size - i) : NULL;
        return found ? (gsize)(found - text->data) : text->size;
    }
    while (i < text->size && at(text, i) != '<')
        i++;
    return i;
}

gboolean xml_attributes_are_too_many(const void *data, gsize size)
{
    Text text;

    if (!text_init(&text, data, size))
        return FALSE;
    for (gsize i = find_element(&text, 0), next; i < text.size; i = next) {
        guint count = 0;

        next = find_element(&text, i + 1);
        if (next - i < (gsize)XML_ATTRIBUTES_MAX * SHORTEST)
            continue;
        i = skip_name(&text, i + 1);
        for (gsize behind; (behind = skip_attribute(&text, i)) != i; i = behind)
            if (++count > XML_ATTRIBUTES_MAX)
                return TRUE;
    }
    return FALSE;
}
