// Who can decrypt a payload: a device family that shares an AES key, or the holder of a P-256 key. How the content key
// travels to them (firmware-encryption-24, sections 6.1 and 6.2).

using System;
using System.Security.Cryptography;

namespace NanoBoot.Author
{
    /// <summary>A recipient of encrypted payloads.</summary>
    public abstract class PayloadRecipient
    {
        /// <summary>COSE number of A128KW; A192KW and A256KW follow downwards.</summary>
        protected const int AlgorithmA128Kw = -3;

        /// <summary>COSE number of ECDH-ES + A128KW.</summary>
        protected const int AlgorithmEcdhEsA128Kw = -29;

        /// <summary>Encodes the COSE_recipient: [protected, unprotected, wrapped key].</summary>
        /// <param name="contentKey">The content key.</param>
        public abstract byte[] Wrap(byte[] contentKey);

        /// <summary>Opens a COSE_recipient that is for this one.</summary>
        /// <param name="recipient">The decoded array.</param>
        /// <returns>The content key, or null when it is of another kind.</returns>
        /// <exception cref="CryptographicException">It is for another key, or was changed.</exception>
        public abstract byte[]? Unwrap(CborNode recipient);

        /// <summary>Encodes [protected, unprotected, wrapped key].</summary>
        /// <param name="protectedHeader">The encoded protected header; empty for none.</param>
        /// <param name="unprotected">The unprotected header.</param>
        /// <param name="wrapped">The wrapped key.</param>
        private protected static byte[] Encode(byte[] protectedHeader, CborMap unprotected, byte[] wrapped)
        {
            var writer = new CborWriter();
            writer.StartArray(3).WriteBytes(protectedHeader).WriteMap(unprotected).WriteBytes(wrapped);
            return writer.ToArray();
        }
    }

    /// <summary>A recipient with an AES key encryption key (A128KW, A192KW, A256KW).</summary>
    public sealed class KeyWrapRecipient : PayloadRecipient
    {
        private readonly byte[] _keyEncryptionKey;
        private readonly byte[] _keyId;

        /// <summary>Takes a key.</summary>
        /// <param name="keyEncryptionKey">16, 24 or 32 bytes.</param>
        /// <param name="keyId">The key id; empty for none.</param>
        public KeyWrapRecipient(byte[] keyEncryptionKey, byte[] keyId)
        {
            ArgumentNullException.ThrowIfNull(keyEncryptionKey);
            ArgumentNullException.ThrowIfNull(keyId);
            if (keyEncryptionKey.Length is not (16 or 24 or 32))
            {
                throw new ArgumentException("An AES key has 16, 24 or 32 bytes.", nameof(keyEncryptionKey));
            }

            _keyEncryptionKey = keyEncryptionKey;
            _keyId = keyId;
        }

        private int Algorithm => AlgorithmA128Kw - ((_keyEncryptionKey.Length - 16) / 8);

        /// <inheritdoc/>
        public override byte[] Wrap(byte[] contentKey)
        {
            var unprotected = new CborMap();
            unprotected.Add(1, writer => writer.WriteInt(Algorithm));
            if (_keyId.Length != 0)
            {
                unprotected.Add(4, writer => writer.WriteBytes(_keyId));
            }

            return Encode([], unprotected, AesKeyWrap.Wrap(_keyEncryptionKey, contentKey));
        }

        /// <inheritdoc/>
        public override byte[]? Unwrap(CborNode recipient)
        {
            ArgumentNullException.ThrowIfNull(recipient);
            return recipient.Items[1].Find(1)?.Integer == Algorithm
                ? AesKeyWrap.Unwrap(_keyEncryptionKey, recipient.Items[2].Bytes)
                : null;
        }
    }

    /// <summary>A recipient with a P-256 key (ECDH-ES + A128KW).</summary>
    public sealed class EcdhRecipient : PayloadRecipient
    {
        private const int CoordinateBytes = 32;
        private const int KeyEncryptionKeyBytes = 16;

        private readonly ECParameters _key;
        private readonly byte[] _keyId;

