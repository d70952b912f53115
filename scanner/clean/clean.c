/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clean.c - chooses the writer, and believes its work only after a scan of its own.
 *
 * Cleaning never fails loudly: where it is impossible the caller takes the next action. Limits are
 * those of scanning: size of a member and of all, number of members, the request's end.
 *
 * Known limits: message texts and workbooks of Excel 5 are not cleaned; an archive within an
 * archive goes as a whole.
 */
#include "scanner/clean/clean.h"

#include <openssl/sha.h>
#include <string.h>

#include "scanner/clean/clean-list.h"
#include "scanner/clean/clean-markup.h"
#include "scanner/clean/clean-members.h"
#include "scanner/clean/clean-rtf.h"
#include "scanner/macro/macro-rtf.h"
#include "scanner/macro/macro-sheet.h"

enum {
    DEPTH_MAX = 4,   /* documents within documents; a workbook in a letter in slides is 2 */
    REMOVED_MAX = 60 /* of the names that are told: they share a line with the finding */
};

guint8 *clean_members_room(CleanMembers *members, guint64 size)
{
    const ScannerConfig *config = members->judge->config;
    guint8 *room = NULL;

    if (size <= config->file_size && members->bytes + size <= config->scan_size &&
        board_now() < members->judge->end)
        room = g_try_malloc(MAX(size, 1));
    members->bytes += size;
    members->failed |= room == NULL;
    return room;
}

static gboolean is_told(const char *removed, const char *name)
{
    const char *found = strstr(removed, name);
    gsize length = strlen(name);

    return found && (found == removed || found[-1] == ',') &&
           (found[length] == '\0' || found[length] == ',');
}

void clean_members_tell(CleanMembers *members, const char *name)
{
    members->cuts++;
    if (is_told(members->removed->str, name))
        return;
    if (members->removed->len > 0)
        g_string_append_c(members->removed, ',');
    if (members->removed->len + strlen(name) <= REMOVED_MAX)
        g_string_append(members->removed, name);
    else if (!g_str_has_suffix(members->removed->str, "..."))
        g_string_append(members->removed, "...");
}

void clean_members_removed(const char *name, gpointer user)
{
    clean_members_tell(user, name);
}

GBytes *clean_members_inner(CleanMembers *members, const guint8 *data, gsize size)
{
    GBytes *result = NULL;
    guint cuts = members->cuts;

    if (members->depth == DEPTH_MAX)
        return NULL; /* what is bad there, the scan of the result will find */
    members->depth++;
    if (clean_ole_matches(data, size))
        result = clean_ole(members, data, size);
    else if (clean_zip_matches(data, size))
        result = clean_zip(members, data, size, TRUE);
    members->depth--;
    members->failed |= !result && members->cuts > cuts;
    if (members->cuts == cuts)
        g_clear_pointer(&result, g_bytes_unref);
    return result;
}

gboolean clean_members_judge(CleanMembers *members, const char *name, const guint8 *data,
                             gsize size)
{
    g_autoptr(Members) inside = judge_members_new(members->judge);
    Verdict verdict = {0};

    judge_scan_now(members->judge, data, size, VERDICT_CACHE_CONTENT, &verdict, inside);
    if (members->judge->config->actions[verdict.kind] != FILTER_ACTION_PASS) {
        clean_members_tell(members, name);
        return FALSE;
    }
    members->kept++;
    return TRUE;
}

char *clean_members_note(const CleanMembers *members)
{
    return g_strdup_printf("Removed %s\r\n"
                           "\r\n"
                           "This was taken out: %s\r\n"
                           "Finding: %.64s\r\n"
                           "Please give this reference when you ask about it: %s\r\n",
                           members->reference, members->removed->str, members->finding,
                           members->reference);
}

char *clean_members_note_name(const CleanMembers *members)
{
    return g_strdup_printf("removed-%s.txt", members->reference);
}

