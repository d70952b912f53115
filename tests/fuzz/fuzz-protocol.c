/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-protocol.c - a datagram that either side may get, and a profile.
 */
#include <stdint.h>
#include <stdlib.h>

#include "libstorehook/profile.h"
#include "libstorehook/protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int descriptors[2] = {0, 1};
    static Profile profile;
    StorehookMessage message;
    StorehookValue value;
    size_t position = 0;
    volatile unsigned char sum = 0;

    profile_parse((const char *)data, size, &profile);
    if (storehook_read_message(data, size, descriptors, 2, &message) < 0)
        return 0;
    while (storehook_read_next(&message, &position, &value))
        for (size_t i = 0; value.data && i < value.size; i++)
            sum = (unsigned char)(sum + ((const unsigned char *)value.data)[i]);
    storehook_read_u32(&message, STOREHOOK_FIELD_ACTION, 0);
    return 0;
}
