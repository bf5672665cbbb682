using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.Stage2Updater.Tests.Device
{
    [TestClass]
    public sealed class UpdateTests
    {
        [TestMethod]
        [DataRow(1)]
        [DataRow(2)]
        public async Task Update_NewRelease_IsInstalledStartedAndConfirmed(int slots)
        {
            await using DeviceBench bench = await DeviceBench.StartAsync(slots);
            bench.Publish(bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11), DeviceBench.Version11);

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            RegionId expected = slots == 2 ? RegionId.ApplicationB : RegionId.ApplicationA;
            Assert.AreEqual((expected, 2L), bench.Running(), Lines(said));
            Assert.AreEqual(2, bench.State().Components[ComponentIndex.Application].Floor);
            CollectionAssert.AreEqual(DeviceBench.Version11, bench.Read(expected, 8192, DeviceBench.Version11.Length));
            long fetched = said.Where(entry => entry.Event == BootEvent.BytesFetched).Sum(entry => entry.Value);
            Assert.IsLessThan(DeviceBench.Version11.Length / 2, fetched, "what both versions share is copied on the device");
        }

        [TestMethod]
        public async Task Update_NothingNewer_WritesOnlyTheJournal()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            bench.Publish(bench.Manifest(DeviceBench.Application, 1, DeviceBench.Version10), DeviceBench.Version10);
            bench.Publish(bench.Manifest(DeviceBench.Stage2, 1, DeviceBench.Stage2Image), DeviceBench.Stage2Image);
            long external = Operations(bench);

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            Assert.AreEqual((RegionId.ApplicationA, 1L), bench.Running(), Lines(said));
            Assert.AreEqual(2, said.Count(entry => entry.Event == BootEvent.UpToDate), Lines(said));
            Assert.AreEqual(external, Operations(bench));
            Assert.IsFalse(bench.Requests.Any(request => request.Path.Contains("payload", StringComparison.Ordinal)));
        }

        [TestMethod]
        public async Task Update_Stage2_InstallsItsSuccessorWhichConfirmsItself()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            bench.Publish(bench.Manifest(DeviceBench.Stage2, 2, DeviceBench.Stage2Image), DeviceBench.Stage2Image);
            bench.Publish(bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11), DeviceBench.Version11);

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            Assert.AreEqual((RegionId.ApplicationB, 2L), bench.Running(), Lines(said));
            ComponentState state = bench.State().Components[ComponentIndex.Stage2];
            Assert.AreEqual(2, state.Floor, Lines(said));
            Assert.AreEqual(RegionId.Stage2B, state.ConfirmedSlot);
        }

        /// <summary>A successor that cannot reach the network goes back to its predecessor, unless the board has a test of its own.</summary>
        [TestMethod]
        [DataRow(false)]
        [DataRow(true)]
        public async Task Update_Stage2WithoutNetwork_IsConfirmedByTheBoardsOwnTestOnly(bool hasTest)
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            bench.Policy.Loader = new CustomStage2(boot =>
            {
                if (boot.RunningSequence == 2)
                {
                    bench.Device.Network = () => ResultCode.NetworkUnreachable;
                }

                new Updater(boot, new SocketChannel(), null) { Conditions = new OwnTest(hasTest) }.Run();
            });
            bench.Publish(bench.Manifest(DeviceBench.Stage2, 2, DeviceBench.Stage2Image), DeviceBench.Stage2Image);

            bench.Update();

            ComponentState state = bench.State().Components[ComponentIndex.Stage2];
            Assert.AreEqual(hasTest ? (2L, RegionId.Stage2B) : (1L, RegionId.Stage2A), (state.Floor, state.ConfirmedSlot));
        }

        private sealed class OwnTest(bool isPassed) : UpdateConditions
        {
            public override bool PassesSelfTest() => isPassed;
        }

        [TestMethod]
        [DataRow(1)]
        [DataRow(2)]
        public async Task A13_Update_PowerCutAtEachOperation_EndsInTheNewRelease(int slots)
        {
            await using DeviceBench bench = await DeviceBench.StartAsync(slots);
            bench.Publish(bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11), DeviceBench.Version11);
            MemorySnapshot start = bench.Memory.Snapshot();
            int cuts = 0;
            for (int operation = 0; ; operation++)
            {
                bench.Memory.Restore(start);
                int faults = bench.Memory.Power.Faults.Records.Count;
                TornForm form = (TornForm)(operation % 5);
                bench.Memory.Power.Arm(operation, form, (uint)operation);
                for (int tries = 0; tries < 3 && State(bench).Floor < 2; tries++)
                {
                    bench.Update();
                }

                string replay = $"cut {operation}:{form}";
                Assert.AreEqual(2, State(bench).Floor, replay);

                // The cut may have hit the very confirmation: one more start shows what is confirmed.
                bench.Device.BootOnce();
                Assert.AreEqual(2L, bench.Running().Sequence, replay);
                Assert.AreEqual(0, bench.Memory.External.Array.Counters.ContractViolations, replay);
                if (bench.Memory.Power.Faults.Records.Count == faults)
                {
                    break;
                }

                cuts++;
            }

            Assert.IsGreaterThan(20, cuts);
        }

        [TestMethod]
        public async Task A24_Update_OneBitFlipped_IsRefused()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            byte[] envelope = bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11).Build().Sign(bench.Author).Encode();
            envelope[^20] ^= 1;
            bench.Plant(DeviceBench.Application, envelope);
            AssertRefused(bench, ResultCode.SuitManifestDigestMismatch);
        }

        [TestMethod]
        public async Task A1_Update_SignedByAStranger_IsRefused()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            using EcdsaSigningKey stranger = EcdsaSigningKey.Generate();
            bench.Publish(bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11), DeviceBench.Version11, stranger);
            AssertRefused(bench, ResultCode.KeyUnknown);
        }

        [TestMethod]
        public async Task A1_Update_StrangerUsesOurKeyId_IsRefused()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            using EcdsaSigningKey stranger = EcdsaSigningKey.Generate(keyId: bench.Author.KeyId);
            bench.Publish(bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11), DeviceBench.Version11, stranger);
            AssertRefused(bench, ResultCode.SignatureInvalid);
        }

        [TestMethod]
        public async Task A2_Update_BelowTheFloor_IsRefused()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            bench.Publish(bench.Manifest(DeviceBench.Application, 5, DeviceBench.Version11), DeviceBench.Version11);
            bench.Update();
            Assert.AreEqual(5L, bench.Running().Sequence);

            bench.Publish(bench.Manifest(DeviceBench.Application, 4, DeviceBench.Version10), DeviceBench.Version10);
            AssertRefused(bench, ResultCode.SuitSequenceTooOld);
        }

        [TestMethod]
        public async Task A9_Update_ForAnotherClass_IsRefusedBeforePayloadIsFetched()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            ManifestBuilder builder = bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11);
            builder.ClassIds[0] = Guid.NewGuid();
            bench.Publish(builder, DeviceBench.Version11);
            AssertRefused(bench, ResultCode.SuitClassMismatch);
        }

        [TestMethod]
        public async Task A18_Update_OfAnotherVendor_IsRefused()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            ManifestBuilder builder = bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11);
            builder.VendorId = Guid.NewGuid();
            bench.Publish(builder, DeviceBench.Version11);
            AssertRefused(bench, ResultCode.SuitVendorMismatch);
        }

        [TestMethod]
        public async Task A15_Update_ForAnotherDevice_IsRefused()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            ManifestBuilder builder = bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11);
            builder.DeviceId = Guid.NewGuid();
            bench.Publish(builder, DeviceBench.Version11);
            AssertRefused(bench, ResultCode.SuitDeviceMismatch);
        }

        [TestMethod]
        public async Task A7_Update_ManifestOfAnotherComponent_IsRefused()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            bench.Plant(DeviceBench.Application, bench.Manifest(DeviceBench.Stage2, 2, DeviceBench.Stage2Image).Build().Sign(bench.Author).Encode());
            AssertRefused(bench, ResultCode.SuitComponentUnsupported);
        }

        [TestMethod]
        public async Task A20_Update_PayloadIsAnotherOne_IsRefusedAndLeavesNoEnvelope()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            bench.Publish(bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11), DeviceBench.Version11);
            string payload = Path.Combine(bench.Directory, Publisher.PayloadPath(DeviceBench.Version11));
            byte[] other = new byte[DeviceBench.Version11.Length];
            File.WriteAllBytes(payload, other);
            AssertRefused(bench, ResultCode.PayloadChunkMismatch, isPayloadAsked: true);
        }

        [TestMethod]
        public async Task A60_Update_PayloadLargerThanTheSlot_IsRefused()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            byte[] large = new byte[300_000];
            ManifestBuilder builder = bench.Manifest(DeviceBench.Application, 2, large);
            builder.Profile = ManifestProfile.Standard;
            bench.Publish(builder, large);
            AssertRefused(bench, ResultCode.PayloadTooLarge);
        }

        [TestMethod]
        public async Task A5_Update_ManifestTooLarge_IsRefused()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            bench.Plant(DeviceBench.Application, new byte[Updater.ManifestBytesMax + 1]);
            AssertRefused(bench, ResultCode.ManifestTooLarge);
        }

        [TestMethod]
        public async Task Update_StandardProfile_IsInstalled()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            ManifestBuilder builder = bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11);
            builder.Profile = ManifestProfile.Standard;
            bench.Publish(builder, DeviceBench.Version11);

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            Assert.AreEqual((RegionId.ApplicationB, 2L), bench.Running(), Lines(said));
        }

        [TestMethod]
        public async Task A26_Update_WithoutApply_IsStoredAndInstalledWhenTheOperatorSigns()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            Envelope envelope = bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11).Build().Sign(bench.Maker);
            bench.Publisher.Publish(DeviceBench.Application, envelope, DeviceBench.Version11);

            IReadOnlyList<TranscriptEntry> said = bench.Update();
            Assert.AreEqual((RegionId.ApplicationA, 1L), bench.Running(), Lines(said));
            Assert.AreEqual(RegionId.Staging, said.Single(entry => entry.Event == BootEvent.InstallCompleted).Region, Lines(said));

            // The same manifest, and the operator's signature beside the maker's: the payload is on the device already.
            File.Delete(Path.Combine(bench.Directory, Publisher.PayloadPath(DeviceBench.Version11)));
            bench.Plant(DeviceBench.Application, envelope.Sign(bench.Operator).Encode());
            said = bench.Update();
            Assert.AreEqual((RegionId.ApplicationB, 2L), bench.Running(), Lines(said));
            Assert.AreEqual(0, said.Where(entry => entry.Event == BootEvent.BytesFetched).Sum(entry => entry.Value));
        }

        [TestMethod]
        public async Task A26_Update_StoredAgain_WritesNothing()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            Envelope envelope = bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11).Build().Sign(bench.Maker);
            bench.Publisher.Publish(DeviceBench.Application, envelope, DeviceBench.Version11);
            bench.Update();
            long operations = Operations(bench);

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            Assert.IsTrue(said.Any(entry => entry.Event == BootEvent.UpToDate && entry.Value == 2), Lines(said));
            Assert.AreEqual(operations, Operations(bench));
        }

        [TestMethod]
        public async Task A28_Update_OperatorAlone_IsRefused()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            bench.Publish(bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11), DeviceBench.Version11, bench.Operator);
            AssertRefused(bench, ResultCode.SuitPermissionDenied);
        }

        [TestMethod]
        public async Task Update_DifferentialPayload_FetchesLessThanTheChangedChunks()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync(isPacked: true);
            PublishPacked(bench, DeviceBench.Version10);

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            Assert.AreEqual((RegionId.ApplicationB, 2L), bench.Running(), Lines(said));
            long wire = bench.Requests.Where(request => request.Path.Contains("payload", StringComparison.Ordinal)).Sum(request => request.BodyBytes);
            long chunks = said.Where(entry => entry.Event == BootEvent.BytesFetched).Sum(entry => entry.Value);
            Assert.IsTrue(bench.Requests.All(request => !request.Path.EndsWith(".bin", StringComparison.Ordinal)), "the raw payload was not needed");
            Assert.IsLessThan(chunks / 2, wire);
        }

        [TestMethod]
        public async Task A25_Update_DifferentialPayloadOfAnotherPrecursor_TakesTheNextSource()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync(isPacked: true);
            PublishPacked(bench, DeviceBench.Version11);

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            Assert.AreEqual((RegionId.ApplicationB, 2L), bench.Running(), Lines(said));
            Assert.AreEqual(ResultCode.PrecursorMismatch, said.First(entry => entry.Event == BootEvent.SourceFailed).Result, Lines(said));
        }

        [TestMethod]
        public async Task A56_Update_DifferentialPayloadInPlace_TakesTheNextSource()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync(applicationSlots: 1, isPacked: true);
            PublishPacked(bench, DeviceBench.Version10);

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            Assert.AreEqual((RegionId.ApplicationA, 2L), bench.Running(), Lines(said));
            Assert.AreEqual(ResultCode.PrecursorMismatch, said.First(entry => entry.Event == BootEvent.SourceFailed).Result, Lines(said));
        }

        [TestMethod]
        public async Task A10_Update_FirstSourceIsGone_NextDelivers()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            ManifestBuilder builder = bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11, "../payloads/gone.bin");
            builder.Components[0].Uris.Add("../" + Publisher.PayloadPath(DeviceBench.Version11));
            bench.Publish(builder, DeviceBench.Version11);

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            Assert.AreEqual(2L, bench.Running().Sequence, Lines(said));
            Assert.AreEqual(ResultCode.HttpStatus, said.Single(entry => entry.Event == BootEvent.SourceFailed).Result);
        }

        [TestMethod]
        public async Task Update_IntegratedPayload_IsInstalledAndStaysOutOfTheSlotsEnvelope()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            byte[] small = DeviceBench.Version11;
            Assert.IsLessThanOrEqualTo(15_000, small.Length, "The demo application no longer fits into an envelope.");

            Envelope envelope = bench.Manifest(DeviceBench.Application, 2, small, "#payload").Build().Sign(bench.Author).Integrate("#payload", small);
            bench.Plant(DeviceBench.Application, envelope.Encode());

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            Assert.AreEqual((RegionId.ApplicationB, 2L), bench.Running(), Lines(said));
        }

        [TestMethod]
        public async Task Update_NoNetwork_ApplicationRunsOnAndTheWaitGrows()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            bench.Device.Network = () => ResultCode.NetworkUnreachable;
            bench.Update();
            Assert.AreEqual(1L, bench.Running().Sequence);
            int first = Wait(bench);
            bench.Update();
            bench.Update();
            Assert.IsGreaterThan(0, first);
            Assert.IsGreaterThan(first, Wait(bench));
        }

        /// <summary>Version 1.1 as a difference from a precursor, and as it is.</summary>
        private static void PublishPacked(DeviceBench bench, byte[] precursor)
        {
            byte[] image = DeviceBench.Version11;
            byte[] packed = PackedPayloads.Differentiate(precursor, image, Chunker.Cut(image));
            string directory = Path.Combine(bench.Directory, "payloads");
            System.IO.Directory.CreateDirectory(directory);
            File.WriteAllBytes(Path.Combine(directory, "application-2.nbd"), packed);
            ManifestBuilder builder = bench.Manifest(DeviceBench.Application, 2, image, "../payloads/application-2.nbd");
            builder.Components[0].Uris.Add("../" + Publisher.PayloadPath(image));
            bench.Publish(builder, image);
        }

        private static void AssertRefused(DeviceBench bench, ResultCode expected, bool isPayloadAsked = false)
        {
            (RegionId Region, long Sequence) former = bench.Device.Transcript.Count == 0 ? (RegionId.ApplicationA, 1) : bench.Running();
            long operations = Operations(bench);
            int requests = bench.Requests.Count;

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            TranscriptEntry refusal = said.Single(entry => entry.Event is BootEvent.ManifestRefused or BootEvent.InstallFailed);
            Assert.AreEqual(expected, refusal.Result, Lines(said));
            ComponentState state = State(bench);
            Assert.AreEqual(expected, state.FailureCode);
            Assert.AreEqual(BootStage.Stage2, state.FailureStage);
            Assert.AreEqual(former, bench.Running(), "the running image keeps running");
            if (!isPayloadAsked)
            {
                Assert.AreEqual(operations, Operations(bench), "nothing is written");
            }

            Slot other = new(bench.Memory.Map().Find(RegionId.ApplicationB), 8192);
            Assert.IsTrue(former.Region == RegionId.ApplicationB || other.Open() == ResultCode.SlotEmpty, "nothing is half-installed");
            Assert.AreEqual(isPayloadAsked, bench.Requests.Skip(requests).Any(request => request.Path.Contains("payload", StringComparison.Ordinal)));
            Assert.AreEqual(1, said.Count(entry => entry.Event == BootEvent.Stage2Started), "the request is served once");
        }

        private static ComponentState State(DeviceBench bench)
        {
            return bench.State().Components[ComponentIndex.Application];
        }

        private static int Wait(DeviceBench bench)
        {
            BootJournal journal = new(bench.Memory.Map().Find(RegionId.Journal));
            Assert.AreEqual(ResultCode.Ok, journal.Open());
            return new UpdateHistory(journal).WaitSeconds;
        }

        /// <summary>Programs and erases on the chip that holds the slots.</summary>
        private static long Operations(DeviceBench bench)
        {
            NorCounters counters = bench.Memory.External.Array.Counters;
            return counters.Programs + counters.Erases;
        }

        private static string Lines(IReadOnlyList<TranscriptEntry> said)
        {
            return string.Join('\n', said.Select(entry => $"{entry.Boot} {entry.Event} {entry.Region} {entry.Result} {entry.Value}"));
        }
    }
}
