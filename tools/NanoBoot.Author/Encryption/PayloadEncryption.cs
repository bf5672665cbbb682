// Encrypts payloads for recipients, and makes the COSE_Encrypt (tag 96, ciphertext detached) that goes into the
// manifest as encryption-info.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;

namespace NanoBoot.Author
{
    /// <summary>An encrypted payload.</summary>
    /// <param name="Ciphertext">What is served; the tag of GCM at its end.</param>
    /// <param name="EncryptionInfo">The encoded, tagged COSE_Encrypt for the manifest.</param>
    public sealed record EncryptedPayload(byte[] Ciphertext, byte[] EncryptionInfo);

    /// <summary>Encrypts and decrypts payloads (firmware-encryption-24).</summary>
    public static class PayloadEncryption
    {
        private const int EncryptTag = 96;
        private const int HeaderAlgorithm = 1;
        private const int HeaderIv = 5;

        /// <summary>Encrypts a payload with a fresh content key.</summary>
        /// <param name="payload">The payload.</param>
        /// <param name="algorithm">The content encryption; AES-CTR where devices resume.</param>
        /// <param name="recipients">Who can decrypt; each gets the content key.</param>
        public static EncryptedPayload Encrypt(ReadOnlySpan<byte> payload, ContentAlgorithm algorithm, params PayloadRecipient[] recipients)
        {
            byte[] key = RandomNumberGenerator.GetBytes(ContentCipher.KeyBytes(algorithm));
            byte[] iv = RandomNumberGenerator.GetBytes(ContentCipher.IvBytes(algorithm));
            return Encrypt(payload, algorithm, key, iv, recipients);
        }

        /// <summary>Decrypts a payload, as a device does.</summary>
        /// <param name="ciphertext">The encrypted payload.</param>
        /// <param name="encryptionInfo">The encoded, tagged COSE_Encrypt.</param>
        /// <param name="recipient">Who decrypts.</param>
        /// <exception cref="CryptographicException">It is not for this recipient, or was changed.</exception>
        public static byte[] Decrypt(ReadOnlySpan<byte> ciphertext, byte[] encryptionInfo, PayloadRecipient recipient)
        {
            ArgumentNullException.ThrowIfNull(recipient);
            CborNode cose = CborNode.Parse(encryptionInfo);
            if (cose.Kind != CborKind.Tag || cose.Tag != EncryptTag || cose.Items[0].Items.Count != 4)
            {
                throw new CborException(0, "the encryption info is no COSE_Encrypt (tag 96)");
            }

            IReadOnlyList<CborNode> parts = cose.Items[0].Items;
            byte[] protectedHeader = parts[0].Bytes;
            CborNode? algorithm = protectedHeader.Length == 0 ? parts[1].Find(HeaderAlgorithm) : CborNode.Parse(protectedHeader).Find(HeaderAlgorithm);
            CborNode iv = parts[1].Find(HeaderIv) ?? throw new CborException(parts[1].OffsetBytes, "the encryption info has no IV");
            var content = (ContentAlgorithm)(algorithm?.Integer ?? 0);
            int ivBytes = ContentCipher.IvBytes(content);
            if (iv.Bytes.Length < ivBytes)
            {
                throw new CborException(iv.OffsetBytes, $"the IV has {iv.Bytes.Length} bytes, {ivBytes} are needed");
            }

            foreach (CborNode candidate in parts[3].Items)
            {
                if (recipient.Unwrap(candidate) is byte[] key)
                {
                    return ContentCipher.Decrypt(content, key, iv.Bytes[..ivBytes], ciphertext, AssociatedData(protectedHeader));
                }
            }

            throw new CryptographicException("The payload is not encrypted for this recipient.");
        }

        internal static EncryptedPayload Encrypt(
            ReadOnlySpan<byte> payload, ContentAlgorithm algorithm, byte[] key, byte[] iv, IReadOnlyList<PayloadRecipient> recipients)
        {
            if (recipients.Count == 0)
            {
                throw new ArgumentException("A payload is encrypted for at least one recipient.", nameof(recipients));
            }

            bool isCounter = ContentCipher.IsCounterMode(algorithm);
            CborMap header = new CborMap().Add(HeaderAlgorithm, writer => writer.WriteInt((int)algorithm));

            // RFC 9459: AES-CTR authenticates nothing, so nothing may look protected.
            byte[] protectedHeader = isCounter ? [] : header.Encode();
            CborMap unprotected = isCounter ? header : new CborMap();
            unprotected.Add(HeaderIv, writer => writer.WriteBytes(iv));
            byte[] ciphertext = ContentCipher.Encrypt(algorithm, key, iv, payload, AssociatedData(protectedHeader));

            var cose = new CborWriter();
            cose.WriteTag(EncryptTag).StartArray(4).WriteBytes(protectedHeader).WriteMap(unprotected).WriteNull();
            cose.StartArray(recipients.Count);
            foreach (byte[] wrapped in recipients.Select(recipient => recipient.Wrap(key)))
            {
                cose.WriteEncoded(wrapped);
            }

            return new EncryptedPayload(ciphertext, cose.ToArray());
        }

        private static byte[] AssociatedData(byte[] protectedHeader)
        {
            return CborWriter.Encode(writer => writer.StartArray(3).WriteText("Encrypt").WriteBytes(protectedHeader).WriteBytes([]));
        }
    }
}
