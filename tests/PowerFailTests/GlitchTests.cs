// A62, A63: whatever single call or branch of stage 1 is left out, once, no image starts that was not verified.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.Loader;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NanoBoot.PowerFail.Tests
{
    [TestClass]
    public sealed class GlitchTests
    {
        // Behind its first executions a place is a loop over bytes.
        private const int ExecutionsMax = 2;
        private const int FuelForABoot = 3_000_000;

        [TestMethod]
        public void A62_Boot_AnySingleSkipInBootloader_NoUnverifiedImageStarts()
        {
            Attack("NanoBoot.Bootloader", 100);
        }

        [TestMethod]
        public void A63_Boot_AnySingleSkipInPrimitives_NoUnverifiedImageStarts()
        {
            Attack("NanoBoot.Hal", 20);
        }

        private static void Attack(string assembly, int effectsMin)
        {
            Victim victim = new Victim(assembly);
            for (int attack = 1; attack < victim.Attacks.Length; attack++)
            {
                Assert.AreEqual(0, victim.Boot(attack, 0, 0), victim.Attacks[attack] + ", without a fault");
            }

            Assert.AreEqual(1, victim.Boot(0, 0, 0), "The good image starts: " + victim.Course);
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
                        if (victim.Boot(attack, site.Number, execution) != 0)
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

            Console.WriteLine($"{victim.Sites.Count} places, {faults} faults; {effects} kept the good image from starting");
            Console.WriteLine(string.Join('\n', started.Take(60)));
            Assert.IsTrue(effects > effectsMin, "The faults strike.");
            Assert.AreEqual(0, started.Count, started.FirstOrDefault());
        }

        // Stage 1 rewritten, and everything that uses it, in a context of its own.
        private sealed class Victim : AssemblyLoadContext
        {
            private readonly Func<int, int> _boot;
            private readonly PropertyInfo _course;
            private readonly FieldInfo _site;
            private readonly FieldInfo _countdown;
            private readonly FieldInfo _fuel;
            private readonly string _assembly;
            private readonly byte[] _image;

            internal Victim(string assembly)
            {
                (_image, Sites) = SkipRewriter.Rewrite(PathOf(assembly));
                _assembly = assembly;
                Type fault = LoadFromAssemblyName(new AssemblyName(assembly)).GetType("InjectedFault")!;
                _site = fault.GetField("Site")!;
                _countdown = fault.GetField("Countdown")!;
                _fuel = fault.GetField("Fuel")!;
                Type type = LoadFromAssemblyName(new AssemblyName("NanoBoot.PowerFail")).GetType("NanoBoot.PowerFail.GlitchVictim")!;
                _course = type.GetProperty("Course")!;
                Attacks = (string[])type.GetProperty("Attacks")!.GetValue(null)!;
                _boot = type.GetMethod("Boot")!.CreateDelegate<Func<int, int>>();
                _fuel.SetValue(null, int.MaxValue);
                type.GetMethod("Prepare")!.Invoke(null, null);
            }

            internal IReadOnlyList<SkipSite> Sites { get; }

            internal string[] Attacks { get; }

            internal bool WasReached { get; private set; }

            internal string Course => (string)_course.GetValue(null)!;

            internal int Boot(int attack, int site, int execution)
            {
                _site.SetValue(null, site);
                _countdown.SetValue(null, execution);
                _fuel.SetValue(null, FuelForABoot);
                int result = _boot(attack);
                WasReached = (int)_countdown.GetValue(null)! <= 0;
                return result;
            }

            protected override Assembly? Load(AssemblyName name)
            {
                if (name.Name == null || !(name.Name.StartsWith("NanoBoot.", StringComparison.Ordinal)))
                {
                    return null;
                }

                return name.Name == _assembly
                    ? LoadFromStream(new MemoryStream(_image))
                    : LoadFromAssemblyPath(PathOf(name.Name));
            }

            private static string PathOf(string name)
            {
                return Path.Combine(AppContext.BaseDirectory, name + ".dll");
            }
        }
    }
}
