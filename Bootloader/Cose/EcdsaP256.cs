// ECDSA over P-256 with SHA-256 (FIPS 186-5), verification only, by the runtime's own implementation.

using System;
using System.Security.Cryptography;
using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Cose
{
    /// <summary>Verifies ES256 signatures. Safe for use by several threads.</summary>
    public static class EcdsaP256
    {
        /// <summary>Length of a public key in bytes: x, then y, both big-endian.</summary>
        public const int PublicKeyBytes = 64;

        /// <summary>Length of a signature in bytes: r, then s, both big-endian.</summary>
        public const int SignatureBytes = 64;

        /// <summary>Verifies a signature over a digest.</summary>
        /// <param name="publicKey">The key, <see cref="PublicKeyBytes"/> bytes.</param>
        /// <param name="fixedTable">The key's precomputed table, or null.</param>
        /// <param name="digest">SHA-256 of the message.</param>
        /// <param name="signature">Where the signature is.</param>
        /// <param name="offset">Its first byte.</param>
        /// <param name="count">Its length in bytes.</param>
        /// <returns>
        /// <see cref="ResultCode.Ok"/>, <see cref="ResultCode.KeyInvalid"/>, <see cref="ResultCode.SignatureMalformed"/>
        /// or <see cref="ResultCode.SignatureInvalid"/>.
        /// </returns>
        public static ResultCode Verify(
            byte[] publicKey, uint[] fixedTable, byte[] digest, byte[] signature, int offset, int count)
        {
            if (publicKey.Length != PublicKeyBytes)
            {
                return ResultCode.KeyInvalid;
            }

            if (count != SignatureBytes)
            {
                return ResultCode.SignatureMalformed;
            }

            ECParameters parameters = default;
            parameters.Curve = ECCurve.NamedCurves.nistP256;
            parameters.Q.X = publicKey.AsSpan(0, 32).ToArray();
            parameters.Q.Y = publicKey.AsSpan(32, 32).ToArray();
            try
            {
                using ECDsa ecdsa = ECDsa.Create(parameters);
                return ecdsa.VerifyHash(digest, signature.AsSpan(offset, count)) ? ResultCode.Ok : ResultCode.SignatureInvalid;
            }
            catch (CryptographicException)
            {
                return ResultCode.KeyInvalid;
            }
        }
    }
}
