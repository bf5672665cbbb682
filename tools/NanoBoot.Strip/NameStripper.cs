// Takes the names of what nobody outside can see out of an assembly that is made for a board.
//
// The interpreter's format keeps the name of every type, field and method in the assembly's string table, whoever can
// use it: in stage 1 that is flash for nothing. Inside an assembly everything is referred to by its token, and from
// outside only what is public, by its name. So what is private or internal gets a name of one or two letters, the same
// ones in each type. What else the tool shortens is in CodeShortener.cs.
//
// Kept: all public and protected names, names that the runtime looks for (constructors, special names), and virtual
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
        /// <param name="isCodeKept">Whether the code stays as the compiler made it, and only names go.</param>
        /// <returns>The assembly without the names.</returns>
        /// <exception cref="InvalidOperationException">Another assembly may see what is internal.</exception>
        public static byte[] Strip(byte[] image, TextWriter map, bool isCodeKept = false)
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

            int types = 0;
            foreach (TypeDefinition type in module.GetTypes().Where(t => t.Name != "<Module>"))
            {
                string fullName = type.FullName;
                bool isVisible = Visibility.IsVisible(type);
                int members = 0;
                foreach (FieldDefinition field in type.Fields.Where(f => !f.IsLiteral && !f.IsRuntimeSpecialName && !Visibility.IsVisible(f)))
                {
                    Rename(field, members++, map, fullName);
                }

                foreach (MethodDefinition method in type.Methods.Where(
                    m => !m.IsVirtual && !m.IsRuntimeSpecialName && m.HasBody && !Visibility.IsVisible(m)))
                {
                    Rename(method, members++, map, fullName);
                }

                if (!isVisible)
                {
                    // A name in no namespace; the compiler's own class for the data of arrays among them.
                    type.Namespace = "";
                    Rename(type, types++, map, fullName);
                }
            }

            using var stripped = new MemoryStream();
            module.Write(stripped);
            return stripped.ToArray();
        }

        private static void Rename(MemberReference member, int number, TextWriter map, string typeName)
        {
            string name = number < Letters.Length
                ? Letters[number].ToString()
                : Letters[(number / Letters.Length) - 1].ToString() + Letters[number % Letters.Length];
            map.WriteLine(name + "\t" + (member is TypeReference ? typeName : typeName + "." + member.Name));
            member.Name = name;
        }
    }
}
