// Manifests pushed over a real broker to a whole emulated device: through the same door as polled ones.

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
using NanoBoot.Stage2Mqtt;
using NanoBoot.Stage2Updater.Tests.Device;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.Stage2Updater.Tests.Mqtt
{
    [TestClass]
    public sealed class PushUpdateTests
    {
        private static readonly byte[] DeviceId = Convert.FromHexString("00112233445566778899aabbccddeeff");

        [TestMethod]
        public async Task Update_PushedManifest_InstalledWithoutAPoll()
        {
            using Broker broker = Broker.Start();
            await using DeviceBench bench = await StartAsync(broker);
            byte[] envelope = PublishPayloadOnly(bench, 2);
            broker.Publish(MqttBroker.TopicOf(DeviceId, DeviceBench.Application), envelope, retain: true);

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            Assert.AreEqual((RegionId.ApplicationB, 2L), bench.Running(), Lines(said));
            Assert.IsFalse(bench.Requests.Any(r => r.Method == "GET" && r.Path.EndsWith("application.suit", StringComparison.Ordinal)), "polled");
            Assert.IsTrue(bench.Requests.Any(r => r.Path.Contains("payload", StringComparison.Ordinal)));
        }

        [TestMethod]
        public async Task Update_PushedToTheClassAndToTheDevice_TheDevicesOwnCounts()
        {
            using Broker broker = Broker.Start();
            await using DeviceBench bench = await StartAsync(broker);
            byte[] forClass = PublishPayloadOnly(bench, 2);
            byte[] forDevice = PublishPayloadOnly(bench, 3);
            broker.Publish(MqttBroker.TopicOf(DeviceId, DeviceBench.Application), forDevice, retain: true);
            broker.Publish(MqttBroker.TopicOf(ClassId(), DeviceBench.Application), forClass, retain: true);

            bench.Update();

            Assert.AreEqual((RegionId.ApplicationB, 3L), bench.Running());
        }

        [TestMethod]
        public async Task A1_BareUriPushed_RefusedAndNothingFetchedFromIt()
        {
            await Refused(bench => Encoding.ASCII.GetBytes(bench.Address + "payloads/evil.bin"), ResultCode.CborUnexpectedType);
        }

        [TestMethod]
        public async Task A24_ManifestOfAStrangerPushed_Refused()
        {
            await Refused(
                bench => bench.Manifest(DeviceBench.Application, 9, DeviceBench.Version11).Build().Sign(EcdsaSigningKey.FromSeed("bench"u8, "stranger")).Encode(),
                ResultCode.KeyUnknown);
        }

        [TestMethod]
        public async Task A2_OldManifestRetainedByTheBroker_RefusedAndThePolledOneInstalled()
        {
            using Broker broker = Broker.Start();
            await using DeviceBench bench = await StartAsync(broker);
            broker.Publish(MqttBroker.TopicOf(DeviceId, DeviceBench.Application), PublishPayloadOnly(bench, 0), retain: true);
            bench.Publish(bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11), DeviceBench.Version11);

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            CollectionAssert.Contains(
                said.Where(e => e.Event == BootEvent.ManifestRefused).Select(e => e.Result).ToArray(), ResultCode.SuitSequenceTooOld, Lines(said));
            Assert.AreEqual((RegionId.ApplicationB, 2L), bench.Running());
        }

        [TestMethod]
        public async Task A12_BrokerGone_PolledAsEver()
        {
            using Broker broker = Broker.Start();
            await using DeviceBench bench = await StartAsync(broker);
            broker.Stop();
            bench.Publish(bench.Manifest(DeviceBench.Application, 2, DeviceBench.Version11), DeviceBench.Version11);

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            CollectionAssert.Contains(
                said.Where(e => e.Event == BootEvent.SourceFailed).Select(e => e.Result).ToArray(), ResultCode.NetworkUnreachable, Lines(said));
            Assert.AreEqual((RegionId.ApplicationB, 2L), bench.Running());
        }

        private static async Task Refused(Func<DeviceBench, byte[]> message, ResultCode expected)
        {
            using Broker broker = Broker.Start();
            await using DeviceBench bench = await StartAsync(broker);
            broker.Publish(MqttBroker.TopicOf(DeviceId, DeviceBench.Application), message(bench), retain: true);

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            CollectionAssert.Contains(
                said.Where(e => e.Event == BootEvent.ManifestRefused).Select(e => e.Result).ToArray(), expected, Lines(said));
            Assert.AreEqual((RegionId.ApplicationA, 1L), bench.Running());
            Assert.IsFalse(bench.Requests.Any(r => r.Path.Contains("payload", StringComparison.Ordinal)), "a payload was asked for");
        }

        /// <summary>The bench's device, whose stage 2 asks a broker first.</summary>
        private static async Task<DeviceBench> StartAsync(Broker broker)
        {
            DeviceBench bench = await DeviceBench.StartAsync();
            MqttBroker address = new("127.0.0.1", broker.Port, false, "bench", null, null);
            bench.Policy.Loader = new CustomStage2(boot => new Updater(boot, new SocketChannel(), null)
            {
                Pushed = new MqttInbox(boot, new MqttManifestPush(boot.Board), address),
            }.Run());
            return bench;
        }

        /// <summary>A release whose payload is on the server and whose manifest is not.</summary>
        private static byte[] PublishPayloadOnly(DeviceBench bench, long sequence)
        {
            ManifestBuilder builder = bench.Manifest(DeviceBench.Application, sequence, DeviceBench.Version11);
            bench.Publish(builder, DeviceBench.Version11);
            File.Delete(Path.Combine(bench.Directory, Publisher.ManifestPath(DeviceBench.Application)));
            return builder.Build().Sign(bench.Author).Encode();
        }

        private static byte[] ClassId()
        {
            return Uuid.ToBytes(Uuid.ForClass(Uuid.ForVendor("nanoboot.example"), "bench"));
        }

        private static string Lines(IEnumerable<TranscriptEntry> said) => string.Join(Environment.NewLine, said);
    }
}
