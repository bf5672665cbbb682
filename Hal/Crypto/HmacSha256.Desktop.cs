// HMAC-SHA256 (RFC 2104) on net10.0, by the runtime's own implementation.

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
            return HMACSHA256.HashData(key, new ReadOnlySpan<byte>(data, offset, count));
        }
    }
}
