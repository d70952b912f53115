/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * profile.c - reads the schema profile and keeps the one in force.
 *
 * A line that is not understood refuses the whole text (-EPROTO): half a profile would leave tables
 * unjudged without a word. The text comes from the service, and no length in it is trusted.
 *
 * Known limit: tables are told apart by name only, not by database.
 */
#include "libstorehook/profile.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const role_words[ROLE_COUNT] = {
    [ROLE_MESSAGES] = "messages", [ROLE_ATTACHMENTS] = "attachments",
    [ROLE_CONTENTS] = "contents", [ROLE_ENTRIES] = "entries",
    [ROLE_FOLDERS] = "folders",   [ROLE_MAILBOXES] = "mailboxes",
};

static const char *const column_words[COLUMN_COUNT] = {
    [COLUMN_KEY] = "key",           [COLUMN_TEXT] = "text",
    [COLUMN_SENDER] = "sender",     [COLUMN_RECIPIENTS] = "recipients",
    [COLUMN_SUBJECT] = "subject",   [COLUMN_MESSAGE] = "message",
    [COLUMN_NAME] = "name",         [COLUMN_HEADER] = "header",
    [COLUMN_DIGEST] = "digest",     [COLUMN_OFFSET] = "offset",
    [COLUMN_ENCODING] = "encoding", [COLUMN_DATA] = "data",
    [COLUMN_FOLDER] = "folder",     [COLUMN_KIND] = "kind",
    [COLUMN_MAILBOX] = "mailbox",
};

static struct {
    pthread_mutex_t lock;
    Profile *current;
    char *text;
    size_t text_size;
    _Atomic uint32_t id;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int find_word(const char *const *words, unsigned count, const char *word, size_t size)
{
    for (unsigned i = 0; i < count; i++)
        if (strlen(words[i]) == size && memcmp(words[i], word, size) == 0)
            return (int)i;
    return -1;
}

static int copy_name(char ret[PROFILE_NAME_MAX + 1], const char *name, size_t size)
{
    if (size == 0 || size > PROFILE_NAME_MAX || memchr(name, '\0', size))
        return -EPROTO;
    memcpy(ret, name, size);
    ret[size] = '\0';
    return 0;
}

/* The word up to the next blank; moves past it. NULL at the end of the line. */
static const char *next_word(const char **position, const char *end, size_t *ret_size)
{
    const char *start = *position, *blank;

    if (start >= end)
        return NULL;
    blank = memchr(start, ' ', (size_t)(end - start));
    *ret_size = (size_t)((blank ? blank : end) - start);
    *position = blank ? blank + 1 : end;
    return start;
}

static int parse_line(const char *line, const char *end, ProfileTable *ret)
{
    size_t size;
    const char *word = next_word(&line, end, &size);
    int role = word ? find_word(role_words, ROLE_COUNT, word, size) : -1;

    if (role < 0)
        return -EPROTO;
    memset(ret, 0, sizeof(*ret));
    ret->role = (Role)role;
    word = next_word(&line, end, &size);
    if (!word || copy_name(ret->name, word, size) < 0)
        return -EPROTO;
    while ((word = next_word(&line, end, &size))) {
        const char *equals = memchr(word, '=', size);
        int column;

        if (!equals)
            return -EPROTO;
        column = find_word(column_words, COLUMN_COUNT, word, (size_t)(equals - word));
        if (column < 0 || ret->columns[column][0] != '\0' ||
            copy_name(ret->columns[column], equals + 1, size - (size_t)(equals + 1 - word)) < 0)
            return -EPROTO;
    }
    return 0;
}

int profile_parse(const char *text, size_t size, Profile *ret)
{
    const char *end = text + size;
    unsigned set = 0, seen = 0;

    ret->count = 0;
    if (size > PROFILE_TEXT_MAX)
        return -EPROTO;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        ProfileTable *table = &ret->tables[ret->count];

        if (!newline || ret->count == PROFILE_TABLES_MAX || parse_line(text, newline, table) < 0)
            return -EPROTO;
        if (seen & 1U << table->role) {
            set++;
            seen = 0;
        }
        seen |= 1U << table->role;
        table->set = set;
        ret->count++;
        text = newline + 1;
    }
    return 0;
}

int profile_install(const char *text, size_t size)
{
    Profile *profile, *old;
    char *copy;
    int result;

    pthread_mutex_lock(&state.lock);
    result = state.current && state.text_size == size && memcmp(state.text, text, size) == 0;
    pthread_mutex_unlock(&state.lock);
    if (result)
        return 0;
    profile = malloc(sizeof(*profile));
    copy = malloc(size + 1);
    result = profile && copy ? profile_parse(text, size, profile) : -ENOMEM;
    if (result < 0) {
        free(profile);
        free(copy);
        return result;
    }
    memcpy(copy, text, size);
    pthread_mutex_lock(&state.lock);
    old = state.current;
    free(state.text);
    state.current = profile;
    state.text = copy;
    state.text_size = size;
    atomic_fetch_add(&state.id, 1);
    pthread_mutex_unlock(&state.lock);
    free(old);
    return 0;
}

uint32_t profile_id(void)
{
    return atomic_load_explicit(&state.id, memory_order_acquire);
}

bool profile_find(const char *name, ProfileTable *ret)
{
    bool found = false;

    pthread_mutex_lock(&state.lock);
    for (unsigned i = 0; !found && state.current && i < state.current->count; i++) {
        if (strcasecmp(state.current->tables[i].name, name) == 0) {
            *ret = state.current->tables[i];
            found = true;
        }
    }
    pthread_mutex_unlock(&state.lock);
    return found;
}

bool profile_find_role(unsigned set, Role role, ProfileTable *ret)
{
    bool found = false;

    pthread_mutex_lock(&state.lock);
    for (unsigned i = 0; !found && state.current && i < state.current->count; i++) {
        if (state.current->tables[i].set == set && state.current->tables[i].role == role) {
            *ret = state.current->tables[i];
            found = true;
        }
    }
    pthread_mutex_unlock(&state.lock);
    return found;
}
