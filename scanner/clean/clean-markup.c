/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clean-markup.c - cuts scripts and what acts by itself out of web pages and SVG.
 *
 * The bytes that stay are those of the original. Read is a part of HTML and XML on which all
 * readers agree, whatever element they are in: a tag that is not written strictly, text in a style
 * or title that could be a tag, an encoding in which `<` may be another byte, a document type with
 * declarations, and the whole is in doubt and not cleaned. What was cut may have kept two halves
 * apart, so the result is read once more by the same rules, and nothing may be left to cut.
 *
 * Elements that only hold other things (object, noscript, foreignObject) lose their tags; what is
 * within is read like the rest.
 */
#include "scanner/clean/clean-markup.h"

#include <libxml/parser.h>
#include <string.h>

#include "scanner/clean/clean-value.h"

enum {
    NAME_SIZE = 32,         /* of an element or attribute; longer ones are in doubt */
    LOOK_FOR_MARKUP = 4096, /* letters, blanks and comments may stand before the first element */
    CHARSET_MAX = 40
};

typedef struct {
    const char *start, *at, *end;
    GString *out;
    const char *copied; /* all before it is in `out`, or cut */
    CleanRemoved removed;
    gpointer user;
    guint cuts;
    gboolean in_doubt;
} Reader;

/* One tag as it is read. */
typedef struct {
    const char *begin;
    char name[NAME_SIZE]; /* in lower case, without prefix */
    char full[NAME_SIZE];
    gboolean is_empty; /* ends with `/>` */
} Tag;

typedef enum {
    ELEMENT_KEPT,
    ELEMENT_WHOLE, /* goes out with what is in it */
    ELEMENT_TAGS,  /* only its tags go out */
    ELEMENT_TEXT   /* its content is text to some readers: it must be so to all */
} ElementKind;

static const struct {
    const char *name;
    ElementKind kind;
} ELEMENTS[] = {
    {"script", ELEMENT_WHOLE},
    {"iframe", ELEMENT_WHOLE},
    {"xml", ELEMENT_WHOLE},
    {"portal", ELEMENT_WHOLE},
    {"fencedframe", ELEMENT_WHOLE},
    {"handler", ELEMENT_WHOLE},
    {"listener", ELEMENT_WHOLE},
    {"noembed", ELEMENT_WHOLE},
    {"noframes", ELEMENT_TAGS},
    {"object", ELEMENT_TAGS},
    {"applet", ELEMENT_TAGS},
    {"embed", ELEMENT_TAGS},
    {"base", ELEMENT_TAGS},
    {"link", ELEMENT_TAGS},
    {"frame", ELEMENT_TAGS},
    {"frameset", ELEMENT_TAGS},
    {"bgsound", ELEMENT_TAGS},
    {"noscript", ELEMENT_TAGS},
    {"template", ELEMENT_TAGS},
    {"foreignobject", ELEMENT_TAGS},
    {"xmp", ELEMENT_TAGS},
    {"plaintext", ELEMENT_TAGS},
    {"listing", ELEMENT_TAGS},
    {"isindex", ELEMENT_TAGS},
    {"annotation-xml", ELEMENT_TAGS},
    {"application", ELEMENT_TAGS},
    {"layer", ELEMENT_TAGS},
    {"ilayer", ELEMENT_TAGS},
    {"import", ELEMENT_TAGS},
    {"import-node", ELEMENT_TAGS},
    {"style", ELEMENT_TEXT},
    {"title", ELEMENT_TEXT},
    {"textarea", ELEMENT_TEXT},
};

static ElementKind element_kind(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(ELEMENTS); i++)
        if (strcmp(ELEMENTS[i].name, name) == 0)
            return ELEMENTS[i].kind;
    return ELEMENT_KEPT;
}

static gboolean is_blank(char letter)
{
    return letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r' || letter == '\f';
}

static gboolean is_name(char letter)
{
    return g_ascii_isalnum(letter) || (letter != '\0' && strchr("-_.:", letter) != NULL);
}

static gsize left(const Reader *reader)
{
    return (gsize)(reader->end - reader->at);
}

/* A letter of the text, or 0 at its end: no text here has one. */
static char letter_at(const Reader *reader, gsize offset)
{
    return offset < left(reader) ? reader->at[offset] : '\0';
}

static gboolean begins(const Reader *reader, const char *word)
{
    gsize length = strlen(word);

    return left(reader) >= length && g_ascii_strncasecmp(reader->at, word, length) == 0;
}

