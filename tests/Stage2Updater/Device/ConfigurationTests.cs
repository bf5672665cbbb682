// The configuration: data that is installed like an image, confirmed with its installation, and read by the application.

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
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Resident;
using NanoBoot.Stage2Encryption;
using NanoBoot.Stage2Updater.Transport;
using NanoBoot.Tests.Shared;

namespace NanoBoot.Stage2Updater.Tests.Device
{
    [TestClass]
    public sealed class ConfigurationTests
    {
        private static readonly byte[] First = Enumerable.Range(0, 9000).Select(i => (byte)(i * i >> 5)).ToArray();
        private static readonly byte[] Second = [.. First[..3000], 1, 2, 3, .. First[4000..]];

        [TestMethod]
        [DataRow(1)]
        [DataRow(2)]
        public async Task Update_Configuration_InstalledConfirmedAndReadable(int slots)
        {
            await using DeviceBench bench = await DeviceBench.StartAsync(configurationSlots: slots);
            Assert.AreEqual(ResultCode.SlotEmpty, Read(bench, out _), "nothing was ever installed");
            Publish(bench, 3, First);

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            Assert.AreEqual(ResultCode.Ok, Read(bench, out ConfigurationReader reader), Lines(said));
            CollectionAssert.AreEqual(First, reader.Data);
            Assert.AreEqual(3, reader.Sequence);
            ComponentState state = bench.State().Components[ComponentIndex.Configuration];
            Assert.AreEqual((3L, RegionId.Configuration), (state.Floor, state.ConfirmedSlot));
            Assert.AreEqual((RegionId.ApplicationA, 1L), bench.Running(), "the application is the same");

            Publish(bench, 4, Second);
            said = bench.Update();
            Assert.AreEqual(ResultCode.Ok, Read(bench, out reader), Lines(said));
            CollectionAssert.AreEqual(Second, reader.Data);
            Assert.AreEqual(
                slots == 2 ? RegionId.ConfigurationB : RegionId.Configuration, bench.State().Components[ComponentIndex.Configuration].ConfirmedSlot);
            long fetched = said.Where(entry => entry.Event == BootEvent.BytesFetched).Sum(entry => entry.Value);
            Assert.IsLessThan(Second.Length, fetched, "what both have is copied on the device");
            Assert.IsTrue(bench.Reports().Any(report => report.IsSuccess), "reported as done, not as on trial");
        }

        [TestMethod]
        public async Task A2_Update_OlderConfiguration_Refused()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync(configurationSlots: 2);
            Publish(bench, 3, First);
            bench.Update();
            Publish(bench, 2, Second);

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            Assert.AreEqual(ResultCode.SuitSequenceTooOld, said.Single(entry => entry.Event == BootEvent.ManifestRefused).Result, Lines(said));
            Assert.AreEqual(ResultCode.Ok, Read(bench, out ConfigurationReader reader));
            CollectionAssert.AreEqual(First, reader.Data);
        }

        /// <summary>Every cut leaves the former configuration or the new one with two slots, and never anything else with one.</summary>
        [TestMethod]
        [DataRow(1)]
        [DataRow(2)]
        public async Task A13_Update_ConfigurationCutAtEachOperation_FormerOrNewAndThenNew(int slots)
        {
            await using DeviceBench bench = await DeviceBench.StartAsync(configurationSlots: slots);
            Publish(bench, 1, First);
            bench.Update();
            Publish(bench, 2, Second);
            MemorySnapshot start = bench.Memory.Snapshot();
            int cuts = 0;
            for (int operation = 0; ; operation++)
            {
                bench.Memory.Restore(start);
                int faults = bench.Memory.Power.Faults.Records.Count;
                bench.Memory.Power.Arm(operation, (TornForm)(operation % 5), (uint)operation);
                string replay = $"cut {operation}:{(TornForm)(operation % 5)}";
                for (int tries = 0; tries < 3 && bench.State().Components[ComponentIndex.Configuration].Floor < 2; tries++)
                {
                    bench.Update();
                    ResultCode result = Read(bench, out ConfigurationReader meanwhile);
                    Assert.IsTrue(result == ResultCode.Ok || (slots == 1 && result is ResultCode.SlotEmpty or ResultCode.SlotHeaderInvalid), $"{replay}: {result}");
                    Assert.IsTrue(meanwhile.Data == null || meanwhile.Data.AsSpan().SequenceEqual(meanwhile.Sequence == 1 ? First : Second), replay);
                }

                Assert.AreEqual(ResultCode.Ok, Read(bench, out ConfigurationReader reader), replay);
                CollectionAssert.AreEqual(Second, reader.Data, replay);
                Assert.AreEqual(2, reader.Sequence, replay);
                if (bench.Memory.Power.Faults.Records.Count == faults)
                {
                    break;
                }

                cuts++;
            }

            Assert.IsGreaterThan(10, cuts);
        }

