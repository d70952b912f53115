/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake-service.c - see fake-service.h. Two threads: one is the supervisor, one the only worker.
 */
#include "tests/preload/fake-service.h"

#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    KNOWN_MAX = 4096,
    LATE_MS = 500 /* beyond the deadline; a busy client must not find it in time after all */
};

typedef struct {
    unsigned char digest[STOREHOOK_DIGEST_SIZE];
    bool infected;
} Known;

struct FakeService {
    pthread_mutex_t lock;
    pthread_t supervisor, worker;
    int supervisor_socket, worker_socket, stop[2], page_fd, lanes_fd;
    int lanes[STOREHOOK_LANES_MAX]; /* -1: none */
    _Atomic bool takes_lanes;
    int called; /* the lane that its worker was called to just now, or -1 */
    char path[100];
    StorehookPage *page;
    _Atomic bool remembers;
    _Atomic FakeBehaviour behaviour, hello;
    _Atomic StorehookAction message_action;
    _Atomic uint32_t deadline_ms, report_ms, welcome_ms;
    _Atomic StorehookAnswer answer;
    char profile[4096];
    FakeCounts counts;
    Known known[KNOWN_MAX];
    unsigned known_count, notices;
    unsigned random;
};

typedef struct {
    int descriptors[STOREHOOK_DESCRIPTORS_MAX];
    unsigned descriptor_count;
    StorehookMessage message;
    _Alignas(8) unsigned char buffer[STOREHOOK_REQUEST_MAX];
} Datagram;

static const char default_profile[] =
    "messages messages key=id text=text sender=sender recipients=recipients subject=subject\n"
    "attachments attachments message=message name=name header=header digest=digest offset=offset "
    "encoding=encoding data=data\n"
    "contents contents digest=digest data=data\n"
    "entries entries message=message folder=folder\n"
    "folders folders key=id name=name kind=kind mailbox=mailbox\n"
    "mailboxes mailboxes key=id name=name\n";

void fake_digest(const void *data, size_t size, unsigned char ret[STOREHOOK_DIGEST_SIZE])
{
    const unsigned char *bytes = data;

    for (unsigned i = 0; i < STOREHOOK_DIGEST_SIZE; i += 8) {
        uint64_t h = 14695981039346656037u + i;

        for (size_t n = 0; n < size; n++)
            h = (h ^ bytes[n]) * 1099511628211u;
        memcpy(ret + i, &h, 8);
    }
}

static int bind_socket(const char *path, const char *suffix)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s%s", path, suffix);
    unlink(address.sun_path);
    assert(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    return fd;
}

/* --- Answers ------------------------------------------------------------------------------ */

typedef struct {
    StorehookWriter writer;
    int memfd;
    _Alignas(8) unsigned char buffer[STOREHOOK_DATAGRAM_MAX];
} Reply;

static void reply_start(Reply *reply, const Datagram *request, StorehookKind kind)
{
    reply->memfd = -1;
    storehook_write_start(&reply->writer, reply->buffer, sizeof(reply->buffer), kind,
                          request->message.header.request, 0, 1);
}

static void reply_verdict(Reply *reply, StorehookAction action, StorehookVerdictKind verdict,
                          const char *name)
{
    storehook_write_u32(&reply->writer, STOREHOOK_FIELD_ACTION, action);
    storehook_write_u32(&reply->writer, STOREHOOK_FIELD_VERDICT, verdict);
    storehook_write_bytes(&reply->writer, STOREHOOK_FIELD_VERDICT_NAME, name, strlen(name));
}

static void reply_data(Reply *reply, const void *data, size_t size, bool unsealed)
{
    if (size <= STOREHOOK_INLINE_MAX && !unsealed) {
        storehook_write_bytes(&reply->writer, STOREHOOK_FIELD_DATA, data, size);
        return;
    }
    if (unsealed) {
        reply->memfd = memfd_create("unsealed", MFD_CLOEXEC);
        assert(write(reply->memfd, data, size) == (ssize_t)size);
    } else {
        reply->memfd = storehook_memfd_new(data, size);
    }
    assert(reply->memfd >= 0);
    storehook_write_descriptor(&reply->writer, STOREHOOK_FIELD_DATA, reply->memfd, size);
}

