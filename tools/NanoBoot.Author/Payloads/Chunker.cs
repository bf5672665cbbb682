// Cuts a payload into chunks and makes the chunk table of the manifest. Cuts fall at the ends of assemblies first;
// within an assembly the content decides (FastCDC: a rolling gear hash, normalised towards the average), so that an
// insertion shifts the cuts near it and no others.

using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;

namespace NanoBoot.Author
{
    /// <summary>Cuts payloads into chunks.</summary>
    public static class Chunker
    {
        /// <summary>Shortest chunk that content decides on; the last chunk of an assembly may be shorter. Bytes.</summary>
        public const int MinimumBytes = 512;

        /// <summary>Length that chunks tend to. Bytes.</summary>
        public const int AverageBytes = 2048;

        /// <summary>Longest chunk. Bytes.</summary>
        public const int MaximumBytes = 4096;

        /// <summary>Most chunks that a table holds.</summary>
        public const int MaximumChunks = 1024;

        /// <summary>Format number at the start of a table.</summary>
        public const byte TableFormat = 1;

        /// <summary>Bytes of one entry of a table.</summary>
        public const int EntryBytes = 2 + SHA256.HashSizeInBytes;

        // Bits high in the gear hash, which depend on the last 64 bytes: more of them before the average length is
        // reached, fewer after it.
        private const ulong MaskBeforeAverage = 0xFFF8_0000_0000_0000;
        private const ulong MaskAfterAverage = 0xFF80_0000_0000_0000;

        private static readonly ulong[] s_gear = MakeGear();

        /// <summary>The published key of chunk digests: 32 ASCII characters.</summary>
        public static ReadOnlySpan<byte> DigestKey => "nanoBoot chunk digest, format 1."u8;

        /// <summary>Cuts a payload.</summary>
        /// <param name="payload">The payload.</param>
        /// <returns>The lengths of its chunks in order, each 1..4096; their sum is the payload's length.</returns>
        public static IReadOnlyList<int> Cut(ReadOnlySpan<byte> payload)
        {
            var lengths = new List<int>();
            IReadOnlyList<(int OffsetBytes, int LengthBytes)> assemblies = Bundle.Split(payload);
            if (assemblies.Count == 0)
            {
                CutContent(payload, lengths);
            }

            foreach ((int offset, int length) in assemblies)
            {
                CutContent(payload.Slice(offset, length), lengths);
            }

            return lengths;
        }

        /// <summary>Makes the chunk table of a payload: the value of parameter -257.</summary>
        /// <param name="payload">The payload, not empty.</param>
        /// <returns>The format number, then per chunk its length (16 bits, big-endian) and digest.</returns>
        /// <exception cref="InvalidDataException">The payload is empty, or would need more than 1024 chunks.</exception>
        public static byte[] MakeTable(ReadOnlySpan<byte> payload)
        {
            if (payload.IsEmpty)
            {
                throw new InvalidDataException("An empty payload has no chunks.");
            }

            IReadOnlyList<int> lengths = Cut(payload);
            if (lengths.Count > MaximumChunks)
            {
                lengths = CutEvenly(payload.Length);
            }

            byte[] table = new byte[1 + (lengths.Count * EntryBytes)];
            table[0] = TableFormat;
            int payloadOffset = 0;
            int tableOffset = 1;
            foreach (int length in lengths)
            {
                BinaryPrimitives.WriteUInt16BigEndian(table.AsSpan(tableOffset), (ushort)length);
                DigestOf(payload.Slice(payloadOffset, length)).CopyTo(table, tableOffset + 2);
                payloadOffset += length;
                tableOffset += EntryBytes;
            }

            return table;
        }

        /// <summary>The digest of one chunk: HMAC-SHA-256 under <see cref="DigestKey"/>.</summary>
        /// <param name="chunk">The chunk.</param>
        public static byte[] DigestOf(ReadOnlySpan<byte> chunk) => HMACSHA256.HashData(DigestKey, chunk);

        /// <summary>Reads a chunk table.</summary>
        /// <param name="table">Its bytes.</param>
        /// <returns>Offset in the payload, length and digest of each chunk.</returns>
        /// <exception cref="InvalidDataException">It is not a chunk table.</exception>
        public static IReadOnlyList<ChunkEntry> ReadTable(ReadOnlySpan<byte> table)
        {
            int count = (table.Length - 1) / EntryBytes;
            if (table.IsEmpty || table[0] != TableFormat || table.Length != 1 + (count * EntryBytes) || count is < 1 or > MaximumChunks)
            {
                throw new InvalidDataException("The chunk table is malformed.");
            }

            var chunks = new List<ChunkEntry>(count);
            int payloadOffset = 0;
            for (int index = 0; index < count; index++)
            {
                ReadOnlySpan<byte> entry = table.Slice(1 + (index * EntryBytes), EntryBytes);
                int length = BinaryPrimitives.ReadUInt16BigEndian(entry);
                if (length is < 1 or > MaximumBytes)
                {
                    throw new InvalidDataException($"Chunk {index} has {length} bytes; 1 to {MaximumBytes} are allowed.");
                }

                chunks.Add(new ChunkEntry(payloadOffset, length, entry[2..].ToArray()));
                payloadOffset += length;
            }

            return chunks;
        }

        private static void CutContent(ReadOnlySpan<byte> content, List<int> lengths)
        {
            while (!content.IsEmpty)
            {
                int length = NextCut(content);
                lengths.Add(length);
                content = content[length..];
            }
        }

        private static int NextCut(ReadOnlySpan<byte> content)
        {
            if (content.Length <= MinimumBytes)
            {
                return content.Length;
            }

            int end = Math.Min(content.Length, MaximumBytes);
            ulong hash = 0;
            for (int index = MinimumBytes; index < end; index++)
            {
                hash = (hash << 1) + s_gear[content[index]];
                ulong mask = index < AverageBytes ? MaskBeforeAverage : MaskAfterAverage;
                if ((hash & mask) == 0)
                {
                    return index + 1;
                }
            }

            return end;
        }

        /// <summary>A payload too long for 1024 chunks of content is cut into the longest ones.</summary>
        private static List<int> CutEvenly(int totalBytes)
        {
            int count = (totalBytes + MaximumBytes - 1) / MaximumBytes;
            if (count > MaximumChunks)
            {
                throw new InvalidDataException(
                    $"The payload has {totalBytes} bytes; a chunk table covers at most {MaximumChunks * MaximumBytes}.");
            }

            var lengths = new List<int>(count);
            for (int offset = 0; offset < totalBytes; offset += MaximumBytes)
            {
                lengths.Add(Math.Min(MaximumBytes, totalBytes - offset));
            }

            return lengths;
        }

        /// <summary>256 numbers without a pattern: the first 8 bytes of the SHA-256 of "nanoBoot gear " and the index.</summary>
        private static ulong[] MakeGear()
        {
            ulong[] gear = new ulong[256];
            byte[] input = [.. "nanoBoot gear "u8, 0];
            for (int index = 0; index < gear.Length; index++)
            {
                input[^1] = (byte)index;
                gear[index] = BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(input));
            }

            return gear;
        }
    }

    /// <summary>One chunk of a table.</summary>
    /// <param name="OffsetBytes">Where it stands in the payload.</param>
    /// <param name="LengthBytes">Its length.</param>
    /// <param name="Digest">Its digest, 32 bytes.</param>
    public sealed record ChunkEntry(int OffsetBytes, int LengthBytes, byte[] Digest);
}
