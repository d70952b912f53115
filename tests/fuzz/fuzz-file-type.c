/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-file-type.c - any bytes as a file whose type is asked for.
 *
 * What must hold: the type is a text that fits, and what is sure is not empty.
 */
#include "scanner/type/file-type.h"

#include <stdint.h>
#include <string.h>

#include "scanner/type/ole-kind.h"
#include "scanner/type/script-type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Verdict verdict = {0};
    const char *script = script_type_tell(data, size);
    OleKind ole;

    (void)ole_kind_tell(data, size, &ole);
    file_type_guess(data, size, &verdict);
    g_assert(memchr(verdict.type, '\0', sizeof(verdict.type)) != NULL);
    g_assert(!verdict.type_is_sure || strchr(verdict.type, '/') != NULL);
    g_assert(script == NULL || strchr(script, '/') != NULL);
    return 0;
}
