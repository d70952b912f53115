/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-trap.c - which object belongs to which document, and the verdict.
 *
 * A document is an object of a kind that can hold macros, with all that lies in it: its members
 * come after it and deeper, until an object that is not deeper shows. So an archive of honest
 * documents is not weighed as one. libclamav reads a zip document twice (by its directory and by
 * searching), so contents that were read in this document are not read again.
 *
 * Reading does not fail: what is broken holds nothing, and a limit that was met makes the content
 * not-fully-scanned.
 *
 * Known limit: of VBA the source is read, and of the compiled form, which Word and Excel run if it
 * was made by the same version, the names alone (macro-pcode.c).
 */
#include "scanner/scan/macro-trap.h"

#include <string.h>

#include "scanner/common/digest.h"
#include "scanner/macro/macro-biff.h"
#include "scanner/macro/macro-document.h"
#include "scanner/macro/macro-ole.h"
#include "scanner/macro/macro-page.h"
#include "scanner/macro/macro-pcode.h"
#include "scanner/macro/macro-pdf.h"
#include "scanner/macro/macro-rtf.h"
#include "scanner/macro/macro-sheet.h"
#include "scanner/macro/macro-shortcut.h"
#include "scanner/macro/macro-xml.h"

enum {
    SEEN_MAX = 4096, /* contents of one document; more are read twice, which is only slower */
    DIRECTORY_BYTES = 65536 /* of a zip's end: a thousand entries */
};

#define SUSPICIOUS_PREFIX "Macro:"
#define LIMIT_PREFIX "Limits."
#define ENCRYPTED_NAME "Encrypted.Workbook"

struct MacroTrap {
    const MacroRules *rules;
    Engine *engine;
    gint64 end;
    gboolean is_open; /* a document */
    guint level;      /* of the document */
    guint last_level; /* of the last object */
    MacroDocument document;
    GHashTable *seen; /* digests (GBytes) in this document */
    Verdict worst;
};

/* --- Weighing --------------------------------------------------------------------- */

static void trap_note(MacroTrap *trap, StorehookVerdictKind kind, const char *prefix,
                      const char *text)
{
    char name[VERDICT_NAME_SIZE];

    if (!verdict_is_worse(kind, trap->worst.kind))
        return;
    g_snprintf(name, sizeof(name), "%s%s", prefix, text);
    verdict_set(&trap->worst, kind, name);
}

static void document_tell_sheets(MacroDocument *document)
{
    if (!document->has_macro_sheet)
        return;
    macro_document_add_fact(document, MACRO_SOURCE_FORMULA, "macro-sheet", NULL);
    if (document->has_very_hidden_sheet)
        macro_document_add_fact(document, MACRO_SOURCE_FORMULA, "macro-sheet very-hidden", NULL);
    else if (document->has_hidden_sheet)
        macro_document_add_fact(document, MACRO_SOURCE_FORMULA, "macro-sheet hidden", NULL);
}

static void score_text(MacroScore *score, MacroDocument *document, const GString *text,
                       MacroDialect dialect, MacroSource source)
{
    g_autoptr(GString) normal = g_string_new(NULL);

    if (text->len == 0)
        return;
    if (!macro_text_normalize(text->str, text->len, dialect, normal,
                              document->facts[MACRO_SOURCE_TRICK]))
        macro_document_set_limit(document, "macro-text");
    macro_score_add(score, source, normal->str, normal->len);
}

static void document_weigh(MacroTrap *trap)
{
    MacroDocument *document = &trap->document;
    g_autoptr(MacroScore) score = macro_score_new(trap->rules);
    char reasons[VERDICT_NAME_SIZE - sizeof(SUSPICIOUS_PREFIX)];

    document_tell_sheets(document);
    macro_pcode_compare(document);
    score_text(score, document, document->code, MACRO_DIALECT_BASIC, MACRO_SOURCE_BASIC);
    if (document->has_macro_sheet) { /* formulas of worksheets do nothing by themselves */
        if (document->has_cut_cells)
            macro_document_set_limit(document, "macro-text");
        g_string_append_len(document->constants, document->formulas->str,
                            (gssize)document->formulas->len);
        score_text(score, document, document->constants, MACRO_DIALECT_FORMULA,
                   MACRO_SOURCE_FORMULA);
    }
    for (guint i = 0; i < MACRO_SOURCES; i++)
        macro_score_add(score, (MacroSource)i, document->facts[i]->str, document->facts[i]->len);
    if (macro_score_is_suspicious(score, reasons, sizeof(reasons)))
        trap_note(trap, STOREHOOK_VERDICT_SUSPICIOUS, SUSPICIOUS_PREFIX, reasons);
}

static void document_close(MacroTrap *trap)
{
    if (!trap->is_open)
        return;
    trap->is_open = FALSE;
    if (!macro_document_is_empty(&trap->document))
        document_weigh(trap);
    if (trap->document.is_encrypted)
        trap_note(trap, STOREHOOK_VERDICT_ENCRYPTED, ENCRYPTED_NAME, "");
    if (trap->document.limit)
        trap_note(trap, STOREHOOK_VERDICT_NOT_FULLY_SCANNED, LIMIT_PREFIX, trap->document.limit);
    macro_document_clear(&trap->document);
    g_hash_table_remove_all(trap->seen);
}

