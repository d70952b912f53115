/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-transaction.c - what a transaction wrote: rows that are replaced, deleted, rolled back or
 * given to another message, and handles, sessions and keys that mean something else by then.
 */
#include "tests/preload/hook-test.h"

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

static Host host;
static FakeService *service;
static uint64_t id;

static const char *const infected[] = {"this is EICAR", "a.exe", "harmless", "b.txt", NULL};
static const char *const clean[] = {"harmless", "b.txt", NULL};

static void setup(void)
{
    service = fake_service_start(hook_socket);
    host_open(&host, hook_directory);
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

START_TEST(savepoint_that_is_rolled_back_is_forgotten)
{
    const HostColumn text[] = {{"text", "EICAR", 5}}, good[] = {{"text", "good", 4}};

    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, good, 1, NULL), 0);
    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, text, 1, NULL), 0);
    ck_assert_int_eq(JetRollback(host.sesid, 0), 0);
    ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), 0);
    ck_assert_uint_eq(fake_service_counts(service).messages, 0);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 1);
}
END_TEST

START_TEST(inner_commit_merges_up)
{
    const HostColumn text[] = {{"text", "EICAR", 5}}, good[] = {{"text", "good", 4}};

    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, good, 1, NULL), 0);
    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, text, 1, NULL), 0);
    ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), 0);
    ck_assert_uint_eq(fake_service_counts(service).messages, 0);
    ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), 0);
    ck_assert_uint_eq(fake_service_counts(service).messages, 1);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 1);
}
END_TEST

START_TEST(row_deleted_by_host_is_not_judged_again)
{
    const HostColumn text[] = {{"text", "EICAR", 5}};

    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, text, 1, NULL), 0);
    ck_assert_int_eq(JetMove(host.sesid, host.tables[HOST_MESSAGES], JET_MoveFirst, 0), 0);
    ck_assert_int_eq(JetDelete(host.sesid, host.tables[HOST_MESSAGES]), 0);
    ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), 0);
    ck_assert_uint_eq(fake_service_counts(service).messages, 0);
}
END_TEST

START_TEST(entries_of_the_same_transaction_go_too)
{
    const HostColumn text[] = {{"text", "EICAR", 5}};
    uint64_t message, folder = 7;

    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, text, 1, &message), 0);
    const HostColumn entry[] = {{"message", &message, 8}, {"folder", &folder, 8}};
    ck_assert_int_eq(host_insert(&host, HOST_ENTRIES, entry, 2, NULL), 0);
    ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), 0);
    ck_assert_uint_eq(host_count(&host, HOST_ENTRIES), 0);
    hook_wait_for(fake_service_counts(service).notes == 1);
    ck_assert_str_eq(fake_service_counts(service).note, "MSG-1|INBOX|1|anna|");
}
END_TEST

/* As host_set_first() within a transaction, by a copy that takes the row's place. */
static JET_ERR copy_first(HostTable table, const char *column, const void *data, uint32_t size)
{
    JET_TABLEID tableid = host.tables[table];

    ck_assert_int_eq(JetMove(host.sesid, tableid, JET_MoveFirst, 0), 0);
    ck_assert_int_eq(JetPrepareUpdate(host.sesid, tableid, JET_prepInsertCopyDeleteOriginal), 0);
    ck_assert_int_eq(
        JetSetColumn(host.sesid, tableid, host_column(&host, table, column), data, size, 0, NULL),
        0);
    return JetUpdate(host.sesid, tableid, NULL, 0, NULL);
}

