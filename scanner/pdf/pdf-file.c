/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pdf-file.c - knows which streams of a PDF are files or scripts, and by what names.
 *
 * libclamav reads neither predictors nor filters behind a reference, and no dictionary with a
 * comment, and passes over such a stream in silence.
 *
 * Where readers may differ (a key twice, an object twice, a key for what is not encrypted), each
 * way is tried. Fails as UnpackResult says.
 *
 * Some readers do without the head; libclamav takes nothing for a PDF then, so all is given.
 *
 * Known limits: filters of pictures are not undone; of a number with a point before `obj` (5.0 0
 * obj) the object has no number.
 */
#include "scanner/pdf/pdf-file.h"

#include <string.h>

#include "filters/file-name.h"
#include "scanner/common/board.h"
#include "scanner/common/byte-scan.h"
#include "scanner/pdf/pdf-action.h"
#include "scanner/pdf/pdf-packs.h"
#include "scanner/pdf/pdf-stream.h"

enum {
    HEAD_MAX = 1024, /* Acrobat looks as far for the sign */
    NAMES_MAX = 8,   /* of one file */
    TARGETS_MAX = 1 << 17,
    VERSIONS_MAX = 64 /* of one object, by updates; where it leads to others */
};

struct PdfFile {
    PdfSource source;
    gboolean is_seen; /* by libclamav */
    GArray *targets;  /* guint64: number of an object, place of what leads to it; in order */
};

static gboolean holds(const void *data, gsize size, const char *sign)
{
    return byte_scan_sign(data, size, sign, strlen(sign)) != NULL;
}

static gboolean has_head(const void *data, gsize size)
{
    return holds(data, MIN(size, (gsize)HEAD_MAX), "%PDF-");
}

gboolean pdf_file_matches(const void *data, gsize size, SignLacks lacks)
{
    /* Of most texts one look is enough. */
    return has_head(data, size) ||
           (!(lacks & SIGN_LACKS_OBJ) && holds(data, size, "obj") &&
            ((!(lacks & SIGN_LACKS_TRAILER) && holds(data, size, "trailer")) ||
             (!(lacks & SIGN_LACKS_XREF) && holds(data, size, "/XRef"))));
}

/* --- The file --------------------------------------------------------------------- */

PdfFile *pdf_file_new(const void *data, gsize size, guint64 end)
{
    PdfFile *file = g_new0(PdfFile, 1);

    pdf_source_init(&file->source, data, size, end);
    file->is_seen = has_head(data, size);
    file->targets = g_array_new(FALSE, FALSE, sizeof(guint64));
    if (pdf_packs_are_there(&file->source) || file->source.objects.mention_count > 0 ||
        pdf_file_has_files(file) || holds(data, size, "/Encrypt"))
        pdf_packs_open(&file->source);
    return file;
}

PdfFile *pdf_file_free(PdfFile *file)
{
    if (!file)
        return NULL;
    pdf_source_clear(&file->source);
    g_array_unref(file->targets);
    g_free(file);
    return NULL;
}

/* Behind the key. */
static PdfText mention_value(const PdfMention *mention)
{
    PdfText text = {mention->name, mention->end};

    (void)pdf_token_take(&text);
    return text;
}

/* Not worth a look unless something says that it is a file or a script. */
static gboolean is_dull(const PdfObject *object)
{
    return !(object->flags & PDF_OBJECT_ODD) ||
           (object->flags & (PDF_OBJECT_PICTURE | PDF_OBJECT_XREF)) != 0;
}

/* By libclamav. */
static gboolean is_unseen(const PdfFile *file, const PdfObject *object)
{
    return !file->is_seen ||
           (object->flags & (PDF_OBJECT_ODD | PDF_OBJECT_PICTURE | PDF_OBJECT_XREF)) != 0;
}