static void misbehave(FakeService *service, Reply *reply, int fd, FakeBehaviour behaviour)
{
    StorehookHeader *header = (StorehookHeader *)(void *)reply->buffer;
    unsigned char garbage[300];

    switch (behaviour) {
    case FAKE_GARBLED:
        for (size_t i = 0; i < sizeof(garbage); i++)
            garbage[i] = (unsigned char)rand_r(&service->random);
        send(fd, garbage, sizeof(garbage), MSG_NOSIGNAL);
        return;
    case FAKE_SHORT:
        header->length = (uint32_t)reply->writer.length;
        send(fd, reply->buffer, reply->writer.length / 2, MSG_NOSIGNAL);
        return;
    case FAKE_OVERSIZED: {
        unsigned char *big = calloc(1, 100000);

        memcpy(big, reply->buffer, reply->writer.length);
        send(fd, big, 100000, MSG_NOSIGNAL);
        free(big);
        return;
    }
    case FAKE_LATE:
        usleep(1000 * (atomic_load(&service->deadline_ms) + LATE_MS));
        break;
    case FAKE_WRONG_VERSION:
        header->version = STOREHOOK_PROTOCOL_VERSION + 1;
        break;
    case FAKE_WRONG_REQUEST:
        header->request += 1000;
        break;
    case FAKE_WRONG_KIND:
        header->kind = STOREHOOK_REPORT;
        break;
    case FAKE_BAD_LENGTHS:
        header->field_count += 3;
        break;
    case FAKE_CLOSING:
    case FAKE_SILENT:
        return;
    default:
        break;
    }
    storehook_write_send(&reply->writer, fd, 0);
}

static FakeBehaviour choose(FakeService *service, FakeBehaviour behaviour)
{
    if (behaviour != FAKE_RANDOM)
        return behaviour;
    if (rand_r(&service->random) % 2 == 0)
        return FAKE_CORRECT;
    do
        behaviour = (FakeBehaviour)(rand_r(&service->random) % FAKE_BEHAVIOURS);
    while (behaviour == FAKE_LATE || behaviour == FAKE_SILENT);
    return behaviour;
}

static void reply_send(FakeService *service, Reply *reply, const Datagram *request,
                       FakeBehaviour behaviour)
{
    int fd = request->descriptors[0];

    if (behaviour == FAKE_DESCRIPTORS)
        for (unsigned i = 0; i < 20; i++)
            storehook_write_descriptor(&reply->writer, STOREHOOK_FIELD_PAGE, service->page_fd,
                                       sizeof(StorehookPage));
    if (behaviour == FAKE_CORRECT)
        storehook_write_send(&reply->writer, fd, 0);
    else
        misbehave(service, reply, fd, behaviour);
    if (behaviour == FAKE_SILENT)
        fcntl(fd, F_DUPFD_CLOEXEC, 100); /* stays open for ever: no end of file */
    if (reply->memfd >= 0)
        close(reply->memfd);
}

/* --- Judging -------------------------------------------------------------------------------- */

typedef struct {
    unsigned char *bytes;
    size_t size;
} Data;

/* A copy of a field, with a NUL behind. */
static Data field_data(const StorehookValue *value)
{
    Data data = {calloc(1, value->size + 1), value->size};

    if (value->data) {
        memcpy(data.bytes, value->data, value->size);
    } else {
        assert(storehook_memfd_check(value->descriptor, value->size) == 0);
        assert(pread(value->descriptor, data.bytes, value->size, 0) == (ssize_t)value->size);
    }
    return data;
}

static Data find_data(const Datagram *request, StorehookField tag)
{
    StorehookValue value;

    return storehook_read_find(&request->message, tag, &value) ? field_data(&value) : (Data){0};
}

static unsigned char *find_word(const Data *data, const char *word)
{
    return data->bytes ? memmem(data->bytes, data->size, word, strlen(word)) : NULL;
}

