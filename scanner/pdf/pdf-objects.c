/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pdf-objects.c - looks for the word `obj` in all bytes, in streams as well, and reads what
 * follows.
 *
 * Nothing here fails. has_limit: there was more than is looked at.
 */
#include "scanner/pdf/pdf-objects.h"

#include <stdlib.h>
#include <string.h>

#include "scanner/common/board.h"
#include "scanner/common/byte-scan.h"

enum {
    OBJECTS_MAX = 1 << 19,  /* 40 bytes each; the longest manuals have 300000 */
    MENTIONS_MAX = 1 << 16, /* forms have some thousand scripts */
    FIRST_ROOM = 64,
    READ_FACTOR = 4,
    READ_LEAST = 1024 * 1024,
    LINE_MAX_SIZE = 256,   /* of a comment in the head of an object */
    ESCAPED_NAME_MAX = 32, /* those that are looked for have 6 letters, or 18 in escapes */
    LINKS_MAX = 16,        /* references that lead to references */
    NUMBER_DIGITS = 10,
    TIME_STEP = 1024 /* objects between two looks at the clock */
};

/* --- Lists ------------------------------------------------------------------------ */

/* Room for one more; FALSE: the limit, or no memory. */
static gboolean list_grow(gpointer *list, guint count, guint *room, guint most, gsize size)
{
    guint wanted = MIN(most, MAX(*room * 2, (guint)FIRST_ROOM));
    gpointer more;

    if (count < *room)
        return TRUE;
    more = wanted > count ? g_try_realloc_n(*list, wanted, size) : NULL;
    if (!more)
        return FALSE;
    *list = more;
    *room = wanted;
    return TRUE;
}

static void add_object(PdfObjects *objects, const PdfObject *object)
{
    gpointer list = objects->objects;

    if (list_grow(&list, objects->count, &objects->room, OBJECTS_MAX, sizeof(PdfObject))) {
        objects->objects = list;
        objects->objects[objects->count++] = *object;
    } else {
        objects->has_limit = TRUE;
    }
}

void pdf_objects_charge(PdfObjects *objects, gsize size)
{
    if (size >= objects->to_read)
        objects->has_limit = TRUE;
    objects->to_read -= MIN(size, objects->to_read);
}

static void add_mention(PdfObjects *objects, const PdfMention *mention)
{
    gpointer list = objects->mentions;

    if (list_grow(&list, objects->mention_count, &objects->mention_room, MENTIONS_MAX,
                  sizeof(PdfMention))) {
        objects->mentions = list;
        objects->mentions[objects->mention_count++] = *mention;
    } else {
        objects->has_limit = TRUE;
    }
}

/* --- Streams ---------------------------------------------------------------------- */

static gboolean has_escape(const PdfToken *token)
{
    return memchr(token->at, '#', token->size) != NULL;
}

/* As libclamav reads it: no references, full names without escapes. Of LZW and runs it makes
 * something else than readers do. */
static gboolean is_plain_filter(PdfText value)
{
    static const char *const names[] = {"FlateDecode", "ASCIIHexDecode", "ASCII85Decode",
                                        "DCTDecode",   "CCITTFaxDecode", "JBIG2Decode",
                                        "JPXDecode"};
    PdfText text = value, end = value;

    pdf_value_take(&end);
    while (text.at < end.at) {
        PdfToken token = pdf_token_take(&text);
        gboolean is_known = token.kind == PDF_TOKEN_OPEN_ARRAY ||
                            token.kind == PDF_TOKEN_CLOSE_ARRAY ||
                            pdf_token_is_word(&token, "null");

        for (gsize i = 0; !is_known && i < G_N_ELEMENTS(names); i++)
            is_known = pdf_token_is_name(&token, names[i]) && !has_escape(&token);
        if (!is_known)
            return FALSE;
    }
    return TRUE;
}

/* Nothing in it changes what comes out. */
static gboolean is_plain_parameters(PdfText value)
{
    PdfText text = value, end = value;

    pdf_value_take(&end);
    while (text.at < end.at) {
        PdfToken token = pdf_token_take(&text), number = pdf_token_peek(text);

        if (token.kind == PDF_TOKEN_REFERENCE ||
            (token.kind == PDF_TOKEN_NAME && has_escape(&token)))
            return FALSE;
        if (pdf_token_is_name(&token, "Predictor") || pdf_token_is_name(&token, "EarlyChange"))
            if (number.kind != PDF_TOKEN_NUMBER || number.number != 1)
                return FALSE;
    }
    return TRUE;
}

