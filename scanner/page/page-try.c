/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page-try.c - decodes what may be a file in a text, looks at its first bytes, and tells it.
 *
 * Noise counts for nothing: the first bytes must be those of a known type, or letters, as they are
 * or behind one step more (page-guess.h).
 *
 * Fails by is_over.
 */
#include "scanner/page/page-try.h"

#include <string.h>

#include "scanner/mail/mail-decode.h"
#include "scanner/page/page-guess.h"
#include "scanner/page/page-piece.h"

enum {
    NUMBER_SAMPLE = 128, /* bytes that are read of a list to see whether it is worth the rest */
    CODED_AGAIN_MAX = 3, /* base64 within base64 */
    REPEATED = 6,
    REPEATED_ENDS = 3
};

static gboolean is_picture(const char *type)
{
    return g_str_has_prefix(type, "image/") && strcmp(type, "image/svg+xml-with-script") != 0;
}

/* One, two, three or six bytes again and again, but for what stands at the ends: what a picture in
 * hexadecimal is made of, or a row of zeros that is taken for base64. */
static gboolean is_repeated(const guint8 *data, gsize size)
{
    return size > 2 * REPEATED_ENDS + REPEATED &&
           memcmp(data + REPEATED_ENDS, data + REPEATED_ENDS + REPEATED,
                  size - 2 * REPEATED_ENDS - REPEATED) == 0;
}

/* FALSE: no more is to be told. */
static gboolean tell(PageSearch *search, PagePayloadKind kind, const guint8 *data, gsize size)
{
    Verdict type = {0};

    if (size == 0 || is_repeated(data, size) || !page_guess_type(data, size, FALSE, &type))
        return TRUE;
    if (search->count++ >= PAGE_PAYLOADS_MAX) {
        search->is_over = TRUE;
        return FALSE;
    }
    return search->found(kind, type.type, data, size, search->user);
}

static gboolean is_coded(const char *at, const char *end)
{
    while (at < end && (page_piece_is_letter(*at) || *at == '=' || g_ascii_isspace(*at)))
        at++;
    return at == end;
}

/* What is nothing but letters and blanks may be coded once more. */
static gboolean tell_coded(PageSearch *search, PagePayloadKind kind, const guint8 *data, gsize size)
{
    g_autofree guint8 *inner = NULL, *outer = NULL;

    for (guint round = 0; round < CODED_AGAIN_MAX && size >= PAGE_TRY_MIN; round++) {
        const char *text = (const char *)data;

        if (!is_coded(text, text + size))
            break;
        inner = g_try_malloc(size + 1);
        if (!inner) {
            search->is_over = TRUE;
            return FALSE;
        }
        size = mail_decode_base64(text, size, inner);
        g_free(outer);
        data = outer = g_steal_pointer(&inner);
        if (!tell(search, kind, data, size))
            return FALSE;
    }
    return TRUE;
}

PageScript *page_try_script(PageSearch *search)
{
    if (!search->script) {
        search->script = g_new(PageScript, 1);
        page_script_read(search->script, search->text, (gsize)(search->end - search->text));
    }
    return search->script;
}

/* Whether the first bytes look like anything, and behind which step. */
static gboolean try_sample(PageSearch *search, PagePayloadKind kind, PageDecoder decode,
                           gconstpointer how, const char *from, gsize size, PageGuessStep *ret)
{
    guint8 sample[PAGE_TRY_SAMPLE];
    Verdict type = {0};
    gboolean is_list = decode == page_decode_list;
    gsize got = decode(from, is_list ? size : MIN(size, (gsize)PAGE_TRY_SAMPLE), sample,
                       is_list ? NUMBER_SAMPLE : sizeof(sample), how);

    if (got == 0)
        return FALSE;
    if (page_guess_step(sample, got, ret, &type))
        return !(kind == PAGE_PAYLOAD_ADDRESS && is_picture(type.type));
    *ret = PAGE_GUESS_KEY;
    return search->is_active && kind == PAGE_PAYLOAD_LITERAL && got >= PAGE_TRY_MIN &&
           page_script_find_key(page_try_script(search), sample, got, &search->key);
}

