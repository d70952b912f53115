/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store-program.c DIRECTORY MESSAGES - a store process that was never told of a hook.
 *
 * Delivers and links messages, every second one bad, and prints how many are there. Linked with the
 * store library alone; what LD_PRELOAD puts before it is the test's. Without main(), where it is
 * part of what store-opener.c opens.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/preload/store-host.h"

int store_main(int argc, char **argv);

/* As sendmail would be called: between two deliveries, with the environment as it is. */
static int run_child(void)
{
    pid_t child = fork();
    int status = 1;

    if (child == 0) {
        execl("/bin/true", "true", NULL);
        _exit(127);
    }
    waitpid(child, &status, 0);
    return status;
}

int store_main(int argc, char **argv)
{
    unsigned count = argc > 2 ? (unsigned)atoi(argv[2]) : 0, failures = 0;
    Host host;

    if (count == 0)
        return 2;
    host_open(&host, argv[1]);
    for (unsigned i = 0; i < count; i++) {
        char data[64];
        const char *const parts[] = {data, "part", NULL};
        uint64_t id;

        snprintf(data, sizeof(data), "%s %u", i % 2 ? "EICAR" : "good", i);
        if (host_deliver(&host, &(HostMessage){"text", parts, false}, &id) != 0 ||
            host_link(&host, id, 7, i + 1) != 0 || (i % 10 == 0 && run_child() != 0))
            failures++;
    }
    printf("messages=%u entries=%u contents=%u failures=%u\n", host_count(&host, HOST_MESSAGES),
           host_count(&host, HOST_ENTRIES), host_count(&host, HOST_CONTENTS), failures);
    fflush(stdout);
    host_close(&host);
    host_end();
    return 0;
}

#ifndef STORE_IS_OPENED
int main(int argc, char **argv)
{
    return store_main(argc, argv);
}
#endif
