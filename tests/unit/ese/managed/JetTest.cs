// SPDX-License-Identifier: GPL-2.0-or-later
//
// JetTest.cs - does libesent do for a .NET program what the published JET API says? Layouts and sizes
// are those of 64-bit machines.
using System;
using System.Runtime.InteropServices;
using System.Text;
using static Jet;

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
