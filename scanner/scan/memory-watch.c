/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory-watch.c - stands before the allocator and counts what it refuses.
 *
 * The functions of the program go before those of any library, and hand on to the next: libc's, or
 * those of an allocator that was preloaded. Nothing here fails by itself.
 *
 * Known limits: memory taken with mmap() directly is not seen, but a failure of that is reported by
 * who does it. Under a sanitizer, which has an allocator of its own that ends the program, nothing
 * is watched.
 */
#include "scanner/scan/memory-watch.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>

static _Atomic uint64_t failures, limited;

MemoryWatch memory_watch_now(void)
{
    return (MemoryWatch){.failures = atomic_load_explicit(&failures, memory_order_relaxed),
                         .limited = atomic_load_explicit(&limited, memory_order_relaxed)};
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

typedef struct {
    void *(*malloc)(size_t size);
    void *(*calloc)(size_t count, size_t size);
    void *(*realloc)(void *old, size_t size);
    int (*posix_memalign)(void **ret, size_t alignment, size_t size);
    void *(*aligned_alloc)(size_t alignment, size_t size);
} Allocator;

/* For what dlsym() itself might want while the next are looked up. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static Allocator next = {
    .malloc = __libc_malloc, .calloc = __libc_calloc, .realloc = __libc_realloc};
static _Atomic int is_bound;

/* ISO C has no conversion between the two kinds of pointers; POSIX demands this one. */
static void bind_one(void *ret, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (found)
        *(void **)ret = found;
}

/* The first allocation comes before there is a second thread. */
static void allocator_bind(void)
{
    Allocator found;

    if (atomic_load_explicit(&is_bound, memory_order_relaxed) || atomic_exchange(&is_bound, 1))
        return;
    found = next;
    bind_one(&found.malloc, "malloc");
    bind_one(&found.calloc, "calloc");
    bind_one(&found.realloc, "realloc");
    bind_one(&found.posix_memalign, "posix_memalign");
    bind_one(&found.aligned_alloc, "aligned_alloc");
    next = found;
}

/* RLIMIT_DATA and RLIMIT_AS count what is mapped; the machine is asked for nothing before it is
 * touched. So where not even a mapping can be had, the limit it was. */
static bool is_limit(size_t size)
{
    void *map = mmap(NULL, size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (map == MAP_FAILED)
        return errno == ENOMEM;
    munmap(map, size);
    return false;
}

static void *checked(void *memory, size_t size)
{
    int before = errno;

    if (memory)
        return memory;
    if (is_limit(size))
        atomic_fetch_add_explicit(&limited, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&failures, 1, memory_order_relaxed);
    errno = before;
    return NULL;
}

void *malloc(size_t size)
{
    allocator_bind();
    return checked(next.malloc(size), size);
}

void *calloc(size_t count, size_t size)
{
    allocator_bind();
    return checked(next.calloc(count, size), count * size);
}

void *realloc(void *old, size_t size)
{
    void *memory;

    allocator_bind();
    memory = next.realloc(old, size);
    return memory || size == 0 ? memory : checked(NULL, size); /* size 0 frees */
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
    int result;

    allocator_bind();
    result = next.posix_memalign ? next.posix_memalign(ret, alignment, size) : ENOMEM;
    if (result == ENOMEM)
        (void)checked(NULL, size);
    return result;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    allocator_bind();
    return checked(next.aligned_alloc ? next.aligned_alloc(alignment, size) : NULL, size);
}

#endif
