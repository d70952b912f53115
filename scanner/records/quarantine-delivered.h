/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quarantine-delivered.h - to whom an item was released; private to quarantine.c.
 *
 * Kept in a file of its own, ID.delivered, since it grows while the item does not change.
 */
#ifndef SCANNER_QUARANTINE_DELIVERED_H
#define SCANNER_QUARANTINE_DELIVERED_H

#include <json-glib/json-glib.h>

#define QUARANTINE_DELIVERED_SUFFIX ".delivered"

/* All zeros: to nobody. */
typedef struct {
    GHashTable *addresses; /* in lower case; NULL: none */
    gboolean is_to_all;    /* all recipients have it */
} QuarantineDelivered;

void quarantine_delivered_clear(QuarantineDelivered *delivered);
/* Adds what stands in the file, if there is one. `directory`: the quarantine's, here and below. */
void quarantine_delivered_read(QuarantineDelivered *delivered, int directory, const char *id);
void quarantine_delivered_remove(int directory, const char *id);

gboolean quarantine_delivered_has(const QuarantineDelivered *delivered, const char *address);
/* Adds addresses (NULL-terminated), or all; synced to the disk. */
gboolean quarantine_delivered_add(QuarantineDelivered *delivered, int directory, const char *id,
                                  const char *const *addresses, GError **error);
gboolean quarantine_delivered_add_all(QuarantineDelivered *delivered, int directory, const char *id,
                                      GError **error);
/* The addresses, sorted. Caller owns it. */
JsonArray *quarantine_delivered_list(const QuarantineDelivered *delivered);

#endif /* SCANNER_QUARANTINE_DELIVERED_H */
