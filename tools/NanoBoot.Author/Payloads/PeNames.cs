// What a nanoFramework .pe has that others find by its name, and what it refers to by name in others: types, fields, methods.
//
// The runtime looks for all of it when it loads the assembly, and an assembly of which one name is not found does not start.
// Signatures are not compared: the names say enough to tell builds apart that do not fit. Every offset is checked.

using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using static NanoBoot.Author.AssemblyDescription;

namespace NanoBoot.Author
{
    /// <summary>A type, or a member of a type, that an assembly refers to in another one.</summary>
    /// <param name="Assembly">Name of the other one.</param>
    /// <param name="Name">Full name of the type, or of the type and the member.</param>
    public sealed record NameReference(string Assembly, string Name);

    /// <summary>The names of one .pe.</summary>
    internal sealed class PeNames
    {
        private const int TableTypeRef = 1;
        private const int TableFieldRef = 2;
        private const int TableMethodRef = 3;
        private const int TableFieldDef = 5;
        private const int OfOther = 0x8000;
        private const int None = 0xFFFF;
        private const int NestingMax = 8;

        private readonly byte[] _image;
        private readonly int[] _starts;

        /// <param name="image">The .pe.</param>
        /// <param name="starts">Where its tables begin, in rising order and within it.</param>
        /// <exception cref="InvalidDataException">It is malformed.</exception>
        internal PeNames(ReadOnlySpan<byte> image, int[] starts)
        {
            _image = image.ToArray();
            _starts = starts;
            Defined = Enumerable.Range(0, Count(TableTypeDef)).SelectMany(NamesOfType).ToHashSet(StringComparer.Ordinal);
            Referred = [.. Enumerable.Range(0, Count(TableTypeRef)).Select(index => (NameReference?)ReferenceToType(index, 0))
                .Concat(Enumerable.Range(0, Count(TableFieldRef)).Select(index => ReferenceToMember(TableFieldRef, index)))
                .Concat(Enumerable.Range(0, Count(TableMethodRef)).Select(index => ReferenceToMember(TableMethodRef, index)))
                .OfType<NameReference>().Distinct()];
        }

        /// <summary>The types, and each type's members.</summary>
        internal IReadOnlySet<string> Defined { get; }

        /// <summary>What is referred to.</summary>
        internal IReadOnlyList<NameReference> Referred { get; }

        private int Count(int table) => (_starts[table + 1] - _starts[table]) / RecordBytes[table];

        private ReadOnlySpan<byte> Record(int table, int index)
        {
            return index < Count(table)
                ? _image.AsSpan(_starts[table] + (index * RecordBytes[table]), RecordBytes[table])
                : throw new InvalidDataException("a record of the .pe points to one that is not there.");
        }

        private int Word(int table, int index, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(Record(table, index)[offset..]);

        private string NameAt(int index) => ReadName(_image.AsSpan(_starts[TableStrings].._starts[TableStrings + 1]), index);

        private string FullName(int table, int index, string? outer)
        {
            string name = NameAt(Word(table, index, 0));
            string space = NameAt(Word(table, index, 2));
            return outer != null ? $"{outer}+{name}" : space.Length == 0 ? name : $"{space}.{name}";
        }

        private IEnumerable<string> NamesOfType(int index)
        {
            const int methodsFirst = 10;
            const int staticFieldsFirst = 16;
            const int instanceFieldsFirst = 18;
            string type = TypeName(index, 0);
            ReadOnlySpan<byte> record = Record(TableTypeDef, index);
            (int methods, int staticFields, int instanceFields) = (record[12] + record[13] + record[14], record[20], record[21]);
            return Members(TableMethodDef, Word(TableTypeDef, index, methodsFirst), methods)
                .Concat(Members(TableFieldDef, Word(TableTypeDef, index, staticFieldsFirst), staticFields))
                .Concat(Members(TableFieldDef, Word(TableTypeDef, index, instanceFieldsFirst), instanceFields))
                .Select(member => $"{type}.{member}").Prepend(type).ToArray();
        }

        private string TypeName(int index, int nesting)
        {
            const int enclosingType = 6;
            int outer = Word(TableTypeDef, index, enclosingType);
            return FullName(TableTypeDef, index, outer == None ? null : TypeName(outer, Deeper(nesting)));
        }

        private IEnumerable<string> Members(int table, int first, int count)
        {
            return Enumerable.Range(first, count).Select(index => NameAt(Word(table, index, 0)));
        }

        private NameReference ReferenceToType(int index, int nesting)
        {
            const int scopeOffset = 4;
            int scope = Word(TableTypeRef, index, scopeOffset);
            if ((scope & OfOther) == 0)
            {
                return new NameReference(NameAt(Word(TableAssemblyRef, scope, 0)), FullName(TableTypeRef, index, null));
            }

            NameReference outer = ReferenceToType(scope & ~OfOther, Deeper(nesting));
            return outer with { Name = FullName(TableTypeRef, index, outer.Name) };
        }

        private NameReference? ReferenceToMember(int table, int index)
        {
            const int containerOffset = 2;
            int container = Word(table, index, containerOffset);
            if ((container & OfOther) != 0)
            {
                // Of an array or the like: the runtime has it itself.
                return null;
            }

            NameReference type = ReferenceToType(container, 0);
            return type with { Name = $"{type.Name}.{NameAt(Word(table, index, 0))}" };
        }

        private static int Deeper(int nesting)
        {
            return nesting < NestingMax ? nesting + 1 : throw new InvalidDataException("types of the .pe are nested without an end.");
        }
    }
}
