/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * status.c - how this process is protected, for whoever asks from inside it. Cannot fail.
 */
#include "libstorehook/storehook.h"

#include "libstorehook/connection.h"
#include "libstorehook/intercept.h"
#include "libstorehook/request.h"
#include "libstorehook/unscanned.h"

static StorehookState find_state(void)
{
    if (guard_is_forked())
        return STOREHOOK_STATE_FORKED;
    if (!originals_complete())
        return STOREHOOK_STATE_NO_STORE;
    if (!connection_was_tried())
        return STOREHOOK_STATE_IDLE;
    switch (connection_peek()) {
    case CONNECTION_JUDGE:
        return atomic_load(&originals.has_unhooked) ? STOREHOOK_STATE_PARTLY_HOOKED
                                                    : STOREHOOK_STATE_HOOKED;
    case CONNECTION_STOPPED:
        return STOREHOOK_STATE_STOPPED;
    case CONNECTION_NOT_YOU:
        return STOREHOOK_STATE_NOT_YOU;
    default:
        return STOREHOOK_STATE_NOT_CONNECTED;
    }
}

void storehook_status(StorehookStatus *ret)
{
    uint64_t totals[STOREHOOK_REASONS] = {0};
    StorehookStatus status = {.state = find_state(), .originals_missing = originals_missing()};

    /* The tables of a forked process may be locked for ever. */
    if (status.state != STOREHOOK_STATE_FORKED) {
        unscanned_totals(totals);
        status.judged = request_answered();
    }
    for (unsigned i = 0; i < STOREHOOK_REASONS; i++)
        status.unscanned += totals[i];
    *ret = status;
}

/* Called by libstorehook-audit.so in mid-binding: no lock of ours is held while names are bound. */
INTERCEPT_EXPORT void storehook_tell_unhooked(void)
{
    Guard guard;

    if (guard_is_forked())
        return;
    guard_work_begin(&guard);
    connection_report();
    guard_work_end(&guard);
}

const char *storehook_state_text(StorehookState state)
{
    static const char *const texts[] = {
        [STOREHOOK_STATE_IDLE] = "idle",
        [STOREHOOK_STATE_HOOKED] = "hooked",
        [STOREHOOK_STATE_STOPPED] = "stopped",
        [STOREHOOK_STATE_NOT_YOU] = "not to be hooked",
        [STOREHOOK_STATE_NOT_CONNECTED] = "not connected",
        [STOREHOOK_STATE_NO_STORE] = "no store library",
        [STOREHOOK_STATE_FORKED] = "forked",
        [STOREHOOK_STATE_PARTLY_HOOKED] = "partly hooked",
    };

    return (unsigned)state < sizeof(texts) / sizeof(texts[0]) ? texts[state] : "unknown";
}
