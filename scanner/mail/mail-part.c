/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-part.c - walks a message line by line with a stack of boundaries.
 *
 * Fails only by meeting a limit. Any bytes are a message: what has no header is one leaf.
 *
 * Known limits: structure is read in one way, strictly after RFC 2046 with the usual leniencies
 * (bare LF, missing closing boundary); what other readers would take a broken message for is found
 * by scanning the text as a whole. RFC 2231 continuations of a boundary are not put together.
 */
#include "scanner/mail/mail-part.h"

#include <string.h>
#include <strings.h>

typedef enum {
    STATE_HEADER,
    STATE_LEAF,
    STATE_BETWEEN /* preamble or epilogue */
} State;

typedef struct {
    char *boundary;
    gsize length;
} Level;

/* What the header of the part in work says. */
typedef struct {
    /* Each NULL until it is needed: most parts need none but the first. */
    GString *field; /* the unfolded field in work, if it is one of those needed */
    GString *name;
    GString *boundary;
    gboolean is_multipart, is_message, is_disposition_name;
    MailPartEncoding encoding;
} Header;

typedef struct {
    const char *text;
    gsize size;
    const MailPartLimits *limits;
    MailPartFound found;
    MailPartHeader on_header;
    gpointer user_data;
    State state;
    gsize header_start;
    const char *doubt; /* about the structure, for the next header that is told */
    Header header;
    GArray *levels; /* of Level; NULL: none yet */
    guint messages; /* within each other, without boundaries of their own */
    guint parts;
    gsize leaf_start;
    gssize block_start; /* -1: none */
    GString *block_name;
    MailPartResult result;
} Walk;

static void level_clear(gpointer data)
{
    g_free(((Level *)data)->boundary);
}

/* Emptied, or made. */
static GString *string_anew(GString **string)
{
    if (*string)
        return g_string_truncate(*string, 0);
    return *string = g_string_new(NULL);
}

static void string_empty(GString *string)
{
    if (string)
        g_string_truncate(string, 0);
}

static const char *string_text(const GString *string)
{
    return string ? string->str : "";
}

static void string_free(GString *string)
{
    if (string)
        g_string_free(string, TRUE);
}

static void header_reset(Header *header)
{
    string_empty(header->field);
    string_empty(header->name);
    string_empty(header->boundary);
    header->is_multipart = header->is_message = header->is_disposition_name = FALSE;
    header->encoding = MAIL_PART_IDENTITY;
}

/* The value of a parameter: the one called `name`, quoted or not; FALSE when absent. With `*` in
 * what follows the name, everything from there on is copied, for file_name_decode() to put
 * together. */
static gboolean parameter_find(const char *value, const char *name, GString **ret)
{
    gsize length = strlen(name);

    for (const char *at = value; (at = strcasestr(at, name)); at += length) {
        const char *p = at + length;

        if (at == value || !strchr("; \t\r\n", at[-1]))
            continue;
        if (*p == '*') {
            g_string_append(string_anew(ret), at);
            return TRUE;
        }
        p += strspn(p, " \t");
        if (*p != '=')
            continue;
        p += 1 + strspn(p + 1, " \t");
        string_anew(ret);
        if (*p == '"') {
            for (p++; *p && *p != '"'; p++) {
                if (*p == '\\' && p[1])
                    p++;
                g_string_append_c(*ret, *p);
            }
        } else {
            g_string_append_len(*ret, p, (gssize)strcspn(p, "; \t\r\n"));
        }
        return TRUE;
    }
    return FALSE;
}

