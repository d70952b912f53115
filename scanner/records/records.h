/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * records.h - the supervisor's side of what workers ask to be kept.
 */
#ifndef SCANNER_RECORDS_H
#define SCANNER_RECORDS_H

#include "scanner/common/board.h"
#include "scanner/common/channel.h"
#include "scanner/records/incidents.h"
#include "scanner/records/quarantine.h"
#include "scanner/supervisor/clients.h"

typedef struct {
    Incidents *incidents;
    Quarantine *quarantine;
    const Clients *clients; /* whose names are told */
    BoardCounts *counts;
    int log;
} Records;

/* One message of a worker; what wants an answer gets it on `answer`. */
void records_take(const Records *records, ChannelMessage *message, int answer);
/* A client's REPORT of what passed unscanned. */
void records_take_report(const Records *records, const StorehookMessage *report,
                         const char *program);

#endif /* SCANNER_RECORDS_H */
