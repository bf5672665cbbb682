// The device sources, compiled as a nanoFramework build compiles them: C# 9, the .Nano.cs files and not the
// .Desktop.cs ones, against the platform's API alone.

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Strip;

namespace NanoBoot.NanoProfile.Tests
{
    /// <summary>One device library as it is for nanoFramework 1.x.</summary>
    internal sealed class DeviceLibrary
    {
        private static readonly string[] Preprocessor = { "NANOFRAMEWORK_1_0", "TRACE" };

        private static readonly Dictionary<string, DeviceLibrary> Built = new(StringComparer.Ordinal);

        private static readonly Lazy<IReadOnlyList<DeviceProject>> Discovered = new(Discover);

        private DeviceLibrary(string folder, byte[]? image, ImmutableArray<Diagnostic> diagnostics)
        {
            Folder = folder;
            Image = image;
            Errors = diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).ToArray();
        }

        /// <summary>Folders of the device libraries, each after those that it uses: the projects that import Device.props
        /// but the boards, which are applications with patterns of their own, and what is part of another one on boards.</summary>
        public static IReadOnlyList<string> Folders => Discovered.Value.Select(p => p.Folder).ToArray();

        /// <summary>The public names that are short on a device.</summary>
        public static SharedNames SharedNames { get; } = ReadSharedNames();

        /// <summary>Folder of the library below the root.</summary>
        public string Folder { get; }

        /// <summary>The compiled assembly, or null when it does not compile.</summary>
        public byte[]? Image { get; }

        /// <summary>Why it does not compile.</summary>
        public IReadOnlyList<Diagnostic> Errors { get; }

