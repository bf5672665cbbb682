// What one assembly says about itself: name, version, references, native methods, where it can be entered. Of nanoFramework .pe files (version 1,
// little-endian) and of .NET assemblies, which the emulator runs. Every offset is checked: files of users are damaged.

using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;

namespace NanoBoot.Author
{
    /// <summary>A reference to another assembly.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Version">The version it was compiled against; the runtime compares major and minor.</param>
    public sealed record AssemblyReference(string Name, Version Version)
    {
        /// <summary>True when an assembly satisfies it, by the runtime's rule.</summary>
        /// <param name="assembly">The assembly.</param>
        public bool IsSatisfiedBy(AssemblyDescription assembly)
        {
            ArgumentNullException.ThrowIfNull(assembly);
            return assembly.Name == Name && assembly.Version.Major == Version.Major && assembly.Version.Minor == Version.Minor;
        }

        /// <inheritdoc/>
        public override string ToString() => $"{Name} {Version}";
    }

    /// <summary>A method that an image can be started at: public and static, with one parameter.</summary>
    /// <param name="Type">Full name of its type.</param>
    /// <param name="Method">Its name.</param>
    public sealed record EntryPoint(string Type, string Method)
    {
        /// <inheritdoc/>
        public override string ToString() => $"{Type}::{Method}";
    }

    /// <summary>One assembly of a bundle.</summary>
    public sealed class AssemblyDescription
    {
        // Rough costs on a 32-bit target beyond the array itself, of CLR_RT_Assembly and its cross-reference tables.
        private const int RuntimeBytesPerAssembly = 300;
        private const int RuntimeBytesPerRecord = 4;
        private const int RuntimeBytesPerType = 8;

        private const int Tables = 16;
        private const int TablesOffset = 40;
        internal const int TableAssemblyRef = 0;
        internal const int TableTypeDef = 4;
        internal const int TableMethodDef = 6;
        internal const int TableStrings = 11;
        private const int AssemblyRefBytes = 12;
        private const int TypeDefBytes = 24;
        private const int MethodDefBytes = 16;
        private const uint MethodScopeMask = 7;
        private const uint MethodPublic = 6;
        private const uint MethodStatic = 0x10;

        /// <summary>Bytes of a record of each of the first tables.</summary>
        internal static readonly int[] RecordBytes = [AssemblyRefBytes, 8, 8, 8, TypeDefBytes, 8, MethodDefBytes];

        /// <summary>Names that are not in the file but in the runtime's own table, counted down from 0xFFFF.</summary>
        private static readonly Dictionary<int, string> s_runtimeNames = new()
        {
            [0x32D] = "mscorlib",
            [0x1C0] = "System.Collections",
            [0x1CF] = "System.IO",
            [0x1D1] = "System.Resources",
            [0x1D6] = "System.Text",
            [0x1D7] = "System.Threading",
        };

        private const int RuntimeNames = 860;

        /// <summary>How a name begins whose text only the runtime has.</summary>
        public const string RuntimeName = "(name ";

        private AssemblyDescription(string name, Version version, bool isNano)
        {
            Name = name;
            Version = version;
            IsNano = isNano;
        }

        /// <summary>Name, without extension.</summary>
        public string Name { get; }

        /// <summary>Version.</summary>
        public Version Version { get; }

        /// <summary>True for a nanoFramework .pe, false for a .NET assembly.</summary>
        public bool IsNano { get; }

        /// <summary>Size of the file, bytes.</summary>
        public int SizeBytes { get; private init; }

        /// <summary>What it refers to. Of .NET assemblies without those that the runtime brings.</summary>
        public IReadOnlyList<AssemblyReference> References { get; private init; } = [];

        /// <summary>Checksum of its native methods; 0 when it has none. Always 0 for .NET assemblies.</summary>
        public uint NativeChecksum { get; private init; }

        /// <summary>Number of types.</summary>
        public int TypeCount { get; private init; }

        /// <summary>Number of methods.</summary>
        public int MethodCount { get; private init; }

        /// <summary>Where it can be entered. A name that a .pe takes from the runtime's own table is given by its number there.</summary>
        public IReadOnlyList<EntryPoint> EntryPoints { get; private init; } = [];

        /// <summary>The types that it has, and each type's members, by full name. Empty for .NET assemblies.</summary>
        public IReadOnlySet<string> Names { get; private init; } = new HashSet<string>();

        /// <summary>What it refers to by name in other assemblies. Empty for .NET assemblies.</summary>
        public IReadOnlyList<NameReference> NameReferences { get; private init; } = [];

