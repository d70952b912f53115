/* SPDX-License-Identifier: GPL-2.0-or-later */
/* quarantine-metadata.h - what is known of one item, as JSON; private to quarantine.c. */
#ifndef SCANNER_QUARANTINE_METADATA_H
#define SCANNER_QUARANTINE_METADATA_H

#include "scanner/records/quarantine.h"

/* The first bytes, in which id and time stand as quarantine_metadata_new() writes them. */
#define QUARANTINE_METADATA_START 96

/* Of an original of `size` bytes that comes now. Caller owns it. */
JsonObject *quarantine_metadata_new(const char *id, const QuarantineItem *item, gsize size);
GBytes *quarantine_metadata_bytes(JsonObject *metadata);

/* *ret_time: in seconds, from the first bytes. FALSE where others wrote it, in another order. */
gboolean quarantine_metadata_start(GBytes *bytes, const char *id, gint64 *ret_time);
/* Checked to have all members with their types, so that later readers need not ask. Caller owns
 * it. */
JsonObject *quarantine_metadata_read(GBytes *bytes, const char *id, GError **error);

#endif /* SCANNER_QUARANTINE_METADATA_H */
