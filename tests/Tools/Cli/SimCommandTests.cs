using System;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using System.Threading;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Cli;
using NanoBoot.Cli.Pictures;
using NanoBoot.Cli.Sim;
using NanoBoot.Emulator.Flash;
using NanoBoot.PowerFail;

namespace NanoBoot.Tools.Tests.Cli
{
    [TestClass]
    public sealed class SimCommandTests : CliTest
    {
        [TestMethod]
        public void PowerFail_SingleCuts_EveryOperationInEveryForm()
        {
            JsonNode facts = Facts("sim", "powerfail", "--scenario", "trial-confirm", "--scenario", "trial-hang");
            Assert.AreEqual(0, facts["failures"]!.GetValue<int>());
            Assert.AreEqual(2, facts["scenarios"]!.AsArray().Count);
            foreach (JsonNode? scenario in facts["scenarios"]!.AsArray())
            {
                int operations = scenario!["operations"]!.GetValue<int>();
                Assert.IsTrue(operations > 0);
                Assert.AreEqual((operations * Cut.Forms.Length) + 1, scenario["cases"]!.GetValue<int>(), "each cut, and the course without one");
                JsonArray positions = scenario["positions"]!.AsArray();
                Assert.IsTrue(positions.All(position => position!["cases"]!.AsArray().All(count => count!.GetValue<int>() == 1)));
                StringAssert.Contains(positions[0]!["operation"]!.ToString(), "of journal");
            }
        }

        [TestMethod]
        public void PowerFail_Pairs_CasesByPositionAddUp()
        {
            JsonNode scenario = Facts("sim", "powerfail", "-s", "trial-confirm", "--cuts", "2", "-j", "1")["scenarios"]![0]!;
            long counted = scenario["positions"]!.AsArray().Sum(position => position!["cases"]!.AsArray().Sum(count => count!.GetValue<long>()));
            Assert.AreEqual(scenario["cases"]!.GetValue<long>(), counted + 1);
            StringAssert.Contains(Succeeds("sim", "powerfail", "-s", "trial-confirm"), "every one ends as without a failure");
        }

        /// <summary>What runs at a time does not change what comes out.</summary>
        [TestMethod]
        public void PowerFail_SeveralAtATime_SameFacts()
        {
            string[] args = ["sim", "powerfail", "-s", "trial-confirm", "-s", "first-install", "--random", "20", "--seed", "7"];
            Assert.AreEqual(WithoutSeconds(Facts([.. args, "-j", "1"])), WithoutSeconds(Facts([.. args, "-j", "4"])));
            Assert.AreNotEqual(WithoutSeconds(Facts(args)), WithoutSeconds(Facts([.. args[..^1], "8"])));
        }

        [TestMethod]
        public void PowerFail_Replay_TellsTheCourse()
        {
            string text = Succeeds("sim", "powerfail", "--replay", "trial-confirm/3:AppliedUnstable:1,0:Applied:0");
            StringAssert.Contains(text, "-- power failed: 3:AppliedUnstable:1");
            StringAssert.Contains(text, "-- power failed: 0:Applied:0");
            StringAssert.Contains(text, "ImageConfirmed");
            StringAssert.Contains(text, "Good: it ends as without a failure.");
            JsonNode facts = Facts("sim", "powerfail", "--replay", "trial-confirm/3:RandomBits:0", "--each-read");
            Assert.IsTrue(facts["good"]!.GetValue<bool>());
            Assert.IsTrue(facts["trace"]!.AsArray().Count > 5);
            StringAssert.Contains(Succeeds("sim", "powerfail", "--replay", "trial-confirm/3:Applied:0,99:Applied:0"), "only 1 of 2 cuts happened");
        }

        /// <summary>What a failure prints is a command line that this program takes.</summary>
        [TestMethod]
        public void PowerFail_CommandOfAFailure_IsTheCase()
        {
            // More attempts than the scenario allows: the one way to see a failure without breaking the device.
            var failure = new Failure("trial-hang", Cut.ParseChain("2:RandomBits:1,1:NotApplied:0"), "a reason") { Options = " --signatures --each-read --write-behind --attempts 100" };
            string[] words = failure.Command.Split(' ');
            Assert.AreEqual("nanoboot", words[0]);
            Assert.AreEqual(ExitCode.Refused, Run(words[1..]));
            StringAssert.Contains(Output, "-- the course without a failure goes wrong already");
            StringAssert.Contains(Output, "FAILED: The image on trial started 4 times.");
            StringAssert.Contains(Succeeds([.. words[1..^1], "3"]), "-- power failed: 2:RandomBits:1");
        }

        [TestMethod]
        public void PowerFail_RandomFlash_NothingUnsignedStarts()
        {
            JsonNode facts = Facts("sim", "powerfail", "--random-flash", "200", "--seed", "3");
            Assert.AreEqual(200, facts["contents"]!.GetValue<int>());
            Assert.IsTrue(facts["starts"]!.GetValue<int>() > 0);
            Assert.IsTrue(facts["good"]!.GetValue<bool>());
        }

