// SPDX-License-Identifier: GPL-2.0-or-later
//
// Jet.cs - libesent as .NET programs see it: P/Invoke with declarations of their own, the W spellings
// with UTF-16 text, and structures as .NET lays them out, after the published JET API.
using System;
using System.Runtime.InteropServices;
using System.Text;

static class Jet
{
    public const int Success = 0, KeyDuplicate = -1605, RecordNotFound = -1601, WriteConflict = -1102;
    public const int NoCurrentRecord = -1603, ColumnNull = 1004, SeekNotEqual = 1039;
    public const int BufferTruncated = 1006, InvalidSesid = -1104, ObjectNotFound = -1305;
    public const uint ColtypLong = 4, ColtypText = 10, ColtypLongText = 12, ColtypLongBinary = 11;

    const string Library = "esent.dll"; // by the program's .exe.config: libesent.so

    [StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
    public struct ColumnCreate
    {
        public uint cbStruct;
        public string szColumnName;
        public uint coltyp, cbMax, grbit;
        public IntPtr pvDefault;
        public uint cbDefault, cp, columnid;
        public int err;
    }

    [StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
    public struct UnicodeIndex2
    {
        public string szLocaleName;
        public uint dwMapFlags;
    }

    [StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
    public struct IndexCreate2
    {
        public uint cbStruct;
        public string szIndexName;
        public IntPtr szKey; // has zeros in it
        public uint cbKey, grbit, ulDensity;
        public IntPtr pidxUnicode, cbVarSegMac, rgconditionalcolumn;
        public uint cConditionalColumn;
        public int err;
        public uint cbKeyMost;
        public IntPtr pSpaceHints;
    }

    // JET_INDEXCREATE3 is laid out alike; its pidxUnicode has a locale's name.
    [StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
    public struct TableCreate4
    {
        public uint cbStruct;
        public string szTableName, szTemplateTableName;
        public uint ulPages, ulDensity;
        public IntPtr rgcolumncreate;
        public uint cColumns;
        public IntPtr rgindexcreate;
        public uint cIndexes;
        public string szCallback;
        public uint cbtyp, grbit;
        public IntPtr pSeqSpacehints, pLVSpacehints;
        public uint cbSeparateLV;
        public IntPtr tableid;
        public uint cCreated;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct ColumnDef
    {
        public uint cbStruct, columnid, coltyp;
        public ushort wCountry, langid, cp, wCollate;
        public uint cbMax, grbit;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct SetColumnEntry
    {
        public uint columnid;
        public IntPtr pvData;
        public uint cbData, grbit, ibLongValue, itagSequence;
        public int err;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct RetrieveColumnEntry
    {
        public uint columnid;
        public IntPtr pvData;
        public uint cbData, cbActual, grbit, ibLongValue, itagSequence, columnidNextTagged;
        public int err;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct SetInfo
    {
        public uint cbStruct, ibLongValue, itagSequence;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct RecordPosition
    {
        public uint cbStruct, centriesLT, centriesInRange, centriesTotal;
    }

    [DllImport(Library, CharSet = CharSet.Unicode, ExactSpelling = true)]
    public static extern int JetCreateInstanceW(out IntPtr instance, string name);
    [DllImport(Library, CharSet = CharSet.Unicode, ExactSpelling = true)]
    public static extern int JetSetSystemParameterW(ref IntPtr instance, IntPtr session, uint id,
                                                    IntPtr value, string text);
    [DllImport(Library, CharSet = CharSet.Unicode, ExactSpelling = true)]
    public static extern int JetGetSystemParameterW(IntPtr instance, IntPtr session, uint id,
                                                    ref IntPtr value, StringBuilder text, uint size);
    [DllImport(Library, ExactSpelling = true)]
    public static extern int JetInit(ref IntPtr instance);
    [DllImport(Library, ExactSpelling = true)]
    public static extern int JetTerm(IntPtr instance);
    [DllImport(Library, CharSet = CharSet.Unicode, ExactSpelling = true)]
    public static extern int JetBeginSessionW(IntPtr instance, out IntPtr session, string user,
                                              string password);
    [DllImport(Library, ExactSpelling = true)]
    public static extern int JetEndSession(IntPtr session, uint grbit);
    [DllImport(Library, ExactSpelling = true)]
    public static extern int JetGetVersion(IntPtr session, out uint version);
    [DllImport(Library, CharSet = CharSet.Unicode, ExactSpelling = true)]
    public static extern int JetCreateDatabaseW(IntPtr session, string path, string connect,
                                                out uint database, uint grbit);
    [DllImport(Library, CharSet = CharSet.Unicode, ExactSpelling = true)]
    public static extern int JetOpenDatabaseW(IntPtr session, string path, string connect,
                                              out uint database, uint grbit);
    [DllImport(Library, CharSet = CharSet.Unicode, ExactSpelling = true)]
    public static extern int JetCreateTableColumnIndex4W(IntPtr session, uint database,
                                                         ref TableCreate4 table);
    [DllImport(Library, CharSet = CharSet.Unicode, ExactSpelling = true)]
    public static extern int JetCreateIndex3W(IntPtr session, IntPtr table,
                                              [In] IndexCreate2[] indexes, uint count);
    [DllImport(Library, CharSet = CharSet.Unicode, ExactSpelling = true)]
    public static extern int JetOpenTableW(IntPtr session, uint database, string name,
                                           IntPtr parameters, uint size, uint grbit,
                                           out IntPtr table);
    [DllImport(Library, ExactSpelling = true)]
    public static extern int JetCloseTable(IntPtr session, IntPtr table);
    [DllImport(Library, CharSet = CharSet.Unicode, ExactSpelling = true)]
    public static extern int JetGetTableColumnInfoW(IntPtr session, IntPtr table, string column,
                                                    ref ColumnDef definition, uint size, uint level);
    [DllImport(Library, ExactSpelling = true)]
    public static extern int JetBeginTransaction(IntPtr session);
    [DllImport(Library, ExactSpelling = true)]
    public static extern int JetCommitTransaction(IntPtr session, uint grbit);
    [DllImport(Library, ExactSpelling = true)]
    public static extern int JetRollback(IntPtr session, uint grbit);
    [DllImport(Library, ExactSpelling = true)]
    public static extern int JetPrepareUpdate(IntPtr session, IntPtr table, uint prep);
    [DllImport(Library, ExactSpelling = true)]
    public static extern int JetSetColumn(IntPtr session, IntPtr table, uint column, byte[] data,
                                          uint size, uint grbit, ref SetInfo info);
    [DllImport(Library, ExactSpelling = true)]
    public static extern int JetSetColumns(IntPtr session, IntPtr table,
                                           [In, Out] SetColumnEntry[] columns, uint count);
    [DllImport(Library, ExactSpelling = true)]
    public static extern int JetUpdate2(IntPtr session, IntPtr table, byte[] bookmark, uint size,
                                        out uint actual, uint grbit);
    [DllImport(Library, CharSet = CharSet.Unicode, ExactSpelling = true)]
    public static extern int JetSetCurrentIndexW(IntPtr session, IntPtr table, string index);
    [DllImport(Library, ExactSpelling = true)]
    public static extern int JetMakeKey(IntPtr session, IntPtr table, byte[] data, uint size,
                                        uint grbit);
    [DllImport(Library, ExactSpelling = true)]
    public static extern int JetSeek(IntPtr session, IntPtr table, uint grbit);
    [DllImport(Library, ExactSpelling = true)]
    public static extern int JetMove(IntPtr session, IntPtr table, int rows, uint grbit);
    [DllImport(Library, ExactSpelling = true)]
    public static extern int JetRetrieveColumn(IntPtr session, IntPtr table, uint column,
                                               byte[] data, uint size, out uint actual, uint grbit,
                                               IntPtr info);
    [DllImport(Library, ExactSpelling = true)]
    public static extern int JetRetrieveColumns(IntPtr session, IntPtr table,
                                                [In, Out] RetrieveColumnEntry[] columns, uint count);
    [DllImport(Library, ExactSpelling = true)]
    public static extern int JetGetRecordPosition(IntPtr session, IntPtr table,
                                                  out RecordPosition position, uint size);
    [DllImport(Library, ExactSpelling = true)]
    public static extern int JetGotoPosition(IntPtr session, IntPtr table,
                                             ref RecordPosition position);
    [DllImport(Library, ExactSpelling = true)]
    public static extern int JetGotoBookmark(IntPtr session, IntPtr table, byte[] bookmark,
                                             uint size);

    // An array in unmanaged memory; the program is short, so nothing is freed.
    public static IntPtr Unmanaged<T>(params T[] values)
    {
        int size = Marshal.SizeOf(typeof(T));
        IntPtr memory = Marshal.AllocHGlobal(size * values.Length);
        for (int i = 0; i < values.Length; i++)
            Marshal.StructureToPtr(values[i], new IntPtr(memory.ToInt64() + i * size), false);
        return memory;
    }

    public static IntPtr Key(string key)
    {
        return Marshal.StringToHGlobalUni(key);
    }

    public static ColumnCreate Column(string name, uint coltyp, uint grbit)
    {
        return new ColumnCreate {
            cbStruct = (uint)Marshal.SizeOf(typeof(ColumnCreate)),
            szColumnName = name,
            coltyp = coltyp,
            grbit = grbit,
            cp = 1200
        };
    }

    public static IndexCreate2 Index(string name, string key, uint grbit)
    {
        return new IndexCreate2 {
            cbStruct = (uint)Marshal.SizeOf(typeof(IndexCreate2)),
            szIndexName = name,
            szKey = Key(key),
            cbKey = (uint)key.Length * 2,
            grbit = grbit,
            ulDensity = 90
        };
    }
}
