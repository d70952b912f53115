/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-split.c - any bytes at all split and join to themselves.
 */
#include <stdint.h>

#include <gmime/gmime.h>

#include "tests/unit/message/split-helper.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_mime_init();
    split_helper_round_trip(data, size);
    return 0;
}
