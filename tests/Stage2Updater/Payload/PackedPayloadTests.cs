// Packed payloads as an honest author makes them: what comes out of the device's decoder is the image.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Stage2Updater.Install;
using NanoBoot.Stage2Payloads;
using NanoBoot.Stage2Updater.Tests.Install;

namespace NanoBoot.Stage2Updater.Tests.Payload
{
    [TestClass]
    public sealed class PackedPayloadTests
    {
        [TestMethod]
        public void Read_HeatshrinkVector_SameBytes()
        {
            // heatshrink's own test of a run of one byte: "aaaaa" with a window of 8 and a look-ahead of 7 bits.
            byte[] packed = [.. "NBZ1"u8, 8, 7, 1, 0, 5, 0, 4, 0, 0xB0, 0x80, 0x01, 0x80];
            byte[] image = new byte[5];
            Assert.AreEqual(ResultCode.Ok, New(packed, "aaaaa"u8.ToArray()).Read(0, 5, image, 0, 5));
            CollectionAssert.AreEqual("aaaaa"u8.ToArray(), image);
        }

        [TestMethod]
        [DataRow(1)]
        [DataRow(40)]
        [DataRow(4096)]
        [DataRow(50_000)]
        public void Read_Compressed_SameImage(int bytes)
        {
            byte[] image = PayloadFixture.Structured(bytes, bytes);
            int[] cuts = PayloadFixture.Cuts(bytes, bytes);
            byte[] packed = PackedPayloads.Compress(image, cuts);
            byte[] unpacked = new byte[bytes];
            PackedSource source = new(packed);
            Assert.AreEqual(ResultCode.Ok, PayloadFixture.Unpack(New(source, image), unpacked, cuts));
            CollectionAssert.AreEqual(image, unpacked);
            Assert.AreEqual(3, source.Requests, "header, index, and one run of blocks");
            Assert.AreEqual(packed.Length, source.Reads.Sum(read => read.Count), "every byte is read once");
        }

        [TestMethod]
        [DataRow(4, 2)]
        [DataRow(8, 4)]
        [DataRow(11, 3)]
        [DataRow(12, 8)]
        public void Read_AllWidths_SameImage(int windowBits, int lengthBits)
        {
            byte[] image = PayloadFixture.Structured(windowBits, 9_000);
            byte[] older = PayloadFixture.Later(windowBits, image);
            int[] cuts = PayloadFixture.Cuts(lengthBits, image.Length);
            foreach (byte[]? precursor in new[] { null, older })
            {
                byte[] packed = PackedPayloads.Pack(image, cuts, precursor, windowBits, lengthBits);
                byte[] unpacked = new byte[image.Length];
                PackedPayload payload = New(packed, image, precursor == null ? [] : [PayloadFixture.InSlot(precursor)]);
                Assert.AreEqual(ResultCode.Ok, PayloadFixture.Unpack(payload, unpacked, cuts));
                CollectionAssert.AreEqual(image, unpacked);
            }
        }

        [TestMethod]
        public void Read_NothingToCompress_StoredAsItIsAndHardlyLonger()
        {
            byte[] image = PayloadFixture.Bytes(new Random(5), 20_000);
            int[] cuts = PayloadFixture.Cuts(6, image.Length);
            byte[] packed = PackedPayloads.Compress(image, cuts);
            Assert.AreEqual(image.Length + 8 + (4 * cuts.Length), packed.Length);
            byte[] unpacked = new byte[image.Length];
            Assert.AreEqual(ResultCode.Ok, PayloadFixture.Unpack(New(packed, image), unpacked, cuts));
            CollectionAssert.AreEqual(image, unpacked);
        }

