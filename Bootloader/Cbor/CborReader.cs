// The strict CBOR reader: everything that comes from outside is read with it before anything about it is known.
//
// Profile (RFC 8949 §4.2.1, core deterministic encoding): definite lengths only, every head in its shortest form,
// map keys in bytewise order without duplicates, text in UTF-8. Of the simple values false, true and null;
// no floats, no undefined. Integers beyond 63 bits are well-formed, but are refused where a value is asked for.
// Invariants: a window [start, end) of the buffer is never left; a count is compared with what is left before it is
// used in any sum; a read that fails leaves Position where it was; no recursion, nesting ends at MaxDepth.
// Fault model: the bytes are chosen by an attacker.

using NanoBoot.Hal;

namespace NanoBoot.Bootloader.Cbor
{
    /// <summary>Reads deterministic CBOR from a window of a byte array.</summary>
    /// <remarks>Strings are returned as offset and count into the buffer; nothing is copied. One thread.</remarks>
    public sealed partial class CborReader
    {
        /// <summary>How deep arrays, maps and tags may nest in an item that is skipped.</summary>
        public const int MaxDepth = 16;

        private const int SimpleTrue = 21;
        private const int SimpleNull = 22;

        /// <summary>The bytes that the window is in.</summary>
        public readonly byte[] Buffer;

        private int _end;

        /// <summary>Where the next item begins: an offset into the buffer, in bytes.</summary>
        /// <remarks>May be set back to an offset that this reader reported before.</remarks>
        public int Position;

        /// <summary>The argument of the head that was read last (value, length, count or tag number).</summary>
        private long _argument;

        /// <summary>Creates a reader over a window.</summary>
        /// <param name="buffer">The bytes. Not copied, and not changed.</param>
        /// <param name="offset">Where the window begins. The caller vouches that the window lies within the buffer.</param>
        /// <param name="count">How many bytes the window has.</param>
        public CborReader(byte[] buffer, int offset, int count)
        {
            Buffer = buffer;
            Position = offset;
            _end = offset + count;
        }

        // Moves the reader to another window of the same buffer, whose end is given. The caller vouches for it.
        internal void SetWindow(int offset, int end)
        {
            Position = offset;
            _end = end;
        }

        /// <summary>Says what comes next, without reading it.</summary>
        /// <returns>The major type of the next item, or <see cref="CborType.End"/>.</returns>
        public CborType PeekType()
        {
            return Position < _end ? (CborType)(Buffer[Position] >> 5) : CborType.End;
        }

        /// <summary>Reads an unsigned integer.</summary>
        /// <param name="value">The value, 0 to 2^63-1.</param>
        /// <returns>Ok; <see cref="ResultCode.CborTooLarge"/> from 2^63 on; or why the item is refused.</returns>
        public ResultCode ReadUInt(out long value)
        {
            ResultCode result = ReadHead(CborType.UnsignedInteger);
            value = _argument;
            return result;
        }

        /// <summary>Reads an integer of either sign.</summary>
        /// <param name="value">The value, -2^63 to 2^63-1.</param>
        /// <returns>Ok; <see cref="ResultCode.CborTooLarge"/> beyond that; or why the item is refused.</returns>
        public ResultCode ReadInt(out long value)
        {
            bool isNegative = PeekType() == CborType.NegativeInteger;
            ResultCode result = ReadHead(isNegative ? CborType.NegativeInteger : CborType.UnsignedInteger);
            value = isNegative ? ~_argument : _argument;
            return result;
        }

        /// <summary>Reads a byte string.</summary>
        /// <param name="offset">Where its content begins in the buffer.</param>
        /// <param name="count">How many bytes it has.</param>
        /// <returns>Ok, or why the item is refused.</returns>
        public ResultCode ReadBytes(out int offset, out int count)
        {
            return ReadString(CborType.ByteString, out offset, out count);
        }

        /// <summary>Reads a text string and checks that it is UTF-8 (RFC 3629).</summary>
        /// <param name="offset">Where its content begins in the buffer.</param>
        /// <param name="count">How many bytes it has.</param>
        /// <returns>Ok, or why the item is refused.</returns>
        public ResultCode ReadText(out int offset, out int count)
        {
            return ReadString(CborType.TextString, out offset, out count);
        }

        /// <summary>Reads the head of an array; its items follow.</summary>
        /// <param name="count">How many items it has: no more than there are bytes left.</param>
        /// <returns>Ok, or why the item is refused.</returns>
        public ResultCode ReadArrayHeader(out int count)
        {
            ResultCode result = ReadHead(CborType.Array);
            count = (int)_argument;
            return result;
        }

        /// <summary>Reads the head of a map; its pairs follow.</summary>
        /// <param name="count">How many pairs it has: two bytes are left for each at least.</param>
        /// <returns>Ok, or why the item is refused.</returns>
        /// <remarks>Whoever reads the pairs calls <see cref="CheckKeyOrder"/> after each key.</remarks>
        public ResultCode ReadMapHeader(out int count)
        {
            ResultCode result = ReadHead(CborType.Map);
            count = (int)_argument;
            return result;
        }

        /// <summary>Reads a tag; the item that it marks follows.</summary>
        /// <param name="tag">The number of the tag.</param>
        /// <returns>Ok, or why the item is refused.</returns>
        public ResultCode ReadTag(out long tag)
        {
            ResultCode result = ReadHead(CborType.Tag);
            tag = _argument;
            return result;
        }

