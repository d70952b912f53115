/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-delivery.c - one delivery through the hook, with every answer that a service may give.
 */
#include "tests/preload/hook-test.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static Host host;
static FakeService *service;
static uint64_t id;

static const char *const infected[] = {"this is EICAR", "a.exe", "harmless", "b.txt", NULL};
static const char *const clean[] = {"harmless", "b.txt", NULL};

static void setup(void)
{
    host_digest_is_secondary = DIGEST_IS_SECONDARY;
    service = fake_service_start(hook_socket);
    host_open(&host, hook_directory);
    /* Asked, but too late: the machine is busy. */
    if (hook_status().state == STOREHOOK_STATE_NOT_CONNECTED)
        hook_look_until(&host, STOREHOOK_STATE_HOOKED);
}

/* The rows to come are judged as the service is now. */
static void follow_service(void)
{
    fake_service_next_generation(service);
    hook_look_until(&host, STOREHOOK_STATE_HOOKED);
}

static void teardown(void)
{
    host_close(&host);
    host_end();
    fake_service_kill(service);
}

static JET_ERR deliver(const char *text, const char *const *parts, bool links_first)
{
    return host_deliver(&host, &(HostMessage){text, parts, links_first}, &id);
}

/* Stores order contents as they like. -1: none. */
static int find_content(const char *with)
{
    char data[8];
    unsigned count = host_count(&host, HOST_CONTENTS);

    for (unsigned n = 0; n < count; n++)
        if (host_read(&host, HOST_CONTENTS, n, "data", data, sizeof(data)) >= (long)strlen(with) &&
            memcmp(data, with, strlen(with)) == 0)
            return (int)n;
    return -1;
}

static unsigned content_beginning(const char *with)
{
    int n = find_content(with);

    ck_assert_msg(n >= 0, "no content begins with %s", with);
    return (unsigned)n;
}

static void check_digest(unsigned content)
{
    unsigned char digest[32], expected[32];
    const char *data = host_text(&host, HOST_CONTENTS, content, "data");

    ck_assert_int_eq(host_read(&host, HOST_CONTENTS, content, "digest", digest, 32), 32);
    fake_digest(data, strlen(data), expected);
    ck_assert_mem_eq(digest, expected, 32);
}

START_TEST(clean_mail_passes)
{
    ck_assert_int_eq(hook_status().state, STOREHOOK_STATE_HOOKED);
    ck_assert_int_eq(deliver("text", clean, false), 0);
    ck_assert_int_eq(host_link(&host, id, 7, 1), 0);
    ck_assert_str_eq(host_text(&host, HOST_MESSAGES, 0, "text"), "text");
    ck_assert_str_eq(host_text(&host, HOST_CONTENTS, 0, "data"), "harmless");
    ck_assert_str_eq(host_text(&host, HOST_ATTACHMENTS, 0, "name"), "b.txt");
    ck_assert_uint_eq(host_count(&host, HOST_ENTRIES), 1);
    ck_assert_uint_eq(hook_status().unscanned, 0);
    ck_assert_uint_eq(hook_status().judged, 3);
    ck_assert_uint_eq(fake_service_counts(service).messages, 0);
}
END_TEST

START_TEST(infected_mail_is_dropped)
{
    FakeCounts counts;

    ck_assert_int_eq(deliver("text", infected, _i), 0);
    counts = fake_service_counts(service);
    ck_assert_uint_eq(counts.messages, 1);
    ck_assert_uint_eq(counts.message_parts, 2);
    ck_assert_uint_eq(counts.message_flagged, 1);
    ck_assert_str_eq(counts.message_text, "text|");
    ck_assert_str_eq(counts.message_part,
                     "a.exe|Content-Type: x/y; name=a.exe\r\n\r\n|10|identity|this is EICAR|");
    for (unsigned i = 0; i <= HOST_ENTRIES; i++)
        ck_assert_uint_eq(host_count(&host, (HostTable)i), 0);
    ck_assert_int_eq(host_link(&host, id, 7, 1), 0);
    ck_assert_uint_eq(host_count(&host, HOST_ENTRIES), 0);
    hook_wait_for(fake_service_counts(service).notes == 1);
    counts = fake_service_counts(service);
    ck_assert_str_eq(counts.note, "MSG-1|INBOX|1|anna|");
    ck_assert_uint_eq(counts.note_dropped, 1);
    /* The next message is none of its business. */
    ck_assert_int_eq(deliver("text", clean, false), 0);
    ck_assert_int_eq(host_link(&host, id, 7, 2), 0);
    ck_assert_uint_eq(host_count(&host, HOST_ENTRIES), 1);
    ck_assert_uint_eq(hook_status().unscanned, 0);
}
END_TEST

