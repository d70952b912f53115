/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sequence.c - numbers handed out once and never again, reserved in durable blocks.
 *
 * The file holds the first number not reserved yet. A block is reserved by a durable commit of its
 * own, through the same queue as all others, and handed out from memory; its size doubles with use.
 * A crash loses the rest of a block, a clean close gives it back. Numbers begin with 1.
 *
 * Fails with the errors of a commit, JET_errReadVerifyFailure and JET_errOutOfMemory.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/seal.h"
#include "mailstore/ese/sequence.h"
#include "mailstore/ese/store-error.h"
#include "mailstore/ese/store-private.h"

enum {
    BLOCK_FIRST = 32,
    BLOCK_MAX = 8192 /* a crash loses no more numbers than this of a sequence */
};

struct Sequence {
    Sequence *next;
    uint32_t object_id, sequence;
    pthread_mutex_t mutex;
    uint64_t from, end; /* from..end-1 are reserved and free */
    uint32_t block;
};

typedef struct {
    Store *store;
    Sequence *sequence;
    uint64_t count; /* to reserve */
    bool give_back; /* instead: lower the stored number from end to from */
    uint64_t from, end;
} SequenceRequest;

void sequence_table_init(SequenceTable *table)
{
    *table = (SequenceTable){0};
    pthread_mutex_init(&table->mutex, NULL);
}

void sequence_table_clear(SequenceTable *table)
{
    while (table->first) {
        Sequence *sequence = table->first;

        table->first = sequence->next;
        pthread_mutex_destroy(&sequence->mutex);
        free(sequence);
    }
    pthread_mutex_destroy(&table->mutex);
}

static Sequence *table_find(SequenceTable *table, uint32_t object_id, uint32_t number)
{
    pthread_mutex_lock(&table->mutex);
    Sequence *sequence = table->first;
    while (sequence && (sequence->object_id != object_id || sequence->sequence != number))
        sequence = sequence->next;
    if (!sequence && (sequence = fault_calloc(1, sizeof *sequence))) {
        *sequence = (Sequence){
            .next = table->first, .object_id = object_id, .sequence = number, .block = BLOCK_FIRST};
        pthread_mutex_init(&sequence->mutex, NULL);
        table->first = sequence;
    }
    pthread_mutex_unlock(&table->mutex);
    return sequence;
}

/* CommitRequest.apply: reads the stored number and writes the new one. */
static JET_ERR sequence_apply(void *context, MDB_txn *writer, uint64_t foreign, bool *changed)
{
    SequenceRequest *request = context;
    struct {
        char name[4];
        uint32_t object_id, sequence;
    } record = {"seq", htobe32(request->sequence->object_id), htobe32(request->sequence->sequence)};
    MDB_val key = {sizeof record, &record}, value;
    struct {
        uint64_t number; /* big-endian */
        uint8_t seal[SEAL_SIZE];
    } __attribute__((packed)) stored;
    uint64_t first = 1;
    Bytes number = {&stored, sizeof stored.number};

    (void)foreign;
    int rc = mdb_get(writer, request->store->meta, &key, &value);
    if (rc == 0) {
        Bytes found;
        JET_ERR error = seal_verify(store_bytes(key), store_bytes(value), &found);
        if (error == JET_errSuccess && found.size != number.size)
            error = JET_errDatabaseCorrupted;
        if (error != JET_errSuccess)
            return error;
        memcpy(&first, found.data, sizeof first);
        first = be64toh(first);
    } else if (rc != MDB_NOTFOUND) {
        return store_error(rc);
    }
    if (request->give_back) {
        /* Another process may have gone on from where the block ended. */
        if (first != request->end)
            return JET_errSuccess;
        stored.number = htobe64(request->from);
    } else {
        request->from = first;
        request->end = first + request->count;
        stored.number = htobe64(request->end);
    }
    seal_write(stored.seal, store_bytes(key), number);
    rc = fault_at(FAULT_APPLY);
    if (!rc)
        rc = mdb_put(writer, request->store->meta, &key, &(MDB_val){sizeof stored, &stored}, 0);
    *changed = *changed || rc == 0;
    return store_error(rc);
}

static JET_ERR sequence_submit(SequenceRequest *context)
{
    CommitRequest request;

    commit_request_init(&request);
    request.apply = sequence_apply;
    request.context = context;
    request.bytes = 64;
    JET_ERR error = commit_submit(context->store, &request);
    commit_request_clear(&request);
    return error;
}

/* Reserves so that at least `count` numbers in a row are free; the sequence's mutex is held. */
static JET_ERR sequence_fill(Store *store, Sequence *sequence, uint32_t count)
{
    SequenceRequest request = {.store = store,
                               .sequence = sequence,
                               .count = count > sequence->block ? count : sequence->block};
    JET_ERR error = sequence_submit(&request);

    if (error != JET_errSuccess)
        return error;
    if (request.from != sequence->end)
        sequence->from = request.from; /* what was left does not join on: it is lost */
    sequence->end = request.end;
    if (sequence->block < BLOCK_MAX)
        sequence->block *= 2;
    return JET_errSuccess;
}

JET_ERR store_reserve(Store *store, uint32_t object_id, uint32_t sequence_number, uint32_t count,
                      uint64_t *ret_first)
{
    if (!store_is_usable(store))
        return JET_errInvalidInstance;
    if (store->read_only)
        return JET_errDatabaseFileReadOnly;
    if (count == 0)
        return JET_errInvalidParameter;
    Sequence *sequence = table_find(&store->sequences, object_id, sequence_number);
    if (!sequence)
        return JET_errOutOfMemory;

    JET_ERR error = JET_errSuccess;
    pthread_mutex_lock(&sequence->mutex);
    if (sequence->end - sequence->from < count)
        error = sequence_fill(store, sequence, count);
    if (error == JET_errSuccess) {
        *ret_first = sequence->from;
        sequence->from += count;
    }
    pthread_mutex_unlock(&sequence->mutex);
    return error;
}

void sequence_table_return(Store *store)
{
    for (Sequence *sequence = store->sequences.first; sequence; sequence = sequence->next) {
        SequenceRequest request = {.store = store,
                                   .sequence = sequence,
                                   .give_back = true,
                                   .from = sequence->from,
                                   .end = sequence->end};

        if (sequence->from < sequence->end && sequence_submit(&request) != JET_errSuccess)
            return;
        sequence->from = sequence->end;
    }
}
