/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xml-attributes.h - whether reading a text as XML would take for ever.
 *
 * libxml2 compares each attribute of an element with all that are before it: a megabyte of them
 * takes it twenty seconds, in which nobody can interrupt it. libclamav reads with it, too.
 */
#ifndef SCANNER_XML_ATTRIBUTES_H
#define SCANNER_XML_ATTRIBUTES_H

#include <glib.h>

enum {
    XML_ATTRIBUTES_MAX = 500 /* of one element; what office programs write has less than 100 */
};

/* TRUE when some element has more. FALSE also for what does not begin like XML. */
gboolean xml_attributes_are_too_many(const void *data, gsize size);

#endif /* SCANNER_XML_ATTRIBUTES_H */
