using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Hal;
using NanoBoot.Resident;

namespace NanoBoot.Stage2Updater.Tests.Device
{
    [TestClass]
    public sealed class ReportTests
    {
        [TestMethod]
        public async Task Update_Succeeds_IsReportedPendingThenConfirmed()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            ManifestBuilder builder = bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11);
            bench.Publish(builder, DeviceBench.Version11);

            bench.Update();
            bench.Update();
            bench.Update();

            IReadOnlyList<SuitReport> reports = bench.Reports();
            Assert.HasCount(2, reports, "said when it is installed and when it is confirmed, and not again");
            Assert.AreEqual((long)SuitReportReason.InvokePending, reports[0].Reason);
            Assert.IsFalse(reports[0].IsSuccess);
            Assert.IsTrue(reports[1].IsSuccess);
            byte[] digest = builder.Build().ManifestDigest[^32..];
            Assert.IsTrue(reports.All(report => report.ManifestDigest.SequenceEqual(digest)));
            Assert.IsFalse(reports[0].Nonce!.SequenceEqual(reports[1].Nonce!), "a replay is noticed");
        }

        [TestMethod]
        public async Task Update_IsRefused_IsReportedOnce()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            ManifestBuilder builder = bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11);
            builder.ClassIds[0] = System.Guid.NewGuid();
            bench.Publish(builder, DeviceBench.Version11);

            bench.Update();
            bench.Update();

            SuitReport report = bench.Reports().Single();
            Assert.AreEqual((long)ResultCode.SuitClassMismatch, report.Code);
            Assert.AreEqual((long)SuitReportReason.ConditionFailed, report.Reason);
            Assert.AreEqual(0, report.FailedAt!.ComponentIndex, "the manifest's only component");
        }

        [TestMethod]
        public async Task Update_PayloadIsWrongAndTrackerIsAway_IsReportedWhenItIsBack()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            bench.Publish(bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11), DeviceBench.Version11);
            string payload = Path.Combine(bench.Directory, Publisher.PayloadPath(DeviceBench.Version11));
            File.WriteAllBytes(payload, new byte[DeviceBench.Version11.Length]);
            string kept = Path.Combine(bench.Directory, "reports-kept");
            System.IO.Directory.Delete(kept);
            File.WriteAllText(kept, "no directory: the tracker cannot keep reports and says so");
            IReadOnlyList<NanoBoot.Emulator.Device.TranscriptEntry> said = bench.Update();
            Assert.AreEqual(ResultCode.HttpStatus, said.Single(entry => entry.Event == BootEvent.Report).Result);

            File.Delete(kept);
            System.IO.Directory.CreateDirectory(kept);
            bench.Update();
            bench.Update();

            Assert.AreEqual((long)ResultCode.PayloadChunkMismatch, bench.Reports().Single().Code);
        }
    }
}
