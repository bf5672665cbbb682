// Reference assemblies synthesised from the API lists: what the compiler may know of the platform, and nothing else.
// mscorlib is compiled as a core library: no assembly of the desktop is referenced anywhere.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;

namespace NanoBoot.NanoProfile.Tests
{
    /// <summary>The platform as the compiler sees it.</summary>
    internal sealed class ReferenceAssembly
    {
        private static readonly SymbolDisplayFormat FullName = SymbolDisplayFormat.FullyQualifiedFormat
            .WithMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.EscapeKeywordIdentifiers);

        /// <summary>Each assembly after those that it uses.</summary>
        private static readonly string[] Order =
        {
            "mscorlib",
            "nanoFramework.Runtime.Native",
            "nanoFramework.Runtime.Events",
            "nanoFramework.System.Collections",
            "nanoFramework.System.Text",
            "System.Math",
            "System.IO.Hashing",
            "System.IO.Streams",
            "System.Threading",
            "System.Device.Gpio",
            "System.Device.Spi",
            "nanoFramework.System.Security.Cryptography",
            "nanoFramework.Hardware.Esp32",
            "nanoFramework.Hardware.Stm32",
            "nanoFramework.Logging",
            "System.IO.FileSystem",
            "System.Net",
            "System.Net.Http",
            "System.Net.Sockets.UdpClient",
            "System.Device.Wifi",
            "nanoFramework.Networking.Sntp",
            "nanoFramework.M2Mqtt.Core",
            "nanoFramework.M2Mqtt",
            "nanoFramework.TestFramework",
        };

        private static readonly Lazy<IReadOnlyList<ReferenceAssembly>> Cached = new(() => Build(
            Path.Combine(Repository.Root, "tests", "NanoProfile", "Api")));

        private ReferenceAssembly(ApiList api, byte[] image)
        {
            Api = api;
            Image = image;
            Reference = MetadataReference.CreateFromImage(image);
        }

        /// <summary>All of them, in order of dependency.</summary>
        public static IReadOnlyList<ReferenceAssembly> All => Cached.Value;

        /// <summary>What it was made from.</summary>
        public ApiList Api { get; }

        /// <summary>The assembly's file.</summary>
        public byte[] Image { get; }

        /// <summary>The same for the compiler.</summary>
        public MetadataReference Reference { get; }

        private static List<ReferenceAssembly> Build(string folder)
        {
            string[] unordered = Directory.GetFiles(folder, "*.sig.txt")
                .Select(f => Path.GetFileName(f)[..^".sig.txt".Length])
                .Except(Order, StringComparer.Ordinal)
                .ToArray();
            if (unordered.Length > 0)
            {
                throw new InvalidDataException("API lists without a place in the order: " + string.Join(", ", unordered));
            }

            var result = new List<ReferenceAssembly>();
            foreach (string name in Order)
            {
                ApiList api = ApiList.Read(Path.Combine(folder, name + ".sig.txt"));
                byte[] image = Compile(api, result.Select(r => r.Reference));
                result.Add(new ReferenceAssembly(api, image));
            }

            return result;
        }

        /// <summary>The version of the package that this project uses, or 1.0.0 where it uses none.</summary>
        private static string VersionOf(string assemblyName)
        {
            string path = Path.Combine(Repository.Root, "tests", "NanoProfile", "packages.json");
            using JsonDocument packages = JsonDocument.Parse(File.ReadAllText(path));
            foreach (JsonProperty package in packages.RootElement.EnumerateObject())
            {
                if (package.Value.ValueKind == JsonValueKind.Object && package.Value.GetProperty("assembly").GetString() == assemblyName)
                {
                    return package.Value.GetProperty("version").GetString()!;
                }
            }

            return "1.0.0";
        }

        private static byte[] Compile(ApiList api, IEnumerable<MetadataReference> references)
        {
            CSharpParseOptions parse = new(LanguageVersion.CSharp9, DocumentationMode.None);
            string identity = "[assembly: System.Reflection.AssemblyVersion(\"" + VersionOf(api.AssemblyName) + ".0\")]\n";
            SyntaxTree tree = CSharpSyntaxTree.ParseText(identity + api.ToSource(), parse, api.AssemblyName + ".g.cs", Encoding.UTF8);
            var compilation = CSharpCompilation.Create(
                api.AssemblyName,
                new[] { tree },
                references,
                new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, deterministic: true, warningLevel: 0));

