// Numbers on flash are little-endian, as the platform's own are: BitConverter reads them, and writes them here.

using System;

namespace NanoBoot.Bootloader.Boot
{
    /// <summary>Little-endian numbers of 1 to 8 bytes.</summary>
    public static class LittleEndian
    {
        /// <summary>Writes a number.</summary>
        /// <param name="data">Where to.</param>
        /// <param name="offset">First byte.</param>
        /// <param name="value">The number; what does not fit is cut off.</param>
        /// <param name="count">Number of bytes, 1 to 8.</param>
        public static void Write(byte[] data, int offset, long value, int count)
        {
            Array.Copy(BitConverter.GetBytes(value), 0, data, offset, count);
        }
    }
}
