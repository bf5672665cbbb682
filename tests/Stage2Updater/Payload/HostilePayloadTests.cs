// Packed payloads as an attacker makes them: refused or decoded to something that the chunk's digest refuses, never
// beyond the caller's buffer, never without end.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Hal;
using NanoBoot.Stage2Updater.Install;
using NanoBoot.Stage2Payloads;
using NanoBoot.Stage2Updater.Tests.Install;

namespace NanoBoot.Stage2Updater.Tests.Payload
{
    [TestClass]
    public sealed class HostilePayloadTests
    {
        private static readonly byte[] Former = PayloadFixture.Structured(71, 6_000);
        private static readonly byte[] Image = PayloadFixture.Later(72, Former);
        private static readonly int[] Cuts = PayloadFixture.Cuts(73, Image.Length);
        private static readonly Precursor InFlash = PayloadFixture.InSlot(Former);
        private static readonly byte[] Compressed = PackedPayloads.Compress(Image, Cuts);
        private static readonly byte[] Patch = PackedPayloads.Differentiate(Former, Image, Cuts);

        [TestMethod]
        [DataRow(false)]
        [DataRow(true)]
        public void Read_TruncatedAnywhere_RefusedAndNothingBeyond(bool isDifferential)
        {
            byte[] packed = isDifferential ? Patch : Compressed;
            for (int count = 0; count < packed.Length; count++)
            {
                Outcome outcome = Run(packed[..count]);
                Assert.AreEqual(ResultCode.TransferTruncated, outcome.Result, "cut at " + count);
            }

            Assert.AreEqual(ResultCode.Ok, Run(packed).Result);
        }

        [TestMethod]
        [DataRow(false)]
        [DataRow(true)]
        public void Read_EachBitFlipped_RefusedOrOtherBytesAndNothingBeyond(bool isDifferential)
        {
            byte[] packed = isDifferential ? Patch : Compressed;
            int refused = 0;
            int other = 0;
            for (int bit = 0; bit < packed.Length * 8; bit += 3)
            {
                byte[] changed = (byte[])packed.Clone();
                changed[bit / 8] ^= (byte)(1 << (bit % 8));
                Outcome outcome = Run(changed);
                refused += outcome.Result != ResultCode.Ok ? 1 : 0;
                other += outcome.Result == ResultCode.Ok && !outcome.Bytes.AsSpan().SequenceEqual(Image) ? 1 : 0;
            }

            // Both kinds occur: without refusals the checks would be missing, without other bytes the digests idle.
            Console.WriteLine($"{refused} refused, {other} other bytes");
            Assert.IsTrue(refused > 100 && other > 100);
        }

        [TestMethod]
        [DataRow(1_001)]
        [DataRow(1_002)]
        [DataRow(1_003)]
        [DataRow(1_004)]
        public void Read_RandomBlocksUnderAGoodHeader_EndsAndStaysInItsBuffer(int seed)
        {
            Console.WriteLine($"seed {seed}: the DataRow replays it");
            Random random = new(seed);
            HashSet<ResultCode> seen = [];
            for (int round = 0; round < 3_000; round++)
            {
                bool isDifferential = random.Next(2) == 0;
                int length = random.Next(1, 300);
                int stored = random.Next(1, length + 1);
                byte[] body = PayloadFixture.Bytes(random, stored);
                if (random.Next(3) == 0)
                {
                    // Few literals: copies, and numbers of many groups.
                    for (int i = 0; i < body.Length; i++)
                    {
                        body[i] &= (byte)(random.Next(2) == 0 ? 0x55 : 0x11);
                    }
                }

                byte[] packed = Header(isDifferential, random.Next(4, 13), random.Next(2, 9), length, stored, body);
                Outcome outcome = Run(packed, [length], length);
                seen.Add(outcome.Result);
            }

            CollectionAssert.IsSubsetOf(seen.ToArray(), new[] { ResultCode.Ok, ResultCode.PayloadMalformed });
            Assert.AreEqual(2, seen.Count, "both outcomes occur");
        }