        /// <summary>Reads true or false.</summary>
        /// <param name="value">The value.</param>
        /// <returns>Ok, or <see cref="ResultCode.CborUnexpectedType"/> or why the item is refused.</returns>
        internal ResultCode ReadBool(out bool value)
        {
            ResultCode result = ReadSimple(SimpleTrue - 1, SimpleTrue);
            value = _argument == SimpleTrue;
            return result;
        }

        /// <summary>Reads null.</summary>
        /// <returns>Ok, or <see cref="ResultCode.CborUnexpectedType"/> or why the item is refused.</returns>
        public ResultCode ReadNull()
        {
            return ReadSimple(SimpleNull, SimpleNull);
        }

        /// <summary>Reads the key of a pair, an integer or text, and checks that it follows the one before it.</summary>
        /// <param name="lastKey">Offset of the key before, -1 for the first; set to that of this key.</param>
        /// <param name="label">The integer; 0 for text, which stands at <paramref name="lastKey"/> then.</param>
        /// <returns>Ok, or why the key is refused.</returns>
        public ResultCode ReadKey(ref int lastKey, out long label)
        {
            int start = Position;
            label = 0;
            ResultCode result = PeekType() == CborType.TextString ? SkipItem() : ReadInt(out label);
            return result == ResultCode.Ok ? CheckKeyOrder(ref lastKey, start) : result;
        }

        /// <summary>Checks that nothing is left in the window.</summary>
        /// <returns>Ok, or <see cref="ResultCode.CborTrailingBytes"/>.</returns>
        public ResultCode CheckEnd()
        {
            return Position == _end ? ResultCode.Ok : ResultCode.CborTrailingBytes;
        }

        /// <summary>
        /// Checks that a key that was just read follows the one before it in bytewise order (RFC 8949 §4.2.1).
        /// </summary>
        /// <param name="lastKey">Offset of the key before, -1 for the first; set to <paramref name="key"/>.</param>
        /// <param name="key">Offset of the key that was just read; it ends at <see cref="Position"/>.</param>
        /// <returns>Ok, or <see cref="ResultCode.CborKeyOrder"/> for a duplicate or a key out of order.</returns>
        internal ResultCode CheckKeyOrder(ref int lastKey, int key)
        {
            int last = lastKey;
            lastKey = key;
            if (last < 0)
            {
                return ResultCode.Ok;
            }

            // No encoding is the beginning of another one, so the two differ before either ends, or are equal.
            for (int i = key; i < Position; i++)
            {
                int difference = Buffer[i] - Buffer[last++];
                if (difference != 0)
                {
                    return difference > 0 ? ResultCode.Ok : ResultCode.CborKeyOrder;
                }
            }

            return ResultCode.CborKeyOrder;
        }

        private ResultCode ReadSimple(int first, int last)
        {
            int start = Position;
            ResultCode result = ReadHead(CborType.Simple);
            if (result == ResultCode.Ok && (_argument < first || _argument > last))
            {
                Position = start;
                result = ResultCode.CborUnexpectedType;
            }

            return result;
        }

        private ResultCode ReadString(CborType type, out int offset, out int count)
        {
            offset = 0;
            count = 0;
            int start = Position;
            ResultCode result = ReadHead(type);
            if (result == ResultCode.Ok && type == CborType.TextString && !IsUtf8(Buffer, Position, (int)_argument))
            {
                Position = start;
                result = ResultCode.CborInvalidUtf8;
            }

            if (result == ResultCode.Ok)
            {
                offset = Position;
                count = (int)_argument;
                Position += count;
            }

            return result;
        }

        // Peek, decode, advance: Position moves only when the whole head is there and in its shortest form.
        private ResultCode ReadHead(CborType type)
        {
            byte[] buffer = Buffer;
            int position = Position;
            int left = _end - position - 1;
            _argument = 0;
            if (left < 0)
            {
                return ResultCode.CborTruncated;
            }

            int information = buffer[position++];
            if (information >> 5 != (int)type)
            {
                return ResultCode.CborUnexpectedType;
            }

            information &= 0x1F;
            if (type == CborType.Simple && (information < 20 || information > 22))
            {
                return ResultCode.CborReserved;
            }

            // Types 2 to 5.
            bool hasLength = ((type - CborType.ByteString) & ~3) == 0;
            long argument = information;
            if (information > 23)
            {
                if (information > 27)
                {
                    return information == 31 && hasLength ? ResultCode.CborNotDeterministic : ResultCode.CborReserved;
                }

                int bytes = 1 << (information - 24);
                left -= bytes;
                if (left < 0)
                {
                    return ResultCode.CborTruncated;
                }

                argument = 0;
                for (int i = 0; i < bytes; i++)
                {
                    argument = (argument << 8) | buffer[position++];
                }

                // The shorter forms reach up to 23, 2^8-1, 2^16-1 and 2^32-1. Negative here is 2^63 and more.
                if (bytes == 1 ? argument < 24 : argument >> (bytes * 4) == 0)
                {
                    return ResultCode.CborNotDeterministic;
                }
            }

            // An item takes one byte at least, a pair two.
            if (hasLength && (argument < 0 || argument > (type == CborType.Map ? left / 2 : left)))
            {
                return ResultCode.CborTruncated;
            }

            if (argument < 0)
            {
                return ResultCode.CborTooLarge;
            }

            _argument = argument;
            Position = position;
            return ResultCode.Ok;
        }
    }
}
