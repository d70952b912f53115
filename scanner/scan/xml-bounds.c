/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xml-bounds.c - goes from one `<` to the next, counts what stands there as `name="value"`, and
 * measures declarations.
 *
 * One pass. Where anything else stands in an element libxml2 is done with it, too; so a text that
 * is no XML is not taken for an element with many. Comments and the like are not told apart: who
 * writes five hundred attributes into one is not read, either. Of declarations all count, if there
 * can be any: no `<` can be in one but in the value of an entity, which costs what it is long. Only
 * what is put in by a parameter's name has a price each time, and can hide more. Cannot fail.
 */
#include "scanner/scan/xml-bounds.h"

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

static gboolean has_many_attributes(const Text *text, gsize begin)
{
    gsize i = skip_name(text, begin + 1), behind;

    for (guint count = 0; (behind = skip_attribute(text, i)) != i; i = behind)
        if (++count > XML_BOUNDS_ATTRIBUTES)
            return TRUE;
    return FALSE;
}

/* What is declared so far. */
typedef struct {
    gsize size;       /* characters */
    gsize quotes;     /* of attributes: each two are a value that elements get */
    gsize elements;   /* and what else begins with `<` */
    gsize parameters; /* characters that a %name; may stand for */
} Declared;

static gboolean is_letter(guint8 c)
{
    return g_ascii_isalpha(c) || c == '_' || c == ':' || c >= 0x80;
}

static gboolean stands_at(const Text *text, gsize i, const char *what)
{
    gsize k = 0;

    while (what[k] && at(text, i + k) == (guint8)what[k])
        k++;
    return what[k] == '\0';
}

static gsize skip_past(const Text *text, gsize i, const char *what)
{
    while (i < text->size && !stands_at(text, i, what))
        i++;
    return i + strlen(what);
}

/* Before anything but comments and instructions: elsewhere none is read, nor in a file of
 * declarations alone. */
static gboolean has_doctype(const Text *text)
{
    gsize i = find_element(text, 0);

    for (;;) {
        if (stands_at(text, i, "<?"))
            i = skip_past(text, i, "?>");
        else if (stands_at(text, i, "<!--"))
            i = skip_past(text, i + strlen("<!--"), "-->");
        else
            return stands_at(text, i, "<!DOCTYPE");
        i = skip_space(text, i);
    }
}

/* Its quoted value, if it is a parameter entity with one. FALSE: with names in it, in plain or as
 * numbers, what it stands for can be of any size. */
static gboolean count_parameter(const Text *text, gsize i, Declared *declared)
{
    guint8 quote;

    i = skip_space(text, i + strlen("<!ENTITY"));
    if (at(text, i) != '%')
        return TRUE;
    i = skip_space(text, skip_name(text, skip_space(text, i + 1)));
    quote = at(text, i);
    if (quote != '"' && quote != '\'')
        return TRUE;
    for (i++; i < text->size && at(text, i) != quote; i++) {
        if (at(text, i) == '%' || at(text, i) == '&')
            return FALSE;
        declared->size++;
        declared->parameters++;
    }
    return TRUE;
}

/* Each element that is given attributes has each of them compared with all. */
static gboolean has_too_many_given(const Declared *declared)
{
    gsize each = declared->quotes / 2;

    return each * each * declared->elements > XML_BOUNDS_GIVEN;
}

/* From one `<` to the next. FALSE: it is too much. */
static gboolean count_declaration(const Text *text, gsize begin, gsize end, Declared *declared)
{
    for (gsize i = begin; declared->parameters > 0 && i < end; i++)
        if (at(text, i) == '%' && is_letter(at(text, i + 1)))
            declared->size += declared->parameters;
    if (at(text, begin + 1) == '!' && is_letter(at(text, begin + 2)))
        declared->size += end - begin;
    if (stands_at(text, begin, "<!ATTLIST"))
        for (gsize i = begin; i < end; i++)
            declared->quotes += at(text, i) == '"' || at(text, i) == '\'';
    if (stands_at(text, begin, "<!ENTITY") && !count_parameter(text, begin, declared))
        return FALSE;
    return declared->size <= XML_BOUNDS_DECLARED;
}

gboolean xml_bounds_are_passed(const void *data, gsize size)
{
    Declared declared = {0};
    gboolean declares;
    Text text;

    if (!text_init(&text, data, size))
        return FALSE;
    declares = has_doctype(&text);
    for (gsize i = find_element(&text, 0), next; i < text.size; i = next) {
        next = find_element(&text, i + 1);
        declared.elements++;
        if (has_too_many_given(&declared) ||
            (declares && (at(&text, i + 1) == '!' || declared.parameters > 0) &&
             !count_declaration(&text, i, next, &declared)) ||
            (next - i >= (gsize)XML_BOUNDS_ATTRIBUTES * SHORTEST && has_many_attributes(&text, i)))
            return TRUE;
    }
    return FALSE;
}