START_TEST(notice_stays)
{
    unsigned char link[32], content[32];

    fake_service_set_message_action(service, STOREHOOK_ACTION_PASS);
    ck_assert_int_eq(deliver("text", infected, _i), 0);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 1);
    ck_assert_uint_eq(host_count(&host, HOST_CONTENTS), 2);
    check_digest(0);
    check_digest(1);
    ck_assert_str_eq(host_text(&host, HOST_ATTACHMENTS, 0, "name"), "notice.txt");
    ck_assert(strstr(host_text(&host, HOST_ATTACHMENTS, 0, "header"), "notice=1"));
    ck_assert_str_eq(host_text(&host, HOST_ATTACHMENTS, 0, "encoding"), "identity");
    host_read(&host, HOST_ATTACHMENTS, 0, "digest", link, 32);
    host_read(&host, HOST_CONTENTS, content_beginning("NOTICE "), "digest", content, 32);
    ck_assert_mem_eq(link, content, 32);
    ck_assert_str_eq(host_text(&host, HOST_ATTACHMENTS, 1, "name"), "b.txt");
    ck_assert_int_eq(host_link(&host, id, 7, 1), 0);
    ck_assert_uint_eq(host_count(&host, HOST_ENTRIES), 1);
    hook_wait_for(fake_service_counts(service).notes == 1);
    ck_assert_uint_eq(fake_service_counts(service).note_dropped, 0);
}
END_TEST

/* Whichever row comes first. */
START_TEST(a_name_is_judged_in_any_order)
{
    const char *const parts[] = {"harmless", "b.txt", "good", "BLOCK.exe", NULL};

    fake_service_set_message_action(service, STOREHOOK_ACTION_PASS);
    ck_assert_int_eq(deliver("text", parts, _i), 0);
    ck_assert_str_eq(host_text(&host, HOST_ATTACHMENTS, 0, "name"), "b.txt");
    ck_assert_str_eq(host_text(&host, HOST_ATTACHMENTS, 1, "name"), "notice.txt");
    ck_assert_uint_eq(fake_service_counts(service).messages, 1);
    ck_assert_int_ge(find_content("NOTICE "), 0);
    ck_assert_uint_eq(hook_status().unscanned, 0);
}
END_TEST

/* As many letters as in any other column. */
START_TEST(a_name_in_utf16_is_judged_to_its_end)
{
    static const char end[] = "BLOCK";
    uint16_t name[STOREHOOK_TEXT_MAX], got[16];
    const HostColumn link[] = {{"title", name, sizeof(name)}};

    fake_service_set_profile(service, "attachments attachments name=title digest=digest\n"
                                      "contents contents digest=digest data=data\n");
    fake_service_set_message_action(service, STOREHOOK_ACTION_PASS);
    follow_service();
    for (unsigned i = 0; i < STOREHOOK_TEXT_MAX; i++)
        name[i] = i + 5 < STOREHOOK_TEXT_MAX ? 'a' : (uint16_t)end[i + 5 - STOREHOOK_TEXT_MAX];
    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    ck_assert_int_eq(host_insert(&host, HOST_ATTACHMENTS, link, 1, NULL), 0);
    ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), 0);
    ck_assert_int_eq(host_read(&host, HOST_ATTACHMENTS, 0, "title", got, sizeof(got)), 20);
    ck_assert_uint_eq(got[0], 'n');
}
END_TEST

