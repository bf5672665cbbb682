// The demo application as its maker's build leaves it: assemblies, dependencies first.

using System.Collections.Generic;
using System.IO;
using System.Reflection;

namespace DemoApplication.Bundles
{
    /// <summary>One version of the demo application.</summary>
    public sealed class DemoBundle
    {
        private DemoBundle(string version)
        {
            Version = version;
            Assemblies = new[] { Read("shared/DemoApplication.Sensors.dll"), Read(version + "/DemoApplication.dll") };
        }

        /// <summary>Version 1.0.</summary>
        public static DemoBundle Version10 { get; } = new DemoBundle("1.0");

        /// <summary>Version 1.1: the library is the same, the program is not.</summary>
        public static DemoBundle Version11 { get; } = new DemoBundle("1.1");

        /// <summary>Full name of the entry type.</summary>
        public static string EntryType => "DemoApplication.Program";

        /// <summary>The version, for people.</summary>
        public string Version { get; }

        /// <summary>The assemblies, dependencies first.</summary>
        public IReadOnlyList<byte[]> Assemblies { get; }

        private static byte[] Read(string name)
        {
            using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
    }
}
