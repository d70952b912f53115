/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * crc32c.h - CRC-32C (Castagnoli), as RFC 3720 has it.
 */
#ifndef MAILSTORE_ESE_CRC32C_H
#define MAILSTORE_ESE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Goes on from `crc`, the checksum of the bytes before; 0: there are none. */
uint32_t crc32c(uint32_t crc, const void *data, size_t size);
/* As crc32c, by table alone, as on a processor without the instruction. */
uint32_t crc32c_portable(uint32_t crc, const void *data, size_t size);

#endif