/* Nothing of it is changed: the host still has the row as it was. */
START_TEST(a_bad_link_that_cannot_be_shown_is_refused)
{
    JET_TABLEID links = host.tables[HOST_ATTACHMENTS];
    unsigned char digest[32];
    char name[1025];
    uint32_t actual = 0;

    memset(name, 'a', sizeof(name));
    fake_digest("EICAR", 5, digest);
    const HostColumn content[] = {{"digest", digest, 32}, {"data", "EICAR", 5}};
    if (_i == 0)
        memcpy(name, "BLOCK", 5);
    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    if (_i == 1)
        ck_assert_int_eq(host_insert(&host, HOST_CONTENTS, content, 2, NULL), 0);
    ck_assert_int_eq(JetPrepareUpdate(host.sesid, links, JET_prepInsert), 0);
    ck_assert_int_eq(JetSetColumn(host.sesid, links, host_column(&host, HOST_ATTACHMENTS, "name"),
                                  name, sizeof(name), 0, NULL),
                     0);
    if (_i == 1)
        ck_assert_int_eq(JetSetColumn(host.sesid, links,
                                      host_column(&host, HOST_ATTACHMENTS, "digest"), digest, 32, 0,
                                      NULL),
                         0);
    ck_assert_int_eq(JetUpdate(host.sesid, links, NULL, 0, NULL), JET_errPermissionDenied);
    ck_assert_int_eq(JetRetrieveColumn(host.sesid, links,
                                       host_column(&host, HOST_ATTACHMENTS, "name"), NULL, 0,
                                       &actual, JET_bitRetrieveCopy, NULL),
                     JET_wrnBufferTruncated);
    ck_assert_uint_eq(actual, sizeof(name));
    ck_assert_int_eq(JetRollback(host.sesid, 0), 0);
}
END_TEST

START_TEST(long_contents_travel_in_memfds)
{
    static char large[200001], other[50001];
    const char *const parts[] = {large, "large", other, "other", NULL};

    memset(large, 'a', 200000);
    memset(other, 'b', 50000);
    memcpy(large + 100000, "EICAR", 5);
    fake_service_set_message_action(service, STOREHOOK_ACTION_PASS);
    ck_assert_int_eq(deliver("text", parts, _i), 0);
    check_digest(content_beginning("NOTICE "));
    ck_assert_int_eq(host_read(&host, HOST_CONTENTS, content_beginning("bbbb"), "data", NULL, 0),
                     50000);
    ck_assert_uint_eq(fake_service_counts(service).message_parts, 2);
}
END_TEST

/* In the datagram, behind it, in a memfd; then by sockets that take no long datagram, by which no
 * request goes that carries a copy of some KB. */
START_TEST(contents_of_each_size_are_judged)
{
    static const size_t sizes[] = {STOREHOOK_INLINE_MAX, STOREHOOK_INLINE_MAX + 1,
                                   STOREHOOK_TAIL_MAX, STOREHOOK_TAIL_MAX + 1};
    static char data[STOREHOOK_TAIL_MAX + 2];
    const char *const parts[] = {data, "a", NULL};
    unsigned flagged = 0;

    fake_service_set_message_action(service, STOREHOOK_ACTION_PASS);
    ck_assert_int_eq(deliver("text", clean, false), 0);
    if (_i == 1)
        ck_assert_uint_gt(hook_narrow_sockets(), 0);
    for (unsigned i = (unsigned)_i; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        memset(data, 'x', sizes[i]);
        memcpy(data + sizes[i] - 5, "EICAR", 6);
        ck_assert_int_eq(deliver("text", parts, false), 0);
        ck_assert_uint_eq(fake_service_counts(service).messages, ++flagged);
        ck_assert_int_eq(find_content("xxxx"), -1);
        ck_assert_int_eq(deliver(data, clean, false), 0);
        ck_assert_uint_eq(fake_service_counts(service).messages, ++flagged);
    }
    ck_assert_uint_eq(hook_status().unscanned, 0);
}
END_TEST

START_TEST(stripped_without_quarantine)
{
    const char *const parts[] = {"STRIP me", "a.scr", NULL};

    ck_assert_int_eq(deliver("text", parts, _i), 0);
    ck_assert_uint_eq(fake_service_counts(service).messages, 0);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 1);
    ck_assert(strncmp(host_text(&host, HOST_CONTENTS, 0, "data"), "NOTICE ", 7) == 0);
    ck_assert_str_eq(host_text(&host, HOST_ATTACHMENTS, 0, "name"), "notice.txt");
}
END_TEST

