/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-hook.h - misbehaves on demand, so that tests can see a worker crash, hang or try its cage.
 */
#ifndef SCANNER_TEST_HOOK_H
#define SCANNER_TEST_HOOK_H

#include "scanner/common/config.h"
#include "scanner/common/verdict.h"

#define TEST_HOOK_MAGIC "STOREHOOK-TEST-HOOK:"

/* Only with [service] test-hooks=true. FALSE when the content is none of its magic ones. Those go
 * on, after the magic, with: crash, hang, spin, memory, twice (infected, and crashes when that is
 * known already), type (clean, and crashes when its type is asked for), sleep MILLISECONDS, or
 * cage; the last comes out as suspicious with a name that tells what the cage let through. */
gboolean test_hook_run(const ScannerConfig *config, const void *data, gsize size, Verdict *verdict);

#endif /* SCANNER_TEST_HOOK_H */
