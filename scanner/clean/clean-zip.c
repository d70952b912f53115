/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clean-zip.c - zip archives and office packages, by libzip.
 *
 * libzip copies what is not changed as it stands, packed bytes, times and order included. Fails
 * where a member cannot be read (encrypted, damaged, a method that libzip does not know): nobody
 * would know what is left. Of a package only macro parts go out, since nothing else can be missing
 * without the office program calling it damaged; the lists that name them are written anew, and so
 * are parts with something active in them, and documents within the document.
 */
#include "scanner/clean/clean-members.h"

#include <string.h>
#include <zip.h>

#include "scanner/clean/clean-biff.h"
#include "scanner/clean/clean-package.h"
#include "scanner/clean/clean-part.h"
#include "scanner/macro/macro-biff.h"

typedef struct {
    CleanMembers *members;
    zip_t *zip;
    GHashTable *macros; /* names of parts that go out; NULL: no office package */
    GHashTable *sheets; /* of those that are macro sheets */
} Cleaner;

gboolean clean_zip_matches(const guint8 *data, gsize size)
{
    return size > 22 && memcmp(data, "PK\3\4", 4) == 0;
}

/* The unpacked bytes of a member; NULL, with failed, when it cannot be read whole. */
static guint8 *member_read(Cleaner *cleaner, zip_uint64_t index, const char **ret_name,
                           gsize *ret_size)
{
    g_autofree guint8 *data = NULL;
    zip_file_t *file;
    zip_stat_t stat;
    zip_int64_t got;
    guint8 more;

    if (zip_stat_index(cleaner->zip, index, 0, &stat) < 0 ||
        (stat.valid & (ZIP_STAT_NAME | ZIP_STAT_SIZE)) != (ZIP_STAT_NAME | ZIP_STAT_SIZE)) {
        cleaner->members->failed = TRUE;
        return NULL;
    }
    data = clean_members_room(cleaner->members, stat.size);
    file = data ? zip_fopen_index(cleaner->zip, index, 0) : NULL;
    got = file ? zip_fread(file, data, stat.size) : -1;
    /* Its sum is only looked at where it ends; and it may be longer than it says. */
    if (got >= 0 && zip_fread(file, &more, 1) != 0)
        got = -1;
    if (file && zip_fclose(file) != 0)
        got = -1;
    if (got < 0 || (zip_uint64_t)got != stat.size) {
        cleaner->members->failed = TRUE;
        return NULL;
    }
    *ret_name = stat.name;
    *ret_size = (gsize)stat.size;
    return g_steal_pointer(&data);
}

/* On a copy: libzip 1.7 frees bytes that were only lent to it when it writes. */
static zip_source_t *source_new(const void *data, gsize size)
{
    void *copy = malloc(MAX(size, 1));
    zip_source_t *source;

    if (!copy)
        return NULL;
    if (size > 0)
        memcpy(copy, data, size);
    source = zip_source_buffer_create(copy, size, 1, NULL);
    if (!source)
        free(copy);
    return source;
}

static gboolean member_replace(Cleaner *cleaner, zip_uint64_t index, GBytes *bytes)
{
    zip_source_t *source = source_new(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));

    if (!source)
        return FALSE;
    if (zip_file_replace(cleaner->zip, index, source, 0) < 0) {
        zip_source_free(source);
        return FALSE;
    }
    return TRUE;
}

/* First of all: which parts are macros. */
static void package_survey(Cleaner *cleaner, zip_int64_t count)
{
    for (zip_int64_t i = 0; i < count && !cleaner->members->failed; i++) {
        const char *name = zip_get_name(cleaner->zip, (zip_uint64_t)i, 0);
        g_autofree guint8 *data = NULL;
        gsize size;

        if (!name || !g_str_has_suffix(name, ".rels"))
            continue;
        data = member_read(cleaner, (zip_uint64_t)i, &name, &size);
        if (data && !clean_package_find(name, data, size, cleaner->macros, cleaner->sheets))
            cleaner->members->failed = TRUE;
    }
}

/* Relationships of a macro part go with it. */
static gboolean is_macro_part(const Cleaner *cleaner, const char *name)
{
    GHashTableIter iterator;
    gpointer part;

    if (g_hash_table_contains(cleaner->macros, name) || clean_package_is_script(name))
        return TRUE;
    g_hash_table_iter_init(&iterator, cleaner->macros);
    while (g_hash_table_iter_next(&iterator, &part, NULL)) {
        g_autofree char *folder = g_path_get_dirname(part);
        g_autofree char *base = g_path_get_basename(part);
        g_autofree char *lists = g_strdup_printf("%s/_rels/%s.rels", folder, base);

        if (strcmp(name, lists) == 0)
            return TRUE;
    }
    return FALSE;
}

static GBytes *cut_binary(CleanMembers *members, const guint8 *data, gsize size, gboolean *ret_ok)
{
    guint cuts = members->cuts;
    GByteArray *part = clean_biff12_cut(data, size, clean_members_removed, members);

    *ret_ok = part != NULL;
    if (part && members->cuts > cuts)
        return g_byte_array_free_to_bytes(part);
    if (part)
        g_byte_array_unref(part);
    return NULL;
}

