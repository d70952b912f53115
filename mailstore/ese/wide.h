/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wide.h - UTF-16 arguments as the UTF-8 ones the engine works with, and results back.
 *
 * Used by the made spellings.c only. Each _begin or conversion may fail; each is cleared or ended
 * whatever happened, also when it was never begun (all zero).
 */
#ifndef MAILSTORE_ESE_WIDE_H
#define MAILSTORE_ESE_WIDE_H

#include "mailstore/ese/esent.h"

enum {
    WIDE_SHORT = 200, /* names are 64 characters; longer text is allocated */
};

typedef struct {
    char *text; /* NULL for NULL */
    uint32_t size;
    char *allocated;
    char short_text[WIDE_SHORT];
} WideText;

/* JET_errUnicodeTranslationFail for text that is not UTF-16. */
JET_ERR wide_text(JET_PCWSTR from, WideText *to);
/* `size` bytes, zeros included (a list of names). */
JET_ERR wide_text_counted(JET_PCWSTR from, uint32_t size, WideText *to);
/* A name, or for levels by column id the pointer as it is. */
JET_ERR wide_name_or_id(JET_PCWSTR from, uint32_t level, WideText *to);
void wide_text_clear(WideText *text);

/* Copies with a terminator what fits in `size` bytes: JET_errBufferTooSmall. */
JET_ERR wide_copy_out(const char *from, JET_WCHAR *to, uint32_t size);

/* A buffer for text that the function fills. */
typedef struct {
    JET_PWSTR out;
    uint32_t out_size;
    char *text;
    uint32_t size;
    char buffer[1024];
} WideResult;

JET_ERR wide_result_begin(JET_PWSTR out, uint32_t out_size, WideResult *result);
JET_ERR wide_result_end(WideResult *result, JET_ERR err);

typedef struct WideBlock WideBlock;

#define WIDE_STRUCTURE(NAME, TYPE)                                                                 \
    typedef struct {                                                                               \
        WideBlock *blocks;                                                                         \
        TYPE##_W *wide;                                                                            \
        TYPE *narrow;                                                                              \
        uint32_t n;                                                                                \
    } NAME;

WIDE_STRUCTURE(WideTablecreate2, JET_TABLECREATE2)
WIDE_STRUCTURE(WideTablecreate3, JET_TABLECREATE3)
WIDE_STRUCTURE(WideTablecreate4, JET_TABLECREATE4)
WIDE_STRUCTURE(WideIndexcreate, JET_INDEXCREATE)
WIDE_STRUCTURE(WideIndexcreate2, JET_INDEXCREATE2)
WIDE_STRUCTURE(WideIndexcreate3, JET_INDEXCREATE3)
#undef WIDE_STRUCTURE

JET_ERR wide_tablecreate2_begin(JET_TABLECREATE2_W *from, WideTablecreate2 *to);
JET_ERR wide_tablecreate2_end(WideTablecreate2 *structure, JET_ERR err);
JET_ERR wide_tablecreate3_begin(JET_TABLECREATE3_W *from, WideTablecreate3 *to);
JET_ERR wide_tablecreate3_end(WideTablecreate3 *structure, JET_ERR err);
JET_ERR wide_tablecreate4_begin(JET_TABLECREATE4_W *from, WideTablecreate4 *to);
JET_ERR wide_tablecreate4_end(WideTablecreate4 *structure, JET_ERR err);
JET_ERR wide_indexcreate_begin(JET_INDEXCREATE_W *from, uint32_t n, WideIndexcreate *to);
JET_ERR wide_indexcreate_end(WideIndexcreate *structure, JET_ERR err);
JET_ERR wide_indexcreate2_begin(JET_INDEXCREATE2_W *from, uint32_t n, WideIndexcreate2 *to);
JET_ERR wide_indexcreate2_end(WideIndexcreate2 *structure, JET_ERR err);
JET_ERR wide_indexcreate3_begin(JET_INDEXCREATE3_W *from, uint32_t n, WideIndexcreate3 *to);
JET_ERR wide_indexcreate3_end(WideIndexcreate3 *structure, JET_ERR err);

#endif
