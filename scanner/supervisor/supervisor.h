/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * supervisor.h - the process that owns everything but the contents.
 */
#ifndef SCANNER_SUPERVISOR_H
#define SCANNER_SUPERVISOR_H

#include "scanner/common/config.h"

/* Runs until SIGTERM or SIGINT, or until no loader can be kept alive. Takes the configuration.
 * Returns the exit status; reasons go to the log. */
int supervisor_run(ScannerConfig *config);

/* Checks all that can be checked without starting: profile, rules, users. */
gboolean supervisor_check(const ScannerConfig *config, GError **error);

#endif /* SCANNER_SUPERVISOR_H */
