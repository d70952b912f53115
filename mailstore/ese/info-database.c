/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * info-database.c - what is known of a database, open or as a file.
 *
 * Known limit: numbers of pages have 32 bits in the API; of a file of more than 16 TB they are the
 * highest number.
 *
 * Fails with JET_errBufferTooSmall, JET_errInvalidParameter, JET_errFeatureNotAvailable, and as
 * store_statistics and meta_summary.
 */
#include "mailstore/ese/info-database.h"

#include <string.h>
#include <sys/stat.h>

#include "mailstore/ese/info.h"
#include "mailstore/ese/meta-check.h"
#include "mailstore/ese/result.h"

enum {
    /* What the original writes of its files since Windows 2000; programs compare it. */
    DATABASE_VERSION = 0x620,
    LCID_EN_US = 0x409,
    CODE_PAGE_ANSI = 1252,
    COUNTRY_US = 1,
};

static JET_ERR give_bytes(const void *from, size_t size, void *result, uint32_t room)
{
    if (!result || room < size)
        return JET_errBufferTooSmall;
    memcpy(result, from, size);
    return JET_errSuccess;
}

static JET_ERR give_pages(uint64_t pages, void *result, uint32_t room)
{
    uint32_t number = pages < UINT32_MAX ? (uint32_t)pages : UINT32_MAX;
    return give_bytes(&number, sizeof(number), result, room);
}

static JET_ERR give_misc(uint32_t state, uint64_t page_size, void *result, uint32_t room)
{
    JET_DBINFOMISC4 misc = {
        .dbinfo =
            {
                .ulVersion = DATABASE_VERSION,
                .ulUpdate = STORE_FORMAT_VERSION,
                .dbstate = state,
                .cbPageSize = (uint32_t)page_size,
            },
    };
    return give_bytes(&misc, room >= sizeof(misc) ? sizeof(misc) : sizeof(misc.dbinfo), result,
                      room);
}

static JET_ERR info_space(const SessionDatabase *database, void *result, uint32_t size,
                          uint32_t level)
{
    StoreStatistics space;
    struct stat status;
    RETURN_IF_ERROR(store_statistics(database->database->store, &space));
    switch (level) {
    case JET_DbInfoFilesize:
        return give_pages(space.file_bytes / space.page_size, result, size);
    case JET_DbInfoFilesizeOnDisk:
        if (stat(database->database->path, &status) != 0)
            return JET_errDiskIO;
        return give_pages((uint64_t)status.st_blocks * 512 / space.page_size, result, size);
    case JET_DbInfoSpaceOwned:
        return give_pages(space.used_pages + space.free_pages, result, size);
    case JET_DbInfoSpaceAvailable:
        return give_pages(space.free_pages - space.pinned_pages, result, size);
    case JET_DbInfoMisc:
        return give_misc(JET_dbstateDirtyShutdown, space.page_size, result, size);
    default:
        return give_pages(space.page_size, result, size);
    }
}

JET_ERR info_database(const SessionDatabase *database, void *result, uint32_t size, uint32_t level,
                      bool wide)
{
    switch (level) {
    case JET_DbInfoFilename:
        return info_text(database->database->path, result, size, wide);
    case JET_DbInfoConnect:
        return info_text("", result, size, wide);
    case JET_DbInfoFilesize:
    case JET_DbInfoFilesizeOnDisk:
    case JET_DbInfoSpaceOwned:
    case JET_DbInfoSpaceAvailable:
    case JET_DbInfoMisc:
    case JET_DbInfoPageSize:
        return info_space(database, result, size, level);
    case JET_DbInfoCountry:
        return give_pages(COUNTRY_US, result, size);
    case JET_DbInfoLCID:
        return give_pages(LCID_EN_US, result, size);
    case JET_DbInfoCp:
        return give_pages(CODE_PAGE_ANSI, result, size);
    case JET_DbInfoCollate:
        return give_pages(0, result, size);
    case JET_DbInfoOptions:
        return give_pages(database->read_only ? JET_bitDbReadOnly : 0, result, size);
    case JET_DbInfoTransactions:
        return give_pages(STORE_LEVEL_MAX, result, size);
    case JET_DbInfoVersion:
        return give_pages(DATABASE_VERSION, result, size);
    case JET_DbInfoDBInUse:
        return give_pages(1, result, size);
    case JET_DbInfoFileType:
        return give_pages(JET_filetypeDatabase, result, size);
    case JET_DbInfoIsam:
    case JET_DbInfoUpgrade:
        return JET_errFeatureNotAvailable;
    default:
        return JET_errInvalidParameter;
    }
}

/* A size that does not fit the level is the original's JET_errInvalidBufferSize here. */
static JET_ERR file_size_check(uint32_t level, uint32_t size)
{
    switch (level) {
    case JET_DbInfoFilesize:
    case JET_DbInfoFilesizeOnDisk:
        return size == sizeof(uint64_t) ? JET_errSuccess : JET_errInvalidBufferSize;
    case JET_DbInfoPageSize:
    case JET_DbInfoFileType:
    case JET_DbInfoDBInUse:
    case JET_DbInfoVersion:
        return size == sizeof(uint32_t) ? JET_errSuccess : JET_errInvalidBufferSize;
    case JET_DbInfoMisc:
        return size == sizeof(JET_DBINFOMISC) || size == sizeof(JET_DBINFOMISC4)
                   ? JET_errSuccess
                   : JET_errInvalidBufferSize;
    default:
        return JET_errInvalidParameter;
    }
}

JET_ERR info_database_file(const char *path, void *result, uint32_t size, uint32_t level)
{
    MetaSummary summary;
    if (!path || !*path || !result)
        return JET_errInvalidParameter;
    RETURN_IF_ERROR(file_size_check(level, size));
    JET_ERR err = meta_summary(path, &summary);
    if (level == JET_DbInfoFileType && err == JET_errDatabaseCorrupted)
        return give_pages(JET_filetypeUnknown, result, size);
    RETURN_IF_ERROR(err);
    switch (level) {
    case JET_DbInfoFilesize:
        return give_bytes(&summary.file_bytes, sizeof(summary.file_bytes), result, size);
    case JET_DbInfoFilesizeOnDisk:
        return give_bytes(&summary.disk_bytes, sizeof(summary.disk_bytes), result, size);
    case JET_DbInfoFileType:
        return give_pages(JET_filetypeDatabase, result, size);
    case JET_DbInfoDBInUse:
        return give_pages(summary.used, result, size);
    case JET_DbInfoVersion:
        return give_pages(DATABASE_VERSION, result, size);
    case JET_DbInfoMisc:
        return give_misc(summary.used ? JET_dbstateDirtyShutdown : JET_dbstateCleanShutdown,
                         summary.page_size, result, size);
    default:
        return give_pages(summary.page_size, result, size);
    }
}