gboolean page_try_sample(PageSearch *search, PagePayloadKind kind, PageDecoder decode,
                         gconstpointer how, const char *from, gsize size)
{
    PageGuessStep step;

    return try_sample(search, kind, decode, how, from, size, &step);
}

/* FALSE ends the search. */
static gboolean tell_whole(PageSearch *search, PagePayloadKind kind, PageGuessStep step,
                           guint8 *data, gsize size)
{
    g_autofree guint8 *bytes = NULL;
    Verdict type = {0};

    if (step == PAGE_GUESS_KEY) {
        page_script_apply_key(&search->key, data, size);
        return tell(search, kind, data, size);
    }
    if (step == PAGE_GUESS_PLAIN) {
        if (!tell(search, kind, data, size) || !tell_coded(search, kind, data, size))
            return FALSE;
        if (!page_guess_key_step(data, size, &step))
            return TRUE;
    }
    bytes = page_guess_take_step(step, data, size, search->most, &size);
    if (bytes && !page_guess_type(bytes, size, FALSE, &type))
        search->idle += size; /* zeros: of some KB there may be as much as a file may have */
    if (!bytes || search->idle > search->most) {
        search->is_over = TRUE;
        return FALSE;
    }
    return tell(search, kind, bytes, size) && tell_coded(search, kind, bytes, size);
}

gboolean page_try_run(PageSearch *search, PagePayloadKind kind, PageDecoder decode,
                      gconstpointer how, const char *from, gsize size)
{
    g_autofree guint8 *whole = NULL;
    gboolean is_dense = decode != page_decode_list; /* else a byte takes many signs */
    PageGuessStep step;
    gsize got;

    if (search->stopped || !try_sample(search, kind, decode, how, from, size, &step))
        return FALSE;
    search->is_hit = TRUE;
    if (!search->found) {
        search->stopped = TRUE;
        return TRUE;
    }
    whole = search->count < PAGE_PAYLOADS_MAX && (!is_dense || size / 4 * 3 <= search->most)
                ? g_try_malloc(size + 1)
                : NULL;
    if (!whole) {
        search->is_over = search->stopped = TRUE;
        return TRUE;
    }
    got = decode(from, size, whole, size, how);
    if (got > search->most)
        search->is_over = search->stopped = TRUE;
    else
        search->stopped = !tell_whole(search, kind, step, whole, got);
    return TRUE;
}

static char swapped(char c)
{
    return g_ascii_isalpha(c) ? (char)(c ^ 0x20) : c;
}

/* The first `count` of `size` letters when they are changed. */
static void change_letters(PageTryChange change, const char *from, gsize size, char *out,
                           gsize count)
{
    for (gsize i = 0; i < count; i++)
        out[i] = change == PAGE_TRY_REVERSED ? from[size - 1 - i] : swapped(from[i]);
}

void page_try_changed(PageSearch *search, PageTryChange change, PageDecoder decode,
                      const char *from, gsize size)
{
    g_autofree char *changed = NULL;
    char sample[PAGE_TRY_SAMPLE];
    PageGuessStep step;
    gsize count;

    while (size > 0 && from[size - 1] == '=') /* padding stands at the other end, or counts not */
        size--;
    count = MIN(size, (gsize)PAGE_TRY_SAMPLE);
    change_letters(change, from, size, sample, count);
    if (search->stopped ||
        !try_sample(search, PAGE_PAYLOAD_LITERAL, decode, NULL, sample, count, &step))
        return;
    search->is_hit = TRUE;
    search->stopped = search->found == NULL;
    if (search->stopped)
        return;
    changed = size / 4 * 3 <= search->most ? g_try_malloc(size) : NULL;
    if (!changed) {
        search->is_over = search->stopped = TRUE;
        return;
    }
    change_letters(change, from, size, changed, size);
    (void)page_try_run(search, PAGE_PAYLOAD_LITERAL, decode, NULL, changed, size);
}
