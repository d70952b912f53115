/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * folder-queue.c - one leader at a time runs the jobs of all that wait.
 *
 * Each job of a batch has its own savepoint: one that fails is undone alone. When the commit of a
 * batch fails, or a job met a conflict, the jobs concerned are run again, each in a transaction of
 * its own, so that nobody gets another's error.
 */
#include "mailstore/message/folder-queue.h"

#include <pthread.h>

#include "mailstore/message/transaction.h"

enum {
    BATCH_MAX = 64 /* jobs in one transaction: bounds what a failed commit repeats */
};

/* On the stack of the thread that waits for it. */
typedef struct Ticket {
    FolderJob job;
    gpointer data;
    JET_ERR err;
    Failure failure;
    gboolean done;
    gboolean leads; /* woken to be the next leader */
    pthread_cond_t wake;
    struct Ticket *next;
} Ticket;

struct FolderQueue {
    pthread_mutex_t mutex;
    gboolean led;
    Ticket *head;
    Ticket **tail;
};

FolderQueue *folder_queue_new(void)
{
    FolderQueue *queue = g_new0(FolderQueue, 1);
    pthread_mutex_init(&queue->mutex, NULL);
    queue->tail = &queue->head;
    return queue;
}

FolderQueue *folder_queue_free(FolderQueue *queue)
{
    if (queue == NULL)
        return NULL;
    g_assert(!queue->led && queue->head == NULL);
    pthread_mutex_destroy(&queue->mutex);
    g_free(queue);
    return NULL;
}

/* With the mutex held: takes up to BATCH_MAX tickets from the head. */
static Ticket *batch_take(FolderQueue *queue)
{
    Ticket *batch = queue->head, **end = &batch;

    for (guint i = 0; i < BATCH_MAX && *end != NULL; i++)
        end = &(*end)->next;
    queue->head = *end;
    *end = NULL;
    if (queue->head == NULL)
        queue->tail = &queue->head;
    return batch;
}

static void ticket_run_alone(MailSession *session, Ticket *ticket)
{
    ticket->err = transaction_run(session, TRANSACTION_DURABLE, ticket->job, ticket->data);
    ticket->failure = session->failure;
}

/* A transaction body: each job within its savepoint. Fails only when a savepoint does. */
static JET_ERR batch_body(MailSession *session, gpointer data)
{
    for (Ticket *ticket = data; ticket != NULL; ticket = ticket->next) {
        JET_ERR err = JetBeginTransaction(session->sesid);
        if (err < 0)
            return err;
        ticket->err = ticket->job(session, ticket->data);
        ticket->failure = session->failure;
        err = ticket->err >= 0 ? JetCommitTransaction(session->sesid, 0)
                               : JetRollback(session->sesid, 0);
        if (err < 0)
            return err;
    }
    return JET_errSuccess;
}

static void batch_run(MailSession *session, Ticket *batch)
{
    if (batch->next == NULL) {
        ticket_run_alone(session, batch);
        return;
    }
    JET_ERR err = transaction_try(session, TRANSACTION_DURABLE, batch_body, batch);
    for (Ticket *ticket = batch; ticket != NULL; ticket = ticket->next)
        if (err < 0 || transaction_is_conflict(ticket->err))
            ticket_run_alone(session, ticket);
}

/* With the mutex held, which is released while the batch runs. */
static void lead(FolderQueue *queue, MailSession *session)
{
    Ticket *batch = batch_take(queue);

    pthread_mutex_unlock(&queue->mutex);
    batch_run(session, batch);
    pthread_mutex_lock(&queue->mutex);
    while (batch != NULL) {
        Ticket *next = batch->next; /* a ticket that is done is gone at once */
        batch->done = TRUE;
        pthread_cond_signal(&batch->wake);
        batch = next;
    }
}

JET_ERR folder_queue_run(MailSession *session, FolderJob job, gpointer data)
{
    FolderQueue *queue = session->store->folder_queue;
    Ticket ticket = {.job = job, .data = data, .wake = PTHREAD_COND_INITIALIZER};

    pthread_mutex_lock(&queue->mutex);
    *queue->tail = &ticket;
    queue->tail = &ticket.next;
    if (!queue->led)
        queue->led = ticket.leads = TRUE;
    while (!ticket.done && !ticket.leads)
        pthread_cond_wait(&ticket.wake, &queue->mutex);
    while (!ticket.done)
        lead(queue, session);
    if (ticket.leads) {
        queue->led = queue->head != NULL;
        if (queue->led) {
            queue->head->leads = TRUE;
            pthread_cond_signal(&queue->head->wake);
        }
    }
    pthread_mutex_unlock(&queue->mutex);
    pthread_cond_destroy(&ticket.wake);
    session->failure = ticket.failure;
    return ticket.err;
}
