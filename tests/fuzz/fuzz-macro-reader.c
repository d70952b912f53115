/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-macro-reader.c - any bytes as each kind of document that can hold macros.
 *
 * What must hold: every reader ends, whatever it was given, and what it collected keeps its limits
 * and is made of whole lines.
 */
#include <stdint.h>

#include "scanner/common/board.h"
#include "scanner/macro/macro-biff.h"
#include "scanner/macro/macro-formula.h"
#include "scanner/macro/macro-object.h"
#include "scanner/macro/macro-ole.h"
#include "scanner/macro/macro-page.h"
#include "scanner/macro/macro-pcode.h"
#include "scanner/macro/macro-pdf.h"
#include "scanner/macro/macro-rtf.h"
#include "scanner/macro/macro-sheet.h"
#include "scanner/macro/macro-shortcut.h"
#include "scanner/macro/macro-xml.h"
#include "scanner/page/page-payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_object(MacroDocument *document, const char *data, gsize size)
{
    macro_object_read(document, (const guint8 *)data, size);
    macro_object_read_package(document, (const guint8 *)data, size);
}

static void read_pdf(MacroDocument *document, const char *data, gsize size)
{
    g_autoptr(PdfFile) file = pdf_file_new(data, size, board_now() + 2000000);

    macro_pdf_read(document, file);
}

static void read_page(MacroDocument *document, const char *data, gsize size)
{
    if (page_payload_matches(data, size, sign_filter_lacks(data, size), G_MAXUINT64))
        macro_page_read(document, data, size);
}

static void read_names(MacroDocument *document, const char *data, gsize size)
{
    macro_pcode_read(document, (const guint8 *)data, size);
    macro_pcode_read_module(document, (const guint8 *)data, size);
    document->has_compiled_code |= size % 2 == 0;
    macro_document_add_code(document, data, MIN(size, 1000));
    macro_pcode_compare(document);
}

static void read_book(MacroDocument *document, const char *data, gsize size)
{
    macro_biff_read(document, (const guint8 *)data, size);
}

static void read_formula(MacroDocument *document, const char *data, gsize size)
{
    for (guint version = FORMULA_BIFF5; version <= FORMULA_BIFF12; version++) {
        g_autofree char *text =
            macro_formula_text((const guint8 *)data, size, (FormulaVersion)version);

        macro_document_add_formula(document, "a1", text);
    }
}

static void check(const GString *text, gsize most)
{
    g_assert(text->len <= most && (text->len == 0 || text->str[text->len - 1] == '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const READERS[])(MacroDocument * document, const char *data, gsize size) = {
        macro_shortcut_read, macro_rtf_read, macro_sylk_read, macro_list_read,   macro_xml_read,
        read_object,         macro_ole_read, read_book,       macro_biff12_read, read_formula,
        read_page,           read_names,     read_pdf};
    const char *text = (const char *)data;

    (void)macro_rtf_matches(text, size);
    (void)macro_sylk_matches(text, size);
    (void)macro_list_matches(text, size);
    (void)macro_xml_matches(text, size);
    (void)macro_ole_matches(text, size);
    (void)macro_biff12_matches(text, size);
    for (gsize i = 0; i < G_N_ELEMENTS(READERS); i++) {
        MacroDocument document;

        macro_document_init(&document, G_MAXINT64);
        READERS[i](&document, text, size);
        check(document.code, MACRO_TEXT_MAX);
        check(document.constants, MACRO_TEXT_MAX);
        check(document.formulas, MACRO_TEXT_MAX);
        check(document.compiled_names, MACRO_FACTS_MAX);
        for (guint j = 0; j < MACRO_SOURCES; j++)
            check(document.facts[j], MACRO_FACTS_MAX);
        macro_document_clear(&document);
    }
    return 0;
}
