using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Tests.Shared;

namespace NanoBoot.Tools.Tests.Author
{
    /// <summary>The writer makes the drafts' own manifests, byte by byte.</summary>
    [TestClass]
    public sealed class PublishedManifestTests
    {
        private static readonly byte[] DigestA = Convert.FromHexString("00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210");
        private static readonly byte[] DigestB = Convert.FromHexString("0123456789abcdeffedcba987654321000112233445566778899aabbccddeeff");
        private static readonly Guid Vendor = Uuid.ForVendor("arm.com");
        private static readonly Guid Class = Uuid.ForClass(Vendor, "suit");

        [TestMethod]
        public void Build_Example0SecureBoot_PublishedBytes()
        {
            ManifestWriter writer = Writer(0, [0]);
            writer.Shared = Identity(Image(Ids(), DigestA, 34768));
            writer.Validate = new CommandSequence().ImageMatch();
            writer.Invoke = new CommandSequence().Invoke();
            AssertSame("suit/manifest37-example0-signed.hex", writer);
        }

        [TestMethod]
        public void Build_Example1DownloadAndInstall_PublishedBytes()
        {
            ManifestWriter writer = Writer(1, [0]);
            writer.Shared = Identity(Image(Ids(), DigestA, 34768));
            writer.Validate = new CommandSequence().ImageMatch();
            writer.Install = FetchFrom(new CommandSequence(), "http://example.com/file.bin");
            AssertSame("suit/manifest37-example1-signed.hex", writer);
        }

        [TestMethod]
        public void Build_Example2SeverableElements_PublishedBytes()
        {
            const string name = "suit/manifest37-example2-signed.hex";
            CborNode published = CborNode.Parse(Envelope.Parse(Vectors.Hex(name)).SeverableElements[23]);
            string description = published.Entries[0].Value.Find(1)!.Text;
            string component = published.Entries[0].Value.Entries[1].Value.Find(5)!.Text;
            var id = new ComponentId([0]);

            ManifestWriter writer = Writer(2, [0]);
            writer.ReferenceUri = "https://git.io/JJYoj";
            writer.Shared = Identity(Image(Ids(), DigestA, 34768));
            writer.Validate = new CommandSequence().ImageMatch();
            writer.Invoke = new CommandSequence().Invoke();
            writer.Install = FetchFrom(new CommandSequence(), "http://example.com/very/long/path/to/file/file.bin");
            writer.Text = new ManifestText().Add("en-US", ManifestTextKey.ManifestDescription, description)
                .Add("en-US", id, ComponentTextKey.VendorDomain, "arm.com").Add("en-US", id, ComponentTextKey.Description, component);
            writer.Sever(SuitElement.Install).Sever(SuitElement.Text);
            Envelope envelope = AssertSame(name, writer);

            CollectionAssert.AreEqual(Envelope.Parse(Vectors.Hex(name)).SeverableElements[20], envelope.SeverableElements[20]);
            CollectionAssert.AreEqual(Envelope.Parse(Vectors.Hex(name)).SeverableElements[23], envelope.SeverableElements[23]);
        }

        [TestMethod]
        public void Build_Example3TwoSlots_PublishedBytes()
        {
            ManifestWriter writer = Writer(3, [0]);
            writer.Shared = new CommandSequence().OverrideParameters(Ids()).TryEach(
                Slot(0).OverrideParameters(Image(new ParameterSet(), DigestA, 34768)),
                Slot(1).OverrideParameters(Image(new ParameterSet(), DigestB, 76834))).CheckIdentity();
            writer.Validate = new CommandSequence().ImageMatch();
            writer.Install = new CommandSequence().TryEach(
                Slot(0).OverrideParameters(new ParameterSet().Uri("http://example.com/file1.bin")),
                Slot(1).OverrideParameters(new ParameterSet().Uri("http://example.com/file2.bin"))).Fetch().ImageMatch();
            AssertSame("suit/manifest37-example3-signed.hex", writer);
        }

