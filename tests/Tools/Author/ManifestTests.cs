using System;
using System.IO;
using System.Linq;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Tests.Shared;

namespace NanoBoot.Tools.Tests.Author
{
    [TestClass]
    public sealed class ManifestTests
    {
        private static readonly Guid Vendor = Uuid.ForVendor("arm.com");

        [TestMethod]
        public void Version5_PublishedNames_PublishedIds()
        {
            // manifest-37: the vendor id of the examples; RFC 9124: the namespace of enterprise numbers.
            Assert.AreEqual("fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe", Vendor.ToString());
            Assert.AreEqual("1492af14-2569-5e48-bf42-9b2d51f2ab45", Uuid.ForClass(Vendor, "suit").ToString());
            Guid oidNamespace = new("6ba7b812-9dad-11d1-80b4-00c04fd430c8");
            Assert.AreEqual("47fbdabb-f2e4-55f0-bb39-3620c2f6df4e",
                Uuid.Version5(oidNamespace, Convert.FromHexString("D86F452B06010401")).ToString());
        }

        [TestMethod]
        public void Build_SameContent_SameBytes()
        {
            CollectionAssert.AreEqual(MakeBuilder().Build().Encode(), MakeBuilder().Build().Encode());
        }

        [TestMethod]
        public void Build_Release_ElementsInPlace()
        {
            byte[] manifest = MakeBuilder().Build().Manifest;
            CborNode node = CborNode.Parse(manifest);
            Assert.AreEqual(1, node.Find(1)!.Integer);
            Assert.AreEqual(7, node.Find(2)!.Integer);
            CborNode common = node.Find(3)!.ParseContent();
            Assert.AreEqual("application", Encoding.ASCII.GetString(common.Find(2)!.Items[0].Items[0].Bytes));
            CborNode shared = common.Find(4)!.ParseContent();
            CollectionAssert.AreEqual(new long[] { 20, 1, 2 }, Codes(shared));
            CborNode parameters = shared.Items[1];
            CollectionAssert.AreEqual(new long[] { 1, 2, 3, 14, -257 }, parameters.Entries.Select(entry => entry.Key.Integer).ToArray());
            CollectionAssert.AreEqual(new long[] { 3 }, Codes(node.Find(7)!.ParseContent()));
            CborNode invoke = node.Find(9)!.ParseContent();
            CollectionAssert.AreEqual(new long[] { 20, 23 }, Codes(invoke));
            CborNode arguments = invoke.Items[1].Find(23)!.ParseContent();
            Assert.AreEqual("App.Program", arguments.Items[0].Text);
            Assert.AreEqual("Main", arguments.Items[1].Text);
            CollectionAssert.AreEqual(new long[] { 20, 21, 3 }, Codes(node.Find(20)!.ParseContent()));
        }

        [TestMethod]
        public void Build_StandardProfile_NoPrivateElement()
        {
            ManifestBuilder builder = MakeBuilder();
            builder.Profile = ManifestProfile.Standard;
            CborNode node = CborNode.Parse(builder.Build().Manifest);
            CborNode parameters = node.Find(3)!.ParseContent().Find(4)!.ParseContent().Items[1];
            Assert.IsTrue(parameters.Entries.All(entry => entry.Key.Integer > 0));
        }

        [TestMethod]
        public void Build_NoIdentity_Refused()
        {
            ManifestBuilder builder = MakeBuilder();
            builder.ClassIds.Clear();
            Assert.ThrowsExactly<InvalidOperationException>(() => builder.Build());
        }

        [TestMethod]
        public void Build_SeveralComponents_EachSequenceChoosesThem()
        {
            ManifestBuilder builder = MakeBuilder();
            builder.AddComponent("stage2", [9, 9, 9], "http://example.com/2", "Stage2.Program");
            CborNode node = CborNode.Parse(builder.Build().Manifest);
            CollectionAssert.AreEqual(new long[] { 12, 20, 1, 2, 12, 20, 1, 2 }, Codes(node.Find(3)!.ParseContent().Find(4)!.ParseContent()));
            CollectionAssert.AreEqual(new long[] { 12, 3, 12, 3 }, Codes(node.Find(7)!.ParseContent()));
            CollectionAssert.AreEqual(new long[] { 12, 20, 21, 3, 12, 20, 21, 3 }, Codes(node.Find(20)!.ParseContent()));
        }

