/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json-text.h - what json-glib has no single call for. */
#ifndef SCANNER_JSON_TEXT_H
#define SCANNER_JSON_TEXT_H

#include <json-glib/json-glib.h>

/* An object as one line; g_free(). */
char *json_text_of(JsonObject *object);
/* Sets a member to a time in ISO 8601, UTC; in no year that there is, it is left out. */
void json_text_set_time(JsonObject *object, const char *member, gint64 seconds_since_1970);

#endif /* SCANNER_JSON_TEXT_H */
