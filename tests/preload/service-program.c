/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * service-program.c SOCKET - the fake service as a process: says "ready", and on the end of its
 * input how often it was asked and by whom.
 */
#include <stdio.h>
#include <unistd.h>

#include "tests/preload/fake-service.h"

int main(int argc, char **argv)
{
    FakeService *service;
    FakeCounts counts;
    char byte;

    if (argc != 2)
        return 2;
    service = fake_service_start(argv[1]);
    puts("ready");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    counts = fake_service_kill(service);
    printf("hellos=%u contents=%u messages=%u notes=%u unhooked=%u program=%s\n", counts.hellos,
           counts.contents, counts.messages, counts.notes, counts.unhooked, counts.program);
    return 0;
}
