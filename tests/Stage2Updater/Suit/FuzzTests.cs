// A short run of the fuzzer (tests/Fuzz). The figure of a long one stands in docs/TESTING.md.

using System;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Fuzz;

namespace NanoBoot.Stage2Updater.Tests.Suit
{
    [TestClass]
    public class FuzzTests
    {
        private const ulong Cases = 20000;

        [TestMethod]
        public void Manifest_Bent_BreaksNothing()
        {
            ulong seed = (ulong)DateTime.UtcNow.Ticks;
            Console.WriteLine("seed " + seed);
            var fuzzer = new ManifestFuzzer();
            Assert.IsNull(fuzzer.CheckCorpus());
            for (ulong number = 0; number < Cases; number++)
            {
                string? failure = fuzzer.Run(seed, number);
                Assert.IsNull(failure, "replay: nanoboot sim fuzz --seed " + seed + " --replay " + number);
            }

            // The cases reach all layers, else they say nothing about them.
            Assert.IsTrue(fuzzer.Authenticated > (long)Cases / 4, fuzzer.Authenticated + " authenticated");
            Assert.IsTrue(fuzzer.Parsed > (long)Cases / 8, fuzzer.Parsed + " parsed");
            Assert.IsTrue(fuzzer.Rehearsed > (long)Cases / 40, fuzzer.Rehearsed + " rehearsed");
            Assert.IsTrue(fuzzer.Started > (long)Cases / 100, fuzzer.Started + " started");
        }
    }
}
