// Writes deterministically encoded CBOR (RFC 8949 section 4.2.1): shortest heads, definite lengths,
// map keys in bytewise order of their encoding. The same calls give the same bytes, always.

using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace NanoBoot.Author
{
    /// <summary>Writes CBOR in the deterministic encoding of RFC 8949 §4.2.1. Not thread-safe.</summary>
    /// <remarks>Arrays are written with their length first, items after it; <see cref="ToArray"/> refuses to give out
    /// bytes while items are missing. Maps are written through <see cref="CborMap"/>, which sorts the keys.</remarks>
    public sealed class CborWriter
    {
        private static readonly UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

        private readonly MemoryStream _stream = new();
        private readonly Stack<int> _itemsMissing = new();

        /// <summary>Number of bytes written so far.</summary>
        public int Length => (int)_stream.Length;

        /// <summary>Encodes what <paramref name="write"/> writes.</summary>
        /// <param name="write">Writes one data item, or a CBOR sequence.</param>
        /// <returns>The encoded bytes.</returns>
        public static byte[] Encode(Action<CborWriter> write)
        {
            ArgumentNullException.ThrowIfNull(write);
            var writer = new CborWriter();
            write(writer);
            return writer.ToArray();
        }

        /// <summary>The encoding of a byte string that holds <paramref name="content"/>, head included.</summary>
        /// <param name="content">The content.</param>
        public static byte[] EncodeBytes(ReadOnlySpan<byte> content)
        {
            var writer = new CborWriter();
            writer.WriteBytes(content);
            return writer.ToArray();
        }

        /// <summary>Writes an unsigned integer (major type 0).</summary>
        /// <param name="value">The value.</param>
        public CborWriter WriteUInt(ulong value)
        {
            WriteHead(0, value);
            EndItem();
            return this;
        }

        /// <summary>Writes an integer (major type 0 or 1).</summary>
        /// <param name="value">The value.</param>
        public CborWriter WriteInt(long value)
        {
            if (value >= 0)
            {
                WriteHead(0, (ulong)value);
            }
            else
            {
                WriteHead(1, (ulong)(-1 - value));
            }

            EndItem();
            return this;
        }

        /// <summary>Writes a byte string.</summary>
        /// <param name="content">Its content.</param>
        public CborWriter WriteBytes(ReadOnlySpan<byte> content)
        {
            WriteHead(2, (ulong)content.Length);
            _stream.Write(content);
            EndItem();
            return this;
        }

        /// <summary>Writes a text string.</summary>
        /// <param name="text">Its content; lone surrogates are refused.</param>
        public CborWriter WriteText(string text)
        {
            ArgumentNullException.ThrowIfNull(text);
            byte[] content = s_strictUtf8.GetBytes(text);
            WriteHead(3, (ulong)content.Length);
            _stream.Write(content);
            EndItem();
            return this;
        }

        /// <summary>Writes the head of an array; the items follow.</summary>
        /// <param name="count">Number of items.</param>
        public CborWriter StartArray(int count)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(count);
            WriteHead(4, (ulong)count);
            StartItems(count);
            return this;
        }

        /// <summary>Writes a tag; the tagged item follows.</summary>
        /// <param name="tag">The tag number.</param>
        public CborWriter WriteTag(ulong tag)
        {
            WriteHead(6, tag);
            return this;
        }

        /// <summary>Writes true or false.</summary>
        /// <param name="value">The value.</param>
        public CborWriter WriteBool(bool value)
        {
            WriteHead(7, value ? 21u : 20u);
            EndItem();
            return this;
        }

        /// <summary>Writes null.</summary>
        public CborWriter WriteNull()
        {
            WriteHead(7, 22);
            EndItem();
            return this;
        }

        /// <summary>Writes one item that is encoded already.</summary>
        /// <param name="encoded">The encoding of exactly one data item.</param>
        public CborWriter WriteEncoded(ReadOnlySpan<byte> encoded)
        {
            if (encoded.IsEmpty)
            {
                throw new ArgumentException("An encoded item has at least one byte.", nameof(encoded));
            }

            _stream.Write(encoded);
            EndItem();
            return this;
        }

        /// <summary>Writes a map with its keys in deterministic order.</summary>
        /// <param name="map">The map.</param>
        public CborWriter WriteMap(CborMap map)
        {
            ArgumentNullException.ThrowIfNull(map);
            IReadOnlyList<KeyValuePair<byte[], byte[]>> entries = map.SortedEntries();
            WriteHead(5, (ulong)entries.Count);
            foreach (KeyValuePair<byte[], byte[]> entry in entries)
            {
                _stream.Write(entry.Key);
                _stream.Write(entry.Value);
            }

            EndItem();
            return this;
        }

        /// <summary>The bytes written.</summary>
        /// <exception cref="InvalidOperationException">Items of an array are missing.</exception>
        public byte[] ToArray()
        {
            if (_itemsMissing.Count != 0)
            {
                throw new InvalidOperationException("An array lacks items.");
            }

            return _stream.ToArray();
        }

        private void WriteHead(int majorType, ulong value)
        {
            int type = majorType << 5;
            Span<byte> head = stackalloc byte[9];
            int count;
            if (value < 24)
            {
                head[0] = (byte)(type | (int)value);
                count = 1;
            }
            else if (value <= byte.MaxValue)
            {
                head[0] = (byte)(type | 24);
                head[1] = (byte)value;
                count = 2;
            }
            else if (value <= ushort.MaxValue)
            {
                head[0] = (byte)(type | 25);
                BinaryPrimitives.WriteUInt16BigEndian(head[1..], (ushort)value);
                count = 3;
            }
            else if (value <= uint.MaxValue)
            {
                head[0] = (byte)(type | 26);
                BinaryPrimitives.WriteUInt32BigEndian(head[1..], (uint)value);
                count = 5;
            }
            else
            {
                head[0] = (byte)(type | 27);
                BinaryPrimitives.WriteUInt64BigEndian(head[1..], value);
                count = 9;
            }

            _stream.Write(head[..count]);
        }

        private void StartItems(int count)
        {
            if (count == 0)
            {
                EndItem();
            }
            else
            {
                _itemsMissing.Push(count);
            }
        }

        /// <summary>Counts an item off the innermost array; an array that is complete is itself an item of the next.</summary>
        private void EndItem()
        {
            while (_itemsMissing.Count != 0)
            {
                int missing = _itemsMissing.Pop() - 1;
                if (missing != 0)
                {
                    _itemsMissing.Push(missing);
                    return;
                }
            }
        }
    }
}
