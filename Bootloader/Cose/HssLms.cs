// HSS/LMS signatures (RFC 8554; SHA-256/192 sets of RFC 9858), verification only: needs nothing but SHA-256.
// Nearly all time goes into the hash chains of the one-time signature. One step is one compression of one block,
// I(16) q(4) i(2) j(1) value(n): the value stays in words, shifted by the prefix's odd 23 bytes.
// Fault model: the answer is a failure until every level's root has been compared twice, in two ways, and counted.

using System;
using NanoBoot.Hal;
using NanoBoot.Hal.Crypto;

namespace NanoBoot.Bootloader.Cose
{
    /// <summary>
    /// Verifies HSS/LMS signatures: SHA-256 with 32 or 24 byte nodes, W1 to W8, H5 to H25, 1 to 8 levels.
    /// Safe for use by several threads: all scratch belongs to the call.
    /// </summary>
    public sealed class HssLms
    {
        /// <summary>Most levels that an HSS key may have (RFC 8554 §6).</summary>
        public const int MaximumLevels = 8;

        private const int LevelsBytes = 4;
        private const int TypeBytes = 4;

        // Type codes: five heights for each length of a node, four digit widths for each.
        private const uint FirstLmsType = 5;
        private const uint HeightCount = 5;
        private const uint FirstOtsType = 1;
        private const uint WidthCount = 4;
        private const int HeightStep = 5;

        private const int LongNodeBytes = 32;
        private const int ShortNodeBytes = 24;

        // A level's key: LMS type, one-time type, I, root.
        private const int IdentifierOffset = 2 * TypeBytes;
        private const int IdentifierBytes = 16;
        private const int RootOffset = IdentifierOffset + IdentifierBytes;

        // A level's signature: q, one-time type, C, digits' values, LMS type, path.
        private const int RandomizerOffset = 8;

        // What every hash begins with: I, q or node number, two equal bytes of domain separation.
        private const int NumberOffset = IdentifierBytes;
        private const int DomainOffset = NumberOffset + 4;
        private const int PrefixBytes = DomainOffset + 2;
        private const int PrefixWords = DomainOffset / 4;
        private const byte DomainPublicKey = 0x80;
        private const byte DomainMessage = 0x81;
        private const byte DomainLeaf = 0x82;
        private const byte DomainInner = 0x83;

        private readonly Sha256 _hash = new Sha256();
        private readonly uint[] _block = new uint[Sha256.BlockWords];
        private readonly uint[] _chain = new uint[Sha256.StateWords];
        private readonly byte[] _prefix = new byte[PrefixBytes];
        private readonly byte[] _node = new byte[Sha256.DigestBytes];

        // Parameters of the level at hand: bytes of a node, height, bits of a digit, digits, checksum.
        private int _nodeBytes;
        private int _height;
        private int _digitBits;
        private int _digits;
        private int _checksumBits;

        private HssLms()
        {
        }