/* A name that libclamav takes for one of the stream, wherever it stands. */
static gboolean has_odd_name(PdfText value)
{
    static const char decode[] = "Decode";
    PdfText text = value, end = value;

    pdf_value_take(&end);
    while (text.at < end.at) {
        PdfToken token = pdf_token_take(&text);
        gsize length = strlen(decode);

        if (pdf_token_is_name(&token, "Filter") || pdf_token_is_name(&token, "Image") ||
            (token.kind == PDF_TOKEN_NAME && token.size > length &&
             memcmp(token.at + token.size - length, decode, length) == 0))
            return TRUE;
    }
    return FALSE;
}

/* A MIME type, which only a file has. */
static gboolean has_slash(const PdfToken *token)
{
    g_autofree guint8 *bytes = NULL;
    gsize size;

    if (token->kind != PDF_TOKEN_NAME || !has_escape(token))
        return FALSE;
    bytes = pdf_token_bytes(token, &size);
    return bytes && memchr(bytes, '/', size) != NULL;
}

static guint flags_of_type(const PdfToken *value)
{
    return pdf_token_is_name(value, "EmbeddedFile") ? PDF_OBJECT_EMBEDDED
           : pdf_token_is_name(value, "ObjStm")     ? PDF_OBJECT_PACK
           : pdf_token_is_name(value, "XRef")       ? PDF_OBJECT_XREF
                                                    : 0;
}

/* What its dictionary says of a stream. */
static guint stream_flags(PdfText dict)
{
    guint flags = 0, filters = 0, parameters = 0;
    gboolean has_count = FALSE, has_first = FALSE;
    PdfToken key, token;
    PdfText value;

    (void)pdf_token_take(&dict);
    while (pdf_dict_next(&dict, &key, &value)) {
        token = pdf_token_peek(value);
        if (has_escape(&key))
            flags |= PDF_OBJECT_ODD;
        if (pdf_token_is_name(&key, "Type")) {
            flags |= flags_of_type(&token);
        } else if (pdf_token_is_name(&key, "Subtype")) {
            flags |= pdf_token_is_name(&token, "Image") ? PDF_OBJECT_PICTURE : 0;
            flags |= has_slash(&token) ? PDF_OBJECT_EMBEDDED : 0;
        } else if (pdf_token_is_name(&key, "Params")) {
            flags |= PDF_OBJECT_EMBEDDED;
        } else if (pdf_token_is_name(&key, "Filter")) {
            if (filters++ > 0 || !is_plain_filter(value))
                flags |= PDF_OBJECT_ODD;
        } else if (pdf_token_is_name(&key, "DecodeParms")) {
            if (parameters++ > 0 || !is_plain_parameters(value))
                flags |= PDF_OBJECT_ODD;
        } else if (pdf_token_is_name(&key, "F") || pdf_token_is_name(&key, "DP") ||
                   has_odd_name(value)) {
            flags |= PDF_OBJECT_ODD;
        }
        has_count |= pdf_token_is_name(&key, "N");
        has_first |= pdf_token_is_name(&key, "First");
    }
    return flags | (has_count && has_first ? PDF_OBJECT_PACK : 0);
}

/* Behind the word `stream` and the end of its line (ISO 32000-1 7.3.8.1). */
static const guint8 *stream_start(const guint8 *at, const guint8 *end)
{
    const guint8 *line = at;

    while (line < end && (*line == ' ' || *line == '\t'))
        line++;
    if (line < end && (*line == '\r' || *line == '\n'))
        at = line;
    if (at < end && *at == '\r')
        at++;
    if (at < end && *at == '\n')
        at++;
    return at;
}

static gboolean is_line_end(guint8 c)
{
    return c == '\n' || c == '\r';
}

const guint8 *pdf_objects_stream_start(PdfObjects *objects, const PdfObject *object, guint pick,
                                       gboolean *is_doubtful)
{
    const guint8 *at = object->stream;

    if (is_line_end(at[-1]))
        return at;
    *is_doubtful |= pick == 0;
    while (pick > 0 && at < object->text.end && !is_line_end(*at))
        at++;
    pdf_objects_charge(objects, (gsize)(at - object->stream));
    return at == object->stream ? at : stream_start(at, object->text.end);
}

/* --- Objects ---------------------------------------------------------------------- */

static void note_name(PdfObjects *objects, const PdfToken *token, const guint8 *dict,
                      const guint8 *end)
{
    PdfMention mention = {.object = objects->count, .dict = dict, .name = token->at, .end = end};

    if (pdf_token_is_name(token, "EF"))
        mention.kind = PDF_MENTION_FILE;
    else if (pdf_token_is_name(token, "JS"))
        mention.kind = PDF_MENTION_SCRIPT;
    else if (pdf_token_is_name(token, "Launch"))
        mention.kind = PDF_MENTION_LAUNCH;
    else
        return;
    add_mention(objects, &mention);
}

