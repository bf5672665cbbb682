// A secret under a passphrase: PBKDF2-HMAC-SHA-256 and AES-256-GCM, the numbers beside it in the file.

using System;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace NanoBoot.Author
{
    internal static class SecretBox
    {
        private const int Rounds = 600_000;
        private const int MaximumRounds = 10_000_000;
        private const int KeyBytes = 32;
        private const int SaltBytes = 16;
        private const int NonceBytes = 12;
        private const int TagBytes = 16;

        public static JsonObject Seal(byte[] secret, string passphrase)
        {
            byte[] salt = RandomNumberGenerator.GetBytes(SaltBytes);
            byte[] nonce = RandomNumberGenerator.GetBytes(NonceBytes);
            byte[] cipher = new byte[secret.Length + TagBytes];
            using var gcm = new AesGcm(DeriveKey(passphrase, salt, Rounds), TagBytes);
            gcm.Encrypt(nonce, secret, cipher.AsSpan(0, secret.Length), cipher.AsSpan(secret.Length));
            return new JsonObject
            {
                ["method"] = "PBKDF2-HMAC-SHA256, AES-256-GCM",
                ["rounds"] = Rounds,
                ["salt"] = Convert.ToHexStringLower(salt),
                ["nonce"] = Convert.ToHexStringLower(nonce),
                ["data"] = Convert.ToHexStringLower(cipher),
            };
        }

        /// <summary>Opens a secret, or returns null when the passphrase is wrong or the box was changed.</summary>
        public static byte[]? Open(JsonObject box, string passphrase)
        {
            try
            {
                int rounds = box["rounds"]!.GetValue<int>();
                byte[] cipher = Convert.FromHexString(box["data"]!.ToString());
                if (rounds is < 1 or > MaximumRounds || cipher.Length < TagBytes)
                {
                    return null;
                }

                byte[] secret = new byte[cipher.Length - TagBytes];
                using var gcm = new AesGcm(DeriveKey(passphrase, Convert.FromHexString(box["salt"]!.ToString()), rounds), TagBytes);
                gcm.Decrypt(
                    Convert.FromHexString(box["nonce"]!.ToString()), cipher.AsSpan(0, secret.Length), cipher.AsSpan(secret.Length), secret);
                return secret;
            }
            catch (Exception exception) when (exception is CryptographicException or FormatException or InvalidOperationException
                or NullReferenceException or ArgumentException)
            {
                return null;
            }
        }

        private static byte[] DeriveKey(string passphrase, byte[] salt, int rounds)
        {
            return Rfc2898DeriveBytes.Pbkdf2(passphrase, salt, rounds, HashAlgorithmName.SHA256, KeyBytes);
        }
    }
}
