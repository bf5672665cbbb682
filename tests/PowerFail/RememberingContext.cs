// The simulator over the stage 1 whose signature schemes remember (Remembering/), and the Hal whose CRC and HMAC are quicker
// (QuickHal/): the same sources, another build of three files. It, and everything that uses it, is loaded into a context of its own; nothing of it meets the real one.

using System;
using System.IO;
using System.Reflection;
using System.Runtime.Loader;

namespace NanoBoot.PowerFail
{
    /// <summary>Loads the simulator once more, over the remembering stage 1.</summary>
    internal sealed class RememberingContext : AssemblyLoadContext
    {
        private static readonly string Folder = AppContext.BaseDirectory;
        private static readonly string[] Doubles = { "NanoBoot.Bootloader", "NanoBoot.Hal" };

        private RememberingContext()
            : base("remembering")
        {
        }

        /// <summary>Whether the calling code is the simulator over the remembering stage 1.</summary>
        internal static bool IsInside => GetLoadContext(typeof(RememberingContext).Assembly) is { Name: "remembering" };

        /// <summary>Calls the program in the context.</summary>
        /// <param name="arguments">Its arguments.</param>
        /// <returns>Its exit code.</returns>
        internal static int Run(string[] arguments)
        {
            Type program = new RememberingContext().LoadFromAssemblyName(typeof(Program).Assembly.GetName()).GetType(typeof(Program).FullName!)!;
            return program.GetMethod(nameof(Program.Main))!.CreateDelegate<Func<string[], int>>()(arguments);
        }

        protected override Assembly? Load(AssemblyName name)
        {
            if (Array.IndexOf(Doubles, name.Name) >= 0)
            {
                return LoadFromAssemblyPath(Path.Combine(Folder, "remembering", name.Name + ".dll"));
            }

            string path = Path.Combine(Folder, name.Name + ".dll");
            return name.Name!.StartsWith("NanoBoot.", StringComparison.Ordinal) && File.Exists(path) ? LoadFromAssemblyPath(path) : null;
        }
    }
}
