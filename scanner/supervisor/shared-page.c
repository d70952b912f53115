/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shared-page.c - a memfd that only this process can write to: it maps the page, then seals it.
 *
 * Only shared_page_new() fails, by G_FILE_ERROR.
 */
#include "scanner/supervisor/shared-page.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libstorehook/protocol.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010 /* linux/fcntl.h, since Linux 5.1 */
#endif

struct SharedPage {
    StorehookPage *page;
    int fd;
};

SharedPage *shared_page_new(GError **error)
{
    int fd = memfd_create("storehook-page", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    void *memory = MAP_FAILED;
    SharedPage *page;

    if (fd >= 0 && ftruncate(fd, sizeof(StorehookPage)) == 0)
        memory = mmap(NULL, sizeof(StorehookPage), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE) < 0) {
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno),
                    "the shared page: %s", g_strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    page = g_new0(SharedPage, 1);
    page->page = memory;
    page->fd = fd;
    page->page->version = STOREHOOK_PROTOCOL_VERSION;
    atomic_store(&page->page->generation, 1);
    /* Random, so that what a store remembers from the last run is not valid in this one. */
    atomic_store(&page->page->epoch, g_random_int());
    atomic_store(&page->page->enabled, 1);
    page->page->magic = STOREHOOK_PROTOCOL_MAGIC;
    return page;
}

SharedPage *shared_page_free(SharedPage *page)
{
    if (!page)
        return NULL;
    munmap(page->page, sizeof(StorehookPage));
    close(page->fd);
    g_free(page);
    return NULL;
}

int shared_page_peek_fd(const SharedPage *page)
{
    return page->fd;
}

gboolean shared_page_is_enabled(const SharedPage *page)
{
    return atomic_load(&page->page->enabled) != 0;
}

void shared_page_set_enabled(SharedPage *page, gboolean enabled)
{
    atomic_store(&page->page->enabled, enabled ? 1 : 0);
}

guint32 shared_page_generation(const SharedPage *page)
{
    return atomic_load(&page->page->generation);
}

void shared_page_next_generation(SharedPage *page)
{
    atomic_fetch_add(&page->page->generation, 1);
}

void shared_page_next_epoch(SharedPage *page)
{
    atomic_fetch_add(&page->page->epoch, 1);
}
