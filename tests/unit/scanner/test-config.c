/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-config.c - defaults, values, and refusals with file, line and reason. */
#include "scanner/common/config.h"
#include "scanner/supervisor/profile.h"
#include "tests/unit/scanner/scanner-test.h"

START_TEST(defaults_are_sound)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ScannerConfig) config = scanner_config_parse("f", NULL, &error);

    ck_assert_msg(config != NULL, "%s", error ? error->message : "");
    ck_assert_str_eq(config->socket, "/run/storehook/scanner.sock");
    ck_assert_uint_ge(config->workers, 2);
    ck_assert_uint_eq(config->actions[FILTER_VERDICT_INFECTED], FILTER_ACTION_QUARANTINE);
    ck_assert_uint_eq(config->actions[FILTER_VERDICT_BLOCKED], FILTER_ACTION_STRIP);
    ck_assert_uint_eq(config->actions[FILTER_VERDICT_NOT_SCANNED], FILTER_ACTION_PASS);
    ck_assert_uint_eq(config->actions[FILTER_VERDICT_NOT_FULLY_SCANNED], FILTER_ACTION_QUARANTINE);
    ck_assert(!config->test_hooks);
}
END_TEST

START_TEST(values_are_read)
{
    g_autoptr(ScannerConfig) config = scanner_config_parse(
        "f",
        "[service]\nworkers = 3\nsocket=/a/b\n[limits]\nfile-size=2M\n[clients]\n"
        "executables=/x; /y ;\n[active-message-filter]\nmode=rest\n[actions]\ninfected=drop\n",
        NULL);

    ck_assert_ptr_nonnull(config);
    ck_assert_uint_eq(config->workers, 3);
    ck_assert_uint_eq(config->file_size, 2 * 1024 * 1024);
    ck_assert_str_eq(config->executables[0], "/x");
    ck_assert_str_eq(config->executables[1], "/y");
    ck_assert_ptr_null(config->executables[2]);
    ck_assert_uint_eq(config->filter_mode, CONFIG_FILTER_REST);
    ck_assert_uint_eq(config->actions[FILTER_VERDICT_INFECTED], FILTER_ACTION_DROP);
}
END_TEST

