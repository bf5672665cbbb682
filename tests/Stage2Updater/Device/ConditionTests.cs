// Manifests that ask something of a device before they are installed: a whole device, its own updater.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DemoApplication.Bundles;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Stage2Updater.Tests.Device
{
    [TestClass]
    public sealed class ConditionTests
    {
        /// <summary>Version 1.1, whose install sequence begins with the commands given.</summary>
        private static async Task<(ResultCode Result, long Running)> UpdateAsync(
            Func<CommandSequence> before, Action<DeviceBench>? prepare = null, int? installedMinor = 0)
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            if (installedMinor is int minor)
            {
                // The image that runs says its version: 1.minor.
                ManifestBuilder builder = bench.Manifest(DeviceBench.Application, 1, DeviceBench.Version10);
                builder.Version = [1, minor];
                Factory.WriteImage(
                    bench.Memory.Map(), bench.Policy.Components[1], RegionId.ApplicationA, builder.Build().Sign(bench.Author), DeviceBench.Version10);
            }

            prepare?.Invoke(bench);
            string uri = "../" + Publisher.PayloadPath(DeviceBench.Version11);
            ManifestWriter writer = bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11).ToWriter();
            writer.Install = before().OverrideParameters(new ParameterSet().Uri(uri)).Fetch().ImageMatch();
            bench.Publisher.Publish(DeviceBench.Application, writer.Build().Sign(bench.Author), DeviceBench.Version11);

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            ResultCode[] refusals = Refusals(said);
            return (refusals.Length == 0 ? ResultCode.Ok : refusals[0], bench.Running().Sequence);
        }

        private static ResultCode[] Refusals(IReadOnlyList<TranscriptEntry> said)
        {
            return said.Where(entry => entry.Event is BootEvent.ManifestRefused or BootEvent.InstallFailed).Select(entry => entry.Result).ToArray();
        }

        private static CommandSequence Wait(WaitEvents events)
        {
            return new CommandSequence().OverrideParameters(new ParameterSet().WaitInfo(events)).Command(SuitCommand.Wait, 0);
        }

        [TestMethod]
        public async Task Wait_EventsThatHaveHappened_IsInstalled()
        {
            Assert.AreEqual((ResultCode.Ok, 2L), await UpdateAsync(() => Wait(new WaitEvents().Authorization(3).Network(1))));
            Assert.AreEqual(
                (ResultCode.Ok, 2L),
                await UpdateAsync(
                    () => Wait(new WaitEvents().Time(DateTimeOffset.FromUnixTimeSeconds(5000)).TimeOfDay(0, isUtc: true)),
                    bench => bench.Device.SecureTimeSeconds = 5000));
        }

        [TestMethod]
        public async Task Wait_TimeToCome_TriesLaterAndInstallsThen()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            bench.Device.SecureTimeSeconds = 4999;
            ManifestWriter writer = bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11).ToWriter();
            CommandSequence fetch = writer.Install!;
            writer.Install = Wait(new WaitEvents().Time(DateTimeOffset.FromUnixTimeSeconds(5000))).RunSequence(fetch);
            bench.Publisher.Publish(DeviceBench.Application, writer.Build().Sign(bench.Author), DeviceBench.Version11);

            IReadOnlyList<TranscriptEntry> said = bench.Update();
            Assert.AreEqual(1L, bench.Running().Sequence);
            Assert.AreEqual(ResultCode.TryLater, said.Single(entry => entry.Event == BootEvent.ManifestRefused).Result);
            Assert.IsFalse(bench.Requests.Any(request => request.Path.Contains("payload", StringComparison.Ordinal)), "nothing is fetched before");

            bench.Device.SecureTimeSeconds = 5000;
            bench.Update();
            Assert.AreEqual(2L, bench.Running().Sequence);
        }

        [TestMethod]
        public async Task Wait_ForWhatTheDeviceCannotKnow_IsRefusedByName()
        {
            Assert.AreEqual((ResultCode.NotSupported, 1L), await UpdateAsync(() => Wait(new WaitEvents().Power(1))));
            Assert.AreEqual((ResultCode.NotSupported, 1L), await UpdateAsync(() => Wait(new WaitEvents().Time(DateTimeOffset.FromUnixTimeSeconds(1)))));
            Assert.AreEqual(
                (ResultCode.NotSupported, 1L),
                await UpdateAsync(() => Wait(new WaitEvents().OtherDeviceVersion([1], VersionComparison.GreaterOrEqual, 1))));
        }

        [TestMethod]
        public async Task MinimumBattery_EnergyNotKnown_IsRefused()
        {
            CommandSequence Battery() => new CommandSequence()
                .OverrideParameters(new ParameterSet().MinimumBattery(1)).Command(SuitCommand.MinimumBattery);
            Assert.AreEqual((ResultCode.SuitConditionFailed, 1L), await UpdateAsync(Battery));
        }

        /// <summary>A board that knows its battery: the updater asks it.</summary>
        [TestMethod]
        [DataRow(-1L, false)]
        [DataRow(799L, false)]
        [DataRow(800L, true)]
        [DataRow(long.MaxValue, true)]
        public async Task MinimumBattery_BoardKnowsItsBattery_IsCompared(long milliwattHours, bool isEnough)
        {
            CommandSequence Battery() => new CommandSequence()
                .OverrideParameters(new ParameterSet().MinimumBattery(800)).Command(SuitCommand.MinimumBattery);
            Assert.AreEqual(
                isEnough ? (ResultCode.Ok, 2L) : (ResultCode.SuitConditionFailed, 1L),
                await UpdateAsync(Battery, bench => bench.Device.BatteryMilliwattHours = milliwattHours));
        }

        [TestMethod]
        [DataRow(5000L, ResultCode.TryLater)]
        [DataRow(long.MaxValue, ResultCode.Ok)]
        public async Task Wait_ForExternalPower_BoardKnows(long milliwattHours, ResultCode expected)
        {
            Assert.AreEqual(
                (expected, expected == ResultCode.Ok ? 2L : 1L),
                await UpdateAsync(() => Wait(new WaitEvents().Power(1)), bench => bench.Device.BatteryMilliwattHours = milliwattHours));
        }

        [TestMethod]
        public async Task Version_AgainstSetVersionOfTheConfirmedImage()
        {
            CommandSequence AtLeast12() => new CommandSequence()
                .OverrideParameters(new ParameterSet().Version(VersionComparison.GreaterOrEqual, 1, 2)).Command(SuitCommand.Version);
            Assert.AreEqual((ResultCode.Ok, 2L), await UpdateAsync(AtLeast12, installedMinor: 2));
            Assert.AreEqual((ResultCode.Ok, 2L), await UpdateAsync(AtLeast12, installedMinor: 3));
            Assert.AreEqual((ResultCode.SuitConditionFailed, 1L), await UpdateAsync(AtLeast12, installedMinor: 1));
            Assert.AreEqual((ResultCode.SuitConditionFailed, 1L), await UpdateAsync(AtLeast12, installedMinor: null), "it says no version");
        }

        [TestMethod]
        [DataRow(true)]
        [DataRow(false)]
        public async Task CheckContent_OfTheSlot_IsComparedByBothStages(bool isSame)
        {
            // One assembly, so that it fits into the envelope beside itself. It has no entry point: stage 1 verifies it, and
            // goes back to the former image.
            await using DeviceBench bench = await DeviceBench.StartAsync();
            byte[] image = DemoBundle.Version11.Assemblies[0];
            byte[] content = (byte[])image.Clone();
            content[^1] ^= (byte)(isSame ? 0 : 1);
            ManifestWriter writer = bench.Manifest(DeviceBench.Application, 2, image).ToWriter();
            writer.Validate = new CommandSequence()
                .OverrideParameters(new ParameterSet().Content(content)).Command(SuitCommand.CheckContent).ImageMatch();
            bench.Publisher.Publish(DeviceBench.Application, writer.Build().Sign(bench.Author), image);

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            Assert.AreEqual(1L, bench.Running().Sequence);
            Assert.AreEqual(isSame ? 1 : 0, said.Count(entry => entry.Event == BootEvent.InstallCompleted));
            Assert.AreEqual(isSame, said.Any(entry => entry.Event == BootEvent.SlotVerified && entry.Region == RegionId.ApplicationB));
            CollectionAssert.AreEqual(isSame ? [] : new[] { ResultCode.SuitContentMismatch }, Refusals(said));
        }
    }
}