        /// <summary>False when a CRC of the .pe is wrong: the file is damaged.</summary>
        public bool IsIntact { get; private init; } = true;

        /// <summary>Estimate of the heap that it takes when loaded from an array, bytes: the array, and the runtime's tables.</summary>
        public int HeapBytes { get; private init; }

        /// <summary>Reads one assembly.</summary>
        /// <param name="image">Exactly its bytes.</param>
        /// <exception cref="InvalidDataException">It is malformed.</exception>
        public static AssemblyDescription Read(ReadOnlySpan<byte> image)
        {
            if (AssemblyImage.LengthOf(image) != image.Length || image.IsEmpty)
            {
                throw new InvalidDataException("neither a complete nanoFramework .pe (marker NFMRK1) nor a complete .NET assembly.");
            }

            return image.StartsWith("NFMRK1\0\0"u8) ? ReadNano(image) : ReadPortable(image.ToArray());
        }

        private static AssemblyDescription ReadNano(ReadOnlySpan<byte> image)
        {
            int[] starts = new int[Tables];
            for (int table = 0; table < Tables; table++)
            {
                uint start = BinaryPrimitives.ReadUInt32LittleEndian(image[(TablesOffset + (4 * table))..]);
                if (start > image.Length || start < (table == 0 ? AssemblyImage.NanoHeaderBytes : starts[table - 1]))
                {
                    throw new InvalidDataException("the table of contents of the .pe is malformed.");
                }

                starts[table] = (int)start;
            }

            ReadOnlySpan<byte> strings = image[starts[TableStrings]..starts[TableStrings + 1]];
            var references = new List<AssemblyReference>();
            for (int offset = starts[TableAssemblyRef]; offset + AssemblyRefBytes <= starts[TableAssemblyRef + 1]; offset += AssemblyRefBytes)
            {
                string reference = ReadName(strings, BinaryPrimitives.ReadUInt16LittleEndian(image[offset..]));
                references.Add(new AssemblyReference(reference, ReadVersion(image[(offset + 4)..])));
            }

            int records = 0;
            for (int table = 0; table < RecordBytes.Length; table++)
            {
                records += (starts[table + 1] - starts[table]) / RecordBytes[table];
            }

            var names = new PeNames(image, starts);
            int types = (starts[TableTypeDef + 1] - starts[TableTypeDef]) / TypeDefBytes;
            string name = ReadName(strings, BinaryPrimitives.ReadUInt16LittleEndian(image[36..]));
            return new AssemblyDescription(name, ReadVersion(image[28..]), isNano: true)
            {
                SizeBytes = image.Length,
                References = references,
                NativeChecksum = BinaryPrimitives.ReadUInt32LittleEndian(image[20..]),
                TypeCount = types,
                MethodCount = (starts[TableMethodDef + 1] - starts[TableMethodDef]) / MethodDefBytes,
                EntryPoints = ReadEntryPoints(image, starts, strings),
                Names = names.Defined,
                NameReferences = names.Referred,
                IsIntact = HasGoodChecksums(image),
                HeapBytes = image.Length + RuntimeBytesPerAssembly + (records * RuntimeBytesPerRecord) + (types * RuntimeBytesPerType),
            };
        }

        private static List<EntryPoint> ReadEntryPoints(ReadOnlySpan<byte> image, int[] starts, ReadOnlySpan<byte> strings)
        {
            var found = new List<EntryPoint>();
            ReadOnlySpan<byte> methods = image[starts[TableMethodDef]..starts[TableMethodDef + 1]];
            for (int offset = starts[TableTypeDef]; offset + TypeDefBytes <= starts[TableTypeDef + 1]; offset += TypeDefBytes)
            {
                ReadOnlySpan<byte> type = image.Slice(offset, TypeDefBytes);
                int first = BinaryPrimitives.ReadUInt16LittleEndian(type[10..]);
                int count = type[12] + type[13] + type[14];
                for (int index = first; index < first + count && (index + 1) * MethodDefBytes <= methods.Length; index++)
                {
                    ReadOnlySpan<byte> method = methods.Slice(index * MethodDefBytes, MethodDefBytes);
                    uint flags = BinaryPrimitives.ReadUInt32LittleEndian(method[4..]);
                    if ((flags & MethodScopeMask) == MethodPublic && (flags & MethodStatic) != 0 && method[9] == 1)
                    {
                        string name = ReadName(strings, BinaryPrimitives.ReadUInt16LittleEndian(type));
                        string space = ReadName(strings, BinaryPrimitives.ReadUInt16LittleEndian(type[2..]));
                        string methodName = ReadName(strings, BinaryPrimitives.ReadUInt16LittleEndian(method));
                        found.Add(new EntryPoint(space.Length == 0 ? name : $"{space}.{name}", methodName));
                    }
                }
            }

            return found;
        }

