/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sign-filter.h - which words are certainly not in a content: one pass instead of a search for
 * each. */
#ifndef SCANNER_SIGN_FILTER_H
#define SCANNER_SIGN_FILTER_H

#include <glib.h>

/* Bits; 0: nothing is known. */
typedef guint8 SignLacks;

enum {
    SIGN_LACKS_CHAR_CODE = 1 << 0, /* CharCode */
    SIGN_LACKS_ARRAY = 1 << 1,     /* t8Array */
    SIGN_LACKS_BYTES = 1 << 2,     /* [byte[]], [Byte[]] */
    SIGN_LACKS_CALL = 1 << 3,      /* Chr( chr( ChrW( chrw( atob( Blob( */
    SIGN_LACKS_OBJ = 1 << 4,       /* obj */
    SIGN_LACKS_XREF = 1 << 5,      /* /XRef */
    SIGN_LACKS_TRAILER = 1 << 6,   /* trailer */
    SIGN_LACKS_RAR = 1 << 7        /* Rar!\x1a\x07 */
};

/* Reads all bytes once, and nothing beyond. */
SignLacks sign_filter_lacks(const void *data, gsize size);

#endif /* SCANNER_SIGN_FILTER_H */