START_TEST(refusals_name_file_line_and_reason)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"[service]\n\nworker=3\n", "conf:3: [service] worker: there is no such key"},
        {"[servce]\nworkers=3\n", "conf:1: [servce]: there is no such section"},
        {"[service]\nworkers=1\n\nworkers=2\n", "conf:4: [service] workers stands twice"},
        {"[service]\nworkers=1\n[log]\n[service]\n", "conf:4: [service] stands twice"},
        {"[service]\nworkers\n", "conf:2: neither [section] nor key=value"},
        {"workers=1\n", "conf:1: stands in no section"},
        {"[service]\nworkers=x\n", "conf:2: [service] workers: \"x\" is not a number"},
        {"[service]\nworkers=65\n", "conf:2: [service] workers: 65 is not between 0 and 64"},
        {"[service]\nworkers=-1\n", "is not a number"},
        {"[service]\ndeadline=99999999999999999999\n", "is not a number"},
        {"# c\n[service]\nsocket=run/x\n",
         "conf:3: [service] socket: \"run/x\" is not an absolute"},
        {"[limits]\nfile-size=1T\n", "is not a size"},
        {"[limits]\nfile-size=99999999999G\n", "is not a size"},
        {"[service]\ntest-hooks=yes\n", "neither true nor false"},
        {"[actions]\ninfected=eat\n", "conf:2: [actions] infected: \"eat\" is none of pass"},
        {"[actions]\nclean=drop\n", "conf:2: [actions] clean: drop: "},
        {"[active-message-filter]\nmode=all\n", "\"all\" is none of drop, notice, rest"},
        {"[limits]\nscan-size=1M\nfile-size=2M\n",
         "conf:2: [limits] scan-size: 1048576 is below [limits] file-size=2097152: no file"},
        {"[limits]\nfile-size=2M\nscan-size=1M\n",
         "conf:3: [limits] scan-size: 1048576 is below [limits] file-size=2097152: no file"},
        {"[limits]\nfile-size=500M\n", "conf:2: [limits] file-size: 524288000 is above [limits] "
                                       "scan-size=419430400, its default"},
        {"[limits]\n\ntemporary-size=2M\n",
         "conf:3: [limits] temporary-size: 2097152 is below [limits] file-size=104857600, its"},
        {"[service]\ndeadline=500\n[quarantine]\ntimeout=3000\n",
         "conf:2: [service] deadline: 500 is below [quarantine] timeout=3000: the store"},
        {"[metrics]\nlisten=0.0.0.0:9100\n",
         "conf:2: [metrics] listen: \"0.0.0.0:9100\" is neither unix:/path nor a loopback"},
        {"[metrics]\nlisten=unix:here\n", "conf:2: [metrics] listen: "},
        {"[quarantine]\nrelease-lmtp=mail.example.org:24\n",
         "conf:2: [quarantine] release-lmtp: \"mail.example.org:24\" is neither unix:/path nor"},
        {"[quarantine]\ntimeout=6000\n",
         "conf:2: [quarantine] timeout: 6000 is above [service] deadline=5000, its default"},
        {"[service]\ndeadline=70000\nbackground-deadline=60000\n",
         "conf:3: [service] background-deadline: 60000 is below [service] deadline=70000: who"},
        {"[clients]\nexecutables=/bin/true;bin/x\n",
         "conf:2: [clients] executables: \"bin/x\" is not an absolute path"},
        {"[profile]\nfiles=x\n", "conf:2: [profile] files: \"x\" is not an absolute path"},
        {"[service\n", "conf:1: neither [section] nor key=value"},
        {"[log]\nfile=/a\xff\n", "conf:2: not UTF-8"},
        {"\xef\xbb\xbf# c\n", "conf:1: a byte order mark"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(ScannerConfig) config = scanner_config_parse("conf", cases[i].text, &error);

        ck_assert_msg(config == NULL, "accepted: %s", cases[i].text);
        ck_assert_msg(strstr(error->message, cases[i].wanted) != NULL, "%s: %s", cases[i].text,
                      error->message);
    }
}
END_TEST

/* Nobody who sets one key has contradicted himself. */
START_TEST(a_deadline_alone_takes_the_others_along)
{
    g_autoptr(ScannerConfig) shorter = scanner_config_parse("f", "[service]\ndeadline=500\n", NULL);
    g_autoptr(ScannerConfig) longer =
        scanner_config_parse("f", "[service]\ndeadline=70000\n", NULL);

    ck_assert_ptr_nonnull(shorter);
    ck_assert_uint_eq(shorter->quarantine_timeout, 500);
    ck_assert_uint_eq(shorter->background_deadline, 60000);
    ck_assert_ptr_nonnull(longer);
    ck_assert_uint_eq(longer->quarantine_timeout, 3000);
    ck_assert_uint_eq(longer->background_deadline, 70000);
}
END_TEST

START_TEST(a_missing_file_is_refused)
{
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(scanner_config_load("/nonexistent/x.conf", &error));
    ck_assert(g_error_matches(error, CONFIG_ERROR, CONFIG_ERROR_READ));
}
END_TEST

START_TEST(what_a_key_names_is_blamed_on_it)
{
    g_autoptr(ScannerConfig) config =
        scanner_config_parse("f", "[service]\nworkers=2\n[rules]\nfile=/none\n", NULL);
    g_autoptr(GError) error = g_error_new_literal(CONFIG_ERROR, CONFIG_ERROR_READ, "not there");

    ck_assert(!scanner_config_blame(config, "rules", "file", &error));
    ck_assert_str_eq(error->message, "f:4: [rules] file: not there");
    g_clear_error(&error);
    error = g_error_new_literal(CONFIG_ERROR, CONFIG_ERROR_READ, "not there");
    ck_assert(!scanner_config_blame(config, "log", "file", &error));
    ck_assert_str_eq(error->message, "f: [log] file: not there");
}
END_TEST

