/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * readings.c - what the further readings of a message cost, on mail as it ordinarily comes.
 *
 * Without: libclamav on the whole and on each part that the walk finds, decoded. With: judge_scan()
 * as a worker calls it. Both take turns; the median of the processor times of each counts.
 * Every message is new to the verdict cache, by a number in its subject.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "scanner/mail/mail-decode.h"
#include "scanner/mail/mail-part.h"
#include "scanner/mail/mail-plain.h"
#include "tests/unit/scanner/judge-rig.h"

enum {
    ROUNDS = 200,
    ROUNDS_QUICK = 40
};

typedef struct {
    const char *name;
    char *(*make)(guint number);
    guint share; /* of a hundred ordinary messages */
} Kind;

static JudgeRig *rig;

/* What the way through the world adds to every message: some 2 KB. */
static void put_head(GString *out, guint number)
{
    for (guint i = 0; i < 3; i++)
        g_string_append_printf(
            out,
            "Received: from mx%u.example.org (mx%u.example.org [192.0.2.%u])\r\n"
            "\tby mail.example.com (Postfix) with ESMTPS id 4F%07x\r\n"
            "\tfor <bob@example.com>; Tue, 04 Jun 2024 09:12:%02u +0000 (UTC)\r\n",
            i, i, i, number, i);
    g_string_append_printf(
        out,
        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s1;\r\n"
        "\th=from:to:subject:date:message-id:mime-version:content-type;\r\n"
        "\tbh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;\r\n"
        "\tb=%08xZ3VpZGFuY2UgZm9yIHRoZSByZWFkZXI6IHRoaXMgaXMgbm8gcmVhbCBzaWdu\r\n"
        "\t YXR1cmUsIGJ1dCBhcyBsb25nIGFzIG9uZSB3b3VsZCBiZSBpbiBhbiBvcmRpbmFyeSBtZXNzYWdl\r\n"
        "\t LCBzbyB0aGF0IGl0cyBsaW5lcyBhcmUgdGhlcmUu==\r\n"
        "Authentication-Results: mail.example.com; dkim=pass header.d=example.org; spf=pass\r\n"
        "Message-ID: <%u.4711@example.org>\r\nDate: Tue, 04 Jun 2024 09:12:00 +0000\r\n"
        "From: Alice Example <alice@example.org>\r\nTo: Bob <bob@example.com>\r\n"
        "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= no. %u\r\nMIME-Version: 1.0\r\n",
        number, number, number);
}

/* Prose in lines of some 70 letters, other words each time; now and then an address. */
static void put_prose(GString *out, guint lines, guint seed, const char *end)
{
    static const char *const words[] = {
        "the",       "quarterly", "report",  "was",     "sent",         "to",     "everybody",
        "yesterday", "please",    "have",    "a",       "look",         "at",     "figures",
        "before",    "meeting",   "because", "we",      "should",       "decide", "organisation",
        "regards",   "of",        "and",     "invoice", "confirmation", "in",     "your"};
    guint32 state = seed * 2654435761u + 1;

    for (guint i = 0; i < lines; i++) {
        gsize from = out->len;

        while (out->len - from < 66) {
            state = state * 1664525u + 1013904223u;
            g_string_append_printf(out, "%s ", words[(state >> 16) % G_N_ELEMENTS(words)]);
        }
        if (i % 9 == 8)
            g_string_append_printf(out, "https://www.example.org/a/%u?id=%x&u=12", i, state);
        g_string_append(out, end);
    }
}

static void put_base64(GString *out, const guint8 *data, gsize size)
{
    g_autofree char *all = g_base64_encode(data, size);

    for (const char *p = all; *p; p += MIN(strlen(p), (gsize)76))
        g_string_append_printf(out, "%.76s\r\n", p);
}

static char *plain(guint number, guint lines)
{
    GString *out = g_string_new(NULL);

    put_head(out, number);
    g_string_append(out, "Content-Type: text/plain; charset=utf-8\r\n"
                         "Content-Transfer-Encoding: 7bit\r\n\r\n");
    put_prose(out, lines, number, "\r\n");
    return g_string_free(out, FALSE);
}

