/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * info-instance.c - the instances of the process and what they hold.
 *
 * What the caller gets is one allocation: the array, the arrays of pointers, the text. It is put
 * together from copies, which are taken with the locks held.
 *
 * Fails with JET_errOutOfMemory, JET_errInvalidParameter, JET_errBufferTooSmall,
 * JET_errUnicodeTranslationFail for a path that is not UTF-8.
 */
#include "mailstore/ese/info-instance.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/database.h"
#include "mailstore/ese/fault.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/wide.h"

/* --- The list of instances ------------------------------------------------------ */

typedef struct {
    JET_INSTANCE handle;
    char *name;
    unsigned n_paths;
    char *paths[INSTANCE_DATABASES_MAX];
} Listed;

typedef struct {
    InstanceFilter filter;
    void *context;
    bool wide;
    Listed *listed;
    uint32_t n;
} InstanceList;

static JET_ERR listed_fill(Listed *listed, const Instance *instance)
{
    listed->handle = instance->handle;
    if (instance->name && !(listed->name = fault_strdup(instance->name)))
        return JET_errOutOfMemory;
    for (unsigned i = 0; i < INSTANCE_DATABASES_MAX; i++) {
        if (!instance->databases[i])
            continue;
        listed->paths[listed->n_paths] = fault_strdup(instance->databases[i]->path);
        if (!listed->paths[listed->n_paths])
            return JET_errOutOfMemory;
        listed->n_paths++;
    }
    return JET_errSuccess;
}

static JET_ERR list_visit(Instance *instance, void *context)
{
    InstanceList *list = context;
    if (list->filter && !list->filter(instance, list->context))
        return JET_errSuccess;
    Listed *grown = fault_realloc(list->listed, (list->n + 1) * sizeof(*grown));
    if (!grown)
        return JET_errOutOfMemory;
    list->listed = grown;
    grown[list->n] = (Listed){0};
    pthread_mutex_lock(&instance->lock);
    JET_ERR err = listed_fill(&grown[list->n++], instance);
    pthread_mutex_unlock(&instance->lock);
    return err;
}

static void list_clear(InstanceList *list)
{
    for (uint32_t i = 0; i < list->n; i++) {
        free(list->listed[i].name);
        for (unsigned j = 0; j < list->listed[i].n_paths; j++)
            free(list->listed[i].paths[j]);
    }
    free(list->listed);
}

/* UTF-16 never has more units than UTF-8 has bytes. */
static size_t text_room(const char *text, bool wide)
{
    return text ? (strlen(text) + 1) * (wide ? sizeof(JET_WCHAR) : 1) : 0;
}

static JET_ERR text_add(const char *text, bool wide, char **at, char **ret)
{
    size_t size = text_room(text, wide);
    if (!text)
        return JET_errSuccess;
    if (wide)
        RETURN_IF_ERROR(wide_copy_out(text, (JET_WCHAR *)(void *)*at, (uint32_t)size));
    else
        memcpy(*at, text, size);
    *ret = *at;
    *at += size;
    return JET_errSuccess;
}

static JET_ERR list_compose(const InstanceList *list, JET_INSTANCE_INFO **ret)
{
    size_t n_names = 0, text = 0;
    for (uint32_t i = 0; i < list->n; i++) {
        text += text_room(list->listed[i].name, list->wide);
        n_names += list->listed[i].n_paths;
        for (unsigned j = 0; j < list->listed[i].n_paths; j++)
            text += text_room(list->listed[i].paths[j], list->wide);
    }
    /* Each database has a path, and two names that there are none of. */
    JET_INSTANCE_INFO *infos =
        fault_calloc(1, (list->n + 1) * sizeof(*infos) + 3 * n_names * sizeof(char *) + text);
    if (!infos)
        return JET_errOutOfMemory;
    char **names = (char **)(void *)(infos + list->n + 1);
    char *at = (char *)(names + 3 * n_names);
    JET_ERR err = JET_errSuccess;
    for (uint32_t i = 0; err >= 0 && i < list->n; i++) {
        const Listed *listed = &list->listed[i];
        infos[i].hInstanceId = listed->handle;
        infos[i].cDatabases = listed->n_paths;
        infos[i].szDatabaseFileName = names;
        infos[i].szDatabaseDisplayName = names + listed->n_paths;
        infos[i].szDatabaseSLVFileName_Obsolete = names + 2 * listed->n_paths;
        names += 3 * listed->n_paths;
        err = text_add(listed->name, list->wide, &at, &infos[i].szInstanceName);
        for (unsigned j = 0; err >= 0 && j < listed->n_paths; j++)
            err = text_add(listed->paths[j], list->wide, &at, &infos[i].szDatabaseFileName[j]);
    }
    if (err < 0)
        free(infos);
    else
        *ret = infos;
    return err;
}

JET_ERR info_instances(InstanceFilter filter, void *context, bool wide, uint32_t *ret_count,
                       JET_INSTANCE_INFO **ret)
{
    InstanceList list = {.filter = filter, .context = context, .wide = wide};
    if (!ret_count || !ret)
        return JET_errInvalidParameter;
    JET_ERR err = instance_for_each(list_visit, &list);
    if (err >= 0)
        err = list_compose(&list, ret);
    if (err >= 0)
        *ret_count = list.n;
    list_clear(&list);
    return err;
}

/* --- One instance ---------------------------------------------------------------- */

/* Under the instance's lock, which keeps its databases. */
static JET_ERR snapshots_add(Instance *instance, ESENT_SNAPSHOTINFO *info)
{
    for (unsigned i = 0; i < INSTANCE_DATABASES_MAX; i++) {
        StoreStatistics statistics;
        if (!instance->databases[i])
            continue;
        RETURN_IF_ERROR(store_statistics(instance->databases[i]->store, &statistics));
        info->cSnapshots += (uint32_t)statistics.snapshots;
        if (statistics.oldest_snapshot_age_ms > info->cmsecOldest)
            info->cmsecOldest = statistics.oldest_snapshot_age_ms;
        info->cpgPinned += statistics.pinned_pages;
        info->cpgFree += statistics.free_pages;
        info->cpgTotal += statistics.used_pages + statistics.free_pages;
    }
    return JET_errSuccess;
}

static JET_ERR info_snapshots(Instance *instance, void *result, uint32_t size)
{
    ESENT_SNAPSHOTINFO info = {.cbStruct = sizeof(info), .cExpired = instance->n_expired};
    if (!result || size < sizeof(info))
        return JET_errBufferTooSmall;
    pthread_mutex_lock(&instance->lock);
    JET_ERR err = snapshots_add(instance, &info);
    pthread_mutex_unlock(&instance->lock);
    if (err >= 0)
        memcpy(result, &info, sizeof(info));
    return err;
}

JET_ERR info_instance(JET_INSTANCE handle, void *result, uint32_t size, uint32_t level)
{
    Instance *instance;
    RETURN_IF_ERROR(instance_acquire(handle, &instance));
    JET_ERR err = JET_errInvalidParameter;
    if (level == ESENT_InstanceMiscInfoSnapshots) {
        err = info_snapshots(instance, result, size);
    } else if (level == JET_InstanceMiscInfoLogSignature) {
        err =
            result && size >= sizeof(instance->signature) ? JET_errSuccess : JET_errBufferTooSmall;
        if (err >= 0)
            memcpy(result, &instance->signature, sizeof(instance->signature));
    }
    instance_release(instance);
    return err;
}