gboolean pdf_file_has_files(const PdfFile *file)
{
    const PdfObjects *objects = &file->source.objects;

    for (guint i = 0; i < objects->mention_count; i++) {
        const PdfMention *mention = &objects->mentions[i];

        if (mention->kind == PDF_MENTION_FILE ||
            (mention->kind == PDF_MENTION_SCRIPT &&
             pdf_token_peek(mention_value(mention)).kind == PDF_TOKEN_REFERENCE))
            return TRUE;
    }
    for (guint i = 0; i < objects->count; i++)
        if (objects->objects[i].stream &&
            ((objects->objects[i].flags & PDF_OBJECT_EMBEDDED) || !is_dull(&objects->objects[i])))
            return TRUE;
    return objects->has_limit || file->source.has_damage;
}

gboolean pdf_file_is_open(const PdfFile *file)
{
    return pdf_source_is_open(&file->source);
}

gboolean pdf_file_is_locked(const PdfFile *file)
{
    return file->source.is_unsure || (file->source.crypt_count > 0 && !pdf_file_is_open(file));
}

guint8 *pdf_file_dup_open(PdfFile *file)
{
    return pdf_stream_dup_open(&file->source);
}

/* --- Files and their names -------------------------------------------------------- */

typedef struct {
    char *name[NAMES_MAX];
    guint count;
} Names;

static void names_clear(Names *names)
{
    for (guint i = 0; i < names->count; i++)
        g_free(names->name[i]);
}

/* The first, and those that a rule on extensions would take for something else. */
static void names_take(Names *names, char *name)
{
    gboolean is_new = name && name[0] != '\0' && names->count < NAMES_MAX;

    for (guint i = 0; is_new && i < names->count; i++)
        is_new = file_name_extensions_differ(names->name[i], name);
    if (is_new)
        names->name[names->count++] = name;
    else
        g_free(name);
}

/* What is told of the file in the dictionary around the mention. */
static void add_names(PdfFile *file, const PdfMention *mention, Names *names)
{
    const PdfObject *object = &file->source.objects.objects[mention->object];
    PdfText dict = {mention->dict, mention->end}, value, others[NAMES_MAX];
    guint count = 0;
    PdfToken key;

    if (!mention->dict)
        return;
    (void)pdf_token_take(&dict);
    while (pdf_dict_next(&dict, &key, &value)) {
        if (pdf_token_is_name(&key, "UF")) /* which readers show, if it is there */
            names_take(names, pdf_source_text(&file->source, object, value, FALSE));
        else if (count < NAMES_MAX &&
                 (pdf_token_is_name(&key, "F") || pdf_token_is_name(&key, "DOS") ||
                  pdf_token_is_name(&key, "Mac") || pdf_token_is_name(&key, "Unix")))
            others[count++] = value;
    }
    pdf_objects_charge(&file->source.objects, (gsize)(dict.at - mention->dict));
    for (guint i = 0; i < count; i++)
        names_take(names, pdf_source_text(&file->source, object, others[i], FALSE));
}

/* The objects that the value leads to. */
static void add_targets(PdfFile *file, GArray *targets, PdfText value, guint mention)
{
    guint64 last = G_MAXUINT64, target;
    guint before = targets->len;

    for (guint pick = 0; pick < VERSIONS_MAX && !file->source.objects.has_limit; pick++) {
        const PdfObject *object = NULL;
        gboolean is_doubtful = FALSE;

        (void)pdf_objects_resolve(&file->source.objects, value, pick, &is_doubtful, &object);
        target = object ? (guint64)object->number << 32 | mention : last;
        if (target != last && targets->len < TARGETS_MAX)
            g_array_append_val(targets, target);
        last = target;
        if (!is_doubtful)
            return;
    }
    file->source.objects.has_limit |= targets->len > before + 1;
}