static gboolean token_holds(const PdfToken *token, const char *text)
{
    return memmem(token->at, token->size, text, strlen(text)) != NULL;
}

/* libclamav takes these in a string for what is around it. */
static gboolean is_odd_token(const PdfToken *token)
{
    return token->has_comment ||
           (token->kind == PDF_TOKEN_STRING &&
            (token_holds(token, "<<") || token_holds(token, ">>") || token_holds(token, "endobj")));
}

/* What a value is besides what stands in it, as flags; *text is behind it then. */
static guint read_value(PdfObjects *objects, PdfText *text)
{
    const guint8 *open[PDF_NEST_MAX];
    PdfNest nest = {0};
    guint flags = 0;

    do {
        PdfText before = *text;
        PdfToken token = pdf_token_take(text);
        guint depth = nest.depth;

        flags |= is_odd_token(&token) ? PDF_OBJECT_ODD : 0;
        if (token.kind == PDF_TOKEN_NAME)
            note_name(objects, &token, depth > 0 && depth <= PDF_NEST_MAX ? open[depth - 1] : NULL,
                      text->end);
        if (pdf_token_ends_value(&token) || !pdf_nest_take(&nest, &token)) {
            *text = before;
            break;
        }
        if (nest.depth > depth && depth < PDF_NEST_MAX)
            open[depth] = token.kind == PDF_TOKEN_OPEN_DICT ? token.at : NULL;
    } while (nest.depth > 0);
    return flags | (nest.has_stray ? PDF_OBJECT_ODD : 0) | (nest.is_torn ? PDF_OBJECT_TORN : 0);
}

static void read_object(PdfObjects *objects, PdfObject *object)
{
    PdfText text = object->text;
    guint flags = read_value(objects, &text);
    PdfToken word = pdf_token_take(&text);

    pdf_objects_charge(objects, (gsize)(text.at - object->text.at));
    if (pdf_token_is_word(&word, "stream") && !(object->flags & PDF_OBJECT_PACKED) &&
        pdf_token_peek(object->text).kind == PDF_TOKEN_OPEN_DICT) {
        pdf_objects_charge(objects, (gsize)(text.at - object->text.at));
        object->stream = stream_start(word.at + word.size, text.end);
        object->flags |= stream_flags(object->text) | flags;
        if (word.has_comment || !is_line_end(object->stream[-1]))
            object->flags |= PDF_OBJECT_ODD;
    }
    add_object(objects, object);
}

static gboolean is_white(guint8 c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == '\0';
}

/* Back over blanks and, where told, comments. */
static const guint8 *skip_back(const guint8 *begin, const guint8 *at, gboolean skips_comments)
{
    for (;;) {
        const guint8 *comment = NULL;

        while (at > begin && is_white(at[-1]))
            at--;
        for (const guint8 *p = at; skips_comments && p > begin && at - p < LINE_MAX_SIZE &&
                                   p[-1] != '\n' && p[-1] != '\r';
             p--)
            if (p[-1] == '%')
                comment = p - 1;
        if (!comment)
            return at;
        at = comment;
    }
}

/* FALSE: there is none. *at moves before it. */
static gboolean take_number_back(const guint8 *begin, const guint8 **at, guint *ret)
{
    const guint8 *end = *at;
    guint64 number = 0;

    while (*at > begin && g_ascii_isdigit((*at)[-1]) && end - *at < NUMBER_DIGITS)
        (*at)--;
    for (const guint8 *p = *at; p < end; p++)
        number = number * 10 + (guint64)(*p - '0');
    *ret = (guint)MIN(number, G_MAXUINT);
    return *at < end;
}

/* The two numbers before the word; *at moves to where they begin, or where others were looked for.
 */
static gboolean take_head(const guint8 *begin, const guint8 **at, PdfObject *object)
{
    const guint8 *word = *at;

    for (guint i = 0; i < 2; i++) {
        *at = skip_back(begin, word, i == 1);
        object->flags = i == 1 ? PDF_OBJECT_ODD : 0;
        if (!take_number_back(begin, at, &object->generation))
            continue;
        *at = skip_back(begin, *at, i == 1);
        if (take_number_back(begin, at, &object->number))
            return TRUE;
    }
    object->number = object->generation = 0;
    return FALSE;
}

