// HMAC-SHA256 (RFC 2104) on a board whose firmware has nanoFramework.System.Security.Cryptography.
// A board without it takes HmacSha256.Managed.cs instead of this file.
// The native call takes whole arrays only: a part of an array is copied first.

using System;
using System.Security.Cryptography;

namespace NanoBoot.Hal.Crypto
{
    /// <summary>HMAC-SHA256 of a range of bytes. Safe for use by several threads.</summary>
    public static class HmacSha256
    {
        /// <summary>Length of a MAC in bytes.</summary>
        public const int MacBytes = 32;

        /// <summary>Computes a MAC.</summary>
        /// <param name="key">The key, of any length from 1.</param>
        /// <param name="data">Where the message is.</param>
        /// <param name="offset">Its first byte.</param>
        /// <param name="count">Its length in bytes, from 0.</param>
        /// <returns>The MAC, <see cref="MacBytes"/> bytes.</returns>
        public static byte[] Compute(byte[] key, byte[] data, int offset, int count)
        {
            if (offset != 0 || count != data.Length)
            {
                byte[] part = new byte[count];
                Array.Copy(data, offset, part, 0, count);
                data = part;
            }

            return HMACSHA256.HashData(key, data);
        }
    }
}
