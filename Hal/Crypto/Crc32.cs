// CRC-32 (ISO-HDLC: polynomial 0x04C11DB7 reflected, as in Ethernet, zip and PNG), four bits at a step.
// It finds torn and rotten records; it protects against nobody.

namespace NanoBoot.Hal.Crypto
{
    /// <summary>The CRC-32 of records on flash.</summary>
    public static class Crc32
    {
        private const uint Polynomial = 0xEDB88320;

        // Computed at start: sixteen words as data would cost the image three times as much.
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
            for (int i = offset; i < end; i++)
            {
                crc ^= data[i];
                crc = (crc >> 4) ^ table[crc & 15];
                crc = (crc >> 4) ^ table[crc & 15];
            }

            return ~crc;
        }

        private static uint[] MakeTable()
        {
            uint[] table = new uint[16];
            for (uint i = 0; i < 16; i++)
            {
                uint crc = i;
                for (int bit = 0; bit < 4; bit++)
                {
                    crc = (crc >> 1) ^ ((crc & 1) * Polynomial);
                }

                table[i] = crc;
            }

            return table;
        }
    }
}
