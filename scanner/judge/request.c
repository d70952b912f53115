/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * request.c - opens the content of a request and looks up its fields.
 *
 * What cannot be read is a verdict, "not scanned": a memfd that is not sealed or has another size
 * than the request says, no address space to map it.
 */
#include "scanner/judge/request.h"

#include <errno.h>
#include <sys/mman.h>

gboolean content_open(const StorehookValue *value, Content *ret, Verdict *verdict)
{
    char text[VERDICT_NAME_SIZE];
    int result;
    void *map;

    *ret = (Content){0};
    if (value->data || value->size == 0) {
        ret->bytes = value->data ? value->data : "";
        ret->size = value->size;
        return TRUE;
    }
    result = storehook_memfd_check(value->descriptor, value->size);
    if (result == 0) {
        map = mmap(NULL, value->size, PROT_READ, MAP_SHARED, value->descriptor, 0);
        if (map != MAP_FAILED) {
            *ret = (Content){.bytes = map, .size = value->size, .map = map};
            return TRUE;
        }
        result = -errno;
    }
    g_snprintf(text, sizeof(text), "content: %s", g_strerror(-result));
    verdict_set(verdict, STOREHOOK_VERDICT_NOT_SCANNED, text);
    return FALSE;
}

void content_close(Content *content)
{
    if (content->map)
        munmap(content->map, content->size);
    *content = (Content){0};
}

gboolean request_open_data(const StorehookMessage *request, Content *ret, Verdict *verdict)
{
    StorehookValue value;

    if (storehook_read_find(request, STOREHOOK_FIELD_DATA, &value))
        return content_open(&value, ret, verdict);
    *ret = (Content){0};
    verdict_set(verdict, STOREHOOK_VERDICT_NOT_SCANNED, "content: none in the request");
    return FALSE;
}

const guint8 *request_peek_bytes(const StorehookMessage *request, StorehookField tag, gsize size)
{
    StorehookValue value;

    return storehook_read_find(request, tag, &value) && value.size == size ? value.data : NULL;
}

gboolean request_copy_name(const StorehookMessage *request, char ret[STOREHOOK_TEXT_MAX + 1])
{
    StorehookValue value;

    ret[0] = '\0';
    if (!storehook_read_find(request, STOREHOOK_FIELD_NAME, &value) || !value.data)
        return FALSE;
    g_snprintf(ret, STOREHOOK_TEXT_MAX + 1, "%.*s", (int)MIN(value.size, STOREHOOK_TEXT_MAX),
               (const char *)value.data);
    return TRUE;
}
