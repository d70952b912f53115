/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-verdicts.c - the shared table, its memory on disk, latencies, and the policy tables. */
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scanner/common/board.h"
#include "scanner/common/content-sum.h"
#include "scanner/common/digest.h"
#include "scanner/common/temp-directory.h"
#include "scanner/common/verdict-cache.h"
#include "scanner/common/verdict-store.h"
#include "scanner/judge/policy.h"
#include "tests/unit/scanner/scanner-test.h"

static void make_key(VerdictKey *key, guint64 number, const char *version)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    guint8 digest[STOREHOOK_DIGEST_SIZE];
    gsize size = sizeof(digest);

    g_checksum_update(sum, (const guchar *)&number, sizeof(number));
    g_checksum_get_digest(sum, digest, &size);
    verdict_key_init(key, digest, version, VERDICT_CACHE_CONTENT);
}

static Verdict make_verdict(guint64 number)
{
    Verdict verdict = {.size = number};
    g_autofree char *name = g_strdup_printf("Name.%" G_GUINT64_FORMAT, number);

    verdict_set(&verdict, (StorehookVerdictKind)(number % STOREHOOK_VERDICTS), name);
    return verdict;
}

static VerdictCache *make_cache(guint entries)
{
    int fd = verdict_cache_create(entries);
    VerdictCache *cache = verdict_cache_map(fd);

    ck_assert_ptr_nonnull(cache);
    close(fd);
    return cache;
}

START_TEST(finds_what_was_added)
{
    VerdictCache *cache = make_cache(1024);
    Verdict verdict = make_verdict(1), found;
    VerdictKey key, other;

    make_key(&key, 1, "v1");
    make_key(&other, 1, "v2");
    ck_assert(!verdict_cache_find(cache, &key, &found, NULL));
    verdict_cache_add(cache, &key, &verdict, NULL, TRUE);
    ck_assert(verdict_cache_find(cache, &key, &found, NULL));
    ck_assert_int_eq(found.kind, verdict.kind);
    ck_assert_str_eq(found.name, verdict.name);
    ck_assert_uint_eq(found.size, 1);
    ck_assert_msg(!verdict_cache_find(cache, &other, &found, NULL),
                  "a verdict by other signatures");
    key.kind = VERDICT_CACHE_MESSAGE;
    ck_assert_msg(!verdict_cache_find(cache, &key, &found, NULL), "a verdict of another reading");
    verdict_cache_unmap(cache);
}
END_TEST

/* Its sum and its use, which stand before the digest. */
static guint8 *entry_of(VerdictCache *cache, gsize size, const VerdictKey *key)
{
    guint8 *digest = memmem(cache, size, key->digest, sizeof(key->digest));

    ck_assert_ptr_nonnull(digest);
    return digest - 2 * sizeof(guint64);
}

/* A torn entry, and one that was whole under the seed of another run. */
START_TEST(only_whole_entries_are_believed)
{
    enum {
        ENTRY = 5 * sizeof(guint64) + sizeof(VerdictKey) + sizeof(Verdict)
    };
    int fds[] = {verdict_cache_create(8), verdict_cache_create(8)};
    VerdictCache *cache = verdict_cache_map(fds[0]), *other = verdict_cache_map(fds[1]);
    Verdict verdict = make_verdict(1), found;
    struct stat status;
    guint8 *entry, *name;
    VerdictKey key;

    ck_assert_int_eq(fstat(fds[0], &status), 0);
    make_key(&key, 1, "v1");
    verdict_cache_add(cache, &key, &verdict, NULL, TRUE);
    verdict_cache_add(other, &key, &verdict, NULL, TRUE);
    entry = entry_of(cache, (gsize)status.st_size, &key);
    name = memmem(entry, ENTRY, verdict.name, strlen(verdict.name));
    ck_assert_ptr_nonnull(name);
    name[0] ^= 1;
    ck_assert(!verdict_cache_find(cache, &key, &found, NULL));
    name[0] ^= 1;
    ck_assert(verdict_cache_find(cache, &key, &found, NULL));
    memcpy(entry, entry_of(other, (gsize)status.st_size, &key), ENTRY);
    ck_assert(!verdict_cache_find(cache, &key, &found, NULL));
    verdict_cache_unmap(cache);
    verdict_cache_unmap(other);
    close(fds[0]);
    close(fds[1]);
}
END_TEST

