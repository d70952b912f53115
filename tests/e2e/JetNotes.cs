// SPDX-License-Identifier: GPL-2.0-or-later
//
// JetNotes.cs PATH - a store of notes by P/Invoke, with the table of examples/notes-store.profile. Says
// "ready", then does what each line of its input says: "add TITLE TEXT" prints the first error, or 0;
// "list" prints a line for each note, and "." after the last.
using System;
using System.Text;
using static Jet;

static class JetNotes
{
    const uint coltypCurrency = 5, columnFixed = 1, columnAutoincrement = 0x10;
    const uint indexPrimary = 2, indexUnique = 1;
    const int moveFirst = int.MinValue, moveNext = 1;

    static IntPtr instance, session, table;
    static uint database;

    static void Must(string what, int error)
    {
        if (error < 0)
            throw new Exception(what + ": " + error);
    }

    static void Open(string path)
    {
        var definition = new TableCreate4 {
            cbStruct = (uint)System.Runtime.InteropServices.Marshal.SizeOf(typeof(TableCreate4)),
            szTableName = "notes",
            rgcolumncreate = Unmanaged(
                Column("id", coltypCurrency, columnFixed | columnAutoincrement),
                Column("author", ColtypLongBinary, 0), Column("title", ColtypLongBinary, 0),
                Column("note", ColtypLongBinary, 0)),
            cColumns = 4,
            rgindexcreate = Unmanaged(Index("primary", "+id\0\0", indexPrimary | indexUnique)),
            cIndexes = 1
        };
        Must("instance", JetCreateInstanceW(out instance, "notes"));
        Must("init", JetInit(ref instance));
        Must("session", JetBeginSessionW(instance, out session, null, null));
        Must("database", JetCreateDatabaseW(session, path, null, out database, 0));
        Must("table", JetCreateTableColumnIndex4W(session, database, ref definition));
        table = definition.tableid;
    }

    static uint ColumnOf(string name)
    {
        var column = new ColumnDef { cbStruct = 28 };
        Must(name, JetGetTableColumnInfoW(session, table, name, ref column, 28, 0));
        return column.columnid;
    }

    static void Set(string name, string text)
    {
        var info = new SetInfo { cbStruct = 12, itagSequence = 1 };
        byte[] data = Encoding.UTF8.GetBytes(text);
        Must(name, JetSetColumn(session, table, ColumnOf(name), data, (uint)data.Length, 0, ref info));
    }

    static string Get(string name)
    {
        var data = new byte[10000];
        uint size;
        Must(name, JetRetrieveColumn(session, table, ColumnOf(name), data, (uint)data.Length, out size,
                                     0, IntPtr.Zero));
        return Encoding.UTF8.GetString(data, 0, (int)size);
    }

    static int Add(string title, string text)
    {
        uint size;
        Must("begin", JetBeginTransaction(session));
        Must("prepare", JetPrepareUpdate(session, table, 0));
        Set("author", "ann@example.org");
        Set("title", title);
        Set("note", text);
        int error = JetUpdate2(session, table, null, 0, out size, 0);
        if (error >= 0)
            error = JetCommitTransaction(session, 0);
        if (error < 0)
            JetRollback(session, 0);
        return error;
    }

    static void List()
    {
        for (int error = JetMove(session, table, moveFirst, 0); error >= 0;
             error = JetMove(session, table, moveNext, 0))
            Console.WriteLine(Get("title") + " " + Get("note"));
        Console.WriteLine(".");
    }

    static int Main(string[] arguments)
    {
        string line;
        Open(arguments[0]);
        Console.WriteLine("ready");
        while ((line = Console.ReadLine()) != null) {
            string[] words = line.Split(new[] { ' ' }, 3);
            if (words[0] == "add")
                Console.WriteLine(Add(words[1], words[2]));
            else
                List();
        }
        Must("close", JetCloseTable(session, table));
        Must("term", JetTerm(instance));
        return 0;
    }
}
