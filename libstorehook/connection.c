/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * connection.c - finds the service, notices when it goes and comes, and sends to it.
 *
 * The shared page is mapped at one fixed address for the life of the process and replaced there, so
 * that reading it needs no lock. A page that a killed service left behind says nothing, and a new
 * line may lead to the workers of the next one already; so who has not done so for a second sends a
 * report first, which nobody takes then (ECONNREFUSED). The breaker opens only then, or when the
 * queue stayed full to the deadline, never for a slow content.
 *
 * Nothing here waits longer than it was told, and a handshake that was not answered in a second is
 * given a tenth of one from then on; an answer that comes after that is taken up by the next.
 * Locks: `handshake` before `sockets` before the pool's.
 */
#include "libstorehook/connection.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "libstorehook/clock.h"
#include "libstorehook/guard.h"
#include "libstorehook/handshake.h"
#include "libstorehook/originals.h"
#include "libstorehook/turn.h"
#include "libstorehook/unscanned.h"

enum {
    NOBODY_US = 100000,      /* between two handshakes where nobody listens, or no longer */
    BACK_OFF_US = 1000000,   /* between two with somebody who does not answer */
    LOOK_US = 1000000,       /* between two looks whether the service is still the same */
    NOT_YOU_US = 10000000,   /* between two where the service said "not you" */
    FIRST_WAIT_US = 1000000, /* for WELCOME; the service may be starting */
    LATER_WAIT_US = 100000,  /* after one that was not answered */
    ASKED_MOST_US = 5000000, /* that WELCOME may come yet, before HELLO is said anew */
    REPORT_SIZE = STOREHOOK_DATAGRAM_MAX,
    REPORTS_AT_ONCE = 32, /* more than the ring takes */
    /* Of the supervisor's queue: it is emptied at once, but while something is synced to disk. */
    REPORT_PATIENCE_US = 100000,
    /* Once that was in vain: a service that hangs is not waited for row by row. */
    REPORT_IMPATIENCE_US = 1000000
};

typedef enum {
    STATE_NEW,
    STATE_LIVE,
    STATE_NOT_YOU,
    STATE_DOWN
} State;

static struct {
    pthread_mutex_t handshake;
    pthread_rwlock_t sockets;
    _Atomic State state;
    _Atomic uint32_t generation, deadline_ms;
    _Atomic int64_t next_us;    /* no handshake before this time */
    _Atomic int64_t look_us;    /* no look before this time */
    _Atomic int64_t patient_us; /* no waiting for room for a report before this time */
    _Atomic bool page_mapped;
    _Atomic bool
        page_differs; /* WELCOME and its page disagreed: look again, but not at each call */
    /* Nobody is found under the paths, although who welcomed us may still be there. */
    _Atomic bool is_out_of_reach;
    /* Under `handshake`: HELLO was said to the one, and WELCOME is to come by the other. */
    Descriptor asked, answer;
    int64_t asked_us;
    bool was_late;
    Descriptor supervisor;
    ExchangePool workers;
    unsigned char instance[HANDSHAKE_INSTANCE_SIZE];
    bool has_instance;
    /* Set by the constructor, constant after it. */
    StorehookPage *page;
    char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
    bool defers;
} connection = {
    .handshake = PTHREAD_MUTEX_INITIALIZER,
    .sockets = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP,
    .deadline_ms = 10000,
    .asked = {.fd = -1},
    .answer = {.fd = -1},
    .supervisor = {.fd = -1},
    .workers = EXCHANGE_POOL_INIT,
};

__attribute__((constructor)) static void connection_init(void)
{
    /* secure_getenv: who starts a setuid program does not choose who judges its records. */
    const char *path = secure_getenv("STOREHOOK_SOCKET");
    const char *unavailable = secure_getenv("STOREHOOK_ON_UNAVAILABLE");
    void *page =
        mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (!path || path[0] == '\0')
        path = STOREHOOK_DEFAULT_SOCKET;
    if (exchange_pool_set_path(&connection.workers, path, STOREHOOK_SUFFIX_STORE) == 0)
        strcpy(connection.path, path);
    connection.defers = unavailable && strcmp(unavailable, "defer") == 0;
    connection.page = page == MAP_FAILED ? NULL : page;
    exchange_pool_make_lanes(&connection.workers);
}