START_TEST(flagged_without_replacement)
{
    const char *const parts[] = {"FLAG this", "a", NULL};

    fake_service_set_message_action(service, STOREHOOK_ACTION_PASS);
    ck_assert_int_eq(deliver("text", parts, _i), 0);
    ck_assert_uint_eq(fake_service_counts(service).messages, 1);
    ck_assert_str_eq(host_text(&host, HOST_CONTENTS, 0, "data"), "FLAG this");
    fake_service_set_message_action(service, STOREHOOK_ACTION_DROP);
    ck_assert_int_eq(deliver("text", (const char *const[]){"FLAG too", "a", NULL}, _i), 0);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 1);
    ck_assert_uint_eq(host_count(&host, HOST_CONTENTS), 1);
}
END_TEST

START_TEST(refused_and_deferred)
{
    ck_assert_int_eq(deliver("t", (const char *const[]){"REFUSE", "a", NULL}, false),
                     JET_errPermissionDenied);
    ck_assert_int_eq(deliver("t", (const char *const[]){"DEFER", "a", NULL}, false),
                     JET_errInstanceUnavailable);
    fake_service_set_message_action(service, STOREHOOK_ACTION_REFUSE);
    ck_assert_int_eq(deliver("t", infected, _i), JET_errPermissionDenied);
    fake_service_set_message_action(service, STOREHOOK_ACTION_DEFER);
    ck_assert_int_eq(deliver("t", infected, _i), JET_errInstanceUnavailable);
    for (unsigned i = 0; i <= HOST_ENTRIES; i++)
        ck_assert_uint_eq(host_count(&host, (HostTable)i), 0);
    ck_assert_uint_eq(hook_status().unscanned, 0);
    ck_assert_int_eq(deliver("t", clean, _i), 0);
}
END_TEST

START_TEST(inline_part_is_overwritten)
{
    fake_service_set_message_action(service, STOREHOOK_ACTION_PASS);
    ck_assert_int_eq(deliver("before EICAR after", NULL, false), 0);
    ck_assert_str_eq(host_text(&host, HOST_MESSAGES, 0, "text"), "before xxxxx after");
    ck_assert_str_eq(fake_service_counts(service).message_text, "before EICAR after|");
    fake_service_set_message_action(service, STOREHOOK_ACTION_DROP);
    ck_assert_int_eq(deliver("EICAR", NULL, false), 0);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 1);
}
END_TEST

START_TEST(text_of_another_length_is_not_believed)
{
    ck_assert_int_eq(deliver("CUTME EICAR", NULL, false), 0);
    ck_assert_str_eq(host_text(&host, HOST_MESSAGES, 0, "text"), "CUTME EICAR");
    ck_assert_uint_eq(hook_status().unscanned, 1);
    hook_wait_for(fake_service_counts(service).totals[STOREHOOK_REASON_PROTOCOL] == 1);
}
END_TEST

/* A content that is stored already, and became bad: nobody wrote it in this transaction. */
START_TEST(link_to_unknown_digest_fetches_its_bytes)
{
    fake_service_enable(service, false);
    ck_assert_int_eq(deliver("text", infected, false), 0);
    ck_assert_uint_eq(host_count(&host, HOST_CONTENTS), 2);
    ck_assert_uint_eq(hook_status().unscanned, 5);
    fake_service_enable(service, true);
    fake_service_set_message_action(service, STOREHOOK_ACTION_PASS);
    /* Both contents are there: KeyDuplicate, and they are judged by link. */
    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    {
        unsigned char digest[32];
        uint64_t message;
        const HostColumn text[] = {{"text", "again", 5}};

        fake_digest(infected[0], strlen(infected[0]), digest);
        ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, text, 1, &message), 0);
        const HostColumn link[] = {{"message", &message, 8},
                                   {"name", "a.exe", 5},
                                   {"header", "H", 1},
                                   {"digest", digest, 32}};
        ck_assert_int_eq(host_insert(&host, HOST_ATTACHMENTS, link, 4, NULL), 0);
    }
    ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), 0);
    ck_assert_uint_eq(fake_service_counts(service).need_data, 1);
    ck_assert_str_eq(host_text(&host, HOST_ATTACHMENTS, 2, "name"), "notice.txt");
    ck_assert_str_eq(fake_service_counts(service).message_part, "a.exe|H|0|this is EICAR|");
    /* The old one stays for the message that has it; the notice stands beside. */
    ck_assert_uint_eq(host_count(&host, HOST_CONTENTS), 3);
    for (unsigned i = 0; i < 3; i++)
        check_digest(i);
}
END_TEST