static gboolean starts_with(const char *text, const char *prefix)
{
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

static void header_take_type(Header *header, const char *value)
{
    header->is_multipart = starts_with(value, "multipart/");
    header->is_message = starts_with(value, "message/");
    if (header->is_multipart && !parameter_find(value, "boundary", &header->boundary))
        header->is_multipart = FALSE;
    if (!header->is_disposition_name)
        parameter_find(value, "name", &header->name);
}

static void header_take_encoding(Header *header, const char *value)
{
    if (starts_with(value, "base64"))
        header->encoding = MAIL_PART_BASE64;
    else if (starts_with(value, "quoted-printable"))
        header->encoding = MAIL_PART_QUOTED_PRINTABLE;
    else if (starts_with(value, "x-uu") || starts_with(value, "uuencode"))
        header->encoding = MAIL_PART_UUENCODE;
}

/* The field in work is complete. */
static void header_end_field(Header *header)
{
    const char *field = string_text(header->field);
    const char *colon = strchr(field, ':');
    const char *value;

    if (colon) {
        value = colon + 1 + strspn(colon + 1, " \t\r\n");
        if (starts_with(field, "content-type"))
            header_take_type(header, value);
        else if (starts_with(field, "content-transfer-encoding"))
            header_take_encoding(header, value);
        else if (parameter_find(value, "filename", &header->name))
            header->is_disposition_name = TRUE;
    }
    string_empty(header->field);
}

static void header_add_line(Header *header, const char *line, gsize length)
{
    if (line[0] == ' ' || line[0] == '\t') {
        if (header->field && header->field->len > 0 &&
            header->field->len + length <= MAIL_PART_HEADER_MAX)
            g_string_append_len(header->field, line, (gssize)length);
        return;
    }
    header_end_field(header);
    if (length > 12 && strncasecmp(line, "content-", 8) == 0)
        g_string_append_len(string_anew(&header->field), line,
                            (gssize)MIN(length, MAIL_PART_HEADER_MAX));
}

static guint level_count(const Walk *walk)
{
    return walk->levels ? walk->levels->len : 0;
}

static void walk_emit(Walk *walk, const MailPart *part)
{
    if (++walk->parts > walk->limits->parts)
        walk->result = MAIL_PART_TOO_MANY;
    else if (!walk->found(part, walk->user_data))
        walk->result = MAIL_PART_STOPPED;
}

static void walk_end_block(Walk *walk, gsize end)
{
    MailPart part = {.start = (gsize)walk->block_start,
                     .end = end,
                     .encoding = MAIL_PART_UUENCODE,
                     .is_block = TRUE,
                     .name = walk->block_name->str};

    walk->block_start = -1;
    walk_emit(walk, &part);
}

static void walk_end_leaf(Walk *walk, gsize end)
{
    MailPart part = {.start = walk->leaf_start,
                     .end = MAX(end, walk->leaf_start),
                     .encoding = walk->header.encoding,
                     .name = string_text(walk->header.name),
                     .header = walk->text + walk->header_start,
                     .header_size = walk->leaf_start - walk->header_start};

    if (walk->block_start >= 0)
        walk_end_block(walk, part.end);
    if (walk->result == MAIL_PART_DONE)
        walk_emit(walk, &part);
}

/* Readers that compare a line with the shorter boundary alone take the longer one for it. */
static gboolean boundary_is_like_another(const Walk *walk, const GString *boundary)
{
    for (guint i = 0; i < level_count(walk); i++) {
        const Level *level = &g_array_index(walk->levels, Level, i);

        if (strncmp(level->boundary, boundary->str, MIN(level->length, boundary->len)) == 0)
            return TRUE;
    }
    return FALSE;
}

static void walk_tell_header(Walk *walk, gsize end)
{
    if (walk->on_header && walk->state == STATE_HEADER)
        walk->on_header(walk->text + walk->header_start, end - walk->header_start, walk->doubt,
                        walk->user_data);
    walk->doubt = NULL;
}

/* The empty line: what follows is decided by the header. */
static void walk_end_header(Walk *walk, gsize start, gsize next)
{
    Header *header = &walk->header;

    header_end_field(header);
    if (header->is_multipart && boundary_is_like_another(walk, header->boundary))
        walk->doubt = "boundary-like-another";
    walk_tell_header(walk, start);
    if (header->is_multipart || (header->is_message && header->encoding == MAIL_PART_IDENTITY)) {
        if (level_count(walk) + walk->messages >= walk->limits->depth) {
            walk->result = MAIL_PART_TOO_DEEP;
            return;
        }
    }
    if (header->is_multipart) {
        Level level = {.boundary = g_strdup(header->boundary->str),
                       .length = MIN(header->boundary->len, MAIL_PART_BOUNDARY_MAX)};

        if (!walk->levels) {
            walk->levels = g_array_new(FALSE, FALSE, sizeof(Level));
            g_array_set_clear_func(walk->levels, level_clear);
        }
        g_array_append_val(walk->levels, level);
        walk->state = STATE_BETWEEN;
    } else if (header->is_message && header->encoding == MAIL_PART_IDENTITY) {
        walk->messages++;
        walk->header_start = next;
        header_reset(header);
    } else {
        walk->state = STATE_LEAF;
        walk->leaf_start = next;
        walk->block_start = -1;
    }
}

/* Index of the level whose boundary this line is, the innermost first; -1 for none. */
static int walk_find_boundary(const Walk *walk, const char *line, gsize length, gboolean *ret_close)
{
    if (length < 3 || line[0] != '-' || line[1] != '-')
        return -1;
    for (guint i = level_count(walk); i-- > 0;) {
        const Level *level = &g_array_index(walk->levels, Level, i);
        const char *rest;
        gsize left;
        gboolean close;

        if (length < level->length + 2 || memcmp(line + 2, level->boundary, level->length) != 0)
            continue;
        rest = line + 2 + level->length;
        left = length - 2 - level->length;
        close = left >= 2 && rest[0] == '-' && rest[1] == '-';
        for (rest += close ? 2 : 0, left -= close ? 2 : 0; left > 0; rest++, left--)
            if (!strchr(" \t\r", *rest))
                break;
        if (left > 0 && !close)
            continue;
        *ret_close = close;
        return (int)i;
    }
    return -1;
}

static void walk_boundary(Walk *walk, guint level, gboolean close, gsize line_start, gsize next)
{
    gsize end = line_start;

    walk_tell_header(walk, line_start);
    /* The line end before a boundary belongs to the boundary (RFC 2046 §5.1.1). */
    if (end > 0 && walk->text[end - 1] == '\n')
        end--;
    if (end > 0 && walk->text[end - 1] == '\r')
        end--;
    if (walk->state == STATE_LEAF)
        walk_end_leaf(walk, end);
    g_array_set_size(walk->levels, close ? level : level + 1);
    walk->messages = MIN(walk->messages, level);
    walk->state = close ? STATE_BETWEEN : STATE_HEADER;
    walk->header_start = next;
    header_reset(&walk->header);
}

/* "begin 644 name" */
static gboolean line_begins_block(const char *line, gsize length, GString **ret_name)
{
    gsize at = 6;

    if (length < 11 || memcmp(line, "begin ", 6) != 0)
        return FALSE;
    while (at < length && line[at] >= '0' && line[at] <= '7')
        at++;
    if (at < 9 || at > 10 || at >= length || line[at] != ' ')
        return FALSE;
    g_string_append_len(string_anew(ret_name), line + at + 1, (gssize)MIN(length - at - 1, 1024));
    g_strchomp((*ret_name)->str);
    return TRUE;
}

static void walk_leaf_line(Walk *walk, const char *line, gsize length, gsize start, gsize next)
{
    if (walk->header.encoding != MAIL_PART_IDENTITY)
        return;
    if (walk->block_start < 0) {
        if (length > 0 && line[0] == 'b' && line_begins_block(line, length, &walk->block_name))
            walk->block_start = (gssize)start;
    } else if (length == 3 && memcmp(line, "end", 3) == 0) {
        walk_end_block(walk, next);
    }
}

static void walk_line(Walk *walk, gsize start, gsize next)
{
    const char *line = walk->text + start;
    gsize length = next - start;
    gboolean close;
    int level;

    while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
        length--;
    level = walk_find_boundary(walk, line, length, &close);
    if (level >= 0)
        walk_boundary(walk, (guint)level, close, start, next);
    else if (walk->state == STATE_LEAF)
        walk_leaf_line(walk, line, length, start, next);
    else if (walk->state == STATE_HEADER && length == 0)
        walk_end_header(walk, start, next);
    else if (walk->state == STATE_HEADER)
        header_add_line(&walk->header, line, length);
}

MailPartResult mail_part_walk(const char *text, gsize size, const MailPartLimits *limits,
                              MailPartFound found, MailPartHeader header, gpointer user_data)
{
    Walk walk = {.text = text,
                 .size = size,
                 .limits = limits,
                 .found = found,
                 .on_header = header,
                 .user_data = user_data,
                 .block_start = -1};

    for (gsize at = 0; at < size && walk.result == MAIL_PART_DONE;) {
        const char *newline = memchr(text + at, '\n', size - at);
        gsize next = newline ? (gsize)(newline - text) + 1 : size;

        walk_line(&walk, at, next);
        at = next;
    }
    if (walk.result == MAIL_PART_DONE)
        walk_tell_header(&walk, size);
    if (walk.state == STATE_LEAF && walk.result == MAIL_PART_DONE)
        walk_end_leaf(&walk, size);
    string_free(walk.header.field);
    string_free(walk.header.name);
    string_free(walk.header.boundary);
    string_free(walk.block_name);
    if (walk.levels)
        g_array_free(walk.levels, TRUE);
    return walk.result;
}

gboolean mail_part_is_message(const char *text, gsize size)
{
    gsize i = 0;

    if (size >= 5 && memcmp(text, "From ", 5) == 0)
        return TRUE;
    /* RFC 5322 §2.2: letters, digits and signs, then a colon. */
    while (i < size && i < 78 && text[i] > ' ' && text[i] < 0x7f && text[i] != ':')
        i++;
    if (i < 2 || i >= size || text[i] != ':') /* no field has a name of one letter */
        return FALSE;
    /* A header has more than one line, and its words have no other signs than these. */
    for (gsize j = 0; j < i; j++)
        if (!g_ascii_isalnum(text[j]) && text[j] != '-' && text[j] != '_')
            return FALSE;
    return memchr(text, '\n', size) || memchr(text, '\r', size);
}