static guint64 start_of(const guint8 *sum)
{
    guint64 start;

    memcpy(&start, sum, sizeof(start));
    return start;
}

START_TEST(sums_tell_contents_apart)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    VerdictCache *cache = make_cache(1024), *other = make_cache(1024);
    ContentSum *maker = content_sum_new(verdict_cache_sum_keys(cache));
    ContentSum *strange = content_sum_new(verdict_cache_sum_keys(other));
    guint8 data[300] = {0}, sum[CONTENT_SUM_SIZE], again[CONTENT_SUM_SIZE];
    guint64 mark;

    for (gsize size = 0; size <= sizeof(data); size++) {
        content_sum_make(maker, data, size, sum);
        mark = start_of(sum);
        ck_assert(g_hash_table_add(seen, g_memdup2(&mark, sizeof(mark))));
    }
    for (gsize bit = 0; bit < 8 * sizeof(data); bit++) {
        data[bit / 8] ^= (guint8)(1 << bit % 8);
        content_sum_make(maker, data, sizeof(data), sum);
        content_sum_make(maker, data, sizeof(data), again);
        data[bit / 8] ^= (guint8)(1 << bit % 8);
        ck_assert_mem_eq(sum, again, sizeof(sum));
        mark = start_of(sum);
        ck_assert(g_hash_table_add(seen, g_memdup2(&mark, sizeof(mark))));
        ck_assert(!verdict_cache_may_know(cache, mark, sizeof(data)));
        verdict_cache_note(cache, mark);
        ck_assert(verdict_cache_may_know(cache, mark, sizeof(data)));
    }
    content_sum_make(strange, data, sizeof(data), again);
    content_sum_make(maker, data, sizeof(data), sum);
    ck_assert_mem_ne(sum, again, sizeof(sum));
    content_sum_free(maker);
    content_sum_free(strange);
    verdict_cache_unmap(cache);
    verdict_cache_unmap(other);
}
END_TEST

/* The GCM specification's test cases 1 and 2 (McGrew and Viega, 2005): what a GMAC of nothing is,
 * and AES of a block of zeros, both with a key of zeros. */
START_TEST(sums_are_as_specified)
{
    static const guint8 keys[CONTENT_SUM_KEYS_SIZE], zeros[STOREHOOK_TOKEN_SIZE];
    static const guint8 of_nothing[] = {0x58, 0xe2, 0xfc, 0xce, 0xfa, 0x7e, 0x30, 0x61,
                                        0x36, 0x7f, 0x1d, 0x57, 0xa4, 0xe7, 0x45, 0x5a};
    static const guint8 hash_key[] = {0x66, 0xe9, 0x4b, 0xd4, 0xef, 0x8a, 0x2c, 0x3b,
                                      0x88, 0x4c, 0xfa, 0x59, 0xca, 0x34, 0x2b, 0x2e};
    ContentSum *maker = content_sum_new(keys);
    guint8 sum[CONTENT_SUM_SIZE], token[STOREHOOK_TOKEN_SIZE];

    content_sum_make(maker, "", 0, sum);
    ck_assert_mem_eq(sum, of_nothing, sizeof(sum));
    ck_assert(content_sum_to_token(maker, zeros, token));
    ck_assert_mem_eq(token, hash_key, sizeof(token));
    content_sum_free(maker);
}
END_TEST