static void learn(FakeService *service, const unsigned char *digest, bool infected)
{
    Known *known = &service->known[service->known_count++ % KNOWN_MAX];

    memcpy(known->digest, digest, STOREHOOK_DIGEST_SIZE);
    known->infected = infected;
}

static const Known *find_known(const FakeService *service, const Data *digest)
{
    unsigned count = service->known_count < KNOWN_MAX ? service->known_count : KNOWN_MAX;

    for (unsigned i = 0; i < count; i++)
        if (digest->size == STOREHOOK_DIGEST_SIZE &&
            memcmp(service->known[i].digest, digest->bytes, STOREHOOK_DIGEST_SIZE) == 0)
            return &service->known[i];
    return NULL;
}

static void make_notice(FakeService *service, char ret[64], unsigned char digest[32])
{
    snprintf(ret, 64, "NOTICE %u-%d", ++service->notices, (int)getpid());
    fake_digest(ret, strlen(ret), digest);
}

static void reply_notice(FakeService *service, Reply *reply, FakeBehaviour behaviour, bool flagged)
{
    unsigned char digest[STOREHOOK_DIGEST_SIZE];
    char notice[64], incident[32];

    make_notice(service, notice, digest);
    snprintf(incident, sizeof(incident), "INC-%u", service->notices);
    storehook_write_u32(&reply->writer, STOREHOOK_FIELD_FLAGGED, flagged);
    storehook_write_bytes(&reply->writer, STOREHOOK_FIELD_INCIDENT, incident, strlen(incident));
    storehook_write_bytes(&reply->writer, STOREHOOK_FIELD_DIGEST, digest,
                          sizeof(digest) - (behaviour == FAKE_SHORT_DIGEST));
    reply_data(reply, notice, strlen(notice), behaviour == FAKE_UNSEALED);
}

static void judge_content(FakeService *service, const Datagram *request, Reply *reply,
                          FakeBehaviour behaviour)
{
    Data data = find_data(request, STOREHOOK_FIELD_DATA);
    unsigned char digest[STOREHOOK_DIGEST_SIZE];
    bool infected = find_word(&data, "EICAR") != NULL;

    service->counts.contents++;
    fake_digest(data.bytes, data.size, digest);
    learn(service, digest, infected);
    if (infected) {
        reply_verdict(reply, STOREHOOK_ACTION_REPLACE, STOREHOOK_VERDICT_INFECTED, "Eicar");
        reply_notice(service, reply, behaviour, true);
    } else if (behaviour == FAKE_BAD_ACTION && find_word(&data, "DROP")) {
        reply_verdict(reply, STOREHOOK_ACTION_DROP, STOREHOOK_VERDICT_SUSPICIOUS, "not here");
        storehook_write_u32(&reply->writer, STOREHOOK_FIELD_FLAGGED, 1);
    } else if (find_word(&data, "STRIP")) {
        reply_verdict(reply, STOREHOOK_ACTION_REPLACE, STOREHOOK_VERDICT_BLOCKED, "rule");
        reply_notice(service, reply, FAKE_CORRECT, false);
    } else if (find_word(&data, "FLAG")) {
        reply_verdict(reply, STOREHOOK_ACTION_PASS, STOREHOOK_VERDICT_SUSPICIOUS, "why");
        storehook_write_u32(&reply->writer, STOREHOOK_FIELD_FLAGGED, 1);
    } else if (find_word(&data, "REFUSE")) {
        reply_verdict(reply, STOREHOOK_ACTION_REFUSE, STOREHOOK_VERDICT_BLOCKED, "no");
    } else if (find_word(&data, "DEFER")) {
        reply_verdict(reply, STOREHOOK_ACTION_DEFER, STOREHOOK_VERDICT_NOT_SCANNED, "later");
    } else {
        reply_verdict(
            reply, behaviour == FAKE_BAD_ACTION ? STOREHOOK_ACTIONS : STOREHOOK_ACTION_PASS,
            behaviour == FAKE_BAD_VERDICT ? STOREHOOK_VERDICTS : STOREHOOK_VERDICT_CLEAN, "");
    }
    free(data.bytes);
}

