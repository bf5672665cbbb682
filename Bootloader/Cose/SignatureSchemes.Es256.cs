// The public-key schemes of this build: ES256 (ESP256) alone. A key for HSS/LMS is refused.

using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;

namespace NanoBoot.Bootloader.Cose
{
    internal sealed partial class CoseVerifier
    {
        // The key is bound to the algorithm that the object names, and the message of the given length is made; Witness is 0.
        private ResultCode VerifySignature(Authority authority, int length)
        {
            if (!IsEcdsa(authority.Algorithm))
            {
                return ResultCode.CoseAlgorithmUnsupported;
            }

            byte[] digest = new byte[Sha256.DigestBytes];
            Sha256 sha256 = new Sha256();
            sha256.Update(_message, 0, length);
            sha256.Finish(digest, 0);
            return EcdsaP256.Verify(
                authority.PublicKey, authority.Table, digest, _buffer, _signatureOffset, _signatureCount, out Witness);
        }
    }
}
