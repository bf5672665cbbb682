// SUIT_Digest with SHA-256: the only digest that every recipient has.

using System;
using System.Security.Cryptography;

namespace NanoBoot.Author
{
    /// <summary>Encodes SUIT_Digest arrays.</summary>
    public static class SuitDigest
    {
        /// <summary>COSE number of SHA-256.</summary>
        public const int Sha256Algorithm = -16;

        /// <summary>Encodes [-16, digest].</summary>
        /// <param name="digest">A SHA-256 digest, 32 bytes.</param>
        public static byte[] Encode(ReadOnlySpan<byte> digest)
        {
            if (digest.Length != SHA256.HashSizeInBytes)
            {
                throw new ArgumentException("A SHA-256 digest has 32 bytes.", nameof(digest));
            }

            var writer = new CborWriter();
            writer.StartArray(2).WriteInt(Sha256Algorithm).WriteBytes(digest);
            return writer.ToArray();
        }

        /// <summary>The digest of an element: over its byte string, head included (manifest-37, section 5.2 and 6.4).</summary>
        /// <param name="content">What is in the byte string.</param>
        public static byte[] OfElement(ReadOnlySpan<byte> content)
        {
            return Encode(SHA256.HashData(CborWriter.EncodeBytes(content)));
        }
    }
}