        /// <summary>Verifies a signature over a message.</summary>
        /// <param name="publicKey">The HSS public key: levels, then the top LMS key (RFC 8554 §6.1).</param>
        /// <param name="message">Where the message is.</param>
        /// <param name="messageOffset">Its first byte.</param>
        /// <param name="messageCount">Its length in bytes.</param>
        /// <param name="signature">Where the signature is.</param>
        /// <param name="offset">Its first byte.</param>
        /// <param name="count">Its length in bytes; all of it must belong to the signature.</param>
        /// <returns>
        /// <see cref="ResultCode.Ok"/>, <see cref="ResultCode.KeyInvalid"/>, <see cref="ResultCode.SignatureMalformed"/>
        /// or <see cref="ResultCode.SignatureInvalid"/>.
        /// </returns>
        public static ResultCode Verify(
            byte[] publicKey, byte[] message, int messageOffset, int messageCount, byte[] signature, int offset, int count)
        {
            HssLms lms = new HssLms();
            if (lms.ReadKey(publicKey, LevelsBytes, publicKey.Length) != publicKey.Length)
            {
                return ResultCode.KeyInvalid;
            }

            uint levels = lms.ReadUInt32(publicKey, 0);
            if (levels - 1 >= MaximumLevels)
            {
                return ResultCode.KeyInvalid;
            }

            int end = offset + count;
            if (count < LevelsBytes || lms.ReadUInt32(signature, offset) != levels - 1)
            {
                return ResultCode.SignatureMalformed;
            }

            byte[] key = publicKey;
            int keyOffset = LevelsBytes;
            offset += LevelsBytes;
            int difference = 0;
            uint verified = 0;
            while (verified < levels)
            {
                int signatureEnd = lms.CheckForm(key, keyOffset, signature, offset, end);
                if (signatureEnd == 0)
                {
                    return ResultCode.SignatureMalformed;
                }

                // What a level signs is the key of the next one; the last level signs the message.
                int nextOffset = signatureEnd;
                if (verified + 1 == levels)
                {
                    lms.ComputeRoot(key, keyOffset, message, messageOffset, messageCount, signature, offset);
                }
                else
                {
                    nextOffset = lms.KeyEnd(signature, signatureEnd, end);
                    lms.ComputeRoot(key, keyOffset, signature, signatureEnd, nextOffset - signatureEnd, signature, offset);
                }

                keyOffset += RootOffset;
                for (int i = 0; i < lms._nodeBytes; i++)
                {
                    difference |= lms._node[i] ^ key[keyOffset + i];
                }

                if (!ConstantTime.AreEqual(lms._node, 0, key, keyOffset, lms._nodeBytes))
                {
                    return ResultCode.SignatureInvalid;
                }

                verified++;
                key = signature;
                keyOffset = signatureEnd;
                offset = nextOffset;
                if (verified < levels && lms.ReadKey(key, keyOffset, end) != nextOffset)
                {
                    return ResultCode.SignatureMalformed;
                }
            }

            if (offset != end)
            {
                return ResultCode.SignatureMalformed;
            }

            return difference == 0 && verified == levels ? ResultCode.Ok : ResultCode.SignatureInvalid;
        }

        /// <summary>Takes over the parameters of a level's key; gives the offset of its end, or -1 for no valid key.</summary>
        private int ReadKey(byte[] key, int offset, int end)
        {
            if (end - offset < RootOffset)
            {
                return -1;
            }

            uint lmsType = ReadUInt32(key, offset) - FirstLmsType;
            uint otsType = ReadUInt32(key, offset + TypeBytes) - FirstOtsType;
            if (lmsType >= 2 * HeightCount || otsType >= 2 * WidthCount || lmsType / HeightCount != otsType / WidthCount)
            {
                return -1;
            }

            bool isLong = lmsType < HeightCount;
            _nodeBytes = isLong ? LongNodeBytes : ShortNodeBytes;
            _height = (int)(lmsType % HeightCount + 1) * HeightStep;
            _digitBits = 1 << (int)(otsType % WidthCount);

            // The digits of the checksum: 8 or 9, 5, 3, 2 (RFC 8554 appendix B).
            int checksumDigits = _digitBits == 8 ? 2 : _digitBits == 4 ? 3 : _digitBits == 2 ? 5 : isLong ? 9 : 8;
            _checksumBits = checksumDigits * _digitBits;
            _digits = _nodeBytes * 8 / _digitBits + checksumDigits;
            int keyEnd = offset + RootOffset + _nodeBytes;
            return keyEnd > end ? -1 : keyEnd;
        }

        /// <summary>Checks types, leaf number and length of a level's signature; gives the offset of its end, or 0.</summary>
        private int CheckForm(byte[] key, int keyOffset, byte[] signature, int offset, int end)
        {
            int typeOffset = RandomizerOffset + (1 + _digits) * _nodeBytes;
            int bytes = typeOffset + TypeBytes + _height * _nodeBytes;
            if (end - offset < bytes
                || ReadUInt32(signature, offset) >> _height != 0
                || ReadUInt32(signature, offset + TypeBytes) != ReadUInt32(key, keyOffset + TypeBytes)
                || ReadUInt32(signature, offset + typeOffset) != ReadUInt32(key, keyOffset))
            {
                return 0;
            }

            return offset + bytes;
        }