static void judge_text(FakeService *service, const Datagram *request, Reply *reply)
{
    Data data = find_data(request, STOREHOOK_FIELD_DATA);
    unsigned char *word = find_word(&data, "EICAR");

    service->counts.texts++;
    if (word) {
        memcpy(word, "xxxxx", 5);
        reply_verdict(reply, STOREHOOK_ACTION_REPLACE, STOREHOOK_VERDICT_INFECTED, "Eicar");
        storehook_write_u32(&reply->writer, STOREHOOK_FIELD_FLAGGED, 1);
        storehook_write_bytes(&reply->writer, STOREHOOK_FIELD_INCIDENT, "INC-T", 5);
        reply_data(reply, data.bytes, data.size - (find_word(&data, "CUTME") ? 1 : 0), false);
    } else {
        reply_verdict(reply, STOREHOOK_ACTION_PASS, STOREHOOK_VERDICT_CLEAN, "");
    }
    free(data.bytes);
}

static void judge_link(FakeService *service, const Datagram *request, Reply *reply)
{
    static const char header[] = "Content-Type: text/plain; notice=1\r\n\r\n";
    Data digest = find_data(request, STOREHOOK_FIELD_DIGEST);
    Data notice = find_data(request, STOREHOOK_FIELD_NOTICE);
    Data data = find_data(request, STOREHOOK_FIELD_DATA);
    Data name = find_data(request, STOREHOOK_FIELD_NAME);
    const Known *known = find_known(service, &digest);

    service->counts.links++;
    if (notice.bytes) {
        reply_verdict(reply, STOREHOOK_ACTION_REPLACE, STOREHOOK_VERDICT_INFECTED, "Eicar");
        storehook_write_bytes(&reply->writer, STOREHOOK_FIELD_DIGEST, notice.bytes, notice.size);
        storehook_write_bytes(&reply->writer, STOREHOOK_FIELD_HEADER, header, strlen(header));
        storehook_write_bytes(&reply->writer, STOREHOOK_FIELD_NAME, "notice.txt", 10);
    } else if (!known && digest.bytes && !data.bytes) {
        service->counts.need_data++;
        reply_verdict(reply, STOREHOOK_ACTION_PASS, STOREHOOK_VERDICT_NOT_SCANNED, "");
        storehook_write_u32(&reply->writer, STOREHOOK_FIELD_NEED_DATA, 1);
    } else if ((known && known->infected) || find_word(&data, "EICAR") ||
               find_word(&name, "BLOCK")) {
        reply_verdict(reply, STOREHOOK_ACTION_REPLACE, STOREHOOK_VERDICT_INFECTED, "Eicar");
        storehook_write_bytes(&reply->writer, STOREHOOK_FIELD_HEADER, header, strlen(header));
        storehook_write_bytes(&reply->writer, STOREHOOK_FIELD_NAME, "notice.txt", 10);
        reply_notice(service, reply, FAKE_CORRECT, true);
    } else {
        reply_verdict(reply, STOREHOOK_ACTION_PASS, STOREHOOK_VERDICT_CLEAN, "");
        if (service->remembers)
            storehook_write_u32(&reply->writer, STOREHOOK_FIELD_REMEMBER, 1);
    }
    free(digest.bytes);
    free(notice.bytes);
    free(data.bytes);
    free(name.bytes);
}

static void append(char *text, size_t size, const StorehookValue *value)
{
    Data data = field_data(value);
    size_t length = strlen(text);

    if (value->tag == STOREHOOK_FIELD_OFFSET)
        snprintf(text + length, size - length, "%llu|", *(unsigned long long *)(void *)data.bytes);
    else
        snprintf(text + length, size - length, "%.200s|", (char *)data.bytes);
    free(data.bytes);
}

