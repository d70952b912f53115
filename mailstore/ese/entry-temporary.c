/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * entry-temporary.c - behind the exported functions: opening temporary tables.
 */
#include <string.h>

#include "mailstore/ese/cursor.h"
#include "mailstore/ese/entry.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/table.h"

/* `spec->locale` NULL: the default. */
static JET_ERR temporary_open(JET_SESID sesid, TemporarySpec *spec, JET_TABLEID *ret_table,
                              JET_COLUMNID *ret_ids)
{
    Session *session;
    TemporaryTable *table;
    char locale[TEXT_LOCALE_MAX + 1] = "";
    JET_ERR err = JET_errSuccess;
    if (!ret_table || (spec->n_columns > 0 && (!spec->columns || !ret_ids)))
        return JET_errInvalidParameter;
    for (uint32_t i = 0; i < spec->n_columns; i++)
        if (spec->columns[i].cbStruct != sizeof(*spec->columns))
            return JET_errInvalidParameter;
    *ret_table = JET_tableidNil;
    spec->name = "temporary";
    RETURN_IF_ERROR(session_enter(sesid, &session));
    if (!spec->locale) {
        err = collation_take_default(session->instance, locale, &spec->map_flags);
        spec->locale = locale;
    }
    if (err >= 0)
        err = temporary_new(session, spec, ret_ids, &table);
    if (err >= 0) {
        err = cursor_open_temporary(table, JET_bitTableUpdatable, ret_table);
        temporary_unref(table);
    }
    return session_leave(session, err);
}

JET_ERR entry_open_temp_table(JET_SESID sesid, const JET_COLUMNDEF *prgcolumndef, uint32_t ccolumn,
                              JET_GRBIT grbit, JET_TABLEID *ptableid, JET_COLUMNID *prgcolumnid)
{
    return entry_open_temp_table3(sesid, prgcolumndef, ccolumn, NULL, grbit, ptableid, prgcolumnid);
}

JET_ERR entry_open_temp_table2(JET_SESID sesid, const JET_COLUMNDEF *prgcolumndef, uint32_t ccolumn,
                               uint32_t lcid, JET_GRBIT grbit, JET_TABLEID *ptableid,
                               JET_COLUMNID *prgcolumnid)
{
    JET_UNICODEINDEX unicode = {.lcid = lcid};
    return entry_open_temp_table3(sesid, prgcolumndef, ccolumn, lcid ? &unicode : NULL, grbit,
                                  ptableid, prgcolumnid);
}

JET_ERR entry_open_temp_table3(JET_SESID sesid, const JET_COLUMNDEF *prgcolumndef, uint32_t ccolumn,
                               JET_UNICODEINDEX *pidxunicode, JET_GRBIT grbit,
                               JET_TABLEID *ptableid, JET_COLUMNID *prgcolumnid)
{
    JET_OPENTEMPORARYTABLE open = {
        .cbStruct = sizeof(open),
        .prgcolumndef = prgcolumndef,
        .ccolumn = ccolumn,
        .pidxunicode = pidxunicode,
        .grbit = grbit,
        .prgcolumnid = prgcolumnid,
    };
    if (!ptableid)
        return JET_errInvalidParameter;
    JET_ERR err = entry_open_temporary_table(sesid, &open);
    *ptableid = open.tableid;
    return err;
}

JET_ERR entry_open_temporary_table(JET_SESID sesid, JET_OPENTEMPORARYTABLE *popentemporarytable)
{
    char locale[TEXT_LOCALE_MAX + 1] = "";
    JET_OPENTEMPORARYTABLE *open = popentemporarytable;
    if (!open || open->cbStruct != sizeof(*open))
        return JET_errInvalidParameter;
    TemporarySpec spec = {
        .columns = open->prgcolumndef,
        .n_columns = open->ccolumn,
        .grbit = open->grbit,
        .locale = open->pidxunicode ? locale : NULL,
        .key_most = open->cbKeyMost,
        .var_segment_most = open->cbVarSegMac,
    };
    open->tableid = JET_tableidNil;
    if (open->pidxunicode) {
        spec.map_flags = open->pidxunicode->dwMapFlags;
        RETURN_IF_ERROR(text_locale_of_lcid(open->pidxunicode->lcid, locale));
    }
    return temporary_open(sesid, &spec, &open->tableid, open->prgcolumnid);
}

JET_ERR entry_open_temporary_table2(JET_SESID sesid, JET_OPENTEMPORARYTABLE2 *popentemporarytable)
{
    char locale[TEXT_LOCALE_MAX + 1] = "";
    JET_OPENTEMPORARYTABLE2 *open = popentemporarytable;
    if (!open || open->cbStruct != sizeof(*open))
        return JET_errInvalidParameter;
    TemporarySpec spec = {
        .columns = open->prgcolumndef,
        .n_columns = open->ccolumn,
        .grbit = open->grbit,
        .locale = open->pidxunicode ? locale : NULL,
        .key_most = open->cbKeyMost,
        .var_segment_most = open->cbVarSegMac,
    };
    open->tableid = JET_tableidNil;
    if (open->pidxunicode) {
        spec.map_flags = open->pidxunicode->dwMapFlags;
        RETURN_IF_ERROR(text_locale_of_name(open->pidxunicode->szLocaleName, locale));
    }
    return temporary_open(sesid, &spec, &open->tableid, open->prgcolumnid);
}
