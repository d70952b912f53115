// SPDX-License-Identifier: GPL-2.0-or-later
//
// JetTest.cs - libesent as a .NET program sees it: P/Invoke with declarations of this program's own,
// the W spellings with UTF-16 text, and structures as .NET lays them out. Layouts and sizes are
// those of the published JET API on 64-bit machines.
using System;
using System.Runtime.InteropServices;
using System.Text;

static class Jet
{
    public const int Success = 0, KeyDuplicate = -1605, RecordNotFound = -1601, WriteConflict = -1102;
    public const int NoCurrentRecord = -1603, ColumnNull = 1004, SeekNotEqual = 1039;
    public const int BufferTruncated = 1006, InvalidSesid = -1104, ObjectNotFound = -1305;
    public const uint ColtypLong = 4, ColtypText = 10, ColtypLongText = 12, ColtypLongBinary = 11;

    const string Library = "esent.dll"; // by JetTest.exe.config: libesent.so

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
}

static class JetTest
{
    static IntPtr instance, session, table;
    static uint database;
    static readonly uint[] columns = new uint[4]; // id, name, notes, data

    static void Expect(string what, int expected, int got)
    {
        if (got != expected)
            throw new Exception(what + " gave " + got + ", expected " + expected);
    }

    static void Same(string what, object expected, object got)
    {
        if (!expected.Equals(got))
            throw new Exception(what + " is " + got + ", expected " + expected);
    }

    // An array in unmanaged memory; the program is short, so nothing is freed.
    static IntPtr Unmanaged<T>(params T[] values)
    {
        int size = Marshal.SizeOf(typeof(T));
        IntPtr memory = Marshal.AllocHGlobal(size * values.Length);
        for (int i = 0; i < values.Length; i++)
            Marshal.StructureToPtr(values[i], new IntPtr(memory.ToInt64() + i * size), false);
        return memory;
    }

    static IntPtr Key(string key)
    {
        return Marshal.StringToHGlobalUni(key);
    }

    static Jet.ColumnCreate Column(string name, uint coltyp, uint grbit)
    {
        return new Jet.ColumnCreate {
            cbStruct = (uint)Marshal.SizeOf(typeof(Jet.ColumnCreate)),
            szColumnName = name,
            coltyp = coltyp,
            grbit = grbit,
            cp = 1200
        };
    }

    static Jet.IndexCreate2 Index(string name, string key, uint grbit)
    {
        return new Jet.IndexCreate2 {
            cbStruct = (uint)Marshal.SizeOf(typeof(Jet.IndexCreate2)),
            szIndexName = name,
            szKey = Key(key),
            cbKey = (uint)key.Length * 2,
            grbit = grbit,
            ulDensity = 90
        };
    }

    static void Layouts()
    {
        Same("JET_COLUMNCREATE", 56, Marshal.SizeOf(typeof(Jet.ColumnCreate)));
        Same("JET_INDEXCREATE2", 88, Marshal.SizeOf(typeof(Jet.IndexCreate2)));
        Same("JET_TABLECREATE4", 120, Marshal.SizeOf(typeof(Jet.TableCreate4)));
        Same("JET_COLUMNDEF", 28, Marshal.SizeOf(typeof(Jet.ColumnDef)));
        Same("JET_SETCOLUMN", 40, Marshal.SizeOf(typeof(Jet.SetColumnEntry)));
        Same("JET_RETRIEVECOLUMN", 48, Marshal.SizeOf(typeof(Jet.RetrieveColumnEntry)));
    }

    static void Start(string path)
    {
        uint version;
        IntPtr value = IntPtr.Zero;
        var text = new StringBuilder(260);
        Expect("JetCreateInstanceW", 0, Jet.JetCreateInstanceW(out instance, "проба"));
        Expect("JetSetSystemParameterW", 0,
               Jet.JetSetSystemParameterW(ref instance, IntPtr.Zero, 0, IntPtr.Zero, "/tmp/"));
        Expect("JetGetSystemParameterW", 0,
               Jet.JetGetSystemParameterW(instance, IntPtr.Zero, 0, ref value, text, 520));
        Same("the system path", "/tmp/", text.ToString());
        Expect("JetInit", 0, Jet.JetInit(ref instance));
        Expect("JetBeginSessionW", 0, Jet.JetBeginSessionW(instance, out session, null, null));
        Expect("JetGetVersion", 0, Jet.JetGetVersion(session, out version));
        if (version == 0)
            throw new Exception("no version");
        Expect("JetCreateDatabaseW", 0,
               Jet.JetCreateDatabaseW(session, path, null, out database, 0));
    }