static void count_fields(FakeCounts *counts, const StorehookMessage *message)
{
    char part[4096] = "";
    StorehookValue value;
    size_t position = 0;

    while (storehook_read_next(message, &position, &value)) {
        if (value.tag == STOREHOOK_FIELD_PART) {
            counts->message_parts++;
            part[0] = '\0';
        } else if (value.tag == STOREHOOK_FIELD_FLAGGED) {
            counts->message_flagged++;
            strcpy(counts->message_part, part);
        } else if (counts->message_parts == 0 && value.tag == STOREHOOK_FIELD_DATA) {
            append(counts->message_text, sizeof(counts->message_text), &value);
        } else if (value.tag == STOREHOOK_FIELD_NAME || value.tag == STOREHOOK_FIELD_HEADER ||
                   value.tag == STOREHOOK_FIELD_OFFSET || value.tag == STOREHOOK_FIELD_ENCODING ||
                   value.tag == STOREHOOK_FIELD_DATA) {
            append(part, sizeof(part), &value);
        }
    }
}

static void judge_message(FakeService *service, const Datagram *request, Reply *reply)
{
    FakeCounts *counts = &service->counts;
    StorehookMessage fields;
    StorehookValue parts;

    counts->messages++;
    counts->message_parts = counts->message_flagged = 0;
    counts->message_text[0] = counts->message_part[0] = '\0';
    count_fields(counts, &request->message);
    if (storehook_read_find(&request->message, STOREHOOK_FIELD_PARTS, &parts)) {
        Data data = field_data(&parts);

        if (storehook_read_fields(data.bytes, data.size, &fields) == 0)
            count_fields(counts, &fields);
        free(data.bytes);
    }
    reply_verdict(reply, atomic_load(&service->message_action), STOREHOOK_VERDICT_INFECTED, "");
    storehook_write_bytes(&reply->writer, STOREHOOK_FIELD_INCIDENT, "MSG-1", 5);
}

static void take_note(FakeService *service, const Datagram *request)
{
    static const StorehookField tags[] = {STOREHOOK_FIELD_INCIDENT, STOREHOOK_FIELD_FOLDER,
                                          STOREHOOK_FIELD_FOLDER_KIND, STOREHOOK_FIELD_MAILBOX};
    StorehookValue value;

    service->counts.notes++;
    service->counts.note[0] = '\0';
    for (unsigned i = 0; i < 4; i++)
        if (storehook_read_find(&request->message, tags[i], &value))
            append(service->counts.note, sizeof(service->counts.note), &value);
    service->counts.note_dropped =
        storehook_read_u32(&request->message, STOREHOOK_FIELD_DROPPED, 9);
}

static void work(FakeService *service, const Datagram *request)
{
    FakeBehaviour behaviour = choose(service, atomic_load(&service->behaviour));
    Reply *reply = malloc(sizeof(*reply));

    reply_start(reply, request, STOREHOOK_VERDICT);
    pthread_mutex_lock(&service->lock);
    switch (request->message.header.kind) {
    case STOREHOOK_JUDGE_CONTENT:
        judge_content(service, request, reply, behaviour);
        break;
    case STOREHOOK_SCAN:
        service->counts.scans++;
        judge_content(service, request, reply, behaviour);
        storehook_write_bytes(&reply->writer, STOREHOOK_FIELD_TYPE, "text/plain", 10);
        break;
    case STOREHOOK_JUDGE_TEXT:
        judge_text(service, request, reply);
        break;
    case STOREHOOK_JUDGE_LINK:
        judge_link(service, request, reply);
        break;
    case STOREHOOK_JUDGE_MESSAGE:
        judge_message(service, request, reply);
        break;
    case STOREHOOK_NOTE_LINK:
        take_note(service, request);
        break;
    case STOREHOOK_LOOK:
        service->counts.calls++;
        service->called =
            service->lanes[storehook_read_u32(&request->message, STOREHOOK_FIELD_LANE, 0)];
        break;
    default:
        break;
    }
    pthread_mutex_unlock(&service->lock);
    if (request->descriptor_count > 0)
        reply_send(service, reply, request, behaviour);
    free(reply);
}