        [TestMethod]
        public void Build_Example4ExternalStorage_PublishedBytes()
        {
            ManifestWriter writer = Writer(4, [0], [2], [1]);
            writer.Shared = Identity(Image(Ids(), DigestA, 34768), new CommandSequence().SetComponentIndex(0));
            writer.Validate = new CommandSequence().SetComponentIndex(0).ImageMatch();
            writer.Load = new CommandSequence().SetComponentIndex(2)
                .OverrideParameters(Image(new ParameterSet(), DigestB, 76834).SourceComponent(0)).Copy().ImageMatch();
            writer.Invoke = new CommandSequence().SetComponentIndex(2).Invoke();
            writer.PayloadFetch = new CommandSequence().SetComponentIndex(1).OverrideParameters(
                new ParameterSet().ImageDigest(DigestA).Uri("http://example.com/file.bin")).Fetch().ImageMatch();
            writer.Install = new CommandSequence().SetComponentIndex(0)
                .OverrideParameters(new ParameterSet().SourceComponent(1)).Copy().ImageMatch();
            AssertSame("suit/manifest37-example4-signed.hex", writer);
        }

        [TestMethod]
        public void Build_Example5TwoImages_PublishedBytes()
        {
            ManifestWriter writer = Writer(5, [0], [1]);
            writer.Shared = Identity(Image(Ids(), DigestA, 34768), new CommandSequence().SetComponentIndex(0))
                .SetComponentIndex(1).OverrideParameters(Image(new ParameterSet(), DigestB, 76834));
            writer.Validate = new CommandSequence().SetComponentIndex(0).ImageMatch().SetComponentIndex(1).ImageMatch();
            writer.Invoke = new CommandSequence().SetComponentIndex(0).Invoke();
            writer.Install = FetchFrom(
                FetchFrom(new CommandSequence().SetComponentIndex(0), "http://example.com/file1.bin").SetComponentIndex(1),
                "http://example.com/file2.bin");
            AssertSame("suit/manifest37-example5-signed.hex", writer);
        }

        [TestMethod]
        public void Build_TrustDomainsDependent_PublishedBytes()
        {
            byte[] digest = Convert.FromHexString("0f02caf6d3e61920d36bf3cea7f862a13bb8fb1f09c3f4c29b121feab78ef3d8");
            ManifestWriter writer = Writer(0, "10"u8.ToArray());
            writer.Dependencies.Add(1, "dependent.suit");
            writer.ManifestComponentId = "depending.suit";
            writer.Invoke = new CommandSequence().SetComponentIndex(0)
                .OverrideParameters(new ParameterSet().InvokeArguments("cat 00 10"u8)).Command(SuitCommand.Invoke);
            writer.DependencyResolution = new CommandSequence().SetComponentIndex(1).OverrideParameters(
                Image(new ParameterSet(), digest, 190).Uri("http://example.com/dependent.suit")).Fetch().ImageMatch();
            writer.Install = new CommandSequence().SetComponentIndex(1).OverrideParameters(new ParameterSet().ImageDigest(digest))
                .Command(SuitCommand.DependencyIntegrity).Command(SuitCommand.ProcessDependency, 0).SetComponentIndex(0)
                .OverrideParameters(new ParameterSet().Content(" in multiple trust domains"u8)).Command(SuitCommand.Write);
            AssertSame("suit/trustdomains11-example0-dependent.hex", writer);
        }

        [TestMethod]
        public void Build_EncryptedContent_PublishedBytes()
        {
            byte[] content = Vectors.Hex("suit/enc24-encrypted-payload-aes-kw-aes-gcm.hex");
            byte[] info = Vectors.Hex("suit/enc24-suit-encryption-info-aes-kw-aes-gcm.hex");
            ManifestWriter writer = Writer(1, "plaintext-firmware"u8.ToArray());
            writer.Install = new CommandSequence().OverrideParameters(new ParameterSet().Content(content).EncryptionInfo(info))
                .Command(SuitCommand.Write);
            AssertSame("suit/enc24-suit-manifest-aes-kw-content.hex", writer);
        }

