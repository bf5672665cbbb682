// A manifest service that serves an old manifest for ever (A4). What a device can say honestly: that what it is offered has
// expired, where it has a clock; and that it was offered nothing new for longer than its maker thought likely.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Resident;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.Stage2Updater.Tests.Device
{
    [TestClass]
    public sealed class FreezeTests
    {
        private const int FrozenAfterMinutes = 600;

        /// <summary>The device's clock has passed the use-before of what it runs, and is offered, again and again.</summary>
        [TestMethod]
        public async Task A4_Update_SameManifestAfterItsUseBefore_IsReportedAndTheImageRunsOn()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            bench.Device.SecureTimeSeconds = 1000;
            ManifestBuilder builder = bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11);
            builder.UseBefore = DateTimeOffset.FromUnixTimeSeconds(2000);
            bench.Publish(builder, DeviceBench.Version11);
            bench.Update();
            bench.Update();
            Assert.AreEqual(2L, bench.Running().Sequence);
            Assert.IsTrue(bench.Reports().Last().IsSuccess);

            bench.Device.SecureTimeSeconds = 2000;
            bench.Update();
            bench.Update();

            Assert.AreEqual((long)ResultCode.SuitExpired, bench.Reports().Last().Code);
            Assert.AreEqual(1, bench.Reports().Count(report => report.Code == (long)ResultCode.SuitExpired), "once");
            Assert.AreEqual(2L, bench.Running().Sequence, "what was confirmed runs on");
        }

        /// <summary>No clock: the running time of the application is added up. It is reported once each time, not in every session.</summary>
        [TestMethod]
        public async Task A4_Update_NothingNewForLongerThanNamed_IsReportedOnceEachTime()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            bench.Publish(bench.Manifest(DeviceBench.Application, 1, DeviceBench.Version10), DeviceBench.Version10);
            bench.Policy.Loader = new CustomStage2(boot => new Updater(boot, new SocketChannel(), null)
            {
                Conditions = new UpdateConditions { FrozenAfterMinutes = FrozenAfterMinutes },
            }.Run());
            bench.Device.SleepLimitMs = 200L * 3600_000;
            int sessions = 0;
            long startMs = bench.Memory.Clock.NowMs;
            List<double> hours = new();
            for (int boots = 0; boots < 1000 && hours.Count < 3; boots++)
            {
                int reports = bench.Reports().Count;
                bench.Device.BootOnce();
                if (bench.Reports().Count > reports)
                {
                    hours.Add((bench.Memory.Clock.NowMs - startMs) / 3600_000.0);
                }
            }

            sessions = bench.Device.Transcript.Count(entry => entry.Event == BootEvent.Stage2Started);
            Console.WriteLine($"{sessions} sessions, reported after {string.Join(", ", hours.Select(hour => hour.ToString("F1")))} hours");
            Assert.IsGreaterThan(30, sessions);
            Assert.IsTrue(bench.Reports().All(report => report.Code == (long)ResultCode.ManifestFrozen && report.Reason == (long)SuitReportReason.ConditionFailed));
            Assert.IsTrue(bench.Reports().All(report => report.ManifestDigest.Length == 32));
            Assert.HasCount(3, hours);
            for (int i = 0; i < hours.Count; i++)
            {
                double since = hours[i] - (i == 0 ? 0 : hours[i - 1]);
                Assert.IsTrue(since > (FrozenAfterMinutes / 60.0) - 0.01 && since < (FrozenAfterMinutes / 60.0) + 1, $"{since} hours");
            }
        }

        [TestMethod]
        public async Task A4_Update_SomethingNew_BeginsAnew()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            SetQuiet(bench, FrozenAfterMinutes);
            bench.Publish(bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11), DeviceBench.Version11);
            bench.Policy.Loader = new CustomStage2(boot => new Updater(boot, new SocketChannel(), null)
            {
                Conditions = new UpdateConditions { FrozenAfterMinutes = FrozenAfterMinutes },
            }.Run());
            bench.Update();
            bench.Update();

            Assert.IsFalse(bench.Reports().Any(report => report.Code == (long)ResultCode.ManifestFrozen));
            Assert.IsLessThan(FrozenAfterMinutes, Quiet(bench));
        }

        [TestMethod]
        public async Task A4_Update_TrackerIsAway_IsSaidInTheNextSession()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            SetQuiet(bench, 65535);
            bench.Publish(bench.Manifest(DeviceBench.Application, 1, DeviceBench.Version10), DeviceBench.Version10);
            bench.Policy.Loader = new CustomStage2(boot => new Updater(boot, new SocketChannel(), null)
            {
                Conditions = new UpdateConditions { FrozenAfterMinutes = FrozenAfterMinutes },
            }.Run());
            string kept = System.IO.Path.Combine(bench.Directory, "reports-kept");
            System.IO.Directory.Delete(kept);
            System.IO.File.WriteAllText(kept, "in the way");
            bench.Update();
            Assert.AreEqual(65535, Quiet(bench), "it does not overflow, and is not forgotten");

            System.IO.File.Delete(kept);
            System.IO.Directory.CreateDirectory(kept);
            bench.Update();
            Assert.AreEqual((long)ResultCode.ManifestFrozen, bench.Reports().Single().Code);
        }

        private static void SetQuiet(DeviceBench bench, int minutes)
        {
            BootJournal journal = new(bench.Memory.Map().Find(RegionId.Journal));
            _ = journal.Open();
            _ = new UpdateHistory(journal) { QuietMinutes = minutes };
            Assert.AreEqual(ResultCode.Ok, journal.Commit());
        }

        private static int Quiet(DeviceBench bench)
        {
            BootJournal journal = new(bench.Memory.Map().Find(RegionId.Journal));
            Assert.AreEqual(ResultCode.Ok, journal.Open());
            return new UpdateHistory(journal).QuietMinutes;
        }
    }
}