            string rest = RestOfInterfaces(compilation);
            compilation = compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText(rest, parse, api.AssemblyName + ".rest.g.cs", Encoding.UTF8));

            using var stream = new MemoryStream();
            EmitResult result = compilation.Emit(stream);
            if (!result.Success)
            {
                throw new InvalidDataException(
                    api.AssemblyName + ":\n" + string.Join("\n", result.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error)));
            }

            return stream.ToArray();
        }

        /// <summary>
        /// What interfaces and abstract bases demand of a class, and the list does not show because the class
        /// implements it explicitly or internally.
        /// </summary>
        private static string RestOfInterfaces(CSharpCompilation compilation)
        {
            var source = new StringBuilder();
            foreach (INamedTypeSymbol type in AllTypes(compilation.Assembly.GlobalNamespace))
            {
                if (type.TypeKind is not (TypeKind.Class or TypeKind.Struct))
                {
                    continue;
                }

                var members = new StringBuilder();
                foreach (ISymbol member in type.AllInterfaces.SelectMany(i => i.GetMembers()))
                {
                    bool isAccessor = member is IMethodSymbol { AssociatedSymbol: not null };
                    if (member is not INamedTypeSymbol && !isAccessor && type.FindImplementationForInterfaceMember(member) is null)
                    {
                        members.Append(Declare(member, member.ContainingType.ToDisplayString(FullName) + ".", ""));
                    }
                }

                if (!type.IsAbstract)
                {
                    foreach (ISymbol member in MissingOverrides(type))
                    {
                        string access = member.DeclaredAccessibility switch
                        {
                            Accessibility.Public => "public override ",
                            Accessibility.ProtectedOrInternal =>
                                SymbolEqualityComparer.Default.Equals(member.ContainingAssembly, type.ContainingAssembly)
                                    ? "protected internal override "
                                    : "protected override ",
                            _ => "protected override ",
                        };
                        members.Append(Declare(member, "", access));
                    }
                }

                if (members.Length > 0)
                {
                    Wrap(source, type, members.ToString());
                }
            }

            return source.ToString();
        }

        private static IEnumerable<ISymbol> MissingOverrides(INamedTypeSymbol type)
        {
            var overridden = new HashSet<ISymbol>(SymbolEqualityComparer.Default);
            for (INamedTypeSymbol? current = type; current is not null; current = current.BaseType)
            {
                foreach (ISymbol member in current.GetMembers())
                {
                    ISymbol? target = member switch
                    {
                        IMethodSymbol method => method.OverriddenMethod,
                        IPropertySymbol property => property.OverriddenProperty,
                        _ => null,
                    };
                    if (target is not null)
                    {
                        overridden.Add(target);
                    }

                    bool isAccessor = member is IMethodSymbol { AssociatedSymbol: not null };
                    if (member.IsAbstract && !isAccessor && !overridden.Contains(member))
                    {
                        yield return member;
                    }
                }
            }
        }

        private static string Declare(ISymbol member, string prefix, string modifiers)
        {
            switch (member)
            {
                case IPropertySymbol property:
                    string name = property.IsIndexer
                        ? "this[" + string.Join(", ", property.Parameters.Select(p => p.Type.ToDisplayString(FullName) + " " + p.Name)) + "]"
                        : property.Name;
                    return modifiers + property.Type.ToDisplayString(FullName) + " " + prefix + name + " {"
                        + (property.GetMethod is null ? "" : " get => throw null;")
                        + (property.SetMethod is null ? "" : " set => throw null;") + " }\n";
                case IEventSymbol @event:
                    return modifiers + "event " + @event.Type.ToDisplayString(FullName) + " " + prefix + @event.Name + " { add { } remove { } }\n";
                case IMethodSymbol method:
                    return modifiers + (method.ReturnsVoid ? "void" : method.ReturnType.ToDisplayString(FullName)) + " "
                        + prefix + method.Name + "("
                        + string.Join(", ", method.Parameters.Select(p =>
                            (p.RefKind switch { RefKind.Out => "out ", RefKind.Ref => "ref ", _ => "" })
                            + p.Type.ToDisplayString(FullName) + " @" + p.Name))
                        + ") => throw null;\n";
                default:
                    throw new InvalidDataException("Unknown kind of member: " + member);
            }
        }

        private static void Wrap(StringBuilder source, INamedTypeSymbol type, string members)
        {
            string text = members;
            for (INamedTypeSymbol? current = type; current is not null; current = current.ContainingType)
            {
                text = "partial " + (current.TypeKind == TypeKind.Struct ? "struct " : "class ") + current.Name + " {\n" + text + "}\n";
            }

            source.Append("namespace ").Append(type.ContainingNamespace.ToDisplayString()).Append(" {\n").Append(text).Append("}\n");
        }

        private static IEnumerable<INamedTypeSymbol> AllTypes(INamespaceOrTypeSymbol container)
        {
            foreach (ISymbol member in container.GetMembers())
            {
                if (member is INamedTypeSymbol type)
                {
                    yield return type;
                }

                if (member is INamespaceOrTypeSymbol nested)
                {
                    foreach (INamedTypeSymbol inner in AllTypes(nested))
                    {
                        yield return inner;
                    }
                }
            }
        }
    }
}
