/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-pdf.c - the actions that pdf-file.c finds, as facts for the rules (ISO 32000-1 12.6.4).
 *
 * Nothing fails; what there is no time for sets the document's limit. Known limit: of a script the
 * first SCRIPT_MAX bytes are looked at, and of all of them together SCRIPTS_MAX.
 */
#include "scanner/macro/macro-pdf.h"

enum {
    SCRIPT_MAX = 4096,
    SCRIPTS_MAX = MACRO_FACTS_MAX / 2 /* forms have many, and more would be a limit that was met */
};

typedef struct {
    MacroDocument *document;
    gsize left;
} Reading;

static void on_action(PdfAction action, const char *text, gsize size, gpointer user_data)
{
    Reading *reading = user_data;
    gsize taken = MIN(MIN(size, (gsize)SCRIPT_MAX), reading->left);
    g_autofree char *copy = NULL;

    if (reading->document->limit || taken == 0)
        return;
    copy = g_strndup(text, taken);
    if (action == PDF_ACTION_SCRIPT)
        reading->left -= taken;
    macro_document_add_fact(reading->document, MACRO_SOURCE_LINK,
                            action == PDF_ACTION_LAUNCH ? "pdf-launch" : "pdf-script", copy);
}

void macro_pdf_read(MacroDocument *document, PdfFile *file)
{
    Reading reading = {.document = document, .left = SCRIPTS_MAX};

    if (!pdf_file_actions(file, on_action, &reading))
        macro_document_set_limit(document, "macro-time");
}
