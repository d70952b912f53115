/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quarantine-delivered.c - writes and reads ID.delivered, which has a line for each address.
 *
 * Writing fails with QUARANTINE_ERROR_IO and then adds nothing. Where the file cannot be read
 * nothing was delivered.
 */
#include "scanner/records/quarantine-delivered.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "scanner/records/quarantine-file.h"

/* A line for "all of them"; no address is like this. */
#define ALL "*"
#define READ_MAX (512 * 1024) /* 1000 addresses */

static char *file_name(const char *id)
{
    return g_strconcat(id, QUARANTINE_DELIVERED_SUFFIX, NULL);
}

static void add(QuarantineDelivered *delivered, char *address)
{
    if (delivered->addresses == NULL)
        delivered->addresses = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_hash_table_add(delivered->addresses, address);
}

void quarantine_delivered_clear(QuarantineDelivered *delivered)
{
    g_clear_pointer(&delivered->addresses, g_hash_table_unref);
}

void quarantine_delivered_read(QuarantineDelivered *delivered, int directory, const char *id)
{
    g_autofree char *name = file_name(id);
    g_autofree char *text = g_malloc(READ_MAX + 1);
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    gsize size = 0;
    gssize n = 0;

    if (fd < 0)
        return;
    while (size < READ_MAX && (n = read(fd, text + size, READ_MAX - size)) > 0)
        size += (gsize)n;
    close(fd);
    text[size] = '\0';
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        if (strcmp(*line, ALL) == 0)
            delivered->is_to_all = TRUE;
        else if (**line != '\0')
            add(delivered, g_strdup(*line));
    }
}

void quarantine_delivered_remove(int directory, const char *id)
{
    g_autofree char *name = file_name(id);

    unlinkat(directory, name, 0);
}

gboolean quarantine_delivered_has(const QuarantineDelivered *delivered, const char *address)
{
    g_autofree char *folded = g_utf8_strdown(address, -1);

    return delivered->addresses != NULL && g_hash_table_contains(delivered->addresses, folded);
}

gboolean quarantine_delivered_add(QuarantineDelivered *delivered, int directory, const char *id,
                                  const char *const *addresses, GError **error)
{
    g_autofree char *name = file_name(id);
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    for (; *addresses != NULL; addresses++) {
        g_autofree char *folded = g_utf8_strdown(*addresses, -1);

        g_assert(strchr(*addresses, '\n') == NULL);
        if (!quarantine_delivered_has(delivered, folded))
            g_strv_builder_add(builder, folded);
    }
    g_auto(GStrv) fresh = g_strv_builder_end(builder);
    g_autofree char *lines = g_strjoinv("\n", fresh);
    if (*fresh != NULL && !quarantine_file_append(directory, name, lines, error))
        return FALSE;
    for (char **address = fresh; *address != NULL; address++)
        add(delivered, g_strdup(*address));
    return TRUE;
}

gboolean quarantine_delivered_add_all(QuarantineDelivered *delivered, int directory, const char *id,
                                      GError **error)
{
    g_autofree char *name = file_name(id);

    if (!delivered->is_to_all && !quarantine_file_append(directory, name, ALL, error))
        return FALSE;
    delivered->is_to_all = TRUE;
    return TRUE;
}

JsonArray *quarantine_delivered_list(const QuarantineDelivered *delivered)
{
    JsonArray *list = json_array_new();

    if (delivered->addresses != NULL) {
        g_autoptr(GList) addresses =
            g_list_sort(g_hash_table_get_keys(delivered->addresses), (GCompareFunc)strcmp);

        for (GList *address = addresses; address != NULL; address = address->next)
            json_array_add_string_element(list, address->data);
    }
    return list;
}