        [TestMethod]
        public void Build_UninstallAndIntegratedPayload_BytesOfLibcsuit()
        {
            byte[] image = Encoding.ASCII.GetBytes("Hello, Secure World!");
            byte[][] id = ["TEEP-Device"u8.ToArray(), "SecureFS"u8.ToArray(), Convert.FromHexString("8d82573a926d4754935332dc29997f74"), "ta"u8.ToArray()];
            var writer = new ManifestWriter { SequenceNumber = 3 };
            writer.Components.Add(new ComponentId(id));
            writer.ManifestComponentId = new ComponentId(id[0], id[1], id[2], "suit"u8.ToArray());
            Guid vendor = Uuid.FromBytes(Convert.FromHexString("c0ddd5f15243566087db4f5b0aa26c2f"));
            Guid classId = Uuid.FromBytes(Convert.FromHexString("db42f7093d8c55baa8c5265fc5820f4e"));
            byte[] digest = System.Security.Cryptography.SHA256.HashData(image);
            writer.Shared = Identity(Image(new ParameterSet().VendorIdentifier(vendor).ClassIdentifier(classId), digest, image.Length));
            writer.Install = new CommandSequence().OverrideParameters(new ParameterSet().Uri("#tc")).Command(SuitCommand.Fetch).ImageMatch();
            writer.Uninstall = new CommandSequence().Command(SuitCommand.Unlink);
            Envelope envelope = AssertSame("suit/libcsuit-expI.hex", writer).Integrate("#tc", image);
            CollectionAssert.AreEqual(image, Envelope.Parse(envelope.Encode()).IntegratedPayloads["#tc"]);
        }

        /// <summary>Every element and command that no example of the drafts has: right code, right wrapping.</summary>
        [TestMethod]
        public void Build_EveryOtherElement_CodesAndForms()
        {
            ManifestWriter writer = Writer(9, [0], [1]);
            writer.SetVersion = [1, 2, -1, 3];
            writer.Coswid = [0xA0];
            writer.CandidateVerification = new CommandSequence().SetAllComponents().ImageMatch();
            writer.Install = new CommandSequence().SetComponentIndices(0, 1)
                .SetParameters(new ParameterSet().FetchArguments([1]).UpdatePriority(-3).MinimumBattery(500)
                    .UseBefore(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000))
                    .Version(VersionComparison.GreaterOrEqual, 1, 4).DeviceIdentifier(Vendor).StrictOrder(false)
                    .WaitInfo(new WaitEvents().Authorization(1).Power(0).Network(1).Time(DateTimeOffset.FromUnixTimeSeconds(10))
                        .TimeOfDay(7200, isUtc: true).DayOfWeek(DayOfWeek.Sunday, isUtc: false)
                        .OtherDeviceVersion([7], VersionComparison.Equal, 3))
                    .ComponentMetadata(new CborMap().Add(5, item => item.WriteInt(1))))
                .OverrideMultiple(new Dictionary<int, ParameterSet> { [1] = new ParameterSet().ComponentSlot(1), [0] = new ParameterSet().ComponentSlot(0) })
                .CopyParameters(new Dictionary<int, SuitParameter[]> { [0] = [SuitParameter.Uri, SuitParameter.ImageDigest] })
                .RunSequence(new CommandSequence().OverrideParameters(new ParameterSet().SoftFailure(true)).Command(SuitCommand.CheckContent))
                .TryEach(new CommandSequence().Command(SuitCommand.Version), null)
                .Command(SuitCommand.UseBefore).Command(SuitCommand.ImageNotMatch).Command(SuitCommand.MinimumBattery)
                .Command(SuitCommand.UpdateAuthorized).Command(SuitCommand.Wait).Command(SuitCommand.IsDependency)
                .Command(SuitCommand.Abort).Swap().Write().Custom(-300, item => item.WriteText("x"));
            writer.Uninstall = new CommandSequence().SetComponentIndex(0).Command(SuitCommand.Unlink);
            writer.Sever(SuitElement.Coswid).Sever(SuitElement.CandidateVerification);
            Envelope envelope = writer.Build();
            CborNode manifest = CborNode.Parse(envelope.Manifest);
            Assert.AreEqual("458401022003", Convert.ToHexStringLower(manifest.Find(6)!.Encoded.Span));
            CollectionAssert.AreEqual(SuitDigest.OfElement([0xA0]), manifest.Find(14)!.Encoded.ToArray());
            Assert.AreEqual(CborKind.Array, manifest.Find(18)!.Kind);
            Assert.AreEqual(2, envelope.SeverableElements.Count);
            Assert.AreEqual(CborKind.Bytes, manifest.Find(24)!.Kind);

