// The verifier as tools and tests call it, who have no use for a witness.

using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Cose
{
    public sealed partial class HssLms
    {
        /// <summary>Verifies a signature over a message.</summary>
        /// <param name="publicKey">The HSS public key.</param>
        /// <param name="message">Where the message is.</param>
        /// <param name="messageOffset">Its first byte.</param>
        /// <param name="messageCount">Its length in bytes.</param>
        /// <param name="signature">Where the signature is.</param>
        /// <param name="offset">Its first byte.</param>
        /// <param name="count">Its length in bytes.</param>
        /// <returns>As the other overload.</returns>
        public static ResultCode Verify(
            byte[] publicKey, byte[] message, int messageOffset, int messageCount, byte[] signature, int offset, int count)
        {
            return Verify(publicKey, message, messageOffset, messageCount, signature, offset, count, out _);
        }
    }
}
