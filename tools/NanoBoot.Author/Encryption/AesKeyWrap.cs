// AES key wrap (RFC 3394). .NET has the padded variant (RFC 5649) only, which COSE does not use.

using System;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace NanoBoot.Author
{
    /// <summary>Wraps and unwraps keys with AES (RFC 3394).</summary>
    public static class AesKeyWrap
    {
        private const int BlockBytes = 8;
        private const int Rounds = 6;
        private const byte InitialValue = 0xA6;

        /// <summary>Wraps a key.</summary>
        /// <param name="keyEncryptionKey">16, 24 or 32 bytes.</param>
        /// <param name="key">The key to wrap: 16 bytes or more, a multiple of 8.</param>
        /// <returns>The wrapped key, 8 bytes longer.</returns>
        public static byte[] Wrap(byte[] keyEncryptionKey, ReadOnlySpan<byte> key)
        {
            RequireLength(key.Length, nameof(key));
            using Aes aes = Aes.Create();
            aes.Key = keyEncryptionKey;
            int blocks = key.Length / BlockBytes;
            byte[] wrapped = new byte[key.Length + BlockBytes];
            key.CopyTo(wrapped.AsSpan(BlockBytes));
            Span<byte> buffer = stackalloc byte[16];
            buffer[..BlockBytes].Fill(InitialValue);
            for (int step = 1; step <= Rounds * blocks; step++)
            {
                Span<byte> block = wrapped.AsSpan((((step - 1) % blocks) + 1) * BlockBytes, BlockBytes);
                block.CopyTo(buffer[BlockBytes..]);
                aes.EncryptEcb(buffer, buffer, PaddingMode.None);
                buffer[BlockBytes..].CopyTo(block);
                AddStep(buffer, step);
            }

            buffer[..BlockBytes].CopyTo(wrapped);
            return wrapped;
        }

        /// <summary>Unwraps a key.</summary>
        /// <param name="keyEncryptionKey">16, 24 or 32 bytes.</param>
        /// <param name="wrapped">The wrapped key.</param>
        /// <exception cref="CryptographicException">It was not wrapped with this key, or was changed.</exception>
        public static byte[] Unwrap(byte[] keyEncryptionKey, ReadOnlySpan<byte> wrapped)
        {
            RequireLength(wrapped.Length - BlockBytes, nameof(wrapped));
            using Aes aes = Aes.Create();
            aes.Key = keyEncryptionKey;
            int blocks = (wrapped.Length / BlockBytes) - 1;
            byte[] key = wrapped[BlockBytes..].ToArray();
            Span<byte> buffer = stackalloc byte[16];
            wrapped[..BlockBytes].CopyTo(buffer);
            for (int step = Rounds * blocks; step >= 1; step--)
            {
                Span<byte> block = key.AsSpan((step - 1) % blocks * BlockBytes, BlockBytes);
                AddStep(buffer, step);
                block.CopyTo(buffer[BlockBytes..]);
                aes.DecryptEcb(buffer, buffer, PaddingMode.None);
                buffer[BlockBytes..].CopyTo(block);
            }

            Span<byte> expected = stackalloc byte[BlockBytes];
            expected.Fill(InitialValue);
            if (!CryptographicOperations.FixedTimeEquals(expected, buffer[..BlockBytes]))
            {
                throw new CryptographicException("The key was not wrapped with this key, or was changed.");
            }

            return key;
        }

        private static void AddStep(Span<byte> buffer, int step)
        {
            BinaryPrimitives.WriteUInt64BigEndian(buffer, BinaryPrimitives.ReadUInt64BigEndian(buffer) ^ (ulong)step);
        }

        private static void RequireLength(int lengthBytes, string name)
        {
            if (lengthBytes < 16 || lengthBytes % BlockBytes != 0)
            {
                throw new ArgumentException("A key to wrap has 16 bytes or more, a multiple of 8.", name);
            }
        }
    }
}
