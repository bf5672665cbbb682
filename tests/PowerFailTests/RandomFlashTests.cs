// The short run of random flash; a million contents are one command (docs/TESTING.md).

using System;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NanoBoot.PowerFail.Tests
{
    [TestClass]
    public sealed class RandomFlashTests
    {
        private const int Seed = 1;
        private const int Cases = 5000;

        [TestMethod]
        public void A77_Run_RandomFlash_NothingThrowsHangsOrStarts()
        {
            Console.WriteLine("seed " + Seed + "; replay: NanoBoot.PowerFail --seed SEED --random-flash 1");
            RandomFlash flash = new RandomFlash();
            for (int i = 0; i < Cases; i++)
            {
                string? reason = flash.Run(Seed + i);
                Assert.IsNull(reason, "seed " + (Seed + i) + ": " + reason);
            }

            Assert.IsTrue(flash.Starts > Cases / 10 && flash.Starts < Cases, "Some contents start, some do not: " + flash.Starts);
        }
    }
}
