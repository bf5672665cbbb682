// The API list of one nanoFramework assembly, turned into C# declarations without bodies.
// A list is flat (one line a type or member); the declarations are nested as the types are.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;

namespace NanoBoot.NanoProfile.Tests
{
    /// <summary>The types and members that one assembly of the platform offers.</summary>
    internal sealed class ApiList
    {
        private const string ExcludedTypeMark = "[not in .pe: excluded type]";

        private static readonly Regex TypePattern = new(
            @"^(?<modifiers>.*?)\b(?<kind>class|struct|interface|enum)\s+(?<name>\S+)(\s*:\s*(?<bases>.*))?$",
            RegexOptions.CultureInvariant);

        private static readonly Regex DelegatePattern = new(
            @"^public (?<modifiers>.*)virtual (?<type>.+) Invoke\((?<parameters>.*)\) delegate (?<name>.+)$",
            RegexOptions.CultureInvariant);

        /// <summary>A name that begins at a root namespace, which `global::` keeps from binding to a nested one.</summary>
        private static readonly Regex RootedName = new(
            @"(?<![\w.])(System|nanoFramework|Microsoft)\.(?=[A-Za-z])", RegexOptions.CultureInvariant);

        /// <summary>A default value that names a member of the parameter's enumeration.</summary>
        private static readonly Regex EnumerationDefault = new(
            @"(?<type>[\w.]+) (?<name>@?\w+) = (?<member>[A-Z]\w*)(?=[,)])", RegexOptions.CultureInvariant);

        private readonly Dictionary<string, ApiType> _types = new(StringComparer.Ordinal);

        private ApiList(string assemblyName)
        {
            AssemblyName = assemblyName;
        }

        /// <summary>Name of the assembly, which is also the list's file name.</summary>
        public string AssemblyName { get; }

        /// <summary>Metadata names of the types that the metadata processor leaves out of the assembly's image.</summary>
        public IReadOnlySet<string> ExcludedTypes =>
            _types.Values.Where(t => t.IsExcluded).Select(t => t.Id).ToHashSet(StringComparer.Ordinal);

        /// <summary>Reads `&lt;assembly&gt;.sig.txt`.</summary>
        public static ApiList Read(string path)
        {
            string fileName = Path.GetFileName(path);
            var list = new ApiList(fileName[..^".sig.txt".Length]);
            string[][] lines = File.ReadLines(path)
                .Where(line => line.Length > 0 && line[0] != '#')
                .Select(line => line.Split('\t'))
                .ToArray();

            foreach (string[] line in lines.Where(l => l[0].StartsWith("T:", StringComparison.Ordinal)))
            {
                string id = line[0][2..];
                list._types.Add(id, new ApiType(id, line[1], line.Skip(2).Contains(ExcludedTypeMark)));
            }

            foreach (string[] line in lines.Where(l => !l[0].StartsWith("T:", StringComparison.Ordinal)))
            {
                string id = line[0];
                string path1 = id[2..].Split('(')[0];
                string owner = path1[..path1.LastIndexOf('.')];
                list._types[owner].Members.Add(new ApiMember(
                    id[0], path1[(owner.Length + 1)..], line[1], line.Skip(2).Contains("[Obsolete]")));
            }

            return list;
        }

        /// <summary>The list as C# source.</summary>
        public string ToSource()
        {
            foreach (ApiType type in _types.Values)
            {
                int dot = type.Id.LastIndexOf('.');
                if (dot > 0 && _types.TryGetValue(type.Id[..dot], out ApiType? owner))
                {
                    owner.Nested.Add(type);
                    type.IsNested = true;
                }
            }

            var source = new StringBuilder();
            foreach (ApiType type in _types.Values.Where(t => !t.IsNested))
            {
                int dot = type.Id.LastIndexOf('.');
                source.Append("namespace ").Append(type.Id[..dot]).AppendLine(" {");
                WriteType(source, type);
                source.AppendLine("}");
            }

            return source.ToString();
        }

        private static string Rooted(string text) => RootedName.Replace(
            EnumerationDefault.Replace(text, "${type} ${name} = ${type}.${member}"), "global::$0");

