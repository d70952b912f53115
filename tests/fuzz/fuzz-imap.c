/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-imap.c - any bytes at all as IMAP input: gathered into commands in pieces, then parsed as
 * what each command takes. Words for a fuzzer are in imap.dict.
 */
#include "mailstore/server/imap-fetch-items.h"
#include "mailstore/server/imap-name.h"
#include "mailstore/server/imap-reader.h"
#include "mailstore/server/imap-search.h"
#include "mailstore/server/imap-set.h"
#include "mailstore/server/utf7.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_fetch(ImapParser parser)
{
    FetchItems items;

    if (imap_parse_fetch_items(&parser, &items))
        fetch_items_clear(&items);
    else
        g_assert(parser.problem != NULL);
}

static void try_search(ImapParser parser)
{
    ImapSearch *search;
    gboolean bad_charset;
    MailEntry entry = {.uid = 1};
    ImapSearchSubject subject = {.entry = &entry, .number = 1, .last = 1, .last_uid = 1};

    if (!imap_parse_search(&parser, &search, &bad_charset) || bad_charset)
        return;
    static const char message[] = "Subject: =?utf-8?q?x?=\r\nDate: 1 Jan 2000\r\n\r\nbody\r\n";
    subject.text = g_bytes_new_static(message, sizeof message - 1);
    gboolean may = imap_search_may_match(search, &subject);
    g_assert(may || !imap_search_matches(search, &subject));
    g_bytes_unref(subject.text);
    imap_search_free(search);
}

static void try_words(ImapParser parser)
{
    g_autofree char *name = NULL;
    g_autoptr(GArray) set = NULL;
    g_auto(GStrv) keywords = NULL;
    g_autoptr(GBytes) literal = NULL;
    guint32 flags;
    gint64 date;

    ImapParser other = parser;
    if (imap_parse_mailbox(&other, &name)) {
        g_assert(g_utf8_validate(name, -1, NULL));
        g_autofree char *coded = utf7_encode(name);
        g_autofree char *again = utf7_decode(coded);
        g_assert_cmpstr(name, ==, again);
        imap_name_matches(name, "*a%b*");
        imap_name_is_good(name);
    }
    other = parser;
    imap_parse_set(&other, &set);
    other = parser;
    imap_parse_flags(&other, TRUE, &flags, &keywords);
    other = parser;
    imap_parse_date_time(&other, &date);
    other = parser;
    imap_parse_date(&other, &date);
    other = parser;
    imap_parse_literal(&other, &literal);
}

static void try_command(GBytes *command)
{
    ImapParser parser;
    g_autofree char *tag = NULL, *name = NULL;

    imap_parser_init(&parser, command);
    try_words(parser);
    if (!imap_parse_tag(&parser, &tag) || !imap_parse_space(&parser) ||
        !imap_parse_atom(&parser, &name) || !imap_parse_space(&parser))
        return;
    try_words(parser);
    try_fetch(parser);
    try_search(parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* The first byte says how large the pieces are. */
    size_t step = size > 0 ? (size_t)data[0] + 1 : 1;
    ImapReader reader;

    imap_reader_init(&reader, 1000);
    for (size_t at = size > 0; at < size;) {
        gsize used;
        ImapReadResult result =
            imap_reader_feed(&reader, (const char *)data + at, MIN(step, size - at), &used);
        at += used;
        if (result == IMAP_READ_TOO_LONG)
            break;
        if (result == IMAP_READ_LITERAL) {
            if (reader.literal_size > 1000)
                imap_reader_refuse(&reader);
            else
                g_assert(imap_reader_accept(&reader));
        } else if (result == IMAP_READ_COMMAND) {
            g_autoptr(GBytes) command = imap_reader_take(&reader);
            try_command(command);
        }
    }
    imap_reader_clear(&reader);
    return 0;
}
