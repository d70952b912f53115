/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lmtp-data.c - the state machine of DATA.
 *
 * The end is CR LF . CR LF and nothing else. What cannot be kept (too large, no memory, ambiguous)
 * is read to its end and thrown away, so that the conversation stays in step.
 */
#include "mailstore/server/lmtp-data.h"

#include <string.h>

#define FIRST_CAPACITY (16 * 1024)

/* What came before the next byte. */
enum {
    AT_LINE,     /* CR LF, or the beginning */
    IN_LINE,     /* anything else */
    AFTER_CR,    /* CR */
    AFTER_LF,    /* a bare LF */
    DOT,         /* CR LF . */
    DOT_CR,      /* CR LF . CR */
    BARE_DOT,    /* bare LF or bare CR, then . */
    BARE_DOT_CR, /* the same and CR */
};

void lmtp_data_init(LmtpData *data, guint64 most, gboolean (*grow)(gsize, gpointer),
                    gpointer grow_data)
{
    memset(data, 0, sizeof *data);
    data->most = most;
    data->grow = grow;
    data->grow_data = grow_data;
    data->state = AT_LINE;
}

void lmtp_data_clear(LmtpData *data)
{
    g_clear_pointer(&data->text, g_free);
    data->length = data->capacity = 0;
}

gboolean lmtp_data_reserve(LmtpData *data, gsize capacity)
{
    if (capacity <= data->capacity)
        return TRUE;
    char *text = NULL;
    if (data->grow == NULL || data->grow(capacity, data->grow_data))
        text = g_try_realloc(data->text, capacity);
    if (text == NULL) {
        data->verdict = LMTP_DATA_NO_MEMORY;
        return FALSE;
    }
    data->text = text;
    data->capacity = capacity;
    return TRUE;
}

static void data_append(LmtpData *data, const char *bytes, gsize length)
{
    if (data->verdict != LMTP_DATA_GOOD)
        return;
    if (length > data->most - data->length) {
        data->verdict = LMTP_DATA_TOO_LARGE;
        return;
    }
    gsize need = data->length + length;
    if (need > data->capacity &&
        !lmtp_data_reserve(data, MAX(need, MAX(FIRST_CAPACITY, 2 * data->capacity))))
        return;
    memcpy(data->text + data->length, bytes, length);
    data->length = need;
}

static void data_spoil(LmtpData *data)
{
    if (data->verdict == LMTP_DATA_GOOD)
        data->verdict = LMTP_DATA_AMBIGUOUS;
}

/* Inside a line: everything up to the next CR or LF at once. */
static gsize feed_line(LmtpData *data, const char *input, gsize length)
{
    const char *lf = memchr(input, '\n', length);
    gsize span = lf == NULL ? length : (gsize)(lf - input) + 1;
    const char *cr = memchr(input, '\r', span);

    if (cr != NULL) {
        span = (gsize)(cr - input) + 1;
        data->state = AFTER_CR;
    } else {
        data->state = lf != NULL ? AFTER_LF : IN_LINE;
    }
    data_append(data, input, span);
    return span;
}

/* The states between lines take one byte. TRUE: that was the end of the message. */
static gboolean feed_byte(LmtpData *data, char byte)
{
    switch (data->state) {
    case AFTER_CR:
        if (byte == '\n') {
            data->state = AT_LINE;
            break;
        }
        data->state = byte == '.' ? BARE_DOT : byte == '\r' ? AFTER_CR : IN_LINE;
        break;
    case AFTER_LF:
        data->state = byte == '.'    ? BARE_DOT
                      : byte == '\r' ? AFTER_CR
                      : byte == '\n' ? AFTER_LF
                                     : IN_LINE;
        break;
    case AT_LINE:
        if (byte == '.') {
            data->state = DOT; /* either the end or stuffed: not part of the text */
            return FALSE;
        }
        data->state = byte == '\r' ? AFTER_CR : byte == '\n' ? AFTER_LF : IN_LINE;
        break;
    case DOT:
        if (byte == '\r') {
            data->state = DOT_CR;
            return FALSE;
        }
        if (byte == '\n')
            data_spoil(data);
        data->state = byte == '\n' ? AFTER_LF : IN_LINE;
        break;
    case DOT_CR:
        if (byte == '\n')
            return TRUE;
        data_spoil(data);
        data->state = byte == '\r' ? AFTER_CR : IN_LINE;
        break;
    case BARE_DOT:
        if (byte == '\n')
            data_spoil(data);
        data->state = byte == '\r' ? BARE_DOT_CR : byte == '\n' ? AFTER_LF : IN_LINE;
        break;
    case BARE_DOT_CR:
        data_spoil(data); /* with LF or without, somebody ends a line here */
        data->state = byte == '\n' ? AT_LINE : byte == '\r' ? AFTER_CR : IN_LINE;
        break;
    default:
        g_assert_not_reached();
    }
    data_append(data, &byte, 1);
    return FALSE;
}

gsize lmtp_data_feed(LmtpData *data, const char *input, gsize length, gboolean *ret_ended)
{
    gsize used = 0;

    *ret_ended = FALSE;
    while (used < length && !*ret_ended) {
        if (data->state == IN_LINE)
            used += feed_line(data, input + used, length - used);
        else
            *ret_ended = feed_byte(data, input[used++]);
    }
    if (data->verdict != LMTP_DATA_GOOD)
        lmtp_data_clear(data);
    return used;
}

GBytes *lmtp_data_take(LmtpData *data)
{
    GBytes *bytes = g_bytes_new_take(data->text, data->length);

    data->text = NULL;
    data->length = data->capacity = 0;
    return bytes;
}