        /// <summary>Stage 2 is not asked again about what lies in the slot: whoever reads it verifies it.</summary>
        [TestMethod]
        public async Task A23_Read_ConfigurationChangedInTheSlot_Refused()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync(configurationSlots: 1);
            Publish(bench, 1, First);
            bench.Update();
            void Change()
            {
                FlashRegion region = bench.Memory.Map().Find(RegionId.Configuration);
                byte[] sector = bench.Read(RegionId.Configuration, 8192, 4096);
                sector[100] ^= 1;
                Assert.AreEqual(ResultCode.Ok, region.Erase(8192, 4096));
                Assert.AreEqual(ResultCode.Ok, region.Program(8192, sector, 0, sector.Length));
            }

            Assert.AreEqual(ResultCode.SuitImageMismatch, Read(bench, out ConfigurationReader reader, Change));
            Assert.IsNull(reader.Data);

            // Another one in its place, signed as well: the journal says which one was confirmed.
            Assert.AreEqual(ResultCode.SlotEmpty, Read(bench, out _, () => Factory.WriteImage(
                bench.Memory.Map(), bench.Policy.Components[ComponentIndex.Configuration], RegionId.Configuration,
                bench.Manifest(DeviceBench.Configuration, 0, Second).Build().Sign(bench.Author), Second)));

            // And the next session of stage 2 mends it.
            bench.Update();
            Assert.AreEqual(ResultCode.Ok, Read(bench, out reader));
            CollectionAssert.AreEqual(First, reader.Data);
        }

        [TestMethod]
        public async Task A26_Update_ConfigurationWithoutApply_NotInstalled()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync(configurationSlots: 1);
            bench.Publish(bench.Manifest(DeviceBench.Configuration, 1, First), First, bench.Maker);

            bench.Update();

            Assert.AreEqual(ResultCode.SlotEmpty, Read(bench, out _));
        }

        /// <summary>The drafts' own ciphertexts, from an author's manifest over HTTP into the slot of a device with the drafts' keys.</summary>
        [TestMethod]
        [DataRow("aes-kw-aes-ctr", false)]
        [DataRow("aes-kw-aes-gcm", false)]
        [DataRow("es-ecdh-aes-ctr", false)]
        [DataRow("es-ecdh-aes-gcm", false)]
        [DataRow("es-ecdh-aes-gcm", true)]
        public async Task Update_ExamplesOfFirmwareEncryption_PlaintextInTheSlot(string name, bool isContent)
        {
            byte[] plain = Encoding.ASCII.GetBytes("This is a real firmware image.");
            byte[] payload = Vectors.Hex($"suit/enc24-encrypted-payload-{name}.hex");
            await using DeviceBench bench = await DeviceBench.StartAsync(configurationSlots: 1, isEncrypted: true);
            PayloadKey[] keys = Encryption.EncryptedPayloadsTests.PublishedKeys;
            Factory.WritePayloadKeys(
                bench.Memory.Map(), new PayloadKeyRecord().AddKeyWrap(keys[0].Key, keys[0].KeyId).AddPrivateKey(keys[1].Key, keys[1].KeyId));
            ManifestBuilder builder = bench.Manifest(DeviceBench.Configuration, 1, plain, "../" + Publisher.PayloadPath(payload));
            builder.Profile = ManifestProfile.Standard;
            builder.Components[0].EncryptionInfo = Vectors.Hex($"suit/enc24-suit-encryption-info-{name}.hex");
            ManifestWriter writer = builder.ToWriter();
            if (isContent)
            {
                // As in the examples with the content in the manifest: write instead of fetch.
                writer.Install = new CommandSequence().OverrideParameters(
                    new ParameterSet().Content(payload).EncryptionInfo(builder.Components[0].EncryptionInfo!)).Write().ImageMatch();
            }

            bench.Publisher.Publish(DeviceBench.Configuration, writer.Build().Sign(bench.Author), payload);

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            Assert.AreEqual(ResultCode.Ok, Read(bench, out ConfigurationReader reader), Lines(said));
            CollectionAssert.AreEqual(plain, reader.Data);
        }

        private static void Publish(DeviceBench bench, long sequence, byte[] data)
        {
            bench.Publish(bench.Manifest(DeviceBench.Configuration, sequence, data), data);
        }

        /// <summary>Reads as the application would: in its next start, which may come after one of stage 2.</summary>
        private static ResultCode Read(DeviceBench bench, out ConfigurationReader reader, Action? before = null)
        {
            ResultCode result = ResultCode.InvalidArgument;
            ConfigurationReader? read = null;
            AssemblyLoader former = bench.Policy.Loader;
            bench.Policy.Loader = new CustomApplication(boot =>
            {
                boot.Confirm();
                before?.Invoke();
                read = new ConfigurationReader(boot);
                result = read.Read();
                boot.Restart();
            });
            for (int boots = 0; boots < 6 && read == null; boots++)
            {
                bench.Device.BootOnce();
            }

            bench.Policy.Loader = former;
            reader = read!;
            return result;
        }

        private static string Lines(IEnumerable<TranscriptEntry> said) => string.Join(Environment.NewLine, said);
    }
}
