// CRC-32 and HMAC-SHA256 for simulations: the values of Hal's own, sooner. A boot computes the CRC of some thirty records.

using System;
using System.Security.Cryptography;

namespace NanoBoot.Hal.Crypto
{
    /// <summary>CRC-32, four bytes at a step.</summary>
    public static class Crc32
    {
        private const uint Polynomial = 0xEDB88320;
        private static readonly uint[] Table = MakeTable();

        /// <summary>As Hal's.</summary>
        public static uint Compute(byte[] data, int offset, int count, uint previous = 0)
        {
            uint[] table = Table;
            uint crc = ~previous;
            ReadOnlySpan<byte> bytes = data.AsSpan(offset, count);
            while (bytes.Length >= 8)
            {
                uint low = crc ^ BitConverter.ToUInt32(bytes);
                uint high = BitConverter.ToUInt32(bytes.Slice(4));
                crc = table[(7 * 256) + (byte)low] ^ table[(6 * 256) + (byte)(low >> 8)] ^ table[(5 * 256) + (byte)(low >> 16)]
                    ^ table[(4 * 256) + (int)(low >> 24)] ^ table[(3 * 256) + (byte)high] ^ table[(2 * 256) + (byte)(high >> 8)]
                    ^ table[256 + (byte)(high >> 16)] ^ table[(int)(high >> 24)];
                bytes = bytes.Slice(8);
            }

            foreach (byte value in bytes)
            {
                crc = (crc >> 8) ^ table[(byte)(crc ^ value)];
            }

            return ~crc;
        }

        private static uint[] MakeTable()
        {
            uint[] table = new uint[8 * 256];
            for (uint i = 0; i < 256; i++)
            {
                uint crc = i;
                for (int bit = 0; bit < 8; bit++)
                {
                    crc = (crc >> 1) ^ ((crc & 1) * Polynomial);
                }

                table[i] = crc;
            }

            for (int i = 256; i < table.Length; i++)
            {
                table[i] = (table[i - 256] >> 8) ^ table[(byte)table[i - 256]];
            }

            return table;
        }
    }

    /// <summary>HMAC-SHA256 by the runtime's implementation, which keeps the key that it had last.</summary>
    public static class HmacSha256
    {
        /// <summary>Length of a MAC in bytes.</summary>
        public const int MacBytes = 32;

        [ThreadStatic]
        private static IncrementalHash _hash;

        [ThreadStatic]
        private static byte[] _key;

        /// <summary>As Hal's.</summary>
        public static void Compute(byte[] key, byte[] data, int offset, int count, byte[] mac, int macOffset)
        {
            if (_key == null || !_key.AsSpan().SequenceEqual(key))
            {
                _hash?.Dispose();
                _hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
                _key = (byte[])key.Clone();
            }

            _hash.AppendData(data, offset, count);
            _hash.GetHashAndReset(mac.AsSpan(macOffset, MacBytes));
        }
    }
}
