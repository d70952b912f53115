/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-config.c - what a configuration may say, and what its errors say. */
#include "mailstore/server/config.h"
#include "tests/run-suite.h"

#include <glib/gstdio.h>
#include <unistd.h>

#define BASE "[store]\npath=/s\n[users]\npasswd-file=/p\n"

static ServerConfig *load(const char *text, GError **error)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("config-XXXXXX", &path, NULL);

    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert(g_file_set_contents(path, text, -1, NULL));
    ServerConfig *config = config_load(path, error);
    g_unlink(path);
    return config;
}

START_TEST(defaults_and_units)
{
    g_autoptr(GError) error = NULL;
    ServerConfig *config = load("# a comment\n" BASE "[lmtp]\nlisten=unix:/run/l; 127.0.0.1:0 ;\n"
                                "[limits]\nmessage-size=2M\n",
                                &error);

    ck_assert_msg(config != NULL, "%s", error ? error->message : "");
    ck_assert_str_eq(config->store_path, "/s");
    ck_assert_str_eq(config->lmtp.listen[0], "unix:/run/l");
    ck_assert_str_eq(config->lmtp.listen[1], "127.0.0.1:0");
    ck_assert_ptr_null(config->lmtp.listen[2]);
    ck_assert_ptr_null(config->imap.listen[0]);
    ck_assert_uint_eq(config->message_size, 2 * 1024 * 1024);
    ck_assert_uint_eq(config->lmtp_recipients, 1000);
    config_free(config);
}
END_TEST

/* A bad text, and the line and words its error must have. */
static const struct {
    const char *text;
    const char *line;
    const char *words;
} bad[] = {
    {"", ":1: ", "[store]"},
    {"[store]\npath=/s\n", ":1: ", "passwd-file"},
    {BASE, ":1: ", "nothing to do"},
    {BASE "[lmpt]\nlisten=127.0.0.1:0\n", ":5: ", ": [lmpt]: there is no such section"},
    {BASE "[lmtp]\nlistne=127.0.0.1:0\n", ":6: ", ": [lmtp] listne: there is no such key"},
    {"path=/s\n", ":1: ", ": stands in no section"},
    {BASE "[lmtp]\nlisten=127.0.0.1:0\nlisten=127.0.0.1:0\n",
     ":7: ", ": [lmtp] listen stands twice"},
    {BASE "[lmtp]\n[imap]\n[lmtp]\n", ":7: ", ": [lmtp] stands twice"},
    {BASE "[lmtp\n", ":5: ", ": neither [section] nor key=value"},
    {BASE "garbage\n", ":5: ", ": neither [section] nor key=value"},
    {BASE "[lmtp]\nlisten=localhostess:25\n", ":6: ", "neither unix:/path nor"},
    {BASE "[lmtp]\nlisten=127.0.0.1:66000\n", ":6: ", "neither unix:/path nor"},
    {BASE "[lmtp]\nlisten=unix:relative\n", ":6: ", "absolute"},
    {BASE "[lmtp]\nlisten=127.0.0.1:2525;127.0.0.1:2525\n", ":6: ", "twice"},
    {BASE "[lmtp]\nlisten=127.0.0.1:0\nrecipients=many\n",
     ":7: ", ": [lmtp] recipients: \"many\" is not a number"},
    {BASE "[lmtp]\nlisten=127.0.0.1:0\nrecipients=10\n",
     ":7: ", ": [lmtp] recipients: 10 is not between 100 and 100000"},
    {BASE "[lmtp]\nlisten=127.0.0.1:0\nrecipients=-100\n", ":7: ", "is not a number"},
    {BASE "[lmtp]\nlisten=127.0.0.1:0\n[limits]\nmessage-size=1T\n", ":8: ", "is not a size"},
    {BASE "[lmtp]\nlisten=127.0.0.1:0\n[limits]\nmessage-size=99999999999999999999\n", ":8: ", ""},
    {BASE "[lmtp]\nlisten=127.0.0.1:0\n[limits]\n\ndelivery-bytes-in-flight=1M\n",
     ":9: ", "1048576 is below message-size=67108864"},
    {BASE "[lmtp]\nlisten=127.0.0.1:0\n[tls]\ncertificate=/c\n",
     ":7: ", ": [tls] key: is required beside the other"},
    {BASE "[imap]\nlisten=0.0.0.0:143\n", ":6: ", "[imap] listen: is beyond loopback"},
    {BASE "[lmtp]\nlisten=127.0.0.1:0\n[store]\n", ":7: ", "stands twice"},
    {"[store]\npath=\n[users]\npasswd-file=/p\n", ":2: ", "is empty"},
    {BASE "[lmtp]\nlisten=\xff\n", ":6: ", ": not UTF-8"},
    {"\xef\xbb\xbf" BASE "[lmtp]\nlisten=127.0.0.1:0\n", ":1: ", ": a byte order mark"},
};

START_TEST(errors_name_line_and_reason)
{
    g_autoptr(GError) error = NULL;

    ck_assert_msg(load(bad[_i].text, &error) == NULL, "%s", bad[_i].text);
    ck_assert_msg(g_error_matches(error, CONFIG_ERROR, CONFIG_ERROR_SYNTAX), "%s", error->message);
    ck_assert_msg(strstr(error->message, bad[_i].line) != NULL, "%s", error->message);
    ck_assert_msg(strstr(error->message, bad[_i].words) != NULL, "%s", error->message);
}
END_TEST

START_TEST(an_absent_file_is_named)
{
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(config_load("/nowhere/at/all", &error));
    ck_assert(g_error_matches(error, CONFIG_ERROR, CONFIG_ERROR_FILE));
    ck_assert_ptr_nonnull(strstr(error->message, "/nowhere/at/all"));
}
END_TEST

START_TEST(every_key_is_described)
{
    g_autofree char *text = config_describe();

    ck_assert_ptr_nonnull(strstr(text, "\n\n[limits]\n# largest message taken in\n"
                                       "# 1024 to 1073741824\nmessage-size=64M\n"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("config");

    tcase_add_test(tests, defaults_and_units);
    tcase_add_loop_test(tests, errors_name_line_and_reason, 0, G_N_ELEMENTS(bad));
    tcase_add_test(tests, an_absent_file_is_named);
    tcase_add_test(tests, every_key_is_described);
    return run_case("config", tests);
}
