// The public-key schemes of this build: HSS/LMS alone. A key for ES256 is refused.

using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Cose
{
    internal sealed partial class CoseVerifier
    {
        // The key is bound to the algorithm that the object names, and the message of the given length is made; Witness is 0.
        private ResultCode VerifySignature(Authority authority, int length)
        {
            return authority.Algorithm == CoseAlgorithm.HssLms
                ? HssLms.Verify(
                    authority.PublicKey, _message, 0, length, _buffer, _signatureOffset, _signatureCount, out Witness)
                : ResultCode.CoseAlgorithmUnsupported;
        }
    }
}