        private static void WriteType(StringBuilder source, ApiType type)
        {
            Match delegateMatch = DelegatePattern.Match(type.Signature);
            if (delegateMatch.Success)
            {
                string fullName = delegateMatch.Groups["name"].Value;
                int generic = fullName.IndexOf('<', StringComparison.Ordinal);
                string arguments = generic < 0 ? "" : fullName[generic..];
                source.Append("public delegate ").Append(Rooted(delegateMatch.Groups["type"].Value)).Append(' ')
                    .Append(type.SimpleName).Append(arguments)
                    .Append('(').Append(Rooted(delegateMatch.Groups["parameters"].Value)).AppendLine(");");
                return;
            }

            Match match = TypePattern.Match(type.Signature);
            if (!match.Success)
            {
                throw new InvalidDataException("Unknown form of type: " + type.Signature);
            }

            string kind = match.Groups["kind"].Value;
            // Partial: the members that interfaces demand of a class and that are not public are added later.
            source.Append(match.Groups["modifiers"].Value).Append(kind == "enum" ? "" : "partial ")
                .Append(kind).Append(' ').Append(type.SimpleName);
            if (match.Groups["bases"].Success)
            {
                source.Append(" : ").Append(Rooted(match.Groups["bases"].Value));
            }

            source.AppendLine(" {");
            bool isStatic = match.Groups["modifiers"].Value.Contains("static", StringComparison.Ordinal);
            if (kind == "class" && !isStatic && !type.Members.Any(m => m.Name == "#ctor" && m.Signature.EndsWith("()", StringComparison.Ordinal)))
            {
                source.Append("internal ").Append(type.SimpleName).AppendLine("() { }");
            }
            else if (kind == "struct")
            {
                // A state that has to be assigned, as the real structure has.
                source.AppendLine("private byte __state;");
            }

            foreach (ApiMember member in type.Members)
            {
                WriteMember(source, kind, member);
            }

            foreach (ApiType nested in type.Nested)
            {
                WriteType(source, nested);
            }

            source.AppendLine("}");
        }

        private static void WriteMember(StringBuilder source, string ownerKind, ApiMember member)
        {
            string text = Rooted(member.Signature);
            if (ownerKind == "enum")
            {
                if (member.Kind == 'F')
                {
                    source.Append(member.Signature).AppendLine(",");
                }

                return;
            }

            if ((member.Name == "#ctor" && ownerKind == "struct" && text.EndsWith("()", StringComparison.Ordinal))
                || text.Contains('~', StringComparison.Ordinal))
            {
                return;
            }

            text = text.Replace("extern ", "", StringComparison.Ordinal);
            bool hasBody = ownerKind != "interface" && !text.Contains("abstract ", StringComparison.Ordinal);
            if (member.IsObsolete)
            {
                source.Append("[global::System.Obsolete] ");
            }

            switch (member.Kind)
            {
                case 'F':
                    text = text.Replace("= -Infinity", "= -1.0f / 0.0f", StringComparison.Ordinal)
                        .Replace("= Infinity", "= 1.0f / 0.0f", StringComparison.Ordinal)
                        .Replace("= NaN", "= 0.0f / 0.0f", StringComparison.Ordinal);
                    if (text.Contains("const float", StringComparison.Ordinal) && !text.Contains('/', StringComparison.Ordinal))
                    {
                        text += "f";
                    }

                    source.Append(text).AppendLine(";");
                    break;
                case 'E':
                    source.Append(text).AppendLine(hasBody ? " { add { } remove { } }" : ";");
                    break;
                case 'P':
                    source.AppendLine(hasBody
                        ? text.Replace("get;", "get => throw null;", StringComparison.Ordinal)
                            .Replace("set;", "set => throw null;", StringComparison.Ordinal)
                        : text);
                    break;
                default:
                    source.Append(text).AppendLine(hasBody ? " => throw null;" : ";");
                    break;
            }
        }

        private sealed class ApiType
        {
            public ApiType(string id, string signature, bool isExcluded)
            {
                Id = id;
                Signature = signature;
                IsExcluded = isExcluded;
            }

            public string Id { get; }

            public string Signature { get; }

            public bool IsExcluded { get; }

            public bool IsNested { get; set; }

            public List<ApiMember> Members { get; } = new();

            public List<ApiType> Nested { get; } = new();

            public string SimpleName => Id[(Id.LastIndexOf('.') + 1)..].Split('`')[0];
        }

        private sealed record ApiMember(char Kind, string Name, string Signature, bool IsObsolete);
    }
}