/* --- The supervisor --------------------------------------------------------------------------- */

static void welcome(FakeService *service, const Datagram *request)
{
    FakeBehaviour behaviour = choose(service, atomic_load(&service->hello));
    Reply *reply = malloc(sizeof(*reply));
    StorehookValue value;

    usleep(1000 * atomic_load(&service->welcome_ms));
    pthread_mutex_lock(&service->lock);
    service->counts.hellos++;
    if (storehook_read_find(&request->message, STOREHOOK_FIELD_PROGRAM, &value))
        snprintf(service->counts.program, sizeof(service->counts.program), "%.*s", (int)value.size,
                 (const char *)value.data);
    assert(storehook_read_find(&request->message, STOREHOOK_FIELD_EXECUTABLE, &value) &&
           value.descriptor >= 0);
    assert(storehook_read_find(&request->message, STOREHOOK_FIELD_INSTANCE, &value) &&
           value.size == 16);
    service->counts.unhooked = storehook_read_u32(&request->message, STOREHOOK_FIELD_UNHOOKED, 9);
    reply_start(reply, request, STOREHOOK_WELCOME);
    ((StorehookHeader *)(void *)reply->buffer)->generation = service->page->generation;
    storehook_write_u32(&reply->writer, STOREHOOK_FIELD_ANSWER, atomic_load(&service->answer));
    storehook_write_descriptor(&reply->writer, STOREHOOK_FIELD_PAGE, service->page_fd,
                               sizeof(StorehookPage));
    if (service->lanes_fd >= 0)
        storehook_write_descriptor(&reply->writer, STOREHOOK_FIELD_LANES, service->lanes_fd,
                                   sizeof(StorehookLanes));
    storehook_write_bytes(&reply->writer, STOREHOOK_FIELD_PROFILE, service->profile,
                          strlen(service->profile));
    storehook_write_u32(&reply->writer, STOREHOOK_FIELD_DEADLINE,
                        atomic_load(&service->deadline_ms));
    pthread_mutex_unlock(&service->lock);
    reply_send(service, reply, request, behaviour);
    free(reply);
}

static void tell_lanes(FakeService *service, const Datagram *request)
{
    Reply *reply = malloc(sizeof(*reply));

    reply_start(reply, request, STOREHOOK_WELCOME);
    pthread_mutex_lock(&service->lock);
    if (service->lanes_fd >= 0)
        storehook_write_descriptor(&reply->writer, STOREHOOK_FIELD_LANES, service->lanes_fd,
                                   sizeof(StorehookLanes));
    pthread_mutex_unlock(&service->lock);
    reply_send(service, reply, request, choose(service, atomic_load(&service->hello)));
    free(reply);
}

static void take_report(FakeService *service, const Datagram *request)
{
    StorehookValue value;
    size_t position = 0;

    usleep(1000 * atomic_load(&service->report_ms));
    pthread_mutex_lock(&service->lock);
    service->counts.reports++;
    service->counts.unhooked = storehook_read_u32(&request->message, STOREHOOK_FIELD_UNHOOKED, 9);
    while (storehook_read_next(&request->message, &position, &value)) {
        if (value.tag == STOREHOOK_FIELD_ROW)
            service->counts.report_rows++;
        if (value.tag == STOREHOOK_FIELD_UNSCANNED && value.size == sizeof(service->counts.totals))
            memcpy(service->counts.totals, value.data, value.size);
    }
    pthread_mutex_unlock(&service->lock);
}

static void supervise(FakeService *service, const Datagram *request)
{
    if (request->message.header.kind == STOREHOOK_HELLO)
        welcome(service, request);
    else if (request->message.header.kind == STOREHOOK_ASK_LANES)
        tell_lanes(service, request);
    else if (request->message.header.kind == STOREHOOK_REPORT)
        take_report(service, request);
}