        [TestMethod]
        public void PowerFail_Report_OnePageWithEveryScenario()
        {
            Succeeds("sim", "powerfail", "-s", "trial-confirm", "-s", "trial-revert", "--report", "pages/powerfail.html");
            string page = File.ReadAllText(PathOf("pages/powerfail.html"));
            StringAssert.Contains(page, "Every case ends as the course without a failure does.");
            StringAssert.Contains(page, "id=\"trial-revert\"");
            Assert.IsFalse(page.Contains("http", StringComparison.Ordinal), "a reference to the outside");
        }

        [TestMethod]
        public void PowerFailPage_Failure_RedWithTheCommandThatShowsIt()
        {
            var tally = new ScenarioTally("trial-confirm") { Cases = 9, Failures = [new Failure("trial-confirm", [new Cut(0, TornForm.Applied, 0)], "<the floor> fell")] };
            tally.Positions.Add(new CutPosition("program 256 bytes at 0 of journal", "journal"));
            tally.Count([new Cut(0, TornForm.Applied, 0)], "<the floor> fell");
            string page = PowerFailPage.Write(new PowerFailPlan { Scenarios = ["trial-confirm"] }, [tally], 1);
            StringAssert.Contains(page, "1 case does not end as the course without a failure does.");
            StringAssert.Contains(page, "<code>nanoboot sim powerfail --replay trial-confirm/0:Applied:0</code>");
            StringAssert.Contains(page, "&lt;the floor&gt; fell");
            StringAssert.Contains(page, "fill:var(--bad)");
        }

        [TestMethod]
        public void PowerFail_Mistakes_OneLine()
        {
            Fails(ExitCode.Usage, "--replay: 'foo' is no scenario; 'nanoboot sim powerfail --list' names them.", "sim", "powerfail", "--replay", "foo/1:Applied:0");
            Fails(ExitCode.Usage, "SCENARIO/OPERATION:FORM:VARIANT", "sim", "powerfail", "--replay", "trial-confirm/x");
            Fails(ExitCode.Usage, "there is no cut 1:Applied:7", "sim", "powerfail", "--replay", "trial-confirm/1:Applied:7");
            Fails(ExitCode.Usage, "--scenario: 'foo' is not possible; there are: trial-confirm, trial-revert,", "sim", "powerfail", "--scenario", "foo");
            Fails(ExitCode.Usage, "--cuts: '3' is not possible; there are: 1, 2.", "sim", "powerfail", "--cuts", "3");
            Fails(ExitCode.Usage, "--random: 'x' is no number", "sim", "powerfail", "--random", "x");
            Fails(ExitCode.Usage, "--report: a page shows scenarios", "sim", "powerfail", "--random-flash", "1", "--report", "a.html");
            Directory.CreateDirectory(PathOf("there"));
            Fails(ExitCode.InputOutput, "there: a directory", "sim", "powerfail", "--report", "there");
            string[] lines = Succeeds("sim", "powerfail", "--list").Split('\n', StringSplitOptions.RemoveEmptyEntries);
            CollectionAssert.AreEqual(Scenarios.Names.ToArray(), lines.Select(line => line.Split(' ')[0]).ToArray());
        }

        [TestMethod]
        public void PowerFail_Interrupted_ExitCode130()
        {
            using var stop = new CancellationTokenSource();
            stop.Cancel();
            Assert.AreEqual(ExitCode.Interrupted, Run(stop.Token, "sim", "powerfail", "--cuts", "2"));
            Assert.AreEqual(ExitCode.Interrupted, Run(stop.Token, "sim", "powerfail", "--random-flash", "100000"));
            Assert.AreEqual(ExitCode.Interrupted, Run(stop.Token, "sim", "fuzz", "--count", "100000000"));
            StringAssert.Contains(Error, "nanoboot: interrupted.");
        }

        [TestMethod]
        public void Fuzz_SeedAndCount_SameFactsAgain()
        {
            JsonNode first = Facts("sim", "fuzz", "--count", "500", "--seed", "5");
            Assert.IsTrue(first["good"]!.GetValue<bool>());
            Assert.AreEqual(500, first["cases"]!.GetValue<int>());
            Assert.IsTrue(first["authenticated"]!.GetValue<int>() > 100);
            JsonNode again = Facts("sim", "fuzz", "--count", "500", "--seed", "5");
            Assert.AreEqual(first["rehearsed"]!.GetValue<int>(), again["rehearsed"]!.GetValue<int>());
            StringAssert.Contains(Succeeds("sim", "fuzz", "-n", "10"), "10 manifests, seed ");
        }

        [TestMethod]
        public void Fuzz_Replay_ShowsTheInput()
        {
            JsonNode facts = Facts("sim", "fuzz", "--seed", "1", "--replay", "4711");
            Assert.IsTrue(facts["good"]!.GetValue<bool>());
            StringAssert.Contains(Succeeds("sim", "fuzz", "--seed", "1", "--replay", "4711"), facts["input"]!.ToString());
            StringAssert.Contains(Output, "Good: nothing is broken.");
            Fails(ExitCode.Usage, "give --seed too", "sim", "fuzz", "--replay", "1");
            Fails(ExitCode.Usage, "--count: 'many' is no number", "sim", "fuzz", "--count", "many");
        }

        private static string WithoutSeconds(JsonNode facts)
        {
            facts.AsObject().Remove("seconds");
            foreach (JsonNode? scenario in facts["scenarios"]!.AsArray())
            {
                scenario!.AsObject().Remove("seconds");
            }

            return facts.ToJsonString();
        }
    }
}
