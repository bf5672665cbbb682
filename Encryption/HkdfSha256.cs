// HKDF with SHA-256 (RFC 5869): how a shared secret becomes a key.

using System;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;

namespace NanoBoot.Encryption
{
    /// <summary>Derives keys. Safe for use by several threads.</summary>
    public static class HkdfSha256
    {
        /// <summary>Longest output in bytes.</summary>
        public const int MaximumBytes = 255 * HmacSha256.MacBytes;

        /// <summary>Derives a key.</summary>
        /// <param name="secret">The input key.</param>
        /// <param name="salt">The salt; null or empty for none.</param>
        /// <param name="info">What the key is for.</param>
        /// <param name="output">Receives the key: 1 to <see cref="MaximumBytes"/> bytes.</param>
        /// <returns><see cref="ResultCode.Ok"/> or <see cref="ResultCode.InvalidArgument"/>.</returns>
        public static ResultCode Derive(byte[] secret, byte[] salt, byte[] info, byte[] output)
        {
            if (output.Length == 0 || output.Length > MaximumBytes)
            {
                return ResultCode.InvalidArgument;
            }

            if (salt == null || salt.Length == 0)
            {
                salt = new byte[HmacSha256.MacBytes];
            }

            byte[] key = HmacSha256.Compute(salt, secret, 0, secret.Length);

            // Each part is the MAC of the one before it, the purpose, and its own number.
            byte[] input = new byte[HmacSha256.MacBytes + info.Length + 1];
            Array.Copy(info, 0, input, HmacSha256.MacBytes, info.Length);
            int start = HmacSha256.MacBytes;
            for (int done = 0; done < output.Length; done += HmacSha256.MacBytes)
            {
                input[input.Length - 1]++;
                byte[] part = HmacSha256.Compute(key, input, start, input.Length - start);
                Array.Copy(part, 0, input, 0, HmacSha256.MacBytes);
                start = 0;
                int left = output.Length - done;
                Array.Copy(part, 0, output, done, left < HmacSha256.MacBytes ? left : HmacSha256.MacBytes);
            }

            return ResultCode.Ok;
        }
    }
}
