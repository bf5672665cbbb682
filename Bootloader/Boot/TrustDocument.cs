// The trust document: the payload of the component "trust". It states the whole set of authorities beside the roots,
// and the roots that count no more (docs/SPEC-flash.md). Read from bytes that were verified under its manifest.
//
// Invariants: only roots, the keys with permission Trust that are compiled in, can make a document count, and none that
// it revokes itself; so it leaves as many roots as it needs, and the last one cannot be revoked. A document grants
// nobody the permission Trust. No key of it is symmetric: the document is public.
// Fault model: signed bytes may still be wrong by mistake; every length is checked.

using System;
using NanoBoot.Bootloader.Cbor;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;

namespace NanoBoot.Bootloader.Boot
{
    /// <summary>Reads trust documents.</summary>
    static partial class TrustDocument
    {
        /// <summary>Longest document, in bytes.</summary>
        public const int BytesMax = 2048;

        /// <summary>Most authorities of a document. With the roots that are left they are no more than
        /// <see cref="Authority.CountMax"/>.</summary>
        public const int AuthoritiesMax = 12;

        /// <summary>Version of the format.</summary>
        public const int Format = 1;

        /// <summary>Longest key id, and longest component name, in bytes.</summary>
        public const int KeyIdBytesMax = 32;

        /// <summary>Longest public key, in bytes.</summary>
        public const int PublicKeyBytesMax = 64;

        /// <summary>What a document can grant: everything but <see cref="Permissions.Trust"/>.</summary>
        public const Permissions Grantable = (Permissions)((1 << GrantableBits) - 1);

        // What every document begins with: a map of two pairs or three, key 1, the format, key 2.
        private const int Head = 0x020101A2;
        private const int HeadBytes = 4;
        private const int Fields = 5;
        private const int GrantableBits = 6;

        // Algorithms are -64 to -1.
        private const int AlgorithmBits = 6;
        private const int DigestItemBytes = Sha256.DigestBytes + 2;

        /// <summary>Reads a document, and says whom the device trusts under it.</summary>
        /// <param name="body">The document, verified, and nothing else.</param>
        /// <param name="policy">The decisions of the board: the roots, and how many it takes.</param>
        /// <param name="signers">Who signed its manifest.</param>
        /// <param name="trust">The roots that are left, with the authorities of the document; null after anything but Ok.</param>
        /// <returns>Ok; <see cref="ResultCode.TrustDocumentInvalid"/>; <see cref="ResultCode.TrustRootsMissing"/>.</returns>
        internal static ResultCode Read(byte[] body, BootPolicy policy, SuitAuthenticator signers, out Authority[] trust)
        {
            trust = null;
            Authority[] all = new Authority[Authority.CountMax];
            if (body.Length < HeadBytes || body.Length > BytesMax)
            {
                return ResultCode.TrustDocumentInvalid;
            }

            CborReader reader = new CborReader(body, HeadBytes, body.Length - HeadBytes);
            int digests = 0;
            int lastKeyId = -1;
            int head = BitConverter.ToInt32(body, 0);
            int count = (int)reader.Read(CborType.Array);
            if (count > AuthoritiesMax)
            {
                reader.Refuse(ResultCode.TrustDocumentInvalid);
            }

            int left = count;
            for (int i = 0; reader.Next(ref left); i++)
            {
                all[i] = ReadAuthority(reader, ref lastKeyId);
            }

            if (head != Head)
            {
                long key = reader.Read(CborType.UnsignedInteger);
                digests = (int)reader.Read(CborType.Array);
                if (head != Head + 1 || key != 3 || digests == 0)
                {
                    reader.Refuse(ResultCode.TrustDocumentInvalid);
                }
            }

            int digestsOffset = reader.Position + 2;
            left = digests;
            while (reader.Next(ref left))
            {
                DeviceIdentity.ReadBytes(reader, Sha256.DigestBytes, Sha256.DigestBytes);
            }

            if (reader.CheckEnd() != ResultCode.Ok)
            {
                return ResultCode.TrustDocumentInvalid;
            }

            int signed = 0;
            Authority[] factory = policy.Trust;
            byte[] digest = new byte[Sha256.DigestBytes];
            for (int i = 0; i < factory.Length; i++)
            {
                Authority root = factory[i];
                Sha256 hash = new Sha256();
                hash.Update(root.PublicKey, 0, root.PublicKey.Length);
                hash.Finish(digest, 0);
                bool isLeft = (root.Permissions & Permissions.Trust) != 0;
                for (int j = 0; j < digests; j++)
                {
                    isLeft &= !ConstantTime.AreEqual(digest, 0, body, digestsOffset + (j * DigestItemBytes), Sha256.DigestBytes);
                }

                if (!isLeft)
                {
                    continue;
                }

                if (count == Authority.CountMax)
                {
                    return ResultCode.TrustDocumentInvalid;
                }

                all[count++] = root;
                for (int j = 0; j < signers.SignerCount; j++)
                {
                    signed += signers.Signers[j] == root ? 1 : 0;
                }
            }

            // Those that signed are left: so there are enough to sign the next document as well.
            if (signed < 1 || signed < policy.RootsNeeded)
            {
                return ResultCode.TrustRootsMissing;
            }

            trust = new Authority[count];
            Array.Copy(all, 0, trust, 0, count);
            return ResultCode.Ok;
        }

        // [key id, algorithm, public key, permissions, component name or null]; key ids in canonical order, none twice. What it
        // returns is an authority when the reader has no error.
        private static Authority ReadAuthority(CborReader reader, ref int lastKeyId)
        {
            long fields = reader.Read(CborType.Array);
            int start = reader.Position;
            byte[] keyId = DeviceIdentity.ReadBytes(reader, 1, KeyIdBytesMax);
            reader.CheckKeyOrder(ref lastKeyId, start);
            long algorithm = reader.ReadInt();
            byte[] publicKey = DeviceIdentity.ReadBytes(reader, 1, PublicKeyBytesMax);
            long permissions = reader.Read(CborType.UnsignedInteger);
            byte[] prefix = reader.SkipNull() ? null : DeviceIdentity.ReadBytes(reader, 1, KeyIdBytesMax);
            if (fields != Fields || ~algorithm >> AlgorithmBits != 0 || permissions == 0 || permissions >> GrantableBits != 0)
            {
                reader.Refuse(ResultCode.TrustDocumentInvalid);
            }

            return new Authority(keyId, (CoseAlgorithm)(int)algorithm, publicKey, (Permissions)(int)permissions, prefix, null);
        }
    }
}
