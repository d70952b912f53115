/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * own-directory.c - makes a directory, or checks that nobody else owns the one that is there.
 *
 * Fails by G_FILE_ERROR with the path and the reason.
 *
 * Known limit: a group that may write there is trusted, and so are the directories above.
 */
#include "scanner/supervisor/own-directory.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean is_open_to_all(mode_t mode, OwnDirectoryUse use)
{
    return (mode & S_IWOTH) && (use == OWN_DIRECTORY_PRIVATE || !(mode & S_ISVTX));
}

static gboolean refuse(GError **error, const char *path, int code, const char *reason)
{
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(code), "%s: %s", path, reason);
    return FALSE;
}

gboolean own_directory_make(const char *path, OwnDirectoryUse use, GError **error)
{
    struct stat status;

    if (g_mkdir_with_parents(path, 0750) < 0 || stat(path, &status) < 0)
        return refuse(error, path, errno, g_strerror(errno));
    if (status.st_uid != geteuid() && status.st_uid != 0)
        return refuse(error, path, EPERM, "it belongs to another user");
    if (is_open_to_all(status.st_mode, use))
        return refuse(error, path, EPERM, "everybody may write there");
    return TRUE;
}
