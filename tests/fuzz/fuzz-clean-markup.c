/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-clean-markup.c - any bytes as a web page, and itself without what is active.
 *
 * What must hold: what comes out is cleaned already, and libxml2's reader of HTML, which has rules
 * of its own, finds neither script nor handler nor frame in it.
 */
#include <libxml/HTMLparser.h>
#include <stdint.h>

#include "scanner/clean/clean-markup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_nothing_active(xmlNodePtr node)
{
    static const char *const NAMES[] = {"script", "iframe", "object", "embed", "applet", "base"};

    for (; node; node = node->next) {
        for (gsize i = 0; node->type == XML_ELEMENT_NODE && i < G_N_ELEMENTS(NAMES); i++)
            g_assert_cmpint(g_ascii_strcasecmp((const char *)node->name, NAMES[i]), !=, 0);
        for (xmlAttrPtr one = node->type == XML_ELEMENT_NODE ? node->properties : NULL; one;
             one = one->next)
            g_assert_cmpint(g_ascii_strncasecmp((const char *)one->name, "on", 2), !=, 0);
        if (node->type == XML_ELEMENT_NODE)
            expect_nothing_active(node->children);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GString *once, *twice;
    htmlDocPtr page;

    (void)clean_markup_matches((const char *)data, size);
    once = clean_markup_cut((const char *)data, size, NULL, NULL);
    if (!once)
        return 0;
    g_assert_cmpuint(once->len, <=, size);
    twice = clean_markup_cut(once->str, once->len, NULL, NULL);
    g_assert_true(twice && g_string_equal(once, twice));
    page = htmlReadMemory(once->str, (int)once->len, NULL, "utf-8",
                          HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                              HTML_PARSE_NONET);
    if (page)
        expect_nothing_active(page->children);
    xmlFreeDoc(page);
    g_string_free(once, TRUE);
    g_string_free(twice, TRUE);
    return 0;
}