/* One more row for a content that is there, by its digest and a name. */
static void link_again(const char *data, const char *name)
{
    unsigned char digest[32];
    const HostColumn text[] = {{"text", "again", 5}};
    uint64_t message;

    fake_digest(data, strlen(data), digest);
    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, text, 1, &message), 0);
    const HostColumn link[] = {{"message", &message, 8},
                               {"name", name, (uint32_t)strlen(name)},
                               {"header", "H", 1},
                               {"digest", digest, 32}};
    ck_assert_int_eq(host_insert(&host, HOST_ATTACHMENTS, link, 4, NULL), 0);
    ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), 0);
}

static void deliver_by_lanes(bool takes)
{
    fake_service_open_lanes(service, takes);
    follow_service();
    for (unsigned i = 0; i < 20; i++)
        ck_assert_int_eq(deliver("text", i % 2 == 0 ? clean : infected, false), 0);
    ck_assert_uint_eq(hook_status().unscanned, 0);
    ck_assert_int_eq(find_content("this is EICAR"), -1);
}

START_TEST(questions_go_to_who_waits_on_this_processor)
{
    deliver_by_lanes(true);
    /* The first at most was under way before the handshake. */
    ck_assert_uint_ge(fake_service_counts(service).lane_questions, 59);
}
END_TEST

START_TEST(another_worker_is_called_where_none_comes)
{
    deliver_by_lanes(false);
    ck_assert_uint_ge(fake_service_counts(service).calls, 59);
    ck_assert_uint_ge(fake_service_counts(service).lane_questions, 59);
}
END_TEST

START_TEST(clean_link_is_asked_once_an_epoch)
{
    fake_service_set_message_action(service, STOREHOOK_ACTION_PASS);
    ck_assert_int_eq(deliver("text", clean, false), 0);
    ck_assert_int_eq(deliver("text", infected, false), 0);
    const unsigned asked = fake_service_counts(service).links;

    /* Nobody said that it may be remembered. */
    link_again(clean[0], "a.txt");
    link_again(clean[0], "a.txt");
    ck_assert_uint_eq(fake_service_counts(service).links, asked + 2);
    fake_service_remember(service);
    link_again(clean[0], "a.txt");
    ck_assert_uint_eq(fake_service_counts(service).links, asked + 3);
    for (unsigned i = 0; i < 3; i++)
        link_again(clean[0], "a.txt");
    ck_assert_uint_eq(fake_service_counts(service).links, asked + 3);
    /* Another name, another content, another epoch. */
    link_again(clean[0], "a.exe");
    ck_assert_uint_eq(fake_service_counts(service).links, asked + 4);
    fake_service_next_epoch(service);
    link_again(clean[0], "a.txt");
    ck_assert_uint_eq(fake_service_counts(service).links, asked + 5);
    link_again(infected[0], "a.txt");
    link_again(infected[0], "a.txt");
    ck_assert_uint_eq(fake_service_counts(service).links, asked + 7);
    ck_assert_uint_eq(hook_status().unscanned, 0);
}
END_TEST

START_TEST(outside_a_transaction)
{
    const HostColumn bad[] = {{"text", "EICAR", 5}}, good[] = {{"text", "good", 4}};
    uint64_t message, folder = 7;

    ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, good, 1, NULL), 0);
    ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, bad, 1, &message), 0);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 1);
    ck_assert_uint_eq(fake_service_counts(service).messages, 1);
    const HostColumn entry[] = {{"message", &message, 8}, {"folder", &folder, 8}};
    ck_assert_int_eq(host_insert(&host, HOST_ENTRIES, entry, 2, NULL), 0);
    ck_assert_uint_eq(host_count(&host, HOST_ENTRIES), 0);
    fake_service_set_message_action(service, STOREHOOK_ACTION_PASS);
    ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, bad, 1, NULL), 0);
    ck_assert_str_eq(host_text(&host, HOST_MESSAGES, 1, "text"), "xxxxx");
    fake_service_set_message_action(service, STOREHOOK_ACTION_REFUSE);
    ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, bad, 1, NULL), JET_errPermissionDenied);
}
END_TEST

