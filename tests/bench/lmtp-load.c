/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lmtp-load.c - delivers messages by LMTP or SMTP as fast as the server takes them.
 *
 * One thread, one epoll, any number of connections, each with one message under way: MAIL, RCPT...
 * and DATA in one write (RFC 2920), the message in another, then the replies. A message is put
 * together from a prepared text and attachment, in which only a few bytes are new each time, so
 * that this program costs a fraction of what any server does; it prints its own CPU time too.
 *
 * Prints one JSON object. Exits 1 when a reply is not what it should be, with that reply: a figure
 * with failed deliveries in it means nothing.
 */
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE_LENGTH = 76,          /* of base64, RFC 2045 §6.8 */
    SAMPLES_MAX = 4 * 1000000, /* latencies kept; a run is shorter than that */
    INPUT_MAX = 65536          /* 1000 replies a message and more */
};

typedef struct {
    const char *target;
    const char *prefix; /* mailboxes are PREFIX0, PREFIX1, ... */
    const char *domain;
    unsigned connections, mailboxes, recipients, spread;
    size_t size, attachment;
    bool repeat; /* the same attachment in each message */
    bool smtp;
    double seconds;
    uint64_t messages;
    uint64_t seed;
} Options;

typedef enum {
    STATE_GREETING,
    STATE_HELLO,
    STATE_ENVELOPE,
    STATE_CONTENT,
    STATE_DONE
} State;

typedef struct {
    int fd;
    State state;
    unsigned index, replies; /* replies still to come */
    uint64_t turn;           /* messages begun on this connection */
    double begun;
    char unique[32], input[INPUT_MAX];
    size_t input_size;
    char *output; /* of the envelope or the message's head */
    struct iovec pieces[8];
    int piece, piece_count;
} Connection;

static Options options = {
    .prefix = "user",
    .domain = "example.org",
    .connections = 1,
    .mailboxes = 1,
    .recipients = 1,
    .size = 1024,
    .seconds = 2,
};
static char *text, *coded; /* the same for all messages */
static size_t text_size, coded_size;
static float *samples;
static size_t sample_count;
static uint64_t begun_count, done_count;
static double end_time;

_Noreturn static void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

_Noreturn static void die(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("lmtp-load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* xorshift64*: the same bytes for the same seed. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717ULL;
}

/* Words and lines of a letter's length. */
static void make_text(size_t size)
{
    static const char *const words[] = {"the",   "store", "keeps",    "what",  "came", "in",
                                        "until", "it",    "is",       "asked", "for",  "again",
                                        "every", "night", "somebody", "reads", "old",  "letters"};
    uint64_t state = 88172645463325252ULL;
    size_t line = 0;

    text = malloc(size + 64);
    while (text_size + 16 < size) {
        const char *word = words[next_random(&state) % (sizeof(words) / sizeof(words[0]))];

        text_size += (size_t)sprintf(text + text_size, "%s ", word);
        line += strlen(word) + 1;
        if (line > 64) {
            text_size += (size_t)sprintf(text + text_size, "\r\n");
            line = 0;
        }
    }
    text_size += (size_t)sprintf(text + text_size, "\r\n");
}

/* Base64 of noise, whole lines, so that any server can take it apart and put it together again. */
static void make_attachment(size_t size)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t lines = size / 57 + 1;
    uint64_t state = 0x9E3779B97F4A7C15ULL ^ options.seed;

    coded = malloc(lines * (LINE_LENGTH + 2) + 1);
    for (size_t line = 0; line < lines; line++) {
        for (int i = 0; i < LINE_LENGTH; i++)
            coded[coded_size++] = alphabet[next_random(&state) >> 58];
        coded[coded_size++] = '\r';
        coded[coded_size++] = '\n';
    }
    /* "fig": noise alone looks like a program to libmagic once in a hundred times. */
    memcpy(coded, "Zmln", 4);
}

