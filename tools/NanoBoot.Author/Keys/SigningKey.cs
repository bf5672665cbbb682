// A key that signs manifests. What COSE needs to know about it, and one operation.

using System;
using System.Security.Cryptography;

namespace NanoBoot.Author
{
    /// <summary>COSE algorithms that authenticate a manifest.</summary>
    public enum SigningAlgorithm
    {
        /// <summary>ECDSA with SHA-256 (the curve is P-256 here).</summary>
        Es256 = -7,

        /// <summary>ECDSA on P-256 with SHA-256, fully specified (RFC 9864).</summary>
        Esp256 = -9,

        /// <summary>HSS/LMS (RFC 8554, RFC 8778).</summary>
        HssLms = -46,

        /// <summary>HMAC with SHA-256, full length: a COSE_Mac0.</summary>
        Hmac256 = 5,
    }

    /// <summary>A key that signs (or MACs).</summary>
    public abstract class SigningKey : IDisposable
    {
        /// <summary>Bytes of a key id.</summary>
        public const int KeyIdBytes = 8;

        /// <summary>The COSE algorithm.</summary>
        public abstract SigningAlgorithm Algorithm { get; }

        /// <summary>The public key as devices hold it: x||y of P-256, the HSS public key; empty for a MAC key.</summary>
        public abstract byte[] PublicKey { get; }

        /// <summary>The key id: the first 8 bytes of the SHA-256 of the public key, if none was given.</summary>
        public byte[] KeyId { get; protected init; } = [];

        /// <summary>Signs.</summary>
        /// <param name="message">The whole message (the Sig_structure or MAC_structure).</param>
        /// <returns>The signature as COSE carries it.</returns>
        public abstract byte[] Sign(ReadOnlySpan<byte> message);

        /// <inheritdoc/>
        public void Dispose()
        {
            Dispose(disposing: true);
            GC.SuppressFinalize(this);
        }

        /// <summary>The key id of a public key: the first 8 bytes of its SHA-256.</summary>
        /// <param name="publicKey">The public key as devices hold it.</param>
        public static byte[] DefaultKeyId(ReadOnlySpan<byte> publicKey) => SHA256.HashData(publicKey)[..KeyIdBytes];

        /// <summary>Lets go of what the key holds.</summary>
        /// <param name="disposing">True when called by <see cref="Dispose()"/>.</param>
        protected virtual void Dispose(bool disposing)
        {
        }
    }
}