        [TestMethod]
        public void Read_Differential_SameImageAndMuchSmaller()
        {
            byte[] former = PayloadFixture.Structured(11, 40_000);
            byte[] image = PayloadFixture.Later(12, former);
            int[] cuts = PayloadFixture.Cuts(13, image.Length);
            byte[] packed = PackedPayloads.Differentiate(former, image, cuts);
            byte[] unpacked = new byte[image.Length];
            PackedPayload payload = New(packed, image, [PayloadFixture.InSlot(image), PayloadFixture.InSlot(former)]);
            Assert.AreEqual(ResultCode.Ok, PayloadFixture.Unpack(payload, unpacked, cuts));
            CollectionAssert.AreEqual(image, unpacked);
            int compressed = PackedPayloads.Compress(image, cuts).Length;
            Assert.IsTrue(packed.Length < compressed / 8, $"{packed.Length} against {compressed} compressed");
        }

        [TestMethod]
        [DataRow(20_240_001)]
        [DataRow(20_240_002)]
        public void Read_AnyRangesInAnyOrder_SameBytes(int seed)
        {
            Console.WriteLine($"seed {seed}: the DataRow replays it");
            Random random = new(seed);
            byte[] former = PayloadFixture.Structured(seed, 30_000);
            byte[] image = PayloadFixture.Later(seed, former);
            byte[] packed = PackedPayloads.Differentiate(former, image, PayloadFixture.Cuts(seed, image.Length));
            PackedPayload payload = New(packed, image, [PayloadFixture.InSlot(former)]);
            for (int round = 0; round < 300; round++)
            {
                int position = random.Next(image.Length);
                int count = random.Next(1, Math.Min(4096, image.Length - position) + 1);
                byte[] buffer = Enumerable.Repeat((byte)0xAA, count + 20).ToArray();
                Assert.AreEqual(ResultCode.Ok, payload.Read(position, count, buffer, 10, count));
                CollectionAssert.AreEqual(image[position..(position + count)], buffer[10..^10]);
                Assert.IsTrue(buffer[..10].Concat(buffer[^10..]).All(b => b == 0xAA));
                if (random.Next(20) == 0)
                {
                    payload.Close();
                }
            }
        }

        [TestMethod]
        public void Read_SectorsInsteadOfChunks_SameImage()
        {
            // A manifest without a chunk table is installed sector by sector.
            byte[] image = PayloadFixture.Structured(21, 30_001);
            byte[] packed = PackedPayloads.Compress(image, Chunker.Cut(image));
            byte[] unpacked = new byte[image.Length];
            int[] sectors = Enumerable.Range(0, 8).Select(i => Math.Min(4096, image.Length - (i * 4096))).ToArray();
            Assert.AreEqual(ResultCode.Ok, PayloadFixture.Unpack(New(packed, image), unpacked, sectors));
            CollectionAssert.AreEqual(image, unpacked);
        }

        [TestMethod]
        public void Install_MissingChunksOnly_BlocksOfThoseAreFetched()
        {
            SlotFixture fixture = new();
            TestImage former = TestImage.Random(31, 30_000);
            TestImage image = former.Changed(12_000, 8);
            fixture.Fill(fixture.Slot, former);
            PackedSource source = new(PackedPayloads.Compress(image.Content, image.ChunkLengths()));
            PackedPayload payload = New(source, image.Content);

            Assert.AreEqual(ResultCode.Ok, fixture.Install(image, true, null, payload));

            CollectionAssert.AreEqual(image.Content, fixture.Payload(image.Content.Length));
            int overhead = 8 + (4 * image.ChunkLengths().Length);
            Assert.AreEqual(fixture.Converger.FetchedBytes + overhead, source.Reads.Sum(read => read.Count));
            Assert.AreEqual(3, source.Requests);
        }

