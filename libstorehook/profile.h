/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * profile.h - what the tables and columns of a store mean, as the service tells it.
 */
#ifndef LIBSTOREHOOK_PROFILE_H
#define LIBSTOREHOOK_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    ROLE_MESSAGES,
    ROLE_ATTACHMENTS,
    ROLE_CONTENTS,
    ROLE_ENTRIES,
    ROLE_FOLDERS,
    ROLE_MAILBOXES,
    ROLE_COUNT
} Role;

typedef enum {
    COLUMN_KEY,
    COLUMN_TEXT,
    COLUMN_SENDER,
    COLUMN_RECIPIENTS,
    COLUMN_SUBJECT,
    COLUMN_MESSAGE,
    COLUMN_NAME,
    COLUMN_HEADER,
    COLUMN_DIGEST,
    COLUMN_OFFSET,
    COLUMN_ENCODING,
    COLUMN_DATA,
    COLUMN_FOLDER,
    COLUMN_KIND,
    COLUMN_MAILBOX,
    COLUMN_COUNT
} Column;

enum {
    PROFILE_NAME_MAX = 64,   /* JET_cbNameMost */
    PROFILE_TABLES_MAX = 32, /* five whole stores in one process */
    PROFILE_TEXT_MAX = 32768
};

typedef struct {
    Role role;
    unsigned set; /* tables of one store have the same; a role that comes again begins the next */
    char name[PROFILE_NAME_MAX + 1];
    char columns[COLUMN_COUNT][PROFILE_NAME_MAX + 1]; /* "": the store has none */
} ProfileTable;

typedef struct {
    unsigned count;
    ProfileTable tables[PROFILE_TABLES_MAX];
} Profile;

/* Reads the PROFILE of protocol.h. 0, or -EPROTO with *ret undefined. */
int profile_parse(const char *text, size_t size, Profile *ret);

/* The one in force. Installing the same text again changes nothing. 0, -EPROTO, -ENOMEM. */
int profile_install(const char *text, size_t size);
/* 0 before the first was installed; another number after each change. */
uint32_t profile_id(void);
/* The table of that name (ASCII letters of either case), or of a set and role. */
bool profile_find(const char *name, ProfileTable *ret);
bool profile_find_role(unsigned set, Role role, ProfileTable *ret);

#endif /* LIBSTOREHOOK_PROFILE_H */
