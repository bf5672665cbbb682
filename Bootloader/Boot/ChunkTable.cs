// The chunk table of a manifest (parameter -257): how long each chunk of the payload is, and its keyed digest.
// The table is signed with the manifest. Format: docs/SPEC.md, chunk table.

using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Boot
{
    /// <summary>A reader of the table in place: it keeps no copy.</summary>
    /// <remarks>Immutable. Chunks are numbered from 0, in order of the payload.</remarks>
    public sealed class ChunkTable
    {
        /// <summary>Version of the format, the first byte.</summary>
        public const int Format = 1;

        /// <summary>Bytes of one entry: length, digest.</summary>
        public const int EntryBytes = 34;

        /// <summary>Most chunks of a payload.</summary>
        public const int CountMax = 1024;

        /// <summary>Longest chunk in bytes.</summary>
        public const int ChunkBytesMax = 4096;

        /// <summary>The published key of the chunk digests: ASCII <c>nanoBoot chunk digest, format 1.</c>, 32 bytes.
        /// It makes HMAC-SHA256 a hash; it is no secret.</summary>
        public static readonly byte[] DigestKey =
        {
            0x6E, 0x61, 0x6E, 0x6F, 0x42, 0x6F, 0x6F, 0x74, 0x20, 0x63, 0x68, 0x75, 0x6E, 0x6B, 0x20, 0x64,
            0x69, 0x67, 0x65, 0x73, 0x74, 0x2C, 0x20, 0x66, 0x6F, 0x72, 0x6D, 0x61, 0x74, 0x20, 0x31, 0x2E,
        };

        /// <summary>The array that holds the digests.</summary>
        public readonly byte[] Data;

        /// <summary>Number of chunks; 0 where the bytes are no table of that image.</summary>
        public readonly int Count;

        private readonly int _offset;

        /// <summary>Lays a reader over a table, and checks its form and lengths.</summary>
        /// <param name="data">Holds the table: the manifest's bytes.</param>
        /// <param name="offset">Its first byte.</param>
        /// <param name="count">Its length in bytes, within <paramref name="data"/>.</param>
        /// <param name="imageBytes">What the lengths must add up to.</param>
        public ChunkTable(byte[] data, int offset, int count, long imageBytes)
        {
            Data = data;
            _offset = offset;
            int entries = (count - 1) / EntryBytes;
            if (entries < 1 || entries > CountMax || 1 + (entries * EntryBytes) != count || data[offset] != Format)
            {
                return;
            }

            // At most 1024 times 4096: the sum cannot wrap.
            int total = 0;
            for (int i = 0; i < entries; i++)
            {
                int length = LengthOf(i);
                if (length < 1 || length > ChunkBytesMax)
                {
                    return;
                }

                total += length;
            }

            if (total == imageBytes)
            {
                Count = entries;
            }
        }

        /// <summary>Length of a chunk in bytes.</summary>
        /// <param name="index">The chunk, 0 to <see cref="Count"/> - 1.</param>
        /// <returns>1 to <see cref="ChunkBytesMax"/>.</returns>
        public int LengthOf(int index)
        {
            int entry = _offset + 1 + (index * EntryBytes);
            return (Data[entry] << 8) | Data[entry + 1];
        }

        /// <summary>Where in <see cref="Data"/> the 32 bytes of a chunk's digest begin.</summary>
        /// <param name="index">The chunk.</param>
        /// <returns>The index in <see cref="Data"/>.</returns>
        public int DigestOffsetOf(int index)
        {
            return _offset + 3 + (index * EntryBytes);
        }
    }
}
