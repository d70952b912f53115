/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * deep-scan.h - one content with all that lies in it: libclamav, and libarchive for what that
 * leaves.
 */
#ifndef SCANNER_DEEP_SCAN_H
#define SCANNER_DEEP_SCAN_H

#include "filters/rules.h"
#include "scanner/common/config.h"
#include "scanner/scan/engine.h"
#include "scanner/scan/macro-trap.h"
#include "scanner/scan/member-watch.h"

typedef struct {
    const ScannerConfig *config; /* its limits */
    Engine *engine;
    const FilterRules *rules; /* NULL: no type is asked of libmagic */
    FileTyper *typer;
    MacroTrap *macros;
    guint64 end; /* board_now() at which it must be over */
    /* May change what libclamav said of the content, or of one that was unpacked from it. */
    void (*scanned)(Verdict *verdict, gpointer user_data);
    /* Reads a member of which mail_member_is_wanted(); makes `worst` worse and adds to the list. */
    void (*inside)(const void *data, gsize size, guint number, Members *members, Verdict *worst,
                   gpointer user_data);
    gpointer user_data;
} DeepScan;

/* A whole message: its caller takes it apart and scans each part again, so that nothing is unpacked
 * here beyond what libclamav does. Plain: see EngineScan. */
typedef enum {
    DEEP_SCAN_NO_MAIL,
    DEEP_SCAN_MAIL,
    DEEP_SCAN_PLAIN_MAIL
} DeepScanMail;

/* Writes a verdict, always, except for size and type; adds what lies inside to `members` (not
 * NULL), below the member `root` (0: the content itself). */
void deep_scan(const DeepScan *scan, const void *data, gsize size, DeepScanMail mail,
               Members *members, guint root, Verdict *verdict);
/* Milliseconds that are left for libclamav, which looks at the clock only now and then. */
guint deep_scan_time_left(const DeepScan *scan);

#endif /* SCANNER_DEEP_SCAN_H */