/* False when nothing was there. */
static bool take(FakeService *service, Datagram *request, int fd,
                 void (*handle)(FakeService *service, const Datagram *request))
{
    ssize_t size;

    request->descriptor_count = 0;
    size = storehook_receive(fd, request->buffer, sizeof(request->buffer), request->descriptors,
                             &request->descriptor_count, MSG_DONTWAIT);
    if (size <= 0)
        return false;
    if (storehook_read_message(request->buffer, (size_t)size, request->descriptors,
                               request->descriptor_count, &request->message) == 0)
        handle(service, request);
    for (unsigned i = 0; i < request->descriptor_count; i++)
        close(request->descriptors[i]);
    return true;
}

static void serve(FakeService *service, int fd,
                  void (*handle)(FakeService *service, const Datagram *request))
{
    Datagram *request = malloc(sizeof(*request));
    struct pollfd polls[2] = {{.fd = fd, .events = POLLIN},
                              {.fd = service->stop[0], .events = POLLIN}};

    for (;;) {
        if (poll(polls, 2, -1) < 0)
            continue;
        if (polls[1].revents)
            break;
        take(service, request, fd, handle);
    }
    free(request);
}

/* Counted before it is answered: who has the answer looks at the count. */
static void work_in_lane(FakeService *service, const Datagram *request)
{
    pthread_mutex_lock(&service->lock);
    service->counts.lane_questions++;
    pthread_mutex_unlock(&service->lock);
    work(service, request);
}

static void take_lane(FakeService *service, Datagram *request, int fd)
{
    while (take(service, request, fd, work_in_lane))
        ;
}

/* One thread for all lanes and for all that come to no lane. */
static void *run_worker(void *argument)
{
    FakeService *service = argument;
    Datagram *request = malloc(sizeof(*request));
    struct pollfd polls[2 + STOREHOOK_LANES_MAX] = {
        {.fd = service->stop[0], .events = POLLIN},
        {.fd = service->worker_socket, .events = POLLIN}};

    for (;;) {
        bool takes = atomic_load(&service->takes_lanes);

        pthread_mutex_lock(&service->lock);
        for (unsigned i = 0; i < STOREHOOK_LANES_MAX; i++)
            polls[2 + i] = (struct pollfd){.fd = takes ? service->lanes[i] : -1, .events = POLLIN};
        pthread_mutex_unlock(&service->lock);
        if (poll(polls, 2 + STOREHOOK_LANES_MAX, 20) < 0)
            continue;
        if (polls[0].revents)
            break;
        service->called = -1;
        if (polls[1].revents)
            take(service, request, service->worker_socket, work);
        if (service->called >= 0)
            take_lane(service, request, service->called);
        for (unsigned i = 0; i < STOREHOOK_LANES_MAX; i++)
            if (polls[2 + i].revents & POLLIN)
                take_lane(service, request, polls[2 + i].fd);
    }
    free(request);
    return NULL;
}

static void *run_supervisor(void *argument)
{
    FakeService *service = argument;

    serve(service, service->supervisor_socket, supervise);
    return NULL;
}

