// Bits, highest first, as the blocks of packed payloads have them (docs/SPEC-payload.md).

using System;
using System.Collections.Generic;
using System.IO;

namespace NanoBoot.Author
{
    /// <summary>Collects bits into bytes.</summary>
    internal sealed class BitWriter
    {
        private readonly List<byte> _bytes = [];
        private int _free;

        /// <summary>Writes the low bits of a value, the highest of them first.</summary>
        public void Write(int value, int bits)
        {
            for (int bit = bits - 1; bit >= 0; bit--)
            {
                if (_free == 0)
                {
                    _bytes.Add(0);
                    _free = 8;
                }

                _free--;
                _bytes[^1] |= (byte)(((value >> bit) & 1) << _free);
            }
        }

        /// <summary>Writes a number in groups of 4 bits, lowest first, each after a bit that says whether another follows.</summary>
        public void WriteNumber(int value)
        {
            while (value > 15)
            {
                Write(0x10 | (value & 15), 5);
                value >>= 4;
            }

            Write(value, 5);
        }

        /// <summary>How many bits <see cref="WriteNumber"/> takes.</summary>
        public static int NumberBits(int value)
        {
            int bits = 5;
            for (; value > 15; value >>= 4)
            {
                bits += 5;
            }

            return bits;
        }

        /// <summary>All bits, filled up with zeros to a whole byte.</summary>
        public byte[] ToArray() => [.. _bytes];
    }

    /// <summary>Takes bits out of bytes.</summary>
    internal ref struct BitReader
    {
        private readonly ReadOnlySpan<byte> _bytes;
        private int _position;

        /// <summary>Starts at the first bit.</summary>
        public BitReader(ReadOnlySpan<byte> bytes)
        {
            _bytes = bytes;
            _position = 0;
        }

        /// <summary>True when fewer than 8 bits are left.</summary>
        public readonly bool IsAtEnd => (_bytes.Length * 8) - _position < 8;

        /// <summary>Reads a value of some bits.</summary>
        public int Read(int bits)
        {
            int value = 0;
            for (; bits > 0; bits--)
            {
                if (_position >= _bytes.Length * 8)
                {
                    throw new InvalidDataException("A block ends too early.");
                }

                value = (value << 1) | ((_bytes[_position / 8] >> (7 - (_position % 8))) & 1);
                _position++;
            }

            return value;
        }

        /// <summary>Reads a number in groups, at most six.</summary>
        public int ReadNumber()
        {
            int value = 0;
            for (int shift = 0; shift < 24; shift += 4)
            {
                int group = Read(5);
                value |= (group & 15) << shift;
                if (group < 16)
                {
                    return value;
                }
            }

            throw new InvalidDataException("A number has more than six groups.");
        }
    }
}
