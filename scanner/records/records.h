/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * records.h - the supervisor's side of what workers and clients want recorded.
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
    const Clients *clients; /* for the names of their programs */
    BoardCounts *counts;
    int log;
} Records;

/* Takes one message of a worker; an answer, if it needs one, goes to the socket `answer`. */
void records_take(const Records *records, ChannelMessage *message, int answer);
/* Takes a client's REPORT of what passed unscanned. */
void records_take_report(const Records *records, const StorehookMessage *report,
                         const char *program);

#endif /* SCANNER_RECORDS_H */