        /// <summary>Source files of a library as its nanoFramework project has them, relative to the root.</summary>
        /// <param name="folder">Folder of the library.</param>
        /// <param name="managed">Whether the `.Managed.cs` variants take the place of the `.Nano.cs` files of the same
        /// name: for boards without native cryptography.</param>
        /// <param name="schemes">The public-key schemes: Both, HssLms or Es256.</param>
        /// <param name="desktop">Whether the `.Desktop.cs` files are taken, and not the `.Nano.cs` ones.</param>
        public static IReadOnlyList<string> SourceFiles(
            string folder, bool managed = false, string schemes = "Both", bool desktop = false)
        {
            Regex[] absent = Repository.Patterns(SchemesAbsent(folder, schemes));
            string platform = desktop ? ".Nano.cs" : ".Desktop.cs";
            string[] files = Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories)
                .Concat(Linked(folder, desktop))
                .Select(f => Path.GetRelativePath(Repository.Root, f).Replace('\\', '/'))
                .Where(f => !f.EndsWith(platform, StringComparison.Ordinal)
                    && !absent.Any(r => r.IsMatch(Path.GetRelativePath(folder, f).Replace('\\', '/')))
                    && !f.Split('/').Any(part => part is "bin" or "obj"))
                .Order(StringComparer.Ordinal)
                .ToArray();
            string native = desktop ? ".Desktop.cs" : ".Nano.cs";
            string unwanted = managed ? native : ".Managed.cs";
            string wanted = managed ? ".Managed.cs" : native;
            return files
                .Where(f => !f.EndsWith(unwanted, StringComparison.Ordinal)
                    || !files.Contains(f[..^unwanted.Length] + wanted, StringComparer.Ordinal))
                .ToArray();
        }

        /// <summary>Compiles the library in a folder, and before it what it needs.</summary>
        public static DeviceLibrary Compile(string folder)
        {
            lock (Built)
            {
                if (!Built.TryGetValue(folder, out DeviceLibrary? library))
                {
                    DeviceProject project = Discovered.Value.Single(p => p.Folder == folder);
                    IEnumerable<MetadataReference> needs = AllNeeds(folder)
                        .Select(Compile)
                        .Where(l => l.Image is not null)
                        .Select(l => (MetadataReference)MetadataReference.CreateFromImage(l.Image!));
                    var sources = SourceFiles(folder)
                        .Select(f => (f, File.ReadAllText(Path.Combine(Repository.Root, f))));
                    library = Compile(project.AssemblyName, sources, needs);
                    Built.Add(folder, library);
                }

                return library;
            }
        }

        /// <summary>The compiled library in a folder; the test fails when it does not compile.</summary>
        public static byte[] ImageOf(string folder)
        {
            DeviceLibrary library = Compile(folder);
            return library.Image ?? throw new AssertFailedException(
                folder + " does not compile: " + string.Join(Environment.NewLine, library.Errors));
        }

        /// <summary>Compiles a board as its nanoFramework project does.</summary>
        /// <param name="sources">Its sources, relative to the root.</param>
        /// <param name="generated">Sources that the author's tools make.</param>
        public static DeviceLibrary CompileBoard(IEnumerable<string> sources, params string[] generated)
        {
            return Compile(
                "NanoBoot.Board",
                sources.Select(f => (f, File.ReadAllText(Path.Combine(Repository.Root, f))))
                    .Concat(generated.Select((text, i) => ("Generated" + i + ".cs", text))),
                new[] { "Bootloader", "Resident", "boards/Files", "boards/SpiNor" }.Select(Compile)
                    .Where(l => l.Image is not null)
                    .Select(l => (MetadataReference)MetadataReference.CreateFromImage(l.Image!)));
        }

        /// <summary>All of a library's needs, and theirs.</summary>
        public static IReadOnlyList<string> AllNeeds(string folder)
        {
            return Discovered.Value.Single(p => p.Folder == folder).Needs.SelectMany(n => AllNeeds(n).Append(n)).Distinct().ToArray();
        }

        /// <summary>Compiles the sources of one folder that need no others, also where they are part of another library on boards.</summary>
        /// <param name="folder">Folder of the sources.</param>
        /// <param name="managed">Whether their managed variants are taken.</param>
        /// <param name="schemes">The public-key schemes: Both, HssLms or Es256.</param>
        public static DeviceLibrary CompileAlone(string folder, bool managed = false, string schemes = "Both")
        {
            var sources = SourceFiles(folder, managed, schemes).Select(f => (f, File.ReadAllText(Path.Combine(Repository.Root, f))));
            return Compile("NanoBoot." + folder, sources, Array.Empty<MetadataReference>());
        }

        /// <summary>Compiles sources as device code.</summary>
        public static DeviceLibrary Compile(
            string assemblyName,
            IEnumerable<(string Path, string Text)> sources,
            IEnumerable<MetadataReference> needs,
            bool allowUnsafe = false)
        {
            CSharpParseOptions parse = new(LanguageVersion.CSharp9, DocumentationMode.None, preprocessorSymbols: Preprocessor);
            var compilation = CSharpCompilation.Create(
                assemblyName,
                sources.Select(s => CSharpSyntaxTree.ParseText(s.Text, parse, s.Path, Encoding.UTF8)),
                ReferenceAssembly.All.Select(r => r.Reference).Concat(needs),
                new CSharpCompilationOptions(
                    OutputKind.DynamicallyLinkedLibrary,
                    optimizationLevel: OptimizationLevel.Release,
                    checkOverflow: false,
                    allowUnsafe: allowUnsafe,
                    deterministic: true,
                    nullableContextOptions: NullableContextOptions.Disable));
            using var stream = new MemoryStream();
            EmitResult result = compilation.Emit(stream);
            return new DeviceLibrary(assemblyName, result.Success ? stream.ToArray() : null, result.Diagnostics);
        }

        /// <summary>What the library's Schemes.props leaves out for a choice of schemes; nothing where there is no choice.</summary>
        public static string SchemesAbsent(string folder, string schemes)
        {
            string path = Path.Combine(Repository.Root, folder, "Schemes.props");
            return !File.Exists(path)
                ? ""
                : XDocument.Load(path).Descendants()
                    .Where(e => e.Name.LocalName == "SchemesAbsent")
                    .Single(e => e.Attribute("Condition")!.Value.EndsWith("'" + schemes + "'", StringComparison.Ordinal))
                    .Value;
        }

        /// <summary>Whether an item of a .NET project is there in the build for boards, or in that for the desktop.</summary>
        public static bool IsThere(XElement item, bool desktop)
        {
            string opposite = "'$(Nano)' " + (desktop ? "==" : "!=") + " 'true'";
            return item.AncestorsAndSelf().All(e => e.Attribute("Condition")?.Value != opposite);
        }

        /// <summary>Folders that a .NET project references.</summary>
        /// <param name="file">The project.</param>
        /// <param name="desktop">In the build for the desktop, else in that for boards.</param>
        public static string[] References(string file, bool desktop)
        {
            return XDocument.Load(file).Descendants("ProjectReference")
                .Where(r => IsThere(r, desktop))
                .Select(r => Path.GetRelativePath(
                    Repository.Root, Path.GetDirectoryName(Path.Combine(Path.GetDirectoryName(file)!, r.Attribute("Include")!.Value))!).Replace('\\', '/'))
                .ToArray();
        }

        /// <summary>Sources of other folders that the library's project names, one by one or all of a folder.</summary>
        private static IEnumerable<string> Linked(string folder, bool desktop)
        {
            const string All = "/**/*.cs";
            string path = Path.Combine(Repository.Root, folder);
            return Directory.GetFiles(path, "*.csproj")
                .SelectMany(project => XDocument.Load(project).Descendants("Compile"))
                .Where(item => IsThere(item, desktop))
                .Select(item => item.Attribute("Include")?.Value)
                .OfType<string>()
                .Where(include => include.StartsWith("..", StringComparison.Ordinal))
                .Distinct()
                .SelectMany(include => include.EndsWith(All, StringComparison.Ordinal)
                    ? Directory.GetFiles(Path.GetFullPath(Path.Combine(path, include[..^All.Length])), "*.cs", SearchOption.AllDirectories)
                    : [Path.GetFullPath(Path.Combine(path, include))]);
        }

        private static SharedNames ReadSharedNames()
        {
            using TextReader reader = File.OpenText(Path.Combine(Repository.Root, "Bootloader", "SharedNames.txt"));
            return new SharedNames(reader);
        }

        private static List<DeviceProject> Discover()
        {
            var open = new List<DeviceProject>();
            foreach (string file in Directory.GetFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories))
            {
                XDocument project = XDocument.Load(file);
                string folder = Path.GetRelativePath(Repository.Root, Path.GetDirectoryName(file)!).Replace('\\', '/');
                bool isDevice = project.Descendants("Import").Any(i => i.Attribute("Project")!.Value.EndsWith("Device.props", StringComparison.Ordinal));
                // A test double of a library, below tests/, is never for a board; a template is none yet.
                bool isProject = !folder.StartsWith("tests/", StringComparison.Ordinal) && !folder.StartsWith("boards/template", StringComparison.Ordinal);
                bool isLibrary = !project.Descendants("NanoOwnPackages").Any() && !project.Descendants("NanoPartOf").Any();
                if (isDevice && isProject && isLibrary)
                {
                    open.Add(new DeviceProject(folder, project.Descendants("AssemblyName").Single().Value, References(file, desktop: false)));
                }
            }

            var ordered = new List<DeviceProject>();
            while (open.Count > 0)
            {
                DeviceProject next = open.First(p => p.Needs.All(n => ordered.Any(o => o.Folder == n)));
                open.Remove(next);
                ordered.Add(next);
            }

            return ordered;
        }

        /// <summary>Compiles one snippet as device code, without the libraries; unsafe code too, so that the rules on compiled code meet it.</summary>
        public static DeviceLibrary CompileSnippet(string text)
        {
            return Compile("Snippet", new[] { ("Snippet.cs", text) }, Array.Empty<MetadataReference>(), allowUnsafe: true);
        }

        private sealed record DeviceProject(string Folder, string AssemblyName, string[] Needs);
    }
}
