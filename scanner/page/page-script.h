/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page-script.h - what a script says of how it makes bytes of its texts: what it replaces in them,
 * and keys of exclusive or.
 */
#ifndef SCANNER_PAGE_SCRIPT_H
#define SCANNER_PAGE_SCRIPT_H

#include <glib.h>

enum {
    PAGE_SCRIPT_KEY_MAX = 32,     /* bytes; longer ones are seen in no sample of a campaign */
    PAGE_SCRIPT_KEYS_MAX = 256,   /* texts that may be keys */
    PAGE_SCRIPT_PATTERN_MAX = 24, /* signs that are replaced */
    PAGE_SCRIPT_REPLACEMENTS_MAX = 16
};

typedef struct {
    char from[PAGE_SCRIPT_PATTERN_MAX];
    guint8 size, to_size;
    gboolean is_set; /* each sign of `from` alone */
    char to;
} PageScriptReplacement;

typedef struct {
    guint8 bytes[PAGE_SCRIPT_KEY_MAX];
    guint8 size;
} PageScriptKey;

typedef struct {
    PageScriptReplacement replacements[PAGE_SCRIPT_REPLACEMENTS_MAX];
    PageScriptKey keys[PAGE_SCRIPT_KEYS_MAX];
    guint replacement_count, key_count;
    guint trials;           /* of keys that may still be made */
    const char *text, *end; /* NULL: keys were read */
} PageScript;

/* The text must live as long. */
void page_script_read(PageScript *script, const char *text, gsize size);
/* In place. Returns what is left. */
gsize page_script_replace(const PageScript *script, char *text, gsize size);
/* A key under which the sample begins as a file does: one of the script's texts, or what shows
 * where a program or a disk has zeros. */
gboolean page_script_find_key(PageScript *script, const guint8 *sample, gsize size,
                              PageScriptKey *ret);
void page_script_apply_key(const PageScriptKey *key, guint8 *data, gsize size);

#endif /* SCANNER_PAGE_SCRIPT_H */