    static void MakeTable()
    {
        const uint primary = 2, unique = 1, tagged = 2, multiValued = 0x400, indexUnicode = 0x800;
        Jet.IndexCreate2 byName = Index("по имени", "+имя\0\0", indexUnicode);
        byName.pidxUnicode = Unmanaged(
            new Jet.UnicodeIndex2 { szLocaleName = "en-US", dwMapFlags = 0x400 | 1 });
        IntPtr created = Unmanaged(Column("id", Jet.ColtypLong, 0),
                                   Column("имя", Jet.ColtypText, 0),
                                   Column("notes", Jet.ColtypLongText, tagged | multiValued),
                                   Column("data", Jet.ColtypLongBinary, 0));
        var definition = new Jet.TableCreate4 {
            cbStruct = (uint)Marshal.SizeOf(typeof(Jet.TableCreate4)),
            szTableName = "таблица",
            rgcolumncreate = created,
            cColumns = 4,
            rgindexcreate = Unmanaged(Index("primary", "+id\0\0", primary | unique), byName),
            cIndexes = 2
        };
        Expect("JetCreateTableColumnIndex4W", 0,
               Jet.JetCreateTableColumnIndex4W(session, database, ref definition));
        Same("cCreated", 7u, definition.cCreated);
        table = definition.tableid;
        for (int i = 0; i < 4; i++) {
            int size = Marshal.SizeOf(typeof(Jet.ColumnCreate));
            IntPtr at = new IntPtr(created.ToInt64() + i * size);
            columns[i] = ((Jet.ColumnCreate)Marshal.PtrToStructure(at, typeof(Jet.ColumnCreate)))
                             .columnid;
        }
        var indexes = new[] { Index("notes", "+notes\0-id\0\0", 0) };
        Expect("JetCreateIndex3W", 0, Jet.JetCreateIndex3W(session, table, indexes, 1));
        var column = new Jet.ColumnDef { cbStruct = 28 };
        Expect("JetGetTableColumnInfoW", 0,
               Jet.JetGetTableColumnInfoW(session, table, "имя", ref column, 28, 0));
        Same("the column's id", columns[1], column.columnid);
        Same("its type", Jet.ColtypText, column.coltyp);
        Same("its code page", (ushort)1200, column.cp);
    }

    static Jet.SetColumnEntry Set(int column, byte[] data)
    {
        IntPtr memory = Marshal.AllocHGlobal(data.Length + 1);
        Marshal.Copy(data, 0, memory, data.Length);
        return new Jet.SetColumnEntry {
            columnid = columns[column], pvData = memory, cbData = (uint)data.Length, itagSequence = 1
        };
    }

    static byte[] Text(string text)
    {
        return Encoding.Unicode.GetBytes(text);
    }

    static int Insert(int id, string name, byte[] data, byte[] bookmark, out uint size)
    {
        var info = new Jet.SetInfo { cbStruct = 12, itagSequence = 0 };
        Expect("JetPrepareUpdate", 0, Jet.JetPrepareUpdate(session, table, 0));
        var entries = new[] { Set(0, BitConverter.GetBytes(id)), Set(1, Text(name)), Set(3, data) };
        Expect("JetSetColumns", 0, Jet.JetSetColumns(session, table, entries, 3));
        foreach (string note in new[] { "eins", "zwei" })
            Expect("JetSetColumn", 0,
                   Jet.JetSetColumn(session, table, columns[2], Text(note), 8, 0, ref info));
        return Jet.JetUpdate2(session, table, bookmark, (uint)bookmark.Length, out size, 0);
    }

    static string Name()
    {
        var data = new byte[200];
        uint size;
        Expect("JetRetrieveColumn", 0,
               Jet.JetRetrieveColumn(session, table, columns[1], data, 200, out size, 0,
                                     IntPtr.Zero));
        return Encoding.Unicode.GetString(data, 0, (int)size);
    }

    static void Rows()
    {
        var data = new byte[50000];
        var bookmark = new byte[256];
        uint size;
        new Random(1).NextBytes(data);
        Expect("JetBeginTransaction", 0, Jet.JetBeginTransaction(session));
        Expect("insert", 0, Insert(3, "Émile", data, bookmark, out size));
        Expect("insert", 0, Insert(1, "anna", new byte[] { 1 }, bookmark, out size));
        Expect("insert", 0, Insert(2, "Жанна", new byte[0], bookmark, out size));
        uint unused;
        Expect("insert again", Jet.KeyDuplicate, Insert(2, "x", data, new byte[256], out unused));
        Expect("JetPrepareUpdate(Cancel)", 0, Jet.JetPrepareUpdate(session, table, 3));
        Expect("JetCommitTransaction", 0, Jet.JetCommitTransaction(session, 0));
        Expect("JetGotoBookmark", 0, Jet.JetGotoBookmark(session, table, bookmark, size));
        Same("the name", "Жанна", Name());
        Expect("JetSetCurrentIndexW", 0, Jet.JetSetCurrentIndexW(session, table, "по имени"));
        foreach (string expected in new[] { "anna", "Émile", "Жанна" }) {
            Same("the name", expected, Name());
            Expect("JetMove", expected == "Жанна" ? Jet.NoCurrentRecord : 0,
                   Jet.JetMove(session, table, 1, 0));
        }
        Expect("JetMakeKey", 0, Jet.JetMakeKey(session, table, Text("ÉMILE"), 10, 1));
        Expect("JetSeek without regard to case", 0, Jet.JetSeek(session, table, 1));
        Retrieve(data);
        Jet.RecordPosition position;
        Expect("JetGetRecordPosition", 0,
               Jet.JetGetRecordPosition(session, table, out position, 16));
        Same("the entries before", 1u, position.centriesLT);
        Same("all entries", 3u, position.centriesTotal);
        position.cbStruct = 16;
        position.centriesLT = 2;
        Expect("JetGotoPosition", 0, Jet.JetGotoPosition(session, table, ref position));
        Same("the name", "Жанна", Name());
        Expect("JetMakeKey", 0, Jet.JetMakeKey(session, table, Text("b"), 2, 1));
        Expect("JetSeek", Jet.RecordNotFound, Jet.JetSeek(session, table, 1));
        Expect("JetMakeKey", 0, Jet.JetMakeKey(session, table, Text("b"), 2, 1));
        Expect("JetSeek", Jet.SeekNotEqual, Jet.JetSeek(session, table, 8));
        Same("the name", "Émile", Name());
    }