/* Replacing a row's other columns asks nobody; replacing its text does. */
START_TEST(unchanged_content_is_not_asked)
{
    const HostColumn good[] = {{"text", "good", 4}};
    JET_TABLEID messages = host.tables[HOST_MESSAGES];

    ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, good, 1, NULL), 0);
    ck_assert_uint_eq(fake_service_counts(service).texts, 1);
    ck_assert_int_eq(JetMove(host.sesid, messages, JET_MoveFirst, 0), 0);
    ck_assert_int_eq(JetPrepareUpdate(host.sesid, messages, JET_prepReplace), 0);
    ck_assert_int_eq(JetSetColumn(host.sesid, messages, host_column(&host, HOST_MESSAGES, "marks"),
                                  "m", 1, 0, NULL),
                     0);
    ck_assert_int_eq(JetUpdate(host.sesid, messages, NULL, 0, NULL), 0);
    ck_assert_uint_eq(fake_service_counts(service).texts, 1);
    ck_assert_int_eq(JetPrepareUpdate(host.sesid, messages, JET_prepReplace), 0);
    ck_assert_int_eq(JetSetColumn(host.sesid, messages, host_column(&host, HOST_MESSAGES, "text"),
                                  "gooD", 4, 0, NULL),
                     0);
    ck_assert_int_eq(JetUpdate(host.sesid, messages, NULL, 0, NULL), 0);
    ck_assert_uint_eq(fake_service_counts(service).texts, 2);
    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    ck_assert_int_eq(JetPrepareUpdate(host.sesid, messages, JET_prepInsertCopy), 0);
    ck_assert_int_eq(JetUpdate(host.sesid, messages, NULL, 0, NULL), 0);
    ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), 0);
    ck_assert_uint_eq(fake_service_counts(service).texts, 3);
}
END_TEST

START_TEST(bookmarks_and_errno_are_the_hosts)
{
    JET_TABLEID contents = host.tables[HOST_CONTENTS];
    unsigned char bookmark[256];
    uint32_t actual = 0;

    errno = 12345;
    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    ck_assert_int_eq(JetPrepareUpdate(host.sesid, contents, JET_prepInsert), 0);
    ck_assert_int_eq(JetSetColumn(host.sesid, contents, host_column(&host, HOST_CONTENTS, "data"),
                                  "EICAR", 5, 0, NULL),
                     0);
    ck_assert_int_eq(JetUpdate(host.sesid, contents, bookmark, sizeof(bookmark), &actual), 0);
    if (STORE_IS_FAKE) /* but for this call, which adds one to what it finds */
        ck_assert_int_eq(errno, 12346);
    ck_assert_uint_gt(actual, 0);
    ck_assert_int_eq(JetGotoBookmark(host.sesid, contents, bookmark, actual), 0);
    ck_assert_int_eq(JetUpdate(host.sesid, contents, NULL, 0, NULL), JET_errUpdateNotPrepared);
    ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), 0);
    ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), JET_errNotInTransaction);
    if (STORE_IS_FAKE)
        ck_assert_int_eq(errno, 12346);
}
END_TEST

/* A message whose part is flagged is found again, to be shown whole. */
START_TEST(a_bookmark_is_cut_for_the_host_alone)
{
    JET_TABLEID messages = host.tables[HOST_MESSAGES];
    unsigned char bookmark[2000], cut[2] = {0, 0x5a}, digest[32];
    uint32_t actual = 0;

    fake_service_set_message_action(service, STOREHOOK_ACTION_PASS);
    fake_digest("FLAG this", 9, digest);
    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    ck_assert_int_eq(JetPrepareUpdate(host.sesid, messages, JET_prepInsert), 0);
    ck_assert_int_eq(JetRetrieveColumn(host.sesid, messages,
                                       host_column(&host, HOST_MESSAGES, "id"), &id, 8, NULL,
                                       JET_bitRetrieveCopy, NULL),
                     0);
    ck_assert_int_eq(JetSetColumn(host.sesid, messages, host_column(&host, HOST_MESSAGES, "text"),
                                  "good", 4, 0, NULL),
                     0);
    ck_assert_int_eq(JetUpdate(host.sesid, messages, cut, 1, &actual), 0);
    const HostColumn content[] = {{"digest", digest, 32}, {"data", "FLAG this", 9}};
    const HostColumn link[] = {{"message", &id, 8}, {"name", "a", 1}, {"digest", digest, 32}};
    ck_assert_int_eq(host_insert(&host, HOST_CONTENTS, content, 2, NULL), 0);
    ck_assert_int_eq(host_insert(&host, HOST_ATTACHMENTS, link, 3, NULL), 0);
    ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), 0);
    ck_assert_str_eq(fake_service_counts(service).message_text, "good|");
    ck_assert_int_eq(JetMove(host.sesid, messages, JET_MoveFirst, 0), 0);
    ck_assert_int_eq(JetGetBookmark(host.sesid, messages, bookmark, sizeof(bookmark), &actual), 0);
    ck_assert_uint_gt(actual, 1);
    ck_assert_uint_eq(cut[0], bookmark[0]);
    ck_assert_uint_eq(cut[1], 0x5a);
}
END_TEST

