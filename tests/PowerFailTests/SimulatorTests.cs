// The short run of the power-fail simulator: every single cut of every scenario, every pair of the smallest, and
// chains at random. The full run is the program itself (docs/TESTING.md).

using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NanoBoot.PowerFail.Tests
{
    [TestClass]
    public sealed class SimulatorTests
    {
        private const int Seed = 20261121;

        public static IEnumerable<object[]> AllScenarios => Scenarios.Names.Select(name => new object[] { name });

        public TestContext TestContext { get; set; } = null!;

        [TestMethod]
        [DynamicData(nameof(AllScenarios))]
        public void RunAll_EverySingleCut_EndsAsWithoutOne(string name)
        {
            Simulator simulator = new Simulator(Scenarios.Make(name));
            simulator.RunAll(1);
            Report(simulator);
            Assert.IsTrue(simulator.Cuts >= simulator.Operations * Cut.Forms.Length, "Every operation was cut in every form.");
        }

        [TestMethod]
        [DataRow("trial-confirm")]
        [DataRow("trial-hang")]
        public void A49_RunAll_EveryPairOfCuts_EndsAsWithoutOne(string name)
        {
            Simulator simulator = new Simulator(Scenarios.Make(name));
            simulator.RunAll(2);
            Report(simulator);
        }

        [TestMethod]
        [DynamicData(nameof(AllScenarios))]
        public void A48_A53_A55_RunAll_CutsInRevertAndInHandover_EndInAWholeImage(string name)
        {
            // A torn revert, a successor that is not complete, a header half written: all of them are cuts of these courses.
            // Here each reading of what was torn is another one: what a session saw, the next need not see.
            Simulator simulator = new Simulator(Scenarios.Make(name)) { UnstablePeriod = Emulator.Flash.UnstablePeriod.EachRead };
            simulator.RunAll(1);
            Report(simulator);
        }

        [TestMethod]
        public void RunAll_SignaturesInPlaceOfMacs_EndsAsWithoutCut()
        {
            Simulator simulator = new Simulator(Scenarios.Make("trial-confirm", isMac: false));
            simulator.RunAll(1);
            Report(simulator);
        }

        [TestMethod]
        [DynamicData(nameof(AllScenarios))]
        public void RunRandom_ChainsOfThreeToTen_EndAsWithoutCut(string name)
        {
            // The real updater verifies signatures, and each of them counts here: a chain of its takes ten times as long.
            int chains = name.StartsWith("updater", StringComparison.Ordinal) ? 50 : 200;
            Console.WriteLine("seed " + Seed + "; replay a failure with the text that it prints");
            Simulator simulator = new Simulator(Scenarios.Make(name));
            simulator.RunRandom(Seed, chains, 3, 10);
            Report(simulator);
            Assert.IsTrue(simulator.Cuts >= chains * 2, "The cuts happened.");
        }

        [TestMethod]
        public void Replay_TextOfACase_IsTheSameCase()
        {
            const string Text = "3:AppliedUnstable:1,2:RandomBits:0";
            Assert.AreEqual(Text, Cut.Format(Cut.ParseChain(Text)));

            Simulator simulator = new Simulator(Scenarios.Make("trial-confirm"));
            List<string> first = new List<string>();
            List<string> second = new List<string>();
            simulator.RunUncut();
            simulator.Trace = first.Add;
            simulator.RunChain(Cut.ParseChain(Text));
            simulator.Trace = second.Add;
            simulator.RunChain(Cut.ParseChain(Text));

            CollectionAssert.AreEqual(first, second);
            Assert.AreEqual(2, first.Count(line => line.StartsWith("-- power failed", StringComparison.Ordinal)));
        }

        private static void Report(Simulator simulator)
        {
            Console.WriteLine($"{simulator.Operations} operations, {simulator.Cuts} cuts, {simulator.Cases} cases, {simulator.Boots} boots");
            foreach (Failure failure in simulator.Failures)
            {
                Console.WriteLine(failure.Command + "\n  " + failure.Reason);
            }

            Assert.AreEqual(0, simulator.Failures.Count, simulator.Failures.Select(failure => failure.Command + ": " + failure.Reason).FirstOrDefault());
        }
    }
}