        [TestMethod]
        [DataRow(3, 4, 1, 10, 5, DisplayName = "window too narrow")]
        [DataRow(13, 4, 1, 10, 5, DisplayName = "window too wide")]
        [DataRow(10, 1, 1, 10, 5, DisplayName = "length too narrow")]
        [DataRow(10, 9, 1, 10, 5, DisplayName = "length too wide")]
        [DataRow(10, 4, 0, 10, 5, DisplayName = "no blocks")]
        [DataRow(10, 4, 1025, 10, 5, DisplayName = "too many blocks")]
        [DataRow(10, 4, 65535, 10, 5, DisplayName = "far too many blocks")]
        [DataRow(10, 4, 1, 0, 0, DisplayName = "empty block")]
        [DataRow(10, 4, 1, 4097, 5, DisplayName = "block too long")]
        [DataRow(10, 4, 1, 65535, 5, DisplayName = "block far too long")]
        [DataRow(10, 4, 1, 10, 0, DisplayName = "nothing stored")]
        [DataRow(10, 4, 1, 10, 11, DisplayName = "more stored than there is")]
        public void Read_ImpossibleHeader_PayloadMalformed(int windowBits, int lengthBits, int blocks, int length, int stored)
        {
            byte[] packed = Header(false, windowBits, lengthBits, length, stored, new byte[5_000]);
            packed[6] = (byte)blocks;
            packed[7] = (byte)(blocks >> 8);
            byte[] buffer = new byte[10];
            PackedSource source = new(packed);
            PackedPayload payload = new(source, SHA256.HashData(Image), 0, PayloadFixture.None);
            Assert.AreEqual(ResultCode.PayloadMalformed, payload.Read(0, 10, buffer, 0, 10));
            Assert.IsTrue(source.Reads.Sum(read => read.Count) <= PackedPayload.IndexBytesMax + 8);
        }

        [TestMethod]
        public void Read_OtherMagic_PayloadMalformed()
        {
            foreach (string magic in new[] { "NBZ2", "NBD0", "nbz1", "\u007fELF" })
            {
                byte[] packed = (byte[])Compressed.Clone();
                System.Text.Encoding.Latin1.GetBytes(magic).CopyTo(packed, 0);
                Assert.AreEqual(ResultCode.PayloadMalformed, Run(packed).Result);
            }
        }

        [TestMethod]
        public void Read_PatchForAnotherImage_RefusedBeforeAnyBlock()
        {
            PackedSource source = new(Patch);
            PackedPayload payload = new(source, SHA256.HashData(Former), 0, [InFlash]);
            Assert.AreEqual(ResultCode.PayloadMalformed, payload.Read(0, 10, new byte[10], 0, 10));
            Assert.AreEqual(76, source.Reads.Sum(read => read.Count));
        }

        [TestMethod]
        [DataRow("0.000000000000.0000", DisplayName = "back before the block")]
        [DataRow("1.00000001 0.0000000001.0000", DisplayName = "two back after one byte")]
        [DataRow("1.00000001 0.0000000000.1111", DisplayName = "longer than what is left")]
        [DataRow("1.00000001 1.00000010 1.00000011 1.00000100 1.00000101 1.00000110 1.00000111 1.00001000 1.11111111", DisplayName = "fits exactly, then a byte more")]
        public void Read_CompressedBlockBeyondItsBounds_PayloadMalformed(string bits)
        {
            byte[] body = Bits(bits);
            byte[] packed = Header(false, 10, 4, Math.Max(8, body.Length + 1), body.Length, body);
            int length = Math.Max(8, body.Length + 1);
            Assert.AreEqual(ResultCode.PayloadMalformed, Run(packed, [length], length).Result);
        }

