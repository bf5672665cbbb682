// The public-key schemes of this build: ES256 (ESP256) alone. A key for HSS/LMS is refused.

using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;

namespace NanoBoot.Bootloader.Cose
{
    internal sealed partial class CoseVerifier
    {
        // Whether a key that is bound to one algorithm is good for an object that names the other: ES256 and ESP256 are one
        // operation on P-256, -7 and -9.
        private static bool IsSame(CoseAlgorithm bound, CoseAlgorithm named)
        {
            return bound == named || (IsEcdsa(bound) && IsEcdsa(named));
        }

        private static bool IsEcdsa(CoseAlgorithm algorithm)
        {
            return algorithm == CoseAlgorithm.Es256 || algorithm == CoseAlgorithm.Esp256;
        }

        // The key is bound to the algorithm that the object names, and the message is made; Witness is 0.
        private ResultCode VerifySignature(Authority authority, byte[] message, int length)
        {
            if (!IsEcdsa(authority.Algorithm))
            {
                return ResultCode.CoseAlgorithmUnsupported;
            }

            byte[] digest = new byte[Sha256.DigestBytes];
            Sha256 sha256 = new Sha256();
            sha256.Update(message, 0, length);
            sha256.Finish(digest, 0);
            return EcdsaP256.Verify(
                authority.PublicKey, authority.Table, digest, _buffer, _signatureOffset, _signatureCount, out Witness);
        }
    }
}
