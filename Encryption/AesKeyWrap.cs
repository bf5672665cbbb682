// AES key wrap (RFC 3394), unwrapping only: how a content key reaches a device that has a key of its own.

using System;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;

namespace NanoBoot.Encryption
{
    /// <summary>Unwraps keys. Safe for use by several threads.</summary>
    public static class AesKeyWrap
    {
        /// <summary>What a wrapped key is longer by, in bytes.</summary>
        public const int OverheadBytes = 8;

        /// <summary>Longest key that is unwrapped, in bytes.</summary>
        public const int MaximumKeyBytes = 512;

        private const int MinimumKeyBytes = 16;
        private const int Passes = 6;
        private const byte InitialByte = 0xA6;

        /// <summary>Unwraps a key.</summary>
        /// <param name="cipher">The key that it was wrapped with.</param>
        /// <param name="wrapped">Where the wrapped key is.</param>
        /// <param name="offset">Its first byte.</param>
        /// <param name="count">Its length in bytes: that of <paramref name="key"/> and <see cref="OverheadBytes"/>.</param>
        /// <param name="key">Receives the key; zeros after a failure. A multiple of 8 bytes, at least 16.</param>
        /// <returns><see cref="ResultCode.Ok"/> or <see cref="ResultCode.DecryptionFailed"/>.</returns>
        public static ResultCode Unwrap(AesCipher cipher, byte[] wrapped, int offset, int count, byte[] key)
        {
            if (count != key.Length + OverheadBytes || (count & 7) != 0
                || key.Length < MinimumKeyBytes || key.Length > MaximumKeyBytes)
            {
                return ResultCode.DecryptionFailed;
            }

            byte[] block = new byte[AesCipher.BlockBytes];
            Array.Copy(wrapped, offset, block, 0, OverheadBytes);
            Array.Copy(wrapped, offset + OverheadBytes, key, 0, key.Length);
            int step = Passes * key.Length / 8;
            while (step > 0)
            {
                for (int place = key.Length - 8; place >= 0; place -= 8)
                {
                    block[7] ^= (byte)step;
                    block[6] ^= (byte)(step >> 8);
                    Array.Copy(key, place, block, 8, 8);
                    cipher.DecryptBlock(block);
                    Array.Copy(block, 8, key, place, 8);
                    step--;
                }
            }

            byte[] expected = new byte[OverheadBytes];
            for (int i = 0; i < OverheadBytes; i++)
            {
                expected[i] = InitialByte;
            }

            if (!ConstantTime.AreEqual(block, 0, expected, 0, OverheadBytes))
            {
                Array.Clear(key, 0, key.Length);
                return ResultCode.DecryptionFailed;
            }

            return ResultCode.Ok;
        }
    }
}
