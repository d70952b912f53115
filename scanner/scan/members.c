/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * members.c - a list with a limit on its members and bytes, and its form as bytes.
 *
 * Nothing here fails: what does not fit is cut, and the list says so.
 *
 * The stored form is for this machine alone: a head, then for each member a fixed part and its
 * type and name with their NULs.
 */
#include "scanner/scan/members.h"

#include <string.h>

enum {
    PATH_PARTS_MAX = 64, /* of a path that is shown; libclamav goes no deeper than 100 */
    IS_CUT = 1
};

typedef struct {
    guint parent;
    guint flags;
    guint64 size;
    char *name, *type;
} Entry;

struct Members {
    GArray *entries; /* NULL until there are any: most contents hold nothing */
    guint most;
    gsize bytes_most, bytes;
    guint culprit;
    gboolean is_cut;
};

typedef struct {
    guint32 count;
    guint32 flags;
    guint32 culprit;
    guint32 reserved;
} Head;

typedef struct {
    guint64 size;
    guint32 parent;
    guint16 flags;
    guint16 type_size; /* with the NUL */
    guint32 name_size;
    guint32 reserved;
} Fixed;

static void entry_clear(gpointer data)
{
    Entry *entry = data;

    g_free(entry->name);
    g_free(entry->type);
}

Members *members_new(guint most, gsize bytes)
{
    Members *members = g_new0(Members, 1);

    members->most = most;
    members->bytes_most = bytes;
    members->bytes = sizeof(Head);
    return members;
}

Members *members_free(Members *members)
{
    if (members)
        g_clear_pointer(&members->entries, g_array_unref);
    g_free(members);
    return NULL;
}

/* A longer name keeps its end, where the extension stands. */
static char *name_copy(const char *name)
{
    gsize length = strlen(name);

    return g_strdup(length > MEMBERS_NAME_MAX ? name + length - MEMBERS_NAME_MAX : name);
}

guint members_add(Members *members, const Member *member)
{
    Entry entry = {.parent = member->parent, .flags = member->flags, .size = member->size};
    gsize size =
        sizeof(Fixed) + MIN(strlen(member->name), MEMBERS_NAME_MAX) + 1 + strlen(member->type) + 1;

    g_assert(member->parent <= members_count(members));
    if (members->is_cut || members_count(members) >= members->most ||
        size > members->bytes_most - members->bytes || strlen(member->type) >= G_MAXUINT16) {
        members->is_cut = TRUE;
        return 0;
    }
    entry.name = name_copy(member->name);
    entry.type = g_strdup(member->type);
    members->bytes += size;
    if (!members->entries) {
        members->entries = g_array_new(FALSE, FALSE, sizeof(Entry));
        g_array_set_clear_func(members->entries, entry_clear);
    }
    g_array_append_val(members->entries, entry);
    return members->entries->len;
}

static Entry *entry_of(const Members *members, guint number)
{
    g_assert(number > 0 && number <= members_count(members));
    return &g_array_index(members->entries, Entry, number - 1);
}

void members_set_type(Members *members, guint number, const char *type, gboolean is_sure)
{
    Entry *entry = entry_of(members, number);
    gsize old = strlen(entry->type), size = strlen(type);

    if (size > old && (size - old > members->bytes_most - members->bytes || size >= G_MAXUINT16)) {
        members->is_cut = TRUE;
        return;
    }
    members->bytes = members->bytes - old + size;
    g_free(entry->type);
    entry->type = g_strdup(type);
    entry->flags |= MEMBER_SEEN;
    entry->flags =
        is_sure ? entry->flags | MEMBER_TYPE_SURE : entry->flags & ~(guint)MEMBER_TYPE_SURE;
}

void members_set_name(Members *members, guint number, const char *name)
{
    Entry *entry = entry_of(members, number);
    gsize size = MIN(strlen(name), MEMBERS_NAME_MAX);

    g_assert(entry->name[0] == '\0');
    if (size > members->bytes_most - members->bytes) {
        members->is_cut = TRUE;
        return;
    }
    members->bytes += size;
    g_free(entry->name);
    entry->name = name_copy(name);
}

void members_append(Members *to, guint parent, const Members *from)
{
    guint first = members_count(to);

    for (guint i = 1; i <= members_count(from); i++) {
        Member member = members_get(from, i);

        /* Numbers run on without a gap as long as nothing is cut. */
        member.parent = member.parent == 0 ? parent : member.parent + first;
        if (members_add(to, &member) == 0)
            break;
    }
    if (from && from->is_cut)
        to->is_cut = TRUE;
    if (from && from->culprit != 0 && to->culprit == 0 &&
        first + from->culprit <= members_count(to))
        to->culprit = first + from->culprit;
}

guint members_count(const Members *members)
{
    return members && members->entries ? members->entries->len : 0;
}

guint members_limit(const Members *members)
{
    return members->most;
}

