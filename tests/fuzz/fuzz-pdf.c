/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-pdf.c - any bytes as a PDF, and as a stream with each filter.
 *
 * What must hold: no file is larger than allowed, nor all of them together; each has a name or an
 * empty one; what a filter gives is no longer than allowed.
 */
#include <stdint.h>

#include "scanner/common/board.h"
#include "scanner/pdf/pdf-file.h"
#include "scanner/pdf/pdf-filter.h"

enum {
    MOST = 1024 * 1024
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_file(const char *name, const void *data, gsize size, gboolean is_encrypted,
                    gpointer user_data)
{
    gsize *sum = user_data;

    g_assert(name != NULL);
    g_assert(is_encrypted == (data == NULL));
    if (data)
        *sum += size;
    g_assert(size <= MOST / 2 && *sum <= MOST);
}

static void on_action(PdfAction action, const char *text, gsize size, gpointer user_data)
{
    guint *count = user_data;

    g_assert(action == PDF_ACTION_LAUNCH || action == PDF_ACTION_SCRIPT);
    g_assert(text != NULL || size == 0);
    ++*count;
}

static void undo(PdfFilterKind kind, gint64 predictor, const uint8_t *data, size_t size)
{
    const PdfFilter filter = {.kind = kind,
                              .predictor = predictor,
                              .colors = 1 + size % 4,
                              .bits = size % 17,
                              .columns = 1 + size % 7,
                              .early_change = size % 2};
    guint8 *bytes = NULL;
    gsize used = 0;

    if (pdf_filter_undo(&filter, data, size, MOST / 8, &bytes, &used) == PDF_FILTER_TOO_LARGE)
        g_assert(bytes == NULL);
    g_assert(used <= MOST / 8);
    g_free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const gint64 predictors[] = {1, 2, 3, 10};
    UnpackBudget budget = {
        .file_size = MOST / 2, .bytes = MOST, .files = 100, .end = board_now() + 2000000};
    g_autoptr(PdfFile) file = pdf_file_new(data, size, budget.end);
    gboolean has_files = pdf_file_has_files(file);
    guint actions = 0;
    gsize sum = 0;
    UnpackResult result;

    g_assert(pdf_file_matches(data, size, 0) ==
             pdf_file_matches(data, size, sign_filter_lacks(data, size)));
    pdf_file_actions(file, on_action, &actions);
    if (pdf_file_is_open(file))
        g_free(pdf_file_dup_open(file));
    result = pdf_file_walk(file, &budget, on_file, &sum);
    g_assert(has_files || (budget.files == 100 && result == UNPACK_DONE));
    for (guint kind = PDF_FILTER_UNKNOWN; kind <= PDF_FILTER_FLATE; kind++)
        for (gsize i = 0; i < G_N_ELEMENTS(predictors); i++)
            undo((PdfFilterKind)kind, predictors[i], data, size);
    return 0;
}
