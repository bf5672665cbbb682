// The public-key schemes of this build: HSS/LMS alone. A key for ES256 is refused.

using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Cose
{
    internal sealed partial class CoseVerifier
    {
        // Whether a key that is bound to one algorithm is good for an object that names the other.
        private static bool IsSame(CoseAlgorithm bound, CoseAlgorithm named)
        {
            return bound == named;
        }

        // The key is bound to the algorithm that the object names, and the message is made; Witness is 0.
        private ResultCode VerifySignature(Authority authority, byte[] message, int length)
        {
            return authority.Algorithm == CoseAlgorithm.HssLms
                ? HssLms.Verify(
                    authority.PublicKey, message, 0, length, _buffer, _signatureOffset, _signatureCount, out Witness)
                : ResultCode.CoseAlgorithmUnsupported;
        }
    }
}
