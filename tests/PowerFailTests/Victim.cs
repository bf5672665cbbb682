// The code under test, rewritten, in a load context of its own: what uses it is loaded there too.

using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Runtime.Loader;
using NanoBoot.Strip;

namespace NanoBoot.PowerFail.Tests
{
    /// <summary>Stage 1 rewritten, and everything that uses it, in a context of its own.</summary>
    internal sealed class Victim : AssemblyLoadContext
    {
        private const int FuelForABoot = 3_000_000;
        private readonly Func<int, int> _boot;
        private readonly PropertyInfo _course;
        private readonly FieldInfo _always;
        private readonly Func<string, int, bool, string?> _simulate;
        private readonly FieldInfo _site;
        private readonly FieldInfo _countdown;
        private readonly FieldInfo _fuel;
        private readonly Dictionary<string, byte[]> _images = new Dictionary<string, byte[]>(StringComparer.Ordinal);

        internal Victim(string assembly, bool isShortened = false)
        {
            foreach (string name in isShortened ? new[] { "NanoBoot.Hal", "NanoBoot.Bootloader" } : Array.Empty<string>())
            {
                _images.Add(name, TestShortener.Shorten(Path.Combine(AppContext.BaseDirectory, "release", name + ".dll"), AppContext.BaseDirectory, out int gone));
                MethodsGone += gone;
            }

            byte[] image = _images.TryGetValue(assembly, out byte[]? shortened) ? shortened : File.ReadAllBytes(PathOf(assembly));
            (_images[assembly], Sites) = SkipRewriter.Rewrite(image);
            Type fault = LoadFromAssemblyName(new AssemblyName(assembly)).GetType("InjectedFault")!;
            _site = fault.GetField("Site")!;
            _always = fault.GetField("Always")!;
            _countdown = fault.GetField("Countdown")!;
            _fuel = fault.GetField("Fuel")!;
            Type type = LoadFromAssemblyName(new AssemblyName("NanoBoot.PowerFail")).GetType("NanoBoot.PowerFail.GlitchVictim")!;
            _course = type.GetProperty("Course")!;
            Attacks = (string[])type.GetProperty("Attacks")!.GetValue(null)!;
            _boot = type.GetMethod("Boot")!.CreateDelegate<Func<int, int>>();
            _simulate = LoadFromAssemblyName(new AssemblyName("NanoBoot.PowerFail")).GetType("NanoBoot.PowerFail.Mutation")!
                .GetMethod("Simulate")!.CreateDelegate<Func<string, int, bool, string?>>();
            _fuel.SetValue(null, -1);
            type.GetMethod("Prepare")!.Invoke(null, null);
        }

        internal IReadOnlyList<SkipSite> Sites { get; }

        /// <summary>How many methods of stage 1 were put in the place of their calls.</summary>
        internal int MethodsGone { get; }

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

        /// <summary>Simulates power failures with one call or branch left out for good.</summary>
        internal string? Simulate(int site, string scenario, int cuts, bool isWriteBehind)
        {
            _always.SetValue(null, site);
            _fuel.SetValue(null, -1);
            try
            {
                return _simulate(scenario, cuts, isWriteBehind);
            }
            finally
            {
                _always.SetValue(null, 0);
            }
        }

        protected override Assembly? Load(AssemblyName name)
        {
            if (name.Name == null || !(name.Name.StartsWith("NanoBoot.", StringComparison.Ordinal)))
            {
                return null;
            }

            return _images.TryGetValue(name.Name, out byte[]? image)
                ? LoadFromStream(new MemoryStream(image))
                : LoadFromAssemblyPath(PathOf(name.Name));
        }

        private static string PathOf(string name)
        {
            return Path.Combine(AppContext.BaseDirectory, name + ".dll");
        }
    }
}
