// MCUboot images for a board's own loader: checked, shown, handed over once the whole image stands verified in its slot; refused
// by name where the board has no such loader.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Stage2Updater.Tests.Payload;

namespace NanoBoot.Stage2Updater.Tests.Device
{
    [TestClass]
    public sealed class NativeImageTests
    {
        private static readonly byte[] Image = McubootImageTests.Make(6000, [], []);

        [TestMethod]
        [DataRow(1)]
        [DataRow(2)]
        public async Task Update_NativeImage_IsHandedOverUnchangedAndOnce(int slots)
        {
            await using DeviceBench bench = await StartAsync(slots);
            EmulatedNativeUpdater native = new();
            bench.Device.NativeUpdater = native;
            Publish(bench, 1, Image);

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            CollectionAssert.AreEqual(Image, native.Images.Single(), Lines(said));
            TranscriptEntry shown = said.Single(entry => entry.Event == BootEvent.NativeImage);
            Assert.AreEqual(ResultCode.Ok, shown.Result);
            Assert.AreEqual(0x0102_0203_0403_0201, shown.Value, "version 1.2.515+67305985");
            Assert.AreEqual(1, bench.State().Components[ComponentIndex.Configuration].Floor);

            bench.Update();
            Assert.HasCount(1, native.Images, "the same manifest again is nothing new");
        }

        [TestMethod]
        public async Task Update_BoardWithoutNativeUpdater_RefusedByNameBeforeAByteIsFetched()
        {
            await using DeviceBench bench = await StartAsync(1);
            Publish(bench, 1, Image);

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            Assert.AreEqual(ResultCode.NativeUpdaterMissing, said.Single(entry => entry.Event == BootEvent.ManifestRefused).Result, Lines(said));
            Assert.IsFalse(bench.Requests.Any(request => request.Path.Contains("payload", StringComparison.Ordinal)));
            Assert.AreEqual((long)ResultCode.NativeUpdaterMissing, bench.Reports().Single().Code);
        }

        /// <summary>A stage 2 without the part that knows MCUboot images.</summary>
        [TestMethod]
        public async Task Update_Stage2WithoutReceiver_RefusedByName()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync(configurationSlots: 1);
            bench.Device.NativeUpdater = new EmulatedNativeUpdater();
            Publish(bench, 1, Image);
            IReadOnlyList<TranscriptEntry> said = bench.Update();
            Assert.AreEqual(ResultCode.NativeUpdaterMissing, said.Single(entry => entry.Event == BootEvent.ManifestRefused).Result, Lines(said));
        }

        [TestMethod]
        [DataRow("no image", ResultCode.PayloadMalformed)]
        [DataRow("wrong hash", ResultCode.PayloadMalformed)]
        [DataRow("rejected", ResultCode.PayloadMalformed)]
        public async Task A19_Update_ImageIsNoneOrRefused_NotHandedOverAndNotFetchedAgain(string what, ResultCode expected)
        {
            await using DeviceBench bench = await StartAsync(1);
            EmulatedNativeUpdater native = new() { Outcome = what == "rejected" ? ResultCode.ImageRejected : ResultCode.Ok };
            bench.Device.NativeUpdater = native;
            byte[] image = (byte[])Image.Clone();
            image[what == "no image" ? 0 : 100] ^= (byte)(what == "rejected" ? 0 : 1);
            Publish(bench, 1, image);

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            Assert.AreEqual(expected, said.Single(entry => entry.Event == BootEvent.InstallFailed).Result, Lines(said));
            Assert.IsEmpty(native.Images);
            Assert.AreEqual(0, bench.State().Components[ComponentIndex.Configuration].Floor);
            said = bench.Update();
            Assert.AreEqual(ResultCode.ImageRejected, said.Single(entry => entry.Event == BootEvent.ManifestRefused).Result, Lines(said));
        }

        [TestMethod]
        public async Task Update_NativeUpdaterIsBusy_IsHandedOverInAnotherSession()
        {
            await using DeviceBench bench = await StartAsync(1);
            EmulatedNativeUpdater native = new() { Outcome = ResultCode.TryLater };
            bench.Device.NativeUpdater = native;
            Publish(bench, 1, Image);
            bench.Update();
            Assert.AreEqual(0, bench.State().Components[ComponentIndex.Configuration].Floor);

            native.Outcome = ResultCode.Ok;
            IReadOnlyList<TranscriptEntry> said = bench.Update();
            Assert.HasCount(1, native.Images, Lines(said));
            Assert.AreEqual(0, said.Where(entry => entry.Event == BootEvent.BytesFetched).Sum(entry => entry.Value), "it was on the device already");
            Assert.AreEqual(1, bench.State().Components[ComponentIndex.Configuration].Floor);
        }

        [TestMethod]
        public async Task A13_Update_NativeImageCutAtEachOperation_IsHandedOverAtLeastOnce()
        {
            await using DeviceBench bench = await StartAsync(1);
            EmulatedNativeUpdater native = new();
            bench.Device.NativeUpdater = native;
            Publish(bench, 1, Image);
            MemorySnapshot start = bench.Memory.Snapshot();
            int cuts = 0;
            for (int operation = 0; ; operation++)
            {
                bench.Memory.Restore(start);
                native.Images.Clear();
                int faults = bench.Memory.Power.Faults.Records.Count;
                bench.Memory.Power.Arm(operation, (TornForm)(operation % 5), (uint)operation);
                string replay = $"cut {operation}:{(TornForm)(operation % 5)}";
                for (int tries = 0; tries < 4 && bench.State().Components[ComponentIndex.Configuration].Floor < 1; tries++)
                {
                    bench.Update();
                }

                Assert.AreEqual(1, bench.State().Components[ComponentIndex.Configuration].Floor, replay);
                Assert.IsTrue(native.Images.Count is 1 or 2, replay);
                Assert.IsTrue(native.Images.All(image => image.AsSpan().SequenceEqual(Image)), replay);
                if (bench.Memory.Power.Faults.Records.Count == faults)
                {
                    break;
                }

                cuts++;
            }

            Assert.IsGreaterThan(10, cuts);
        }

        private static Task<DeviceBench> StartAsync(int slots)
        {
            return DeviceBench.StartAsync(isPacked: true, configurationSlots: slots);
        }

        private static void Publish(DeviceBench bench, long sequence, byte[] image)
        {
            ManifestBuilder builder = bench.Manifest(DeviceBench.Configuration, sequence, image);
            builder.Components[0].EntryType = "mcuboot";
            bench.Publish(builder, image);
        }

        private static string Lines(IReadOnlyList<TranscriptEntry> said)
        {
            return string.Join('\n', said.Select(entry => $"{entry.Boot} {entry.Event} {entry.Region} {entry.Result} {entry.Value}"));
        }
    }
}
