/* SPDX-License-Identifier: GPL-2.0-or-later */
/* program-type.h - programs of Windows by what they are loaded for. */
#ifndef SCANNER_PROGRAM_TYPE_H
#define SCANNER_PROGRAM_TYPE_H

#include <glib.h>

/* Of what begins with MZ: application/x-dosexec, with `+xll` behind it for an add-in of Excel. */
const char *program_type_tell(const guint8 *data, gsize size);

#endif /* SCANNER_PROGRAM_TYPE_H */
