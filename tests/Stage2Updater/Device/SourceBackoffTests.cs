// Sources of payloads that fail: passed over for a while, each by itself, across restarts; and asked all the same when
// nobody else delivers.

using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Stage2Updater.Tests.Transport;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.Stage2Updater.Tests.Device
{
    [TestClass]
    public sealed class SourceBackoffTests
    {
        private const int Releases = 16;

        /// <summary>One mirror is broken, another works: every release is installed, and the broken one is asked ever more rarely.</summary>
        [TestMethod]
        public async Task A10_Update_BrokenMirrorFirst_IsAskedEverMoreRarely()
        {
            // With one slot each release needs what the one before did not.
            await using DeviceBench bench = await DeviceBench.StartAsync(applicationSlots: 1);
            int asked = 0;
            using FaultServer broken = new(_ =>
            {
                asked++;
                return new FaultResponse(Encoding.ASCII.GetBytes("HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n"));
            });
            List<int> asks = new();
            for (int release = 2; release < 2 + Releases; release++)
            {
                Publish(bench, release, broken.Address + "/payload");
                int before = asked;
                bench.Update();
                Assert.AreEqual(release, bench.Running().Sequence, $"release {release} is installed from the mirror that works");
                if (asked > before)
                {
                    asks.Add(release);
                }
            }

            CollectionAssert.AreEqual(new[] { 2, 4 }, asks.Take(2).ToArray(), "after the first failure one session without it");
            Assert.IsTrue(asks[2] - asks[1] is 3 or 4, string.Join(' ', asks));
            Assert.IsTrue(asks[3] - asks[2] is >= 5 and <= 8, string.Join(' ', asks));
            Assert.HasCount(4, asks, string.Join(' ', asks));
        }

        [TestMethod]
        public async Task A10_Update_MirrorIsMended_IsAskedAgainAndForgiven()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            Publish(bench, 2, "../payloads/gone.bin", "../payloads/gone.bin");
            bench.Update();
            Assert.AreEqual(1L, bench.Running().Sequence);
            Assert.AreNotEqual(0, Sources(bench)[1] >> 5, "the only source failed");

            // Nobody else delivers: it is asked all the same, and delivers.
            Publish(bench, 4);
            IReadOnlyList<TranscriptEntry> said = bench.Update();

            Assert.AreEqual(4L, bench.Running().Sequence, string.Join('\n', said));
            CollectionAssert.AreEqual(new byte[4], Sources(bench), "forgiven");
        }

        /// <summary>A release whose payload nobody has: one try of each source a session, and the sessions themselves rarer.</summary>
        [TestMethod]
        public async Task A12_Update_NoSourceDelivers_EachIsAskedOnceASession()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync();
            int asked = 0;
            using FaultServer broken = new(_ =>
            {
                asked++;
                return new FaultResponse(Encoding.ASCII.GetBytes("HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n"));
            });
            Publish(bench, 2, broken.Address + "/payload", "../payloads/gone.bin");
            for (int session = 1; session <= 6; session++)
            {
                bench.Update();
                Assert.AreEqual(session, asked, "once a session, however often it failed");
                Assert.AreEqual(ResultCode.HttpStatus, bench.State().Components[ComponentIndex.Application].FailureCode);
            }

            BootJournal journal = new(bench.Memory.Map().Find(RegionId.Journal));
            _ = journal.Open();
            Assert.IsGreaterThanOrEqualTo(240, new UpdateHistory(journal).WaitSeconds, "half of 30 s times 2^5, halved once by the sample application");
        }

        [TestMethod]
        public void Note_FailuresInARow_DoubleTheSessionsUpToTheCap()
        {
            BootJournal journal = NewJournal();
            byte[] device = { 7, 1, 9 };
            Assert.AreEqual(ResultCode.Ok, HttpUri.Parse("http://a.example/x", null, out HttpUri source));
            for (int failure = 1; failure < 9; failure++)
            {
                new UpdateHistory(journal).Note(source, true, device);
                int sessions = 0;
                while (new UpdateHistory(journal).IsPutOff(source))
                {
                    sessions++;
                }

                int most = failure < 5 ? (1 << failure) - 1 : UpdateHistory.SkipsMax;
                Assert.IsTrue(sessions >= (most + 1) / 2 && sessions <= most, $"failure {failure}: {sessions} sessions");
            }
        }

        [TestMethod]
        public void Note_ManyDevices_DoNotComeBackInTheSameSession()
        {
            HashSet<int> sessions = new();
            Assert.AreEqual(ResultCode.Ok, HttpUri.Parse("http://a.example/x", null, out HttpUri source));
            for (int device = 0; device < 64; device++)
            {
                BootJournal journal = NewJournal();
                for (int failure = 0; failure < 5; failure++)
                {
                    new UpdateHistory(journal).Note(source, true, new[] { (byte)device });
                }

                sessions.Add(journal.Opaque[8] & UpdateHistory.SkipsMax);
            }

            Assert.IsGreaterThan(8, sessions.Count, "of 16 possible");
        }

        [TestMethod]
        public void Note_SeveralSources_AreToldApart()
        {
            BootJournal journal = NewJournal();
            HttpUri[] sources = new[] { "http://a.example/x", "http://b.example/x", "http://c.example/x" }.Select(text =>
            {
                Assert.AreEqual(ResultCode.Ok, HttpUri.Parse(text, null, out HttpUri uri));
                return uri;
            }).ToArray();
            new UpdateHistory(journal).Note(sources[0], true, new byte[1]);
            new UpdateHistory(journal).Note(sources[0], true, new byte[1]);
            new UpdateHistory(journal).Note(sources[1], true, new byte[1]);
            Assert.IsTrue(new UpdateHistory(journal).IsPutOff(sources[0]));
            Assert.IsTrue(new UpdateHistory(journal).IsPutOff(sources[1]));
            Assert.IsFalse(new UpdateHistory(journal).IsPutOff(sources[2]));

            new UpdateHistory(journal).Note(sources[2], true, new byte[1]);
            Assert.IsTrue(new UpdateHistory(journal).IsPutOff(sources[0]), "of the two, the one that failed less makes room");
            Assert.IsFalse(new UpdateHistory(journal).IsPutOff(sources[1]));
            Assert.IsTrue(new UpdateHistory(journal).IsPutOff(sources[2]));

            new UpdateHistory(journal).Note(sources[0], false, new byte[1]);
            Assert.IsFalse(new UpdateHistory(journal).IsPutOff(sources[0]));
        }

        private static BootJournal NewJournal()
        {
            return new BootJournal(new EmulatedMemory(EmulatedLayout.Make()).Map().Find(RegionId.Journal));
        }

        private static byte[] Sources(DeviceBench bench)
        {
            return bench.State().Opaque[7..11];
        }

        /// <summary>Publishes a release whose payload differs from that of the one before.</summary>
        private static void Publish(DeviceBench bench, int sequence, params string[] uris)
        {
            byte[] image = sequence % 2 == 0 ? DeviceBench.Version11 : DeviceBench.Version10;
            string own = "../" + Publisher.PayloadPath(image);
            ManifestBuilder builder = bench.Manifest(DeviceBench.Application, sequence, image, uris.FirstOrDefault() ?? own);
            if (uris.Length > 0)
            {
                builder.Components[0].Uris.Add(uris.Length > 1 ? uris[1] : own);
            }

            bench.Publish(builder, image);
        }
    }
}
