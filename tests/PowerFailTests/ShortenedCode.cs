// Stage 1 as a board gets it: compiled as for a release, and shortened (tools/NanoBoot.Strip), so that what is shown of it is
// shown of the code that runs there. Names stay, and so do the internals that the simulator uses; all others are shortened.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Mono.Cecil;
using NanoBoot.Strip;

namespace NanoBoot.PowerFail.Tests
{
    /// <summary>Shortens an assembly for the desktop.</summary>
    internal static class ShortenedCode
    {
        /// <summary>Shortens stage 1's code.</summary>
        /// <param name="assembly">Name of the assembly.</param>
        /// <param name="gone">How many of its methods stand in the place of their calls now.</param>
        internal static byte[] Of(string assembly, out int gone)
        {
            using ModuleDefinition module = ModuleDefinition.ReadModule(
                Path.Combine(AppContext.BaseDirectory, "release", assembly + ".dll"), new ReaderParameters { InMemory = true });
            HashSet<string> used = UsedByOthers(assembly);
            foreach (TypeDefinition type in module.GetTypes().Where(t => used.Contains(t.FullName)))
            {
                type.IsPublic |= !type.IsNested;
                foreach (MethodDefinition method in type.Methods.Where(m => m.IsAssembly && used.Contains(type.FullName + "." + m.Name)))
                {
                    method.IsPublic = true;
                }

                foreach (FieldDefinition field in type.Fields.Where(f => f.IsAssembly && used.Contains(type.FullName + "." + f.Name)))
                {
                    field.IsPublic = true;
                }
            }

            int before = module.GetTypes().Sum(t => t.Methods.Count);
            CodeShortener.Shorten(module);
            gone = before - module.GetTypes().Sum(t => t.Methods.Count);
            using MemoryStream stream = new MemoryStream();
            module.Write(stream);
            return stream.ToArray();
        }

        private static HashSet<string> UsedByOthers(string assembly)
        {
            HashSet<string> names = new HashSet<string>(StringComparer.Ordinal);
            foreach (string path in Directory.GetFiles(AppContext.BaseDirectory, "NanoBoot.*.dll"))
            {
                using ModuleDefinition module = ModuleDefinition.ReadModule(path);
                names.UnionWith(module.GetTypeReferences().Where(t => t.Scope.Name == assembly).Select(t => t.FullName));
                names.UnionWith(module.GetMemberReferences().Where(m => m.DeclaringType.Scope.Name == assembly)
                    .Select(m => m.DeclaringType.FullName + "." + m.Name));
            }

            return names;
        }
    }
}