    static void Retrieve(byte[] data)
    {
        IntPtr number = Marshal.AllocHGlobal(4), bytes = Marshal.AllocHGlobal(data.Length);
        IntPtr note = Marshal.AllocHGlobal(100);
        var entries = new[] {
            new Jet.RetrieveColumnEntry {
                columnid = columns[0], pvData = number, cbData = 4, itagSequence = 1 },
            new Jet.RetrieveColumnEntry {
                columnid = columns[3], pvData = bytes, cbData = (uint)data.Length, itagSequence = 1 },
            new Jet.RetrieveColumnEntry {
                columnid = columns[2], pvData = note, cbData = 100, itagSequence = 2 },
            new Jet.RetrieveColumnEntry {
                columnid = columns[2], pvData = note, cbData = 100, itagSequence = 3 } };
        Expect("JetRetrieveColumns", 0, Jet.JetRetrieveColumns(session, table, entries, 3));
        Same("the id", 3, Marshal.ReadInt32(number));
        Same("the size", (uint)data.Length, entries[1].cbActual);
        var back = new byte[data.Length];
        Marshal.Copy(bytes, back, 0, back.Length);
        Same("the data", Convert.ToBase64String(data), Convert.ToBase64String(back));
        Same("the second note", "zwei", Marshal.PtrToStringUni(note, (int)entries[2].cbActual / 2));
        Jet.JetRetrieveColumns(session, table, entries, 4);
        Same("a third note", Jet.ColumnNull, entries[3].err);
    }

    static void Conflict(string path)
    {
        IntPtr other, cursor;
        uint id, size;
        Expect("JetBeginSessionW", 0, Jet.JetBeginSessionW(instance, out other, null, null));
        Expect("JetOpenDatabaseW", 0, Jet.JetOpenDatabaseW(other, path, null, out id, 0));
        Expect("JetOpenTableW", Jet.ObjectNotFound,
               Jet.JetOpenTableW(other, id, "нет", IntPtr.Zero, 0, 0, out cursor));
        Expect("JetOpenTableW", 0,
               Jet.JetOpenTableW(other, id, "ТАБЛИЦА".ToLowerInvariant(), IntPtr.Zero, 0, 0,
                                 out cursor));
        Expect("JetBeginTransaction", 0, Jet.JetBeginTransaction(session));
        Expect("JetBeginTransaction", 0, Jet.JetBeginTransaction(other));
        Expect("JetSetCurrentIndexW", 0, Jet.JetSetCurrentIndexW(session, table, null));
        Expect("JetPrepareUpdate", 0, Jet.JetPrepareUpdate(session, table, 2));
        Expect("JetMove", 0, Jet.JetMove(other, cursor, int.MinValue, 0));
        Expect("JetPrepareUpdate by another", Jet.WriteConflict,
               Jet.JetPrepareUpdate(other, cursor, 2));
        Expect("JetUpdate2", 0, Jet.JetUpdate2(session, table, null, 0, out size, 0));
        Expect("JetCommitTransaction", 0, Jet.JetCommitTransaction(session, 0));
        Expect("JetRollback", 0, Jet.JetRollback(other, 0));
        Expect("JetEndSession", 0, Jet.JetEndSession(other, 0));
        Expect("JetBeginTransaction of an ended session", Jet.InvalidSesid,
               Jet.JetBeginTransaction(other));
    }

    static int Main(string[] arguments)
    {
        try {
            Layouts();
            Start(arguments[0]);
            MakeTable();
            Rows();
            Conflict(arguments[0]);
            Expect("JetCloseTable", 0, Jet.JetCloseTable(session, table));
            Expect("JetTerm", 0, Jet.JetTerm(instance));
        } catch (Exception error) {
            Console.Error.WriteLine("JetTest: " + error.Message);
            return 1;
        }
        return 0;
    }
}
