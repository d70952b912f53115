/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * member-watch.c - a stack of layers, each with the members that it named and did not yet open.
 *
 * Nothing here fails; what cannot be kept is noted as lost, and ends as not-fully-scanned.
 *
 * libclamav opens members in the order in which it named them, zip ones by the last part of their
 * path alone. A zip member is named twice, by the directory and by its local header. Names that
 * libclamav made up itself are no names.
 *
 * Known limits: parts of documents of the old kind (OLE) have no names here, and those of TNEF
 * attachments are lost in libclamav.
 */
#include "scanner/scan/member-watch.h"

#include <string.h>

#include "filters/file-name.h"
#include "filters/name-decode.h"
#include "scanner/archive/archive-end.h"
#include "scanner/archive/lzma-head.h"
#include "scanner/archive/unpack.h"
#include "scanner/archive/zip-layout.h"
#include "scanner/common/byte-number.h"
#include "scanner/common/byte-scan.h"
#include "scanner/mail/mail-member.h"
#include "scanner/mail/mail-part.h"
#include "scanner/pdf/pdf-file.h"

enum {
    /* Held until the scan is over; more than this in archives that libclamav cannot open, inside
     * of others that it can, is not what people send. */
    REST_BYTES_MAX = 64 * 1024 * 1024,
    SMALLEST = 6,      /* libclamav opens nothing smaller */
    SEARCH_MAX = 1000, /* names between two that are opened: empty and tiny ones */
    UNKNOWN_SIZE = 0xffffffff
};

typedef struct {
    char *name;
    guint64 size;
    guint position;
    gboolean is_encrypted, is_opened;
    gboolean is_twin; /* the local header's name of the one before */
} Named;

struct MemberLayer {
    MemberLayer *outer; /* what it lies in, NULL: nothing */
    guint level;
    guint number; /* of its member; what is not listed has that of what it lies in */
    gboolean is_archive, is_zip, is_document, is_compound, is_mail, is_text;
    gboolean is_ignored;  /* as music: libclamav looks for nothing in it */
    gboolean is_guess;    /* not by its sign alone an archive */
    gboolean is_foreign;  /* not taken apart by libclamav, whatever it finds in the middle of it */
    gboolean has_payload; /* a text with files in it, see page-payload.h */
    gboolean has_lock;    /* a document that is encrypted */
    gboolean has_files;   /* a PDF with what pdf_file_walk() gives */
    gboolean is_in_mail;  /* whose reader sees it in its own ways */
    gboolean has_mail;    /* mail_member_is_wanted() */
    gboolean is_read;     /* a text whose mails a reader of ours finds, or a rest of one */
    gboolean has_child;
    GBytes *bytes;    /* of an archive that is no root; borrowed memory of libclamav */
    GArray *names;    /* of Named; NULL until one is named */
    guint next_named; /* where the next to be opened most likely stands */
};

static void named_clear(gpointer data)
{
    g_free(((Named *)data)->name);
}

/* Takes the innermost away. */
static void layer_pop(MemberWatch *watch)
{
    MemberLayer *layer = watch->top;

    watch->top = layer->outer;
    g_clear_pointer(&layer->names, g_array_unref);
    g_clear_pointer(&layer->bytes, g_bytes_unref);
    g_free(layer);
}

static void rest_clear(gpointer data)
{
    g_clear_pointer(&((MemberRest *)data)->bytes, g_bytes_unref);
}

void member_watch_init(MemberWatch *watch, Members *members, guint root, const FilterRules *rules,
                       FileTyper *typer)
{
    *watch = (MemberWatch){.members = members, .root = root, .rules = rules, .typer = typer};
}

void member_watch_clear(MemberWatch *watch)
{
    while (watch->top)
        layer_pop(watch);
    g_clear_pointer(&watch->rests, g_array_unref);
}

void member_watch_restart(MemberWatch *watch)
{
    member_watch_clear(watch);
    watch->rest_bytes = 0;
    watch->has_alarm = FALSE;
    watch->has_locked_pdf = watch->has_open_pdf = FALSE;
    members_set_culprit(watch->members, 0);
}

static gboolean type_is_in(const char *type, const char *const *list)
{
    const gsize prefix = strlen("CL_TYPE_"); /* which they have in common */

    if (strncmp(type, "CL_TYPE_", prefix) != 0)
        return FALSE;
    for (; *list; list++)
        if (type[prefix] == (*list)[prefix] && strcmp(type, *list) == 0)
            return TRUE;
    return FALSE;
}

