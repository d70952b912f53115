/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine-about.h - what may be told of libclamav without scanning anything, by whichever process.
 */
#ifndef SCANNER_ENGINE_ABOUT_H
#define SCANNER_ENGINE_ABOUT_H

const char *engine_version(void); /* libclamav's; static */
/* The EICAR test file, NUL-terminated; static. */
const char *engine_canary(void);

#endif /* SCANNER_ENGINE_ABOUT_H */