START_TEST(tokens_hide_sums)
{
    VerdictCache *cache = make_cache(8), *other = make_cache(8);
    ContentSum *maker = content_sum_new(verdict_cache_sum_keys(cache));
    ContentSum *strange = content_sum_new(verdict_cache_sum_keys(other));
    guint8 sum[CONTENT_SUM_SIZE], back[CONTENT_SUM_SIZE], token[STOREHOOK_TOKEN_SIZE];

    content_sum_make(maker, "content", 7, sum);
    ck_assert(content_sum_to_token(maker, sum, token));
    ck_assert_mem_ne(token, sum, sizeof(sum));
    ck_assert(content_sum_from_token(maker, token, back));
    ck_assert_mem_eq(back, sum, sizeof(sum));
    ck_assert(content_sum_from_token(strange, token, back));
    ck_assert_mem_ne(back, sum, sizeof(sum));
    content_sum_free(maker);
    content_sum_free(strange);
    verdict_cache_unmap(cache);
    verdict_cache_unmap(other);
}
END_TEST

/* They mean nothing to the next run. */
START_TEST(sums_are_not_kept_on_disk)
{
    VerdictCache *cache = make_cache(1024);
    Verdict clean = {.size = 5000, .cost = VERDICT_CACHE_KEPT_COST};
    VerdictKey key;

    make_key(&key, 1, "v1");
    key.kind += VERDICT_CACHE_SUMS;
    verdict_cache_add(cache, &key, &clean, NULL, TRUE);
    ck_assert(!verdict_cache_has_new(cache, 0));
    key.kind -= VERDICT_CACHE_SUMS;
    verdict_cache_add(cache, &key, &clean, NULL, TRUE);
    ck_assert(verdict_cache_has_new(cache, 0));
    verdict_cache_unmap(cache);
}
END_TEST

/* From the disk come no marks: then the size tells. */
START_TEST(marks_are_not_all_that_may_be_known)
{
    VerdictCache *cache = make_cache(1024);
    Verdict clean = {.size = 5000}, lost = {.size = 2};
    VerdictKey key;

    make_key(&key, 1, "v1");
    ck_assert(!verdict_cache_may_know(cache, 1, 5000));
    verdict_cache_add(cache, &key, &clean, NULL, TRUE);
    ck_assert(!verdict_cache_may_know(cache, 1, 5000));
    verdict_cache_add(cache, &key, &clean, NULL, FALSE);
    ck_assert(verdict_cache_may_know(cache, 1, 5000));
    ck_assert(!verdict_cache_may_know(cache, 1, 5001));
    verdict_set(&lost, STOREHOOK_VERDICT_NOT_SCANNED, "crashes the scanner");
    verdict_cache_add(cache, &key, &lost, NULL, TRUE);
    ck_assert_msg(verdict_cache_may_know(cache, 1, 5001), "what it killed by is not its size");
    verdict_cache_unmap(cache);
}
END_TEST

START_TEST(keeps_what_is_used)
{
    VerdictCache *cache = make_cache(64);
    VerdictKey key, often;
    Verdict verdict, found;

    make_key(&often, 0, "v");
    verdict = make_verdict(0);
    verdict_cache_add(cache, &often, &verdict, NULL, TRUE);
    for (guint64 i = 1; i < 2000; i++) {
        make_key(&key, i, "v");
        verdict = make_verdict(i);
        verdict_cache_add(cache, &key, &verdict, NULL, TRUE);
        ck_assert(verdict_cache_find(cache, &often, &found, NULL));
        ck_assert(verdict_cache_find(cache, &key, &found, NULL));
        ck_assert_uint_eq(found.size, i);
    }
    verdict_cache_unmap(cache);
}
END_TEST

