/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scan-directory.c - stands before the functions by which libclamav makes and fills directories.
 *
 * The functions of the program go before those of any library. Those here do what libc's do, and
 * while a scan runs they know one directory that does not exist yet. libclamav removes it by
 * opening it first; that it is not there is all it wants to know.
 *
 * What could not be made there is kept for the end of the scan: libclamav goes on without, and does
 * not always tell.
 *
 * Known limit: what makes files by other functions than these finds no directory and fails.
 * tests/unit/scanner/test-scan-directory.c holds against it what libclamav imports.
 */
#include "scanner/scan/scan-directory.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct {
    const char *parent; /* NULL: no scan runs */
    bool was_made;
    int failure;   /* -errno of the first */
    size_t length; /* of the path; 0: none is put off */
    char path[PATH_MAX];
    mode_t mode;
} ScanDirectory;

static _Thread_local ScanDirectory current;

void scan_directory_begin(const char *parent)
{
    current.parent = parent;
    current.was_made = false;
    current.failure = 0;
    current.length = 0;
}

int scan_directory_end(bool *ret_was_made)
{
    current.parent = NULL;
    current.length = 0;
    *ret_was_made = current.was_made;
    return current.failure;
}

static bool is_inside(const char *path, const char *directory, size_t length)
{
    return strncmp(path, directory, length) == 0 && path[length] == '/';
}

/* With errno as it is. */
static void note_failure(const char *path)
{
    if (current.parent && current.failure == 0 &&
        is_inside(path, current.parent, strlen(current.parent)))
        current.failure = -errno;
}

static bool put_off(const char *path, mode_t mode)
{
    size_t parent = current.parent ? strlen(current.parent) : 0, length;

    if (parent == 0 || current.length > 0 || !is_inside(path, current.parent, parent) ||
        strchr(path + parent + 1, '/'))
        return false;
    length = strlen(path);
    if (length >= sizeof(current.path))
        return false;
    memcpy(current.path, path, length + 1);
    current.length = length;
    current.mode = mode;
    return true;
}

/* Before something in it is opened. FALSE with errno. */
static bool make_for(const char *path)
{
    if (current.length == 0 || !is_inside(path, current.path, current.length))
        return true;
    if (mkdirat(AT_FDCWD, current.path, current.mode) < 0)
        return false;
    current.length = 0;
    current.was_made = true;
    return true;
}

/* Not by the name of openat(), which may be one of those below. */
static int open_at(int directory, const char *path, int flags, mode_t mode)
{
    return (int)syscall(SYS_openat, directory, path, flags, mode);
}

int mkdir(const char *path, mode_t mode)
{
    int result;

    if (put_off(path, mode))
        return 0;
    result = make_for(path) ? mkdirat(AT_FDCWD, path, mode) : -1;
    current.was_made = true;
    if (result < 0)
        note_failure(path);
    return result;
}

DIR *opendir(const char *path)
{
    DIR *directory;
    int fd;

    if (current.length > 0 && strcmp(path, current.path) == 0) {
        current.length = 0;
        errno = ENOENT;
        return NULL;
    }
    fd = open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_DIRECTORY | O_CLOEXEC, 0);
    directory = fd >= 0 ? fdopendir(fd) : NULL;
    if (!directory && fd >= 0)
        close(fd);
    return directory;
}

static bool makes_file(int flags)
{
    return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
}

static int open_in(int directory, const char *path, int flags, va_list list)
{
    mode_t mode = makes_file(flags) ? va_arg(list, mode_t) : 0;
    int fd = make_for(path) ? open_at(directory, path, flags, mode) : -1;

    if (fd < 0 && makes_file(flags))
        note_failure(path);
    return fd;
}

int open64(const char *path, int flags, ...)
{
    va_list list;
    int fd;

    va_start(list, flags);
    fd = open_in(AT_FDCWD, path, flags, list);
    va_end(list);
    return fd;
}

int openat64(int directory, const char *path, int flags, ...)
{
    va_list list;
    int fd;

    va_start(list, flags);
    fd = open_in(directory, path, flags, list);
    va_end(list);
    return fd;
}

FILE *fopen64(const char *path, const char *mode)
{
    static _Thread_local FILE *(*next)(const char *, const char *);
    FILE *file;

    /* ISO C has no conversion between the two kinds of pointers; POSIX demands this one. */
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "fopen64");
    if (!next) {
        errno = ENOSYS;
        return NULL;
    }
    file = make_for(path) ? next(path, mode) : NULL;
    if (!file && mode[0] != 'r')
        note_failure(path);
    return file;
}