static void layer_take_type(MemberLayer *layer, const char *type)
{
    /* All of their members are told and opened, or something is wrong. */
    static const char *const archives[] = {
        "CL_TYPE_7Z",        "CL_TYPE_RAR",      "CL_TYPE_ARJ",      "CL_TYPE_MSCAB",
        "CL_TYPE_POSIX_TAR", "CL_TYPE_OLD_TAR",  "CL_TYPE_CPIO_OLD", "CL_TYPE_CPIO_NEWC",
        "CL_TYPE_CPIO_CRC",  "CL_TYPE_CPIO_ODC", "CL_TYPE_LHA_LZH",  "CL_TYPE_GZ",
        "CL_TYPE_BZ",        "CL_TYPE_XZ",       "CL_TYPE_MSCHM",    NULL};

    layer->is_document = g_str_has_prefix(type, "CL_TYPE_OOXML");
    layer->is_zip = layer->is_document || strcmp(type, "CL_TYPE_ZIP") == 0;
    layer->is_archive = layer->is_zip || type_is_in(type, archives);
    layer->is_compound = strcmp(type, "CL_TYPE_MSOLE2") == 0;
    layer->is_mail = strcmp(type, "CL_TYPE_MAIL") == 0 || strcmp(type, "CL_TYPE_MHTML") == 0;
    layer->is_text = g_str_has_prefix(type, "CL_TYPE_TEXT");
    layer->is_ignored = strcmp(type, "CL_TYPE_IGNORED") == 0;
}

/* clamav-0123456789abcdef0123456789abcdef.tmp, 0123456789abcdef0123456789abcdef_1, "unknown" */
static gboolean name_is_made_up(const char *name)
{
    const char *p = g_str_has_prefix(name, "clamav-") ? name + strlen("clamav-") : name;
    gsize digits = strspn(p, "0123456789abcdef");

    if (digits == 32 && (p[32] == '.' || p[32] == '_'))
        return TRUE;
    return strcmp(name, "unknown") == 0 || strcmp(name, "attachment") == 0;
}

static const char *last_part(const char *name)
{
    const char *slash = strrchr(name, '/');

    return slash ? slash + 1 : name;
}

/* The one that is opened now, or NULL. */
static Named *layer_find(MemberLayer *layer, const char *name)
{
    guint count = layer->names ? layer->names->len : 0;

    for (guint i = 0; i < MIN(count, SEARCH_MAX); i++) {
        /* Only zip names all before it opens the first. */
        guint at = layer->is_zip ? (layer->next_named + i) % count : count - 1 - i;
        Named *named = &g_array_index(layer->names, Named, at);

        if (named->is_opened ||
            (strcmp(named->name, name) != 0 && strcmp(last_part(named->name), name) != 0))
            continue;
        layer->next_named = at + 1;
        named->is_opened = TRUE;
        if (named->is_twin) /* both names stand for one member */
            g_array_index(layer->names, Named, at - 1).is_opened = TRUE;
        else if (at + 1 < count && g_array_index(layer->names, Named, at + 1).is_twin)
            g_array_index(layer->names, Named, at + 1).is_opened = TRUE;
        return named;
    }
    return NULL;
}

FilterSubject member_subject(const Member *member)
{
    return (FilterSubject){.name = member->name,
                           .type = member->flags & MEMBER_TYPE_SURE ? member->type : NULL,
                           .size = (goffset)MIN(member->size, G_MAXINT64),
                           .container = member->flags & MEMBER_MESSAGE_PART ? NULL : "",
                           .is_document_part = (member->flags & MEMBER_DOCUMENT_PART) != 0};
}

void member_tell_type(const FilterRules *rules, FileTyper *typer, const Member *member,
                      const void *data, gsize size, Verdict *type)
{
    const FilterSubject subject = member_subject(member);

    file_type_guess(data, size, type);
    if (!type->type_is_sure && rules && filter_rules_need_type(rules, &subject)) {
        file_typer_tell(typer, data, size, type);
        type->type_is_sure = TRUE; /* nobody knows better */
    }
}

/* data: NULL where its bytes are not seen. */
static guint list_add(MemberWatch *watch, const MemberLayer *parent, const char *name,
                      const void *data, guint64 size, guint flags)
{
    Verdict type = {0};
    Member member = {.parent = parent->number,
                     .name = name,
                     .type = type.type,
                     .size = size,
                     .flags = flags | (parent->is_document ? MEMBER_DOCUMENT_PART : 0) |
                              (parent->is_mail ? MEMBER_MESSAGE_PART : 0) |
                              (data ? MEMBER_SEEN : 0)};

    if (data)
        member_tell_type(watch->rules, watch->typer, &member, data, (gsize)size, &type);
    member.flags |= type.type_is_sure ? MEMBER_TYPE_SURE : 0;
    return members_add(watch->members, &member);
}