static void add_files(PdfFile *file, GArray *targets, PdfText value, guint mention)
{
    for (guint pick = 0; pick < VERSIONS_MAX && !file->source.objects.has_limit; pick++) {
        gboolean is_doubtful = FALSE;
        PdfText dict = pdf_objects_resolve(&file->source.objects, value, pick, &is_doubtful, NULL),
                entry;
        PdfToken token = pdf_token_peek(dict);
        const guint8 *begin = dict.at;

        if (token.kind == PDF_TOKEN_OPEN_DICT) {
            (void)pdf_token_take(&dict);
            while (pdf_dict_next(&dict, &token, &entry))
                if (pdf_token_peek(entry).kind == PDF_TOKEN_REFERENCE)
                    add_targets(file, targets, entry, mention);
            pdf_objects_charge(&file->source.objects, (gsize)(dict.at - begin));
        }
        if (!is_doubtful)
            return;
    }
    file->source.objects.has_limit = TRUE;
}

static int compare(gconstpointer a, gconstpointer b)
{
    guint64 one = *(const guint64 *)a, other = *(const guint64 *)b;

    return one < other ? -1 : one > other;
}

/* Of the scripts that lead to one object the first says all. */
static void targets_drop_scripts(PdfFile *file, GArray *targets)
{
    guint64 script = 0;
    guint kept = 0;

    for (guint i = 0; i < targets->len; i++) {
        guint64 target = g_array_index(targets, guint64, i);
        gboolean is_script =
            file->source.objects.mentions[(guint32)target].kind == PDF_MENTION_SCRIPT;

        if (is_script && (target >> 32) + 1 == script)
            continue;
        if (is_script)
            script = (target >> 32) + 1;
        g_array_index(targets, guint64, kept++) = target;
    }
    g_array_set_size(targets, kept);
}

static void find_targets(PdfFile *file)
{
    GArray *targets = g_array_new(FALSE, FALSE, sizeof(guint64));

    for (guint i = 0; i < file->source.objects.mention_count && !file->source.objects.has_limit;
         i++) {
        const PdfMention *mention = &file->source.objects.mentions[i];

        if (mention->kind != PDF_MENTION_LAUNCH)
            add_targets(file, targets, mention_value(mention), i);
        if (mention->kind == PDF_MENTION_FILE)
            add_files(file, targets, mention_value(mention), i);
    }
    file->source.objects.has_limit |= targets->len == TARGETS_MAX;
    g_array_sort(targets, compare);
    targets_drop_scripts(file, targets);
    g_array_unref(file->targets);
    file->targets = targets;
}