static int connect_to(const char *target)
{
    if (strncmp(target, "unix:", 5) == 0) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        snprintf(address.sun_path, sizeof(address.sun_path), "%s", target + 5);
        if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
            die("%s: %s", target, strerror(errno));
        return fd;
    }
    char *host = strdup(target), *port = strrchr(host, ':');
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    int one = 1;

    if (port == NULL)
        die("%s: neither unix:/path nor host:port", target);
    *port++ = '\0';
    if (getaddrinfo(host, port, &hints, &found) != 0)
        die("%s: no such address", target);
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) < 0)
        die("%s: %s", target, strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    freeaddrinfo(found);
    free(host);
    return fd;
}

static void piece_add(Connection *connection, const void *data, size_t size)
{
    connection->pieces[connection->piece_count++] =
        (struct iovec){.iov_base = (void *)(uintptr_t)data, .iov_len = size};
}

/* TRUE when all is out. */
static bool flush(Connection *connection)
{
    while (connection->piece < connection->piece_count) {
        struct msghdr message = {
            .msg_iov = connection->pieces + connection->piece,
            .msg_iovlen = (size_t)(connection->piece_count - connection->piece),
        };
        ssize_t sent = sendmsg(connection->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN)
            return false;
        if (sent < 0)
            die("send: %s", strerror(errno));
        while (sent > 0) {
            struct iovec *piece = &connection->pieces[connection->piece];
            size_t taken = (size_t)sent < piece->iov_len ? (size_t)sent : piece->iov_len;

            piece->iov_base = (char *)piece->iov_base + taken;
            piece->iov_len -= taken;
            sent -= (ssize_t)taken;
            if (piece->iov_len == 0)
                connection->piece++;
        }
    }
    connection->piece = connection->piece_count = 0;
    return true;
}

static unsigned recipient_of(const Connection *connection, unsigned number)
{
    if (options.spread > 0) /* every message to other mailboxes */
        return (unsigned)((connection->turn * options.connections + connection->index + number) %
                          options.mailboxes);
    return (connection->index + number) % options.mailboxes;
}

static void begin_message(Connection *connection)
{
    if (now() >= end_time || (options.messages > 0 && begun_count >= options.messages)) {
        connection->state = STATE_DONE;
        return;
    }
    begun_count++;
    connection->turn++;
    snprintf(connection->unique, sizeof(connection->unique), "%06llx%06llx",
             (unsigned long long)(options.seed & 0xffffff), (unsigned long long)begun_count);
    char *out = connection->output;

    out += sprintf(out, "MAIL FROM:<sender@%s>\r\n", options.domain);
    for (unsigned i = 0; i < options.recipients; i++)
        out += sprintf(out, "RCPT TO:<%s%u@%s>\r\n", options.prefix, recipient_of(connection, i),
                       options.domain);
    out += sprintf(out, "DATA\r\n");
    connection->state = STATE_ENVELOPE;
    connection->replies = options.recipients + 2;
    connection->begun = now();
    piece_add(connection, connection->output, (size_t)(out - connection->output));
    flush(connection);
}

static void send_content(Connection *connection)
{
    char *out = connection->output;

    out += sprintf(out,
                   "Return-Path: <sender@%s>\r\nFrom: Load <sender@%s>\r\nTo: <%s%u@%s>\r\n"
                   "Subject: message %s\r\nMessage-ID: <%s@load.example.org>\r\n"
                   "Date: Mon, 02 Mar 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n",
                   options.domain, options.domain, options.prefix, recipient_of(connection, 0),
                   options.domain, connection->unique, connection->unique);
    if (options.attachment > 0)
        out += sprintf(out, "Content-Type: multipart/mixed; boundary=\"=_load\"\r\n\r\n"
                            "--=_load\r\n");
    out += sprintf(out, "Content-Type: text/plain; charset=us-ascii\r\n\r\nNumber %s.\r\n",
                   connection->unique);
    size_t head = (size_t)(out - connection->output);

    /* A message without an attachment is as large as was asked for, header included. */
    size_t words = options.attachment > 0 ? text_size : text_size > head ? text_size - head : 0;
    piece_add(connection, connection->output, head);
    piece_add(connection, text + (text_size - words), words);
    if (options.attachment > 0) {
        char *part = out;

        out += sprintf(out, "--=_load\r\nContent-Type: application/octet-stream; name=\"load.bin\""
                            "\r\nContent-Transfer-Encoding: base64\r\n"
                            "Content-Disposition: attachment; filename=\"load.bin\"\r\n\r\n");
        if (!options.repeat) /* its first line is new: 12 characters of hex are base64 as well */
            out += sprintf(out, "Zmln%s%.*s\r\n", connection->unique, LINE_LENGTH - 16, coded + 16);
        else
            out += sprintf(out, "%.*s\r\n", LINE_LENGTH, coded);
        piece_add(connection, part, (size_t)(out - part));
        piece_add(connection, coded + LINE_LENGTH + 2, coded_size - LINE_LENGTH - 2);
        piece_add(connection, "--=_load--\r\n", 12);
    }
    piece_add(connection, ".\r\n", 3);
    connection->state = STATE_CONTENT;
    connection->replies = options.smtp ? 1 : options.recipients;
    flush(connection);
}