/* What was there before stays as it was, however the change is made: a drop never takes it. */
START_TEST(old_rows_are_not_dropped)
{
    uint64_t old;

    ck_assert_int_eq(deliver("good", clean, false), 0);
    old = id;
    ck_assert_int_eq(host_link(&host, old, 7, 1), 0);
    ck_assert_int_eq(host_set_first(&host, HOST_MESSAGES, "text", "EICAR", 5),
                     JET_errPermissionDenied);
    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    ck_assert_int_eq(host_set_first(&host, HOST_MESSAGES, "text", "EICAR", 5), 0);
    for (int turn = 0; turn < 2; turn++)
        ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), JET_errPermissionDenied);
    ck_assert_int_eq(JetRollback(host.sesid, 0), 0);
    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    ck_assert_int_eq(copy_first(HOST_MESSAGES, "text", "EICAR", 5), 0);
    ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), JET_errPermissionDenied);
    ck_assert_int_eq(JetRollback(host.sesid, 0), 0);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 1);
    ck_assert_str_eq(host_text(&host, HOST_MESSAGES, 0, "text"), "good");
    /* Nor an entry that would be turned to a dropped message. */
    ck_assert_int_eq(deliver("text", infected, false), 0);
    ck_assert_int_eq(host_set_first(&host, HOST_ENTRIES, "message", &id, 8),
                     JET_errPermissionDenied);
    ck_assert_uint_eq(host_count(&host, HOST_ENTRIES), 1);
    /* One that came in the same transaction goes, changed or not. */
    ck_assert_int_eq(host_set_first(&host, HOST_MESSAGES, "text", "fine", 4), 0);
    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    const HostColumn text[] = {{"text", "good", 4}};
    ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, text, 1, NULL), 0);
    ck_assert_int_eq(JetMove(host.sesid, host.tables[HOST_MESSAGES], JET_MoveLast, 0), 0);
    ck_assert_int_eq(JetPrepareUpdate(host.sesid, host.tables[HOST_MESSAGES], JET_prepReplace), 0);
    ck_assert_int_eq(JetSetColumn(host.sesid, host.tables[HOST_MESSAGES],
                                  host_column(&host, HOST_MESSAGES, "text"), "EICAR", 5, 0, NULL),
                     0);
    ck_assert_int_eq(JetUpdate(host.sesid, host.tables[HOST_MESSAGES], NULL, 0, NULL), 0);
    ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), 0);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 1);
    ck_assert_str_eq(host_text(&host, HOST_MESSAGES, 0, "text"), "fine");
}
END_TEST

/* The fake store gives the handle out again at once. */
START_TEST(reused_handle_is_another_table)
{
    const HostColumn row[] = {{"data", "EICAR", 5}};
    JET_TABLEID old = host.tables[HOST_CONTENTS];

    ck_assert_int_eq(deliver("text", clean, false), 0);
    for (unsigned round = 0; round < 3; round++) {
        unsigned contents = fake_service_counts(service).contents;

        JetCloseTable(host.sesid, host.tables[HOST_OTHER]);
        JetCloseTable(host.sesid, host.tables[HOST_CONTENTS]);
        ck_assert_int_eq(JetOpenTable(host.sesid, host.database, round % 2 ? "contents" : "other",
                                      NULL, 0, 0, &old),
                         0);
        host.tables[round % 2 ? HOST_CONTENTS : HOST_OTHER] = old;
        ck_assert_int_eq(JetOpenTable(host.sesid, host.database, round % 2 ? "other" : "contents",
                                      NULL, 0, 0,
                                      &host.tables[round % 2 ? HOST_OTHER : HOST_CONTENTS]),
                         0);
        ck_assert_int_eq(host_insert(&host, HOST_OTHER, row, 1, NULL), 0);
        ck_assert_uint_eq(fake_service_counts(service).contents, contents);
        ck_assert_int_eq(host_insert(&host, HOST_CONTENTS, row, 1, NULL), 0);
        ck_assert_uint_eq(fake_service_counts(service).contents, contents + 1);
    }
}
END_TEST

static JET_ERR swap_tables(JET_SESID sesid, JET_DBID dbid, JET_TABLEID tableid, JET_CBTYP type,
                           void *one, void *two, void *context, JET_API_PTR unused)
{
    bool *is_done = context;

    (void)dbid, (void)tableid, (void)type, (void)one, (void)two, (void)unused;
    if (*is_done)
        return JET_errSuccess;
    *is_done = true;
    ck_assert_int_eq(JetCloseTable(sesid, host.tables[HOST_OTHER]), 0);
    return JetOpenTable(sesid, host.database, "messages", NULL, 0, 0, &host.tables[HOST_MESSAGES]);
}

/* Which gives its handle to another table, in the fake store at once. */
START_TEST(a_cursor_closed_in_a_callback_is_forgotten)
{
    JET_ERR(*store_register)
    (JET_SESID, JET_TABLEID, JET_CBTYP, JET_CALLBACK, void *, JET_HANDLE *) =
        dlsym(RTLD_DEFAULT, "JetRegisterCallback");
    const HostColumn other[] = {{"data", "x", 1}}, text[] = {{"text", "EICAR", 5}};
    JET_TABLEID closed = host.tables[HOST_OTHER];
    JET_HANDLE handle;
    bool is_done = false;

    ck_assert_ptr_nonnull(store_register);
    ck_assert_int_eq(host_insert(&host, HOST_OTHER, other, 1, NULL), 0);
    ck_assert_int_ge(store_register(host.sesid, host.tables[HOST_CONTENTS], JET_cbtypBeforeInsert,
                                    swap_tables, &is_done, &handle),
                     0);
    ck_assert_int_eq(deliver("text", clean, false), 0);
    ck_assert(is_done);
    if (STORE_IS_FAKE)
        ck_assert_uint_eq(host.tables[HOST_MESSAGES], closed);
    fake_service_set_message_action(service, STOREHOOK_ACTION_PASS);
    ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, text, 1, NULL), 0);
    ck_assert_str_eq(host_text(&host, HOST_MESSAGES, 1, "text"), "xxxxx");
}
END_TEST

