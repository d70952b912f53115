/* SPDX-License-Identifier: GPL-2.0-or-later */
/* quarantine-metadata.h - the metadata of one item, as JSON; private to quarantine.c. */
#ifndef SCANNER_QUARANTINE_METADATA_H
#define SCANNER_QUARANTINE_METADATA_H

#include "scanner/records/quarantine.h"

/* This many bytes hold id and time, as quarantine_metadata_new() writes them. */
#define QUARANTINE_METADATA_START 96

/* For an original of `size` bytes, stored now. Caller owns it. */
JsonObject *quarantine_metadata_new(const char *id, const QuarantineItem *item, gsize size);
GBytes *quarantine_metadata_bytes(JsonObject *metadata);

/* Reads the time, in seconds, from the first bytes. FALSE if something else wrote them, in another
 * order. */
gboolean quarantine_metadata_start(GBytes *bytes, const char *id, gint64 *ret_time);
/* Checks that all members are there and have their types, so that nobody else needs to. Caller owns
 * the object. */
JsonObject *quarantine_metadata_read(GBytes *bytes, const char *id, GError **error);

#endif /* SCANNER_QUARANTINE_METADATA_H */