static void on_reply(Connection *connection, const char *line)
{
    char wanted = connection->state == STATE_ENVELOPE && connection->replies == 1 ? '3' : '2';

    if (line[0] != wanted)
        die("message %llu, state %d: %s", (unsigned long long)begun_count, connection->state, line);
    if (--connection->replies > 0)
        return;
    switch (connection->state) {
    case STATE_GREETING:
        connection->state = STATE_HELLO;
        connection->replies = 1;
        piece_add(connection, connection->output,
                  (size_t)sprintf(connection->output, "%s load.example.org\r\n",
                                  options.smtp ? "EHLO" : "LHLO"));
        flush(connection);
        break;
    case STATE_HELLO:
        begin_message(connection);
        break;
    case STATE_ENVELOPE:
        send_content(connection);
        break;
    case STATE_CONTENT:
        if (sample_count < SAMPLES_MAX)
            samples[sample_count++] = (float)(now() - connection->begun);
        done_count++;
        begin_message(connection);
        break;
    case STATE_DONE:
        break;
    }
}

static void on_readable(Connection *connection)
{
    char *from, *end;
    ssize_t got = recv(connection->fd, connection->input + connection->input_size,
                       sizeof(connection->input) - 1 - connection->input_size, MSG_DONTWAIT);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0)
        die("connection %u closed by the server in state %d", connection->index, connection->state);
    connection->input_size += (size_t)got;
    connection->input[connection->input_size] = '\0';
    for (from = connection->input; (end = strchr(from, '\n')) != NULL; from = end + 1) {
        *end = '\0';
        if (end - from >= 4 && from[3] != '-' && connection->state != STATE_DONE)
            on_reply(connection, from);
    }
    connection->input_size -= (size_t)(from - connection->input);
    memmove(connection->input, from, connection->input_size);
}

static int by_value(const void *a, const void *b)
{
    float left = *(const float *)a, right = *(const float *)b;

    return (left > right) - (left < right);
}

static double percentile(double part)
{
    return sample_count == 0 ? 0
                             : 1e3 * (double)samples[(size_t)(part * (double)(sample_count - 1))];
}