void pdf_objects_init(PdfObjects *objects, const guint8 *data, gsize size, guint64 end_time)
{
    static const char sign[] = "obj";
    const guint8 *at = data, *end = data + size;

    *objects = (PdfObjects){.to_read = READ_FACTOR * size + READ_LEAST, .end = end_time};
    while (!objects->has_limit &&
           (at = byte_scan_sign(at, (gsize)(end - at), sign, strlen(sign))) != NULL) {
        PdfObject object = {.text = {at + strlen(sign), end}};
        PdfText text = object.text;
        const guint8 *head = at;
        gboolean has_head;

        at += strlen(sign);
        if ((at - data >= 6 && memcmp(at - 6, "endobj", 6) == 0) ||
            (at < end && g_ascii_isalnum(*at) && !g_ascii_isdigit(*at)))
            continue;
        has_head = take_head(data, &head, &object);
        pdf_objects_charge(objects, (gsize)(at - head)); /* comments before it may be many */
        if (!has_head) {
            PdfToken first = pdf_token_take(&text);

            pdf_objects_charge(objects, (gsize)(text.at - at));
            if (first.kind != PDF_TOKEN_OPEN_DICT)
                continue;
        }
        read_object(objects, &object);
        if (objects->count % TIME_STEP == 0 && board_now() >= objects->end)
            objects->has_limit = TRUE;
    }
}

void pdf_objects_clear(PdfObjects *objects)
{
    g_clear_pointer(&objects->objects, g_free);
    g_clear_pointer(&objects->mentions, g_free);
    g_clear_pointer(&objects->order, g_free);
}

void pdf_objects_add_packed(PdfObjects *objects, guint number, PdfText text, gboolean is_read)
{
    PdfObject object = {.text = text, .number = number, .flags = PDF_OBJECT_PACKED};

    if (is_read)
        read_object(objects, &object);
    else
        add_object(objects, &object);
}

/* A name with an escape, at the sign for it. */
static gboolean is_in_name(const guint8 *begin, const guint8 *at)
{
    const guint8 *p = at;

    while (p > begin && at - p < ESCAPED_NAME_MAX && (g_ascii_isalnum(p[-1]) || p[-1] == '#'))
        p--;
    return p > begin && p[-1] == '/';
}

gboolean pdf_objects_are_worth_reading(const guint8 *data, gsize size)
{
    static const char *const names[] = {"/EF", "/JS", "/Launch"};
    const guint8 *at = data, *end = data + size;

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (byte_scan_sign(data, size, names[i], strlen(names[i])))
            return TRUE;
    for (; (at = memchr(at, '#', (gsize)(end - at))) != NULL; at++)
        if (is_in_name(data, at))
            return TRUE;
    return FALSE;
}

/* --- By number -------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    guint64 one = *(const guint64 *)a, other = *(const guint64 *)b;

    return one < other ? -1 : one > other;
}

void pdf_objects_sort(PdfObjects *objects)
{
    if (objects->ordered == objects->count)
        return;
    g_free(objects->order);
    objects->ordered = objects->count;
    objects->order = g_try_new(guint64, objects->count);
    if (!objects->order) {
        objects->ordered = 0;
        objects->has_limit = TRUE;
        return;
    }
    for (guint i = 0; i < objects->count; i++)
        objects->order[i] = (guint64)objects->objects[i].number << 32 | i;
    qsort(objects->order, objects->count, sizeof(guint64), compare);
}

/* The first place whose key is not below. */
static guint order_find(const PdfObjects *objects, guint64 key)
{
    guint low = 0, high = objects->ordered;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (objects->order[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Of those of one number: the last, the first, the one before the last, the second, ... */
static guint place_of(guint from, guint to, guint pick)
{
    if (pick >= to - from)
        pick = MIN(pick % 2, to - from - 1);
    return pick % 2 == 0 ? to - 1 - pick / 2 : from + pick / 2;
}

static const PdfObject *find_object(const PdfObjects *objects, guint number, guint pick,
                                    gboolean *is_doubtful)
{
    guint from = order_find(objects, (guint64)number << 32);
    guint to = order_find(objects, ((guint64)number + 1) << 32);

    if (from == to)
        return NULL;
    if (to - from > pick + 1 && is_doubtful)
        *is_doubtful = TRUE;
    return &objects->objects[(guint32)objects->order[place_of(from, to, pick)]];
}

PdfText pdf_objects_resolve(PdfObjects *objects, PdfText value, guint pick, gboolean *is_doubtful,
                            const PdfObject **ret_object)
{
    for (guint i = 0; i < LINKS_MAX && value.at; i++) {
        PdfText behind = value;
        PdfToken token = pdf_token_take(&behind);
        const PdfObject *object;

        if (i > 0) /* others may lead there as well */
            pdf_objects_charge(objects, (gsize)(behind.at - value.at));
        if (token.kind != PDF_TOKEN_REFERENCE)
            return value;
        object = find_object(objects, (guint)token.number, pick, is_doubtful);
        if (!object || objects->to_read == 0)
            break;
        if (ret_object)
            *ret_object = object;
        value = object->text;
    }
    return (PdfText){0};
}
