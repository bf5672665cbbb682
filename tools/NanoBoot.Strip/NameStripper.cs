// Takes the names of what nobody outside can see out of an assembly that is made for a board.
//
// The interpreter's format keeps the name of every type, field and method in the assembly's string table, whoever can
// use it: in stage 1 that is flash for nothing. Inside an assembly everything is referred to by its token, and from
// outside only what is public, by its name. So what is private or internal gets a name of one or two letters, the same
// ones in each type. What else the tool shortens is in CodeShortener.cs, and public names that are agreed on in SharedNames.cs.
//
// Kept: all other public and protected names, names that the runtime looks for (constructors, special names), and virtual
// methods, which are matched by name with what they override or implement.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Mono.Cecil;

namespace NanoBoot.Strip
{
    /// <summary>Shortens the names of an assembly's private and internal members.</summary>
    public static class NameStripper
    {
        private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

        /// <summary>Strips an assembly. Stripping it again changes nothing.</summary>
        /// <param name="image">The assembly, as the compiler made it.</param>
        /// <param name="map">Receives a line for each name that went: the new name, a tab, the old one.</param>
        /// <param name="shared">The public names that are short on a device.</param>
        /// <param name="isCodeKept">Whether the code stays as the compiler made it, and only names go.</param>
        /// <returns>The assembly without the names.</returns>
        /// <exception cref="InvalidOperationException">Another assembly may see what is internal.</exception>
        public static byte[] Strip(byte[] image, TextWriter map, SharedNames shared, bool isCodeKept = false)
        {
            using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(image));
            if (module.Assembly.CustomAttributes.Any(a => a.AttributeType.Name == "InternalsVisibleToAttribute"))
            {
                throw new InvalidOperationException(module.Assembly.Name.Name + " shows its internals to others: those refer to them by name.");
            }

            // First: what it takes out needs no name.
            if (!isCodeKept)
            {
                CodeShortener.Shorten(module);
            }

            // Before the others, which take the names that are left.
            Dictionary<TypeDefinition, string> fullNames = module.GetTypes().ToDictionary(t => t, t => t.FullName);
            shared.Apply(module, map);

            // Nor those of the types that it refers to: where a handler catches a type, the metadata processor takes the first one
            // of that name, and types of others come first.
            var typeNames = new FreeNames(module.Types.Where(Visibility.IsVisible).Select(t => t.Name)
                .Concat(module.GetTypeReferences().Where(t => t.Namespace.Length == 0).Select(t => t.Name)));
            foreach ((TypeDefinition type, string fullName) in fullNames.Where(t => t.Key.Name != "<Module>"))
            {
                MemberReference[] hidden = type.Fields.Where(f => !f.IsLiteral && !f.IsRuntimeSpecialName && !Visibility.IsVisible(f)).Cast<MemberReference>()
                    .Concat(type.Methods.Where(m => !m.IsVirtual && !m.IsRuntimeSpecialName && m.HasBody && !Visibility.IsVisible(m)))
                    .ToArray();
                var names = new FreeNames(type.Fields.Cast<MemberReference>().Concat(type.Methods).Except(hidden).Select(m => m.Name));
                foreach (MemberReference member in hidden)
                {
                    string name = names.Next();
                    map.WriteLine(name + "\t" + fullName + "." + member.Name);
                    member.Name = name;
                }

                if (!Visibility.IsVisible(type))
                {
                    // The compiler's own class for the data of arrays is among them.
                    type.Name = typeNames.Next();
                    type.Namespace = "";
                    map.WriteLine(type.Name + "\t" + fullName);
                }
            }

            using var stripped = new MemoryStream();
            module.Write(stripped);
            return stripped.ToArray();
        }

        /// <summary>The names that are not taken, one after the other: a to Z, then aa and so on.</summary>
        private sealed class FreeNames
        {
            private readonly HashSet<string> _taken;
            private int _count;

            internal FreeNames(IEnumerable<string> taken)
            {
                _taken = taken.ToHashSet(StringComparer.Ordinal);
            }

            internal string Next()
            {
                string name;
                do
                {
                    name = _count < Letters.Length
                        ? Letters[_count].ToString()
                        : Letters[(_count / Letters.Length) - 1].ToString() + Letters[_count % Letters.Length];
                    _count++;
                }
                while (_taken.Contains(name));
                return name;
            }
        }
    }
}