static char *make_short(guint number)
{
    return plain(number, 10);
}

static char *make_long(guint number)
{
    return plain(number, 150);
}

static void put_alternative(GString *out, guint number)
{
    g_string_append(out, "Content-Type: multipart/alternative; boundary=\"----=_alt_12.34\"\r\n\r\n"
                         "------=_alt_12.34\r\nContent-Type: text/plain; charset=utf-8\r\n"
                         "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
    put_prose(out, 40, number, "=\r\ngr=C3=BC=C3=9Fe\r\n");
    g_string_append(out, "------=_alt_12.34\r\nContent-Type: text/html; charset=utf-8\r\n"
                         "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
                         "<html><head><style>p { color: red }</style></head><body>\r\n");
    put_prose(out, 120, number, "=\r\n<p class=3D\"a\" style=3D\"x\">gr=C3=BC=C3=9Fe</p>\r\n");
    g_string_append(out, "</body></html>\r\n------=_alt_12.34--\r\n");
}

static char *make_alternative(guint number)
{
    GString *out = g_string_new(NULL);

    put_head(out, number);
    put_alternative(out, number);
    return g_string_free(out, FALSE);
}

/* As a store judges it that detaches attachments. */
static char *make_skeleton(guint number)
{
    GString *out = g_string_new(NULL);

    put_head(out, number);
    g_string_append(out, "Content-Type: multipart/mixed; boundary=\"----=_mix_56.78\"\r\n\r\n"
                         "------=_mix_56.78\r\n");
    put_alternative(out, number);
    g_string_append(out, "------=_mix_56.78\r\n\r\n------=_mix_56.78\r\n\r\n"
                         "------=_mix_56.78--\r\n");
    return g_string_free(out, FALSE);
}

static char *make_attached(guint number)
{
    GString *out = g_string_new(NULL);
    g_autofree guint8 *data = g_malloc(60000);
    guint32 state = number + 1;

    for (guint i = 0; i < 60000; i++) {
        state = state * 1664525u + 1013904223u;
        data[i] = (guint8)(state >> 24);
    }
    put_head(out, number);
    g_string_append(out, "Content-Type: multipart/mixed; boundary=\"----=_mix_56.78\"\r\n\r\n"
                         "------=_mix_56.78\r\n");
    put_alternative(out, number);
    g_string_append(out, "------=_mix_56.78\r\nContent-Type: application/octet-stream\r\n"
                         "Content-Transfer-Encoding: base64\r\n"
                         "Content-Disposition: attachment; filename=\"figures.bin\"\r\n\r\n");
    put_base64(out, data, 60000);
    g_string_append(out, "------=_mix_56.78--\r\n");
    return g_string_free(out, FALSE);
}

static char *make_encoded(guint number)
{
    GString *out = g_string_new(NULL), *html = g_string_new("<html><body><table>\n");

    put_head(out, number);
    put_prose(html, 200, number, "</td></tr>\n<tr><td class=\"a\">");
    g_string_append(out, "Content-Type: text/html; charset=utf-8\r\n"
                         "Content-Transfer-Encoding: base64\r\n\r\n");
    put_base64(out, (const guint8 *)html->str, html->len);
    g_string_free(html, TRUE);
    return g_string_free(out, FALSE);
}

static const Kind KINDS[] = {
    {"plain-1k", make_short, 25},          {"plain-10k", make_long, 10},
    {"alternative", make_alternative, 30}, {"skeleton", make_skeleton, 20},
    {"html-base64", make_encoded, 10},     {"attachment", make_attached, 5},
};

typedef struct {
    Judge *judge;
    const char *text;
    Verdict *verdict;
} Walk;

static void scan_bytes(Judge *judge, const void *data, gsize size, DeepScanMail mail,
                       Verdict *verdict)
{
    g_autoptr(Members) members = judge_members_new(judge);
    const DeepScan scan = judge_deep_scan(judge);

    deep_scan(&scan, data, size, mail, members, 0, verdict);
}

static gboolean on_part(const MailPart *part, gpointer user_data)
{
    const Walk *walk = user_data;
    gsize size = part->end - part->start;
    g_autofree guint8 *data = g_malloc(size);
    Verdict verdict = {0};

    if (part->encoding == MAIL_PART_BASE64)
        size = mail_decode_base64(walk->text + part->start, size, data);
    else if (part->encoding == MAIL_PART_QUOTED_PRINTABLE)
        size = mail_decode_quoted_printable(walk->text + part->start, size, data);
    else
        memcpy(data, walk->text + part->start, size);
    file_type_guess(data, size, &verdict);
    scan_bytes(walk->judge, data, size, DEEP_SCAN_NO_MAIL, &verdict);
    if (verdict_is_worse(verdict.kind, walk->verdict->kind))
        *walk->verdict = verdict;
    return TRUE;
}

static void scan_once_read(const char *text, gsize size, Verdict *verdict)
{
    const MailPartLimits limits = {.parts = 10000, .depth = 50};
    Judge *judge = judge_rig_judge(rig);
    Walk walk = {.judge = judge, .text = text, .verdict = verdict};

    *verdict = (Verdict){0};
    file_type_guess(text, size, verdict);
    scan_bytes(judge, text, size,
               mail_plain_check(text, size) ? DEEP_SCAN_PLAIN_MAIL : DEEP_SCAN_MAIL, verdict);
    (void)mail_part_walk(text, size, &limits, on_part, NULL, &walk);
}

static int compare_times(gconstpointer a, gconstpointer b)
{
    gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;

    return x < y ? -1 : x > y;
}

static double median(GArray *times)
{
    g_array_sort(times, compare_times);
    return (double)g_array_index(times, gint64, times->len / 2) / 1000;
}

/* Nanoseconds of processor time, which other programs disturb less. */
static gint64 processor_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * (gint64)1000000000 + now.tv_nsec;
}

