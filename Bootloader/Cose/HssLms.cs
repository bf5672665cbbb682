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
    public sealed partial class HssLms
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

        // The buffer: I, q or node number, two equal bytes of domain separation, then what is hashed after them:
        // two nodes side by side, or the digest with its checksum, and the end of a chain.
        private const int NumberOffset = IdentifierBytes;
        private const int DomainOffset = NumberOffset + 4;
        private const int PrefixBytes = DomainOffset + 2;
        private const int PrefixWords = DomainOffset / 4;
        private const int ChecksumBytes = 2;
        private const int ChainOffset = PrefixBytes + LongNodeBytes + ChecksumBytes;
        private const int BufferBytes = ChainOffset + LongNodeBytes;
        private const byte DomainPublicKey = 0x80;
        private const byte DomainMessage = 0x81;
        private const byte DomainLeaf = 0x82;
        private const byte DomainInner = 0x83;

        // How many digits the checksum has (RFC 8554 appendix B), for digits of 1, 2, 4 and 8 bits from the right;
        // short nodes need one digit of one bit less.
        private const int ChecksumDigits = 0x2359;

        private readonly Sha256 _hash = new Sha256();
        private readonly uint[] _block = new uint[Sha256.BlockWords];
        private readonly byte[] _buffer = new byte[BufferBytes];

        // Parameters of the level at hand: bytes of a node, height, bits of a digit, digits.
        private int _nodeBytes;
        private int _height;
        private int _digitBits;
        private int _digits;

        // How many levels have been verified.
        private uint _verified;

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
        /// <param name="witness"><see cref="CoseVerifier.Valid"/> when the signature is valid, by a comparison of its own:
        /// for the second computation of the decision to start (A62).</param>
        /// <returns>
        /// <see cref="ResultCode.Ok"/>, <see cref="ResultCode.KeyInvalid"/>, <see cref="ResultCode.SignatureMalformed"/>
        /// or <see cref="ResultCode.SignatureInvalid"/>.
        /// </returns>
        public static ResultCode Verify(
            byte[] publicKey,
            byte[] message,
            int messageOffset,
            int messageCount,
            byte[] signature,
            int offset,
            int count,
            out int witness)
        {
            witness = 0;
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

            if (count < LevelsBytes || lms.ReadUInt32(signature, offset) != levels - 1)
            {
                return ResultCode.SignatureMalformed;
            }

            ResultCode result = lms.VerifyLevels(
                publicKey, levels, message, messageOffset, messageCount, signature, offset + LevelsBytes, offset + count, ref witness);

            // A call that was skipped has counted no level.
            return result == ResultCode.Ok && lms._verified != levels ? ResultCode.SignatureInvalid : result;
        }

        private ResultCode VerifyLevels(
            byte[] key,
            uint levels,
            byte[] message,
            int messageOffset,
            int messageCount,
            byte[] signature,
            int offset,
            int end,
            ref int witness)
        {
            int keyOffset = LevelsBytes;
            int difference = 0;
            while (_verified < levels)
            {
                // Types, leaf number and length of this level's signature.
                int typeOffset = offset + RandomizerOffset + (1 + _digits) * _nodeBytes;
                int signatureEnd = typeOffset + TypeBytes + _height * _nodeBytes;
                if (signatureEnd > end
                    || ReadUInt32(signature, offset) >> _height != 0
                    || ReadUInt32(signature, offset + TypeBytes) != ReadUInt32(key, keyOffset + TypeBytes)
                    || ReadUInt32(signature, typeOffset) != ReadUInt32(key, keyOffset))
                {
                    return ResultCode.SignatureMalformed;
                }

                int next = signatureEnd;
                if (_verified + 1 == levels)
                {
                    ComputeRoot(key, keyOffset, message, messageOffset, messageCount, signature, offset);
                }
                else
                {
                    // What this level signs is the key of the next one.
                    next = ReadKey(signature, signatureEnd, end);
                    if (next < 0)
                    {
                        return ResultCode.SignatureMalformed;
                    }

                    ReadKey(key, keyOffset, next);
                    ComputeRoot(key, keyOffset, signature, signatureEnd, next - signatureEnd, signature, offset);
                }

                // The root is the right one of two nodes, for its number is 1.
                int nodeBytes = _nodeBytes;
                keyOffset += RootOffset;
                for (int i = 0; i < nodeBytes; i++)
                {
                    difference |= _buffer[PrefixBytes + nodeBytes + i] ^ key[keyOffset + i];
                }

                if (!ConstantTime.AreEqual(_buffer, PrefixBytes + nodeBytes, key, keyOffset, nodeBytes))
                {
                    return ResultCode.SignatureInvalid;
                }

                _verified++;
                key = signature;
                keyOffset = signatureEnd;
                offset = next;

                // Its parameters; beyond the last level there is no key, and none is taken.
                ReadKey(key, keyOffset, offset);
            }

            if (offset != end)
            {
                return ResultCode.SignatureMalformed;
            }

            if (difference == 0 && _verified == levels)
            {
                witness = CoseVerifier.Valid;
            }

            return difference == 0 && _verified == levels ? ResultCode.Ok : ResultCode.SignatureInvalid;
        }

        /// <summary>Takes over the parameters of a level's key; gives the offset of its end, or -1 for no valid key.</summary>
        private int ReadKey(byte[] key, int offset, int end)
        {
            if (end - offset < RootOffset + ShortNodeBytes)
            {
                return -1;
            }

            uint height = ReadUInt32(key, offset) - FirstLmsType;
            uint width = ReadUInt32(key, offset + TypeBytes) - FirstOtsType;
            int nodeBytes = LongNodeBytes;
            int checksumDigits = ChecksumDigits;
            if (height >= HeightCount && width >= WidthCount)
            {
                height -= HeightCount;
                width -= WidthCount;
                nodeBytes = ShortNodeBytes;
                checksumDigits--;
            }

            if (height >= HeightCount || width >= WidthCount)
            {
                return -1;
            }

            _nodeBytes = nodeBytes;
            _height = (int)(height + 1) * HeightStep;
            _digitBits = 1 << (int)width;
            _digits = nodeBytes * 8 / _digitBits + ((checksumDigits >> (int)(4 * width)) & 15);
            offset += RootOffset + nodeBytes;
            return offset > end ? -1 : offset;
        }

        /// <summary>Computes the root that a level's signature leads to; it is the right one of the buffer's nodes.</summary>
        private void ComputeRoot(
            byte[] key, int keyOffset, byte[] message, int messageOffset, int messageCount, byte[] signature, int offset)
        {
            Sha256 hash = _hash;
            byte[] buffer = _buffer;
            int nodeBytes = _nodeBytes;
            uint number = ReadUInt32(signature, offset);
            Array.Copy(key, keyOffset + IdentifierOffset, buffer, 0, IdentifierBytes);

            Begin(DomainMessage, number, 0);
            hash.Update(signature, offset + RandomizerOffset, nodeBytes);
            hash.Update(message, messageOffset, messageCount);
            hash.Finish(buffer, PrefixBytes);
            offset += RandomizerOffset + nodeBytes;
            Begin(DomainPublicKey, number, 0);
            HashChains(signature, offset);
            hash.Finish(buffer, PrefixBytes);
            offset += _digits * nodeBytes + TypeBytes;

            // From the leaf to the root. An odd node stands to the right of its sibling.
            number += 1u << _height;
            Begin(DomainLeaf, number, nodeBytes);
            while (true)
            {
                bool isRight = (number & 1) != 0;
                hash.Finish(buffer, isRight ? PrefixBytes + nodeBytes : PrefixBytes);
                number >>= 1;
                if (number == 0)
                {
                    break;
                }

                Array.Copy(signature, offset, buffer, isRight ? PrefixBytes : PrefixBytes + nodeBytes, nodeBytes);
                offset += nodeBytes;
                Begin(DomainInner, number, 2 * nodeBytes);
            }
        }

        /// <summary>Hashes the ends of the chains that belong to the digest in the buffer.</summary>
        private void HashChains(byte[] signature, int offset)
        {
            byte[] buffer = _buffer;
            uint[] block = _block;
            uint[] chain = new uint[Sha256.StateWords];
            int nodeBytes = _nodeBytes;
            int nodeWords = nodeBytes / 4;
            int digitBits = _digitBits;
            int lastStep = (1 << digitBits) - 1;
            int digestBits = nodeBytes * 8;
            int allBits = _digits * digitBits;
            int checksum = 0;

            Sha256.BytesToWords(buffer, 0, block, PrefixWords);
            Array.Clear(block, PrefixWords, Sha256.BlockWords - PrefixWords);
            block[Sha256.BlockWords - 1] = (uint)(DomainOffset + 3 + nodeBytes) * 8;
            uint prefix = 0;
            for (int bit = 0; bit < allBits; bit += digitBits)
            {
                if (bit == digestBits)
                {
                    // The checksum follows the digest, at the upper end of two bytes.
                    checksum <<= 16 + digestBits - allBits;
                    buffer[PrefixBytes + nodeBytes] = (byte)(checksum >> 8);
                    buffer[PrefixBytes + nodeBytes + 1] = (byte)checksum;
                }

                int digit = (buffer[PrefixBytes + (bit >> 3)] >> (8 - digitBits - (bit & 7))) & lastStep;
                checksum += lastStep - digit;
                Sha256.BytesToWords(signature, offset, chain, nodeWords);
                for (; digit < lastStep; digit++)
                {
                    uint carry = prefix | ((uint)digit << 8);
                    for (int i = 0; i < nodeWords; i++)
                    {
                        uint word = chain[i];
                        block[PrefixWords + i] = carry | (word >> 24);
                        carry = word << 8;
                    }

                    block[PrefixWords + nodeWords] = carry | 0x80;
                    Sha256.Compress(null, block, chain);
                }

                Sha256.WordsToBytes(chain, nodeWords, buffer, ChainOffset);
                _hash.Update(buffer, ChainOffset, nodeBytes);
                offset += nodeBytes;
                prefix += 1 << 16;
            }
        }

        /// <summary>Begins a hash with the prefix and the given number of bytes that stand after it in the buffer.</summary>
        private void Begin(byte domain, uint number, int count)
        {
            byte[] buffer = _buffer;
            _block[0] = number;
            Sha256.WordsToBytes(_block, 1, buffer, NumberOffset);
            buffer[DomainOffset] = domain;
            buffer[DomainOffset + 1] = domain;
            _hash.Update(buffer, 0, PrefixBytes + count);
        }

        private uint ReadUInt32(byte[] bytes, int offset)
        {
            Sha256.BytesToWords(bytes, offset, _block, 1);
            return _block[0];
        }
    }
}