/* The part as it may stay; NULL: as it is, or, with `failed`, not at all. */
static GBytes *package_edit(Cleaner *cleaner, const char *name, const guint8 *data, gsize size)
{
    CleanMembers *members = cleaner->members;
    gboolean ok = TRUE;
    GBytes *edited = NULL;

    if (clean_package_is_list(name)) {
        edited = clean_package_edit(name, data, size, cleaner->macros, clean_members_removed,
                                    members, &ok);
    } else if (g_hash_table_contains(cleaner->sheets, name)) {
        clean_members_tell(members, "macro sheet");
        edited = macro_biff12_matches((const char *)data, size)
                     ? g_byte_array_free_to_bytes(clean_biff12_empty_sheet())
                     : clean_part_empty_sheet();
    } else if (macro_biff12_matches((const char *)data, size)) {
        edited = cut_binary(members, data, size, &ok);
    } else {
        edited = clean_part_edit(data, size, clean_members_removed, members, &ok);
        if (!edited && ok)
            edited = clean_members_inner(members, data, size);
    }
    members->failed |= !ok;
    return edited;
}

static void package_member(Cleaner *cleaner, zip_uint64_t index, const char *name,
                           const guint8 *data, gsize size)
{
    CleanMembers *members = cleaner->members;
    g_autoptr(GBytes) edited = NULL;

    if (is_macro_part(cleaner, name)) {
        clean_members_tell(members, name);
        members->failed |= zip_delete(cleaner->zip, index) < 0;
        return;
    }
    members->kept++;
    edited = package_edit(cleaner, name, data, size);
    members->failed |= edited && !member_replace(cleaner, index, edited);
}

static void cleaner_run(Cleaner *cleaner)
{
    CleanMembers *members = cleaner->members;
    zip_int64_t count = zip_get_num_entries(cleaner->zip, 0);

    if (count > members->judge->config->files) {
        members->failed = TRUE;
        return;
    }
    if (cleaner->macros)
        package_survey(cleaner, count);
    for (zip_int64_t i = 0; i < count && !members->failed; i++) {
        g_autofree guint8 *data = NULL;
        const char *name;
        gsize size;

        data = member_read(cleaner, (zip_uint64_t)i, &name, &size);
        if (!data)
            return;
        if (cleaner->macros)
            package_member(cleaner, (zip_uint64_t)i, name, data, size);
        else if (!g_str_has_suffix(name, "/") && !clean_members_judge(members, name, data, size))
            members->failed |= zip_delete(cleaner->zip, (zip_uint64_t)i) < 0;
    }
}

static gboolean add_note(Cleaner *cleaner)
{
    g_autofree char *note = clean_members_note(cleaner->members);
    g_autofree char *name = clean_members_note_name(cleaner->members);
    zip_source_t *source;

    /* Of a package every member must be in its lists; a comment need not. */
    if (cleaner->macros)
        return zip_set_archive_comment(cleaner->zip, note, (zip_uint16_t)strlen(note)) == 0;
    source = source_new(note, strlen(note));
    if (!source)
        return FALSE;
    if (zip_file_add(cleaner->zip, name, source, ZIP_FL_ENC_UTF_8) >= 0)
        return TRUE;
    zip_source_free(source);
    return FALSE;
}

/* Of OpenDocument the list may be missing; other books have a `mimetype` too. */
static gboolean is_package(zip_t *zip)
{
    static const char OPEN[] = "application/vnd.oasis.opendocument";
    zip_file_t *file = zip_fopen(zip, "mimetype", 0);
    char type[sizeof(OPEN)] = "";
    zip_int64_t got = file ? zip_fread(file, type, strlen(OPEN)) : -1;

    if (file)
        zip_fclose(file);
    return (got > 0 && strcmp(type, OPEN) == 0) ||
           zip_name_locate(zip, "[Content_Types].xml", 0) >= 0 ||
           zip_name_locate(zip, "META-INF/manifest.xml", 0) >= 0;
}

static GBytes *source_bytes(CleanMembers *members, zip_source_t *source)
{
    zip_int64_t size = -1;
    guint8 *data = NULL;

    if (zip_source_open(source) < 0)
        return NULL;
    if (zip_source_seek(source, 0, SEEK_END) == 0)
        size = zip_source_tell(source);
    if (size > 0 && zip_source_seek(source, 0, SEEK_SET) == 0)
        data = clean_members_room(members, (guint64)size);
    if (data && zip_source_read(source, data, (zip_uint64_t)size) != size)
        g_clear_pointer(&data, g_free);
    zip_source_close(source);
    return data ? g_bytes_new_take(data, (gsize)size) : NULL;
}

static void free_name(gpointer name)
{
    g_free(name);
}

GBytes *clean_zip(CleanMembers *members, const guint8 *data, gsize size, gboolean only_package)
{
    Cleaner cleaner = {.members = members};
    zip_source_t *source = source_new(data, size);
    guint cuts = members->cuts;
    GBytes *result = NULL;

    if (!source)
        return NULL;
    zip_source_keep(source); /* it has the new bytes once the archive is closed */
    cleaner.zip = zip_open_from_source(source, 0, NULL);
    if (!cleaner.zip) {
        zip_source_free(source);
        zip_source_free(source);
        return NULL;
    }
    if (is_package(cleaner.zip)) {
        cleaner.macros = g_hash_table_new_full(g_str_hash, g_str_equal, free_name, NULL);
        cleaner.sheets = g_hash_table_new_full(g_str_hash, g_str_equal, free_name, NULL);
    }
    if (cleaner.macros || !only_package)
        cleaner_run(&cleaner);
    if (members->failed || members->cuts == cuts || members->kept == 0 || !add_note(&cleaner) ||
        zip_close(cleaner.zip) < 0)
        zip_discard(cleaner.zip);
    else
        result = source_bytes(members, source);
    zip_source_free(source);
    if (cleaner.macros)
        g_hash_table_unref(cleaner.macros);
    if (cleaner.sheets)
        g_hash_table_unref(cleaner.sheets);
    return result;
}
