// CRC-32 (ISO-HDLC: polynomial 0x04C11DB7 reflected, as in Ethernet, zip and PNG), a byte at a step.
// It finds torn and rotten records; it protects against nobody.

using System;

namespace NanoBoot.Hal.Crypto
{
    /// <summary>The CRC-32 of records on flash.</summary>
    public static class Crc32
    {
        private const uint Polynomial = 0xEDB88320;

        // Computed at start: as data it would cost the image more than all of this class.
        private static readonly uint[] Table = MakeTable();

        /// <summary>Computes the CRC of a range of bytes.</summary>
        /// <param name="data">Where they are.</param>
        /// <param name="offset">First byte.</param>
        /// <param name="count">Number of bytes.</param>
        /// <param name="previous">The CRC of what goes before these bytes; 0 for nothing.</param>
        /// <returns>The CRC.</returns>
        public static uint Compute(byte[] data, int offset, int count, uint previous = 0)
        {
            uint[] table = Table;
            uint crc = ~previous;
            int end = offset + count;
            int i = offset;
            for (; i < end - 3; i += 4)
            {
                crc ^= BitConverter.ToUInt32(data, i);
                crc = (crc >> 8) ^ table[crc & 255];
                crc = (crc >> 8) ^ table[crc & 255];
                crc = (crc >> 8) ^ table[crc & 255];
                crc = (crc >> 8) ^ table[crc & 255];
            }

            for (; i < end; i++)
            {
                crc = (crc >> 8) ^ table[(crc ^ data[i]) & 255];
            }

            return ~crc;
        }

        private static uint[] MakeTable()
        {
            // The CRC is linear: an entry is that of its upper bit, and that of the rest.
            uint[] table = new uint[256];
            uint crc = 1;
            for (int bit = 128; bit > 0; bit >>= 1)
            {
                crc = (crc >> 1) ^ ((crc & 1) * Polynomial);
                for (int i = 0; i < 256; i += bit << 1)
                {
                    table[i + bit] = crc ^ table[i];
                }
            }

            return table;
        }
    }
}
