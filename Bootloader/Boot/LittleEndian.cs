// Numbers on flash are little-endian. One reader and one writer for all widths: they are called rarely.

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
            for (int i = 0; i < count; i++)
            {
                data[offset + i] = (byte)value;
                value >>= 8;
            }
        }

        /// <summary>Reads a number.</summary>
        /// <param name="data">Where from.</param>
        /// <param name="offset">First byte.</param>
        /// <param name="count">Number of bytes, 1 to 8. Numbers of fewer than 8 bytes are never negative.</param>
        /// <returns>The number.</returns>
        public static long Read(byte[] data, int offset, int count)
        {
            long value = 0;
            for (int i = count - 1; i >= 0; i--)
            {
                value = (value << 8) | data[offset + i];
            }

            return value;
        }
    }
}
