/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store-opener.c HOW LIBRARY SECOND DIRECTORY MESSAGES - opens its store at run time.
 *
 * A library with store_main is a plugin that is linked with the store; any other is the store, and
 * its functions are looked up by name. HOW is made of these words, with "-" between them:
 *   namespace  opened by dlmopen, in a namespace of its own
 *   deep       opened with RTLD_DEEPBIND
 *   lazy       opened with RTLD_LAZY
 *   forked     all in a child, as a daemon that detaches
 *   reopened   closed and opened again before the first call
 *   used       used, closed and opened again
 * Then SECOND, unless it is "", is opened in a namespace of its own and used too:
 *   here       in the program's namespace
 *   idle       and not used
 *   waiting    in the end, until its input is closed
 * Each use prints the line of store-program.c. Anything unexpected aborts the test.
 */
#define STORE_BY_NAME_LOOKS_UP
#include "tests/preload/store-by-name.h"

#include <assert.h>
#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int (*Main)(int argc, char **argv);

StoreByName store_by_name;

int store_main(int argc, char **argv);

static void *open_library(const char *how, const char *path, bool in_namespace)
{
    int flags =
        (strstr(how, "lazy") ? RTLD_LAZY : RTLD_NOW) | (strstr(how, "deep") ? RTLD_DEEPBIND : 0);
    void *library = in_namespace ? dlmopen(LM_ID_NEWLM, path, flags) : dlopen(path, flags);

    if (!library)
        fprintf(stderr, "%s\n", dlerror());
    assert(library);
    return library;
}

/* Closed, and where it was something else, so that it cannot come back to the same place. */
static void *open_again(const char *how, const char *path, void *library)
{
    void *place = ((struct link_map *)library)->l_ld;

    place = (void *)((uintptr_t)place & ~(uintptr_t)(sysconf(_SC_PAGESIZE) - 1));
    assert(dlclose(library) == 0);
    mmap(place, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    return open_library(how, path, strstr(how, "namespace"));
}

static void look_up(void *library)
{
#define X(name) assert((store_by_name.name = (__typeof__(&name))dlsym(library, #name)));
    STORE_BY_NAME(X)
#undef X
}

/* In a folder of its own. */
static int use(void *library, const char *directory, char *messages)
{
    static unsigned uses;
    char own[256];
    char *arguments[] = {own, own, messages, NULL};
    Main plugin_main = (Main)dlsym(library, "store_main"), run = store_main;

    snprintf(own, sizeof(own), "%s/%u", directory, ++uses);
    assert(mkdir(own, 0700) == 0);
    if (plugin_main)
        run = plugin_main;
    else
        look_up(library);
    return run(3, arguments);
}

static int run(char **arguments)
{
    const char *how = arguments[0], *path = arguments[1], *directory = arguments[3];
    char *messages = arguments[4];
    void *library = open_library(how, path, strstr(how, "namespace"));
    int result;

    if (strstr(how, "reopened")) {
        look_up(library);
        library = open_again(how, path, library);
    }
    result = use(library, directory, messages);
    if (result == 0 && strstr(how, "used")) {
        library = open_again(how, path, library);
        result = use(library, directory, messages);
    }
    if (result == 0 && arguments[2][0] != '\0') {
        library = open_library(how, arguments[2], !strstr(how, "here"));
        if (!strstr(how, "idle"))
            result = use(library, directory, messages);
    }
    while (strstr(how, "waiting") && getchar() != EOF)
        ;
    return result;
}

int main(int argc, char **argv)
{
    int status = 1;
    pid_t child;

    if (argc != 6)
        return 2;
    if (!strstr(argv[1], "forked"))
        return run(argv + 1);
    child = fork();
    if (child == 0)
        return run(argv + 1);
    assert(waitpid(child, &status, 0) == child);
    return status;
}