/* Kept for later, when libclamav is done; data: NULL for the content itself. */
static void rest_add(MemberWatch *watch, guint number, const void *data, gsize size,
                     MemberRestKind kind)
{
    MemberRest rest = {.number = number, .kind = kind};

    if (watch->is_mail)
        return;
    if (data) {
        void *copy = size <= REST_BYTES_MAX - watch->rest_bytes ? g_try_malloc(MAX(size, 1)) : NULL;

        if (!copy) {
            watch->has_lost_rest = TRUE;
            return;
        }
        memcpy(copy, data, size);
        rest.bytes = g_bytes_new_take(copy, size);
        watch->rest_bytes += size;
    }
    if (!watch->rests) {
        watch->rests = g_array_new(FALSE, FALSE, sizeof(MemberRest));
        g_array_set_clear_func(watch->rests, rest_clear);
    }
    g_array_append_val(watch->rests, rest);
}

/* Behind the first byte. */
static const guint8 *find_rar(const guint8 *data, gsize size)
{
    static const char sign[] = "Rar!\x1a\x07";

    return size > 0 ? byte_scan_sign(data + 1, size - 1, sign, sizeof(sign) - 1) : NULL;
}

/* Whose name libclamav knows in part, if at all. */
typedef struct {
    MemberWatch *watch;
    const MemberLayer *layer;
} LongNames;

static void on_long_name(const char *name, gsize length, gpointer user_data)
{
    const LongNames *names = user_data;
    g_autofree char *copy = g_strndup(name, length);

    list_add(names->watch, names->layer, copy, NULL, 0, 0);
}

/* Archives in the middle of something else that libclamav does not look for: RAR, for which it was
 * built without the library, tars, those behind music, what stands behind the end of another
 * archive, and tars whose members have sizes that libclamav does not see. */
static void look_for_hidden(MemberWatch *watch, const MemberLayer *layer, const guint8 *data,
                            gsize size, SignLacks lacks)
{
    const guint8 *rar = lacks & SIGN_LACKS_RAR ? NULL : find_rar(data, size);
    gsize behind = archive_end_find(data, size);

    if (rar && !layer->is_archive && !layer->is_foreign)
        rest_add(watch, layer->number, rar, (gsize)(data + size - rar), MEMBER_REST_GUESS);
    if (behind > 0)
        rest_add(watch, layer->number, data + behind, size - behind, MEMBER_REST_BEHIND);
    if (archive_end_has_other_sizes(data, size))
        rest_add(watch, layer->number, data, size, MEMBER_REST_GUESS);
    if (!layer->is_archive && !layer->is_foreign) {
        gsize first = layer->is_ignored ? archive_end_find_first(data, size)
                                        : archive_end_find_tar(data, size);

        if (first > 0 && first < size)
            rest_add(watch, layer->number, data + first, size - first, MEMBER_REST_BEHIND);
    }
}

/* Names that libclamav does not tell, and members of a zip that its directory does not name. */
static void look_at_names(MemberWatch *watch, const MemberLayer *layer, const guint8 *data,
                          gsize size)
{
    LongNames names = {watch, layer};
    ZipLayout layout = {0};

    archive_end_tell_long_names(data, size, on_long_name, &names);
    if (!layer->is_zip && !zip_layout_is_zip(data, size))
        return;
    (void)zip_layout_look(data, size, on_long_name, &names, &layout);
    watch->has_overlap |= layout.has_overlap;
    watch->has_disguised |= layout.has_disguised;
    watch->has_contradiction |= layout.has_contradiction;
    watch->has_unread |= layout.has_lost;
    for (guint i = 0; i < layout.gaps; i++)
        rest_add(watch, layer->number, data + layout.gap[i].start,
                 layout.gap[i].end - layout.gap[i].start, MEMBER_REST_GUESS);
}

/* What libclamav does not tell: OpenDocument, whose manifest says it. */
static gboolean is_locked_manifest(const char *name, const void *data, gsize size)
{
    return strcmp(name, "META-INF/manifest.xml") == 0 &&
           memmem(data, size, "encryption-data", strlen("encryption-data")) != NULL;
}

gboolean member_watch_is_rest(const void *data, gsize size)
{
    static const char mark[] = "Received: by clamd (bounce)\n";
    const gsize length = sizeof(mark) - 1;

    return size >= length && memcmp(data, mark, length) == 0;
}

