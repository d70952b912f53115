/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * entry-temporary.c - behind the exported functions: opening temporary tables.
 */
#include <string.h>

#include "mailstore/ese/cursor.h"
#include "mailstore/ese/entry.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/table.h"

/* The two forms are alike but for what `pidxunicode` points at: `locale` NULL, for the default, and
 * `map_flags` are what it says. */
static JET_ERR temporary_open(JET_SESID sesid, JET_OPENTEMPORARYTABLE *open, const char *locale,
                              uint32_t map_flags)
{
    Session *session;
    TemporaryTable *table;
    char usual[TEXT_LOCALE_MAX + 1] = "";
    TemporarySpec spec = {
        .name = "temporary",
        .columns = open->prgcolumndef,
        .n_columns = open->ccolumn,
        .grbit = open->grbit,
        .locale = locale ? locale : usual,
        .map_flags = map_flags,
        .key_most = open->cbKeyMost,
        .var_segment_most = open->cbVarSegMac,
    };
    if (spec.n_columns > 0 && (!spec.columns || !open->prgcolumnid))
        return JET_errInvalidParameter;
    for (uint32_t i = 0; i < spec.n_columns; i++)
        if (spec.columns[i].cbStruct != sizeof(*spec.columns))
            return JET_errInvalidParameter;
    RETURN_IF_ERROR(session_enter(sesid, &session));
    JET_ERR err =
        locale ? JET_errSuccess : collation_take_default(session->instance, usual, &spec.map_flags);
    if (err >= 0)
        err = temporary_new(session, &spec, open->prgcolumnid, &table);
    if (err >= 0) {
        err = cursor_open_temporary(table, JET_bitTableUpdatable, &open->tableid);
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
    open->tableid = JET_tableidNil;
    if (!open->pidxunicode)
        return temporary_open(sesid, open, NULL, 0);
    RETURN_IF_ERROR(text_locale_of_lcid(open->pidxunicode->lcid, locale));
    return temporary_open(sesid, open, locale, open->pidxunicode->dwMapFlags);
}

JET_ERR entry_open_temporary_table2(JET_SESID sesid, JET_OPENTEMPORARYTABLE2 *popentemporarytable)
{
    char locale[TEXT_LOCALE_MAX + 1] = "";
    JET_OPENTEMPORARYTABLE2 *open = popentemporarytable;
    if (!open || open->cbStruct != sizeof(*open))
        return JET_errInvalidParameter;
    open->tableid = JET_tableidNil;
    if (!open->pidxunicode)
        return temporary_open(sesid, (JET_OPENTEMPORARYTABLE *)open, NULL, 0);
    RETURN_IF_ERROR(text_locale_of_name(open->pidxunicode->szLocaleName, locale));
    return temporary_open(sesid, (JET_OPENTEMPORARYTABLE *)open, locale,
                          open->pidxunicode->dwMapFlags);
}