        private static IEnumerable<EntryPoint> ReadEntryPoints(MetadataReader metadata, TypeDefinition type)
        {
            const MethodAttributes wanted = MethodAttributes.Public | MethodAttributes.Static;
            string name = metadata.GetString(type.Name);
            string space = metadata.GetString(type.Namespace);
            return type.GetMethods().Select(metadata.GetMethodDefinition)
                .Where(method => (method.Attributes & (MethodAttributes.MemberAccessMask | MethodAttributes.Static)) == wanted
                    && metadata.GetBlobReader(method.Signature) is { Length: > 1 } signature && signature.ReadByte() == 0 && signature.ReadCompressedInteger() == 1)
                .Select(method => new EntryPoint(space.Length == 0 ? name : $"{space}.{name}", metadata.GetString(method.Name)));
        }

        private static AssemblyDescription ReadPortable(byte[] image)
        {
            try
            {
                using var reader = new PEReader(new MemoryStream(image));
                MetadataReader metadata = reader.GetMetadataReader();
                AssemblyDefinition definition = metadata.GetAssemblyDefinition();
                return new AssemblyDescription(metadata.GetString(definition.Name), definition.Version, isNano: false)
                {
                    SizeBytes = image.Length,
                    References = [.. metadata.AssemblyReferences.Select(metadata.GetAssemblyReference)
                        .Select(reference => new AssemblyReference(metadata.GetString(reference.Name), reference.Version))
                        .Where(reference => !IsOfRuntime(reference.Name))],
                    TypeCount = metadata.TypeDefinitions.Count,
                    MethodCount = metadata.MethodDefinitions.Count,
                    EntryPoints = [.. metadata.TypeDefinitions.Select(metadata.GetTypeDefinition).SelectMany(type => ReadEntryPoints(metadata, type))],
                    HeapBytes = image.Length,
                };
            }
            catch (Exception exception) when (exception is BadImageFormatException or InvalidOperationException)
            {
                throw new InvalidDataException("a Windows executable, but no .NET assembly.");
            }
        }

        private static bool IsOfRuntime(string name)
        {
            return name is "mscorlib" or "netstandard" or "System" || name.StartsWith("System.", StringComparison.Ordinal)
                || name.StartsWith("Microsoft.", StringComparison.Ordinal);
        }

        private static Version ReadVersion(ReadOnlySpan<byte> bytes)
        {
            return new Version(
                BinaryPrimitives.ReadUInt16LittleEndian(bytes),
                BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]),
                BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]),
                BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]));
        }

        /// <summary>A name of a .pe.</summary>
        /// <exception cref="InvalidDataException">It lies outside.</exception>
        internal static string ReadName(ReadOnlySpan<byte> strings, int index)
        {
            if (index >= 0xFFFF - RuntimeNames)
            {
                return s_runtimeNames.GetValueOrDefault(0xFFFF - index) ?? $"{RuntimeName}{0xFFFF - index} of the runtime)";
            }

            if (index >= strings.Length || strings[index..].IndexOf((byte)0) is not (>= 0 and int length))
            {
                throw new InvalidDataException("a name of the .pe lies outside of its strings.");
            }

            return Encoding.UTF8.GetString(strings.Slice(index, length));
        }

        /// <summary>The CRCs of header and body: CRC-32, polynomial 04C11DB7, most significant bit first, from 0.</summary>
        private static bool HasGoodChecksums(ReadOnlySpan<byte> image)
        {
            const int headerCrcOffset = 8;
            const int bodyCrcOffset = 12;
            byte[] header = image[..AssemblyImage.NanoHeaderBytes].ToArray();
            header.AsSpan(headerCrcOffset, 4).Clear();
            return Crc(header) == BinaryPrimitives.ReadUInt32LittleEndian(image[headerCrcOffset..])
                && Crc(image[AssemblyImage.NanoHeaderBytes..]) == BinaryPrimitives.ReadUInt32LittleEndian(image[bodyCrcOffset..]);
        }

        private static uint Crc(ReadOnlySpan<byte> bytes)
        {
            uint crc = 0;
            foreach (byte value in bytes)
            {
                crc ^= (uint)value << 24;
                for (int bit = 0; bit < 8; bit++)
                {
                    crc = (crc << 1) ^ ((crc & 0x8000_0000) != 0 ? 0x04C1_1DB7u : 0);
                }
            }

            return crc;
        }
    }
}
