// The encryption info of a payload (draft-ietf-suit-firmware-encryption-24): a COSE_Encrypt (RFC 9052 §5.1, tag 96) whose
// ciphertext is elsewhere, and in it the content key, wrapped for whoever may decrypt.
//
// It stands in the signed manifest, and is read when its authenticity is known. Every length is checked all the same.
// Nothing of the payload is asked for before a key of this device has opened it: a key that was lost or is
// another one is found here, while the slot is as it was.

using NanoBoot.Bootloader.Cbor;
using NanoBoot.Encryption;
using NanoBoot.Hal;

namespace NanoBoot.Stage2Encryption
{
    /// <summary>The content key of a payload, opened. One object a payload; one thread.</summary>
    public sealed class ContentKey
    {
        private const int TagEncrypt = 96;
        private const int SimpleNull = 22;
        private const int RecipientsMax = 64;
        private const int ProtectedBytesMax = 23;
        private const int A128Gcm = 1;
        private const int A256Gcm = 3;
        private const int A128Ctr = -65534;
        private const int A256Ctr = -65532;
        private const int WrappingKeyBytes = 16;
        private const int SecretBytes = 32;

        // COSE_KDF_Context: [A128KW, [nil, nil, nil], [nil, nil, nil], [128, protected header, 'SUIT Payload Encryption']],
        // without the protected header, which comes after the first ContextHeadBytes.
        private static readonly byte[] Context =
        {
            0x84, 0x22, 0x83, 0xF6, 0xF6, 0xF6, 0x83, 0xF6, 0xF6, 0xF6, 0x83, 0x18, 0x80,
            0x57, 0x53, 0x55, 0x49, 0x54, 0x20, 0x50, 0x61, 0x79, 0x6C, 0x6F, 0x61, 0x64, 0x20,
            0x45, 0x6E, 0x63, 0x72, 0x79, 0x70, 0x74, 0x69, 0x6F, 0x6E,
        };

        private const int ContextHeadBytes = 13;

        /// <summary>The content key: what the payload is encrypted with.</summary>
        public AesCipher Cipher;

        /// <summary>The IV: 16 bytes for AES-CTR, 12 for AES-GCM.</summary>
        public byte[] Iv;

        /// <summary>What AES-GCM authenticates beside the payload; null for AES-CTR.</summary>
        public byte[] Associated;

        /// <summary>Reads the encryption info, and opens the content key with the first key of this device that fits.</summary>
        /// <param name="buffer">Holds the encryption info.</param>
        /// <param name="offset">Its first byte.</param>
        /// <param name="count">Its length.</param>
        /// <param name="keys">The keys of this device.</param>
        /// <returns>Ok; <see cref="ResultCode.PayloadKeyMissing"/> when it is for none of them;
        /// <see cref="ResultCode.DecryptionFailed"/> when one that it is for does not open it; or why it is refused.</returns>
        public ResultCode Open(byte[] buffer, int offset, int count, PayloadKey[] keys)
        {
            CborReader reader = new CborReader(buffer, offset, count);
            if (reader.Read(CborType.Tag) != TagEncrypt)
            {
                reader.Refuse(ResultCode.CoseTag);
            }

            if (reader.Read(CborType.Array) != 4)
            {
                reader.Refuse(ResultCode.CoseMalformed);
            }

            CoseHeader header = new CoseHeader();
            header.Read(reader);
            reader.Refuse(CheckContent(header, out int keyBytes));
            if (reader.Read(CborType.Simple) != SimpleNull)
            {
                reader.Refuse(ResultCode.CborUnexpectedType);
            }

            ResultCode result = ReadRecipients(reader, keys, keyBytes);
            if (result == ResultCode.Ok)
            {
                Iv = PayloadKey.Part(buffer, header.IvOffset, header.IvBytes);
                Associated = header.Algorithm < 0 ? null : Encode(Structure, header, buffer);
            }

            return result;
        }

        // Enc_structure (RFC 9052 §5.3) before and after the protected header: ["Encrypt", protected, h''].
        private static readonly byte[] Structure = { 0x83, 0x67, 0x45, 0x6E, 0x63, 0x72, 0x79, 0x70, 0x74, 0x40 };

        private static byte[] Encode(byte[] frame, CoseHeader header, byte[] buffer)
        {
            int head = frame == Context ? ContextHeadBytes : frame.Length - 1;
            byte[] bytes = new byte[frame.Length + 1 + header.ProtectedBytes];
            System.Array.Copy(frame, 0, bytes, 0, head);
            bytes[head] = (byte)(0x40 | header.ProtectedBytes);
            System.Array.Copy(buffer, header.ProtectedOffset, bytes, head + 1, header.ProtectedBytes);
            System.Array.Copy(frame, head, bytes, head + 1 + header.ProtectedBytes, frame.Length - head);
            return bytes;
        }

