// A symmetric key: COSE_Mac0 with HMAC 256/256. Whoever can check can also forge.

using System;
using System.Security.Cryptography;

namespace NanoBoot.Author
{
    /// <summary>An HMAC-SHA-256 key.</summary>
    public sealed class HmacSigningKey : SigningKey
    {
        private readonly byte[] _secret;

        /// <summary>Takes a key.</summary>
        /// <param name="secret">The secret, 16 bytes or more.</param>
        /// <param name="keyId">The key id, or null for the first 8 bytes of an HMAC of a fixed label.</param>
        public HmacSigningKey(byte[] secret, byte[]? keyId = null)
        {
            ArgumentNullException.ThrowIfNull(secret);
            if (secret.Length < 16)
            {
                throw new ArgumentException("An HMAC key has 16 bytes or more.", nameof(secret));
            }

            _secret = (byte[])secret.Clone();
            KeyId = keyId ?? HMACSHA256.HashData(_secret, "nanoBoot key id"u8)[..KeyIdBytes];
        }

        /// <inheritdoc/>
        public override SigningAlgorithm Algorithm => SigningAlgorithm.Hmac256;

        /// <inheritdoc/>
        public override byte[] PublicKey => [];

        /// <inheritdoc/>
        public override byte[] Sign(ReadOnlySpan<byte> message) => HMACSHA256.HashData(_secret, message);

        /// <inheritdoc/>
        protected override void Dispose(bool disposing)
        {
            CryptographicOperations.ZeroMemory(_secret);
        }
    }
}
