/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * descriptor.h - a descriptor of ours, told apart from one of the host's with the same number.
 */
#ifndef LIBSTOREHOOK_DESCRIPTOR_H
#define LIBSTOREHOOK_DESCRIPTOR_H

#include <stdbool.h>
#include <sys/types.h>

typedef struct {
    int fd; /* -1: none */
    dev_t device;
    ino_t inode;
} Descriptor;

#define DESCRIPTOR_NONE ((Descriptor){.fd = -1})

/* Remembers what fd is. Closes it and gives none when that cannot be told. */
Descriptor descriptor_take(int fd);
/* The same for one that lives long: moved above the standard three, whose numbers hosts count on.
 */
Descriptor descriptor_take_high(int fd);
/* False when the host closed it (close_range), also when something else has the number now. */
bool descriptor_is_ours(const Descriptor *descriptor);
/* Closes it if it is still ours. Accepts none. */
void descriptor_close(Descriptor *descriptor);

#endif /* LIBSTOREHOOK_DESCRIPTOR_H */