/* Writers are killed at any instant; whatever is found must be whole. */
START_TEST(survives_killed_writers)
{
    VerdictCache *cache = make_cache(64);
    guint found_count = 0;

    for (guint round = 0; round < 30; round++) {
        pid_t pid = fork();

        if (pid == 0)
            for (guint64 i = round;; i = (i + 1) % 500) {
                Verdict verdict = make_verdict(i);
                VerdictKey key;

                make_key(&key, i, "v");
                verdict_cache_add(cache, &key, &verdict, NULL, TRUE);
            }
        for (guint64 i = 0; i < 2000; i++) {
            Verdict found, wanted = make_verdict(i % 500);
            VerdictKey key;

            make_key(&key, i % 500, "v");
            if (!verdict_cache_find(cache, &key, &found, NULL))
                continue;
            found_count++;
            ck_assert_int_eq(found.kind, wanted.kind);
            ck_assert_str_eq(found.name, wanted.name);
        }
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    ck_assert_uint_gt(found_count, 0);
    verdict_cache_unmap(cache);
}
END_TEST

START_TEST(keeps_what_is_dear)
{
    VerdictCache *cache = make_cache(64);
    VerdictKey key, dear, dearest;
    Verdict verdict, found;

    make_key(&dear, 0, "v");
    verdict = make_verdict(0);
    verdict.cost = 100; /* worth 3200 uses */
    verdict_cache_add(cache, &dear, &verdict, NULL, TRUE);
    make_key(&dearest, 1, "v");
    verdict.cost = G_MAXUINT64; /* as a worker that was taken over might say */
    verdict_cache_add(cache, &dearest, &verdict, NULL, TRUE);
    for (guint64 i = 2; i < 3000; i++) {
        make_key(&key, i, "v");
        verdict = make_verdict(i);
        verdict_cache_add(cache, &key, &verdict, NULL, TRUE);
    }
    ck_assert_msg(verdict_cache_find(cache, &dear, &found, NULL), "3000 cheap ones drove it out");
    ck_assert_uint_eq(found.cost, 100);
    for (guint64 i = 3000; i < 10000; i++) {
        make_key(&key, i, "v");
        verdict = make_verdict(i);
        verdict_cache_add(cache, &key, &verdict, NULL, TRUE);
    }
    ck_assert_msg(!verdict_cache_find(cache, &dear, &found, NULL),
                  "what nobody uses stays for ever");
    ck_assert(verdict_cache_find(cache, &dearest, &found, NULL));
    ck_assert(verdict_cache_find(cache, &key, &found, NULL));
    verdict_cache_remove(cache, &key);
    ck_assert(!verdict_cache_find(cache, &key, &found, NULL));
    verdict_cache_unmap(cache);
}
END_TEST

START_TEST(disk_keeps_no_more_than_fits)
{
    g_autofree char *directory = g_dir_make_tmp("storehook-verdicts-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(directory, "v.lmdb", NULL);
    VerdictCache *large = make_cache(8192), *small = make_cache(256);
    VerdictStore *store = verdict_store_open(path, VERDICT_STORE_SIZE, NULL);
    Verdict verdict, found;
    guint dear = 0;
    VerdictKey key;

    for (guint64 i = 0; i < 4000; i++) {
        make_key(&key, i, "v");
        verdict = make_verdict(i);
        verdict.cost = VERDICT_CACHE_KEPT_COST * (i < 64 ? 1000 : 1);
        verdict_cache_add(large, &key, &verdict, NULL, TRUE);
    }
    verdict_store_save(store, large);
    ck_assert_uint_eq(verdict_store_load(store, "v", small, 256, NULL, NULL), 256);
    for (guint64 i = 0; i < 64; i++) {
        make_key(&key, i, "v");
        dear += verdict_cache_find(small, &key, &found, NULL);
    }
    ck_assert_msg(dear > 58, "the dear ones stay: %u of 64", dear); /* sets of 8 may hold 9 */
    small = verdict_cache_unmap(small);
    small = make_cache(8192);
    ck_assert_uint_eq(verdict_store_load(store, "v", small, 8192, NULL, NULL), 256);
    verdict_store_close(store);
    verdict_cache_unmap(large);
    verdict_cache_unmap(small);
    (void)remove(path);
    g_autofree char *lock = g_strconcat(path, "-lock", NULL);
    (void)remove(lock);
    (void)remove(directory);
}
END_TEST

START_TEST(disk_keeps_what_is_dear)
{
    VerdictCache *cache = make_cache(64);
    guint64 position = 0;
    VerdictKey key, kept;
    Verdict verdict;

    make_key(&key, 1, "v");
    verdict = make_verdict(1);
    verdict.cost = VERDICT_CACHE_KEPT_COST - 1;
    verdict_cache_add(cache, &key, &verdict, NULL, TRUE);
    ck_assert_msg(!verdict_cache_has_new(cache, position), "cheaper to find than to keep");
    make_key(&key, 2, "v");
    verdict.cost = VERDICT_CACHE_KEPT_COST;
    verdict_cache_add(cache, &key, &verdict, NULL, TRUE);
    g_autoptr(GBytes) list = NULL;
    ck_assert(verdict_cache_next_new(cache, &position, &kept, &verdict, &list));
    ck_assert_mem_eq(&kept, &key, sizeof(key));
    ck_assert(!verdict_cache_has_new(cache, position));
    verdict_cache_unmap(cache);
}
END_TEST

START_TEST(is_remembered_on_disk)
{
    g_autofree char *directory = g_dir_make_tmp("storehook-verdicts-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(directory, "v.lmdb", NULL);
    VerdictCache *cache = make_cache(4096), *later = make_cache(4096);
    VerdictStore *store = verdict_store_open(path, VERDICT_STORE_SIZE, NULL);
    Verdict verdict, found;
    VerdictKey key;

    for (guint64 i = 0; i < 500; i++) {
        make_key(&key, i, i % 2 ? "old" : "new");
        verdict = make_verdict(i);
        verdict_cache_add(cache, &key, &verdict, NULL, TRUE);
    }
    verdict_store_save(store, cache);
    /* Mapped, it would be SIGBUS on a full disk. */
    g_autofree char *lock = g_strconcat(path, "-lock", NULL);
    ck_assert(!g_file_test(lock, G_FILE_TEST_EXISTS));
    store = verdict_store_close(store);
    store = verdict_store_open(path, VERDICT_STORE_SIZE, NULL);
    ck_assert_uint_eq(verdict_store_load(store, "new", later, 10000, NULL, NULL), 250);
    make_key(&key, 2, "new");
    ck_assert(verdict_cache_find(later, &key, &found, NULL));
    ck_assert_uint_eq(found.size, 2);
    ck_assert_msg(verdict_store_load(store, "old", later, 10000, NULL, NULL) == 0,
                  "old verdicts were kept");
    verdict_store_close(store);
    ck_assert(g_file_set_contents(path, "no database", -1, NULL));
    store = verdict_store_open(path, VERDICT_STORE_SIZE, NULL);
    ck_assert_ptr_nonnull(store);
    verdict_store_close(store);
    verdict_cache_unmap(cache);
    verdict_cache_unmap(later);
    temp_directory_remove(directory);
}
END_TEST

START_TEST(a_full_store_is_begun_anew)
{
    enum {
        ROUNDS = 40,
        A_ROUND = 100, /* some 80 KB */
        ROOM = 1 << 20
    };
    g_autofree char *directory = g_dir_make_tmp("storehook-verdicts-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(directory, "v.lmdb", NULL);
    VerdictCache *cache = make_cache(8192), *later = make_cache(8192);
    VerdictStore *store = verdict_store_open(path, ROOM, NULL);
    Verdict verdict, found;
    VerdictKey key;

    for (guint64 i = 0; i < ROUNDS * A_ROUND; i++) {
        make_key(&key, i, "v");
        verdict = make_verdict(i);
        verdict_cache_add(cache, &key, &verdict, NULL, TRUE);
        if (i % A_ROUND == A_ROUND - 1)
            verdict_store_save(store, cache);
    }
    verdict_store_close(store);
    store = verdict_store_open(path, ROOM, NULL);
    ck_assert_uint_ge(verdict_store_load(store, "v", later, 8192, NULL, NULL), A_ROUND);
    for (guint64 i = (ROUNDS - 1) * A_ROUND; i < ROUNDS * A_ROUND; i++) {
        make_key(&key, i, "v");
        ck_assert_msg(verdict_cache_find(later, &key, &found, NULL), "the newest are kept: %u",
                      (guint)i);
    }
    verdict_store_close(store);
    verdict_cache_unmap(cache);
    verdict_cache_unmap(later);
    temp_directory_remove(directory);
}
END_TEST

START_TEST(latencies_are_near)
{
    Board *board = g_new0(Board, 1);

    for (guint64 i = 1; i <= 10000; i++)
        board_add_latency(&board->counts, i);
    ck_assert_uint_ge(board_latency(&board->counts, 0.5), 4900);
    ck_assert_uint_le(board_latency(&board->counts, 0.5), 5700);
    ck_assert_uint_ge(board_latency(&board->counts, 0.99), 9800);
    ck_assert_uint_le(board_latency(&board->counts, 0.99), 11300);
    board_add_latency(&board->counts, G_MAXUINT64);
    g_free(board);
}
END_TEST

START_TEST(finds_outrank_doubts)
{
    ck_assert(verdict_is_worse(STOREHOOK_VERDICT_INFECTED, STOREHOOK_VERDICT_NOT_FULLY_SCANNED));
    ck_assert(verdict_is_worse(STOREHOOK_VERDICT_NOT_SCANNED, STOREHOOK_VERDICT_CLEAN));
    ck_assert(verdict_is_worse(STOREHOOK_VERDICT_NOT_SCANNED, STOREHOOK_VERDICT_ENCRYPTED));
    ck_assert(!verdict_is_worse(STOREHOOK_VERDICT_CLEAN, STOREHOOK_VERDICT_CLEAN));
}
END_TEST

typedef struct {
    const char *mode;
    PolicyMessage message;
    StorehookAction action;
    gboolean keep;
} PolicyCase;

/* The table of the manual, row by row. */
START_TEST(messages_are_decided_by_the_table)
{
    static const PolicyCase cases[] = {
        {"drop", {FILTER_ACTION_QUARANTINE, TRUE, FALSE, TRUE, TRUE}, STOREHOOK_ACTION_DROP, TRUE},
        {"notice",
         {FILTER_ACTION_QUARANTINE, TRUE, FALSE, TRUE, TRUE},
         STOREHOOK_ACTION_PASS,
         TRUE},
        {"rest", {FILTER_ACTION_QUARANTINE, TRUE, FALSE, TRUE, TRUE}, STOREHOOK_ACTION_PASS, TRUE},
        {"rest", {FILTER_ACTION_QUARANTINE, TRUE, FALSE, FALSE, TRUE}, STOREHOOK_ACTION_DROP, TRUE},
        /* not fully scanned: quarantine, a notice stays */
        {"drop", {FILTER_ACTION_QUARANTINE, FALSE, FALSE, TRUE, TRUE}, STOREHOOK_ACTION_PASS, TRUE},
        {"drop", {FILTER_ACTION_STRIP, FALSE, FALSE, TRUE, TRUE}, STOREHOOK_ACTION_PASS, TRUE},
        {"notice", {FILTER_ACTION_DROP, FALSE, FALSE, TRUE, TRUE}, STOREHOOK_ACTION_DROP, TRUE},
        {"drop", {FILTER_ACTION_REFUSE, TRUE, FALSE, TRUE, TRUE}, STOREHOOK_ACTION_REFUSE, FALSE},
        {"drop", {FILTER_ACTION_PASS, FALSE, FALSE, TRUE, TRUE}, STOREHOOK_ACTION_PASS, FALSE},
        /* what no notice could replace never stays */
        {"notice", {FILTER_ACTION_STRIP, FALSE, TRUE, TRUE, TRUE}, STOREHOOK_ACTION_DROP, TRUE},
        /* contents of no message: nothing to drop */
        {"drop",
         {FILTER_ACTION_QUARANTINE, TRUE, FALSE, FALSE, FALSE},
         STOREHOOK_ACTION_PASS,
         TRUE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text =
            g_strdup_printf("[active-message-filter]\nmode=%s\n", cases[i].mode);
        g_autoptr(ScannerConfig) config = scanner_config_parse("f", text, NULL);

        ck_assert_msg(policy_message_action(config, &cases[i].message) == cases[i].action,
                      "case %zu", i);
        ck_assert_msg(policy_must_keep(config, &cases[i].message) == cases[i].keep, "case %zu", i);
    }
}
END_TEST

START_TEST(fallbacks_never_let_the_bad_in)
{
    const PolicyMessage unlocated = {FILTER_ACTION_QUARANTINE, TRUE, TRUE, TRUE, TRUE};
    const PolicyMessage located = {FILTER_ACTION_QUARANTINE, TRUE, FALSE, TRUE, TRUE};
    g_autoptr(ScannerConfig) defer = scanner_config_parse("f", NULL, NULL);
    g_autoptr(ScannerConfig) pass =
        scanner_config_parse("f", "[quarantine]\nfallback=pass\n", NULL);

    ck_assert_int_eq(policy_fallback(defer, &located), STOREHOOK_ACTION_DEFER);
    ck_assert_int_eq(policy_fallback(pass, &located), STOREHOOK_ACTION_PASS);
    ck_assert_int_eq(policy_fallback(pass, &unlocated), STOREHOOK_ACTION_REFUSE);
    ck_assert_int_eq(policy_row_action(FILTER_ACTION_PASS), STOREHOOK_ACTION_PASS);
    ck_assert_int_eq(policy_row_action(FILTER_ACTION_DROP), STOREHOOK_ACTION_REPLACE);
    ck_assert_int_eq(policy_row_action(FILTER_ACTION_REFUSE), STOREHOOK_ACTION_REFUSE);
}
END_TEST

START_TEST(digests_agree_with_glib)
{
    for (gsize size = 0; size < 300; size++) {
        g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
        guint8 wanted[STOREHOOK_DIGEST_SIZE], got[STOREHOOK_DIGEST_SIZE];
        g_autofree char *data = g_strnfill(size, (char)('a' + size % 26));
        gsize length = sizeof(wanted);

        g_checksum_update(sum, (const guchar *)data, (gssize)size);
        g_checksum_get_digest(sum, wanted, &length);
        digest_bytes(data, size, got);
        ck_assert_mem_eq(got, wanted, sizeof(wanted));
    }
}
END_TEST

SCANNER_TEST_MAIN("verdicts", SCANNER_TEST(finds_what_was_added),
                  SCANNER_TEST(only_whole_entries_are_believed),
                  SCANNER_TEST(sums_tell_contents_apart), SCANNER_TEST(sums_are_as_specified),
                  SCANNER_TEST(tokens_hide_sums), SCANNER_TEST(sums_are_not_kept_on_disk),
                  SCANNER_TEST(marks_are_not_all_that_may_be_known),
                  SCANNER_TEST(keeps_what_is_used), SCANNER_TEST(keeps_what_is_dear),
                  SCANNER_TEST(disk_keeps_no_more_than_fits), SCANNER_TEST(disk_keeps_what_is_dear),
                  SCANNER_TEST(survives_killed_writers), SCANNER_TEST(is_remembered_on_disk),
                  SCANNER_TEST(a_full_store_is_begun_anew), SCANNER_TEST(latencies_are_near),
                  SCANNER_TEST(finds_outrank_doubts), SCANNER_TEST(digests_agree_with_glib),
                  SCANNER_TEST(messages_are_decided_by_the_table),
                  SCANNER_TEST(fallbacks_never_let_the_bad_in))
