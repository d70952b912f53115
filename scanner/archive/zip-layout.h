/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zip-layout.h - whether a zip's members lie side by side, as its directory says, and what hides
 * between them.
 *
 * libclamav and most programs go by the directory; those that read from the beginning (streams,
 * some desktops) show members that it does not name.
 */
#ifndef SCANNER_ZIP_LAYOUT_H
#define SCANNER_ZIP_LAYOUT_H

#include <glib.h>

enum {
    ZIP_LAYOUT_GAPS_MAX = 16 /* that hold a member: one is one too many */
};

typedef struct {
    gboolean has_overlap;       /* more members share bytes than accident explains */
    gboolean has_disguised;     /* a member has two names with different extensions */
    gboolean has_contradiction; /* a head and the directory say different things of its bytes */
    gboolean has_lost;          /* no member stands where the directory says, or elsewhere */
    guint gaps;
    struct {
        gsize start, end;
    } gap[ZIP_LAYOUT_GAPS_MAX];
} ZipLayout;

/* A name of the directory that libclamav would cut; not terminated. */
typedef void (*ZipLayoutLong)(const char *name, gsize length, gpointer user_data);

/* FALSE when there is no directory that can be read: nothing is known then. */
gboolean zip_layout_look(const void *data, gsize size, ZipLayoutLong found, gpointer user_data,
                         ZipLayout *ret);
/* TRUE if the bytes end as a zip does, whatever they begin with: who opens one goes to the end
 * first; or begin as the first of several pieces of one. */
gboolean zip_layout_is_zip(const void *data, gsize size);

#endif /* SCANNER_ZIP_LAYOUT_H */
