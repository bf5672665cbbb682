using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;

namespace NanoBoot.Tools.Tests.Author
{
    /// <summary>Makes nanoFramework .pe files with a header, references, uses of types and their methods, types of one method, names and good checksums, and no code.</summary>
    internal static class PeFile
    {
        /// <summary>What a public static method has in its flags.</summary>
        public const uint PublicStatic = 0x16;

        private const int HeaderBytes = 124;
        private const int ReferenceBytes = 8;
        private const int TypeBytes = 24;
        private const int MethodBytes = 16;

        public static byte[] Make(
            string name,
            Version version,
            (string Name, Version Version)[] references,
            uint nativeChecksum = 0,
            int codeBytes = 200,
            (int Reference, string Namespace, string Type, string Method)[]? uses = null,
            params (string Namespace, string Type, string Method, uint Flags, byte Parameters)[] methods)
        {
            var strings = new List<byte> { 0 };
            int Add(string text)
            {
                if (text == "mscorlib")
                {
                    return 0xFFFF - 0x32D;
                }

                int index = strings.Count;
                strings.AddRange(Encoding.UTF8.GetBytes(text));
                strings.Add(0);
                return index;
            }

            byte[] table = new byte[12 * references.Length];
            for (int index = 0; index < references.Length; index++)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(table.AsSpan(12 * index), (ushort)Add(references[index].Name));
                WriteVersion(table.AsSpan((12 * index) + 4), references[index].Version);
            }

            uses ??= [];
            byte[] usedTypes = new byte[ReferenceBytes * uses.Length];
            byte[] usedMethods = new byte[ReferenceBytes * uses.Length];
            for (int index = 0; index < uses.Length; index++)
            {
                Span<byte> type = usedTypes.AsSpan(ReferenceBytes * index);
                Span<byte> method = usedMethods.AsSpan(ReferenceBytes * index);
                BinaryPrimitives.WriteUInt16LittleEndian(type, (ushort)Add(uses[index].Type));
                BinaryPrimitives.WriteUInt16LittleEndian(type[2..], (ushort)Add(uses[index].Namespace));
                BinaryPrimitives.WriteUInt16LittleEndian(type[4..], (ushort)uses[index].Reference);
                BinaryPrimitives.WriteUInt16LittleEndian(method, (ushort)Add(uses[index].Method));
                BinaryPrimitives.WriteUInt16LittleEndian(method[2..], (ushort)index);
            }

            byte[] types = new byte[TypeBytes * methods.Length];
            byte[] bodies = new byte[MethodBytes * methods.Length];
            for (int index = 0; index < methods.Length; index++)
            {
                Span<byte> type = types.AsSpan(TypeBytes * index);
                Span<byte> body = bodies.AsSpan(MethodBytes * index);
                BinaryPrimitives.WriteUInt16LittleEndian(type, (ushort)Add(methods[index].Type));
                BinaryPrimitives.WriteUInt16LittleEndian(type[2..], (ushort)Add(methods[index].Namespace));
                BinaryPrimitives.WriteUInt32LittleEndian(type[4..], uint.MaxValue);
                BinaryPrimitives.WriteUInt16LittleEndian(type[10..], (ushort)index);
                type[14] = 1;
                BinaryPrimitives.WriteUInt16LittleEndian(body, (ushort)Add(methods[index].Method));
                BinaryPrimitives.WriteUInt32LittleEndian(body[4..], methods[index].Flags);
                body[9] = methods[index].Parameters;
            }

            int nameIndex = Add(name);
            while (strings.Count % 4 != 0)
            {
                strings.Add(0);
            }

            int usedTypesStart = HeaderBytes + table.Length;
            int usedMethodsStart = usedTypesStart + usedTypes.Length;
            int typesStart = usedMethodsStart + usedMethods.Length;
            int methodsStart = typesStart + types.Length;
            int stringsStart = methodsStart + bodies.Length;
            int end = stringsStart + strings.Count + codeBytes;
            byte[] image = new byte[end];
            "NFMRK1\0\0"u8.CopyTo(image);
            BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(20), nativeChecksum);
            WriteVersion(image.AsSpan(28), version);
            BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(36), (ushort)nameIndex);
            BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(38), 1);
            for (int tableIndex = 0; tableIndex < 16; tableIndex++)
            {
                int start = tableIndex switch
                {
                    0 => HeaderBytes,
                    1 => usedTypesStart,
                    <= 3 => usedMethodsStart,
                    4 => typesStart,
                    <= 6 => methodsStart,
                    <= 11 => stringsStart,
                    <= 14 => stringsStart + strings.Count,
                    _ => end,
                };
                BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(40 + (4 * tableIndex)), start);
            }

            table.CopyTo(image, HeaderBytes);
            usedTypes.CopyTo(image, usedTypesStart);
            usedMethods.CopyTo(image, usedMethodsStart);
            types.CopyTo(image, typesStart);
            bodies.CopyTo(image, methodsStart);
            strings.CopyTo(image, stringsStart);
            new Random(codeBytes).NextBytes(image.AsSpan(stringsStart + strings.Count));
            BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(12), Crc(image.AsSpan(HeaderBytes)));
            BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(8), Crc(image.AsSpan(0, HeaderBytes)));
            return image;
        }

        private static void WriteVersion(Span<byte> target, Version version)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)version.Major);
            BinaryPrimitives.WriteUInt16LittleEndian(target[2..], (ushort)version.Minor);
            BinaryPrimitives.WriteUInt16LittleEndian(target[4..], (ushort)Math.Max(0, version.Build));
            BinaryPrimitives.WriteUInt16LittleEndian(target[6..], (ushort)Math.Max(0, version.Revision));
        }

        private static uint Crc(ReadOnlySpan<byte> bytes)
        {
            uint crc = 0;
            foreach (byte value in bytes)
            {
                uint current = (crc >> 24) ^ value;
                uint entry = current << 24;
                for (int bit = 0; bit < 8; bit++)
                {
                    entry = (entry & 0x80000000) != 0 ? (entry << 1) ^ 0x04C11DB7 : entry << 1;
                }

                crc = entry ^ (crc << 8);
            }

            return crc;
        }
    }
}