const char *connection_socket_path(void)
{
    return connection.path;
}

bool connection_defers(void)
{
    return connection.defers;
}

uint32_t connection_deadline_ms(void)
{
    return atomic_load_explicit(&connection.deadline_ms, memory_order_relaxed);
}

uint32_t connection_generation(void)
{
    return atomic_load_explicit(&connection.generation, memory_order_relaxed);
}

static void break_off(int64_t next_us)
{
    atomic_store(&connection.next_us, next_us);
    atomic_store(&connection.state, STATE_DOWN);
}

/* Socket, page and state, in the order in which other threads may rely on them. */
static int adopt(const Welcome *welcome, Descriptor *supervisor)
{
    bool hooked = welcome->answer == STOREHOOK_ANSWER_HOOKED;

    if (hooked) {
        /* Tried now: a service without its workers' socket is none. */
        Descriptor workers = descriptor_take(exchange_connect(connection.workers.path));

        if (workers.fd < 0)
            return -ECONNREFUSED;
        descriptor_close(&workers);
    }
    exchange_pool_empty(&connection.workers);
    if (exchange_pool_set_lanes(&connection.workers, &welcome->lanes) < 0)
        return -ENOMEM;
    if (welcome->page.fd >= 0) {
        if (mmap(connection.page, (size_t)sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED | MAP_FIXED,
                 welcome->page.fd, 0) == MAP_FAILED)
            return -ENOMEM;
        atomic_store(&connection.page_mapped, true);
    }
    pthread_rwlock_wrlock(&connection.sockets);
    descriptor_close(&connection.supervisor);
    connection.supervisor = *supervisor;
    pthread_rwlock_unlock(&connection.sockets);
    *supervisor = DESCRIPTOR_NONE;
    atomic_store(&connection.generation, welcome->generation);
    atomic_store(&connection.page_differs,
                 welcome->page.fd >= 0 &&
                     atomic_load(&connection.page->generation) != welcome->generation);
    atomic_store(&connection.deadline_ms, welcome->deadline_ms);
    atomic_store(&connection.next_us, clock_now_us() + (hooked ? NOBODY_US : NOT_YOU_US));
    atomic_store(&connection.look_us, clock_now_us() + LOOK_US);
    turn_set_limit();
    atomic_store(&connection.state, hooked ? STATE_LIVE : STATE_NOT_YOU);
    return 0;
}

static void make_instance(void)
{
    if (connection.has_instance)
        return;
    if (getrandom(connection.instance, sizeof(connection.instance), GRND_NONBLOCK) !=
        (ssize_t)sizeof(connection.instance)) {
        /* Early in a boot: unique on this machine is what counts. */
        int64_t parts[2] = {clock_now_us(), (int64_t)getpid()};

        memcpy(connection.instance, parts, sizeof(parts));
    }
    connection.has_instance = true;
}

static void forget_asked(void)
{
    descriptor_close(&connection.asked);
    descriptor_close(&connection.answer);
}

static int ask(int64_t until_us)
{
    int fd = exchange_connect(connection.path), result;

    if (fd < 0)
        return fd;
    connection.asked = descriptor_take_high(fd);
    connection.asked_us = clock_now_us();
    result = connection.asked.fd < 0 ? -EMFILE
                                     : handshake_say(connection.asked.fd, connection.instance,
                                                     until_us, &connection.answer);
    if (result < 0)
        forget_asked();
    return result;
}

/* On a busy machine WELCOME may be later than we wait for it: then it is there the next time. */
static int hear(int64_t until_us)
{
    Welcome welcome;
    int result = handshake_hear(&connection.answer, until_us, &welcome);

    if (result == -ETIMEDOUT && clock_now_us() < connection.asked_us + ASKED_MOST_US)
        return result;
    if (result == 0) {
        result = adopt(&welcome, &connection.asked);
        descriptor_close(&welcome.page);
        descriptor_close(&welcome.lanes);
    }
    forget_asked();
    return result;
}