/* A change that was prepared while nobody listened is one of a row that was there. */
START_TEST(a_change_prepared_before_is_none_of_a_new_row)
{
    JET_TABLEID messages = host.tables[HOST_MESSAGES];

    ck_assert_int_eq(deliver("good", NULL, false), 0);
    fake_service_set_answer(service, STOREHOOK_ANSWER_NOT_YOU);
    fake_service_next_generation(service);
    ck_assert_int_eq(deliver("fine", NULL, false), 0);
    ck_assert_int_eq(hook_status().state, STOREHOOK_STATE_NOT_YOU);
    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    ck_assert_int_eq(JetMove(host.sesid, messages, JET_MoveFirst, 0), 0);
    ck_assert_int_eq(JetPrepareUpdate(host.sesid, messages, JET_prepReplace), 0);
    ck_assert_int_eq(JetSetColumn(host.sesid, messages, host_column(&host, HOST_MESSAGES, "text"),
                                  "EICAR", 5, 0, NULL),
                     0);
    fake_service_set_answer(service, STOREHOOK_ANSWER_HOOKED);
    fake_service_next_generation(service);
    ck_assert_int_eq(JetUpdate(host.sesid, messages, NULL, 0, NULL), 0);
    ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), JET_errPermissionDenied);
    ck_assert_int_eq(JetRollback(host.sesid, 0), 0);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 2);
    ck_assert_str_eq(host_text(&host, HOST_MESSAGES, 0, "text"), "good");
}
END_TEST

/* The store goes on, and so do its transactions. */
START_TEST(an_end_that_is_refused_is_none)
{
    const HostColumn text[] = {{"text", "EICAR", 5}};

    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, text, 1, NULL), 0);
    ck_assert_int_eq(JetTerm2(host_instance(), ~(JET_GRBIT)0), JET_errInvalidGrbit);
    ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), 0);
    ck_assert_uint_eq(fake_service_counts(service).messages, 1);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 0);
}
END_TEST

/* A store whose next number is the last and one more gives that of a dropped message out anew. */
START_TEST(key_of_a_dropped_message_is_given_to_another)
{
    const uint64_t key = 5, folder = 7;
    const HostColumn bad[] = {{"marks", &key, 8}, {"text", "EICAR", 5}};
    const HostColumn good[] = {{"marks", &key, 8}, {"text", "good", 4}};
    const HostColumn entry[] = {{"message", &key, 8}, {"folder", &folder, 8}};
    const HostColumn link[] = {{"message", &key, 8}, {"name", "a", 1}};

    fake_service_set_profile(service, "messages messages key=marks text=text\n"
                                      "attachments attachments message=message name=name\n"
                                      "entries entries message=message folder=folder\n");
    fake_service_next_generation(service);
    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, bad, 2, NULL), 0);
    ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), 0);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 0);
    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, good, 2, NULL), 0);
    ck_assert_int_eq(host_insert(&host, HOST_ATTACHMENTS, link, 2, NULL), 0);
    ck_assert_int_eq(host_insert(&host, HOST_ENTRIES, entry, 2, NULL), 0);
    ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), 0);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 1);
    ck_assert_uint_eq(host_count(&host, HOST_ATTACHMENTS), 1);
    ck_assert_uint_eq(host_count(&host, HOST_ENTRIES), 1);
}
END_TEST

/* A part that gets its message last is shown with it, and goes with it. */
START_TEST(link_is_given_to_another_message)
{
    const HostColumn text[] = {{"text", "text", 4}};
    uint64_t message, none = 0;

    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    const HostColumn link[] = {{"message", &none, 8}, {"name", "a", 1}};
    ck_assert_int_eq(host_insert(&host, HOST_ATTACHMENTS, link, 2, NULL), 0);
    ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, text, 1, &message), 0);
    ck_assert_int_eq(host_set_first(&host, HOST_ATTACHMENTS, "message", &message, 8), 0);
    ck_assert_int_eq(host_set_first(&host, HOST_MESSAGES, "text", "EICAR", 5), 0);
    ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), 0);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 0);
    ck_assert_uint_eq(host_count(&host, HOST_ATTACHMENTS), 0);
}
END_TEST

