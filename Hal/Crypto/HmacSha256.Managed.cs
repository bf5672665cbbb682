// HMAC-SHA256 (RFC 2104) over the managed SHA-256, for boards whose firmware has no native one.
// A board project takes this file instead of HmacSha256.Nano.cs.

using System;

namespace NanoBoot.Hal.Crypto
{
    /// <summary>HMAC-SHA256 of a range of bytes. Safe for use by several threads.</summary>
    public static class HmacSha256
    {
        /// <summary>Length of a MAC in bytes.</summary>
        public const int MacBytes = 32;

        private const byte InnerPad = 0x36;
        private const byte OuterPad = 0x5C;

        /// <summary>Computes a MAC.</summary>
        /// <param name="key">The key, of any length from 1.</param>
        /// <param name="data">Where the message is.</param>
        /// <param name="offset">Its first byte.</param>
        /// <param name="count">Its length in bytes, from 0.</param>
        /// <returns>The MAC, <see cref="MacBytes"/> bytes.</returns>
        public static byte[] Compute(byte[] key, byte[] data, int offset, int count)
        {
            Sha256 hash = new Sha256();
            byte[] mac = new byte[MacBytes];
            byte[] pad = new byte[Sha256.BlockBytes];
            if (key.Length > Sha256.BlockBytes)
            {
                hash.Update(key, 0, key.Length);
                hash.Finish(pad, 0);
            }
            else
            {
                Array.Copy(key, 0, pad, 0, key.Length);
            }

            for (int i = 0; i < Sha256.BlockBytes; i++)
            {
                pad[i] ^= InnerPad;
            }

            hash.Update(pad, 0, Sha256.BlockBytes);
            hash.Update(data, offset, count);
            hash.Finish(mac, 0);

            for (int i = 0; i < Sha256.BlockBytes; i++)
            {
                pad[i] ^= InnerPad ^ OuterPad;
            }

            hash.Update(pad, 0, Sha256.BlockBytes);
            hash.Update(mac, 0, MacBytes);
            hash.Finish(mac, 0);
            return mac;
        }
    }
}
