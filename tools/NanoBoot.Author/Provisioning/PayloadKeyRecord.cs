// The keys of a device that payloads are encrypted for, as its maker writes them once (docs/SPEC-flash.md).

using System;
using System.Collections.Generic;

namespace NanoBoot.Author
{
    /// <summary>Keys of a device: AES key encryption keys, and private keys on P-256.</summary>
    public sealed class PayloadKeyRecord
    {
        /// <summary>Most keys of a device.</summary>
        public const int KeysMax = 8;

        /// <summary>Longest key id in bytes.</summary>
        public const int KeyIdBytesMax = 64;

        private const int AlgorithmA128Kw = -3;
        private const int AlgorithmEcdhEsA128Kw = -29;
        private const int PrivateKeyBytes = 32;

        private readonly List<(int Algorithm, byte[] KeyId, byte[] Key)> _keys = [];

        /// <summary>Adds a key for A128KW, A192KW or A256KW: one of a fleet, as a rule.</summary>
        /// <param name="keyEncryptionKey">16, 24 or 32 bytes.</param>
        /// <param name="keyId">The key id; empty to answer to any.</param>
        public PayloadKeyRecord AddKeyWrap(byte[] keyEncryptionKey, byte[] keyId)
        {
            ArgumentNullException.ThrowIfNull(keyEncryptionKey);
            if (keyEncryptionKey.Length is not (16 or 24 or 32))
            {
                throw new ArgumentException("An AES key has 16, 24 or 32 bytes.", nameof(keyEncryptionKey));
            }

            return Add(AlgorithmA128Kw - ((keyEncryptionKey.Length - 16) / 8), keyEncryptionKey, keyId);
        }

        /// <summary>Adds a private key for ECDH-ES + A128KW: that of one device, as a rule.</summary>
        /// <param name="privateKey">32 bytes, big-endian.</param>
        /// <param name="keyId">The key id; empty to answer to any.</param>
        public PayloadKeyRecord AddPrivateKey(byte[] privateKey, byte[] keyId)
        {
            ArgumentNullException.ThrowIfNull(privateKey);
            if (privateKey.Length != PrivateKeyBytes)
            {
                throw new ArgumentException("A private key on P-256 has 32 bytes.", nameof(privateKey));
            }

            return Add(AlgorithmEcdhEsA128Kw, privateKey, keyId);
        }

        /// <summary>The record's body: a CBOR array of algorithm, key id and key, in turn.</summary>
        public byte[] Encode()
        {
            var writer = new CborWriter();
            writer.StartArray(3 * _keys.Count);
            foreach ((int algorithm, byte[] keyId, byte[] key) in _keys)
            {
                writer.WriteInt(algorithm).WriteBytes(keyId).WriteBytes(key);
            }

            return writer.ToArray();
        }

        private PayloadKeyRecord Add(int algorithm, byte[] key, byte[] keyId)
        {
            ArgumentNullException.ThrowIfNull(keyId);
            if (keyId.Length > KeyIdBytesMax)
            {
                throw new ArgumentException($"A key id has {KeyIdBytesMax} bytes at most.", nameof(keyId));
            }

            if (_keys.Count == KeysMax)
            {
                throw new InvalidOperationException($"A device has {KeysMax} keys at most.");
            }

            _keys.Add((algorithm, keyId, key));
            return this;
        }
    }
}