        /// <summary>Takes a public key (to encrypt) or a private one (to decrypt too).</summary>
        /// <param name="key">A key on P-256.</param>
        /// <param name="keyId">The key id; empty for none.</param>
        public EcdhRecipient(ECParameters key, byte[] keyId)
        {
            ArgumentNullException.ThrowIfNull(keyId);
            _key = key;
            _keyId = keyId;
        }

        /// <summary>Takes a public key.</summary>
        /// <param name="publicKey">x||y, 64 bytes.</param>
        /// <param name="keyId">The key id; empty for none.</param>
        public static EcdhRecipient FromPublicKey(byte[] publicKey, byte[] keyId)
        {
            ArgumentNullException.ThrowIfNull(publicKey);
            return new EcdhRecipient(ToParameters(publicKey[..CoordinateBytes], publicKey[CoordinateBytes..]), keyId);
        }

        /// <inheritdoc/>
        public override byte[] Wrap(byte[] contentKey)
        {
            using ECDiffieHellman ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
            using ECDiffieHellman recipient = ECDiffieHellman.Create(new ECParameters { Curve = _key.Curve, Q = _key.Q });
            ECParameters point = ephemeral.ExportParameters(includePrivateParameters: false);
            byte[] protectedHeader = new CborMap().Add(1, writer => writer.WriteInt(AlgorithmEcdhEsA128Kw)).Encode();
            byte[] keyEncryptionKey = DeriveKey(ephemeral, recipient.PublicKey, protectedHeader);

            var ephemeralKey = new CborMap();
            ephemeralKey.Add(1, writer => writer.WriteInt(2));
            ephemeralKey.Add(-1, writer => writer.WriteInt(1));
            ephemeralKey.Add(-2, writer => writer.WriteBytes(point.Q.X));
            ephemeralKey.Add(-3, writer => writer.WriteBytes(point.Q.Y));
            var unprotected = new CborMap();
            unprotected.Add(-1, writer => writer.WriteMap(ephemeralKey));
            if (_keyId.Length != 0)
            {
                unprotected.Add(4, writer => writer.WriteBytes(_keyId));
            }

            return Encode(protectedHeader, unprotected, AesKeyWrap.Wrap(keyEncryptionKey, contentKey));
        }

        /// <inheritdoc/>
        public override byte[]? Unwrap(CborNode recipient)
        {
            ArgumentNullException.ThrowIfNull(recipient);
            byte[] protectedHeader = recipient.Items[0].Bytes;
            if (_key.D is null || protectedHeader.Length == 0
                || CborNode.Parse(protectedHeader).Find(1)?.Integer != AlgorithmEcdhEsA128Kw
                || recipient.Items[1].Find(-1) is not CborNode point)
            {
                return null;
            }

            using ECDiffieHellman own = ECDiffieHellman.Create(_key);
            using ECDiffieHellman ephemeral = ECDiffieHellman.Create(
                ToParameters(point.Find(-2)?.Bytes ?? [], point.Find(-3)?.Bytes ?? []));
            return AesKeyWrap.Unwrap(DeriveKey(own, ephemeral.PublicKey, protectedHeader), recipient.Items[2].Bytes);
        }

        /// <summary>HKDF-SHA-256 without salt over the COSE_KDF_Context of firmware-encryption, section 6.2.4.</summary>
        private static byte[] DeriveKey(ECDiffieHellman own, ECDiffieHellmanPublicKey other, byte[] protectedHeader)
        {
            var context = new CborWriter();
            context.StartArray(4).WriteInt(AlgorithmA128Kw);
            context.StartArray(3).WriteNull().WriteNull().WriteNull();
            context.StartArray(3).WriteNull().WriteNull().WriteNull();
            context.StartArray(3).WriteInt(8 * KeyEncryptionKeyBytes).WriteBytes(protectedHeader).WriteBytes("SUIT Payload Encryption"u8);
            byte[] secret = own.DeriveRawSecretAgreement(other);
            return HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, KeyEncryptionKeyBytes, salt: null, context.ToArray());
        }

        private static ECParameters ToParameters(byte[] x, byte[] y)
        {
            return new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = x, Y = y } };
        }
    }
}
