/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy.c - the Active Message Filter, and which action follows from the configured ones.
 *
 * Nothing here fails. For `clean` this says what is done when nothing could be cleaned; see
 * clean.h.
 */
#include "scanner/judge/policy.h"

StorehookAction policy_row_action(FilterAction action)
{
    switch (action) {
    case FILTER_ACTION_PASS:
        return STOREHOOK_ACTION_PASS;
    case FILTER_ACTION_REFUSE:
        return STOREHOOK_ACTION_REFUSE;
    case FILTER_ACTION_CLEAN:
    case FILTER_ACTION_STRIP:
    case FILTER_ACTION_QUARANTINE:
    case FILTER_ACTION_DROP:
    case FILTER_ACTIONS:
        break;
    }
    /* Also for what is dropped at commit: until then a notice stands there, so that nothing bad is
     * ever written. */
    return STOREHOOK_ACTION_REPLACE;
}

StorehookAction policy_scan_action(FilterAction action)
{
    return action == FILTER_ACTION_DROP ? STOREHOOK_ACTION_DROP : policy_row_action(action);
}

static gboolean filter_drops(const ScannerConfig *config, const PolicyMessage *message)
{
    if (!message->is_infected)
        return FALSE;
    switch ((ConfigFilterMode)config->filter_mode) {
    case CONFIG_FILTER_DROP:
        return TRUE;
    case CONFIG_FILTER_REST:
        return !message->has_rest;
    case CONFIG_FILTER_NOTICE:
        break;
    }
    return FALSE;
}

StorehookAction policy_message_action(const ScannerConfig *config, const PolicyMessage *message)
{
    if (message->action == FILTER_ACTION_REFUSE)
        return STOREHOOK_ACTION_REFUSE;
    if (message->action == FILTER_ACTION_PASS || !message->is_message)
        return STOREHOOK_ACTION_PASS;
    if (message->action == FILTER_ACTION_DROP || message->has_unlocated ||
        filter_drops(config, message))
        return STOREHOOK_ACTION_DROP;
    return STOREHOOK_ACTION_PASS;
}

gboolean policy_must_keep(const ScannerConfig *config, const PolicyMessage *message)
{
    switch (message->action) {
    case FILTER_ACTION_PASS:
    case FILTER_ACTION_REFUSE: /* the sender keeps it */
    case FILTER_ACTIONS:
        return FALSE;
    case FILTER_ACTION_QUARANTINE:
        return TRUE;
    case FILTER_ACTION_CLEAN:
    case FILTER_ACTION_STRIP:
    case FILTER_ACTION_DROP:
        break;
    }
    return config->quarantine_keeps_all || message->has_unlocated;
}

StorehookAction policy_fallback(const ScannerConfig *config, const PolicyMessage *message)
{
    switch ((ConfigFallback)config->quarantine_fallback) {
    case CONFIG_FALLBACK_REFUSE:
        return STOREHOOK_ACTION_REFUSE;
    case CONFIG_FALLBACK_PASS:
        /* What was replaced by a notice is harmless; what could not be replaced must not get in. */
        return message->has_unlocated ? STOREHOOK_ACTION_REFUSE : STOREHOOK_ACTION_PASS;
    case CONFIG_FALLBACK_DEFER:
        break;
    }
    return STOREHOOK_ACTION_DEFER;
}