static void doubt(Reader *reader)
{
    reader->in_doubt = TRUE;
}

static void cut(Reader *reader, const char *begin, const char *end, const char *name)
{
    g_assert(begin >= reader->copied && end >= begin && end <= reader->end);
    g_string_append_len(reader->out, reader->copied, begin - reader->copied);
    reader->copied = end;
    reader->cuts++;
    if (reader->removed)
        reader->removed(name, reader->user);
}

static void skip_blanks(Reader *reader)
{
    while (left(reader) > 0 && is_blank(*reader->at))
        reader->at++;
}

/* --- What is no element -------------------------------------------------------------- */

static const char *find(const Reader *reader, gsize offset, const char *word)
{
    return left(reader) < offset
               ? NULL
               : memmem(reader->at + offset, left(reader) - offset, word, strlen(word));
}

static gboolean has_word(const char *text, const char *end, const char *word)
{
    gsize length = strlen(word);

    for (; (gsize)(end - text) >= length; text++)
        if (g_ascii_strncasecmp(text, word, length) == 0)
            return TRUE;
    return FALSE;
}

/* Conditional comments are markup to some readers. */
static void take_comment(Reader *reader)
{
    const char *begin = reader->at, *body = begin + 4, *end = find(reader, 4, "-->");

    if (!end || letter_at(reader, 4) == '>' || memcmp(body, "->", 2) == 0 ||
        memmem(body, (gsize)(end - body), "--!", 3) ||
        memmem(body, (gsize)(end - body), "<!--", 4)) {
        doubt(reader);
        return;
    }
    reader->at = end + 3;
    if (has_word(body, end, "[if") || has_word(body, end, "[endif"))
        cut(reader, begin, reader->at, "conditional comment");
}

/* `<![if`, instructions: a comment to browsers, up to the first `>`. */
static void cut_declaration(Reader *reader, const char *name)
{
    const char *begin = reader->at, *end = find(reader, 0, ">");

    if (!end || memchr(begin + 1, '<', (gsize)(end - begin - 1))) {
        doubt(reader);
        return;
    }
    reader->at = end + 1;
    cut(reader, begin, reader->at, name);
}

/* Without declarations of its own, and without a mark within. */
static void take_document_type(Reader *reader)
{
    const char *end = find(reader, 0, ">");

    if (!end || memchr(reader->at + 1, '<', (gsize)(end - reader->at - 1)) ||
        memchr(reader->at, '[', (gsize)(end - reader->at)))
        doubt(reader);
    else
        reader->at = end + 1;
}

/* `charset=` or `encoding=` and a name, quoted or not. */
static gboolean charset_is_plain(const char *at, const char *end)
{
    const char *begin;

    while (at < end && (is_blank(*at) || *at == '=' || *at == '"' || *at == '\''))
        at++;
    for (begin = at; at < end && (g_ascii_isalnum(*at) || strchr("-_", *at)); at++)
        ;
    return at - begin < CHARSET_MAX && clean_value_charset_is_plain(begin, (gsize)(at - begin));
}

/* The declaration of XML, first of all things. */
static void take_xml_declaration(Reader *reader)
{
    const char *end = find(reader, 0, "?>"), *name;

    if (!end || memchr(reader->at + 1, '<', (gsize)(end - reader->at - 1)) ||
        memchr(reader->at, '>', (gsize)(end - reader->at))) {
        doubt(reader);
        return;
    }
    name = memmem(reader->at, (gsize)(end - reader->at), "encoding", strlen("encoding"));
    if (name && !charset_is_plain(name + strlen("encoding"), end))
        doubt(reader);
    reader->at = end + 2;
}

static void take_instruction(Reader *reader)
{
    gboolean is_first = TRUE;

    for (const char *at = reader->start; at < reader->at; at++)
        is_first &= is_blank(*at) || strchr("\xef\xbb\xbf", *at) != NULL;
    if (is_first && begins(reader, "<?xml") && is_blank(letter_at(reader, 5)))
        take_xml_declaration(reader);
    else
        cut_declaration(reader, "instruction");
}

/* --- Tags ---------------------------------------------------------------------------- */

static gboolean take_name(Reader *reader, char *ret)
{
    gsize length = 0;

    for (; left(reader) > 0 && is_name(*reader->at); reader->at++) {
        if (length + 1 == NAME_SIZE)
            return FALSE;
        ret[length++] = g_ascii_tolower(*reader->at);
    }
    ret[length] = '\0';
    return length > 0;
}