/* Whose text it is reads that as well, and would meet it again in each rest. */
static gboolean is_rest_of(const MemberLayer *parent, const void *data, gsize size)
{
    return parent && parent->is_text && member_watch_is_rest(data, size);
}

/* To libclamav whatever begins like one evasion of old, which no more than a configuration does
 * that has the same first line. */
static gboolean is_tar_by_words(const char *type, const void *data, gsize size)
{
    static const char words[] = "[aliases]";
    const gsize length = sizeof(words) - 1;

    return strcmp(type, "CL_TYPE_POSIX_TAR") == 0 && size >= length &&
           memcmp(data, words, length) == 0;
}

/* Two bytes are no sign: of the old form of cpio the first name stands behind the head, with its
 * length in it, in either order of bytes. */
static gboolean is_no_cpio(const char *type, const guint8 *data, gsize size)
{
    enum {
        NAME_SIZE = 20,
        HEAD = 26
    };
    gsize length;

    if (strcmp(type, "CL_TYPE_CPIO_OLD") != 0 || size < HEAD)
        return FALSE;
    length =
        data[0] == 0xc7 ? byte_number(data + NAME_SIZE, 2) : byte_number_big(data + NAME_SIZE, 2);
    return length < 2 || length > size - HEAD || data[HEAD + length - 1] != '\0';
}

gboolean member_watch_is_read_rest(const MemberWatch *watch)
{
    return watch->top && watch->top->outer && watch->top->is_read && !watch->top->has_mail;
}

void member_watch_open(MemberWatch *watch, const ScannedObject *object)
{
    MemberLayer layer = {.level = object->level, .number = watch->root}, *parent;
    const char *shown = object->name ? object->name : "";
    const void *data = object->data;
    gsize size = object->size;
    gboolean is_inside;

    while (watch->top && watch->top->level >= object->level)
        member_watch_close(watch);
    parent = watch->top;
    is_inside = parent || watch->root != 0 || watch->is_part;
    if (parent) {
        const Named *named = object->name ? layer_find(parent, object->name) : NULL;

        parent->has_child = TRUE;
        if (named)
            shown = named->name;
        if (name_is_made_up(shown))
            shown = "";
        layer.number = parent->number;
        layer.is_in_mail = parent->is_mail || parent->is_in_mail;
        /* What a mail's reader sees as text, and what libclamav made for itself or will be
         * unpacked, is no member. */
        if (!object->is_normalized && !parent->is_foreign &&
            !(parent->is_mail && shown[0] == '\0')) {
            layer.number = list_add(watch, parent, shown, data, size, 0);
            if (layer.number == 0)
                layer.number = parent->number;
        }
    }
    watch->has_encrypted |= is_locked_manifest(shown, data, size);
    layer_take_type(&layer, object->type);
    layer.is_guess = is_tar_by_words(object->type, data, size) ||
                     is_no_cpio(object->type, data, size) || lzma_head_is_blank(data, size);
    /* The streams of Office and others, of formulas say, are no files of their own. */
    layer.is_foreign = !object->is_normalized &&
                       !(parent && parent->is_compound && lzma_head_is_doubtful(data, size)) &&
                       (unpack_is_wanted(data, size) ||
                        /* what is no member of anything is the business of who brought it */
                        (is_inside && unpack_is_sealed(data, size)));
    layer.has_lock = unpack_is_locked(data, size);
    layer.has_payload = object->has_payload && !object->is_normalized && !layer.is_mail;
    if (object->pdf) {
        gboolean is_open = pdf_file_is_open(object->pdf);

        layer.has_files = is_open || pdf_file_has_files(object->pdf);
        /* In an archive libclamav may leave the rest of it alone after it has told of one. */
        watch->has_open_pdf |= is_open && !parent;
        watch->has_locked_pdf |= (is_open && parent) || pdf_file_is_locked(object->pdf);
    }
    layer.is_in_mail |= is_rest_of(parent, data, size);
    layer.has_mail = is_inside && !object->is_normalized && !layer.is_in_mail && !watch->is_mail &&
                     mail_member_is_wanted(data, size);
    if (layer.is_mail || layer.is_text)
        layer.is_read =
            !parent && watch->root == 0
                ? mail_member_has_lines(data, size) || mail_part_is_message(data, size)
                : layer.has_mail || (parent && parent->is_read && member_watch_is_rest(data, size));
    if ((layer.is_archive || layer.is_foreign || layer.has_payload || layer.has_lock ||
         layer.has_files || layer.has_mail) &&
        parent)
        layer.bytes = g_bytes_new_static(data, size);
    if (!object->is_normalized && !watch->is_mail)
        look_for_hidden(watch, &layer, data, size, object->lacks);
    if (!object->is_normalized)
        look_at_names(watch, &layer, data, size);
    layer.outer = parent;
    watch->top = g_memdup2(&layer, sizeof(layer));
}

