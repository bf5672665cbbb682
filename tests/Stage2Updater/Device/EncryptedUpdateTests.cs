// Encrypted releases over a real server to a whole device: the plaintext is nowhere but in the author's hands and in the
// device's slot.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Threading.Tasks;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Flash;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Stage2Encryption;
using NanoBoot.Stage2Payloads;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.Stage2Updater.Tests.Device
{
    [TestClass]
    public sealed class EncryptedUpdateTests
    {
        private static readonly byte[] FleetKey = Enumerable.Range(1, 32).Select(i => (byte)i).ToArray();

        /// <summary>The profiles of the mti list, both profiles of manifests, and one slot as well as two.</summary>
        [TestMethod]
        [DataRow(ContentAlgorithm.A128Ctr, 16, ManifestProfile.NanoBoot, 2)]
        [DataRow(ContentAlgorithm.A256Ctr, 32, ManifestProfile.NanoBoot, 1)]
        [DataRow(ContentAlgorithm.A128Ctr, 0, ManifestProfile.Standard, 2)]
        [DataRow(ContentAlgorithm.A128Gcm, 0, ManifestProfile.NanoBoot, 2)]
        [DataRow(ContentAlgorithm.A128Gcm, 24, ManifestProfile.Standard, 1)]
        public async Task A27_A29_Update_Encrypted_InstalledAndTheServerNeverSeesPlaintext(
            ContentAlgorithm content, int keyBytes, ManifestProfile profile, int slots)
        {
            await using DeviceBench bench = await DeviceBench.StartAsync(slots, isEncrypted: true);
            using ECDiffieHellman own = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
            ECParameters ownKey = own.ExportParameters(true);
            PayloadKeyRecord keys = keyBytes == 0
                ? new PayloadKeyRecord().AddPrivateKey(ownKey.D!, [1])
                : new PayloadKeyRecord().AddKeyWrap(FleetKey[..keyBytes], [1]);
            Factory.WritePayloadKeys(bench.Memory.Map(), keys);
            Publish(bench, content, keyBytes == 0 ? new EcdhRecipient(ownKey, [1]) : new KeyWrapRecipient(FleetKey[..keyBytes], [1]), profile);

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            RegionId expected = slots == 2 ? RegionId.ApplicationB : RegionId.ApplicationA;
            Assert.AreEqual((expected, 2L), bench.Running(), Lines(said));
            CollectionAssert.AreEqual(DeviceBench.Version11, bench.Read(expected, 8192, DeviceBench.Version11.Length));
            AssertNoPlaintextServed(bench);
        }

        [TestMethod]
        [DataRow(ContentAlgorithm.A128Ctr)]
        [DataRow(ContentAlgorithm.A128Gcm)]
        public async Task A13_Update_EncryptedAndCutAtEachOperation_GoesOnAndEndsInTheNewRelease(ContentAlgorithm content)
        {
            await using DeviceBench bench = await DeviceBench.StartAsync(2, isEncrypted: true);
            Factory.WritePayloadKeys(bench.Memory.Map(), new PayloadKeyRecord().AddKeyWrap(FleetKey[..16], [1]));
            Publish(bench, content, new KeyWrapRecipient(FleetKey[..16], [1]), ManifestProfile.NanoBoot);
            MemorySnapshot start = bench.Memory.Snapshot();
            int cuts = 0;
            for (int operation = 0; operation < 400; operation += 3)
            {
                bench.Memory.Restore(start);
                int faults = bench.Memory.Power.Faults.Records.Count;
                bench.Memory.Power.Arm(operation, (TornForm)(operation % 5), (uint)operation);
                for (int tries = 0; tries < 3 && bench.State().Components[ComponentIndex.Application].Floor < 2; tries++)
                {
                    bench.Update();
                }

                Assert.AreEqual(2, bench.State().Components[ComponentIndex.Application].Floor, $"cut {operation}");
                CollectionAssert.AreEqual(
                    DeviceBench.Version11, bench.Read(RegionId.ApplicationB, 8192, DeviceBench.Version11.Length), $"cut {operation}");
                if (bench.Memory.Power.Faults.Records.Count == faults)
                {
                    break;
                }

                cuts++;
            }

            Assert.IsGreaterThan(10, cuts);
        }

        [TestMethod]
        [DataRow(false, ResultCode.PayloadKeyMissing)]
        [DataRow(true, ResultCode.DecryptionFailed)]
        public async Task A54_Update_KeyLostOrAnother_NamedAndNothingWritten(bool hasOther, ResultCode expected)
        {
            await using DeviceBench bench = await DeviceBench.StartAsync(1, isEncrypted: true);
            if (hasOther)
            {
                Factory.WritePayloadKeys(bench.Memory.Map(), new PayloadKeyRecord().AddKeyWrap(new byte[16], [1]));
            }

            Publish(bench, ContentAlgorithm.A128Ctr, new KeyWrapRecipient(FleetKey[..16], [1]), ManifestProfile.NanoBoot);
            NorCounters counters = bench.Memory.External.Array.Counters;
            long operations = counters.Programs + counters.Erases;

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            Assert.AreEqual(expected, said.Single(entry => entry.Event == BootEvent.InstallFailed).Result, Lines(said));
            Assert.AreEqual(expected, bench.State().Components[ComponentIndex.Application].FailureCode);
            Assert.AreEqual((RegionId.ApplicationA, 1L), bench.Running(), "the only slot still runs");
            Assert.AreEqual(operations, counters.Programs + counters.Erases);
            Assert.IsFalse(bench.Requests.Any(request => request.Path.Contains("payload", StringComparison.Ordinal)), "no byte was asked for");
        }

        [TestMethod]
        public async Task A43_Update_CiphertextChanged_RefusedBeforeItIsWritten()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync(1, isEncrypted: true);
            Factory.WritePayloadKeys(bench.Memory.Map(), new PayloadKeyRecord().AddKeyWrap(FleetKey[..16], [1]));
            string file = Publish(bench, ContentAlgorithm.A128Ctr, new KeyWrapRecipient(FleetKey[..16], [1]), ManifestProfile.NanoBoot);
            byte[] served = File.ReadAllBytes(file);
            for (int i = 0; i < served.Length; i += 100)
            {
                served[i] ^= 1;
            }

            File.WriteAllBytes(file, served);
            IReadOnlyList<TranscriptEntry> said = bench.Update();

            Assert.AreEqual(ResultCode.PayloadChunkMismatch, said.Single(entry => entry.Event == BootEvent.InstallFailed).Result, Lines(said));
            Assert.AreEqual((RegionId.ApplicationA, 1L), bench.Running(), "the only slot still runs");
        }

        [TestMethod]
        public async Task A27_Update_EncryptedAndTheDeviceHasNoDecoder_Refused()
        {
            await using DeviceBench bench = await DeviceBench.StartAsync(1);
            Publish(bench, ContentAlgorithm.A128Ctr, new KeyWrapRecipient(FleetKey[..16], [1]), ManifestProfile.NanoBoot);

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            Assert.AreEqual(ResultCode.NotSupported, said.Single(entry => entry.Event == BootEvent.InstallFailed).Result, Lines(said));
            Assert.AreEqual((RegionId.ApplicationA, 1L), bench.Running());
        }

        /// <summary>Packed first, then encrypted; and as it is beside it: what the device lacks of the first, it takes of the second.</summary>
        [TestMethod]
        [DataRow(false, ContentAlgorithm.A128Ctr)]
        [DataRow(true, ContentAlgorithm.A128Ctr)]
        [DataRow(true, ContentAlgorithm.A128Gcm)]
        public async Task A27_Update_PackedAndEncrypted_Installed(bool isDifferential, ContentAlgorithm content)
        {
            await using DeviceBench bench = await DeviceBench.StartAsync(2);
            Factory.WritePayloadKeys(bench.Memory.Map(), new PayloadKeyRecord().AddKeyWrap(FleetKey[..16], [1]));
            bench.Policy.Loader = new CustomStage2(boot => new Updater(
                boot, new SocketChannel(), new EncryptedPayloads(PayloadKey.Read(boot.Board.Flash), new PayloadDecoder())).Run());
            byte[] image = DeviceBench.Version11;
            byte[] packed = isDifferential
                ? PackedPayloads.Differentiate(DeviceBench.Version10, image, Chunker.Cut(image))
                : PackedPayloads.Compress(image, Chunker.Cut(image));
            EncryptedPayload made = PayloadEncryption.Encrypt(packed, content, new KeyWrapRecipient(FleetKey[..16], [1]));
            string name = "application-2" + (isDifferential ? ".nbd" : ".nbz");
            Directory.CreateDirectory(Path.Combine(bench.Directory, "payloads"));
            File.WriteAllBytes(Path.Combine(bench.Directory, "payloads", name), made.Ciphertext);
            ManifestBuilder builder = bench.Manifest(DeviceBench.Application, 2, image, "../payloads/" + name);
            builder.Components[0].EncryptionInfo = made.EncryptionInfo;
            bench.Plant(DeviceBench.Application, builder.Build().Sign(bench.Author).Encode());

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            Assert.AreEqual((RegionId.ApplicationB, 2L), bench.Running(), Lines(said));
            CollectionAssert.AreEqual(image, bench.Read(RegionId.ApplicationB, 8192, image.Length));
            Assert.IsTrue(bench.Requests.Any(request => request.Path.EndsWith(name, StringComparison.Ordinal)));
            AssertNoPlaintextServed(bench);
        }

        /// <summary>Two forms, each with its own keys, as the author's tool describes them: when the first is broken the second is decrypted.</summary>
        [TestMethod]
        [DataRow(false)]
        [DataRow(true)]
        public async Task A10_Update_PackedAndEncryptedBesideEncrypted_EachIsDecryptedWithItsOwnKey(bool isFirstBroken)
        {
            await using DeviceBench bench = await DeviceBench.StartAsync(2);
            Factory.WritePayloadKeys(bench.Memory.Map(), new PayloadKeyRecord().AddKeyWrap(FleetKey[..16], [1]));
            bench.Policy.Loader = new CustomStage2(boot => new Updater(
                boot, new SocketChannel(), new EncryptedPayloads(PayloadKey.Read(boot.Board.Flash), new PayloadDecoder())).Run());
            byte[] image = DeviceBench.Version11;
            EncryptedPayload packed = PayloadEncryption.Encrypt(
                PackedPayloads.Compress(image, Chunker.Cut(image)), ContentAlgorithm.A128Ctr, new KeyWrapRecipient(FleetKey[..16], [1]));
            EncryptedPayload plain = PayloadEncryption.Encrypt(image, ContentAlgorithm.A128Ctr, new KeyWrapRecipient(FleetKey[..16], [1]));
            string first = "../" + Publisher.PayloadPath(packed.Ciphertext) + "?.nbz";
            ManifestBuilder builder = bench.Manifest(DeviceBench.Application, 2, image, first);
            builder.Components[0].Uris.Add("../" + Publisher.PayloadPath(plain.Ciphertext));
            builder.Components[0].EncryptionInfo = plain.EncryptionInfo;
            builder.Components[0].EncryptionInfoOf[first] = packed.EncryptionInfo;
            bench.Publish(builder, plain.Ciphertext);
            bench.Publisher.AddPayload(packed.Ciphertext);
            if (isFirstBroken)
            {
                File.WriteAllBytes(Path.Combine(bench.Directory, Publisher.PayloadPath(packed.Ciphertext)), new byte[100]);
            }

            IReadOnlyList<TranscriptEntry> said = bench.Update();

            Assert.AreEqual((RegionId.ApplicationB, 2L), bench.Running(), Lines(said));
            string second = Publisher.PayloadPath(plain.Ciphertext);
            Assert.AreEqual(isFirstBroken, bench.Requests.Any(request => request.Path.EndsWith(second, StringComparison.Ordinal)), Lines(said));
            AssertNoPlaintextServed(bench);
        }

        /// <summary>Encrypts version 1.1, publishes it, and returns the file that is served.</summary>
        private static string Publish(DeviceBench bench, ContentAlgorithm content, PayloadRecipient recipient, ManifestProfile profile)
        {
            byte[] image = DeviceBench.Version11;
            EncryptedPayload made = PayloadEncryption.Encrypt(image, content, recipient);
            string path = Publisher.PayloadPath(made.Ciphertext);
            ManifestBuilder builder = bench.Manifest(DeviceBench.Application, 2, image, "../" + path);
            builder.Profile = profile;
            builder.Components[0].EncryptionInfo = made.EncryptionInfo;
            bench.Publish(builder, made.Ciphertext);
            return Path.Combine(bench.Directory, path);
        }

        private static void AssertNoPlaintextServed(DeviceBench bench)
        {
            byte[] mark = DeviceBench.Version11.AsSpan(0x80, 64).ToArray();
            string[] files = Directory.GetFiles(bench.Directory, "*", SearchOption.AllDirectories);
            Assert.IsTrue(files.Length >= 2);
            foreach (string file in files)
            {
                Assert.IsLessThan(0, File.ReadAllBytes(file).AsSpan().IndexOf(mark), file);
            }
        }

        private static string Lines(IEnumerable<TranscriptEntry> said) => string.Join(Environment.NewLine, said);
    }
}
