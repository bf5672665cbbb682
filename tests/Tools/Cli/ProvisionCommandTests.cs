// nanoboot provision: what it writes compiles into a board project or stands in files, and holds what was given.

using System;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Board;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Cli;
using NanoBoot.Files;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Tools.Tests.Cli
{
    [TestClass]
    public sealed class ProvisionCommandTests : CliTest
    {
        private static readonly string[] s_toFiles = ["--files", "device", "--trust", "trust.yaml", "--layout", "8192,16384,1"];

        [TestInitialize]
        public void MakeReleases()
        {
            Succeeds("keys", "new", "author.pem", "--seed", "author");
            Write("trust.yaml", "keys:\n  - {key: author.pem, may: author+store+apply}\n");
            Release("stage2", 10);
            Release("application", 20);
        }

        [TestMethod]
        public void Provision_Source_HoldsWhatWasGiven()
        {
            Succeeds("keys", "new", "device.hmac", "--kind", "hmac");
            JsonNode facts = Facts(Command("--out", "Data.cs", "--device-key", "device.hmac"));
            string source = File.ReadAllText(PathOf("Data.cs"));
            StringAssert.Contains(source, "namespace NanoBoot.Board");
            StringAssert.Contains(source, "Stage2Payload =\n        {\n            1, 1, 1, 1, 1, 1, 1, 1, 1, 1,\n        };");
            byte[] key = KeyFile.Parse("k", File.ReadAllText(PathOf("device.hmac"))).OpenSecret(null);
            StringAssert.Contains(string.Concat(source.Where(letter => !char.IsWhiteSpace(letter))), string.Join(',', key));
            Assert.AreEqual(Uuid.ForVendor("example.com").ToString(), (string?)facts["vendor"]);
            Assert.AreEqual("Data.cs", (string?)facts["written"]![0]!["file"]);
            if (!OperatingSystem.IsWindows())
            {
                Assert.AreEqual(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(PathOf("Data.cs")));
            }
        }

        /// <summary>The files are the regions of such a board: its own code finds everything in them.</summary>
        [TestMethod]
        public void Provision_Files_AreTheRegionsOfTheBoard()
        {
            StringAssert.Contains(Succeeds(Command(s_toFiles)), "Next: nanoff --filedeployment");
            var layout = new BoardLayout(8192, 16384, 1);
            var flash = new FileFlash(new FileVolume(PathOf("device/nb")), BoardLayout.SectorBytes, layout.FlashBytes / BoardLayout.SectorBytes);
            FlashMap map = layout.Divide(flash);
            Assert.AreEqual(ResultCode.Ok, map.Check());
            var journal = new BootJournal(map.Find(RegionId.Journal));
            Assert.AreEqual(ResultCode.Ok, journal.Open());
            Assert.AreEqual(RegionId.Stage2A, journal.Components[ComponentIndex.Stage2].ConfirmedSlot);
            var slot = new Slot(map.Find(RegionId.ApplicationA), BoardLayout.EnvelopeBytes);
            Assert.AreEqual(ResultCode.Ok, slot.Open());
            JsonNode list = JsonNode.Parse(File.ReadAllText(PathOf("device/files.json")))!;
            foreach (JsonNode? file in list["files"]!.AsArray())
            {
                Assert.IsTrue(File.Exists(file!["SourceFilePath"]!.ToString()));
                Assert.AreEqual("I:\\" + Path.GetFileName(file["SourceFilePath"]!.ToString()), file["DestinationFilePath"]!.ToString());
            }

            Assert.AreEqual(Directory.GetFiles(PathOf("device")).Length - 1, list["files"]!.AsArray().Count);
        }

        [TestMethod]
        public void Provision_TrustDocument_IsInForceFromTheFirstStart()
        {
            Succeeds("keys", "new", "root.pem", "--seed", "root");
            Succeeds("keys", "new", "successor.pem", "--seed", "successor");
            Write("trust.yaml", "keys:\n  - {key: author.pem, may: author+store+apply}\n  - {key: root.pem, may: trust}\n");
            Document("authorities:\n  - {key: successor.pem, may: author+store+apply}\n", "root.pem");
            string[] with = ["--trust-document", "trust.suit", "trust.bin"];

            // What the keys that are built in have signed is refused now, as stage 1 would.
            Fails(ExitCode.BadInput, "stage 2: this board would refuse it. KeyUnknown (66)", Command([.. s_toFiles, .. with]));
            Release("stage2", 10, "successor.pem");
            Release("application", 20, "successor.pem");
            Succeeds(Command([.. s_toFiles, .. with, "--out", "Data.cs"]));

            var layout = new BoardLayout(8192, 16384, 1);
            FlashMap map = layout.Divide(new FileFlash(new FileVolume(PathOf("device/nb")), BoardLayout.SectorBytes, layout.FlashBytes / BoardLayout.SectorBytes));
            var journal = new BootJournal(map.Find(RegionId.Journal));
            Assert.AreEqual(ResultCode.Ok, journal.Open());
            ComponentState state = journal.Components[ComponentIndex.Trust];
            Assert.AreEqual(RegionId.Trust, state.ConfirmedSlot);
            Assert.AreEqual(3, state.Floor);
            foreach (RegionId copy in new[] { RegionId.Trust, RegionId.TrustB })
            {
                var slot = new Slot(map.Find(copy), layout.TrustEnvelopeBytes);
                Assert.AreEqual(ResultCode.Ok, slot.Open());
                Assert.AreEqual(state.ConfirmedId, slot.Id);
            }

            string source = string.Concat(File.ReadAllText(PathOf("Data.cs")).Where(letter => !char.IsWhiteSpace(letter)));
            StringAssert.Contains(source, "TrustDocument={" + string.Join(',', File.ReadAllBytes(PathOf("trust.bin"))));

            // Signed by a key that is no root.
            Document("authorities:\n  - {key: successor.pem, may: author+store+apply}\n", "author.pem");
            Fails(ExitCode.BadInput, "the trust document: this board would refuse it.", Command([.. s_toFiles, .. with, "--force"]));
            Fails(ExitCode.BadInput, "a manifest for application, and --trust-document wants one for trust", Command("--out", "Other.cs", "--trust-document", "application.suit", "application.bin"));
        }

        [TestMethod]
        public void Provision_BesideOtherKeys_RefusedBeforeTheBoardDoes()
        {
            Succeeds("keys", "new", "stranger.pem");
            Succeeds("keys", "export", "--csharp", "stranger.pem=author+store+apply", "--out", "BoardTrust.cs");
            Fails(ExitCode.Key, "which BoardTrust.cs beside Data.cs does not know; the board would refuse it with 66", Command("--out", "Data.cs"));
            Succeeds("keys", "export", "--csharp", "stranger.pem=author+store", "author.pem=author+store+apply", "--out", "BoardTrust.cs", "--force");
            Succeeds(Command("--out", "Data.cs"));
        }

        [TestMethod]
        public void Provision_FolderOfNoBoard_SaysSo()
        {
            Fails(ExitCode.InputOutput, "there is no folder", Command("--out", "Esp23/Data.cs"));
            Fails(ExitCode.InputOutput, "there is no folder", "keys", "export", "--csharp", "author.pem=all", "--out", "Esp23/BoardTrust.cs");
            Assert.IsFalse(Directory.Exists(PathOf("Esp23")));
        }

        [TestMethod]
        public void Provision_EnterpriseNumber_StandsInTheIdentity()
        {
            Succeeds(Command("--out", "Data.cs", "--enterprise-number", "48000"));
            string source = string.Concat(File.ReadAllText(PathOf("Data.cs")).Where(letter => !char.IsWhiteSpace(letter)));

            // Key 6, a byte string of three: 48000 in groups of seven bits, at the end of the map.
            StringAssert.Contains(source, ",6,67,130,247,0,};");
        }

        [TestMethod]
        public void Provision_DryRun_SaysWhatAndWritesNothing()
        {
            string text = Succeeds(Command([.. s_toFiles, "--out", "Data.cs", "--dry-run"]));
            StringAssert.Contains(text, "Would be written, for device");
            StringAssert.Contains(text, "Data.cs, ");
            StringAssert.Contains(text, "files.json, ");
            Assert.IsFalse(File.Exists(PathOf("Data.cs")));
            Assert.IsFalse(Directory.Exists(PathOf("device")));
        }

        [TestMethod]
        public void Provision_Mistakes_OneLineAndNothingWritten()
        {
            Fails(ExitCode.Usage, "give --out for the source of a board project, or --files", Command());
            Fails(ExitCode.Usage, "--trust", Command("--files", "device"));
            Fails(ExitCode.Usage, "'8192,1,1' is not STAGE2,APPLICATION,SLOTS", Command("--files", "device", "--trust", "trust.yaml", "--layout", "8192,1,1"));
            Fails(ExitCode.BadInput, "a manifest for stage2, and --application wants one for application", Swap("application.suit", "stage2.suit"));
            Fails(ExitCode.BadInput, "stage2.bin: not the payload that application.suit was made of", Swap("application.bin", "stage2.bin"));
            Fails(ExitCode.BadInput, "no SUIT manifest", Swap("application.suit", "trust.yaml"));
            Fails(ExitCode.Key, "a device key is an hmac key", Command("--out", "Data.cs", "--device-key", "author.pem"));
            Succeeds("keys", "new", "stranger.pem");
            Write("trust.yaml", "keys:\n  - {key: stranger.pem, may: author+store+apply}\n");
            Fails(ExitCode.BadInput, "stage 2: this board would refuse it. KeyUnknown (66)", Command(s_toFiles));
            Release("application", ProvisioningSource.ArrayBytesMax + 1);
            Fails(ExitCode.BadInput, "65535", Command("--out", "Data.cs"));
            File.Delete(PathOf("application.suit"));
            Succeeds("manifest", "create", "release.yaml", "--sequence", "1", "--out", "application.suit");
            Fails(ExitCode.BadInput, "application.suit: not signed", Command("--out", "Data.cs"));
            Assert.AreEqual(ExitCode.Usage, Run("provision", "--vendor", "example.com"));
        }

        /// <summary>The device would find out when it is too late, and only say a number.</summary>
        [TestMethod]
        public void Provision_ForAnotherDevice_RefusedBeforeTheBoardDoes()
        {
            string[] vendor = [.. Command("--out", "Data.cs").Select(each => each == "example.com" ? "exampel.com" : each)];
            string[] deviceClass = [.. Command("--out", "Data.cs").Select(each => each == "board-1" ? "board-2" : each)];
            Fails(ExitCode.BadInput, "stage2.suit: this device would refuse it. SuitVendorMismatch (105)", vendor);
            Fails(ExitCode.BadInput, "Its 'class' is not --class.", deviceClass);
            Release("application", 20, entry: null);
            Fails(ExitCode.BadInput, "application.suit: this device would refuse it. SuitManifestIncomplete", Command("--out", "Data.cs"));
            Assert.IsFalse(File.Exists(PathOf("Data.cs")));
        }

        [TestMethod]
        public void Provision_Uri_IsOneThatADeviceCanAsk()
        {
            foreach (string uri in new[] { "192.168.1.10:8080", "updates.example.com", "ftp://example.com/", "http://", "http://host:99999/", "http://a b/" })
            {
                Fails(ExitCode.Usage, $"--uri: '{uri}' is nothing that a device can ask", Asking(uri));
                Fails(ExitCode.Usage, "--uri: '", "device", "new", "board", "--trust", "trust.yaml", "--vendor", "example.com", "--class", "c", "--uri", uri);
            }

            // What is behind the last slash does not count: it is said where the device will ask.
            StringAssert.Contains(Succeeds(Asking("http://192.168.1.10:8080")), "manifests like http://192.168.1.10:8080/manifests/application.suit");
            StringAssert.Contains(Succeeds(Asking("https://example.com/fleet/")), "manifests like https://example.com/fleet/manifests/application.suit");
            StringAssert.Contains(Succeeds(Asking("https://example.com/fleet")), "manifests like https://example.com/manifests/application.suit");
        }

        private static string[] Asking(string uri) => [.. Command("--out", "Data.cs", "--dry-run").Select(each => each == "http://localhost/" ? uri : each)];

        private static string[] Command(params string[] more) =>
        [
            "provision", "--vendor", "example.com", "--class", "board-1", "--serial", "0001", "--uri", "http://localhost/",
            "--stage2", "stage2.suit", "stage2.bin", "--application", "application.suit", "application.bin", .. more,
        ];

        private static string[] Swap(string word, string other) => [.. Command("--out", "Data.cs").Select(each => each == word ? other : each)];

        private void Document(string authorities, string root)
        {
            Write("authorities.yaml", authorities);
            Succeeds("trust", "create", "authorities.yaml", "--trust", "trust.yaml", "--out", "trust.bin", "--force");
            Write("release.yaml", "component: trust\nvendor: example.com\nclass: board-1\npayload: trust.bin\n");
            Succeeds("manifest", "create", "release.yaml", "--sequence", "3", "--out", "trust.suit", "--force");
            Succeeds("manifest", "sign", "trust.suit", "--key", root);
        }

        private void Release(string component, int bytes, string key = "author.pem", string? entry = "entry: A.B\n")
        {
            byte[] bundle = new byte[bytes];
            Array.Fill(bundle, (byte)1);
            File.WriteAllBytes(PathOf(component + ".bin"), bundle);
            Write("release.yaml", $"component: {component}\nvendor: example.com\nclass: board-1\npayload: {component}.bin\n{entry}");
            Succeeds("manifest", "create", "release.yaml", "--sequence", "1", "--out", component + ".suit", "--force");
            Succeeds("manifest", "sign", component + ".suit", "--key", key);
        }

        private void Write(string name, string text) => File.WriteAllText(PathOf(name), text);
    }
}
