// CRC-32, SHA-256 and HMAC-SHA256 for simulations: the values of Hal's own, sooner. A boot computes the CRC of some thirty
// records; and the boots of a scenario hash the same few envelopes and chunks some ten thousand times.

using System;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;

namespace NanoBoot.Hal.Crypto
{
    /// <summary>CRC-32, 16 bytes at a step where the processor multiplies without carry, else 8.</summary>
    public static class Crc32
    {
        private const uint Polynomial = 0xEDB88320;
        private static readonly uint[] Table = MakeTable();

        /// <summary>As Hal's.</summary>
        public static uint Compute(byte[] data, int offset, int count, uint previous = 0)
        {
            uint[] table = Table;
            uint crc = ~previous;
            ReadOnlySpan<byte> bytes = data.AsSpan(offset, count);
            if (Pclmulqdq.IsSupported && bytes.Length >= 32)
            {
                int folded = bytes.Length & ~15;
                crc = Fold(bytes.Slice(0, folded), crc);
                bytes = bytes.Slice(folded);
            }

            while (bytes.Length >= 8)
            {
                uint low = crc ^ BitConverter.ToUInt32(bytes);
                uint high = BitConverter.ToUInt32(bytes.Slice(4));
                crc = table[(7 * 256) + (byte)low] ^ table[(6 * 256) + (byte)(low >> 8)] ^ table[(5 * 256) + (byte)(low >> 16)]
                    ^ table[(4 * 256) + (int)(low >> 24)] ^ table[(3 * 256) + (byte)high] ^ table[(2 * 256) + (byte)(high >> 8)]
                    ^ table[256 + (byte)(high >> 16)] ^ table[(int)(high >> 24)];
                bytes = bytes.Slice(8);
            }

            foreach (byte value in bytes)
            {
                crc = (crc >> 8) ^ table[(byte)(crc ^ value)];
            }

            return ~crc;
        }

        // Whole blocks of 16 bytes, two at least. Each block is carried into the next by two products with powers of x modulo
        // the polynomial, all of it bit-reflected; what is left is reduced to 64 and to 32 bits (Barrett).
        private static uint Fold(ReadOnlySpan<byte> bytes, uint crc)
        {
            Vector128<ulong> powers = Vector128.Create(0x01751997D0UL, 0x00CCAA009EUL);
            ReadOnlySpan<Vector128<ulong>> blocks = MemoryMarshal.Cast<byte, Vector128<ulong>>(bytes);
            Vector128<ulong> sum = blocks[0] ^ Vector128.CreateScalar((ulong)crc);
            for (int i = 1; i < blocks.Length; i++)
            {
                sum = Pclmulqdq.CarrylessMultiply(sum, powers, 0x00) ^ Pclmulqdq.CarrylessMultiply(sum, powers, 0x11) ^ blocks[i];
            }

            Vector128<ulong> low32 = Vector128.Create((ulong)uint.MaxValue);
            sum = Sse2.ShiftRightLogical128BitLane(sum, 8) ^ Pclmulqdq.CarrylessMultiply(sum, powers, 0x10);
            sum = Sse2.ShiftRightLogical128BitLane(sum, 4)
                ^ Pclmulqdq.CarrylessMultiply(sum & low32, Vector128.CreateScalar(0x0163CD6124UL), 0x00);
            Vector128<ulong> barrett = Vector128.Create(0x01DB710641UL, 0x01F7011641UL);
            Vector128<ulong> quotient = Pclmulqdq.CarrylessMultiply(sum & low32, barrett, 0x10) & low32;
            sum ^= Pclmulqdq.CarrylessMultiply(quotient, barrett, 0x00);
            return (uint)(sum.ToScalar() >> 32);
        }

        private static uint[] MakeTable()
        {
            uint[] table = new uint[8 * 256];
            for (uint i = 0; i < 256; i++)
            {
                uint crc = i;
                for (int bit = 0; bit < 8; bit++)
                {
                    crc = (crc >> 1) ^ ((crc & 1) * Polynomial);
                }

                table[i] = crc;
            }

            for (int i = 256; i < table.Length; i++)
            {
                table[i] = (table[i - 256] >> 8) ^ table[(byte)table[i - 256]];
            }

            return table;
        }
    }

