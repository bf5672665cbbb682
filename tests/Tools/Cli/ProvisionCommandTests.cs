// nanoboot provision: what it writes compiles into a board project, and holds what was given.

using System.IO;
using System.Text.Json.Nodes;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Cli;

namespace NanoBoot.Tools.Tests.Cli
{
    [TestClass]
    public sealed class ProvisionCommandTests : CliTest
    {
        [TestMethod]
        public void Provision_Files_SourceHoldsThem()
        {
            Assert.AreEqual(ExitCode.Ok, Provision(10, "--json"), Error);

            string source = File.ReadAllText(PathOf("Data.cs"));
            StringAssert.Contains(source, "namespace NanoBoot.Board");
            StringAssert.Contains(source, "Stage2Payload =\n        {\n            1, 1, 1, 1, 1, 1, 1, 1, 1, 1,\n        };");
            StringAssert.Contains(source, "ApplicationEnvelope =\n        {\n            2, 2,");
            JsonNode facts = JsonNode.Parse(Output)!;
            Assert.AreEqual(Uuid.ForVendor("example.com").ToString(), (string?)facts["vendor"]);
        }

        [TestMethod]
        public void Provision_PayloadKeys_AreInTheSource()
        {
            Assert.AreEqual(ExitCode.Ok, Run("keys", "new", "fleet.kek", "--kind", "kek"), Error);
            Assert.AreEqual(ExitCode.Ok, Run("keys", "new", "own.pem"), Error);
            Assert.AreEqual(ExitCode.Ok, Run("keys", "new", "mac.key", "--kind", "hmac"), Error);

            Assert.AreEqual(ExitCode.Ok, Provision(10, "--payload-key", "fleet.kek", "--payload-key", "own.pem"), Error);
            StringAssert.Contains(File.ReadAllText(PathOf("Data.cs")), "PayloadKeys =\n        {\n            134, ");
            Assert.AreEqual(ExitCode.Key, Provision(10, "--payload-key", "mac.key", "--force"), Error);
        }

        [TestMethod]
        public void Provision_BundleBeyondAnArray_RefusedAndNothingWritten()
        {
            Assert.AreEqual(ExitCode.BadInput, Provision(ProvisioningSource.ArrayBytesMax + 1));
            StringAssert.Contains(Error, "65535");
            Assert.IsFalse(File.Exists(PathOf("Data.cs")));
        }

        [TestMethod]
        public void Provision_WithoutAnImage_Usage()
        {
            Assert.AreEqual(ExitCode.Usage, Run("provision", "--vendor", "example.com"));
        }

        private int Provision(int bundleBytes, params string[] more)
        {
            byte[] bundle = new byte[bundleBytes];
            System.Array.Fill(bundle, (byte)1);
            File.WriteAllBytes(PathOf("bundle"), bundle);
            File.WriteAllBytes(PathOf("envelope"), [2, 2]);
            string[] args =
            [
                "provision", "--vendor", "example.com", "--class", "board-1", "--serial", "0001", "--uri", "http://localhost/",
                "--stage2", "envelope", "bundle", "--application", "envelope", "bundle", "--out", "Data.cs",
            ];
            return Run([.. args, .. more]);
        }
    }
}
