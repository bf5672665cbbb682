// The keys that content keys are wrapped for. A board keeps them in a region of their own, written at provisioning
// (docs/SPEC-flash.md); one with a secure element hands its own array to EncryptedPayloads instead.
//
// Fault model: a record that does not read well counts as no keys at all: payloads are refused by name, and
// nothing is written.

using System;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cbor;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Stage2Encryption
{
    /// <summary>One key of this device, or of its fleet. Immutable; a secret.</summary>
    public sealed class PayloadKey
    {
        /// <summary>AES key wrap with 128 bits (RFC 9053 §6.2); -4 and -5 are those with 192 and 256 bits.</summary>
        public const int AlgorithmA128Kw = -3;

        /// <summary>AES key wrap with 256 bits.</summary>
        public const int AlgorithmA256Kw = -5;

        /// <summary>ECDH-ES on P-256, then A128KW (RFC 9053 §6.3).</summary>
        public const int AlgorithmEcdhEsA128Kw = -29;

        /// <summary>Most keys of a device.</summary>
        public const int KeysMax = 8;

        /// <summary>Longest key id in bytes.</summary>
        public const int KeyIdBytesMax = 64;

        private const int ItemsPerKey = 3;

        /// <summary>What it is for: a COSE key management algorithm.</summary>
        public readonly int Algorithm;

        /// <summary>Its id; empty for none: then it answers to every id.</summary>
        public readonly byte[] KeyId;

        /// <summary>The key: 16, 24 or 32 bytes for key wrap, the 32 bytes of the private key for ECDH.</summary>
        public readonly byte[] Key;

        /// <summary>Describes a key.</summary>
        /// <param name="algorithm">What it is for.</param>
        /// <param name="keyId">Its id; empty for none.</param>
        /// <param name="key">The key; kept, not copied.</param>
        public PayloadKey(int algorithm, byte[] keyId, byte[] key)
        {
            Algorithm = algorithm;
            KeyId = keyId;
            Key = key;
        }

        /// <summary>Reads the keys of a board.</summary>
        /// <param name="flash">The board's flash.</param>
        /// <returns>The keys; none where there is no region, or nothing that reads well in it.</returns>
        public static PayloadKey[] Read(FlashMap flash)
        {
            FlashRegion region = flash.Find(RegionId.PayloadKeys);
            if (region == null)
            {
                return new PayloadKey[0];
            }

            FlashRecord record = new FlashRecord(region, region.SizeBytes, FlashRecord.PayloadKeysMagic);
            return record.Open() == ResultCode.Ok && record.ReadBody(out byte[] body) == ResultCode.Ok
                ? Parse(body)
                : new PayloadKey[0];
        }

        /// <summary>Reads the body of the record: an array of algorithm, key id and key, in turn.</summary>
        /// <param name="body">The CBOR array, and nothing else.</param>
        /// <returns>The keys; none if any of it is malformed.</returns>
        public static PayloadKey[] Parse(byte[] body)
        {
            CborReader reader = new CborReader(body, 0, body.Length);
            int items = (int)reader.Read(CborType.Array);
            if (items > KeysMax * ItemsPerKey || items % ItemsPerKey != 0)
            {
                return new PayloadKey[0];
            }

            PayloadKey[] keys = new PayloadKey[items / ItemsPerKey];
            for (int i = 0; i < keys.Length && reader.Error == ResultCode.Ok; i++)
            {
                int algorithm = (int)reader.ReadInt();
                int idOffset = reader.ReadString(CborType.ByteString, out int idCount);
                int offset = reader.ReadString(CborType.ByteString, out int count);
                if (idCount > KeyIdBytesMax || count != KeyBytes(algorithm))
                {
                    reader.Refuse(ResultCode.KeyInvalid);
                }

                keys[i] = new PayloadKey(algorithm, Part(body, idOffset, idCount), Part(body, offset, count));
            }

            return reader.CheckEnd() == ResultCode.Ok ? keys : new PayloadKey[0];
        }

        /// <summary>Copies a part of an array.</summary>
        internal static byte[] Part(byte[] bytes, int offset, int count)
        {
            byte[] part = new byte[count];
            Array.Copy(bytes, offset, part, 0, count);
            return part;
        }

        private static int KeyBytes(int algorithm)
        {
            return algorithm == AlgorithmEcdhEsA128Kw ? 32
                : algorithm <= AlgorithmA128Kw && algorithm >= AlgorithmA256Kw ? 16 + (8 * (AlgorithmA128Kw - algorithm))
                : -1;
        }
    }
}
