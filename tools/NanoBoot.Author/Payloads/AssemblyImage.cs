// One assembly in a bundle, seen from outside: where it ends, and for a .pe what it is called. Headers of
// nanoFramework .pe files (CLR_RECORD_ASSEMBLY of version 1) and of .NET's own PE files, which the emulator runs.

using System;
using System.Buffers.Binary;

namespace NanoBoot.Author
{
    /// <summary>Finds assemblies in bytes.</summary>
    public static class AssemblyImage
    {
        /// <summary>Bytes of the header of a nanoFramework .pe.</summary>
        public const int NanoHeaderBytes = 124;

        private const int EndOfAssemblyOffset = 100;

        /// <summary>The length of the assembly that starts here.</summary>
        /// <param name="bytes">Bytes from its first on; more may follow.</param>
        /// <returns>Its length in bytes, or 0 when no complete assembly starts here.</returns>
        public static int LengthOf(ReadOnlySpan<byte> bytes)
        {
            if (bytes.StartsWith("NFMRK1\0\0"u8))
            {
                return NanoLength(bytes);
            }

            return bytes.StartsWith("MZ"u8) ? PortableLength(bytes) : 0;
        }

        private static int NanoLength(ReadOnlySpan<byte> bytes)
        {
            if (bytes.Length < NanoHeaderBytes)
            {
                return 0;
            }

            uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[EndOfAssemblyOffset..]);
            return length >= NanoHeaderBytes && length <= bytes.Length ? (int)length : 0;
        }

        /// <summary>The end of the last section: what the file consists of when nothing (a certificate) was appended.</summary>
        private static int PortableLength(ReadOnlySpan<byte> bytes)
        {
            const int peOffsetField = 0x3C;
            const int fileHeaderBytes = 24;
            const int sectionBytes = 40;
            if (bytes.Length < peOffsetField + 4)
            {
                return 0;
            }

            uint peOffset = BinaryPrimitives.ReadUInt32LittleEndian(bytes[peOffsetField..]);
            if (peOffset > bytes.Length - fileHeaderBytes || !bytes[(int)peOffset..].StartsWith("PE\0\0"u8))
            {
                return 0;
            }

            int header = (int)peOffset;
            int sections = BinaryPrimitives.ReadUInt16LittleEndian(bytes[(header + 6)..]);
            int table = header + fileHeaderBytes + BinaryPrimitives.ReadUInt16LittleEndian(bytes[(header + 20)..]);
            if (table + (sections * sectionBytes) > bytes.Length)
            {
                return 0;
            }

            long end = 0;
            for (int index = 0; index < sections; index++)
            {
                ReadOnlySpan<byte> section = bytes[(table + (index * sectionBytes))..];
                long size = BinaryPrimitives.ReadUInt32LittleEndian(section[16..]);
                long offset = BinaryPrimitives.ReadUInt32LittleEndian(section[20..]);
                end = Math.Max(end, offset + size);
            }

            return end <= bytes.Length ? (int)end : 0;
        }
    }
}
