using System.IO;
using System.Text.Json.Nodes;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Cli;

namespace NanoBoot.Tools.Tests.Cli
{
    /// <summary>The tour, judged by its own facts.</summary>
    [TestClass]
    public sealed class DemoCommandTests : CliTest
    {
        [TestMethod]
        public void Demo_Json_UpdateSurvivesTheCutThatHappened()
        {
            JsonNode report = Facts("demo", "--seed", "17");
            Assert.IsTrue((bool)report["succeeded"]!);
            Assert.AreEqual("1.0", (string?)report["firstBoot"]!["application"]);
            JsonNode update = report["update"]!;
            Assert.IsTrue((bool)update["powerCut"]!["happened"]!, "A tour without a power cut shows nothing.");
            Assert.IsTrue((long)update["powerCut"]!["operationIndex"]! > 0);
            Assert.AreEqual("spi-nor", (string?)update["powerCut"]!["chip"]);
            Assert.AreEqual("1.1", (string?)update["result"]!["application"]);
            Assert.IsTrue((bool)update["result"]!["isConfirmed"]!);
            Assert.AreEqual(2, (long)update["result"]!["floor"]!);
            Assert.IsTrue((long)update["bytesInPlace"]! > 0, "The second attempt goes on, it does not begin anew.");
            long sent = (long)update["untilCut"]!["payloadBytesSent"]!;
            Assert.IsTrue(sent < (long)update["payloadBytes"]!, $"{sent} bytes: the unchanged assembly is on the device already.");
            Assert.AreEqual(0, (long)report["contractViolations"]!);
        }

        [TestMethod]
        public void Demo_Json_FourRefusalsEachForItsReason()
        {
            JsonArray refusals = Facts("demo", "--seed", "18")["refusals"]!.AsArray();
            string[] expected = ["SuitManifestDigestMismatch", "KeyUnknown", "SuitSequenceTooOld", "SuitClassMismatch"];
            Assert.HasCount(expected.Length, refusals);
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.AreEqual(expected[i], (string?)refusals[i]!["actual"]);
                Assert.IsTrue((bool)refusals[i]!["inJournal"]!);
                Assert.IsTrue((bool)refusals[i]!["slotsUntouched"]!);
                Assert.AreEqual("1.1", (string?)refusals[i]!["stillRuns"]);
            }
        }

        [TestMethod]
        public void Demo_SameSeedTwice_SameFacts()
        {
            Assert.AreEqual(Facts("demo", "--seed", "a").ToJsonString(), Facts("demo", "--seed", "a").ToJsonString());
        }

        [TestMethod]
        public void Demo_Directory_KeepsFlashAndPublishedFiles()
        {
            string text = Succeeds("demo", "--seed", "19", "--dir", "kept");
            Assert.Contains("Everything happened as claimed", text);
            Assert.IsTrue(File.Exists(PathOf("kept/internal.bin")));
            Assert.IsTrue(File.Exists(PathOf("kept/spi-nor.bin")));
            Assert.IsTrue(File.Exists(PathOf("kept/www/manifests/application.suit")));
        }

        [TestMethod]
        public void Demo_Report_IsOnePageThatNeedsNothingElse()
        {
            Succeeds("demo", "--seed", "20", "--report", "story.html");
            string page = File.ReadAllText(PathOf("story.html"));
            Assert.Contains("the power is cut during the installation", page);
            Assert.Contains("SuitClassMismatch", page);
            string rest = page.Replace("xmlns=\"http://www.w3.org/2000/svg\"", string.Empty, System.StringComparison.Ordinal);
            foreach (string reference in new[] { "http://", "https://", "src=", "href=", "@import", "url(" })
            {
                Assert.DoesNotContain(reference, rest, "A page that fetches something shows nothing where there is no network.");
            }
        }

        [TestMethod]
        public void Demo_DirectoryWithFiles_IsRefusedAndUntouched()
        {
            Directory.CreateDirectory(PathOf("mine"));
            File.WriteAllText(PathOf("mine/thesis.txt"), "work");
            Fails(ExitCode.InputOutput, "mine", "demo", "--dir", "mine");
            Assert.HasCount(1, Directory.GetFileSystemEntries(PathOf("mine")));
        }
    }
}