static int try_handshake(void)
{
    int64_t until = clock_now_us() + (connection.was_late ? LATER_WAIT_US : FIRST_WAIT_US);
    int result;

    if (!connection.page)
        return -ENOMEM;
    make_instance();
    result = connection.answer.fd >= 0 ? hear(until) : -ENOTCONN;
    /* Whom we asked is gone, and may have been followed by another. */
    if (exchange_is_gone(result)) {
        result = ask(until);
        if (result == 0)
            result = hear(until);
    }
    connection.was_late = result == -ETIMEDOUT;
    return result;
}

/* Under `handshake`. */
static void shake_hands(void)
{
    int result = try_handshake();

    atomic_store(&connection.is_out_of_reach, exchange_is_gone(result));
    if (result < 0) {
        break_off(clock_now_us() + (exchange_is_gone(result) ? NOBODY_US : BACK_OFF_US));
        return;
    }
    if (atomic_load(&connection.state) == STATE_LIVE) {
        unscanned_settle();
        connection_report();
    }
}

static bool is_due(void)
{
    return clock_now_us() >= atomic_load(&connection.next_us);
}

static bool page_changed(void)
{
    return atomic_load_explicit(&connection.page_mapped, memory_order_relaxed) &&
           atomic_load_explicit(&connection.page->generation, memory_order_acquire) !=
               connection_generation() &&
           (!atomic_load(&connection.page_differs) || is_due());
}

ConnectionMode connection_peek(void)
{
    switch (atomic_load_explicit(&connection.state, memory_order_acquire)) {
    case STATE_LIVE:
        return atomic_load_explicit(&connection.page->enabled, memory_order_relaxed)
                   ? CONNECTION_JUDGE
                   : CONNECTION_STOPPED;
    case STATE_NOT_YOU:
        return CONNECTION_NOT_YOU;
    default:
        return CONNECTION_UNAVAILABLE;
    }
}

bool connection_was_tried(void)
{
    return atomic_load(&connection.state) != STATE_NEW;
}

bool connection_is_not_you(void)
{
    return atomic_load_explicit(&connection.state, memory_order_acquire) == STATE_NOT_YOU &&
           !page_changed();
}

static bool handshake_is_due(void)
{
    switch (atomic_load_explicit(&connection.state, memory_order_acquire)) {
    case STATE_NEW:
        return true;
    case STATE_LIVE:
        return page_changed();
    case STATE_NOT_YOU:
        return page_changed() || is_due();
    default:
        return is_due();
    }
}

static void say_here(void);

void connection_look(void)
{
    int64_t now = clock_now_us(), due = atomic_load(&connection.look_us);

    if (now < due || atomic_load(&connection.state) != STATE_LIVE ||
        !atomic_compare_exchange_strong(&connection.look_us, &due, now + LOOK_US))
        return;
    if (unscanned_is_pending())
        connection_report();
    else
        say_here();
}

ConnectionMode connection_mode(void)
{
    if (connection_peek() == CONNECTION_STOPPED)
        connection_look();
    if (handshake_is_due()) {
        /* Who comes while another shakes hands waits for the first time only: then it is not yet
         * known that nobody is there. */
        if (atomic_load(&connection.state) == STATE_NEW)
            pthread_mutex_lock(&connection.handshake);
        else if (pthread_mutex_trylock(&connection.handshake) != 0)
            return connection_peek();
        if (handshake_is_due())
            shake_hands();
        pthread_mutex_unlock(&connection.handshake);
    }
    return connection_peek();
}

static void lost(int64_t back_off_us)
{
    int64_t now = clock_now_us(), left = atomic_load(&connection.next_us) - now;

    /* A service that was restarted is found at once, unless the last handshake was just now. */
    if (back_off_us == 0 && left > 0)
        back_off_us = left < NOBODY_US ? left : NOBODY_US;
    break_off(now + back_off_us);
}

ExchangePool *connection_pool(void)
{
    return &connection.workers;
}

uint32_t connection_epoch(void)
{
    return atomic_load_explicit(&connection.page->epoch, memory_order_acquire);
}

void connection_failed(int error)
{
    if (error == -EAGAIN)
        lost(BACK_OFF_US);
    else if (exchange_is_gone(error))
        lost(0);
}