static const char *local_name(const char *name)
{
    return strrchr(name, ':') ? strrchr(name, ':') + 1 : name;
}

/* The value behind `=`: TRUE, and where it stands without quotes. */
static gboolean take_value(Reader *reader, const char **ret_begin, const char **ret_end)
{
    char quote = letter_at(reader, 0);

    if (quote == '"' || quote == '\'') {
        const char *end = memchr(reader->at + 1, quote, left(reader) - 1);

        if (!end)
            return FALSE;
        *ret_begin = reader->at + 1;
        *ret_end = end;
        reader->at = end + 1;
        return TRUE;
    }
    *ret_begin = reader->at;
    while (left(reader) > 0 && !is_blank(*reader->at) && *reader->at != '>') {
        if (strchr("\"'`<", *reader->at))
            return FALSE;
        reader->at++;
    }
    *ret_end = reader->at;
    return *ret_end > *ret_begin;
}

static void check_charset(Reader *reader, const Tag *tag, const char *attribute, const char *begin,
                          const char *end)
{
    const char *name = begin;

    if (strcmp(tag->name, "meta") != 0)
        return;
    if (strcmp(attribute, "content") == 0) {
        while (name < end && g_ascii_strncasecmp(name, "charset",
                                                 MIN((gsize)(end - name), strlen("charset"))) != 0)
            name++;
        if ((gsize)(end - name) < strlen("charset"))
            return;
        name += strlen("charset");
    } else if (strcmp(attribute, "charset") != 0) {
        return;
    }
    if (!charset_is_plain(name, end))
        doubt(reader);
}

/* Of `http-equiv` only what tells how to read the page. */
static gboolean is_honest_equivalent(const char *attribute, const char *begin, const char *end)
{
    static const char *const HONEST[] = {"content-type", "content-language", "x-ua-compatible",
                                         "content-style-type"};

    for (gsize i = 0; i < G_N_ELEMENTS(HONEST); i++)
        if (strcmp(attribute, "http-equiv") == 0 && strlen(HONEST[i]) == (gsize)(end - begin) &&
            g_ascii_strncasecmp(HONEST[i], begin, strlen(HONEST[i])) == 0)
            return TRUE;
    return FALSE;
}

/* One attribute; `begin` is where the blanks before it begin. */
static void take_attribute(Reader *reader, const Tag *tag, const char *before)
{
    const char *begin = "", *end = begin;
    char name[NAME_SIZE];

    if (!take_name(reader, name) || !(g_ascii_isalpha(name[0]) || name[0] == '_')) {
        doubt(reader);
        return;
    }
    if (is_blank(letter_at(reader, 0)) || letter_at(reader, 0) == '=') {
        const char *after = reader->at;

        skip_blanks(reader);
        if (letter_at(reader, 0) == '=') {
            reader->at++;
            skip_blanks(reader);
            if (!take_value(reader, &begin, &end)) {
                doubt(reader);
                return;
            }
        } else {
            reader->at = after;
        }
    }
    check_charset(reader, tag, name, begin, end);
    if (g_str_has_prefix(name, "xmlns") || is_honest_equivalent(name, begin, end))
        return;
    /* `on:click` is a handler to readers that know of no prefixes. */
    if (g_str_has_prefix(name, "on") ||
        clean_value_is_active(tag->name, local_name(name), begin, (gsize)(end - begin)))
        cut(reader, before, reader->at, name);
}

/* From behind the name to behind `>`. */
static void take_attributes(Reader *reader, Tag *tag)
{
    while (!reader->in_doubt) {
        const char *before = reader->at;

        skip_blanks(reader);
        if (letter_at(reader, 0) == '>') {
            reader->at++;
            return;
        }
        if (letter_at(reader, 0) == '/' && letter_at(reader, 1) == '>') {
            tag->is_empty = TRUE;
            reader->at += 2;
            return;
        }
        /* Behind a quote a blank may be missing; behind anything else it may not. */
        if (before == reader->at && before[-1] != '"' && before[-1] != '\'')
            doubt(reader);
        else
            take_attribute(reader, tag, before);
    }
}

/* Where `</name` begins, looked for from `at` on, or NULL. */
static const char *find_end_tag(const Reader *reader, const char *at, const char *name)
{
    gsize length = strlen(name);

    while ((at = memchr(at, '<', (gsize)(reader->end - at))) != NULL) {
        if ((gsize)(reader->end - at) > length + 2 && at[1] == '/' &&
            g_ascii_strncasecmp(at + 2, name, length) == 0 && !is_name(at[2 + length]))
            return at;
        at++;
    }
    return NULL;
}