    /// <summary>SHA-256 by the runtime's implementation.</summary>
    public sealed class Sha256
    {
        /// <summary>As Hal's.</summary>
        public const int DigestBytes = 32;

        /// <summary>As Hal's.</summary>
        public const int BlockBytes = 64;

        /// <summary>As Hal's.</summary>
        public const int StateWords = 8;

        /// <summary>As Hal's.</summary>
        public const int BlockWords = 16;

        private byte[] _input = Array.Empty<byte>();

        /// <summary>As Hal's.</summary>
        public void Reset()
        {
            _input = Array.Empty<byte>();
        }

        /// <summary>As Hal's.</summary>
        public void Update(byte[] data, int offset, int count)
        {
            int before = _input.Length;
            Array.Resize(ref _input, before + count);
            Array.Copy(data, offset, _input, before, count);
        }

        /// <summary>As Hal's.</summary>
        public void Finish(byte[] digest, int offset)
        {
            Remembered.Compute(null, _input, digest.AsSpan(offset, DigestBytes));
            Reset();
        }

        /// <summary>As Hal's.</summary>
        public static void WordsToBytes(uint[] words, int wordCount, byte[] bytes, int offset)
        {
            for (int i = 0; i < wordCount; i++)
            {
                BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(offset + (4 * i)), words[i]);
            }
        }

        /// <summary>As Hal's.</summary>
        public static void BytesToWords(byte[] bytes, int offset, uint[] words, int wordCount)
        {
            for (int i = 0; i < wordCount; i++)
            {
                words[i] = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(offset + (4 * i)));
            }
        }

        /// <summary>Not in simulations: no scenario has HSS/LMS.</summary>
        public static void Compress(uint[] initial, uint[] block, uint[] result)
        {
            throw new NotSupportedException();
        }
    }

    /// <summary>HMAC-SHA256 by the runtime's implementation.</summary>
    public static class HmacSha256
    {
        /// <summary>Length of a MAC in bytes.</summary>
        public const int MacBytes = 32;

        /// <summary>As Hal's.</summary>
        public static byte[] Compute(byte[] key, byte[] data, int offset, int count)
        {
            byte[] mac = new byte[MacBytes];
            Remembered.Compute(key, data.AsSpan(offset, count), mac);
            return mac;
        }
    }

    /// <summary>Digests that were computed before: found by all bytes of key and input, or computed.</summary>
    internal static class Remembered
    {
        private const int EntriesMax = 1024;

        [ThreadStatic]
        private static Entry[] _entries;

        internal static void Compute(byte[] key, ReadOnlySpan<byte> input, Span<byte> digest)
        {
            _entries ??= new Entry[EntriesMax];
            ref Entry entry = ref _entries[IndexOf(input)];
            if (entry == null || !entry.IsOf(key, input))
            {
                entry = new Entry(key, input);
            }

            entry.Digest.CopyTo(digest);
        }

        private static int IndexOf(ReadOnlySpan<byte> input)
        {
            const ulong Odd = 0x9E3779B97F4A7C15;
            ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(input);
            ulong even = (ulong)input.Length;
            ulong odd = Odd;
            int i = 0;
            for (; i + 2 <= words.Length; i += 2)
            {
                even = (even ^ words[i]) * Odd;
                odd = (odd ^ words[i + 1]) * Odd;
            }

            ulong mix = (even ^ BitOperations.RotateLeft(odd, 32)) * Odd;
            return (int)(mix >> 54) & (EntriesMax - 1);
        }

        private sealed class Entry
        {
            internal readonly byte[] Digest;
            private readonly byte[] _key;
            private readonly byte[] _input;

            internal Entry(byte[] key, ReadOnlySpan<byte> input)
            {
                _key = (byte[])key?.Clone();
                _input = input.ToArray();
                Digest = key == null ? SHA256.HashData(input) : HMACSHA256.HashData(key, input);
            }

            internal bool IsOf(byte[] key, ReadOnlySpan<byte> input)
            {
                return (key == null) == (_key == null) && key.AsSpan().SequenceEqual(_key) && input.SequenceEqual(_input);
            }
        }
    }
}