            CborNode install = manifest.Find(20)!.ParseContent();
            CollectionAssert.AreEqual(
                new long[] { 12, 19, 34, 35, 32, 15, 4, 25, 26, 27, 29, 8, 14, 31, 18, -300 }, ManifestTests.Codes(install));
            CborNode parameters = install.Items[3];
            Assert.AreEqual("458202820104", Convert.ToHexStringLower(parameters.Find(28)!.Encoded.Span));
            Assert.AreEqual(-3, parameters.Find(27)!.Integer);
            Assert.AreEqual(1_800_000_000, parameters.Find(4)!.Integer);
            CborNode wait = parameters.Find(29)!.ParseContent();
            Assert.AreEqual("824107818203" + "8103", Convert.ToHexStringLower(wait.Find(4)!.Encoded.Span));
            Assert.AreEqual(7200, wait.Find(8)!.Integer);
            Assert.AreEqual(1, parameters.Find(30)!.ParseContent().Find(5)!.Integer);
            Assert.AreEqual("a200a1050001a10501", Convert.ToHexStringLower(install.Items[5].Encoded.Span));
            Assert.AreEqual("a100821503", Convert.ToHexStringLower(install.Items[7].Encoded.Span));
            Assert.AreEqual(CborKind.Null, install.Items[11].Items[1].Kind);
        }

        [TestMethod]
        public void Build_ManufacturerUsage_InlineAndSevered()
        {
            ManifestWriter writer = Writer(1, [0]).SetManufacturerUsage(new Uri("https://example.com/lamp.json"), new byte[32]);
            CborNode container = CborNode.Parse(writer.Build().Manifest).Find(25)!.ParseContent();
            Assert.AreEqual(32UL, container.Find(1)!.Tag);
            Assert.AreEqual("https://example.com/lamp.json", container.Find(1)!.Items[0].Text);
            Assert.AreEqual("822f5820" + new string('0', 64), Convert.ToHexStringLower(container.Find(2)!.Encoded.Span));
            Envelope severed = writer.Sever(SuitElement.ManufacturerUsageDescription).Build();
            CollectionAssert.AreEqual(
                SuitDigest.OfElement(severed.SeverableElements[25]), CborNode.Parse(severed.Manifest).Find(25)!.Encoded.ToArray());
        }

        [TestMethod]
        public void Build_TextOfEveryKey_CodesOfTheDrafts()
        {
            ManifestWriter writer = Writer(1, [0]);
            writer.Text = new ManifestText();
            foreach (ManifestTextKey key in Enum.GetValues<ManifestTextKey>())
            {
                writer.Text.Add("en", key, "m" + (int)key);
            }

            foreach (ComponentTextKey key in Enum.GetValues<ComponentTextKey>())
            {
                writer.Text.Add("en", new ComponentId(new byte[] { 0 }), key, "c" + (int)key);
            }

            CborNode language = CborNode.Parse(writer.Build().Manifest).Find(23)!.ParseContent().Entries.Single().Value;
            CollectionAssert.AreEqual(
                new[] { "1 m1", "2 m2", "3 m3", "4 m4" },
                language.Entries.Where(entry => entry.Key.Kind == CborKind.Integer).Select(entry => $"{entry.Key.Integer} {entry.Value.Text}").ToArray());
            CborNode component = language.Entries.Single(entry => entry.Key.Kind == CborKind.Array).Value;
            CollectionAssert.AreEqual(
                Enumerable.Range(1, 8).Select(key => $"{key} c{key}").ToArray(),
                component.Entries.Select(entry => $"{entry.Key.Integer} {entry.Value.Text}").ToArray());
        }

