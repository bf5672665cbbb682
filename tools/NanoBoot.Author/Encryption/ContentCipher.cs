// The content encryption of COSE_Encrypt: AES-CTR (RFC 9459) and AES-GCM (RFC 9053), key lengths 128, 192, 256.

using System;
using System.Security.Cryptography;

namespace NanoBoot.Author
{
    /// <summary>COSE numbers of content encryption algorithms.</summary>
    public enum ContentAlgorithm
    {
        /// <summary>AES-GCM, 128-bit key.</summary>
        A128Gcm = 1,

        /// <summary>AES-GCM, 192-bit key.</summary>
        A192Gcm = 2,

        /// <summary>AES-GCM, 256-bit key.</summary>
        A256Gcm = 3,

        /// <summary>AES-CTR, 128-bit key: can be resumed anywhere, and proves nothing.</summary>
        A128Ctr = -65534,

        /// <summary>AES-CTR, 192-bit key.</summary>
        A192Ctr = -65533,

        /// <summary>AES-CTR, 256-bit key.</summary>
        A256Ctr = -65532,
    }

    internal static class ContentCipher
    {
        public const int GcmTagBytes = 16;

        public static bool IsCounterMode(ContentAlgorithm algorithm)
        {
            return algorithm is ContentAlgorithm.A128Ctr or ContentAlgorithm.A192Ctr or ContentAlgorithm.A256Ctr;
        }

        public static int KeyBytes(ContentAlgorithm algorithm) => algorithm switch
        {
            ContentAlgorithm.A128Gcm or ContentAlgorithm.A128Ctr => 16,
            ContentAlgorithm.A192Gcm or ContentAlgorithm.A192Ctr => 24,
            ContentAlgorithm.A256Gcm or ContentAlgorithm.A256Ctr => 32,
            _ => throw new CryptographicException($"The content algorithm {(int)algorithm} is not known."),
        };

        public static int IvBytes(ContentAlgorithm algorithm) => IsCounterMode(algorithm) ? 16 : 12;

        /// <summary>Encrypts; the tag of GCM is appended.</summary>
        public static byte[] Encrypt(ContentAlgorithm algorithm, byte[] key, byte[] iv, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> associated)
        {
            if (IsCounterMode(algorithm))
            {
                return ApplyCounter(key, iv, plain);
            }

            byte[] cipher = new byte[plain.Length + GcmTagBytes];
            using var gcm = new AesGcm(key, GcmTagBytes);
            gcm.Encrypt(iv, plain, cipher.AsSpan(0, plain.Length), cipher.AsSpan(plain.Length), associated);
            return cipher;
        }

        /// <summary>Decrypts; for GCM the tag is checked.</summary>
        public static byte[] Decrypt(ContentAlgorithm algorithm, byte[] key, byte[] iv, ReadOnlySpan<byte> cipher, ReadOnlySpan<byte> associated)
        {
            if (IsCounterMode(algorithm))
            {
                return ApplyCounter(key, iv, cipher);
            }

            if (cipher.Length < GcmTagBytes)
            {
                throw new CryptographicException("The encrypted payload is shorter than its tag.");
            }

            byte[] plain = new byte[cipher.Length - GcmTagBytes];
            using var gcm = new AesGcm(key, GcmTagBytes);
            gcm.Decrypt(iv, cipher[..plain.Length], cipher[plain.Length..], plain, associated);
            return plain;
        }

        /// <summary>The 16-byte IV is the first counter block; it counts up as one big-endian number.</summary>
        private static byte[] ApplyCounter(byte[] key, byte[] iv, ReadOnlySpan<byte> input)
        {
            using Aes aes = Aes.Create();
            aes.Key = key;
            byte[] output = input.ToArray();
            byte[] counter = (byte[])iv.Clone();
            Span<byte> stream = stackalloc byte[16];
            for (int offset = 0; offset < output.Length; offset += stream.Length)
            {
                aes.EncryptEcb(counter, stream, PaddingMode.None);
                for (int index = 0; index < stream.Length && offset + index < output.Length; index++)
                {
                    output[offset + index] ^= stream[index];
                }

                for (int index = counter.Length - 1; index >= 0 && ++counter[index] == 0; index--)
                {
                }
            }

            return output;
        }
    }
}