static void read_options(int argc, char **argv)
{
    static const struct option names[] = {
        {"connect", required_argument, NULL, 'c'},
        {"connections", required_argument, NULL, 'n'},
        {"mailboxes", required_argument, NULL, 'm'},
        {"recipients", required_argument, NULL, 'r'},
        {"prefix", required_argument, NULL, 'p'},
        {"domain", required_argument, NULL, 'd'},
        {"size", required_argument, NULL, 's'},
        {"attachment", required_argument, NULL, 'a'},
        {"repeat", no_argument, NULL, 'R'},
        {"smtp", no_argument, NULL, 'S'},
        {"seconds", required_argument, NULL, 't'},
        {"messages", required_argument, NULL, 'N'},
        {"seed", required_argument, NULL, 'e'},
        {"spread", no_argument, NULL, 'x'},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (option) {
        case 'c':
            options.target = optarg;
            break;
        case 'n':
            options.connections = (unsigned)atoi(optarg);
            break;
        case 'm':
            options.mailboxes = (unsigned)atoi(optarg);
            break;
        case 'r':
            options.recipients = (unsigned)atoi(optarg);
            break;
        case 'p':
            options.prefix = optarg;
            break;
        case 'd':
            options.domain = optarg;
            break;
        case 's':
            options.size = (size_t)atol(optarg);
            break;
        case 'a':
            options.attachment = (size_t)atol(optarg);
            break;
        case 'R':
            options.repeat = true;
            break;
        case 'S':
            options.smtp = true;
            break;
        case 't':
            options.seconds = atof(optarg);
            break;
        case 'N':
            options.messages = (uint64_t)atoll(optarg);
            break;
        case 'e':
            options.seed = (uint64_t)atoll(optarg);
            break;
        case 'x':
            options.spread = 1;
            break;
        default:
            exit(2);
        }
    }
    if (options.target == NULL || options.connections == 0 || options.mailboxes == 0 ||
        options.recipients == 0) {
        fputs(
            "usage: lmtp-load --connect unix:/path|host:port [--connections N] [--mailboxes N]\n"
            "  [--recipients N] [--spread] [--prefix user] [--domain example.org] [--size BYTES]\n"
            "  [--attachment BYTES] [--repeat] [--smtp] [--seconds N] [--messages N] [--seed N]\n",
            stderr);
        exit(2);
    }
}

static void run_load(Connection *connections)
{
    int poll = epoll_create1(EPOLL_CLOEXEC);
    unsigned open_count = options.connections;

    for (unsigned i = 0; i < options.connections; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};

        connections[i].index = i;
        connections[i].fd = connect_to(options.target);
        connections[i].replies = 1;
        connections[i].output = malloc(4096 + 128 * (size_t)options.recipients);
        epoll_ctl(poll, EPOLL_CTL_ADD, connections[i].fd, &event);
    }
    while (open_count > 0) {
        struct epoll_event events[64];
        int count = epoll_wait(poll, events, 64, 30000);

        if (count == 0)
            die("the server did not answer for 30 s");
        for (int i = 0; i < count; i++) {
            Connection *connection = &connections[events[i].data.u32];
            struct epoll_event event = {.data.u32 = connection->index};

            if (events[i].events & EPOLLOUT)
                flush(connection);
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                on_readable(connection);
            if (connection->state == STATE_DONE) {
                epoll_ctl(poll, EPOLL_CTL_DEL, connection->fd, NULL);
                open_count--;
                continue;
            }
            event.events = EPOLLIN | (connection->piece < connection->piece_count ? EPOLLOUT : 0U);
            epoll_ctl(poll, EPOLL_CTL_MOD, connection->fd, &event);
        }
    }
    close(poll);
}

int main(int argc, char **argv)
{
    struct rusage usage;

    read_options(argc, argv);
    make_text(options.attachment > 0 ? 400 : options.size);
    make_attachment(options.attachment);
    samples = malloc(SAMPLES_MAX * sizeof(*samples));
    Connection *connections = calloc(options.connections, sizeof(*connections));
    double begun = now();

    end_time = begun + options.seconds;
    run_load(connections);
    double seconds = now() - begun;

    qsort(samples, sample_count, sizeof(*samples), by_value);
    getrusage(RUSAGE_SELF, &usage);
    uint64_t least = UINT64_MAX;
    for (unsigned i = 0; i < options.connections; i++)
        least = connections[i].turn < least ? connections[i].turn : least;
    printf("{\"deliveries\": %llu, \"seconds\": %.4f, \"per_second\": %.1f, \"p50_ms\": %.3f, "
           "\"p95_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f, \"client_cpu\": %.4f, \"least\": "
           "%llu}\n",
           (unsigned long long)done_count, seconds, (double)done_count / seconds, percentile(0.5),
           percentile(0.95), percentile(0.99), percentile(1.0),
           (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6 +
               (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6,
           (unsigned long long)least);
    for (unsigned i = 0; i < options.connections; i++) {
        send(connections[i].fd, "QUIT\r\n", 6, MSG_NOSIGNAL);
        close(connections[i].fd);
        free(connections[i].output);
    }
    free(connections);
    free(samples);
    free(text);
    free(coded);
    return 0;
}
