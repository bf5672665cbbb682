// CRC-32 (ISO-HDLC: polynomial 0x04C11DB7 reflected, as in Ethernet, zip and PNG), four bits at a step.
// It finds torn and rotten records; it protects against nobody.

namespace NanoBoot.Hal.Crypto
{
    /// <summary>The CRC-32 of records on flash.</summary>
    public static class Crc32
    {
        private static readonly uint[] Table =
        {
            0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
            0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
        };

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
    }
}