/* Not by a call that only waits for earlier commits, nor by one that it refuses. */
START_TEST(transaction_ends_where_the_store_ends_it)
{
    const HostColumn text[] = {{"text", "x", 1}};

    ck_assert_int_eq(deliver("good", NULL, false), 0);
    fake_service_enable(service, false);
    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, text, 1, NULL), 0);
    ck_assert_int_eq(JetCommitTransaction(host.sesid, JET_bitWaitLastLevel0Commit), 0);
    ck_assert_int_eq(JetRollback(host.sesid, 0), 0);
    ck_assert_uint_eq(hook_status().unscanned, 0);
    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    ck_assert_int_eq(JetCommitTransaction(host.sesid, JET_bitWaitLastLevel0Commit), 0);
    ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, text, 1, NULL), 0);
    ck_assert_uint_eq(hook_status().unscanned, 0);
    ck_assert_int_eq(JetRollback(host.sesid, ~JET_bitRollbackAll), JET_errInvalidGrbit);
    ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), 0);
    ck_assert_uint_eq(hook_status().unscanned, 1);
}
END_TEST

/* Neither a flagged row nor a message that has one goes on where not all of it is remembered. */
START_TEST(more_rows_than_are_remembered)
{
    enum {
        REMEMBERED = 65536
    };
    const HostColumn text[] = {{"text", "EICAR", 5}}, data[] = {{"data", "FLAG too", 8}};
    uint64_t message, folder = 7;

    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, text, 1, &message), 0);
    const HostColumn entry[] = {{"message", &message, 8}, {"folder", &folder, 8}};
    for (unsigned i = 2; i < REMEMBERED; i++)
        ck_assert_int_eq(host_insert(&host, HOST_ENTRIES, entry, 2, NULL), 0);
    /* Not an entry again that names the same message as before. */
    for (uint32_t uid = 1; uid < 8; uid++)
        ck_assert_int_eq(host_set_first(&host, HOST_ENTRIES, "uid", &uid, sizeof(uid)), 0);
    ck_assert_int_eq(host_insert(&host, HOST_CONTENTS, data, 1, NULL), 0);
    ck_assert_int_eq(host_insert(&host, HOST_CONTENTS, data, 1, NULL), JET_errPermissionDenied);
    ck_assert_int_eq(host_insert(&host, HOST_ENTRIES, entry, 2, NULL), 0);
    ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), JET_errPermissionDenied);
    ck_assert_uint_eq(fake_service_counts(service).messages, 0);
    ck_assert_int_eq(JetRollback(host.sesid, 0), 0);
}
END_TEST

/* In its transaction, and gives its value to another. */
static JET_ERR swap_sessions(JET_SESID sesid, JET_DBID dbid, JET_TABLEID tableid, JET_CBTYP type,
                             void *one, void *two, void *context, JET_API_PTR unused)
{
    JET_SESID *other = context;

    (void)sesid, (void)dbid, (void)tableid, (void)type, (void)one, (void)two, (void)unused;
    ck_assert_int_eq(JetEndSession(*other, 0), 0);
    return JetBeginSession(host_instance(), other, NULL, NULL);
}

START_TEST(a_session_ended_in_a_callback_is_none)
{
    JET_ERR(*store_register)
    (JET_SESID, JET_TABLEID, JET_CBTYP, JET_CALLBACK, void *, JET_HANDLE *) =
        dlsym(RTLD_DEFAULT, "JetRegisterCallback");
    const HostColumn text[] = {{"text", "EICAR", 5}}, other[] = {{"data", "x", 1}};
    Host second = {.database = host.database};
    JET_HANDLE handle;
    JET_SESID old;

    ck_assert_ptr_nonnull(store_register);
    ck_assert_int_ge(store_register(host.sesid, host.tables[HOST_OTHER], JET_cbtypBeforeInsert,
                                    swap_sessions, &second.sesid, &handle),
                     0);
    ck_assert_int_eq(JetBeginSession(host_instance(), &second.sesid, NULL, NULL), 0);
    ck_assert_int_eq(JetBeginTransaction(second.sesid), 0);
    old = second.sesid;
    ck_assert_int_eq(host_insert(&host, HOST_OTHER, other, 1, NULL), 0);
    ck_assert_uint_eq(second.sesid, old);
    host_open_tables(&second);
    ck_assert_int_eq(JetBeginTransaction(second.sesid), 0);
    ck_assert_int_eq(host_insert(&second, HOST_MESSAGES, text, 1, NULL), 0);
    ck_assert_int_eq(JetCommitTransaction(second.sesid, 0), 0);
    ck_assert_uint_eq(fake_service_counts(service).messages, 1);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 0);
    host_close(&second);
}
END_TEST

