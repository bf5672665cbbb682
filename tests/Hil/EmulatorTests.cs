// The hardware-in-the-loop suite on the emulator: the device is a process of its own, known by its console alone.

using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Tests;

namespace NanoBoot.Hil.Tests
{
    [TestClass]
    public sealed class EmulatorTests
    {
        [TestMethod]
        public void Suite_OnTheEmulator_EveryScenarioPasses()
        {
            var trace = new List<string>();

            IReadOnlyList<HilResult> results = Program.RunEmulator(trace.Add);

            string failures = string.Join(Environment.NewLine, results.Where(r => r.Failure is not null).Select(r => r.Scenario + ": " + r.Failure));
            Assert.AreEqual("", failures, string.Join(Environment.NewLine, trace));
            Assert.HasCount(6, results);
            Assert.IsTrue(results.All(r => r.Lines > 0));

            // What docs/boards/README.md shows of the first start is all of it; of an update it shows the most of it.
            string[] console = [.. trace.Where(line => line.StartsWith("NB;", StringComparison.Ordinal)).Select(ConsolePage.WithoutSizes)];
            string[] first = ConsolePage.Lines("first start");
            CollectionAssert.AreEqual(first, console[..first.Length]);
            int from = 0;
            foreach (string line in ConsolePage.Lines("update"))
            {
                int at = Array.IndexOf(console, line, from);
                Assert.IsGreaterThanOrEqualTo(from, at, line + " is in the page, and not on the console");
                from = at + 1;
            }
        }

        [TestMethod]
        public void Suite_OnADeadTarget_EveryScenarioFails()
        {
            using Releases releases = Releases.ForEmulator(System.IO.Directory.CreateTempSubdirectory("nanoboot-hil").FullName);

            IReadOnlyList<HilResult> results = new HilSuite(new DeadTarget(), releases, new Uri("http://localhost/"), 1, _ => { }).Run();

            Assert.IsTrue(results.All(r => r.Failure is not null));
        }

        [TestMethod]
        public void TryParse_Line_Fields()
        {
            Assert.IsTrue(ConsoleLine.TryParse("NB;3;6;152;-290\r", out ConsoleLine line));
            Assert.AreEqual(new ConsoleLine(BootEvent.SlotRefused, RegionId.ApplicationA, (ResultCode)152, -290), line);
        }

        [TestMethod]
        [DataRow("")]
        [DataRow("hello")]
        [DataRow("NB;1;2;3")]
        [DataRow("NB;1;2;3;4;5")]
        [DataRow("NB;1;x;3;4")]
        [DataRow("XNB;1;2;3;4")]
        public void TryParse_AnythingElse_No(string text)
        {
            Assert.IsFalse(ConsoleLine.TryParse(text, out _));
        }

        private sealed class DeadTarget : ITarget
        {
            public string Name => "dead";

            public void Provision(FirstContent content)
            {
            }

            public void PowerOn()
            {
            }

            public void PowerOff()
            {
            }

            public string? ReadLine(int timeoutMs) => null;

            public void SetNetwork(bool isUp)
            {
            }

            public void Dispose()
            {
            }
        }
    }
}
