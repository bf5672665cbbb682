// A62, A63: whatever single call, branch, jump or return of stage 1 is left out, once, no image starts that was not verified.

using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NanoBoot.PowerFail.Tests
{
    [TestClass]
    public sealed class GlitchTests
    {
        // Behind its first executions a place is a loop over bytes.
        private const int ExecutionsMax = 2;
        private const int MethodsGoneMin = 20;

        // As a board gets it, and as the compiler made it.
        [TestMethod]
        [DataRow(true)]
        [DataRow(false)]
        public void A62_Boot_AnySingleSkipInBootloader_NoUnverifiedImageStarts(bool isShortened)
        {
            Attack("NanoBoot.Bootloader", isShortened, 100);
        }

        [TestMethod]
        [DataRow(true)]
        [DataRow(false)]
        public void A63_Boot_AnySingleSkipInPrimitives_NoUnverifiedImageStarts(bool isShortened)
        {
            Attack("NanoBoot.Hal", isShortened, 20);
        }

        private static void Attack(string assembly, bool isShortened, int effectsMin)
        {
            Victim victim = new Victim(assembly, isShortened);
            Assert.AreEqual(isShortened, victim.MethodsGone > MethodsGoneMin, victim.MethodsGone + " methods stand in the place of their calls");
            bool[] isControl = victim.Attacks.Select(attack => attack.StartsWith("control", StringComparison.Ordinal)).ToArray();
            for (int attack = 0; attack < victim.Attacks.Length; attack++)
            {
                Assert.AreEqual(isControl[attack] ? 1 : 0, victim.Boot(attack, 0, 0), victim.Attacks[attack] + ", without a fault: " + victim.Course);
            }

            int faults = 0;
            int effects = 0;
            List<string> started = new List<string>();
            foreach (SkipSite site in victim.Sites)
            {
                for (int execution = 1; execution <= ExecutionsMax; execution++)
                {
                    if (victim.Boot(0, site.Number, execution) == 0)
                    {
                        effects++;
                    }

                    bool isReached = victim.WasReached;
                    for (int attack = 1; attack < victim.Attacks.Length; attack++)
                    {
                        faults++;
                        if (victim.Boot(attack, site.Number, execution) != 0 && !isControl[attack])
                        {
                            started.Add(site.Method + " " + site.Instruction + " execution " + execution + ": " + victim.Attacks[attack]);
                        }

                        isReached |= victim.WasReached;
                    }

                    if (!isReached)
                    {
                        break;
                    }
                }
            }

            Console.WriteLine($"{victim.Sites.Count} places, {faults} faults; {effects} kept the good image from starting; {victim.MethodsGone} methods in the place of their calls");
            Console.WriteLine(string.Join('\n', started.Take(60)));
            Assert.IsTrue(effects > effectsMin, "The faults strike.");
            Assert.AreEqual(0, started.Count, started.FirstOrDefault());
        }
    }
}
