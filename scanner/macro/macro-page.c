/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-page.c - tells the types of what page-payload.h finds; the rules weigh them.
 *
 * A text is no file until a script makes one of it. Word writes a zip with each drawing into its
 * documents, pages and mails (o:gfxdata), beside which there is none.
 *
 * Nothing fails; too many files or no memory for one set the document's limit.
 */
#include "scanner/macro/macro-page.h"

#include <string.h>

#include "scanner/page/page-payload.h"
#include "scanner/page/page-sign.h"

enum {
    PAYLOAD_MAX = 64 * 1024 * 1024 /* decoded; what is larger the scan of it tells */
};

typedef struct {
    MacroDocument *document;
    gboolean may_act;
} Page;

static gboolean on_payload(PagePayloadKind kind, const char *type, const guint8 *data, gsize size,
                           gpointer user)
{
    const Page *page = user;

    (void)data, (void)size;
    if (kind == PAGE_PAYLOAD_ADDRESS)
        macro_document_add_fact(page->document, MACRO_SOURCE_PAGE, "address", type);
    else if (page->may_act)
        macro_document_add_fact(page->document, MACRO_SOURCE_PAGE, "literal", type);
    return !page->document->limit && !macro_document_is_late(page->document);
}

/* How scripts hand a file to who reads the page. */
static gboolean saves_file(const char *data, gsize size)
{
    static const char *const WORDS[] = {"msSaveOrOpenBlob", "msSaveBlob", "createObjectURL",
                                        "showSaveFilePicker", "download"};

    for (gsize i = 0; i < G_N_ELEMENTS(WORDS); i++)
        if (memmem(data, size, WORDS[i], strlen(WORDS[i])))
            return TRUE;
    return FALSE;
}

void macro_page_read(MacroDocument *document, const char *data, gsize size)
{
    Page page = {document, page_sign_may_act(data, size)};

    if (!page_payload_find(data, size, PAYLOAD_MAX, (guint64)document->end, on_payload, &page))
        macro_document_set_limit(document, "page-payloads");
    if (saves_file(data, size))
        macro_document_add_fact(document, MACRO_SOURCE_PAGE, "saves", NULL);
}