/* The first place of a mention that leads to the object of this number. */
static guint targets_find(const PdfFile *file, guint number)
{
    guint64 key = (guint64)number << 32;
    guint low = 0, high = file->targets->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (g_array_index(file->targets, guint64, middle) < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Of what mentions the object: TRUE if a file is told of; its names, and whether it is a script. */
static gboolean find_names(PdfFile *file, const PdfObject *object, Names *names,
                           gboolean *ret_is_script)
{
    gboolean is_file = FALSE;

    *ret_is_script = FALSE;
    for (guint i = targets_find(file, object->number); i < file->targets->len; i++) {
        guint64 target = g_array_index(file->targets, guint64, i);
        const PdfMention *mention = &file->source.objects.mentions[(guint32)target];

        if (target >> 32 != object->number || names->count == NAMES_MAX ||
            file->source.objects.has_limit)
            break;
        *ret_is_script |= mention->kind == PDF_MENTION_SCRIPT;
        if (mention->kind != PDF_MENTION_FILE)
            continue;
        is_file = TRUE;
        add_names(file, mention, names);
    }
    return is_file;
}

/* --- Giving ----------------------------------------------------------------------- */

typedef struct {
    PdfFile *file;
    UnpackBudget *budget;
    UnpackFound found;
    gpointer user_data;
} Walk;

/* FALSE: there is no room for it. bytes: NULL: it is encrypted. */
static gboolean walk_give(Walk *walk, const Names *names, const guint8 *bytes, gsize size)
{
    for (guint i = 0; i < MAX(names->count, 1); i++) {
        if (walk->budget->files == 0 || (bytes && size > walk->budget->bytes) ||
            board_now() >= walk->budget->end)
            return FALSE;
        walk->budget->files--;
        walk->budget->bytes -= bytes ? size : 0;
        walk->found(i < names->count ? names->name[i] : "", bytes, size, bytes == NULL,
                    walk->user_data);
    }
    return TRUE;
}

/* In each way that a reader may take it. must: nothing is said of what else cannot be read. */
static UnpackResult walk_ways(Walk *walk, const PdfObject *object, const Names *names,
                              gboolean must)
{
    PdfFile *file = walk->file;
    PdfFilterResult best = PDF_FILTER_TOO_LARGE;
    g_autofree guint8 *last = NULL;
    gboolean has_more = FALSE;
    gsize last_size = 0;
    guint number = 0;
    PdfWay way = {0};

    while (pdf_stream_next_way(&file->source, &way, &number)) {
        gsize most = (gsize)MIN(walk->budget->file_size, walk->budget->bytes), size = 0;
        guint8 *bytes = NULL;
        guint filters = 0;
        PdfFilterResult result =
            pdf_stream_read(&file->source, object, &way, most, &bytes, &size, &filters);

        has_more |= way.is_doubtful && way.pick + 1 == PDF_SOURCE_WAYS;
        if (result == PDF_FILTER_TOO_LARGE)
            return UNPACK_LIMIT;
        /* Without its key nothing makes sense, or nobody can tell. What is broken in one way is of
         * no use when another was the right one. */
        if ((file->source.is_locked && (result != PDF_FILTER_DONE || filters == 0)) ||
            result > best) {
            g_free(bytes);
            continue;
        }
        best = result;
        if ((result == PDF_FILTER_DONE || size > 0) &&
            (!last || size != last_size || memcmp(last, bytes, size) != 0) &&
            !walk_give(walk, names, bytes, size)) {
            g_free(bytes);
            return UNPACK_LIMIT;
        }
        g_free(last);
        last = bytes;
        last_size = size;
    }
    if (!must)
        return UNPACK_DONE;
    if (best == PDF_FILTER_TOO_LARGE)
        return walk_give(walk, names, NULL, 0) ? UNPACK_ENCRYPTED : UNPACK_LIMIT;
    return best == PDF_FILTER_DONE && !has_more && !(object->flags & PDF_OBJECT_TORN)
               ? UNPACK_DONE
               : UNPACK_BROKEN;
}

static UnpackResult walk_object(Walk *walk, const PdfObject *object)
{
    Names names = {.count = 0};
    gboolean is_script = FALSE, is_file = FALSE;
    UnpackResult result = UNPACK_DONE;

    if (!object->stream)
        return UNPACK_DONE;
    is_file = find_names(walk->file, object, &names, &is_script) ||
              (object->flags & PDF_OBJECT_EMBEDDED) != 0;
    is_script = is_script && is_unseen(walk->file, object);
    if (is_file || is_script || !is_dull(object))
        result = walk_ways(walk, object, &names, is_file || is_script);
    names_clear(&names);
    return result;
}

UnpackResult pdf_file_walk(PdfFile *file, UnpackBudget *budget, UnpackFound found,
                           gpointer user_data)
{
    Walk walk = {.file = file, .budget = budget, .found = found, .user_data = user_data};
    UnpackResult worst = UNPACK_DONE;

    if (file->source.pack_bytes > budget->bytes)
        return UNPACK_LIMIT;
    budget->bytes -= file->source.pack_bytes;
    pdf_objects_sort(&file->source.objects);
    find_targets(file);
    for (guint i = 0; i < file->source.objects.count && worst < UNPACK_LIMIT; i++) {
        UnpackResult result = board_now() < budget->end
                                  ? walk_object(&walk, &file->source.objects.objects[i])
                                  : UNPACK_LIMIT;

        worst = MAX(worst, result);
    }
    if (file->source.has_damage)
        worst = MAX(worst, UNPACK_BROKEN);
    return file->source.objects.has_limit ? MAX(worst, UNPACK_LIMIT) : worst;
}

gboolean pdf_file_actions(PdfFile *file, PdfActionFound found, gpointer user_data)
{
    return pdf_action_walk(&file->source, found, user_data);
}
