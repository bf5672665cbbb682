// What a manifest says of an image, against the image in the slot: stage 1's own verification, with validly signed
// manifests that say something wrong.

using System;
using System.Security.Cryptography;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Tests.Boot;
using ManifestBuilder = NanoBoot.Author.ManifestBuilder;

namespace NanoBoot.Bootloader.Tests.Suit
{
    [TestClass]
    public class ImageManifestTests
    {
        private readonly byte[] _payload = BootBench.FakeAssembly(3000, 5);

        private static ResultCode Verify(ManifestBuilder builder, byte[] payload, long floor = 0) => Verify(builder.Build(), payload, floor);

        private static ResultCode Verify(Author.Envelope envelope, byte[] payload, long floor = 0, int envelopeAreaBytes = 8192, byte[]? identityRecord = null)
        {
            EmulatedMemory memory = BootBench.MakeMemory(slotBytes: 65536);
            var identity = new DeviceIdentity();
            BootBench.Demand(identity.Parse(identityRecord ?? BootBench.MakeIdentity()));
            BootPolicy policy = BootBench.MakePolicy(envelopeAreaBytes: envelopeAreaBytes);
            Slot slot = BootBench.SlotOf(memory, RegionId.ApplicationA, envelopeAreaBytes);
            BootBench.Install(slot, BootBench.Sign(envelope, BootBench.Application, 7, payload));
            BootBench.Demand(slot.Open());
            return new ImageVerifier(policy, identity, policy.Components[1], slot, policy.Trust).Verify(floor);
        }

        private ManifestBuilder Builder() => BootBench.MakeBuilder(BootBench.Application, 7, _payload);

        [TestMethod]
        public void Verify_AsSigned_Ok() => Assert.AreEqual(ResultCode.Ok, Verify(Builder(), _payload));

        [TestMethod]
        public void A2_Verify_BelowTheFloor_Refused()
        {
            Assert.AreEqual(ResultCode.Ok, Verify(Builder(), _payload, 7));
            Assert.AreEqual(ResultCode.SuitSequenceTooOld, Verify(Builder(), _payload, 8));
        }

        [TestMethod]
        public void A19_Verify_SignedBytesOfAnotherFormat_Refused()
        {
            // The right digest of something that is no assembly: it is not handed to the platform.
            foreach (byte[] payload in new[] { RandomNumberGenerator.GetBytes(3000), new byte[128], new byte[1] })
            {
                ManifestBuilder builder = BootBench.MakeBuilder(BootBench.Application, 7, payload);
                Assert.AreEqual(ResultCode.BundleInvalid, Verify(builder, payload));
            }
        }

        [TestMethod]
        public void A30_Verify_ChunkTableAndImageSizeDiffer_Refused()
        {
            foreach (int chunkBytes in new[] { -1, 1 })
            {
                ManifestBuilder builder = Builder();
                byte[] table = builder.Components[0].ChunkTable!;
                table[2] = (byte)(table[2] + chunkBytes);
                Assert.AreEqual(ResultCode.SuitChunkTableInvalid, Verify(builder, _payload));
            }
        }

        [TestMethod]
        public void A30_Verify_BytesBehindTheImage_AreNotPartOfIt()
        {
            byte[] longer = [.. _payload, .. BootBench.FakeAssembly(400, 6)];
            Assert.AreEqual(ResultCode.Ok, Verify(Builder(), longer));
        }

        [TestMethod]
        public void Verify_VendorAsEnterpriseNumber_AgainstTheIdentity()
        {
            Author.ManifestWriter writer = Builder().ToWriter();
            writer.Shared = new Author.CommandSequence()
                .OverrideParameters(new Author.ParameterSet().VendorEnterpriseNumber(48_000).ClassIdentifier(BootBench.Class)
                    .ImageDigest(SHA256.HashData(_payload)).ImageSize(_payload.Length))
                .CheckIdentity();
            foreach ((uint? own, ResultCode expected) in new (uint?, ResultCode)[]
            {
                (48_000, ResultCode.Ok), (48_001, ResultCode.SuitVendorMismatch), (375, ResultCode.SuitVendorMismatch), (null, ResultCode.SuitVendorMismatch),
            })
            {
                byte[] identity = new Author.IdentityRecord
                {
                    VendorId = BootBench.Vendor, ClassIds = [BootBench.Class], DeviceId = BootBench.Device, VendorEnterpriseNumber = own,
                }.Encode();
                Assert.AreEqual(expected, Verify(writer.Build(), _payload, identityRecord: identity), own.ToString());
                Assert.AreEqual(ResultCode.Ok, Verify(Builder().Build(), _payload, identityRecord: identity), "the UUID counts too");
            }
        }