        /// <summary>Computes the root that a level's signature leads to, into the first bytes of _node.</summary>
        private void ComputeRoot(byte[] key, int keyOffset, byte[] message, int messageOffset, int messageCount, byte[] signature, int offset)
        {
            Sha256 hash = _hash;
            byte[] node = _node;
            int nodeBytes = _nodeBytes;
            Array.Copy(key, keyOffset + IdentifierOffset, _prefix, 0, IdentifierBytes);
            Array.Copy(signature, offset, _prefix, NumberOffset, DomainOffset - NumberOffset);
            uint number = (1u << _height) + ReadUInt32(signature, offset);

            Begin(DomainMessage);
            hash.Update(signature, offset + RandomizerOffset, nodeBytes);
            hash.Update(message, messageOffset, messageCount);
            hash.Finish(node, 0);
            offset += RandomizerOffset + nodeBytes;
            Begin(DomainPublicKey);
            FinishChains(signature, offset);
            hash.Finish(node, 0);
            offset += _digits * nodeBytes + TypeBytes;

            // From the leaf to the root; an odd node stands to the right of its sibling.
            SetNumber(number);
            Begin(DomainLeaf);
            hash.Update(node, 0, nodeBytes);
            hash.Finish(node, 0);
            for (int level = _height; level > 0; level--)
            {
                SetNumber(number >> 1);
                Begin(DomainInner);
                if ((number & 1) == 0)
                {
                    hash.Update(node, 0, nodeBytes);
                }

                hash.Update(signature, offset, nodeBytes);
                if ((number & 1) != 0)
                {
                    hash.Update(node, 0, nodeBytes);
                }

                hash.Finish(node, 0);
                offset += nodeBytes;
                number >>= 1;
            }
        }

        /// <summary>Completes the hash chains of the digest in _node, and hashes their ends.</summary>
        private void FinishChains(byte[] signature, int offset)
        {
            byte[] node = _node;
            uint[] block = _block;
            uint[] chain = _chain;
            int nodeBytes = _nodeBytes;
            int nodeWords = nodeBytes / 4;
            int digitBits = _digitBits;
            int lastStep = (1 << digitBits) - 1;
            int digits = _digits;
            byte[] digest = new byte[nodeBytes + 2];
            Array.Copy(node, 0, digest, 0, nodeBytes);

            Sha256.BytesToWords(_prefix, 0, block, PrefixWords);
            Array.Clear(block, PrefixWords, Sha256.BlockWords - PrefixWords);
            block[Sha256.BlockWords - 1] = (uint)(DomainOffset + 3 + nodeBytes) * 8;
            int checksum = 0;
            int digestDigits = nodeBytes * 8 / digitBits;
            for (int i = 0; i < digits; i++)
            {
                if (i == digestDigits)
                {
                    // The checksum follows the digest, at the upper end of two bytes.
                    checksum <<= 16 - _checksumBits;
                    digest[nodeBytes] = (byte)(checksum >> 8);
                    digest[nodeBytes + 1] = (byte)checksum;
                }

                int bit = i * digitBits;
                int digit = (digest[bit >> 3] >> (8 - digitBits - (bit & 7))) & lastStep;
                checksum += lastStep - digit;

                Sha256.BytesToWords(signature, offset, chain, nodeWords);
                while (digit < lastStep)
                {
                    uint carry = ((uint)i << 16) | ((uint)digit << 8);
                    for (int k = 0; k < nodeWords; k++)
                    {
                        uint word = chain[k];
                        block[PrefixWords + k] = carry | (word >> 24);
                        carry = word << 8;
                    }

                    block[PrefixWords + nodeWords] = carry | 0x80;
                    Sha256.Compress(null, block, chain);
                    digit++;
                }

                Sha256.WordsToBytes(chain, nodeWords, node, 0);
                _hash.Update(node, 0, nodeBytes);
                offset += nodeBytes;
            }
        }

        private void Begin(byte domain)
        {
            _prefix[DomainOffset] = domain;
            _prefix[DomainOffset + 1] = domain;
            _hash.Update(_prefix, 0, PrefixBytes);
        }

        private void SetNumber(uint number)
        {
            _block[0] = number;
            Sha256.WordsToBytes(_block, 1, _prefix, NumberOffset);
        }

        private uint ReadUInt32(byte[] bytes, int offset)
        {
            Sha256.BytesToWords(bytes, offset, _block, 1);
            return _block[0];
        }

        /// <summary>The end of the key that starts at an offset, as its type has it; not beyond what is left.</summary>
        private int KeyEnd(byte[] bytes, int offset, int end)
        {
            int keyEnd = end - offset < TypeBytes
                ? end
                : offset + RootOffset + (ReadUInt32(bytes, offset) < FirstLmsType + HeightCount ? LongNodeBytes : ShortNodeBytes);
            return keyEnd < end ? keyEnd : end;
        }
    }
}
