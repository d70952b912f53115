/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xml-bounds.h - whether reading a text as XML would take for ever.
 *
 * libxml2 compares each attribute of an element with all that are before it: a megabyte of them
 * takes it twenty seconds, in which nobody can interrupt it. So it does with what a document
 * declares: attributes, and values that one may have. libclamav reads with it, too.
 */
#ifndef SCANNER_XML_BOUNDS_H
#define SCANNER_XML_BOUNDS_H

#include <glib.h>

enum {
    XML_BOUNDS_ATTRIBUTES = 500, /* of one element; what office programs write has less than 100 */
    /* Characters of declarations; office programs write none, drawing programs 2000. */
    XML_BOUNDS_DECLARED = 65536,
    /* The attributes that declarations give, squared, times elements: half a second. */
    XML_BOUNDS_GIVEN = 200 * 1000 * 1000
};

/* TRUE when there are more. FALSE also for what does not begin like XML. */
gboolean xml_bounds_are_passed(const void *data, gsize size);

#endif /* SCANNER_XML_BOUNDS_H */
