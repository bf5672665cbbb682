// A trusted key; a device has an array of them. Built from constants of the board project (roots), or read from the trust
// region after its own verification.

namespace NanoBoot.Bootloader.Cose
{
    /// <summary>A key that this device trusts, bound to one algorithm and to what it may decide.</summary>
    public sealed class Authority
    {
        /// <summary>How many a device may have. Those beyond are never tried.</summary>
        public const int CountMax = 16;

        /// <summary>The key id (COSE header parameter 4), or null: then it is tried for blocks without a key id only.</summary>
        public readonly byte[] KeyId;

        /// <summary>The algorithm that the key is bound to (A64).
        /// A key for ES256 is good for ESP256 too, and the reverse: they are one operation.</summary>
        public readonly CoseAlgorithm Algorithm;

        /// <summary>The public key: x||y (64 bytes) for P-256, the HSS public key (RFC 8554 §6.1), or the 32 bytes of an HMAC key.</summary>
        public readonly byte[] PublicKey;

        /// <summary>What its signature grants.</summary>
        public readonly Permissions Permissions;

        /// <summary>The first segment of the component ids that it may decide about; null for all.</summary>
        public readonly byte[] ComponentPrefix;

        /// <summary>Precomputed multiples of a P-256 key, or null.</summary>
        public readonly uint[] Table;

        /// <summary>Creates an authority. The arrays are kept, not copied, and must not change.</summary>
        /// <param name="keyId">The key id, or null.</param>
        /// <param name="algorithm">The algorithm that the key is bound to.</param>
        /// <param name="publicKey">The public key in the form that the algorithm asks for.</param>
        /// <param name="permissions">What its signature grants.</param>
        /// <param name="componentPrefix">First segment of the component ids it is good for; null for all.</param>
        /// <param name="table">Precomputed multiples of a P-256 key, or null.</param>
        public Authority(
            byte[] keyId, CoseAlgorithm algorithm, byte[] publicKey, Permissions permissions, byte[] componentPrefix, uint[] table)
        {
            KeyId = keyId;
            Algorithm = algorithm;
            PublicKey = publicKey;
            Permissions = permissions;
            ComponentPrefix = componentPrefix;
            Table = table;
        }
    }
}
