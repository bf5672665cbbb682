// Decodes one block of a packed payload: heatshrink's bit stream, and in differential payloads one more kind of item.
//
//   1 llllllll                literal byte
//   0 w bits, l bits          copy from this block: (w bits)+1 back, (l bits)+1 long
//   0 1 ...                   differential only: copy from the precursor (docs/SPEC-payload.md); the copy from
//                             this block is then 0 0, w bits, l bits
//
// Invariants: every item writes at least one byte and at most what is left of the block, so the loop ends; nothing
// before the block's first byte is read, and nothing outside the precursor; the stored bytes are used up exactly.
// Fault model: every bit is chosen by an attacker. What comes out is verified by who asked for it.
//
// The bits wait in a local word of 32, filled to 25 or more before each item: an item without numbers has at most
// 24 bits. On an interpreter this is several times quicker than a call for each bit.

using System;
using NanoBoot.Hal;
using NanoBoot.Stage2Updater.Install;

namespace NanoBoot.Stage2Payloads
{
    /// <summary>Decodes blocks. Holds 64 bytes of input; one block at a time; not thread safe.</summary>
    internal sealed class BlockDecoder
    {
        /// <summary>Least and most bits of a distance within a block.</summary>
        internal const int WindowBitsMin = 4;

        /// <summary>Most bits of a distance within a block: blocks have up to 4096 bytes.</summary>
        internal const int WindowBitsMax = 12;

        /// <summary>Least bits of a length.</summary>
        internal const int LengthBitsMin = 2;

        /// <summary>Most bits of a length.</summary>
        internal const int LengthBitsMax = 8;

        private const int InputBytes = 64;
        private const int NumberGroupsMax = 6;
        private const int NumberGroupBits = 4;

        private readonly IWirePayload _source;
        private readonly int _windowBits;
        private readonly int _lengthBits;
        private readonly Precursor _precursor;
        private readonly byte[] _input = new byte[InputBytes];
        private int _inputAt;
        private int _inputEnd;
        private int _sourceAt;
        private int _sourceEnd;
        private int _runEnd;
        private ResultCode _result;

        // Bits that were taken from the input and not yet used, at the low end of the word; how many they are; how
        // many of them are not from the input but stand for what comes after its end.
        private uint _word;
        private int _bits;
        private int _paddingBits;

        /// <summary>Makes a decoder.</summary>
        /// <param name="source">The packed payload.</param>
        /// <param name="windowBits">Bits of a distance.</param>
        /// <param name="lengthBits">Bits of a length.</param>
        /// <param name="precursor">What a differential payload copies from; null for a compressed one.</param>
        internal BlockDecoder(IWirePayload source, int windowBits, int lengthBits, Precursor precursor)
        {
            _source = source;
            _windowBits = windowBits;
            _lengthBits = lengthBits;
            _precursor = precursor;
        }

        /// <summary>Decodes one block.</summary>
        /// <param name="position">Where its stored bytes begin in the packed payload.</param>
        /// <param name="storedBytes">How many they are, at least 1.</param>
        /// <param name="runBytes">How many bytes of the packed payload will be read in order, from there.</param>
        /// <param name="imagePosition">Where its bytes belong in the image.</param>
        /// <param name="buffer">Where they go.</param>
        /// <param name="offset">Index of the first.</param>
        /// <param name="count">How many they are: exactly so many are written, or fewer when it fails.</param>
        /// <returns>Ok; <see cref="ResultCode.PayloadMalformed"/>; or the source's or the flash's reason.</returns>
        internal ResultCode Decode(int position, int storedBytes, int runBytes, int imagePosition, byte[] buffer, int offset, int count)
        {
            _inputAt = 0;
            _inputEnd = 0;
            _sourceAt = position;
            _sourceEnd = position + storedBytes;
            _runEnd = position + runBytes;
            _result = ResultCode.Ok;
            _word = 0;
            _bits = 0;
            _paddingBits = 0;

            ResultCode result = DecodeItems(imagePosition - offset, buffer, offset, count);
            if (_result != ResultCode.Ok)
            {
                return _result;
            }

            bool isUsedUp = _inputAt == _inputEnd && _sourceAt == _sourceEnd && _bits - _paddingBits < 8;
            return result == ResultCode.Ok && !isUsedUp ? ResultCode.PayloadMalformed : result;
        }