static gint64 scan_timed(const Kind *kind, const char *text, gsize size, gboolean all_readings)
{
    gint64 begin = processor_time();
    Verdict verdict;

    if (all_readings)
        judge_rig_scan(rig, text, size, VERDICT_CACHE_MESSAGE, &verdict);
    else
        scan_once_read(text, size, &verdict);
    if (verdict.kind != STOREHOOK_VERDICT_CLEAN)
        g_error("%s: %s %s", kind->name, verdict_kind_name(verdict.kind), verdict.name);
    return processor_time() - begin;
}

static void measure(const Kind *kind, guint rounds, double *with_all, double *without_all)
{
    g_autoptr(GArray) with = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_autoptr(GArray) without = g_array_new(FALSE, FALSE, sizeof(gint64));
    double with_time, without_time;

    for (guint i = 0; i < rounds; i++) {
        g_autofree char *text = kind->make(i);
        gsize size = strlen(text);

        /* Which comes first changes: what is in the processor's caches helps the second. */
        for (guint turn = i; turn < i + 2; turn++) {
            gint64 spent = scan_timed(kind, text, size, turn % 2 != 0);

            g_array_append_val(turn % 2 ? with : without, spent);
        }
    }
    with_time = median(with);
    without_time = median(without);
    *with_all += kind->share * with_time / 100;
    *without_all += kind->share * without_time / 100;
    printf("{\"bench\":\"readings-%s\",\"value\":%.0f,\"unit\":\"us\",\"reference\":%.0f,"
           "\"ratio\":%.3f}\n",
           kind->name, with_time, without_time, with_time / without_time);
}

int main(void)
{
    guint rounds = g_getenv("STOREHOOK_TEST_QUICK") ? ROUNDS_QUICK : ROUNDS;
    double with = 0, without = 0;

    rig = judge_rig_new(SIGNATURES, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(KINDS); i++)
        measure(&KINDS[i], rounds, &with, &without);
    printf("{\"bench\":\"readings\",\"value\":%.0f,\"unit\":\"us\",\"reference\":%.0f,"
           "\"ratio\":%.3f,\"target\":\"<= 1.3\"}\n",
           with, without, with / without);
    judge_rig_free(rig);
    return 0;
}