/* The service has no word for rows of other databases' tables, nor do we. */
static JET_ERR write_another(JET_SESID sesid, JET_DBID dbid, JET_TABLEID tableid, JET_CBTYP type,
                             void *one, void *two, void *context, JET_API_PTR unused)
{
    HostTable table = *(const HostTable *)context;
    const HostColumn columns[] = {{table == HOST_MESSAGES ? "text" : "data", "EICAR too", 9}};

    (void)sesid, (void)dbid, (void)tableid, (void)type, (void)one, (void)two, (void)unused;
    return host_insert(&host, table, columns, 1, NULL);
}

/* What a program writes from a callback of the store's is not judged, but counted. */
START_TEST(rows_written_in_a_callback_are_counted)
{
    JET_ERR(*store_register)
    (JET_SESID, JET_TABLEID, JET_CBTYP, JET_CALLBACK, void *, JET_HANDLE *) =
        dlsym(RTLD_DEFAULT, "JetRegisterCallback");
    HostTable table = _i ? HOST_OTHER : HOST_MESSAGES;
    JET_HANDLE handle;

    ck_assert_ptr_nonnull(store_register);
    ck_assert_int_ge(store_register(host.sesid, host.tables[HOST_CONTENTS], JET_cbtypBeforeInsert,
                                    write_another, &table, &handle),
                     0);
    ck_assert_int_eq(deliver("text", clean, false), 0);
    ck_assert_uint_eq(host_count(&host, table), table == HOST_MESSAGES ? 2 : 1);
    ck_assert_uint_eq(hook_status().unscanned, table == HOST_MESSAGES ? 1 : 0);
}
END_TEST

START_TEST(configuration_changes_are_followed)
{
    const HostColumn row[] = {{"data", "EICAR", 5}};

    ck_assert_int_eq(host_insert(&host, HOST_OTHER, row, 1, NULL), 0);
    ck_assert_str_eq(host_text(&host, HOST_OTHER, 0, "data"), "EICAR");
    fake_service_set_profile(service, "messages other key=id text=data\n");
    follow_service();
    ck_assert_int_eq(deliver("EICAR", NULL, false), 0);
    ck_assert_str_eq(host_text(&host, HOST_MESSAGES, 0, "text"), "EICAR");
    fake_service_set_message_action(service, STOREHOOK_ACTION_PASS);
    ck_assert_int_eq(host_insert(&host, HOST_OTHER, row, 1, NULL), 0);
    ck_assert_str_eq(host_text(&host, HOST_OTHER, 1, "data"), "xxxxx");
    ck_assert_uint_eq(fake_service_counts(service).hellos, 2);
    ck_assert_uint_eq(hook_status().unscanned, 0);
}
END_TEST

START_TEST(many_infected_parts)
{
    enum {
        PARTS = 40
    };
    static char data[PARTS][12000], names[PARTS][16];
    const char *parts[2 * PARTS + 1];

    for (unsigned i = 0; i < PARTS; i++) {
        memset(data[i], 'a' + (int)(i % 26), sizeof(data[i]) - 1);
        snprintf(data[i], 32, "EICAR %u", i);
        if (i % 2)
            data[i][strlen(data[i])] = ' ';
        snprintf(names[i], sizeof(names[i]), "part%u", i);
        parts[2 * i] = data[i];
        parts[2 * i + 1] = names[i];
    }
    parts[2 * PARTS] = NULL;
    ck_assert_int_eq(deliver("text", parts, _i), 0);
    ck_assert_uint_eq(fake_service_counts(service).message_parts, PARTS);
    ck_assert_uint_eq(fake_service_counts(service).message_flagged, PARTS);
    ck_assert_uint_eq(host_count(&host, HOST_CONTENTS), 0);
    ck_assert_uint_eq(host_count(&host, HOST_ATTACHMENTS), 0);
}
END_TEST

