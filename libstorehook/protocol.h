/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * protocol.h - the wire form between libstorehook.so and storehookd.
 *
 * A message is one datagram on a local socket: a header, then fields. A field is bytes that stand
 * in the datagram, or a descriptor (SCM_RIGHTS) with the size of what it holds. Numbers are
 * native-endian: both ends are on one machine. Nothing here allocates, blocks or trusts its input.
 *
 * Sockets, all SOCK_DGRAM (the last SOCK_STREAM), beside each other; SOCKET is [service] socket=:
 *   - SOCKET: supervisor; HELLO and ASK_LANES (answered), REPORT (not answered)
 *   - SOCKET.store: workers; judgements for a store's write, which go before all else
 *   - SOCKET.store-N: the worker of processor N; the same, from who runs there (StorehookLanes)
 *   - SOCKET.access: workers; SCAN of what somebody waits to read
 *   - SOCKET.background: workers; SCAN by programs that have time
 *   - SOCKET.control: supervisor; storehookctl
 *
 * A request carries its reply socket as its first descriptor; the reply is one datagram there. End
 * of file without a reply means that the worker died. A client may use the pair again for its next
 * request; that is why a request's number is not one that could be guessed. A request is
 * self-contained.
 */
#ifndef LIBSTOREHOOK_PROTOCOL_H
#define LIBSTOREHOOK_PROTOCOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "libstorehook/storehook.h" /* verdict kinds and actions are public */

#define STOREHOOK_DEFAULT_SOCKET "/run/storehook/scanner.sock"
#define STOREHOOK_SUFFIX_STORE ".store"
#define STOREHOOK_SUFFIX_ACCESS ".access"
#define STOREHOOK_SUFFIX_BACKGROUND ".background"
#define STOREHOOK_SUFFIX_CONTROL ".control"
#define STOREHOOK_LANE_FORMAT "%s-%u" /* SOCKET.store, the processor */

enum {
    STOREHOOK_PROTOCOL_MAGIC = 0x314b4853, /* "SHK1" */
    STOREHOOK_PROTOCOL_VERSION = 1,        /* another one: both sides agree to pass */
    STOREHOOK_INLINE_MAX = 8192,           /* content above this is not copied into a message */
    STOREHOOK_DATAGRAM_MAX = 65536,        /* metadata is cut to fit */
    STOREHOOK_TAIL_MAX =
        131072, /* content that a request may bring behind its metadata: half of what
                   the kernel takes, for it wants the half of it in one piece */
    STOREHOOK_REQUEST_MAX = STOREHOOK_DATAGRAM_MAX + STOREHOOK_TAIL_MAX,
    STOREHOOK_FIELDS_MAX = 1024,
    STOREHOOK_FIELD_ALIGNMENT = 8,     /* bytes of a field are padded to it */
    STOREHOOK_DESCRIPTORS_MAX = 250,   /* SCM_MAX_FD is 253 */
    STOREHOOK_TEXT_MAX = 1024,         /* name, subject, sender are cut to this */
    STOREHOOK_RECIPIENTS_MAX = 262144, /* 1000 addresses of 254 bytes (RFC 5321 §4.5.3.1.3) and
                                          what divides them */
    STOREHOOK_HEADER_MAX = 16384,      /* a part's MIME header */
    STOREHOOK_DIGEST_SIZE = 32,        /* SHA-256 */
    STOREHOOK_TOKEN_SIZE = 16,
    STOREHOOK_LANES_MAX = 64 /* processors that may have one */
};