        private ResultCode DecodeItems(int imageShift, byte[] buffer, int start, int count)
        {
            int at = start;
            int end = start + count;
            int windowBits = _windowBits;
            int lengthBits = _lengthBits;
            bool isDifferential = _precursor != null;
            uint windowMask = (1u << windowBits) - 1;
            uint lengthMask = (1u << lengthBits) - 1;
            byte[] input = _input;
            int inputAt = 0;
            int inputEnd = 0;
            int paddingBits = 0;
            int diagonal = 0;
            uint word = 0;
            int bits = 0;
            while (at < end)
            {
                while (bits <= 24)
                {
                    if (inputAt == inputEnd)
                    {
                        Refill();
                        inputAt = 0;
                        inputEnd = _inputEnd;
                        paddingBits = _paddingBits;
                    }

                    word = (word << 8) | input[inputAt++];
                    bits += 8;
                }

                bits--;
                if (((word >> bits) & 1) != 0)
                {
                    bits -= 8;
                    buffer[at++] = (byte)(word >> bits);
                }
                else
                {
                    if (isDifferential && ((word >> --bits) & 1) != 0)
                    {
                        _inputAt = inputAt;
                        _word = word;
                        _bits = bits;
                        int length = CopyFromPrecursor(ref diagonal, at + imageShift, buffer, at, end - at);
                        if (length == 0)
                        {
                            return ResultCode.PayloadMalformed;
                        }

                        at += length;
                        inputAt = _inputAt;
                        inputEnd = _inputEnd;
                        paddingBits = _paddingBits;
                        word = _word;
                        bits = _bits;
                    }
                    else
                    {
                        bits -= windowBits;
                        int from = at - 1 - (int)((word >> bits) & windowMask);
                        bits -= lengthBits;
                        int length = 1 + (int)((word >> bits) & lengthMask);
                        if (from < start || length > end - at)
                        {
                            return ResultCode.PayloadMalformed;
                        }

                        // One byte after the other: where the two overlap, a byte just written is copied again.
                        for (length += at; at < length; at++)
                        {
                            buffer[at] = buffer[from++];
                        }
                    }
                }

                if (bits < paddingBits)
                {
                    return ResultCode.PayloadMalformed;
                }
            }

            _inputAt = inputAt;
            _bits = bits;
            return ResultCode.Ok;
        }

        /// <summary>Copies from the precursor, on the diagonal of the copy before or on a new one.</summary>
        /// <returns>How many bytes; 0 when the item is malformed or the flash fails, which is then in the result.</returns>
        private int CopyFromPrecursor(ref int diagonal, int imagePosition, byte[] buffer, int at, int left)
        {
            if (Number(1, 1) != 0)
            {
                // Zigzag: 0, -1, 1, -2 ... The sum may wrap when it is meant to harm; what it became is checked below.
                int change = Number(NumberGroupBits, NumberGroupsMax);
                diagonal += (change >> 1) ^ -(change & 1);
            }

            int length = Number(NumberGroupBits, NumberGroupsMax) + 1;
            int from = imagePosition + diagonal;
            int size = _precursor.SizeBytes;
            if (_bits < _paddingBits || length > left || from < 0 || from > size || length > size - from)
            {
                return 0;
            }

            _result = _precursor.Region.Read(_precursor.OffsetBytes + from, buffer, at, length);
            return _result == ResultCode.Ok ? length : 0;
        }

        /// <summary>Reads a number in groups, lowest first, each after a bit that says whether another follows;
        /// with one group allowed there is no such bit.</summary>
        private int Number(int groupBits, int groupsMax)
        {
            int value = 0;
            int isMore = groupsMax > 1 ? 1 : 0;
            for (int group = 0; group < groupsMax; group++)
            {
                while (_bits <= 24)
                {
                    if (_inputAt == _inputEnd)
                    {
                        Refill();
                    }

                    _word = (_word << 8) | _input[_inputAt++];
                    _bits += 8;
                }

                _bits -= groupBits + isMore;
                int bits = (int)(_word >> _bits);
                value |= (bits & ((1 << groupBits) - 1)) << (group * groupBits);
                if (isMore == 0 || ((bits >> groupBits) & 1) == 0)
                {
                    return value;
                }
            }

            // Another group is said to follow the last one that may: no length and no position is so large.
            return 0xFFFFFF;
        }

        /// <summary>Gets the next stored bytes; zeros, counted as padding, when there are none or the source fails.</summary>
        private void Refill()
        {
            int count = _sourceEnd - _sourceAt < InputBytes ? _sourceEnd - _sourceAt : InputBytes;
            _inputAt = 0;
            if (count > 0 && _result == ResultCode.Ok)
            {
                _result = _source.Read(_sourceAt, _runEnd - _sourceAt, _input, 0, count);
                _sourceAt += count;
            }

            if (count == 0 || _result != ResultCode.Ok)
            {
                _input[0] = 0;
                count = 1;
                _paddingBits += 8;
            }

            _inputEnd = count;
        }
    }
}
