// The verifier as tools and tests call it, who have no use for a witness.

using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Cose
{
    public sealed partial class EcdsaP256
    {
        /// <summary>Verifies a signature over a digest.</summary>
        /// <param name="publicKey">The key.</param>
        /// <param name="fixedTable">The table of this very key, or null.</param>
        /// <param name="digest">SHA-256 of the message, 32 bytes.</param>
        /// <param name="signature">Where the signature is.</param>
        /// <param name="offset">Its first byte.</param>
        /// <param name="count">Its length in bytes.</param>
        /// <returns>As the other overload.</returns>
        public static ResultCode Verify(byte[] publicKey, uint[] fixedTable, byte[] digest, byte[] signature, int offset, int count)
        {
            return Verify(publicKey, fixedTable, digest, signature, offset, count, out _);
        }
    }
}