START_TEST(the_description_is_a_configuration)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(ScannerConfig) config = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    scanner_config_describe(out);
    fclose(out);
    config = scanner_config_parse("described", text, &error);
    ck_assert_msg(config != NULL, "%s", error ? error->message : "");
    /* Of a choice it says what there is to choose from. */
    ck_assert_ptr_nonnull(strstr(text, "\n# one of all, findings\ndecisions=all\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n# one of pass, clean, strip, quarantine, drop, refuse\n"
                                       "infected=quarantine\n"));
}
END_TEST

START_TEST(restarts_are_asked_for)
{
    g_autoptr(ScannerConfig) a = scanner_config_parse("f", "[service]\nworkers=2\n", NULL);
    g_autoptr(ScannerConfig) b = scanner_config_parse("f", "[service]\nworkers=4\n", NULL);
    g_autoptr(ScannerConfig) c = scanner_config_parse("f", "[service]\nsocket=/x\n", NULL);

    g_autoptr(GError) error = NULL;

    ck_assert(!scanner_config_needs_restart(a, b, &error));
    ck_assert(scanner_config_needs_restart(a, c, &error));
    ck_assert_str_eq(error->message,
                     "f: a changed [service] socket= needs a restart of the service");
}
END_TEST

START_TEST(profiles_become_lines)
{
    static const struct {
        const char *text, *wanted;
    } bad[] = {
        {"[contents]\ntable=c\ndigest=d\n", "p:1: [contents]: needs data="},
        {"# x\n[contents]\ndigest=d\ndata=x\n", "p:2: [contents]: needs table="},
        {"[contents]\ntable=c c\ndigest=d\ndata=x\n", "p:2: [contents] table: needs table="},
        {"[contents]\ntable=c\ndigest d\n", "p:3: neither [section] nor key=value"},
        {"[contents]\ntable=c\ntable=d\n", "p:3: [contents] table stands twice"},
        {"[contents]\ntable=c\ndigest=a=b\ndata=x\n",
         "p:3: [contents] digest: \"a=b\" is no column name"},
        {"[contents]\ntable=c\ndigest=d\ndata=x\nsize=s\n",
         "p:5: [contents] size: there is no such key"},
        {"[rows]\ntable=c\n", "p:1: [rows]: there is no such role"},
        {"[attachments]\ntable=a\nmessage=m\nname=n\n",
         "p:1: [attachments]: needs data=, or digest= and a section [contents]"},
        {"[messages]\ntable=m\nkey=k\ntext=t\n[attachments]\ntable=a\nmessage=m\ndigest=d\n",
         "p:5: [attachments]: needs data=, or digest= and a section [contents]"},
        {"", "names no table"},
    };
    char *none[] = {NULL};
    g_autofree char *bundled = profile_load(none, NULL);

    ck_assert_ptr_nonnull(strstr(bundled, "contents contents digest=digest data=data\n"));
    ck_assert_ptr_nonnull(strstr(bundled, "messages messages key=id text=text sender=sender "));
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        ck_assert_ptr_null(profile_parse("p", bad[i].text, &error));
        ck_assert_msg(strstr(error->message, bad[i].wanted) != NULL, "%s", error->message);
    }
}
END_TEST

SCANNER_TEST_MAIN("config", SCANNER_TEST(defaults_are_sound), SCANNER_TEST(values_are_read),
                  SCANNER_TEST(refusals_name_file_line_and_reason),
                  SCANNER_TEST(a_deadline_alone_takes_the_others_along),
                  SCANNER_TEST(a_missing_file_is_refused),
                  SCANNER_TEST(what_a_key_names_is_blamed_on_it),
                  SCANNER_TEST(the_description_is_a_configuration),
                  SCANNER_TEST(restarts_are_asked_for), SCANNER_TEST(profiles_become_lines))