FakeService *fake_service_start(const char *path)
{
    FakeService *service = calloc(1, sizeof(*service));

    pthread_mutex_init(&service->lock, NULL);
    snprintf(service->path, sizeof(service->path), "%s", path);
    strcpy(service->profile, default_profile);
    atomic_store(&service->message_action, STOREHOOK_ACTION_DROP);
    atomic_store(&service->deadline_ms, 20000); /* where nobody is late, on a loaded machine */
    atomic_store(&service->answer, STOREHOOK_ANSWER_HOOKED);
    service->random = 1;
    service->lanes_fd = -1;
    for (unsigned i = 0; i < STOREHOOK_LANES_MAX; i++)
        service->lanes[i] = -1;
    service->page_fd = memfd_create("page", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert(ftruncate(service->page_fd, sizeof(StorehookPage)) == 0);
    assert(fcntl(service->page_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0);
    service->page =
        mmap(NULL, sizeof(StorehookPage), PROT_READ | PROT_WRITE, MAP_SHARED, service->page_fd, 0);
    assert(service->page != MAP_FAILED);
    service->page->magic = STOREHOOK_PROTOCOL_MAGIC;
    service->page->version = STOREHOOK_PROTOCOL_VERSION;
    atomic_store(&service->page->enabled, 1);
    atomic_store(&service->page->generation, 1);
    assert(pipe2(service->stop, O_CLOEXEC) == 0);
    service->worker_socket = bind_socket(path, STOREHOOK_SUFFIX_STORE);
    service->supervisor_socket = bind_socket(path, "");
    pthread_create(&service->supervisor, NULL, run_supervisor, service);
    pthread_create(&service->worker, NULL, run_worker, service);
    return service;
}

FakeCounts fake_service_kill(FakeService *service)
{
    Datagram *report = malloc(sizeof(*report));
    FakeCounts counts;

    close(service->stop[1]);
    pthread_join(service->supervisor, NULL);
    pthread_join(service->worker, NULL);
    while (take(service, report, service->supervisor_socket, supervise))
        ;
    free(report);
    counts = service->counts;
    close(service->stop[0]);
    close(service->supervisor_socket);
    close(service->worker_socket);
    for (unsigned i = 0; i < STOREHOOK_LANES_MAX; i++)
        close(service->lanes[i]);
    close(service->lanes_fd);
    munmap(service->page, sizeof(StorehookPage));
    close(service->page_fd);
    pthread_mutex_destroy(&service->lock);
    free(service);
    return counts;
}

void fake_service_behave(FakeService *service, FakeBehaviour behaviour)
{
    atomic_store(&service->behaviour, behaviour);
}

void fake_service_behave_at_hello(FakeService *service, FakeBehaviour behaviour)
{
    atomic_store(&service->hello, behaviour);
}

void fake_service_set_message_action(FakeService *service, StorehookAction action)
{
    atomic_store(&service->message_action, action);
}

void fake_service_set_deadline(FakeService *service, uint32_t ms)
{
    atomic_store(&service->deadline_ms, ms);
}

void fake_service_take_reports_slowly(FakeService *service, uint32_t ms)
{
    atomic_store(&service->report_ms, ms);
}

void fake_service_welcome_slowly(FakeService *service, uint32_t ms)
{
    atomic_store(&service->welcome_ms, ms);
}

void fake_service_set_answer(FakeService *service, StorehookAnswer answer)
{
    atomic_store(&service->answer, answer);
}

void fake_service_set_profile(FakeService *service, const char *profile)
{
    pthread_mutex_lock(&service->lock);
    snprintf(service->profile, sizeof(service->profile), "%s", profile);
    pthread_mutex_unlock(&service->lock);
}

void fake_service_enable(FakeService *service, bool enabled)
{
    atomic_store(&service->page->enabled, enabled);
}

void fake_service_next_generation(FakeService *service)
{
    atomic_fetch_add(&service->page->generation, 1);
}

void fake_service_open_lanes(FakeService *service, bool takes)
{
    StorehookLanes lanes = {0};
    int fd = memfd_create("lanes", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    pthread_mutex_lock(&service->lock);
    for (unsigned i = 0; i < STOREHOOK_LANES_MAX; i++) {
        char suffix[32];

        snprintf(suffix, sizeof(suffix), STOREHOOK_LANE_FORMAT, STOREHOOK_SUFFIX_STORE, i);
        service->lanes[i] = bind_socket(service->path, suffix);
        lanes.lanes[i].waiting = 1;
    }
    assert(write(fd, &lanes, sizeof(lanes)) == (ssize_t)sizeof(lanes));
    assert(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0);
    service->lanes_fd = fd;
    pthread_mutex_unlock(&service->lock);
    atomic_store(&service->takes_lanes, takes);
}

void fake_service_remember(FakeService *service)
{
    atomic_store(&service->remembers, true);
}

void fake_service_next_epoch(FakeService *service)
{
    atomic_fetch_add(&service->page->epoch, 1);
}

FakeCounts fake_service_counts(FakeService *service)
{
    FakeCounts counts;

    pthread_mutex_lock(&service->lock);
    counts = service->counts;
    pthread_mutex_unlock(&service->lock);
    return counts;
}
