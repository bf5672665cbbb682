using System;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Cli;

namespace NanoBoot.Tools.Tests.Cli
{
    [TestClass]
    public sealed class TrustCommandTests : CliTest
    {
        [TestInitialize]
        public void MakeKeys()
        {
            foreach (string name in new[] { "author", "successor", "root-a", "root-b", "stranger" })
            {
                Succeeds("keys", "new", name + ".pem", "--seed", name);
            }

            Succeeds("keys", "new", "operator.hss", "--kind", "hss-lms", "--parameters", "H5/W8");
            Write("trust.yaml", "keys:\n  - {key: author.pem, may: author+store+apply}\n  - {key: root-a.pem, may: trust}\n  - {key: root-b.pem, may: trust}\n");
            Write("authorities.yaml", "authorities:\n  - {key: successor.pem, may: author+store}\n  - {key: operator.hss, may: apply, component: application}\nrevokedRoots: root-b.pem\n");
        }

        [TestMethod]
        public void Create_Description_TheDocumentThatTheWriterMakes()
        {
            JsonNode facts = Facts("trust", "create", "authorities.yaml", "--trust", "trust.yaml", "--out", "trust.bin");
            byte[] document = File.ReadAllBytes(PathOf("trust.bin"));
            Assert.AreEqual(document.Length, facts["bytes"]!.GetValue<int>());
            using EcdsaSigningKey successor = EcdsaSigningKey.FromPem(File.ReadAllText(PathOf("successor.pem")));
            using EcdsaSigningKey root = EcdsaSigningKey.FromPem(File.ReadAllText(PathOf("root-b.pem")));
            JsonNode shown = Facts("trust", "show", "trust.bin");
            Assert.AreEqual(2, shown["authorities"]!.AsArray().Count);
            JsonNode first = shown["authorities"]!.AsArray().Single(authority => authority!["keyId"]!.ToString() == Convert.ToHexStringLower(successor.KeyId))!;
            Assert.AreEqual("author+store", first["permissions"]!.ToString());
            Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData(root.PublicKey)), shown["revokedRoots"]![0]!.ToString());
            Assert.AreEqual("apply", shown["authorities"]!.AsArray().Single(authority => authority != first)!["permissions"]!.ToString());
            string text = Succeeds("trust", "show", "trust.bin", "--trust", "trust.yaml");
            StringAssert.Contains(text, "may apply for application");
            StringAssert.Contains(text, "(root-b.pem)");
        }

        [TestMethod]
        public void Create_NobodyGrantsAPermissionAnyMore_SaysSo()
        {
            Write("few.yaml", "authorities:\n  - {key: successor.pem, may: author+store}\n");
            StringAssert.Contains(Succeeds("trust", "create", "few.yaml", "--trust", "trust.yaml", "--out", "few.bin"), "Note: nobody grants apply any more.");
            StringAssert.Contains(Output, "and 2 roots of 2; 1 must sign it.");
            Write("none.yaml", "authorities: []\n");
            StringAssert.Contains(Succeeds("trust", "create", "none.yaml", "--trust", "trust.yaml", "--out", "none.bin"), "nobody beside the roots");
        }

        [TestMethod]
        public void Create_Init_IsADescriptionThatWorks()
        {
            Succeeds("trust", "create", "--init", "mine.yaml");
            Succeeds("keys", "public", "author.pem", "--out", "author.pub.pem");
            Succeeds("keys", "public", "operator.hss", "--out", "operator.pub");
            Succeeds("trust", "create", "mine.yaml", "--trust", "trust.yaml", "--out", "mine.bin");
            Fails(ExitCode.InputOutput, "is there already", "trust", "create", "--init", "mine.yaml");
        }

        [TestMethod]
        public void Create_Mistakes_OneLineEach()
        {
            Refused("authorities: []\nrevokedRoots: [root-a.pem, root-b.pem]\n", "the last root cannot be revoked");
            Refused("authorities: []\nrevokedRoots: [stranger.pem]\n", "'stranger.pem' is no root of trust.yaml; there are: root-a.pem, root-b.pem.");
            Refused("authorities:\n  - {key: successor.pem, may: author+trust}\n", "bad.yaml:2: 'author+trust' grants trust, which only roots have");
            Refused("authorities:\n  - {key: successor.pem, may: all}\n", "'all' grants trust");
            Refused("authorities:\n  - {key: root-a.pem, may: author}\n", "'root-a.pem' is a root of trust.yaml");
            Refused("authorities:\n  - {key: successor.pem, may: author, component: a}\n  - {key: successor.pem, may: apply, component: b}\n", "Two authorities have the same key id");
            Refused("authorities:\n  - {key: absent.pem, may: author}\n", "absent.pem: no such file");
            Refused("authorities:\n  - {key: successor.pem, may: fly}\n", "'fly' is no permission", ExitCode.Usage);
            Refused("revokedRoots: []\n", "'authorities' is missing");
            Refused("authorites: []\n", "'authorites' is not known here; 'authorities'?");
            Refused("authorities: []\nrevokedRoots: [root-a.pem\n", "no YAML or JSON");
            string many = "authorities:\n" + string.Concat(Enumerable.Range(0, 13).Select(index =>
            {
                Succeeds("keys", "new", $"k{index}.pem", "--seed", $"k{index}");
                return $"  - {{key: k{index}.pem, may: author}}\n";
            }));
            Refused(many, "13 authorities; beside 2 roots a device holds 12 at most");
            Write("trust.yaml", "keys:\n  - {key: author.pem, may: author}\n");
            Refused("authorities: []\n", "trust.yaml: has no root");
            Write("trust.yaml", "rootsNeeded: 3\nkeys:\n  - {key: root-a.pem, may: trust}\n  - {key: root-b.pem, may: trust}\n");
            Refused("authorities: []\n", "'rootsNeeded' is from 1 to the number of roots");
            Write("trust.yaml", "rootsNeeded: 2\nkeys:\n  - {key: root-a.pem, may: trust}\n  - {key: root-b.pem, may: trust}\n");
            Refused("authorities: []\nrevokedRoots: [root-a.pem]\n", "1 root would be left, and a trust document needs 2");
            Fails(ExitCode.Usage, "--trust: name the file", "trust", "create", "bad.yaml", "--out", "x");
        }

        /// <summary>A release of the component trust holds a trust document and nothing that starts.</summary>
        [TestMethod]
        public void ManifestCreate_ForTrust_TakesTrustDocumentsOnly()
        {
            Succeeds("trust", "create", "authorities.yaml", "--trust", "trust.yaml", "--out", "trust.bin");
            Write("release.yaml", "component: trust\nvendor: example.com\nclass: sensor\npayload: trust.yaml\n");
            Fails(ExitCode.BadInput, "trust.yaml: no trust document", "manifest", "create", "release.yaml", "--sequence", "1", "--out", "t.suit");
            Write("release.yaml", "component: trust\nvendor: example.com\nclass: sensor\npayload: trust.bin\nentry: A.B\n");
            Fails(ExitCode.BadInput, "release.yaml:5: 'entry': a trust document is not started", "manifest", "create", "release.yaml", "--sequence", "1", "--out", "t.suit");
        }

        /// <summary>What verify says is what the device's own reader says; the document is looked at only where it is at hand.</summary>
        [TestMethod]
        public void ManifestVerify_ForTrust_SaysWhatADeviceWouldDo()
        {
            Succeeds("trust", "create", "authorities.yaml", "--trust", "trust.yaml", "--out", "trust.bin");
            Write("release.yaml", "component: trust\nvendor: example.com\nclass: sensor\npayload: trust.bin\n");
            Succeeds("manifest", "create", "release.yaml", "--sequence", "1", "--out", "t.suit");
            Succeeds("manifest", "sign", "t.suit", "--key", "root-b.pem");
            Write("device.yaml", "vendor: example.com\nclass: sensor\ncomponents:\n  trust: {needs: trust}\n");
            string[] verify = ["manifest", "verify", "t.suit", "--trust", "trust.yaml", "--device", "device.yaml"];
            StringAssert.Contains(Succeeds(verify), "the document itself was not looked at: give it with --payload");

            // It revokes the only root that signed it (A67).
            Assert.AreEqual(ExitCode.Refused, Run([.. verify, "--payload", "trust.bin"]));
            StringAssert.Contains(Output, "TrustRootsMissing");
            Succeeds("manifest", "sign", "t.suit", "--key", "root-a.pem");
            JsonNode facts = Facts([.. verify, "--payload", "trust.bin"]);
            Assert.IsTrue(facts["accepted"]!.GetValue<bool>());
            StringAssert.Contains(facts["steps"]!.ToJsonString(), "whether the updater stays trusted was not looked at");

            // The author, who is no root, decides nothing about trust.
            Succeeds("manifest", "create", "release.yaml", "--sequence", "1", "--out", "a.suit");
            Succeeds("manifest", "sign", "a.suit", "--key", "author.pem");
            Assert.AreEqual(ExitCode.Refused, Run("manifest", "verify", "a.suit", "--trust", "trust.yaml", "--device", "device.yaml", "--payload", "trust.bin"));
            StringAssert.Contains(Output, "SuitPermissionDenied");
        }

        [TestMethod]
        public void Show_NoDocument_OneLine()
        {
            Succeeds("trust", "create", "authorities.yaml", "--trust", "trust.yaml", "--out", "trust.bin");
            byte[] document = File.ReadAllBytes(PathOf("trust.bin"));
            File.WriteAllBytes(PathOf("cut.bin"), document[..^1]);
            Fails(ExitCode.BadInput, "cut.bin: no trust document, or a damaged one", "trust", "show", "cut.bin");
            Fails(ExitCode.BadInput, "no trust document", "trust", "show", "trust.yaml");
            for (int index = 0; index < document.Length; index++)
            {
                byte[] damaged = (byte[])document.Clone();
                damaged[index] ^= 0x41;
                File.WriteAllBytes(PathOf("damaged.bin"), damaged);
                Assert.IsTrue(Run("trust", "show", "damaged.bin") is ExitCode.Ok or ExitCode.BadInput, $"byte {index}: {Error}");
            }
        }

        private void Refused(string description, string message, int exitCode = ExitCode.BadInput)
        {
            Write("bad.yaml", description);
            Fails(exitCode, message, "trust", "create", "bad.yaml", "--trust", "trust.yaml", "--out", "bad.bin");
            Assert.IsFalse(File.Exists(PathOf("bad.bin")));
        }

        private void Write(string name, string text) => File.WriteAllText(PathOf(name), text);
    }
}