static JET_ERR commit_once(JET_SESID sesid, JET_DBID dbid, JET_TABLEID tableid, JET_CBTYP type,
                           void *one, void *two, void *context, JET_API_PTR unused)
{
    bool *is_done = context;

    (void)dbid, (void)tableid, (void)type, (void)one, (void)two, (void)unused;
    if (*is_done)
        return JET_errSuccess;
    *is_done = true;
    ck_assert_int_eq(JetCommitTransaction(sesid, 0), 0);
    return JetCommitTransaction(sesid, 0);
}

/* The level is taken from the store again, and what the callback committed counts. */
START_TEST(a_transaction_ended_in_a_callback_is_over)
{
    JET_ERR(*store_register)
    (JET_SESID, JET_TABLEID, JET_CBTYP, JET_CALLBACK, void *, JET_HANDLE *) =
        dlsym(RTLD_DEFAULT, "JetRegisterCallback");
    const HostColumn text[] = {{"text", "good", 4}}, other[] = {{"data", "x", 1}};
    JET_HANDLE handle;
    bool is_done = false;

    ck_assert_ptr_nonnull(store_register);
    ck_assert_int_ge(store_register(host.sesid, host.tables[HOST_OTHER], JET_cbtypBeforeInsert,
                                    commit_once, &is_done, &handle),
                     0);
    fake_service_behave(service, FAKE_GARBLED);
    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, text, 1, NULL), 0);
    (void)host_insert(&host, HOST_OTHER, other, 1, NULL);
    ck_assert(is_done);
    fake_service_behave(service, FAKE_CORRECT);
    ck_assert_uint_eq(hook_status().unscanned, 0);
    ck_assert_int_eq(deliver("EICAR", NULL, false), 0);
    ck_assert_uint_eq(hook_status().unscanned, 1);
    ck_assert_uint_eq(fake_service_counts(service).messages, 1);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 1);
    ck_assert_int_eq(deliver("good", clean, false), 0);
    ck_assert_uint_eq(hook_status().unscanned, 1);
}
END_TEST

/* To find what is to be judged takes about as long as to write it. */
START_TEST(one_of_many_messages_is_judged)
{
    enum {
        MESSAGES = 16000
    };
    const HostColumn text[] = {{"text", "EICAR", 5}};
    double begin = hook_now(), written;

    fake_service_set_message_action(service, STOREHOOK_ACTION_PASS);
    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    for (unsigned i = 0; i < MESSAGES; i++)
        ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, text, i == MESSAGES / 2, NULL), 0);
    written = hook_now();
    ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), 0);
    ck_assert_double_lt(hook_now() - written, 10 * (written - begin));
    ck_assert_uint_eq(fake_service_counts(service).messages, 1);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("transaction");
    TCase *tests = tcase_create("transaction");

    (void)argc;
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, savepoint_that_is_rolled_back_is_forgotten);
    tcase_add_test(tests, inner_commit_merges_up);
    tcase_add_test(tests, row_deleted_by_host_is_not_judged_again);
    tcase_add_test(tests, entries_of_the_same_transaction_go_too);
    tcase_add_test(tests, old_rows_are_not_dropped);
    tcase_add_test(tests, reused_handle_is_another_table);
    tcase_add_test(tests, a_cursor_closed_in_a_callback_is_forgotten);
    tcase_add_test(tests, a_change_prepared_before_is_none_of_a_new_row);
    tcase_add_test(tests, an_end_that_is_refused_is_none);
    tcase_add_test(tests, key_of_a_dropped_message_is_given_to_another);
    tcase_add_test(tests, link_is_given_to_another_message);
    tcase_add_test(tests, transaction_ends_where_the_store_ends_it);
    if (STORE_IS_FAKE) /* that gives the value out again at once */
        tcase_add_test(tests, a_session_ended_in_a_callback_is_none);
    if (!STORE_IS_FAKE) { /* that looks through all its rows for each */
        tcase_add_test(tests, more_rows_than_are_remembered);
        tcase_add_test(tests, a_transaction_ended_in_a_callback_is_over);
        tcase_add_test(tests, one_of_many_messages_is_judged);
    }
    suite_add_tcase(suite, tests);
    return hook_test_main(argv, suite);
}