static void document_open(MacroTrap *trap, guint level)
{
    document_close(trap);
    trap->is_open = TRUE;
    trap->level = level;
    macro_document_init(&trap->document, trap->end);
}

/* TRUE the first time in this document. */
static gboolean document_is_new(MacroTrap *trap, const void *data, gsize size)
{
    guint8 digest[STOREHOOK_DIGEST_SIZE];

    if (g_hash_table_size(trap->seen) >= SEEN_MAX)
        return TRUE;
    digest_bytes(data, size, digest);
    return g_hash_table_add(trap->seen, g_bytes_new(digest, sizeof(digest)));
}

/* --- Watching --------------------------------------------------------------------- */

/* A zip whose directory, at its end, names what every office package has. */
static gboolean package_matches(const char *data, gsize size)
{
    static const char *const NAMES[] = {"[Content_Types].xml", "META-INF/manifest.xml", "mimetype"};
    gsize from = size > DIRECTORY_BYTES ? size - DIRECTORY_BYTES : 0;

    if (size < 4 || memcmp(data, "PK\3\4", 4) != 0)
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(NAMES); i++)
        if (memmem(data + from, size - from, NAMES[i], strlen(NAMES[i])))
            return TRUE;
    return FALSE;
}

typedef struct {
    gboolean (*matches)(const char *data, gsize size);
    void (*read)(MacroDocument *document, const char *data, gsize size); /* NULL: its members are */
    gboolean is_text; /* has no sign of its own: only what libclamav takes for text */
} Reader;

/* Signs that cost a few bytes' look. The first that matches reads. */
static const Reader READERS[] = {
    {package_matches, NULL, FALSE},
    {macro_ole_matches, macro_ole_read, FALSE},
    {macro_rtf_matches, macro_rtf_read, FALSE},
    {macro_sylk_matches, macro_sylk_read, FALSE},
    {macro_shortcut_matches, macro_shortcut_read, FALSE},
    {macro_xml_matches, macro_xml_read, FALSE},
    {macro_biff12_matches, macro_biff12_read, FALSE},
    {macro_list_matches, macro_list_read, TRUE},
};

static const Reader *reader_find(const ScannedObject *object)
{
    gboolean is_text = g_str_has_prefix(object->type, "CL_TYPE_TEXT");

    for (gsize i = 0; i < G_N_ELEMENTS(READERS); i++)
        if ((is_text || !READERS[i].is_text) && READERS[i].matches(object->data, object->size))
            return &READERS[i];
    return NULL;
}

static void on_object(const ScannedObject *object, gpointer user)
{
    MacroTrap *trap = user;
    const Reader *reader;

    if (trap->is_open && object->level <= trap->level)
        document_close(trap);
    trap->last_level = object->level;
    reader = reader_find(object);
    if (!reader && !object->has_payload && !object->pdf)
        return;
    if (!trap->is_open)
        document_open(trap, object->level);
    if ((!object->has_payload && !object->pdf && !reader->read) ||
        macro_document_is_late(&trap->document) ||
        !document_is_new(trap, object->data, object->size))
        return;
    /* Documents that are all text carry files too. */
    if (object->has_payload)
        macro_page_read(&trap->document, object->data, object->size);
    if (object->pdf)
        macro_pdf_read(&trap->document, object->pdf);
    if (reader && reader->read)
        reader->read(&trap->document, object->data, object->size);
}

static void on_macro(const char *text, gsize size, gpointer user)
{
    MacroTrap *trap = user;

    if (!trap->is_open)
        document_open(trap, trap->last_level);
    if (document_is_new(trap, text, size))
        macro_document_add_code(&trap->document, text, size);
}

static void free_bytes(gpointer data)
{
    g_bytes_unref(data);
}

MacroTrap *macro_trap_new(const MacroRules *rules, Engine *engine)
{
    MacroTrap *trap = g_new0(MacroTrap, 1);
    const EngineWatcher watcher = {.object = on_object, .macro = on_macro, .user = trap};

    trap->rules = rules;
    trap->engine = engine;
    trap->seen = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, free_bytes, NULL);
    engine_set_watcher(engine, &watcher);
    return trap;
}

MacroTrap *macro_trap_free(MacroTrap *trap)
{
    if (!trap)
        return NULL;
    engine_set_watcher(trap->engine, NULL);
    if (trap->is_open)
        macro_document_clear(&trap->document);
    g_hash_table_unref(trap->seen);
    g_free(trap);
    return NULL;
}

void macro_trap_begin(MacroTrap *trap, gint64 end)
{
    document_close(trap);
    trap->end = end;
    trap->last_level = 0;
    trap->worst = (Verdict){0};
}

void macro_trap_end(MacroTrap *trap, Verdict *verdict)
{
    document_close(trap);
    if (verdict_is_worse(trap->worst.kind, verdict->kind))
        verdict_set(verdict, trap->worst.kind, trap->worst.name);
}
