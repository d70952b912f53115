/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * blob.c - holds record bytes without ever killing the host over them.
 *
 * Memory for a memfd is reserved before it is mapped, so that a lack of it is an error here and not
 * SIGBUS at the first write; RLIMIT_FSIZE is asked first, for above it the kernel sends SIGXFSZ.
 * What a peer passes is mapped only when it is sealed. Fails by -errno or NULL.
 */
#include "libstorehook/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "libstorehook/protocol.h"

int byte_string_set(ByteString *string, const void *data, size_t size)
{
    unsigned char *copy = malloc(size + 1);

    if (!copy)
        return -ENOMEM;
    if (size > 0)
        memcpy(copy, data, size);
    copy[size] = '\0';
    free(string->data);
    *string = (ByteString){copy, size};
    return 0;
}

void byte_string_clear(ByteString *string)
{
    free(string->data);
    *string = (ByteString){NULL, 0};
}

bool byte_string_equals(const ByteString *a, const ByteString *b)
{
    return a->data && b->data && a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

bool blob_size_is_allowed(size_t size)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
           (limit.rlim_cur == RLIM_INFINITY || size <= limit.rlim_cur);
}

void *blob_map_new(size_t size, Descriptor *ret_memfd)
{
    Descriptor memfd;
    void *map;

    if (!blob_size_is_allowed(size))
        return NULL;
    memfd = descriptor_take(memfd_create("storehook", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (memfd.fd < 0)
        return NULL;
    if (fallocate(memfd.fd, 0, 0, (off_t)size) < 0) {
        descriptor_close(&memfd);
        return NULL;
    }
    map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, memfd.fd, 0);
    if (map == MAP_FAILED) {
        descriptor_close(&memfd);
        return NULL;
    }
    *ret_memfd = memfd;
    return map;
}

int blob_map_seal(void *map, size_t size, Descriptor *memfd)
{
    int result;

    munmap(map, size);
    result = descriptor_is_ours(memfd) ? storehook_memfd_seal(memfd->fd) : -EBADF;
    if (result < 0)
        descriptor_close(memfd);
    return result;
}

Blob blob_take_memfd(Descriptor memfd, size_t size)
{
    return (Blob){.set = true, .size = size, .memfd = memfd};
}

/* What is at hand is written: that takes half the time of a mapping, whose every page is a fault.
 */
static bool memfd_fill(const void *data, size_t size, Descriptor *ret_memfd)
{
    Descriptor memfd;
    size_t done = 0;

    if (!blob_size_is_allowed(size))
        return false;
    memfd = descriptor_take(memfd_create("storehook", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    while (memfd.fd >= 0 && done < size) {
        ssize_t n = write(memfd.fd, (const char *)data + done, size - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    if (memfd.fd < 0 || done < size || !descriptor_is_ours(&memfd) ||
        storehook_memfd_seal(memfd.fd) < 0) {
        descriptor_close(&memfd);
        return false;
    }
    *ret_memfd = memfd;
    return true;
}

int blob_set(Blob *blob, const void *data, size_t size)
{
    Blob made = {.set = true, .size = size, .memfd = DESCRIPTOR_NONE};

    if (size > STOREHOOK_INLINE_MAX) {
        if (!memfd_fill(data, size, &made.memfd))
            return -ENOMEM;
    } else {
        made.data = malloc(size + 1);
        if (!made.data)
            return -ENOMEM;
        if (size > 0)
            memcpy(made.data, data, size);
    }
    blob_clear(blob);
    *blob = made;
    return 0;
}

int blob_move_to_memory(Blob *blob)
{
    Blob made = {.set = true, .size = blob->size, .memfd = DESCRIPTOR_NONE};
    BlobView view;
    int result;

    if (!blob->set || blob->data)
        return 0;
    result = blob_view(blob, &view);
    if (result < 0)
        return result;
    made.data = malloc(view.size + 1);
    if (made.data)
        memcpy(made.data, view.data, view.size);
    blob_view_close(&view);
    if (!made.data)
        return -ENOMEM;
    blob_clear(blob);
    *blob = made;
    return 0;
}

void blob_clear(Blob *blob)
{
    if (blob->set) {
        free(blob->data);
        descriptor_close(&blob->memfd);
    }
    *blob = BLOB_NONE;
}

int blob_view_memfd(int fd, size_t size, BlobView *ret)
{
    int result = storehook_memfd_check(fd, size);
    void *map;

    if (result < 0)
        return result;
    if (size == 0) {
        *ret = (BlobView){.data = ""};
        return 0;
    }
    map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return -errno;
    *ret = (BlobView){.data = map, .size = size, .map = map};
    return 0;
}

int blob_view(const Blob *blob, BlobView *ret)
{
    if (!blob->set)
        return -ENODATA;
    if (!blob->data)
        return descriptor_is_ours(&blob->memfd) ? blob_view_memfd(blob->memfd.fd, blob->size, ret)
                                                : -EBADF;
    *ret = (BlobView){.data = blob->data, .size = blob->size};
    return 0;
}

void blob_view_close(BlobView *view)
{
    if (view->map)
        munmap(view->map, view->size);
    *view = (BlobView){0};
}
