/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * channel.h - the sockets inside the service, in the wire format of libstorehook/protocol.h.
 *
 * Each is a SOCK_SEQPACKET pair: one between supervisor and loader, one between supervisor and each
 * worker. Their messages have kinds and fields beside those of the protocol.
 */
#ifndef SCANNER_CHANNEL_H
#define SCANNER_CHANNEL_H

#include <glib.h>

#include "libstorehook/protocol.h"

enum {
    /* loader -> supervisor */
    CHANNEL_READY = 1024, /* VERSION, SOURCE, SIGNATURES, NEWEST, BUNDLED */
    CHANNEL_FAILED,       /* REASON: the loader ends after this */
    CHANNEL_WORKER,       /* SLOT, PROCESS, END (descriptor): a worker was forked */
    CHANNEL_LOST, /* SLOT, PROCESS, REASON: a worker died; DIGEST, READING: and this content is
                     condemned for it */
    /* supervisor -> loader */
    CHANNEL_SERVE, /* the stored verdicts are in the cache: fork the workers */
    CHANNEL_DRAIN, /* let the workers finish, then end */
    /* worker -> supervisor */
    CHANNEL_INCIDENT,   /* the fields of an incident */
    CHANNEL_QUARANTINE, /* the same, DATA (descriptor), DIGESTS, IS_MESSAGE; answered by STORED */
    CHANNEL_NOTE,       /* the fields of a NOTE_LINK */
    CHANNEL_CONFIRM,    /* answered by RECORDED when all that was sent before has been taken */
    /* supervisor -> worker */
    CHANNEL_STORED, /* QUARANTINE_ID, or REASON why not */
    CHANNEL_RECORDED
};

enum {
    CHANNEL_FIELD_VERSION = 1024,
    CHANNEL_FIELD_SOURCE,
    CHANNEL_FIELD_SIGNATURES,
    CHANNEL_FIELD_NEWEST,
    CHANNEL_FIELD_BUNDLED,
    CHANNEL_FIELD_REASON,
    CHANNEL_FIELD_SLOT,
    CHANNEL_FIELD_PROCESS,
    CHANNEL_FIELD_END,
    CHANNEL_FIELD_DIGESTS,
    CHANNEL_FIELD_IS_MESSAGE,
    CHANNEL_FIELD_QUARANTINE_ID,
    CHANNEL_FIELD_MESSAGE, /* reference of the message's incident */
    CHANNEL_FIELD_SIZE,
    CHANNEL_FIELD_DONE, /* FilterAction that was really taken */
    CHANNEL_FIELD_NOTE,
    CHANNEL_FIELD_READING, /* VerdictCacheKind + 1 */
    CHANNEL_FIELD_INSIDE   /* path inside of an attachment */
};

/* Makes a pair, close-on-exec; FALSE with errno. */
gboolean channel_pair(int ret[2]);

/* One message and its bytes. It owns its descriptors; channel_clear() closes them. */
typedef struct {
    StorehookMessage message;
    unsigned char bytes[STOREHOOK_DATAGRAM_MAX] __attribute__((aligned(8)));
    int descriptors[STOREHOOK_DESCRIPTORS_MAX];
    unsigned descriptor_count;
} ChannelMessage;

/* 1: a message; 0: the other end is closed; -errno (-EAGAIN: no message). */
int channel_receive(int fd, ChannelMessage *ret, int flags);
void channel_clear(ChannelMessage *message);

/* Copies a text field into `buffer`, cut, NUL-terminated and made valid UTF-8; "" when absent. */
const char *channel_text(const StorehookMessage *message, guint tag, char *buffer, gsize capacity);
guint64 channel_number(const StorehookMessage *message, guint tag);
/* Takes the descriptor of a field from the message; -1 when absent. */
int channel_take_descriptor(ChannelMessage *message, guint tag, gsize *ret_size);
void channel_put_text(StorehookWriter *writer, guint tag, const char *text);
void channel_put_number(StorehookWriter *writer, guint tag, guint64 number);

#endif /* SCANNER_CHANNEL_H */
