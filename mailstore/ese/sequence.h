/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sequence.h - numbers handed out once and never again, reserved in durable blocks.
 */
#ifndef MAILSTORE_ESE_SEQUENCE_H
#define MAILSTORE_ESE_SEQUENCE_H

#include <pthread.h>

#include "mailstore/ese/store.h"

typedef struct Sequence Sequence;

typedef struct {
    pthread_mutex_t mutex; /* the list; each sequence has its own */
    Sequence *first;
} SequenceTable;

void sequence_table_init(SequenceTable *table);
/* Gives back what was reserved and not handed out; no error matters, it only saves numbers. */
void sequence_table_return(Store *store);
void sequence_table_clear(SequenceTable *table);

#endif /* MAILSTORE_ESE_SEQUENCE_H */