        [TestMethod]
        public void A56_CutAndPrecursorChangedBetween_RefusedThenTheNextSourceFinishes()
        {
            SlotFixture fixture = new();
            byte[] former = PayloadFixture.Structured(41, 28_000);
            byte[] content = PayloadFixture.Later(42, former);
            TestImage image = new(content, PayloadFixture.Cuts(43, content.Length));
            byte[] patch = PackedPayloads.Differentiate(former, content, image.ChunkLengths());

            // A first session that ends in the middle.
            fixture.Power.Arm(12, TornForm.RandomBits, 1);
            bool isCut = false;
            try
            {
                fixture.Install(image, false, null, New(patch, content, [PayloadFixture.InSlot(former)]));
            }
            catch (PowerCutException)
            {
                isCut = true;
            }

            Assert.IsTrue(isCut, "the cut must have happened");
            fixture.Power.PowerOn();

            // The precursor's slot has another version by now: the patch is refused before any block of it is read.
            byte[] other = PayloadFixture.Later(44, former);
            PackedSource source = new(patch);
            PackedPayload stale = New(source, content, [PayloadFixture.InSlot(other)]);
            Assert.AreEqual(ResultCode.Ok, fixture.Install(image, false, null, stale, new TestSource(content)));
            CollectionAssert.Contains(fixture.Board.ResultsOf(BootEvent.SourceFailed).ToArray(), ResultCode.PrecursorMismatch);
            Assert.AreEqual(8 + 68, source.Reads.Sum(read => read.Count));
            CollectionAssert.AreEqual(content, fixture.Payload(content.Length));
        }

        [TestMethod]
        public void A25_WrongPrecursor_RefusedBeforeAByteIsWritten()
        {
            SlotFixture fixture = new();
            byte[] former = PayloadFixture.Structured(51, 20_000);
            byte[] content = PayloadFixture.Later(52, former);
            TestImage image = new(content, PayloadFixture.Cuts(53, content.Length));
            byte[] patch = PackedPayloads.Differentiate(former, content, image.ChunkLengths());
            byte[] other = (byte[])former.Clone();
            other[10_000] ^= 1;
            long operations = fixture.Power.OperationCount;

            Assert.AreEqual(
                ResultCode.PrecursorMismatch,
                fixture.Install(image, false, null, New(patch, content, [PayloadFixture.InSlot(other), PayloadFixture.InSlot(content)])));
            Assert.AreEqual(ResultCode.PrecursorMismatch, fixture.Install(image, false, null, New(patch, content)));

            Assert.AreEqual(operations, fixture.Power.OperationCount);
        }

        [TestMethod]
        public void A25_PrecursorRottenUnderItsName_NoWrongByteIsWritten()
        {
            // The envelope says that the precursor is there, the flash says otherwise: the chunk's digest decides.
            SlotFixture fixture = new();
            byte[] former = PayloadFixture.Structured(61, 20_000);
            byte[] content = PayloadFixture.Later(62, former);
            TestImage image = new(content, PayloadFixture.Cuts(63, content.Length));
            byte[] patch = PackedPayloads.Differentiate(former, content, image.ChunkLengths());
            byte[] rotten = former.Select(b => (byte)(b ^ 0x10)).ToArray();
            Precursor there = PayloadFixture.InSlot(rotten);
            Precursor named = new(there.Region, there.OffsetBytes, there.SizeBytes, SHA256.HashData(former));
            long operations = fixture.Power.OperationCount;

            Assert.AreEqual(ResultCode.PayloadChunkMismatch, fixture.Install(image, false, null, New(patch, content, [named])));

            Assert.AreEqual(operations, fixture.Power.OperationCount);
        }

        [TestMethod]
        [DataRow("https://h/a/app.nbz", true)]
        [DataRow("/x.nbd", true)]
        [DataRow("/x.nbe", false)]
        [DataRow("nbz", false)]
        [DataRow("/app.bin", false)]
        public void IsNamedBy_Path_ByItsExtension(string path, bool expected)
        {
            Assert.AreEqual(expected, PackedPayload.IsNamedBy(path));
        }

        private static PackedPayload New(byte[] packed, byte[] image, params Precursor[] precursors)
        {
            return New(new PackedSource(packed), image, precursors);
        }

        private static PackedPayload New(PackedSource source, byte[] image, params Precursor[] precursors)
        {
            return new PackedPayload(source, SHA256.HashData(image), 0, precursors);
        }
    }
}
