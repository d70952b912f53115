/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bundle.c - writes fields, as they stand in a datagram, through a buffer into a memfd.
 *
 * A message has as many parts as its sender likes, with contents of any size; shown in a descriptor
 * each they would take all that the host may open. Fails by -errno: no memory, or the host closed
 * the memfd. RLIMIT_FSIZE is asked before each write, for above it the kernel sends SIGXFSZ.
 */
#include "libstorehook/bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    BUFFER_SIZE = 65536 /* some hundred small parts a write */
};

struct Bundle {
    Descriptor memfd;
    size_t written, used;
    int failure; /* -errno */
    unsigned char buffer[BUFFER_SIZE];
};

Bundle *bundle_new(void)
{
    Bundle *bundle = malloc(sizeof(*bundle));

    if (!bundle)
        return NULL;
    bundle->written = bundle->used = 0;
    bundle->failure = 0;
    bundle->memfd = descriptor_take(memfd_create("storehook", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (bundle->memfd.fd < 0) {
        free(bundle);
        return NULL;
    }
    return bundle;
}

Bundle *bundle_free(Bundle *bundle)
{
    if (!bundle)
        return NULL;
    descriptor_close(&bundle->memfd);
    free(bundle);
    return NULL;
}

static void write_out(Bundle *bundle, const unsigned char *bytes, size_t size)
{
    if (bundle->failure == 0 && bundle->written + size > UINT32_MAX)
        bundle->failure = -EFBIG;
    if (bundle->failure == 0 && !blob_size_is_allowed(bundle->written + size))
        bundle->failure = -ENOMEM;
    if (bundle->failure == 0 && !descriptor_is_ours(&bundle->memfd))
        bundle->failure = -EBADF;
    while (size > 0 && bundle->failure == 0) {
        ssize_t n = pwrite(bundle->memfd.fd, bytes, size, (off_t)bundle->written);

        if (n > 0) {
            bundle->written += (size_t)n;
            bytes += n;
            size -= (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            bundle->failure = n == 0 ? -EIO : -errno;
        }
    }
}

static void flush(Bundle *bundle)
{
    write_out(bundle, bundle->buffer, bundle->used);
    bundle->used = 0;
}

static void put(Bundle *bundle, const void *data, size_t size)
{
    if (size > BUFFER_SIZE - bundle->used)
        flush(bundle);
    if (size > BUFFER_SIZE) {
        write_out(bundle, data, size);
    } else if (size > 0) {
        memcpy(bundle->buffer + bundle->used, data, size);
        bundle->used += size;
    }
}

void bundle_add(Bundle *bundle, StorehookField tag, const void *data, size_t size)
{
    static const unsigned char zeros[STOREHOOK_FIELD_ALIGNMENT];
    StorehookFieldHeader field = {.tag = (uint16_t)tag, .size = (uint32_t)size};

    if (size > UINT32_MAX) {
        bundle->failure = -EFBIG;
        return;
    }
    put(bundle, &field, sizeof(field));
    put(bundle, data, size);
    put(bundle, zeros, -size % STOREHOOK_FIELD_ALIGNMENT);
}

void bundle_add_string(Bundle *bundle, StorehookField tag, const ByteString *string)
{
    if (string->data)
        bundle_add(bundle, tag, string->data, string->size);
}

void bundle_add_u32(Bundle *bundle, StorehookField tag, uint32_t value)
{
    bundle_add(bundle, tag, &value, sizeof(value));
}

void bundle_add_blob(Bundle *bundle, StorehookField tag, const Blob *blob)
{
    BlobView view;
    int result;

    if (!blob->set)
        return;
    result = blob_view(blob, &view);
    if (result < 0) {
        bundle->failure = result;
        return;
    }
    bundle_add(bundle, tag, view.data, view.size);
    blob_view_close(&view);
}

int bundle_seal(Bundle *bundle, int *ret_fd, size_t *ret_size)
{
    flush(bundle);
    if (bundle->failure == 0 && !descriptor_is_ours(&bundle->memfd))
        bundle->failure = -EBADF;
    if (bundle->failure == 0)
        bundle->failure = storehook_memfd_seal(bundle->memfd.fd);
    if (bundle->failure == 0) {
        *ret_fd = bundle->memfd.fd;
        *ret_size = bundle->written;
    }
    return bundle->failure;
}