static void layer_rest(MemberWatch *watch, const MemberLayer *layer, MemberRestKind kind)
{
    rest_add(watch, layer->number, layer->bytes ? g_bytes_get_data(layer->bytes, NULL) : NULL,
             layer->bytes ? g_bytes_get_size(layer->bytes) : 0, kind);
}

void member_watch_close(MemberWatch *watch)
{
    MemberLayer *layer = watch->top;
    gboolean has_rest;

    if (!layer)
        return;
    has_rest = layer->is_foreign || layer->has_payload || layer->has_lock ||
               (layer->is_archive && !layer->has_child && !layer->names);
    for (guint i = 0; layer->names && i < layer->names->len; i++) {
        const Named *named = &g_array_index(layer->names, Named, i);

        if (named->is_opened)
            continue;
        list_add(watch, layer, named->name, NULL, named->size,
                 named->is_encrypted ? MEMBER_ENCRYPTED : 0);
        has_rest |= layer->is_archive && !named->is_encrypted && named->size >= SMALLEST;
    }
    if (has_rest && !watch->has_alarm)
        layer_rest(watch, layer, layer->is_guess ? MEMBER_REST_GUESS : MEMBER_REST_ARCHIVE);
    if (layer->has_mail && !watch->has_alarm)
        layer_rest(watch, layer, MEMBER_REST_MAIL);
    /* After an alarm too: for the name of what it was about. */
    if (layer->has_files)
        layer_rest(watch, layer, MEMBER_REST_PDF);
    layer_pop(watch);
}

/* TRUE if it is the same member as the last, told by its local header. */
static gboolean layer_takes_twin(MemberWatch *watch, const MemberLayer *layer, Named *named)
{
    Named *last = &g_array_index(layer->names, Named, layer->names->len - 1);

    if (last->is_twin || last->position != named->position)
        return FALSE;
    last->is_encrypted |= named->is_encrypted;
    if (named->size != UNKNOWN_SIZE)
        last->size = MAX(last->size, named->size);
    if (strcmp(last->name, named->name) == 0)
        return TRUE;
    named->is_twin = TRUE;
    named->size = last->size;
    watch->has_disguised |= file_name_extensions_differ(last->name, named->name);
    return FALSE;
}

void member_watch_named(MemberWatch *watch, const char *container, const char *name, guint64 size,
                        gboolean is_encrypted, guint position)
{
    MemberLayer *layer = watch->top, of_container = {0};
    Named named = {.size = size, .position = position, .is_encrypted = is_encrypted};

    if (is_encrypted)
        watch->has_encrypted = TRUE;
    layer_take_type(&of_container, container);
    /* One that libclamav finds in the middle of something else has no position. */
    if (!layer || !name || name_is_made_up(name) || layer->is_zip != of_container.is_zip ||
        (layer->is_zip && position == 0))
        return;
    if (!layer->names) {
        layer->names = g_array_new(FALSE, FALSE, sizeof(Named));
        g_array_set_clear_func(layer->names, named_clear);
    }
    /* The list has no room for more: it will be cut. */
    if (layer->names->len > members_limit(watch->members)) {
        members_set_cut(watch->members);
        return;
    }
    /* Zip says in which of two charsets a name is, and few writers heed it. */
    named.name = layer->is_zip && !g_utf8_validate(name, -1, NULL)
                     ? name_decode_charset("ibm437", name, strlen(name))
                     : g_strdup(name);
    if (layer->names->len > 0 && layer->is_zip && layer_takes_twin(watch, layer, &named)) {
        g_free(named.name);
        return;
    }
    g_array_append_val(layer->names, named);
}

gboolean member_watch_pdf_is_locked(MemberWatch *watch)
{
    watch->has_unread_pdf = watch->has_open_pdf && !watch->has_locked_pdf;
    return !watch->has_unread_pdf;
}

void member_watch_alarm(MemberWatch *watch)
{
    const MemberLayer *layer = watch->top;

    watch->has_alarm = TRUE;
    if (layer && members_culprit(watch->members) == 0)
        members_set_culprit(watch->members, layer->number);
}
