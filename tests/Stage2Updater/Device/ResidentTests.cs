// What is deployed beside stage 1 for applications: the probe, the wait after failures, versions and conditions; and the
// sample application that uses them.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Resident;
using NanoBoot.Stage2Updater.Tests.Transport;

namespace NanoBoot.Stage2Updater.Tests.Device
{
    [TestClass]
    public sealed class ResidentTests
    {
        /// <summary>The sample application: a poll that finds nothing costs no restart, and a release is one session.</summary>
        [TestMethod]
        public async Task Probe_SampleApplication_RestartsForNewsOnly()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            bench.Publish(bench.Manifest(DeviceBench.Application, 1, DeviceBench.Version10), DeviceBench.Version10);
            bench.Device.SleepLimitMs = 400_000;
            bench.Device.Run(6);
            int sessions = Sessions(bench);
            int heads = bench.Requests.Count(request => request.Method == "HEAD");
            Assert.AreEqual(1, sessions, "what was there at first was looked at once");
            Assert.IsGreaterThanOrEqualTo(10, heads, "six polls of two manifests");
            Assert.AreEqual(2, bench.Requests.Count(request => request.Method == "GET"), "and nothing else was asked for");

            bench.Publish(bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11), DeviceBench.Version11);
            bench.Device.Run(6);

