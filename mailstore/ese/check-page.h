/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check-page.h - walks the pages of a database file without LMDB and without a map.
 *
 * Everything is read with pread and believed only after a look: a damaged file is told, it never
 * makes the walker read or write outside of its own memory, loop, or recurse without end.
 */
#ifndef MAILSTORE_ESE_CHECK_PAGE_H
#define MAILSTORE_ESE_CHECK_PAGE_H

#include "mailstore/ese/page-layout.h"
#include "mailstore/ese/store.h"

/* `page` is PAGE_NONE where no one page is at fault. */
typedef void CheckTell(void *context, uint64_t page, const char *what);

typedef struct {
    PageFile file;
    Meta meta, older;    /* the newest and the other */
    TreeRecord trees[5]; /* those of store.h, then the one with the format record */
    uint8_t *state;      /* of each page: free, used, or neither */
    uint64_t used, free; /* pages */
    uint64_t damages;    /* told */
    uint32_t format;     /* of the file, when it is not ours */
    bool unfinished;     /* the older meta page has what a commit after the newest has written */
    JET_ERR failure;     /* memory or the disk: what was found is not all */
    CheckTell *tell;
    void *tell_context;
} Check;

enum {
    CHECK_TREE_META = TREE_COUNT,
    CHECK_DAMAGES_MAX = 1000, /* more tell nothing new: the walk ends */
};

/* Opens the file and looks at its metas; damage there is told and leaves nothing to walk.
 * JET_errDatabaseCorrupted then, else errors of opening. */
JET_ERR check_open(Check *check, const char *path, CheckTell *tell, void *context);
void check_close(Check *check);
/* All pages: every tree's, and which are free. A file of another format is not looked at further:
 * check->failure is JET_errInvalidDatabaseVersion then, and check->format says which. */
void check_pages(Check *check);
/* Sets check->unfinished. LMDB leaves a file so when it cannot write a meta page: the file is as it
 * was before that commit, which failed. A newest meta page that was changed to seem two commits
 * older looks the same, so it cannot be called damage. */
void check_older_meta(Check *check);
/* A newer commit than one after the opening: pages may have been written anew under the walk. */
bool check_was_overtaken(Check *check);

/* All of the above for a file that is to be opened: JET_errDatabaseCorrupted for any damage, unless
 * another process is writing the file at the time. */
JET_ERR check_pages_of(const char *path);

void check_damage(Check *check, uint64_t page, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool check_goes_on(const Check *check);

/* Each entry of a tree that check_pages found sound, in order; `value` of an index is the bookmark.
 * The bytes are valid during the call. Ends when it returns false. */
typedef bool CheckVisit(void *context, Bytes key, Bytes value);
void check_walk(Check *check, unsigned tree, CheckVisit *visit, void *context);
/* The value under the key, copied into *buffer (grown on demand); JET_errRecordNotFound. */
JET_ERR check_get(Check *check, unsigned tree, Bytes key, uint8_t **buffer, size_t *capacity,
                  Bytes *ret);
/* Is the pair in the tree of the indexes? JET_errRecordNotFound. */
JET_ERR check_find_pair(Check *check, Bytes key, Bytes bookmark);

#endif