typedef enum {
    /* To SOCKET. */
    STOREHOOK_HELLO = 1, /* EXECUTABLE, PROGRAM, INSTANCE, UNHOOKED -> WELCOME */
    STOREHOOK_REPORT, /* INSTANCE, UNHOOKED, UNSCANNED?, ROW...: what passed unscanned; no reply */
    STOREHOOK_ASK_LANES, /* of a program that asks for verdicts alone -> WELCOME, with LANES alone
                          */

    /* To SOCKET.store or SOCKET.background; each is answered by VERDICT. */
    STOREHOOK_JUDGE_CONTENT = 16, /* DATA, DIGEST?, TABLE: a content row is about to be written */
    STOREHOOK_JUDGE_LINK,    /* DIGEST, NAME, HEADER, NOTICE?, TOKEN?, DATA?: an attachment row;
                                DATA is only sent after the verdict asked for it (NEED_DATA) */
    STOREHOOK_JUDGE_TEXT,    /* DATA: a message row */
    STOREHOOK_JUDGE_MESSAGE, /* at commit, only for a message with a flagged part: DATA (the text
                                as it came), SENDER, RECIPIENTS, SUBJECT (FLAGGED, VERDICT,
                                VERDICT_NAME, INCIDENT where the text is flagged, ACTION: what was
                                done with it), then PARTS with PART and its fields for each part:
                                NAME HEADER OFFSET ENCODING DIGEST DATA (all as they came), FLAGGED,
                                VERDICT, VERDICT_NAME, INCIDENT */
    STOREHOOK_SCAN,          /* DATA, NAME?: a verdict and nothing else */
    STOREHOOK_NOTE_LINK,     /* INCIDENT, FOLDER, FOLDER_KIND, MAILBOX, DROPPED: a flagged
                                message is linked into a folder; carries no reply socket */
    STOREHOOK_LOOK, /* LANE: a question waits there that its worker did not take soon: whoever gets
                       this takes what is there; carries no reply socket, to SOCKET.store only */

    /* Answers. */
    STOREHOOK_WELCOME = 64, /* ANSWER, PAGE (also with NOT_YOU), PROFILE, DEADLINE, LANES */
    STOREHOOK_VERDICT
} StorehookKind;

typedef enum {
    STOREHOOK_FIELD_NONE,
    STOREHOOK_FIELD_EXECUTABLE, /* descriptor: O_PATH of the client's /proc/self/exe */
    STOREHOOK_FIELD_PROGRAM,    /* text: name for the log */
    STOREHOOK_FIELD_INSTANCE,   /* 16 random bytes: one hooked process */
    STOREHOOK_FIELD_UNSCANNED,  /* u64[STOREHOOK_REASONS]: totals since the process began, by
                                   StorehookReason; sending them twice is harmless */
    STOREHOOK_FIELD_ROW,      /* StorehookRow, then table name, NUL, bookmark; an empty table name:
                                 more rows passed since `time` than could be remembered */
    STOREHOOK_FIELD_ANSWER,   /* u32: StorehookAnswer */
    STOREHOOK_FIELD_PAGE,     /* descriptor: memfd with a StorehookPage, to map read-only; sealed
                                 against shrink, or it is not accepted */
    STOREHOOK_FIELD_PROFILE,  /* text: lines "role table column...", see profile_* below */
    STOREHOOK_FIELD_DEADLINE, /* u32: milliseconds a transaction may spend waiting for verdicts */
    STOREHOOK_FIELD_TABLE,    /* text */
    STOREHOOK_FIELD_DATA,     /* bytes or descriptor */
    STOREHOOK_FIELD_DIGEST,   /* 32 bytes */
    STOREHOOK_FIELD_NOTICE,   /* 32 bytes: digest of the notice that stands for DIGEST now */
    STOREHOOK_FIELD_NAME,
    STOREHOOK_FIELD_HEADER,
    STOREHOOK_FIELD_OFFSET, /* u64 */
    STOREHOOK_FIELD_ENCODING,
    STOREHOOK_FIELD_SENDER,
    STOREHOOK_FIELD_RECIPIENTS, /* text, or a descriptor with it */
    STOREHOOK_FIELD_SUBJECT,
    STOREHOOK_FIELD_FOLDER,
    STOREHOOK_FIELD_FOLDER_KIND, /* text; a column of numbers comes as its decimal digits */
    STOREHOOK_FIELD_MAILBOX,
    STOREHOOK_FIELD_PART,         /* empty: the fields after it are of the next part */
    STOREHOOK_FIELD_FLAGGED,      /* u32: 1 when the part or message must be judged at commit */
    STOREHOOK_FIELD_VERDICT,      /* u32: StorehookVerdictKind */
    STOREHOOK_FIELD_VERDICT_NAME, /* text: signature, rule, limit or reason */
    STOREHOOK_FIELD_ACTION,       /* u32: StorehookAction */
    STOREHOOK_FIELD_NEED_DATA,    /* u32: 1: ask again with DATA */
    STOREHOOK_FIELD_TYPE,         /* text: true type, a MIME type */
    STOREHOOK_FIELD_INCIDENT,     /* text: reference of a flagged part */
    STOREHOOK_FIELD_DROPPED,      /* u32 */
    STOREHOOK_FIELD_PARTS,        /* descriptor: sealed memfd with fields, one after another as in a
                                     datagram, none of them a descriptor; as many as there are */
    STOREHOOK_FIELD_REMEMBER,     /* u32: 1: the same link may pass without a question until the
                                     page's epoch changes */
    STOREHOOK_FIELD_UNHOOKED,     /* u32: StorehookUnhooked */
    STOREHOOK_FIELD_TOKEN, /* 16 bytes, in the verdict on a content whose digest was not made:
                             with a LINK it stands for what that verdict was about, as long
                             as the service remembers it */
    STOREHOOK_FIELD_LANES, /* descriptor: memfd with StorehookLanes, like PAGE; may be absent */
    STOREHOOK_FIELD_LANE   /* u32: a processor's number */
} StorehookField;

