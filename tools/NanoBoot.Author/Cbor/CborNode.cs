// Reads CBOR into a tree, for the author's side: listings, comparisons, editing of envelopes. It is as strict about
// the encoding as the device (deterministic only), but it allocates and throws: it is never run on a device.

using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;

namespace NanoBoot.Author
{
    /// <summary>What a <see cref="CborNode"/> is.</summary>
    public enum CborKind
    {
        /// <summary>An integer, of either sign.</summary>
        Integer,

        /// <summary>A byte string.</summary>
        Bytes,

        /// <summary>A text string.</summary>
        Text,

        /// <summary>An array.</summary>
        Array,

        /// <summary>A map.</summary>
        Map,

        /// <summary>A tag with its item.</summary>
        Tag,

        /// <summary>True or false.</summary>
        Bool,

        /// <summary>Null.</summary>
        Null,

        /// <summary>Another simple value, or a floating-point number; kept as its bytes.</summary>
        Other,
    }

    /// <summary>Bytes are not the CBOR that was asked for.</summary>
    public sealed class CborException : Exception
    {
        /// <summary>Makes the exception.</summary>
        /// <param name="offsetBytes">Where, from the start of the bytes read.</param>
        /// <param name="message">What is wrong.</param>
        public CborException(int offsetBytes, string message)
            : base($"byte {offsetBytes}: {message}")
        {
            OffsetBytes = offsetBytes;
        }

        /// <summary>Where, from the start of the bytes read.</summary>
        public int OffsetBytes { get; }
    }

    /// <summary>One CBOR item, with what is in it. Immutable.</summary>
    public sealed class CborNode
    {
        private const int MaximumDepth = 64;

        private CborNode(CborKind kind, int offsetBytes)
        {
            Kind = kind;
            OffsetBytes = offsetBytes;
        }

        /// <summary>What it is.</summary>
        public CborKind Kind { get; }

        /// <summary>Where it starts, from the start of the bytes read (of the outermost document).</summary>
        public int OffsetBytes { get; }

        /// <summary>The encoding of the item.</summary>
        public ReadOnlyMemory<byte> Encoded { get; private set; }

        /// <summary>The value of an integer, or 0 or 1 for a bool.</summary>
        public long Integer { get; private init; }

        /// <summary>The content of a byte string.</summary>
        public byte[] Bytes { get; private init; } = [];

        /// <summary>Where the content of a byte string starts.</summary>
        public int ContentOffsetBytes { get; private init; }

        /// <summary>The content of a text string.</summary>
        public string Text { get; private init; } = string.Empty;

        /// <summary>The number of a tag.</summary>
        public ulong Tag { get; private init; }

        /// <summary>The items of an array, or the one of a tag.</summary>
        public IReadOnlyList<CborNode> Items { get; private set; } = [];

        /// <summary>The entries of a map.</summary>
        public IReadOnlyList<(CborNode Key, CborNode Value)> Entries { get; private set; } = [];

        /// <summary>Reads exactly one item.</summary>
        /// <param name="encoded">The bytes.</param>
        /// <param name="baseOffsetBytes">Added to every offset.</param>
        /// <exception cref="CborException">The bytes are malformed, not deterministic, or more than one item.</exception>
        public static CborNode Parse(ReadOnlyMemory<byte> encoded, int baseOffsetBytes = 0)
        {
            int position = 0;
            CborNode node = Read(encoded, ref position, baseOffsetBytes, 0);
            if (position != encoded.Length)
            {
                throw new CborException(baseOffsetBytes + position, "bytes follow the end");
            }

            return node;
        }

        /// <summary>Reads what is in this byte string as one item.</summary>
        public CborNode ParseContent()
        {
            Require(CborKind.Bytes, "a byte string was expected");
            return Parse(Bytes, ContentOffsetBytes);
        }

        /// <summary>True when the content of this byte string is one well-formed item.</summary>
        /// <param name="content">The item.</param>
        public bool TryParseContent(out CborNode? content)
        {
            content = null;
            try
            {
                content = ParseContent();
                return true;
            }
            catch (CborException)
            {
                return false;
            }
        }

        /// <summary>The value of an integer key of this map, or null.</summary>
        /// <param name="key">The key.</param>
        public CborNode? Find(long key)
        {
            foreach ((CborNode candidate, CborNode value) in Entries)
            {
                if (candidate.Kind == CborKind.Integer && candidate.Integer == key)
                {
                    return value;
                }
            }

            return null;
        }

        /// <summary>This item, if it is of the kind.</summary>
        /// <param name="kind">The kind.</param>
        /// <param name="message">What to say otherwise.</param>
        /// <exception cref="CborException">It is of another kind.</exception>
        public CborNode Require(CborKind kind, string message)
        {
            return Kind == kind ? this : throw new CborException(OffsetBytes, message);
        }