        [TestMethod]
        [DataRow("01 0 0.0000", ResultCode.PayloadMalformed, DisplayName = "one byte and no more")]
        [DataRow("01 0 0.1001", ResultCode.Ok, DisplayName = "ten bytes on the first diagonal: the control")]
        [DataRow("01 0 0.1010", ResultCode.PayloadMalformed, DisplayName = "eleven bytes of ten")]
        [DataRow("01 1 0.0001 0.1001", ResultCode.PayloadMalformed, DisplayName = "begins before the precursor")]
        [DataRow("01 1 1.1100 1.1100 1.1110 0.0010 0.1001", ResultCode.Ok, DisplayName = "the last ten bytes: the control")]
        [DataRow("01 1 1.1110 1.1100 1.1110 0.0010 0.1001", ResultCode.PayloadMalformed, DisplayName = "ends after the precursor")]
        [DataRow("01 0 1.1111 1.1111 1.1111 1.1111 1.1111 1.1111 0.0000", ResultCode.PayloadMalformed, DisplayName = "seven groups")]
        [DataRow("01 1 1.1111 1.1111 1.1111 1.1111 1.1111 0.1111 0.1001", ResultCode.PayloadMalformed, DisplayName = "the longest way back")]
        [DataRow("01 1 1.1110 1.1111 1.1111 1.1111 1.1111 0.1111 0.1001", ResultCode.PayloadMalformed, DisplayName = "the longest way on")]
        public void Read_CopyFromPrecursor_WithinItOrRefused(string bits, ResultCode expected)
        {
            byte[] body = Bits(bits);
            Outcome outcome = Run(Header(true, 10, 4, 10, body.Length, body), [10], 10);
            Assert.AreEqual(expected, outcome.Result);
            if (expected == ResultCode.Ok)
            {
                int from = body.Length > 2 ? Former.Length - 10 : 0;
                CollectionAssert.AreEqual(Former[from..(from + 10)], outcome.Bytes);
            }
        }

        [TestMethod]
        public void Install_HostileBlocks_NoByteIsWritten()
        {
            SlotFixture fixture = new();
            TestImage image = new(Image, Cuts);
            long operations = fixture.Power.OperationCount;
            byte[] changed = (byte[])Patch.Clone();
            changed[^1] ^= 0x80;
            changed[8 + 68 + (4 * Cuts.Length)] ^= 0x01;
            PackedPayload payload = new(new PackedSource(changed), SHA256.HashData(Image), 0, [InFlash]);

            ResultCode result = fixture.Install(image, false, null, payload);

            Assert.IsTrue(result is ResultCode.PayloadMalformed or ResultCode.PayloadChunkMismatch, result.ToString());
            Assert.AreEqual(operations, fixture.Power.OperationCount);
        }

        private sealed record Outcome(ResultCode Result, byte[] Bytes);

        private static Outcome Run(byte[] packed) => Run(packed, Cuts, Image.Length);

        /// <summary>Decodes into the middle of a larger array, and looks that nothing beside the image was touched.</summary>
        private static Outcome Run(byte[] packed, IEnumerable<int> pieces, int imageBytes)
        {
            const int Guard = 64;
            byte[] buffer = Enumerable.Repeat((byte)0xC3, imageBytes + (2 * Guard)).ToArray();
            PackedPayload payload = new(new PackedSource(packed), SHA256.HashData(Image), 0, [InFlash]);
            ResultCode result = ResultCode.Ok;
            int position = 0;
            foreach (int piece in pieces)
            {
                if (result == ResultCode.Ok)
                {
                    result = payload.Read(position, imageBytes - position, buffer, Guard + position, piece);
                }

                if (result != ResultCode.Ok)
                {
                    Assert.IsTrue(buffer.AsSpan(Guard + position + piece).IndexOfAnyExcept((byte)0xC3) < 0, "beyond the piece");
                    break;
                }

                position += piece;
            }

            Assert.IsTrue(buffer.Take(Guard).Concat(buffer.TakeLast(Guard)).All(b => b == 0xC3), "beside the image");
            return new Outcome(result, buffer[Guard..^Guard]);
        }

        private static byte[] Header(bool isDifferential, int windowBits, int lengthBits, int length, int stored, byte[] body)
        {
            byte[] digests = isDifferential
                ? [.. SHA256.HashData(Image), .. BitConverter.GetBytes(Former.Length), .. SHA256.HashData(Former)]
                : [];
            byte[] magic = isDifferential ? "NBD1"u8.ToArray() : "NBZ1"u8.ToArray();
            return
            [
                .. magic, (byte)windowBits, (byte)lengthBits, 1, 0, .. digests,
                (byte)length, (byte)(length >> 8), (byte)stored, (byte)(stored >> 8), .. body,
            ];
        }

        /// <summary>Bits as text to bytes; points and spaces are for the reader.</summary>
        private static byte[] Bits(string text)
        {
            string bits = new([.. text.Where(c => c is '0' or '1')]);
            byte[] bytes = new byte[(bits.Length + 7) / 8];
            for (int bit = 0; bit < bits.Length; bit++)
            {
                bytes[bit / 8] |= (byte)((bits[bit] - '0') << (7 - (bit % 8)));
            }

            return bytes;
        }
    }
}