typedef enum {
    STOREHOOK_ANSWER_NOT_YOU, /* this executable is not to be hooked, until the generation changes
                               */
    STOREHOOK_ANSWER_HOOKED
} StorehookAnswer;

typedef enum {
    STOREHOOK_UNHOOKED_NONE,
    STOREHOOK_UNHOOKED_CALLS, /* some store calls of this process are not hooked */
    STOREHOOK_UNHOOKED_REACH  /* it does not get to the sockets any more */
} StorehookUnhooked;

/* Why a content passed without a verdict. */
typedef enum {
    STOREHOOK_REASON_UNAVAILABLE, /* no service, or its queue full to the deadline */
    STOREHOOK_REASON_DEADLINE,    /* no answer in time */
    STOREHOOK_REASON_CRASH,       /* the worker died over it */
    STOREHOOK_REASON_PROTOCOL,    /* an answer that cannot be understood, or another version */
    STOREHOOK_REASON_RESOURCES,   /* no descriptor, memory or memfd here */
    STOREHOOK_REASONS
} StorehookReason;

typedef struct {
    int64_t time; /* seconds since 1970 */
    uint32_t reason;
    uint32_t table_size;    /* of the name that follows, without NUL */
    uint32_t bookmark_size; /* of the bookmark after that */
    uint32_t reserved;
} StorehookRow;

/* Shared page, written by the supervisor only. */
typedef struct {
    uint32_t magic; /* STOREHOOK_PROTOCOL_MAGIC */
    uint32_t version;
    _Atomic uint32_t enabled;    /* storehookctl stop writes 0, start 1 */
    _Atomic uint32_t generation; /* of the configuration: on a change, say HELLO again */
    _Atomic uint32_t epoch;      /* of whatever a verdict hangs on: on a change, forget what may be
                                    remembered */
} StorehookPage;

/*
 * A lane leads to a worker that stays on one processor. Who runs on the same processor hands its
 * question over there: one goes to sleep where the other wakes up, while to wake another processor
 * from its sleep costs more than all else in a question. Written by the workers, each on its own
 * processor; a hint and no more, since between the look and the sending the worker may have taken
 * something else: then LOOK has another worker take the question.
 */
typedef struct {
    _Alignas(64) _Atomic uint32_t waiting; /* 1: its worker has nothing to do */
    _Atomic uint32_t request;              /* the lower half of the number of what it took last */
} StorehookLane;

typedef struct {
    StorehookLane lanes[STOREHOOK_LANES_MAX]; /* by processor */
} StorehookLanes;

/*
 * PROFILE: one line a table, words divided by one space, ended by '\n':
 *   messages TABLE key=COL text=COL sender=COL recipients=COL subject=COL
 *   attachments TABLE message=COL name=COL header=COL digest=COL offset=COL encoding=COL data=COL
 *   contents TABLE digest=COL data=COL
 *   entries TABLE message=COL folder=COL
 *   folders TABLE key=COL name=COL kind=COL mailbox=COL
 *   mailboxes TABLE key=COL name=COL
 * A role may be absent, and so may any column but key, digest and one of text or data.
 */

typedef struct {
    uint32_t magic;
    uint16_t version;
    uint16_t kind;
    uint32_t length; /* of the whole message */
    uint32_t field_count;
    uint64_t request;     /* unpredictable; echoed in the answer */
    uint32_t deadline_ms; /* what is left when sent */
    uint32_t generation;
} StorehookHeader;

typedef struct {
    uint16_t tag;
    uint16_t descriptor; /* 0: bytes follow, padded to 8; else 1 + index among the descriptors */
    uint32_t size;
} StorehookFieldHeader;