        [TestMethod]
        public void CheckContent_ComparesTheWholeImage()
        {
            byte[] small = BootBench.FakeAssembly(256, 7);
            byte[] first = (byte[])small.Clone();
            first[0] ^= 1;
            byte[] last = (byte[])small.Clone();
            last[^1] ^= 0x80;
            Assert.AreEqual(ResultCode.Ok, VerifyContent(small, small));
            foreach (byte[] other in new[] { first, last, small[..^1], [.. small, 0xFF], [], new byte[300_000 / 16] })
            {
                Assert.AreEqual(ResultCode.SuitContentMismatch, VerifyContent(small, other), other.Length.ToString());
            }
        }

        [TestMethod]
        public void CheckContent_InTryEach_TheNextAlternativeFollows()
        {
            byte[] small = BootBench.FakeAssembly(256, 7);
            Author.CommandSequence Alternative(byte[] content) => new Author.CommandSequence()
                .OverrideParameters(new Author.ParameterSet().Content(content)).Command(Author.SuitCommand.CheckContent);
            Assert.AreEqual(ResultCode.Ok, VerifyValidate(small, new Author.CommandSequence().ImageMatch().TryEach(Alternative(new byte[256]), Alternative(small))));
            Assert.AreEqual(
                ResultCode.SuitTryEachFailed,
                VerifyValidate(small, new Author.CommandSequence().ImageMatch().TryEach(Alternative(new byte[256]), Alternative(new byte[1]))));
        }

        [TestMethod]
        public void CheckContent_IsNoImageMatch()
        {
            // Equal bytes are not a digest that was compared with the arrays that will run.
            byte[] small = BootBench.FakeAssembly(256, 7);
            Assert.AreEqual(
                ResultCode.SuitManifestIncomplete,
                VerifyValidate(small, new Author.CommandSequence().OverrideParameters(new Author.ParameterSet().Content(small)).Command(Author.SuitCommand.CheckContent)));
        }

        [TestMethod]
        public void CheckContent_OverAndOver_IsRefused()
        {
            byte[] small = BootBench.FakeAssembly(256, 7);
            Author.CommandSequence sequence = new Author.CommandSequence().OverrideParameters(new Author.ParameterSet().Content(small));
            for (int i = 0; i < 5; i++)
            {
                sequence.Command(Author.SuitCommand.CheckContent);
            }

            Assert.AreEqual(ResultCode.SuitContentMismatch, VerifyValidate(small, sequence.ImageMatch()));
        }

        private static ResultCode VerifyContent(byte[] payload, byte[] content)
        {
            return VerifyValidate(payload, new Author.CommandSequence().OverrideParameters(new Author.ParameterSet().Content(content))
                .Command(Author.SuitCommand.CheckContent).ImageMatch());
        }

        private static ResultCode VerifyValidate(byte[] payload, Author.CommandSequence validate)
        {
            Author.ManifestWriter writer = BootBench.MakeBuilder(BootBench.Application, 7, payload).ToWriter();
            writer.Validate = validate;
            return Verify(writer.Build(), payload, 0, 24576);
        }

        [TestMethod]
        public void A36_ChunkTable_SizesThatMissTheHeadOrAnEntry_Refused()
        {
            byte[] table = Author.Chunker.MakeTable(_payload);
            Assert.IsGreaterThan(0, new ChunkTable(table, 0, table.Length, _payload.Length).Count);
            for (int count = 0; count < table.Length; count++)
            {
                Assert.AreEqual(0, new ChunkTable(table, 0, count, _payload.Length).Count, count.ToString());
            }

            byte[] zero = (byte[])table.Clone();
            zero[1] = 0;
            zero[2] = 0;
            Assert.AreEqual(0, new ChunkTable(zero, 0, zero.Length, _payload.Length - (table[1] << 8 | table[2])).Count);
            byte[] large = [1, 0x10, 0x01, .. new byte[32]];
            Assert.AreEqual(0, new ChunkTable(large, 0, large.Length, 0x1001).Count);
            byte[] other = (byte[])table.Clone();
            other[0] = 2;
            Assert.AreEqual(0, new ChunkTable(other, 0, other.Length, _payload.Length).Count);
        }

        [TestMethod]
        public void A61_Verify_ImageSizeThatWraps_Refused()
        {
            foreach (long size in new[] { 0, int.MaxValue, 4294967296L + _payload.Length, long.MaxValue })
            {
                ManifestBuilder builder = Builder();
                Author.ManifestWriter writer = builder.ToWriter();
                writer.Shared = new Author.CommandSequence()
                    .OverrideParameters(new Author.ParameterSet().VendorIdentifier(BootBench.Vendor).ClassIdentifier(BootBench.Class)
                        .ImageDigest(SHA256.HashData(_payload)).ImageSize(size))
                    .CheckIdentity();
                Assert.AreEqual(ResultCode.PayloadTooLarge, Verify(writer.Build(), _payload), size.ToString());
            }
        }
    }
}
