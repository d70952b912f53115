/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mime-outline.h - where the parts of a message lie, in a form that can be kept. */
#ifndef MAILSTORE_SERVER_MIME_OUTLINE_H
#define MAILSTORE_SERVER_MIME_OUTLINE_H

#include "mailstore/server/mime-part.h"

/* Appends to `storage`, 16 bytes a part. */
void mime_outline_print(GString *storage, const MimePart *root);
/* The parts, without their types; NULL when it is damaged. That they lie within a message is for
 * the caller to see. */
MimePart *mime_outline_parse(const char *data, gsize length);

#endif /* MAILSTORE_SERVER_MIME_OUTLINE_H */
