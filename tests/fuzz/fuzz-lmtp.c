/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-lmtp.c - any bytes at all as LMTP commands and as DATA. What DATA keeps is never longer than
 * what came, and the same whatever pieces it came in.
 */
#include "mailstore/server/lmtp-command.h"
#include "mailstore/server/lmtp-data.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static gsize feed(LmtpData *data, const char *input, gsize size, gsize step)
{
    gboolean ended = FALSE;
    gsize used = 0;

    lmtp_data_init(data, 4096, NULL, NULL);
    while (used < size && !ended)
        used += lmtp_data_feed(data, input + used, MIN(step, size - used), &ended);
    return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    LmtpCommand command;
    const char *reply;
    LmtpData whole, pieces;

    if (lmtp_command_parse((const char *)input, size, &command, &reply)) {
        if (command.address != NULL) {
            g_autofree char *name = NULL, *detail = NULL;
            lmtp_address_split(command.address, &name, &detail);
        }
        lmtp_command_clear(&command);
    } else {
        g_assert(g_str_has_suffix(reply, "\r\n"));
    }
    gsize used = feed(&whole, (const char *)input, size, size + 1);
    g_assert(feed(&pieces, (const char *)input, size, 1) == used);
    g_assert(whole.verdict == pieces.verdict && whole.length == pieces.length);
    g_assert(whole.length <= used);
    g_assert(whole.length == 0 || memcmp(whole.text, pieces.text, whole.length) == 0);
    lmtp_data_clear(&whole);
    lmtp_data_clear(&pieces);
    return 0;
}