/* The note is a comment, and nothing in it may end it. */
static GBytes *clean_markup(CleanMembers *members, const void *data, gsize size)
{
    GString *text = clean_markup_cut(data, size, clean_members_removed, members);
    g_autoptr(GString) note = g_string_new(NULL);
    g_autofree char *plain = NULL;

    if (!text)
        return NULL;
    members->kept++;
    plain = clean_members_note(members);
    g_string_assign(note, g_strdelimit(plain, "<>&", '_'));
    g_string_replace(note, "--", "__", 0);
    g_string_append_printf(text, "<!-- %s -->\r\n", note->str);
    return g_string_free_to_bytes(text);
}

/* The note is a destination that no program knows, in front of the last brace. */
static GBytes *clean_rtf(CleanMembers *members, const void *data, gsize size)
{
    gsize end = 0;
    GString *text = clean_rtf_cut(data, size, &end, clean_members_removed, members);
    g_autofree char *note = NULL, *group = NULL;

    if (!text)
        return NULL;
    members->kept++;
    note = clean_members_note(members);
    group = g_strdup_printf("{\\*\\removednote %s}", g_strdelimit(note, "{}\\", '_'));
    g_string_insert(text, (gssize)end, group);
    return g_string_free_to_bytes(text);
}

/* The note is a last line: a cell of a list, and behind the end of SYLK. */
static GBytes *clean_list(CleanMembers *members, const void *data, gsize size)
{
    GString *text = clean_list_cut(data, size, clean_members_removed, members);

    if (!text)
        return NULL;
    members->kept++;
    if (text->len > 0 && text->str[text->len - 1] != '\n')
        g_string_append(text, "\r\n");
    g_string_append_printf(text, "\"Removed %s: %s\"\r\n", members->reference,
                           members->removed->str);
    return g_string_free_to_bytes(text);
}

/* The last word: what is given out is judged like anything else that comes. */
static gboolean result_is_clean(Judge *judge, GBytes *result)
{
    guint8 digest[STOREHOOK_DIGEST_SIZE];
    g_autoptr(Members) inside = NULL;
    Verdict verdict = {0};
    gsize size;
    const guint8 *data = g_bytes_get_data(result, &size);

    SHA256(data, size, digest);
    (void)judge_scan(judge, data, size, digest, VERDICT_CACHE_CONTENT, &verdict, &inside);
    /* The row that names it is asked about without the bytes, and rules may want the type. */
    if (verdict.kind == STOREHOOK_VERDICT_CLEAN)
        judge_tell_type(judge, data, size, digest, &verdict);
    return verdict.kind == STOREHOOK_VERDICT_CLEAN;
}

GBytes *clean_content(Judge *judge, const void *data, gsize size, const char *finding,
                      const char *reference, GString *removed, const char **ret_why)
{
    CleanMembers members = {
        .judge = judge, .removed = removed, .finding = finding, .reference = reference};
    g_autoptr(GBytes) result = NULL;
    gboolean is_known = TRUE;

    if (clean_zip_matches(data, size))
        result = clean_zip(&members, data, size, FALSE);
    else if (clean_ole_matches(data, size))
        result = clean_ole(&members, data, size);
    else if (clean_tar_matches(data, size))
        result = clean_tar(&members, data, size);
    else if (macro_rtf_matches(data, size))
        result = clean_rtf(&members, data, size);
    else if (clean_markup_matches(data, size))
        result = clean_markup(&members, data, size);
    else if (macro_sylk_matches(data, size) || macro_list_matches(data, size))
        result = clean_list(&members, data, size);
    else
        is_known = FALSE;
    *ret_why = !is_known                         ? "not of a kind that can be"
               : !result || members.failed       ? "it cannot be written anew"
               : removed->len == 0               ? "nothing of it goes out by itself"
               : members.kept == 0               ? "nothing would be left"
               : !result_is_clean(judge, result) ? "what is left is not clean"
                                                 : NULL;
    return *ret_why ? NULL : g_steal_pointer(&result);
}