static void cut_element(Reader *reader, const Tag *tag)
{
    const char *end = tag->is_empty ? reader->at : find_end_tag(reader, reader->at, tag->full);

    if (end && !tag->is_empty)
        end = memchr(end, '>', (gsize)(reader->end - end));
    if (!end) {
        doubt(reader);
        return;
    }
    reader->at = tag->is_empty ? end : end + 1;
    cut(reader, tag->begin, reader->at, tag->name);
}

/* Without a frame that says that it is no markup: comment marks of old, a section of XML. */
static void strip_frame(const char **begin, const char **end)
{
    static const struct {
        const char *open, *close;
    } FRAMES[] = {{"<!--", "-->"}, {"<![CDATA[", "]]>"}};

    while (*begin < *end && is_blank(**begin))
        (*begin)++;
    while (*end > *begin && is_blank((*end)[-1]))
        (*end)--;
    for (gsize i = 0; i < G_N_ELEMENTS(FRAMES); i++) {
        gsize open = strlen(FRAMES[i].open), close = strlen(FRAMES[i].close);
        const char *last = *end - close;

        if ((gsize)(*end - *begin) < open + close || memcmp(*begin, FRAMES[i].open, open) != 0 ||
            memcmp(last, FRAMES[i].close, close) != 0)
            continue;
        if (memmem(*begin + open, (gsize)(last - *begin) - open, FRAMES[i].close, close))
            continue;
        *begin += open;
        *end = last;
        return;
    }
}

static void take_text_element(Reader *reader, const Tag *tag)
{
    const char *begin = reader->at, *end, *close;
    gboolean is_style = strcmp(tag->name, "style") == 0;

    if (tag->is_empty) { /* to some readers all that follows is its text */
        cut(reader, tag->begin, reader->at, tag->name);
        return;
    }
    end = find_end_tag(reader, reader->at, tag->full);
    close = end ? memchr(end, '>', (gsize)(reader->end - end)) : NULL;
    if (!close || close - end != (gssize)strlen(tag->full) + 2) {
        doubt(reader);
        return;
    }
    reader->at = close + 1;
    if (is_style)
        strip_frame(&begin, &end);
    if (memchr(begin, '<', (gsize)(end - begin)) ||
        (is_style && clean_value_style_is_active(begin, (gsize)(end - begin))))
        cut(reader, tag->begin, reader->at, tag->name);
}

static gboolean take_tag_name(Reader *reader, Tag *tag)
{
    if (!take_name(reader, tag->full) ||
        !(is_blank(letter_at(reader, 0)) || letter_at(reader, 0) == '>' ||
          (letter_at(reader, 0) == '/' && letter_at(reader, 1) == '>')))
        return FALSE;
    g_strlcpy(tag->name, local_name(tag->full), sizeof(tag->name));
    return TRUE;
}

/* A tag of which no attribute may go out by itself: where it ends, with *ret_cuts that would. */
static const char *look_ahead(const Reader *reader, Tag *tag, guint *ret_cuts)
{
    Reader ahead = *reader;

    ahead.copied = ahead.at;
    ahead.removed = NULL;
    ahead.cuts = 0;
    ahead.out = g_string_new(NULL);
    take_attributes(&ahead, tag);
    g_string_free(ahead.out, TRUE);
    *ret_cuts = ahead.cuts;
    return ahead.in_doubt ? NULL : ahead.at;
}

static void take_start_tag(Reader *reader)
{
    Tag tag = {.begin = reader->at};
    ElementKind kind;
    const char *end;
    guint cuts;

    reader->at++;
    if (!take_tag_name(reader, &tag)) {
        doubt(reader);
        return;
    }
    kind = element_kind(tag.name);
    if (kind == ELEMENT_KEPT) {
        take_attributes(reader, &tag);
        return;
    }
    end = look_ahead(reader, &tag, &cuts);
    if (!end || (kind == ELEMENT_TEXT && cuts > 0)) { /* a style with a handler: no honest page */
        doubt(reader);
        return;
    }
    reader->at = end;
    if (kind == ELEMENT_WHOLE)
        cut_element(reader, &tag);
    else if (kind == ELEMENT_TAGS)
        cut(reader, tag.begin, reader->at, tag.name);
    else
        take_text_element(reader, &tag);
}

