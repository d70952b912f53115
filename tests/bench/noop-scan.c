/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * noop-scan.c - stands before libclamav and libmagic in storehookd and answers "clean" at once, so
 * that what is left of its CPU time is our own. For tests/bench/run-bench.py only.
 *
 * What begins like the EICAR file goes to the real library: the service tests itself
 * with that before it serves. The service wants proof that a scan ran, so the inspection callback
 * is called as libclamav would.
 */
#include <clamav.h>
#include <dlfcn.h>
#include <magic.h>
#include <stddef.h>
#include <string.h>

enum {
    BEGINNING = 9
};

typedef cl_error_t (*ScanMap)(cl_fmap_t *, const char *, const char **, unsigned long int *,
                              const struct cl_engine *, struct cl_scan_options *, void *);

static clcb_file_inspection inspection;
static cl_fmap_t *(*open_memory)(const void *, size_t);
static ScanMap scan_map;
static __thread const void *last_data;
static __thread size_t last_size;

/* Once: to look them up at each call would take longer than all else here. */
__attribute__((constructor)) static void find_originals(void)
{
    open_memory = (cl_fmap_t * (*)(const void *, size_t)) dlsym(RTLD_NEXT, "cl_fmap_open_memory");
    scan_map = (ScanMap)dlsym(RTLD_NEXT, "cl_scanmap_callback");
}

void cl_engine_set_clcb_file_inspection(struct cl_engine *engine, clcb_file_inspection callback)
{
    void (*original)(struct cl_engine *, clcb_file_inspection) =
        (void (*)(struct cl_engine *, clcb_file_inspection))dlsym(
            RTLD_NEXT, "cl_engine_set_clcb_file_inspection");

    inspection = callback;
    original(engine, callback);
}

cl_fmap_t *cl_fmap_open_memory(const void *start, size_t len)
{
    last_data = start;
    last_size = len;
    return open_memory(start, len);
}

cl_error_t cl_scanmap_callback(cl_fmap_t *map, const char *filename, const char **virname,
                               unsigned long int *scanned, const struct cl_engine *engine,
                               struct cl_scan_options *scanoptions, void *context)
{
    if (last_size > BEGINNING && memcmp(last_data, "X5O!P%@AP", BEGINNING) == 0)
        return scan_map(map, filename, virname, scanned, engine, scanoptions, context);
    if (inspection != NULL)
        inspection(-1, "CL_TYPE_ANY", NULL, 0, NULL, last_size, last_data, 0, 0, context);
    *virname = NULL;
    return CL_CLEAN;
}

const char *magic_buffer(magic_t cookie, const void *buffer, size_t length)
{
    (void)cookie;
    (void)buffer;
    (void)length;
    return "application/octet-stream";
}
