/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mime-text.h - text in fields and bodies, decoded and compared without regard to case.
 *
 * `folded` is what is looked for: UTF-8, folded by g_utf8_casefold().
 */
#ifndef MAILSTORE_SERVER_MIME_TEXT_H
#define MAILSTORE_SERVER_MIME_TEXT_H

#include "mailstore/server/mime-header.h"
#include "mailstore/server/mime-part.h"

/* Whether there is a conversion from this charset to UTF-8. */
gboolean mime_charset_is_known(const char *name);

/* Bytes of no known charset: as UTF-8 if they are, else as Latin-1. */
gboolean mime_bytes_contain(const char *data, gsize length, const char *folded);
/* The value with its encoded words (RFC 2047) decoded. */
gboolean mime_field_contains(const MimeField *field, const char *folded);
/* A leaf's text: decoded and converted if it is text, else as it stands. */
gboolean mime_body_contains(const char *message, const MimePart *part, const char *folded);

/* An unfolded value with encoded words decoded; the caller frees. */
char *mime_decode_words(const char *value);
/* The day of an RFC 5322 date, midnight UTC of that date as it is written. */
gboolean mime_date_day(const char *value, gint64 *ret);

#endif /* MAILSTORE_SERVER_MIME_TEXT_H */
