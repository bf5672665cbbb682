// An assembly as a board gets it, for tests on the desktop: compiled as for a release, and shortened, so that what they
// show is shown of the code that runs there. Names stay, and so do the internals that the assemblies beside it use.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Mono.Cecil;

namespace NanoBoot.Strip
{
    /// <summary>Shortens an assembly for tests.</summary>
    public static class TestShortener
    {
        /// <summary>Shortens an assembly's code.</summary>
        /// <param name="path">The assembly, as the compiler made it for a release.</param>
        /// <param name="others">Folder with the assemblies that use it, its internals too.</param>
        /// <param name="gone">How many of its methods stand in the place of their calls now.</param>
        /// <returns>The assembly.</returns>
        public static byte[] Shorten(string path, string others, out int gone)
        {
            using ModuleDefinition module = ModuleDefinition.ReadModule(path, new ReaderParameters { InMemory = true });
            HashSet<string> used = UsedBy(others, module.Assembly.Name.Name);
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
            using var stream = new MemoryStream();
            module.Write(stream);
            return stream.ToArray();
        }

        private static HashSet<string> UsedBy(string folder, string assembly)
        {
            var names = new HashSet<string>(StringComparer.Ordinal);
            foreach (string path in Directory.GetFiles(folder, "NanoBoot.*.dll"))
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