        [TestMethod]
        public void Sign_SeveralKeys_BlocksFollowTheDigest()
        {
            using EcdsaSigningKey author = EcdsaSigningKey.FromSeed("s"u8, "author");
            using EcdsaSigningKey store = EcdsaSigningKey.FromSeed("s"u8, "store", SigningAlgorithm.Esp256);
            using var device = new HmacSigningKey(new byte[32]);
            Envelope envelope = MakeBuilder().Build().Sign(author).Sign(store).Sign(device);
            Envelope parsed = Envelope.Parse(envelope.Encode());
            Assert.AreEqual(3, parsed.AuthenticationBlocks.Count);
            CborNode first = CborNode.Parse(parsed.AuthenticationBlocks[0]);
            Assert.AreEqual(18UL, first.Tag);
            Assert.AreEqual("43a10126", Convert.ToHexStringLower(first.Items[0].Items[0].Encoded.Span));
            Assert.AreEqual(CborKind.Null, first.Items[0].Items[2].Kind);
            CollectionAssert.AreEqual(author.KeyId, first.Items[0].Items[1].Find(4)!.Bytes);
            Assert.AreEqual("43a10128", Convert.ToHexStringLower(CborNode.Parse(parsed.AuthenticationBlocks[1]).Items[0].Items[0].Encoded.Span));
            Assert.AreEqual(17UL, CborNode.Parse(parsed.AuthenticationBlocks[2]).Tag);
            CollectionAssert.AreEqual(envelope.Encode(), parsed.Encode());
        }

        [TestMethod]
        public void Parse_ManifestChangedAfterSigning_Refused()
        {
            byte[] encoded = MakeBuilder().Build().Encode();
            int payload = encoded.AsSpan().IndexOf("application"u8);
            encoded[payload] ^= 1;
            Assert.ThrowsExactly<CborException>(() => Envelope.Parse(encoded));
        }

        [TestMethod]
        public void Remove_SeveredInstall_ManifestUnchanged()
        {
            ManifestBuilder builder = MakeBuilder();
            builder.SeverInstall = true;
            Envelope envelope = builder.Build();
            byte[] manifest = (byte[])envelope.Manifest.Clone();
            byte[] install = envelope.SeverableElements[20];
            byte[] digest = CborNode.Parse(manifest).Find(20)!.Encoded.ToArray();
            CollectionAssert.AreEqual(SuitDigest.OfElement(install), digest);
            Assert.IsTrue(envelope.Remove(SuitElement.Install));
            CollectionAssert.AreEqual(manifest, Envelope.Parse(envelope.Encode()).Manifest);
            Assert.IsFalse(envelope.Remove(SuitElement.Install));
        }

        /// <summary>The drafts' own envelopes come out of the parser and the encoder as they went in.</summary>
        [TestMethod]
        public void Encode_PublishedEnvelopes_SameBytes()
        {
            foreach (string name in new[] { "0", "1", "2", "3", "4", "5" }.Select(number => $"suit/manifest37-example{number}-signed.hex")
                .Append("suit/manifest37-example2-signed-severed.hex").Append("suit/trustdomains11-example0-dependent.hex")
                .Append("suit/enc24-suit-manifest-aes-kw.hex"))
            {
                byte[] encoded = Vectors.Hex(name);
                CollectionAssert.AreEqual(encoded, Envelope.Parse(encoded).Encode(), name);
            }
        }

        [TestMethod]
        public void Publish_Release_FilesAndIndex()
        {
            string directory = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
            try
            {
                byte[] payload = [1, 2, 3, 4];
                var publisher = new Publisher(directory);
                publisher.Publish("application", MakeBuilder().Build(), payload);
                publisher.Publish("stage2", MakeBuilder().Build());
                string payloadPath = Path.Combine(directory, Publisher.PayloadPath(payload));
                CollectionAssert.AreEqual(payload, File.ReadAllBytes(payloadPath));
                Assert.AreEqual("9f64a747e1b97f131fabb6b447296c9b6f0201e79fb3c5356e6c77e89b6a806a.bin", Path.GetFileName(payloadPath));
                Assert.IsTrue(File.Exists(Path.Combine(directory, "manifests", "application.suit")));
                string index = File.ReadAllText(Path.Combine(directory, "index.json"));
                StringAssert.Contains(index, "\"application\"");
                StringAssert.Contains(index, "\"stage2\"");
                Assert.AreEqual(0, Directory.GetFiles(directory, "*.tmp", SearchOption.AllDirectories).Length);
            }
            finally
            {
                Directory.Delete(directory, recursive: true);
            }
        }

        internal static ManifestBuilder MakeBuilder()
        {
            var builder = new ManifestBuilder { SequenceNumber = 7, VendorId = Vendor };
            builder.ClassIds.Add(Uuid.ForClass(Vendor, "test board"));
            builder.AddComponent("application", [1, 2, 3, 4], "http://example.com/payload.bin", "App.Program");
            return builder;
        }

        internal static long[] Codes(CborNode sequence)
        {
            return [.. sequence.Items.Where((_, index) => index % 2 == 0).Select(item => item.Integer)];
        }
    }
}
