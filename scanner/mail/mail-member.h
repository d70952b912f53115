/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-member.h - which members of archives are read as mail programs read what is in a mail.
 *
 * libclamav takes messages in archives apart in its own way alone, as it does texts with encoded
 * files in them.
 */
#ifndef SCANNER_MAIL_MEMBER_H
#define SCANNER_MAIL_MEMBER_H

#include <glib.h>

/* A message by its header, a winmail.dat, a text in UTF-16, one with idle escapes of ISO-2022-JP or
 * with a run that nothing declares; one of quoted-printable alone is none, since lines of honest
 * data end in an equals sign as well. Linear in the text. */
gboolean mail_member_is_wanted(const void *data, gsize size);
/* A text, by its beginning, in whose lines something may be coded as in a mail. XML is none: what
 * it has page-payload.h finds, of which the lines alone may be the second half. Nor is a zip, of
 * which some have members in plain text. */
gboolean mail_member_has_lines(const void *data, gsize size);

#endif /* SCANNER_MAIL_MEMBER_H */
