/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run-corpus.c - a main() for fuzz targets without a fuzzer: runs each file of each given folder.
 *
 * With libFuzzer instead: meson setup -Dfuzzer=true, see meson.build.
 */
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static guint run_folder(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) folder = g_dir_open(path, 0, &error);
    guint count = 0;

    if (folder == NULL)
        g_error("%s", error->message);
    for (const char *name; (name = g_dir_read_name(folder)) != NULL; count++) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        g_autofree char *text = NULL;
        gsize size;
        if (!g_file_get_contents(file, &text, &size, &error))
            g_error("%s", error->message);
        g_autofree uint8_t *exact = g_memdup2(text, size); /* no final NUL, so ASan sees the end */
        LLVMFuzzerTestOneInput(exact, size);
    }
    return count;
}

int main(int argc, char **argv)
{
    guint count = 0;
    for (int i = 1; i < argc; i++)
        count += run_folder(argv[i]);
    g_print("%u inputs\n", count);
    return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
