// The strict CBOR reader: everything that comes from outside is read with it before anything about it is known.
//
// Profile (RFC 8949 §4.2.1, core deterministic encoding): definite lengths only, every head in its shortest form,
// map keys in bytewise order without duplicates, text in UTF-8. Of the simple values false, true and null;
// no floats, no undefined. Integers beyond 63 bits are well-formed, but are refused where a value is asked for.
// Errors stick: the first one is kept, with Position at the item that failed, and all reads after it do nothing and give 0
// or nothing. So a parser reads on, and asks once, at its end; what it decides in between on a value that may be such a 0
// must come to nothing. Loops over items end at an error (Next).
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
        private const int HeadNull = 0xF6;

        /// <summary>The bytes that the window is in.</summary>
        public readonly byte[] Buffer;

        private int _end;

        /// <summary>Where the next item begins, or the one that failed: an offset into the buffer, in bytes.</summary>
        /// <remarks>May be set back to an offset that this reader reported before.</remarks>
        public int Position;

        /// <summary>The first error in the window, or Ok. To be set by <see cref="Refuse"/> only.</summary>
        public ResultCode Error;

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

        // Moves the reader to another window of the same buffer, whose end is given, and forgets the error. The caller vouches
        // for the window.
        internal void SetWindow(int offset, int end)
        {
            Position = offset;
            _end = end;
            Error = ResultCode.Ok;
        }

        /// <summary>Records an error, unless there is one: for what a parser finds wrong, so that it need not return it.</summary>
        /// <param name="error">The error; Ok does nothing.</param>
        public void Refuse(ResultCode error)
        {
            if (Error == ResultCode.Ok)
            {
                Error = error;
            }
        }

        /// <summary>Says what comes next, without reading it.</summary>
        /// <returns>The major type of the next item; <see cref="CborType.End"/> at the end and after an error.</returns>
        public CborType PeekType()
        {
            return Error == ResultCode.Ok && Position < _end ? (CborType)(Buffer[Position] >> 5) : CborType.End;
        }

        /// <summary>Counts the items of an array or the pairs of a map while they are read: the condition of a loop.</summary>
        /// <param name="left">How many are left; one less afterwards.</param>
        /// <returns>Whether there is one to read: never after an error.</returns>
        public bool Next(ref int left)
        {
            return Error == ResultCode.Ok && left-- > 0;
        }

        /// <summary>Reads an item of a type that is its head alone; or the head of an array, a map or a tag, and what it holds
        /// follows.</summary>
        /// <param name="type">What it must be; no string.</param>
        /// <returns>The integer (CborTooLarge beyond 63 bits and the sign); the number of items of an array, no more than there are
        /// bytes left; the number of pairs of a map, two bytes left for each; the number of a tag; 20 for false, 21 for true,
        /// 22 for null. 0 after an error.</returns>
        /// <remarks>Whoever reads the pairs of a map reads each key with <see cref="ReadKey"/>.</remarks>
        public long Read(CborType type)
        {
            long argument = 0;
            if (Error == ResultCode.Ok)
            {
                Error = ReadHead(type, out argument);
            }

            return argument;
        }

        /// <summary>Reads an integer of either sign.</summary>
        /// <returns>The value, -2^63 to 2^63-1, CborTooLarge beyond that; 0 after an error.</returns>
        public long ReadInt()
        {
            return Read(PeekType() == CborType.NegativeInteger ? CborType.NegativeInteger : CborType.UnsignedInteger);
        }

        /// <summary>Reads a string. Text is checked to be UTF-8 (RFC 3629).</summary>
        /// <param name="type">What it must be: bytes or text.</param>
        /// <param name="count">How many bytes it has; 0 after an error.</param>
        /// <returns>Where its content begins in the buffer; 0 after an error.</returns>
        public int ReadString(CborType type, out int count)
        {
            int start = Position;
            count = (int)Read(type);
            int offset = Position;
            if (type == CborType.TextString && !IsUtf8(Buffer, offset, count))
            {
                Position = start;
                Refuse(ResultCode.CborInvalidUtf8);
            }

            if (Error != ResultCode.Ok)
            {
                count = 0;
                return 0;
            }

            Position = offset + count;
            return offset;
        }

        // Reads true or false; false after an error.
        internal bool ReadBool()
        {
            int start = Position;
            long value = Read(CborType.Simple);
            if (value > SimpleTrue)
            {
                Position = start;
                Refuse(ResultCode.CborUnexpectedType);
            }

            return value == SimpleTrue;
        }

        /// <summary>Passes over null, if it comes next. Whatever else comes is no error, and stays.</summary>
        /// <returns>Whether it was null; false after an error.</returns>
        public bool SkipNull()
        {
            bool isNull = PeekType() == CborType.Simple && Buffer[Position] == HeadNull;
            if (isNull)
            {
                Position++;
            }

            return isNull;
        }

        /// <summary>Reads the key of a pair, an integer or text, and checks that it follows the one before it.</summary>
        /// <param name="lastKey">Offset of the key before, -1 for the first; set to that of this key.</param>
        /// <returns>The integer; 0 for text, which stands at <paramref name="lastKey"/> then, and after an error.</returns>
        public long ReadKey(ref int lastKey)
        {
            int start = Position;
            long label = 0;
            if (PeekType() == CborType.TextString)
            {
                ReadString(CborType.TextString, out _);
            }
            else
            {
                label = ReadInt();
            }

            CheckKeyOrder(ref lastKey, start);
            return Error == ResultCode.Ok ? label : 0;
        }

        /// <summary>Checks that nothing is left in the window: what every parser ends with.</summary>
        /// <returns>The error that there was, or <see cref="ResultCode.CborTrailingBytes"/>; Ok when all was well.</returns>
        public ResultCode CheckEnd()
        {
            if (Position != _end)
            {
                Refuse(ResultCode.CborTrailingBytes);
            }

            return Error;
        }

        // Checks that the key at an offset, which was just read and ends at Position, follows the one before it in bytewise order
        // (RFC 8949 §4.2.1), which makes duplicates an error as well. After an error it does nothing that matters.
        internal void CheckKeyOrder(ref int lastKey, int key)
        {
            int last = lastKey;
            lastKey = key;
            if (last < 0)
            {
                return;
            }

            // No encoding is the beginning of another one, so the two differ before either ends, or are equal.
            int difference = 0;
            for (int i = key; i < Position && difference == 0; i++)
            {
                difference = Buffer[i] - Buffer[last++];
            }

            if (difference <= 0)
            {
                Refuse(ResultCode.CborKeyOrder);
            }
        }

        // Peek, decode, advance: Position moves only when the whole head is there and in its shortest form.
        private ResultCode ReadHead(CborType type, out long value)
        {
            byte[] buffer = Buffer;
            int position = Position;
            int left = _end - position - 1;
            value = 0;
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

            value = type == CborType.NegativeInteger ? ~argument : argument;
            Position = position;
            return ResultCode.Ok;
        }
    }
}
