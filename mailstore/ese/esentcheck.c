/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * esentcheck.c - looks whether a database file is sound, without changing or mapping it.
 *
 * Exit status: 0 sound, 1 damaged, 2 it could not be told. See esentcheck(1).
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/check-table.h"

typedef enum {
    SOUND,
    DAMAGED,
    UNKNOWN
} Verdict;

typedef struct {
    bool json, quiet;
    uint64_t count;
} Output;

static const char *const verdict_names[] = {"sound", "damaged", "unknown"};

static void print_json_text(const char *text)
{
    putchar('"');
    for (const unsigned char *at = (const unsigned char *)text; *at; at++)
        if (*at == '"' || *at == '\\')
            printf("\\%c", *at);
        else if (*at < ' ' || *at >= 0x7f) /* a path may be in any encoding */
            printf("\\u%04x", *at);
        else
            putchar(*at);
    putchar('"');
}

static void tell(void *context, uint64_t page, const char *what)
{
    Output *output = context;
    output->count++;
    if (output->quiet)
        return;
    if (!output->json) {
        if (page == PAGE_NONE)
            printf("%s\n", what);
        else
            printf("page %llu: %s\n", (unsigned long long)page, what);
        return;
    }
    printf(output->count > 1 ? ",\n    {" : "\n    {");
    if (page != PAGE_NONE)
        printf("\"page\": %llu, ", (unsigned long long)page);
    printf("\"what\": ");
    print_json_text(what);
    printf("}");
}

static void print_number(const char *name, uint64_t value)
{
    printf(",\n  \"%s\": %llu", name, (unsigned long long)value);
}

static void print_json_end(const Check *check, const CheckTables *tables, Verdict verdict,
                           JET_ERR err)
{
    printf(check->damages > 0 ? "\n  ],\n  " : "],\n  ");
    printf("\"verdict\": \"%s\"", verdict_names[verdict]);
    if (err < 0)
        printf(",\n  \"error\": %d", err);
    print_number("page_size", check->file.page_size);
    print_number("pages", check->file.pages);
    print_number("used_pages", check->used);
    print_number("free_pages", check->free);
    print_number("tables", tables->tables);
    print_number("rows", tables->rows);
    print_number("index_entries", tables->index_entries);
    print_number("long_values", tables->long_values);
    print_number("unreferenced_long_values", tables->unreferenced);
    print_number("stale_text_indexes", tables->stale_indexes);
    printf(",\n  \"unfinished_commit\": %s", check->unfinished ? "true" : "false");
    printf("\n}\n");
}

static void print_end(const char *path, const CheckTables *tables, const Check *check,
                      Verdict verdict)
{
    printf("%s: %s", path, verdict_names[verdict]);
    if (verdict == SOUND)
        printf(", %llu tables, %llu rows, %llu index entries, %llu long values",
               (unsigned long long)tables->tables, (unsigned long long)tables->rows,
               (unsigned long long)tables->index_entries, (unsigned long long)tables->long_values);
    if (verdict == DAMAGED)
        printf(", %s%llu finding(s)", check->damages >= CHECK_DAMAGES_MAX ? "more than " : "",
               (unsigned long long)check->damages);
    printf("\n");
    if (tables->unreferenced > 0)
        printf("%llu long values belong to no row: they only take room\n",
               (unsigned long long)tables->unreferenced);
    if (check->unfinished)
        printf("a meta page has traces of a later commit: the disk failed when it was to be made "
               "final, or the page was changed and the commit is lost\n");
    if (tables->stale_indexes > 0)
        printf("%llu text indexes were made by another version of ICU and are not compared\n",
               (unsigned long long)tables->stale_indexes);
}

/* What stands in the way when nothing can be told; else the number says it. */
static const char *reason(JET_ERR err)
{
    switch (err) {
    case JET_errFileNotFound:
    case JET_errInvalidPath:
        return "no such file";
    case JET_errFileAccessDenied:
        return "not a file, or no right to read it";
    case JET_errDiskIO:
        return "input or output error";
    case JET_errOutOfMemory:
        return "out of memory";
    default:
        return "it could not be read";
    }
}

static Verdict check_path(const char *path, Output output)
{
    CheckTables tables = {0};
    Check check;
    if (output.json) {
        printf("{\n  \"file\": ");
        print_json_text(path);
        printf(",\n  \"damage\": [");
    }
    JET_ERR err = check_open(&check, path, tell, &output);
    if (err >= 0) {
        check_pages(&check);
        check_older_meta(&check);
        if (check_goes_on(&check) && check.damages == 0)
            check_tables(&check, &tables);
        err = check.failure;
    }
    Verdict verdict = check.damages > 0 ? DAMAGED : err < 0 ? UNKNOWN : SOUND;
    if (verdict == DAMAGED && err >= 0 && check_was_overtaken(&check)) {
        fprintf(stderr,
                "esentcheck: %s was written meanwhile: check a copy, or when it is at "
                "rest\n",
                path);
        verdict = UNKNOWN;
    } else if (err == JET_errInvalidDatabaseVersion && check.format != 0) {
        fprintf(stderr,
                "esentcheck: %s has format %u, this program knows %u: check it with the "
                "esentcheck that belongs to the libesent that wrote it; to go on with this one, "
                "have that libesent copy the rows out, and write them into a new database\n",
                path, check.format, STORE_FORMAT_VERSION);
    } else if (verdict == UNKNOWN) {
        fprintf(stderr, "esentcheck: %s: %s (%d)\n", path, reason(err), err);
    }
    if (output.json)
        print_json_end(&check, &tables, verdict, err);
    else if (!output.quiet)
        print_end(path, &tables, &check, verdict);
    check_close(&check);
    return verdict;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'},
                                            {"quiet", no_argument, NULL, 'q'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'v'},
                                            {0}};
    static const char usage[] = "usage: esentcheck [--json | --quiet] FILE\n"
                                "       esentcheck --help | --version\n";
    static const char version[] = "esentcheck " STOREHOOK_VERSION "\n";
    Output output = {0};
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (c == 'h' || c == 'v')
            return fputs(c == 'h' ? usage : version, stdout) >= 0 && fflush(stdout) == 0 ? SOUND
                                                                                         : UNKNOWN;
        if (c != 'j' && c != 'q') {
            fputs(usage, stderr);
            return UNKNOWN;
        }
        *(c == 'j' ? &output.json : &output.quiet) = true;
    }
    if (optind + 1 != argc || (output.json && output.quiet)) {
        fputs(usage, stderr);
        return UNKNOWN;
    }
    Verdict verdict = check_path(argv[optind], output);
    return fflush(stdout) == 0 && !ferror(stdout) ? (int)verdict : UNKNOWN;
}