        private static CborNode Read(ReadOnlyMemory<byte> source, ref int position, int baseOffset, int depth)
        {
            int start = position;
            int offset = baseOffset + start;
            if (depth > MaximumDepth)
            {
                throw new CborException(offset, $"more than {MaximumDepth} levels");
            }

            int initial = Next(source, ref position, baseOffset);
            int major = initial >> 5;
            ulong argument = major == 7 ? 0 : ReadArgument(source, ref position, initial & 31, baseOffset);
            CborNode node = major switch
            {
                0 when argument <= long.MaxValue => new CborNode(CborKind.Integer, offset) { Integer = (long)argument },
                1 when argument <= long.MaxValue => new CborNode(CborKind.Integer, offset) { Integer = -1 - (long)argument },
                0 or 1 => new CborNode(CborKind.Other, offset),
                2 => ReadBytes(source, ref position, argument, offset, baseOffset),
                3 => ReadText(source, ref position, argument, offset),
                4 => ReadArray(source, ref position, argument, offset, baseOffset, depth),
                5 => ReadMap(source, ref position, argument, offset, baseOffset, depth),
                6 => new CborNode(CborKind.Tag, offset) { Tag = argument, Items = [Read(source, ref position, baseOffset, depth + 1)] },
                _ => ReadSimple(source, ref position, initial & 31, offset, baseOffset),
            };
            node.Encoded = source[start..position];
            return node;
        }

        private static CborNode ReadBytes(ReadOnlyMemory<byte> source, ref int position, ulong count, int offset, int baseOffset)
        {
            int contentOffset = baseOffset + position;
            byte[] content = Take(source, ref position, count, offset).ToArray();
            return new CborNode(CborKind.Bytes, offset) { Bytes = content, ContentOffsetBytes = contentOffset };
        }

        private static CborNode ReadText(ReadOnlyMemory<byte> source, ref int position, ulong count, int offset)
        {
            ReadOnlyMemory<byte> content = Take(source, ref position, count, offset);
            try
            {
                var encoding = new UTF8Encoding(false, throwOnInvalidBytes: true);
                return new CborNode(CborKind.Text, offset) { Text = encoding.GetString(content.Span) };
            }
            catch (DecoderFallbackException)
            {
                throw new CborException(offset, "a text is not UTF-8");
            }
        }

        private static CborNode ReadArray(ReadOnlyMemory<byte> source, ref int position, ulong count, int offset, int baseOffset, int depth)
        {
            RequireItems(source, position, count, offset);
            var items = new List<CborNode>();
            for (ulong index = 0; index < count; index++)
            {
                items.Add(Read(source, ref position, baseOffset, depth + 1));
            }

            return new CborNode(CborKind.Array, offset) { Items = items };
        }

        private static CborNode ReadMap(ReadOnlyMemory<byte> source, ref int position, ulong count, int offset, int baseOffset, int depth)
        {
            RequireItems(source, position, count, offset);
            var entries = new List<(CborNode Key, CborNode Value)>();
            for (ulong index = 0; index < count; index++)
            {
                CborNode key = Read(source, ref position, baseOffset, depth + 1);
                if (entries.Count != 0 && entries[^1].Key.Encoded.Span.SequenceCompareTo(key.Encoded.Span) >= 0)
                {
                    throw new CborException(key.OffsetBytes, "map keys are not in order, or one is there twice");
                }

                entries.Add((key, Read(source, ref position, baseOffset, depth + 1)));
            }

            return new CborNode(CborKind.Map, offset) { Entries = entries };
        }

        private static CborNode ReadSimple(ReadOnlyMemory<byte> source, ref int position, int information, int offset, int baseOffset)
        {
            switch (information)
            {
                case 20:
                case 21:
                    return new CborNode(CborKind.Bool, offset) { Integer = information - 20 };
                case 22:
                    return new CborNode(CborKind.Null, offset);
                case < 24:
                    return new CborNode(CborKind.Other, offset);
                case 24 when Next(source, ref position, baseOffset) >= 32:
                    return new CborNode(CborKind.Other, offset);
                case 25:
                case 26:
                case 27:
                    Take(source, ref position, 1UL << (information - 24), offset);
                    return new CborNode(CborKind.Other, offset);
                default:
                    throw new CborException(offset, "a reserved or indefinite item");
            }
        }

        private static ulong ReadArgument(ReadOnlyMemory<byte> source, ref int position, int information, int baseOffset)
        {
            if (information < 24)
            {
                return (ulong)information;
            }

            int offset = baseOffset + position - 1;
            if (information > 27)
            {
                throw new CborException(offset, "an indefinite length or a reserved form");
            }

            ReadOnlySpan<byte> bytes = Take(source, ref position, 1UL << (information - 24), offset).Span;
            (ulong value, ulong least) = information switch
            {
                24 => ((ulong)bytes[0], 24UL),
                25 => (BinaryPrimitives.ReadUInt16BigEndian(bytes), 0x100UL),
                26 => (BinaryPrimitives.ReadUInt32BigEndian(bytes), 0x10000UL),
                _ => (BinaryPrimitives.ReadUInt64BigEndian(bytes), 0x100000000UL),
            };
            return value >= least ? value : throw new CborException(offset, "a number is not in its shortest form");
        }

        private static int Next(ReadOnlyMemory<byte> source, ref int position, int baseOffset)
        {
            return position < source.Length
                ? source.Span[position++]
                : throw new CborException(baseOffset + position, "the bytes end too early");
        }

        private static ReadOnlyMemory<byte> Take(ReadOnlyMemory<byte> source, ref int position, ulong count, int offset)
        {
            if (count > (ulong)(source.Length - position))
            {
                throw new CborException(offset, $"{count} bytes are announced, {source.Length - position} are left");
            }

            ReadOnlyMemory<byte> taken = source.Slice(position, (int)count);
            position += (int)count;
            return taken;
        }

        private static void RequireItems(ReadOnlyMemory<byte> source, int position, ulong count, int offset)
        {
            if (count > (ulong)(source.Length - position))
            {
                throw new CborException(offset, $"{count} items are announced, {source.Length - position} bytes are left");
            }
        }
    }
}
