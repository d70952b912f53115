/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store-by-name.h - put before a source file, makes its calls of the store go through pointers that
 * somebody else looked up by name.
 */
#ifndef TESTS_PRELOAD_STORE_BY_NAME_H
#define TESTS_PRELOAD_STORE_BY_NAME_H

#include "mailstore/ese/esent.h"

#define STORE_BY_NAME(X)                                                                           \
    X(JetCreateInstance)                                                                           \
    X(JetInit)                                                                                     \
    X(JetTerm)                                                                                     \
    X(JetBeginSession)                                                                             \
    X(JetEndSession)                                                                               \
    X(JetCreateDatabase)                                                                           \
    X(JetCreateTableColumnIndex3)                                                                  \
    X(JetOpenTable)                                                                                \
    X(JetCloseTable)                                                                               \
    X(JetGetTableColumnInfo)                                                                       \
    X(JetBeginTransaction)                                                                         \
    X(JetCommitTransaction)                                                                        \
    X(JetRollback)                                                                                 \
    X(JetPrepareUpdate)                                                                            \
    X(JetSetColumn)                                                                                \
    X(JetUpdate)                                                                                   \
    X(JetRetrieveColumn)                                                                           \
    X(JetMove)

typedef struct {
#define X(name) __typeof__(&name) name;
    STORE_BY_NAME(X)
#undef X
} StoreByName;

extern StoreByName store_by_name;

#ifndef STORE_BY_NAME_LOOKS_UP
#define JetCreateInstance store_by_name.JetCreateInstance
#define JetInit store_by_name.JetInit
#define JetTerm store_by_name.JetTerm
#define JetBeginSession store_by_name.JetBeginSession
#define JetEndSession store_by_name.JetEndSession
#define JetCreateDatabase store_by_name.JetCreateDatabase
#define JetCreateTableColumnIndex3 store_by_name.JetCreateTableColumnIndex3
#define JetOpenTable store_by_name.JetOpenTable
#define JetCloseTable store_by_name.JetCloseTable
#define JetGetTableColumnInfo store_by_name.JetGetTableColumnInfo
#define JetBeginTransaction store_by_name.JetBeginTransaction
#define JetCommitTransaction store_by_name.JetCommitTransaction
#define JetRollback store_by_name.JetRollback
#define JetPrepareUpdate store_by_name.JetPrepareUpdate
#define JetSetColumn store_by_name.JetSetColumn
#define JetUpdate store_by_name.JetUpdate
#define JetRetrieveColumn store_by_name.JetRetrieveColumn
#define JetMove store_by_name.JetMove
#endif

#endif