Member members_get(const Members *members, guint number)
{
    const Entry *entry = entry_of(members, number);

    return (Member){.parent = entry->parent,
                    .name = entry->name,
                    .type = entry->type,
                    .size = entry->size,
                    .flags = entry->flags};
}

gboolean members_is_cut(const Members *members)
{
    return members && members->is_cut;
}

void members_set_cut(Members *members)
{
    members->is_cut = TRUE;
}

guint members_culprit(const Members *members)
{
    return members ? members->culprit : 0;
}

void members_set_culprit(Members *members, guint number)
{
    g_assert(number <= members_count(members));
    members->culprit = number;
}

/* What a log line or a terminal cannot take becomes '?'. */
static void path_add(GString *path, const char *name)
{
    g_autofree char *valid = g_utf8_make_valid(name, -1);

    for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        g_string_append_unichar(path, g_unichar_isprint(c) && c != '"' ? c : '?');
    }
}

char *members_path(const Members *members, guint number)
{
    GString *path = g_string_new(NULL);
    guint chain[PATH_PARTS_MAX];
    guint depth = 0;

    for (; number != 0 && depth < PATH_PARTS_MAX; number = entry_of(members, number)->parent)
        chain[depth++] = number;
    while (depth > 0) {
        const Entry *entry = entry_of(members, chain[--depth]);

        if (path->len > 0)
            g_string_append_c(path, '/');
        if (entry->name[0] != '\0')
            path_add(path, entry->name);
        else
            g_string_append_printf(path, "#%u", chain[depth]);
    }
    if (path->len > MEMBERS_PATH_MAX) {
        const char *end = path->str + path->len - MEMBERS_PATH_MAX;

        while (((guchar)*end & 0xC0) == 0x80)
            end++;
        g_string_erase(path, 0, end - path->str);
    }
    return g_string_free(path, FALSE);
}

GBytes *members_store(const Members *members)
{
    Head head = {.count = members_count(members)};
    GByteArray *bytes;

    if (head.count == 0 && !members_is_cut(members))
        return NULL;
    head.flags = members->is_cut ? IS_CUT : 0;
    head.culprit = members->culprit;
    bytes = g_byte_array_sized_new((guint)members->bytes);
    g_byte_array_append(bytes, (const guint8 *)&head, sizeof(head));
    for (guint i = 1; i <= head.count; i++) {
        const Entry *entry = entry_of(members, i);
        Fixed fixed = {.size = entry->size,
                       .parent = entry->parent,
                       .flags = (guint16)entry->flags,
                       .type_size = (guint16)(strlen(entry->type) + 1),
                       .name_size = (guint32)strlen(entry->name) + 1};

        g_byte_array_append(bytes, (const guint8 *)&fixed, sizeof(fixed));
        g_byte_array_append(bytes, (const guint8 *)entry->type, fixed.type_size);
        g_byte_array_append(bytes, (const guint8 *)entry->name, fixed.name_size);
    }
    return g_byte_array_free_to_bytes(bytes);
}

/* Takes a text with its NUL; NULL when it is not one. */
static const char *take_text(const guint8 **at, const guint8 *end, gsize size)
{
    const char *text = (const char *)*at;

    if (size == 0 || size > (gsize)(end - *at) || strnlen(text, size) != size - 1)
        return NULL;
    *at += size;
    return text;
}

static gboolean load_one(Members *members, const guint8 **at, const guint8 *end)
{
    Member member = {0};
    Fixed fixed;

    if ((gsize)(end - *at) < sizeof(fixed))
        return FALSE;
    memcpy(&fixed, *at, sizeof(fixed));
    *at += sizeof(fixed);
    member = (Member){.parent = fixed.parent, .size = fixed.size, .flags = fixed.flags};
    member.type = take_text(at, end, fixed.type_size);
    member.name = member.type ? take_text(at, end, fixed.name_size) : NULL;
    /* Only what came before can hold it: no circles. */
    return member.name && fixed.name_size <= MEMBERS_NAME_MAX + 1 &&
           fixed.parent <= members_count(members) && members_add(members, &member) != 0;
}

Members *members_load(const void *bytes, gsize size)
{
    g_autoptr(Members) members = NULL;
    const guint8 *at = bytes, *end;
    Head head;

    if (size < sizeof(head))
        return NULL;
    end = at + size;
    memcpy(&head, at, sizeof(head));
    at += sizeof(head);
    if (head.count > (size - sizeof(head)) / sizeof(Fixed) || head.culprit > head.count)
        return NULL;
    members = members_new(head.count, size);
    for (guint32 i = 0; i < head.count; i++)
        if (!load_one(members, &at, end))
            return NULL;
    if (at != end)
        return NULL;
    members->culprit = head.culprit;
    members->is_cut = (head.flags & IS_CUT) != 0;
    return g_steal_pointer(&members);
}