/* --- Writing ------------------------------------------------------------------- */

typedef struct {
    unsigned char *buffer; /* caller's, aligned to 8 */
    size_t capacity, length;
    int descriptors[STOREHOOK_DESCRIPTORS_MAX]; /* borrowed */
    unsigned descriptor_count;
    const void *tail; /* borrowed; NULL: none */
    size_t tail_size;
    bool overflow; /* something did not fit: the message must not be sent */
} StorehookWriter;

void storehook_write_start(StorehookWriter *writer, void *buffer, size_t capacity,
                           StorehookKind kind, uint64_t request, uint32_t deadline_ms,
                           uint32_t generation);
/* The socket that the answer shall come on; before any other descriptor. */
void storehook_write_reply_socket(StorehookWriter *writer, int fd);
void storehook_write_bytes(StorehookWriter *writer, StorehookField tag, const void *data,
                           size_t size);
/* The same for the last field, up to STOREHOOK_TAIL_MAX: not copied, so `data` must stay until the
 * message is sent. To workers only; the kernel may refuse with -EMSGSIZE or -ENOBUFS what a memfd
 * would bring. */
void storehook_write_tail(StorehookWriter *writer, StorehookField tag, const void *data,
                          size_t size);
/* Takes that field back, for a descriptor in its place. */
void storehook_write_drop_tail(StorehookWriter *writer);
void storehook_write_u32(StorehookWriter *writer, StorehookField tag, uint32_t value);
void storehook_write_u64(StorehookWriter *writer, StorehookField tag, uint64_t value);
void storehook_write_descriptor(StorehookWriter *writer, StorehookField tag, int fd, size_t size);
/* Sends on fd (to its peer). 0, or -errno; -EMSGSIZE when the message did not fit. */
int storehook_write_send(StorehookWriter *writer, int fd, int flags);

/* --- Reading ------------------------------------------------------------------- */

typedef struct {
    StorehookHeader header;
    const unsigned char *fields;
    size_t fields_size;
    const int *descriptors; /* owned by the reader's caller */
    unsigned descriptor_count;
} StorehookMessage;

typedef struct {
    StorehookField tag;
    const void *data; /* NULL when it is a descriptor */
    size_t size;
    int descriptor; /* -1 when it is bytes */
} StorehookValue;

/* Receives one datagram and its descriptors (CLOEXEC). Returns its size (0: end of file), or
 * -errno; -EINTR only where it would wait. More descriptors than fit are closed by the kernel and
 * end as -EPROTO. */
ssize_t storehook_receive(int fd, void *buffer, size_t capacity, int *descriptors,
                          unsigned *descriptor_count, int flags);
/* The same, and who sent it where the socket has SO_PASSCRED; else pid 0, uid and gid -1. */
struct ucred;
ssize_t storehook_receive_from(int fd, void *buffer, size_t capacity, int *descriptors,
                               unsigned *descriptor_count, int flags, struct ucred *ret_sender);
/* Checks every length and index. 0; -EPROTO: not a message; -EPROTONOSUPPORT: another version. */
int storehook_read_message(const void *buffer, size_t size, const int *descriptors,
                           unsigned descriptor_count, StorehookMessage *ret);
/* Walks the fields: start with *position = 0; false at the end. */
bool storehook_read_next(const StorehookMessage *message, size_t *position, StorehookValue *ret);
/* The first field of a tag, between two positions of PART or in the whole; false when absent. */
bool storehook_read_find(const StorehookMessage *message, StorehookField tag, StorehookValue *ret);
/* The fields of PARTS, mapped, as a message of no kind. 0; -EPROTO: they do not fill the bytes. */
int storehook_read_fields(const void *bytes, size_t size, StorehookMessage *ret);
/* The number in a field, or fallback when it is absent or has another size. */
uint32_t storehook_read_u32(const StorehookMessage *message, StorehookField tag, uint32_t fallback);

/* --- Contents in descriptors ---------------------------------------------------- */

/* A memfd with the bytes, sealed against write, grow, shrink and further seals. fd or -errno. */
int storehook_memfd_new(const void *data, size_t size);
/* Seals a memfd filled by the caller. 0 or -errno. */
int storehook_memfd_seal(int fd);
/* 0 when fd is a memfd with all those seals and exactly `size` bytes; else -errno. */
int storehook_memfd_check(int fd, size_t size);

#endif /* LIBSTOREHOOK_PROTOCOL_H */
