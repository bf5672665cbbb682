// CBOR written from plain values, with no rules at all: what the author's tools refuse to write, tests must be able to.
// byte[] is a byte string, string is text, object[] an array, null null; Map and Raw see below.

using System;
using System.Buffers.Binary;
using System.IO;
using System.Text;

namespace NanoBoot.Tests.Shared
{
    /// <summary>Writes CBOR from values.</summary>
    internal static class CborValue
    {
        /// <summary>Encodes a value.</summary>
        public static byte[] Encode(object? value)
        {
            using var stream = new MemoryStream();
            Write(stream, value);
            return stream.ToArray();
        }

        /// <summary>A map, its pairs in the order given.</summary>
        public static CborPairs Map(params (object Key, object? Value)[] pairs) => new(pairs);

        /// <summary>Bytes that stand as they are.</summary>
        public static RawCbor Raw(byte[] bytes) => new(bytes);

        /// <summary>Bytes that stand as they are.</summary>
        public static RawCbor Raw(string hex) => new(Convert.FromHexString(hex.Replace(" ", string.Empty)));

        /// <summary>A tag and its item.</summary>
        public static RawCbor Tag(ulong tag, object? value) => new([.. Head(6, tag), .. Encode(value)]);

        /// <summary>A head in its shortest form.</summary>
        public static byte[] Head(int majorType, ulong argument)
        {
            byte[] bytes = new byte[9];
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(1), argument);
            int count = argument < 24 ? 0 : argument < 256 ? 1 : argument < 65536 ? 2 : argument < 4294967296 ? 4 : 8;
            int information = count switch { 0 => (int)argument, 1 => 24, 2 => 25, 4 => 26, _ => 27 };
            return [(byte)(majorType << 5 | information), .. bytes[(9 - count)..]];
        }

        private static void Write(Stream stream, object? value)
        {
            switch (value)
            {
                case null:
                    stream.WriteByte(0xF6);
                    break;
                case bool boolean:
                    stream.WriteByte((byte)(boolean ? 0xF5 : 0xF4));
                    break;
                case int number:
                    WriteInt(stream, number);
                    break;
                case long number:
                    WriteInt(stream, number);
                    break;
                case byte[] bytes:
                    stream.Write(Head(2, (ulong)bytes.Length));
                    stream.Write(bytes);
                    break;
                case string text:
                    byte[] encoded = Encoding.UTF8.GetBytes(text);
                    stream.Write(Head(3, (ulong)encoded.Length));
                    stream.Write(encoded);
                    break;
                case object?[] items:
                    stream.Write(Head(4, (ulong)items.Length));
                    foreach (object? item in items)
                    {
                        Write(stream, item);
                    }

                    break;
                case CborPairs map:
                    stream.Write(Head(5, (ulong)map.Pairs.Length));
                    foreach ((object key, object? item) in map.Pairs)
                    {
                        Write(stream, key);
                        Write(stream, item);
                    }

                    break;
                case RawCbor raw:
                    stream.Write(raw.Bytes);
                    break;
                default:
                    throw new ArgumentException(value.GetType().Name);
            }
        }

        private static void WriteInt(Stream stream, long number)
        {
            stream.Write(number < 0 ? Head(1, (ulong)~number) : Head(0, (ulong)number));
        }
    }

    /// <summary>The pairs of a map.</summary>
    internal sealed record CborPairs((object Key, object? Value)[] Pairs);

    /// <summary>Encoded bytes.</summary>
    internal sealed record RawCbor(byte[] Bytes);
}