        private static ResultCode CheckContent(CoseHeader header, out int keyBytes)
        {
            int algorithm = header.Algorithm;
            bool isGcm = algorithm >= A128Gcm && algorithm <= A256Gcm;
            bool isCtr = algorithm >= A128Ctr && algorithm <= A256Ctr;
            keyBytes = 16 + (8 * (algorithm - (isGcm ? A128Gcm : A128Ctr)));
            if (!isGcm && !isCtr)
            {
                return ResultCode.CoseAlgorithmUnsupported;
            }

            // RFC 9459: what AES-CTR does not authenticate must not look protected. GCM's algorithm must be (A64).
            int ivBytes = isGcm ? AesGcm.NonceBytes : AesCtr.InitialBytes;
            bool isForm = isGcm ? header.IsProtected && header.ProtectedBytes <= ProtectedBytesMax : header.ProtectedBytes == 0;
            return isForm && header.IvBytes == ivBytes ? ResultCode.Ok : ResultCode.CoseMalformed;
        }

        private ResultCode ReadRecipients(CborReader reader, PayloadKey[] keys, int keyBytes)
        {
            int recipients = (int)reader.Read(CborType.Array);
            if (recipients < 1 || recipients > RecipientsMax)
            {
                reader.Refuse(ResultCode.CoseMalformed);
            }

            ResultCode outcome = ResultCode.PayloadKeyMissing;
            while (reader.Next(ref recipients))
            {
                ReadRecipient(reader, keys, keyBytes, ref outcome);
            }

            return reader.CheckEnd() == ResultCode.Ok ? outcome : reader.Error;
        }

        private void ReadRecipient(CborReader reader, PayloadKey[] keys, int keyBytes, ref ResultCode outcome)
        {
            if (reader.Read(CborType.Array) != 3)
            {
                reader.Refuse(ResultCode.CoseMalformed);
            }

            CoseHeader header = new CoseHeader();
            header.Read(reader);
            int offset = reader.ReadString(CborType.ByteString, out int count);
            for (int i = 0; i < keys.Length && reader.Error == ResultCode.Ok && outcome != ResultCode.Ok; i++)
            {
                if (IsFor(keys[i], header, reader.Buffer))
                {
                    outcome = Unwrap(keys[i], header, reader.Buffer, offset, count, keyBytes);
                }
            }
        }

        private static bool IsFor(PayloadKey key, CoseHeader header, byte[] buffer)
        {
            if (key.Algorithm != header.Algorithm)
            {
                return false;
            }

            bool isSame = header.KeyIdBytes == key.KeyId.Length;
            for (int i = 0; i < key.KeyId.Length && isSame; i++)
            {
                isSame = buffer[header.KeyIdOffset + i] == key.KeyId[i];
            }

            // Who leaves the id out leaves it to the key to find out.
            return isSame || key.KeyId.Length == 0 || header.KeyIdBytes == 0;
        }

        private ResultCode Unwrap(PayloadKey key, CoseHeader header, byte[] buffer, int offset, int count, int keyBytes)
        {
            byte[] wrapping = key.Key;
            if (key.Algorithm == PayloadKey.AlgorithmEcdhEsA128Kw)
            {
                if (!header.IsProtected || header.EphemeralKey == null || header.ProtectedBytes > ProtectedBytesMax)
                {
                    return ResultCode.CoseMalformed;
                }

                byte[] secret = new byte[SecretBytes];
                wrapping = new byte[WrappingKeyBytes];
                ResultCode result = EcdhP256.DeriveSecret(key.Key, header.EphemeralKey, secret);
                if (result == ResultCode.Ok)
                {
                    result = HkdfSha256.Derive(secret, null, Encode(Context, header, buffer), wrapping);
                }

                if (result != ResultCode.Ok)
                {
                    return result;
                }
            }
            else if (header.ProtectedBytes != 0)
            {
                // RFC 9053 §6.2: key wrap authenticates no header.
                return ResultCode.CoseMalformed;
            }

            byte[] content = new byte[keyBytes];
            ResultCode unwrapped = AesKeyWrap.Unwrap(new AesCipher(wrapping), buffer, offset, count, content);
            if (unwrapped == ResultCode.Ok)
            {
                Cipher = new AesCipher(content);
            }

            return unwrapped;
        }
    }
}
