/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy.h - what is done about a verdict: with a row, and at commit with a message.
 */
#ifndef SCANNER_POLICY_H
#define SCANNER_POLICY_H

#include "scanner/common/config.h"
#include "scanner/common/verdict.h"

/* For one row: pass, replace by a notice, or refuse. */
StorehookAction policy_row_action(FilterAction action);
/* For a program that only asks: the same, or drop. */
StorehookAction policy_scan_action(FilterAction action);

/* What is known of a message when its transaction commits. */
typedef struct {
    FilterAction action;    /* the hardest of its flagged parts' actions */
    gboolean is_infected;   /* infected or suspicious, and to quarantine */
    gboolean has_unlocated; /* something bad in the text that no notice could replace */
    gboolean has_rest;      /* something is left besides notices */
    gboolean is_message;    /* FALSE: contents that belong to no message */
} PolicyMessage;

/* Pass, drop or refuse, given that the original is safe where policy_must_keep() says so. */
StorehookAction policy_message_action(const ScannerConfig *config, const PolicyMessage *message);
/* TRUE if the original must be in quarantine before the action is taken. */
gboolean policy_must_keep(const ScannerConfig *config, const PolicyMessage *message);
/* The action when it could not be stored there. */
StorehookAction policy_fallback(const ScannerConfig *config, const PolicyMessage *message);

#endif /* SCANNER_POLICY_H */
