/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pdf-action.c - the texts of actions as a reader has them: without escapes, keys and order.
 *
 * Each dictionary and each script is told once. Fails by FALSE.
 */
#include "scanner/pdf/pdf-action.h"

#include "scanner/common/board.h"
#include "scanner/pdf/pdf-stream.h"

enum {
    STREAM_MAX = 1 << 20, /* bytes of a script; of a larger one nothing is told */
    SCRIPT_MAX = 64 * 1024,
    DEPTH_MAX = 4 /* an action, /Win, a file, and what it refers to */
};

typedef struct {
    PdfSource *source;
    PdfActionFound found;
    gpointer user_data;
    GHashTable *given; /* dictionaries and objects */
} Walk;

static void add_text(GString *all, const char *key, const char *text)
{
    g_string_append_printf(all, "/%s(%s)", key, text);
}

/* What is started, and with what (tables 207 and 208; a file's, 7.11.3). */
static const char *const KEYS[] = {"F", "UF", "DOS", "Mac", "Unix", "D", "P", "Win"};

static void add_target(Walk *walk, const PdfObject *object, PdfText dict, guint depth,
                       GString *all);

static void add_value(Walk *walk, const PdfObject *object, const char *key, PdfText value,
                      guint depth, GString *all)
{
    gboolean is_doubtful = TRUE;

    for (guint pick = 0; pick < PDF_SOURCE_WAYS && is_doubtful; pick++) {
        const PdfObject *from = object;
        g_autofree char *text = NULL;
        PdfText found;

        is_doubtful = FALSE;
        found = pdf_objects_resolve(&walk->source->objects, value, pick, &is_doubtful, &from);
        text = pdf_source_text(walk->source, from, found, TRUE);
        if (text)
            add_text(all, key, text);
        else if (depth + 1 < DEPTH_MAX && pdf_token_peek(found).kind == PDF_TOKEN_OPEN_DICT)
            add_target(walk, from, found, depth + 1, all);
    }
}

/* Of a key that stands there more than once the first and the last. */
static void add_target(Walk *walk, const PdfObject *object, PdfText dict, guint depth, GString *all)
{
    PdfText first[G_N_ELEMENTS(KEYS)] = {0}, last[G_N_ELEMENTS(KEYS)] = {0}, value;
    PdfToken key;

    pdf_source_charge_value(walk->source, dict, 1);
    if (walk->source->objects.has_limit)
        return;
    (void)pdf_token_take(&dict);
    while (pdf_dict_next(&dict, &key, &value))
        for (gsize i = 0; i < G_N_ELEMENTS(KEYS); i++) {
            if (!pdf_token_is_name(&key, KEYS[i]))
                continue;
            first[i] = first[i].at ? first[i] : value;
            last[i] = value;
        }
    for (gsize i = 0; i < G_N_ELEMENTS(KEYS); i++) {
        if (first[i].at)
            add_value(walk, object, KEYS[i], first[i], depth, all);
        if (last[i].at != first[i].at)
            add_value(walk, object, KEYS[i], last[i], depth, all);
    }
}

static void give_launch(Walk *walk, const PdfMention *mention)
{
    const PdfObject *object = &walk->source->objects.objects[mention->object];
    g_autoptr(GString) all = g_string_new("/Launch");

    if (mention->dict && !g_hash_table_add(walk->given, (gpointer)mention->dict))
        return;
    if (mention->dict)
        add_target(walk, object, (PdfText){mention->dict, mention->end}, 0, all);
    walk->found(PDF_ACTION_LAUNCH, all->str, all->len, walk->user_data);
}

static void give_script_text(Walk *walk, const char *text)
{
    g_autoptr(GString) all = g_string_new(NULL);

    add_text(all, "JS", text);
    walk->found(PDF_ACTION_SCRIPT, all->str, all->len, walk->user_data);
}

static void give_stream(Walk *walk, const PdfObject *object)
{
    guint number = 0;
    PdfWay way;

    while (pdf_stream_next_way(walk->source, &way, &number)) {
        g_autofree guint8 *bytes = NULL;
        g_autofree char *text = NULL;
        gsize size = 0;
        guint filters;

        if (pdf_stream_read(walk->source, object, &way, STREAM_MAX, &bytes, &size, &filters) ==
            PDF_FILTER_TOO_LARGE)
            continue;
        text = pdf_source_text_of_bytes(bytes, MIN(size, (gsize)SCRIPT_MAX));
        give_script_text(walk, text);
    }
}

/* Buttons share theirs. */
static void give_script(Walk *walk, const PdfMention *mention)
{
    const PdfObject *object = &walk->source->objects.objects[mention->object], *other = NULL;
    PdfText value = {mention->name, mention->end}, script;
    g_autofree char *text = NULL;

    (void)pdf_token_take(&value);
    script = pdf_objects_resolve(&walk->source->objects, value, 0, NULL, &other);
    if (other && !g_hash_table_add(walk->given, (gpointer)other))
        return;
    if (other && other->stream) {
        give_stream(walk, other);
        return;
    }
    text = script.at ? pdf_source_text(walk->source, other ? other : object, script, TRUE) : NULL;
    give_script_text(walk, text ? text : "");
}

gboolean pdf_action_walk(PdfSource *source, PdfActionFound found, gpointer user_data)
{
    g_autoptr(GHashTable) given = g_hash_table_new(NULL, NULL);
    Walk walk = {.source = source, .found = found, .user_data = user_data, .given = given};
    gboolean had_limit = source->objects.has_limit;

    pdf_objects_sort(&source->objects);
    for (guint i = 0; i < source->objects.mention_count; i++) {
        const PdfMention *mention = &source->objects.mentions[i];

        if (board_now() >= source->objects.end || (source->objects.has_limit && !had_limit))
            return FALSE;
        if (mention->kind == PDF_MENTION_LAUNCH)
            give_launch(&walk, mention);
        else if (mention->kind == PDF_MENTION_SCRIPT)
            give_script(&walk, mention);
    }
    return had_limit || !source->objects.has_limit;
}
