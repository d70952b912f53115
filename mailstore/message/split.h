/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * split.h - a message taken apart: its text, and the parts that are stored by their content.
 *
 * Detached are leaves inside a multipart or an inner message whose base64 can be written again
 * exactly, and unencoded ones that have a file name or are attachments. Header and body of a
 * detached part are cut out of the text, and nothing stands in their place: `offset` tells where
 * they belong. Parts are in the order of the message. Everything else stays in the text, so any
 * bytes at all are a message that splits and joins to itself.
 */
#ifndef MAILSTORE_MESSAGE_SPLIT_H
#define MAILSTORE_MESSAGE_SPLIT_H

#include "mailstore/message/part-encoding.h"

enum {
    SPLIT_PARTS_MAX = 10000, /* parts looked at; a mailer makes hundreds, an attack millions */
    SPLIT_DEPTH_MAX = 50,    /* levels of multiparts and inner messages: forwards of forwards */
    SPLIT_HEADER_MAX = 16000 /* of a part that is detached; clients write some hundred bytes */
};

typedef struct {
    gsize offset;   /* in the text */
    GBytes *header; /* with the empty line that ends it */
    char *name;     /* file name in UTF-8, "" when there is none */
    PartEncoding encoding;
    GBytes *data; /* decoded */
} SplitPart;

typedef struct {
    GBytes *text;
    GPtrArray *parts;  /* of SplitPart */
    char *subject;     /* decoded, UTF-8 */
    gsize header_size; /* of the message's own header, which begins the text */
} SplitMessage;

SplitMessage *split_message_new(GBytes *message);
SplitMessage *split_message_free(SplitMessage *split);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SplitMessage, split_message_free)

#endif /* MAILSTORE_MESSAGE_SPLIT_H */
