// AES of a firmware that has nanoFramework.System.Security.Cryptography. A board without it takes AesEngine.Managed.cs.
// The native code knows the 128-bit cipher only: it refuses longer keys, which the managed one then serves.

using System;
using System.Security.Cryptography;

namespace NanoBoot.Encryption
{
    /// <summary>AES of the platform.</summary>
    internal static class AesEngine
    {
        private const int NativeKeyBytes = 16;

        /// <summary>Encrypts a whole array in place; false where the platform cannot.</summary>
        public static bool TryEncrypt(byte[] key, byte[] blocks)
        {
            if (key.Length != NativeKeyBytes)
            {
                return false;
            }

            Aes aes = new Aes(CipherMode.ECB);
            aes.Key = key;
            Array.Copy(aes.Encrypt(blocks), 0, blocks, 0, blocks.Length);
            return true;
        }
    }
}
