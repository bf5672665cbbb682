// AES on the desktop, and on boards whose firmware has none: always the managed one.

namespace NanoBoot.Encryption
{
    /// <summary>AES of the platform.</summary>
    internal static class AesEngine
    {
        /// <summary>Encrypts a whole array in place; false where the platform cannot.</summary>
        public static bool TryEncrypt(byte[] key, byte[] blocks)
        {
            return false;
        }
    }
}