void connection_send_note(StorehookWriter *writer)
{
    Exchange exchange;

    if (connection_peek() != CONNECTION_JUDGE || exchange_open(&connection.workers, &exchange) < 0)
        return;
    exchange_close(&exchange,
                   storehook_write_send(writer, exchange.line.socket.fd, MSG_DONTWAIT) == 0);
}

/* A closed socket is as good as a service that is gone. */
static int send_report(StorehookWriter *writer, int64_t until_us)
{
    int result = -EBADF;

    pthread_rwlock_rdlock(&connection.sockets);
    if (descriptor_is_ours(&connection.supervisor))
        do
            result = storehook_write_send(writer, connection.supervisor.fd, MSG_DONTWAIT);
        while (result == -EAGAIN && exchange_wait(connection.supervisor.fd, POLLOUT, until_us) > 0);
    pthread_rwlock_unlock(&connection.sockets);
    return result;
}

static StorehookUnhooked find_unhooked(void)
{
    return atomic_load(&originals.has_unhooked)       ? STOREHOOK_UNHOOKED_CALLS
           : atomic_load(&connection.is_out_of_reach) ? STOREHOOK_UNHOOKED_REACH
                                                      : STOREHOOK_UNHOOKED_NONE;
}

/* A report with nothing in it: for the sender to learn whether there is somebody. */
static void say_here(void)
{
    _Alignas(8) unsigned char buffer[256];
    StorehookWriter writer;

    storehook_write_start(&writer, buffer, sizeof(buffer), STOREHOOK_REPORT, 0, 0, 0);
    storehook_write_bytes(&writer, STOREHOOK_FIELD_INSTANCE, connection.instance,
                          sizeof(connection.instance));
    storehook_write_u32(&writer, STOREHOOK_FIELD_UNHOOKED, find_unhooked());
    if (exchange_is_gone(send_report(&writer, 0)))
        lost(0);
}

/* Whom we no longer find may still be there to be told so: of a store that gave up its rights, or
 * changed its root. */
static void close_supervisor(void)
{
    pthread_rwlock_wrlock(&connection.sockets);
    descriptor_close(&connection.supervisor);
    pthread_rwlock_unlock(&connection.sockets);
}

static bool has_supervisor(void)
{
    bool has;

    pthread_rwlock_rdlock(&connection.sockets);
    has = connection.supervisor.fd >= 0;
    pthread_rwlock_unlock(&connection.sockets);
    return has;
}

static void report(int64_t until_us)
{
    State state = atomic_load(&connection.state);
    unsigned char *buffer;

    /* While nobody is there each transaction comes by here: no report is made for that. */
    if (state != STATE_LIVE && (state != STATE_DOWN || !has_supervisor()))
        return;
    if (state == STATE_DOWN)
        until_us = 0;
    buffer = malloc(REPORT_SIZE);
    if (!buffer)
        return;
    for (unsigned i = 0; i < REPORTS_AT_ONCE; i++) {
        StorehookWriter writer;
        UnscannedTicket ticket = unscanned_write_report(&writer, buffer, REPORT_SIZE,
                                                        connection.instance, find_unhooked());
        int result = send_report(&writer, until_us);

        if (exchange_is_gone(result) && state == STATE_LIVE)
            lost(0);
        else if (exchange_is_gone(result))
            close_supervisor();
        if (result == -EAGAIN && until_us > 0)
            atomic_store(&connection.patient_us, clock_now_us() + REPORT_IMPATIENCE_US);
        if (result < 0)
            break;
        unscanned_reported(&ticket);
        if (!unscanned_is_pending())
            break;
    }
    free(buffer);
}

void connection_report(void)
{
    report(0);
}

void connection_report_counted(void)
{
    int64_t now = clock_now_us();

    report(now >= atomic_load(&connection.patient_us) ? now + REPORT_PATIENCE_US : 0);
}

void connection_report_last(void)
{
    /* Also what was told: the service may have been killed before it read that. */
    if (!unscanned_is_any())
        return;
    report(clock_now_us() + REPORT_PATIENCE_US);
    if (connection_peek() == CONNECTION_UNAVAILABLE &&
        pthread_mutex_trylock(&connection.handshake) == 0) {
        shake_hands();
        pthread_mutex_unlock(&connection.handshake);
        if (unscanned_is_pending())
            report(clock_now_us() + REPORT_PATIENCE_US);
    }
}