/* A content whose digest would name nothing stays what it was. */
START_TEST(notice_without_a_whole_digest_is_none)
{
    const HostColumn data[] = {{"data", "EICAR", 5}};

    ck_assert_int_eq(deliver("good", NULL, false), 0);
    fake_service_behave(service, FAKE_SHORT_DIGEST);
    ck_assert_int_eq(host_insert(&host, HOST_CONTENTS, data, 1, NULL), 0);
    ck_assert_str_eq(host_text(&host, HOST_CONTENTS, 0, "data"), "EICAR");
    ck_assert_uint_eq(hook_status().unscanned, 1);
}
END_TEST

/* A verdict or an action that there is not, or none for a row: nothing of the answer is believed.
 */
START_TEST(what_no_answer_may_say_is_none)
{
    const char *word = _i == 2 ? "DROP" : "odd";
    const HostColumn data[] = {{"data", word, strlen(word)}};

    ck_assert_int_eq(deliver("good", NULL, false), 0);
    fake_service_behave(service, _i == 0 ? FAKE_BAD_VERDICT : FAKE_BAD_ACTION);
    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    ck_assert_int_eq(host_insert(&host, HOST_CONTENTS, data, 1, NULL), 0);
    ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), 0);
    ck_assert_uint_eq(host_count(&host, HOST_CONTENTS), 1);
    ck_assert_uint_eq(fake_service_counts(service).messages, 0);
    ck_assert_uint_eq(hook_status().unscanned, 1);
    hook_wait_for(fake_service_counts(service).totals[STOREHOOK_REASON_PROTOCOL] == 1);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("delivery");
    TCase *tests = tcase_create("delivery");

    (void)argc;
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, clean_mail_passes);
    tcase_add_loop_test(tests, infected_mail_is_dropped, 0, 2);
    tcase_add_loop_test(tests, notice_stays, 0, 2);
    tcase_add_loop_test(tests, a_name_is_judged_in_any_order, 0, 2);
    tcase_add_test(tests, a_name_in_utf16_is_judged_to_its_end);
    tcase_add_loop_test(tests, a_bad_link_that_cannot_be_shown_is_refused, 0, 2);
    tcase_add_loop_test(tests, long_contents_travel_in_memfds, 0, 2);
    tcase_add_loop_test(tests, contents_of_each_size_are_judged, 0, 2);
    tcase_add_loop_test(tests, stripped_without_quarantine, 0, 2);
    tcase_add_loop_test(tests, flagged_without_replacement, 0, 2);
    tcase_add_loop_test(tests, refused_and_deferred, 0, 2);
    tcase_add_test(tests, inline_part_is_overwritten);
    tcase_add_test(tests, text_of_another_length_is_not_believed);
    tcase_add_test(tests, link_to_unknown_digest_fetches_its_bytes);
    tcase_add_test(tests, questions_go_to_who_waits_on_this_processor);
    tcase_add_test(tests, another_worker_is_called_where_none_comes);
    tcase_add_test(tests, clean_link_is_asked_once_an_epoch);
    tcase_add_test(tests, outside_a_transaction);
    tcase_add_test(tests, unchanged_content_is_not_asked);
    tcase_add_test(tests, bookmarks_and_errno_are_the_hosts);
    tcase_add_test(tests, a_bookmark_is_cut_for_the_host_alone);
    tcase_add_loop_test(tests, rows_written_in_a_callback_are_counted, 0, 2);
    tcase_add_test(tests, configuration_changes_are_followed);
    tcase_add_loop_test(tests, many_infected_parts, 0, 2);
    tcase_add_test(tests, notice_without_a_whole_digest_is_none);
    tcase_add_loop_test(tests, what_no_answer_may_say_is_none, 0, 3);
    suite_add_tcase(suite, tests);
    return hook_test_main(argv, suite);
}
