// The short names of what the assemblies of a device see of each other.
//
// The interpreter finds what another assembly has by its name, so a public name is paid for twice: where it is, and where it
// is referred to. Most of them nobody needs but nanoBoot itself: stage 2, the drivers, a board. These stand in a list
// (Bootloader/SharedNames.txt) with the short name that they have on a device, and every assembly that is made for one, that
// which has them and those which refer to them, is rewritten by the same list. What is not in it keeps its name: an
// application that was made without this tool finds what an application uses.
//
// Beside the name goes, on both sides as well, the description of a listed member's classes, which the interpreter does not
// look at (TypeEraser says why): a reference is System.Object, whatever it refers to.
//
// The list: a line with a short name and the full name of a type ("-" for a type that keeps its name), and below it, indented,
// a line for each of its members, overloads in one. Stage 1 stays on a device for ever, and with it these names: in the list
// of a release no line changes, and one that is added takes a name that is not taken.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Mono.Cecil;

namespace NanoBoot.Strip
{
    /// <summary>The list of short names, and what is done by it.</summary>
    public sealed class SharedNames
    {
        private const string Kept = "-";

        // By full name of the type: its short name, and those of its members.
        private readonly Dictionary<string, string> _types = new(StringComparer.Ordinal);
        private readonly Dictionary<string, Dictionary<string, string>> _members = new(StringComparer.Ordinal);

        /// <summary>Reads a list.</summary>
        /// <param name="list">The list; lines that begin with # are comments.</param>
        /// <exception cref="InvalidDataException">What line is wrong, and why.</exception>
        public SharedNames(TextReader list)
        {
            int number = 0;
            Dictionary<string, string>? members = null;
            while (list.ReadLine() is { } line)
            {
                number++;
                string[] parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (parts.Length == 0 || line[0] == '#')
                {
                    continue;
                }

                bool isMember = line[0] == ' ';
                Dictionary<string, string>? names = isMember ? members : _types;
                if (parts.Length != 2 || names == null)
                {
                    throw new InvalidDataException($"Shared names, line {number}: not a short name and a name, or a member without a type: {line}");
                }

                if ((parts[0] != Kept && names.ContainsValue(parts[0])) || !names.TryAdd(parts[1], parts[0]))
                {
                    throw new InvalidDataException($"Shared names, line {number}: one of its names is there already: {line}");
                }

                if (!isMember)
                {
                    members = new Dictionary<string, string>(StringComparer.Ordinal);
                    _members.Add(parts[1], members);
                }
            }
        }

        /// <summary>A list of nothing.</summary>
        public static SharedNames None { get; } = new(TextReader.Null);

        /// <summary>The full names in the list: of types that have a short one, and of members.</summary>
        public IEnumerable<string> FullNames =>
            _types.Where(t => t.Value != Kept).Select(t => t.Key).Concat(_members.SelectMany(t => t.Value.Keys.Select(m => t.Key + "." + m)));

        /// <summary>Gives what is listed its short name, where it is and where it is referred to.</summary>
        /// <param name="module">The assembly's module.</param>
        /// <param name="map">Receives a line for each name that went: the new name, a tab, the old one.</param>
        /// <exception cref="InvalidOperationException">What cannot have the name that the list gives it.</exception>
        internal void Apply(ModuleDefinition module, TextWriter map)
        {
            // All that is to change is found by the names that there were before anything changes.
            MemberReference[] members = module.GetTypes().SelectMany(t => t.Fields.Cast<MemberReference>().Concat(t.Methods))
                .Concat(module.GetMemberReferences()).Where(IsListed).ToArray();
            (MemberReference Member, string Name)[] renamed = members.Where(m => m.Name != ".ctor")
                .Concat(module.GetTypes()).Concat(module.GetTypeReferences())
                .Select(m => (Member: m, Name: NameOf(m)!)).Where(m => m.Name != null).ToArray();
            foreach ((MemberReference member, string name) in renamed.Where(m => m.Member.IsDefinition))
            {
                map.WriteLine(name + "\t" + (member is TypeReference ? member.FullName : member.DeclaringType.FullName + "." + member.Name));
            }

            foreach (MemberReference member in members)
            {
                TypeEraser.EraseClasses(member, module);
            }

            foreach ((MemberReference member, string name) in renamed)
            {
                member.Name = name;
                if (member is TypeReference type)
                {
                    type.Namespace = "";
                }
            }

            foreach (MemberReference member in members.Where(m => m.IsDefinition))
            {
                Check(member);
            }
        }

        // A constructor is listed with its type.
        private bool IsListed(MemberReference member)
        {
            return member.Name == ".ctor"
                ? _types.GetValueOrDefault(member.DeclaringType.FullName, Kept) != Kept
                : NameOf(member) != null;
        }

        private string? NameOf(MemberReference member)
        {
            return member is TypeReference type
                ? (_types.GetValueOrDefault(type.FullName, Kept) is var name && name != Kept ? name : null)
                : _members.GetValueOrDefault(member.DeclaringType.FullName)?.GetValueOrDefault(member.Name);
        }

        // What is overridden or implemented elsewhere is matched by its name there, and what is alike cannot be told apart.
        private static void Check(MemberReference member)
        {
            bool isAlike = member is MethodDefinition method
                ? method.IsVirtual || method.DeclaringType.Methods.Count(m => m.FullName == method.FullName) > 1
                : member.DeclaringType.Resolve().Fields.Count(f => f.Name == member.Name) > 1;
            if (isAlike)
            {
                throw new InvalidOperationException(
                    $"The shared names cannot have {member.FullName} of {member.DeclaringType.FullName}: it is virtual, or another member is like it then.");
            }
        }
    }
}