        [TestMethod]
        public void Build_RulesOfTheDrafts_Enforced()
        {
            ManifestWriter withFetch = Writer(1, [0]);
            withFetch.Shared = new CommandSequence().Fetch();
            Assert.ThrowsExactly<InvalidOperationException>(() => withFetch.Build());
            ManifestWriter withCustom = Writer(1, [0]);
            withCustom.Shared = new CommandSequence().Custom(-256, item => item.WriteNull());
            Assert.ThrowsExactly<InvalidOperationException>(() => withCustom.Build());
            Assert.ThrowsExactly<InvalidOperationException>(() => new ManifestWriter().Build());
            Assert.ThrowsExactly<InvalidOperationException>(() => Writer(-1, [0]).Build());
            Assert.ThrowsExactly<InvalidOperationException>(() => Writer(1, [0], [0]).Build());
            ManifestWriter withText = Writer(1, [0]);
            withText.Text = new ManifestText().Add("en", "other", ComponentTextKey.VendorName, "x");
            Assert.ThrowsExactly<InvalidOperationException>(() => withText.Build());
            Assert.ThrowsExactly<ArgumentException>(() => new ManifestWriter().Sever(SuitElement.Validate));
            Assert.ThrowsExactly<ArgumentException>(() => new CommandSequence().TryEach(new CommandSequence().Fetch()));
            Assert.ThrowsExactly<ArgumentException>(() => new CommandSequence().TryEach(null, new CommandSequence().Fetch()));
            Assert.ThrowsExactly<ArgumentException>(() => new CommandSequence().Command(SuitCommand.TryEach));
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new ParameterSet().Custom(-255, item => item.WriteNull()));
            Assert.ThrowsExactly<ArgumentException>(() => new ParameterSet().ImageSize(1).ImageSize(2));
            Assert.ThrowsExactly<ArgumentException>(() => new ParameterSet().Version(VersionComparison.Equal, -1));
        }

        private static ManifestWriter Writer(long sequence, params byte[][] components)
        {
            var writer = new ManifestWriter { SequenceNumber = sequence };
            foreach (byte[] component in components)
            {
                writer.Components.Add(new ComponentId(component));
            }

            return writer;
        }

        private static ParameterSet Ids() => new ParameterSet().VendorIdentifier(Vendor).ClassIdentifier(Class);

        private static ParameterSet Image(ParameterSet parameters, byte[] digest, long size) => parameters.ImageDigest(digest).ImageSize(size);

        private static CommandSequence Identity(ParameterSet parameters, CommandSequence? sequence = null)
        {
            return (sequence ?? new CommandSequence()).OverrideParameters(parameters).CheckIdentity();
        }

        private static CommandSequence Slot(int slot)
        {
            return new CommandSequence().OverrideParameters(new ParameterSet().ComponentSlot(slot))
                .Command(SuitCommand.ComponentSlot, 5);
        }

        private static CommandSequence FetchFrom(CommandSequence sequence, string uri)
        {
            return sequence.OverrideParameters(new ParameterSet().Uri(uri)).Fetch().ImageMatch();
        }

        private static Envelope AssertSame(string name, ManifestWriter writer)
        {
            Envelope envelope = writer.Build();
            Assert.AreEqual(
                Convert.ToHexStringLower(Envelope.Parse(Vectors.Hex(name)).Manifest), Convert.ToHexStringLower(envelope.Manifest), name);
            return envelope;
        }
    }
}
