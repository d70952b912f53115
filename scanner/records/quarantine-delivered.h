/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quarantine-delivered.h - to whom releases delivered an item; private to quarantine.c.
 *
 * Stands in a file beside the item's, ID.delivered, since it grows while the item stays.
 */
#ifndef SCANNER_QUARANTINE_DELIVERED_H
#define SCANNER_QUARANTINE_DELIVERED_H

#include <json-glib/json-glib.h>

#define QUARANTINE_DELIVERED_SUFFIX ".delivered"

/* Zeros: to nobody. */
typedef struct {
    GHashTable *addresses; /* in lower case; NULL: none */
    gboolean is_to_all;    /* whoever they are */
} QuarantineDelivered;

void quarantine_delivered_clear(QuarantineDelivered *delivered);
/* Adds what the file says, if there is one. `directory` is that of the quarantine here and below.
 */
void quarantine_delivered_read(QuarantineDelivered *delivered, int directory, const char *id);
void quarantine_delivered_remove(int directory, const char *id);

gboolean quarantine_delivered_has(const QuarantineDelivered *delivered, const char *address);
/* Durably: addresses (NULL at the end), or all. */
gboolean quarantine_delivered_add(QuarantineDelivered *delivered, int directory, const char *id,
                                  const char *const *addresses, GError **error);
gboolean quarantine_delivered_add_all(QuarantineDelivered *delivered, int directory, const char *id,
                                      GError **error);
/* The addresses, sorted. Caller owns it. */
JsonArray *quarantine_delivered_list(const QuarantineDelivered *delivered);

#endif /* SCANNER_QUARANTINE_DELIVERED_H */