            Assert.AreEqual((RegionId.ApplicationB, 2L), bench.Running());
            Assert.AreEqual(2, Sessions(bench));
        }

        /// <summary>The sample application: a release that is refused is tried once more after the wait, and not in every minute.</summary>
        [TestMethod]
        public async Task A12_Probe_BadRelease_NoStorm()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            ManifestBuilder builder = bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11);
            builder.ClassIds[0] = Guid.NewGuid();
            bench.Publish(builder, DeviceBench.Version11);
            bench.Device.SleepLimitMs = 24 * 3600_000;
            long hours = 0;
            for (int boots = 0; boots < 200 && hours < 24; boots++)
            {
                bench.Device.BootOnce();
                hours = bench.Memory.Clock.NowMs / 3600_000;
            }

            Assert.IsGreaterThanOrEqualTo(24, hours);
            int sessions = Sessions(bench);
            Console.WriteLine($"{sessions} sessions in {hours} hours");
            Assert.IsTrue(sessions is > 5 and < 25, $"{sessions} sessions in a day");
        }

        [TestMethod]
        public async Task Check_EachAnswer_HasItsResult()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            (string Answer, ResultCode Expected)[] cases =
            {
                ("HTTP/1.1 200 OK\r\nETag: \"1\"\r\n\r\n", ResultCode.Ok),
                ("HTTP/1.1 200 OK\r\nContent-Length: 99\r\netag:W/\"1\"\r\n\r\n", ResultCode.Ok),
                ("HTTP/1.1 404 Not Found\r\n\r\n", ResultCode.Ok),
                ("HTTP/1.1 200 OK\r\n\r\n", ResultCode.HttpMalformed),
                ("HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n", ResultCode.HttpStatus),
                ("HTTP/1.1 500 Oops\r\n\r\n", ResultCode.HttpStatus),
                ("SSH-2.0-OpenSSH_9.2\r\n\r\n", ResultCode.HttpMalformed),
                ("HTTP/1.1 200 OK\r\nX: " + new string('x', 2000) + "\r\n\r\n", ResultCode.HttpMalformed),
                ("", ResultCode.NetworkUnreachable),
            };
            foreach ((string answer, ResultCode expected) in cases)
            {
                using FaultServer server = new(_ => new FaultResponse(Encoding.ASCII.GetBytes(answer), answer.Length == 0));
                bench.WriteIdentity(server.Address + "/");
                Assert.AreEqual(expected, InApplication(bench, boot => new ReleaseProbe(boot).Check()), answer);
            }

            foreach (string uri in new[] { "ftp://127.0.0.1/", "http://", "http://a:0/", "http://a:65536/", "http://a:x/", "http://u@a/", "http://a/?q", "http:/a" })
            {
                bench.WriteIdentity(uri);
                Assert.AreEqual(ResultCode.UriUnsupported, InApplication(bench, boot => new ReleaseProbe(boot).Check()), uri);
            }
        }

        [TestMethod]
        public async Task A6_Check_ServerTrickles_IsNotWaitedFor()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();

            // It never ends, and each byte comes in time.
            byte[] answer = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nETag: \"1\"\r\nX: ");
            using FaultServer server = new(_ => new FaultResponse(answer, BeforeEachByte: () => bench.Memory.Clock.Advance(ReleaseProbe.TimeoutMs * 900_000L)));
            bench.WriteIdentity(server.Address + "/");
            Assert.AreEqual(ResultCode.TransferTooSlow, InApplication(bench, boot => new ReleaseProbe(boot).Check()));
            Assert.AreEqual(1, server.Requests.Count, "one request, and no second attempt");
        }

        [TestMethod]
        public async Task Check_AfterRequest_UpToDateUntilSomethingChanges()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            bench.Plant(DeviceBench.Application, [1, 2, 3]);
            ResultCode Seen(bool isRequested) => InApplication(bench, boot =>
            {
                ReleaseProbe probe = new(boot);
                ResultCode result = probe.Check();
                if (isRequested)
                {
                    Assert.AreEqual(ResultCode.Ok, probe.Request(1));
                    boot.Journal.UpdateRequest = 0;
                    boot.Journal.Commit();
                }

                return result;
            });

            Assert.AreEqual(ResultCode.Ok, Seen(true));
            Assert.AreEqual(ResultCode.UpToDate, Seen(false));
            bench.Plant(DeviceBench.Stage2, [1]);
            Assert.AreEqual(ResultCode.Ok, Seen(false));
            Assert.AreEqual(ResultCode.Ok, Seen(true));
            Assert.AreEqual(ResultCode.UpToDate, Seen(false));
            bench.Plant(DeviceBench.Application, [1, 2, 4]);
            Assert.AreEqual(ResultCode.Ok, Seen(true));
            File.Delete(Path.Combine(bench.Directory, Publisher.ManifestPath(DeviceBench.Stage2)));
            Assert.AreEqual(ResultCode.Ok, Seen(false));
        }

        [TestMethod]
        public async Task Request_WithinTheWait_RefusedUntilItIsOver()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            Fail(bench, 1000);
            InApplication(bench, boot =>
            {
                boot.Board.Sleep((int)(1_000_000 - boot.Board.UptimeMs) - 1);
                long records = boot.Journal.Sequence;
                Assert.AreEqual(ResultCode.TryLater, new UpdateClient(boot).Request(1));
                Assert.AreEqual(records, boot.Journal.Sequence, "nothing is written");
                Assert.AreEqual(0, boot.Journal.UpdateRequest);
                boot.Board.Sleep(1);
                Assert.AreEqual(ResultCode.Ok, new UpdateClient(boot).Request(1));
                return ResultCode.Ok;
            });
        }

        [TestMethod]
        public async Task Check_WithinTheWait_RefusedAndHalvedOnceAStart()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            Fail(bench, 1000);
            int[] waits = new int[11];
            for (int start = 0; start < waits.Length; start++)
            {
                InApplication(bench, boot =>
                {
                    waits[start] = new UpdateHistory(boot.Journal).WaitSeconds;
                    ReleaseProbe probe = new(boot);
                    long records = boot.Journal.Sequence;
                    Assert.AreEqual(waits[start] == 0 ? ResultCode.Ok : ResultCode.TryLater, probe.Check());
                    Assert.AreEqual(waits[start] <= 1 ? ResultCode.Ok : ResultCode.TryLater, probe.Check());
                    Assert.AreEqual(waits[start] / 2, new UpdateHistory(boot.Journal).WaitSeconds);

                    Assert.IsLessThanOrEqualTo(records + 2, boot.Journal.Sequence, "one change of the journal a start");
                    return ResultCode.Ok;
                });
            }

            CollectionAssert.AreEqual(new[] { 1000, 500, 250, 125, 62, 31, 15, 7, 3, 1, 0 }, waits);
        }

        private static void Fail(DeviceBench bench, int seconds)
        {
            BootJournal journal = new(bench.Memory.Map().Find(RegionId.Journal));
            _ = journal.Open();
            UpdateHistory history = new(journal);
            history.Failed(seconds, new byte[16]);
            Assert.AreEqual(seconds, history.WaitSeconds);
            Assert.AreEqual(ResultCode.Ok, journal.Commit());
        }

        [TestMethod]
        public async Task UpdateClient_AfterARefusedRelease_SaysWhatRunsAndWhatHappened()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            bench.Publish(bench.Manifest(DeviceBench.Application, 7, DeviceBench.Version11), DeviceBench.Version11);
            bench.Update();
            bench.Publish(bench.Manifest(DeviceBench.Application, 6, DeviceBench.Version10), DeviceBench.Version10);
            bench.Update();

            InApplication(bench, boot =>
            {
                UpdateClient client = new(boot);
                Assert.AreEqual(7, client.SequenceOf(ComponentIndex.Application));
                Assert.AreEqual(1, client.SequenceOf(ComponentIndex.Stage2));
                Assert.AreEqual(0, client.SequenceOf(ComponentIndex.Configuration));
                Assert.AreEqual(ResultCode.SuitSequenceTooOld, client.LastResult(ComponentIndex.Application, out BootStage stage, out _));
                Assert.AreEqual(BootStage.Stage2, stage);
                Assert.AreEqual(ResultCode.Ok, client.LastResult(ComponentIndex.Stage2, out _, out _));
                return ResultCode.Ok;
            });
        }

        [TestMethod]
        public async Task UpdateClient_Conditions_PutUpdatesOff()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            InApplication(bench, boot =>
            {
                UpdateClient client = new(boot);
                Assert.IsTrue(client.MayUpdate(UpdateClient.Unknown, UpdateClient.Unknown));

                // From 22:00 to 04:00.
                client.WindowStartSeconds = 22 * 3600;
                client.WindowSeconds = 6 * 3600;
                foreach ((int hour, bool expected) in new[] { (21, false), (22, true), (23, true), (0, true), (3, true), (4, false), (12, false) })
                {
                    Assert.AreEqual(expected, client.MayUpdate(hour * 3600, UpdateClient.Unknown), $"{hour}:00");
                }

                client.BatteryPercentMin = 40;
                Assert.IsFalse(client.MayUpdate(0, 39));
                Assert.IsTrue(client.MayUpdate(0, 40));
                Assert.IsTrue(client.MayUpdate(UpdateClient.Unknown, UpdateClient.Unknown), "what cannot be said is no obstacle");

                bench.Device.BatteryPercent = 39;
                Assert.IsFalse(client.MayUpdate(UpdateClient.Unknown, UpdateClient.Unknown), "the board knows its battery");
                Assert.IsTrue(client.MayUpdate(UpdateClient.Unknown, 40), "the application knows better");
                bench.Device.BatteryPercent = 40;
                Assert.IsTrue(client.MayUpdate(UpdateClient.Unknown, UpdateClient.Unknown));

                client.Defer(5000);
                Assert.IsFalse(client.MayUpdate(0, 50));
                boot.Board.Sleep(4999);
                Assert.IsFalse(client.MayUpdate(0, 50));
                boot.Board.Sleep(1);
                Assert.IsTrue(client.MayUpdate(0, 50));
                client.Defer(5000);
                client.Defer(0);
                Assert.IsTrue(client.MayUpdate(0, 50));
                return ResultCode.Ok;
            });
        }

        private static int Sessions(DeviceBench bench)
        {
            return bench.Device.Transcript.Count(entry => entry.Event == BootEvent.Stage2Started);
        }

        /// <summary>Does something as the application of one start.</summary>
        private static ResultCode InApplication(DeviceBench bench, Func<BootContext, ResultCode> run)
        {
            ResultCode result = ResultCode.InvalidArgument;
            Exception? failure = null;
            bool isDone = false;
            AssemblyLoader former = bench.Policy.Loader;
            bench.Policy.Loader = new CustomApplication(boot =>
            {
                try
                {
                    boot.Confirm();
                    result = run(boot);
                }
                catch (AssertFailedException exception)
                {
                    failure = exception;
                }

                isDone = true;
                boot.Restart();
            });
            for (int boots = 0; boots < 6 && !isDone; boots++)
            {
                bench.Device.BootOnce();
            }

            bench.Policy.Loader = former;
            Assert.IsNull(failure, failure?.Message);
            return result;
        }
    }
}
