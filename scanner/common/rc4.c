/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rc4.c - the state is a permutation of all bytes, which changes with each byte. */
#include "scanner/common/rc4.h"

void rc4_start(Rc4 *rc4, const guint8 *key, gsize size)
{
    guint8 j = 0;

    for (guint i = 0; i < 256; i++)
        rc4->state[i] = (guint8)i;
    for (guint i = 0; i < 256; i++) {
        guint8 one = rc4->state[i];

        j = (guint8)(j + one + key[i % size]);
        rc4->state[i] = rc4->state[j];
        rc4->state[j] = one;
    }
    rc4->i = rc4->j = 0;
}

guint8 rc4_next(Rc4 *rc4)
{
    guint8 one = rc4->state[++rc4->i], other;

    rc4->j = (guint8)(rc4->j + one);
    other = rc4->state[rc4->j];
    rc4->state[rc4->i] = other;
    rc4->state[rc4->j] = one;
    return rc4->state[(guint8)(one + other)];
}