static void take_end_tag(Reader *reader)
{
    Tag tag = {.begin = reader->at};
    ElementKind kind;

    reader->at += 2;
    if (!take_name(reader, tag.full)) {
        doubt(reader);
        return;
    }
    skip_blanks(reader);
    if (letter_at(reader, 0) != '>') {
        doubt(reader);
        return;
    }
    reader->at++;
    kind = element_kind(local_name(tag.full));
    if (kind == ELEMENT_WHOLE || kind == ELEMENT_TAGS)
        cut(reader, tag.begin, reader->at, local_name(tag.full));
}

/* --- The whole ----------------------------------------------------------------------- */

static void take_mark(Reader *reader)
{
    char next = letter_at(reader, 1);

    if (g_ascii_isalpha(next))
        take_start_tag(reader);
    else if (next == '/')
        take_end_tag(reader);
    else if (begins(reader, "<!--"))
        take_comment(reader);
    else if (begins(reader, "<!doctype"))
        take_document_type(reader);
    else if (begins(reader, "<![cdata["))
        doubt(reader);
    else if (next == '!')
        cut_declaration(reader, "declaration");
    else if (next == '?')
        take_instruction(reader);
    else
        reader->at++; /* text to all */
}

/* No encoding but those whose bytes below 0x80 are ASCII, whoever reads. */
static gboolean is_plain_text(const char *data, gsize size)
{
    for (gsize i = 0; i < size; i++) {
        guchar letter = (guchar)data[i];

        if ((letter < ' ' && !is_blank(data[i])) || letter == 0x7f)
            return FALSE;
        /* `<` in more bytes than it needs: not UTF-8, and taken as such by some. */
        if ((letter == 0xc0 || letter == 0xc1) && i + 1 < size &&
            ((guchar)data[i + 1] & 0xc0) == 0x80)
            return FALSE;
    }
    if (size >= 2 && (memcmp(data, "\xfe\xff", 2) == 0 || memcmp(data, "\xff\xfe", 2) == 0))
        return FALSE;
    return !memmem(data, size, "+ADw", 4) && !memmem(data, size, "+ADx", 4); /* `<` in UTF-7 */
}

static GString *read_once(const char *data, gsize size, CleanRemoved removed, gpointer user,
                          guint *ret_cuts)
{
    Reader reader = {.start = data,
                     .at = data,
                     .end = data + size,
                     .copied = data,
                     .out = g_string_sized_new(size),
                     .removed = removed,
                     .user = user};

    if (!is_plain_text(data, size))
        doubt(&reader);
    while (!reader.in_doubt && (reader.at = memchr(reader.at, '<', left(&reader))) != NULL)
        take_mark(&reader);
    if (reader.in_doubt) {
        g_string_free(reader.out, TRUE);
        return NULL;
    }
    g_string_append_len(reader.out, reader.copied, reader.end - reader.copied);
    *ret_cuts = reader.cuts;
    return reader.out;
}

static gboolean is_xml(const char *data, gsize size)
{
    xmlDocPtr document =
        size > G_MAXINT ? NULL
                        : xmlReadMemory(data, (int)size, NULL, NULL,
                                        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);

    xmlFreeDoc(document);
    return document != NULL;
}

GString *clean_markup_cut(const char *data, gsize size, CleanRemoved removed, gpointer user)
{
    guint cuts = 0, left_over = 1;
    GString *out = read_once(data, size, removed, user, &cuts), *again = NULL;

    if (!out)
        return NULL;
    again = read_once(out->str, out->len, NULL, NULL, &left_over);
    if (again)
        g_string_free(again, TRUE);
    /* A drawing is XML, and stays so. */
    if (!again || left_over > 0 ||
        (cuts > 0 && is_xml(data, size) && !is_xml(out->str, out->len))) {
        g_string_free(out, TRUE);
        return NULL;
    }
    return out;
}

gboolean clean_markup_matches(const char *data, gsize size)
{
    static const char *const FIRST[] = {"<html",   "<!doctype html", "<head", "<body",  "<svg",
                                        "<script", "<title",         "<meta", "<table", "<div"};
    const char *at = data, *end = data + MIN(size, (gsize)LOOK_FOR_MARKUP);

    if (size >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    while (at < end && is_blank(*at))
        at++;
    if (at == end || *at != '<')
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(FIRST); i++)
        if (has_word(at, end, FIRST[i]))
            return TRUE;
    return FALSE;
}
