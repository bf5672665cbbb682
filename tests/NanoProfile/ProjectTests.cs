// The nanoFramework projects against the .NET projects beside them, the packages, and what the sources really use.
// They cannot be built where the nanoFramework packages are not served, so all that can be read is checked by reading.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using Mono.Cecil;

namespace NanoBoot.NanoProfile.Tests
{
    [TestClass]
    public sealed class ProjectTests
    {
        private static readonly XNamespace Msbuild = "http://schemas.microsoft.com/developer/msbuild/2003";

        private static readonly JsonElement Packages = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(Repository.Root, "tests", "NanoProfile", "packages.json"))).RootElement;

        public static IEnumerable<object[]> Libraries() => DeviceLibrary.Folders.Select(f => new object[] { f });

        public static IEnumerable<object[]> Projects() => NanoProjects().Select(p => new object[] { p });

        [TestMethod]
        [DynamicData(nameof(Libraries))]
        public void Sources_BothProjects_TheSameButForSuffixes(string folder)
        {
            string nano = NanoProjects().Single(p => Path.GetDirectoryName(p) == folder);
            string project = Path.ChangeExtension(nano, ".csproj");
            foreach (bool isManaged in new[] { false, true })
            {
                string[] expected = DeviceLibrary.SourceFiles(folder, isManaged).Select(f => Path.GetRelativePath(folder, f).Replace('\\', '/')).ToArray();
                CollectionAssert.AreEquivalent(expected, Sources(nano, isManaged), nano);
                CollectionAssert.AreEquivalent(expected, Sources(project, isManaged), project);
                string without = isManaged ? "Desktop|HssLms|Es256" : "Desktop|HssLms|Es256|Managed";
                string[] all = expected.Concat(FilesIn(folder).Concat(Parts(project).SelectMany(FilesIn))
                    .Select(f => Path.GetRelativePath(folder, f).Replace('\\', '/'))).Distinct().ToArray();
                CollectionAssert.AreEquivalent(
                    all.Where(f => !Regex.IsMatch(f, @"\.(" + without + @")\.cs$")
                        && !(isManaged && all.Contains(Regex.Replace(f, @"\.Nano\.cs$", ".Managed.cs")) && f.EndsWith(".Nano.cs", StringComparison.Ordinal))).ToArray(),
                    expected);
            }

            // The .NET project takes every file below it, removes by suffix only, and names no source but those it shares.
            string[] shared = Load(project).Descendants("Compile").Select(c => c.Attribute("Include")?.Value).OfType<string>().ToArray();
            Assert.IsTrue(shared.All(s => s.StartsWith("..", StringComparison.Ordinal)), string.Join("\n", shared));
            foreach (string removed in Load(project).Descendants("Compile").Select(c => c.Attribute("Remove")?.Value).OfType<string>())
            {
                Assert.IsTrue(
                    removed.EndsWith(".Managed.cs", StringComparison.Ordinal)
                    || removed == "$(SchemesAbsent)"
                    || File.Exists(Path.Combine(Repository.Root, folder, Regex.Replace(removed, @"\.Nano\.cs$", ".Managed.cs"))),
                    removed);
            }
        }

        [TestMethod]
        public void Sources_PartOfAnotherOnBoards_InItAndNowhereElse()
        {
            (string Folder, string Owner)[] parts = Directory.GetFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories)
                .Select(f => (Path.GetRelativePath(Repository.Root, Path.GetDirectoryName(f)!).Replace('\\', '/'), XDocument.Load(f).Descendants("NanoPartOf").SingleOrDefault()?.Value))
                .Where(p => p.Value is not null)
                .Select(p => (p.Item1, p.Value!))
                .ToArray();

            Assert.AreEqual("Hal of Bootloader/NanoBoot.Bootloader.csproj", string.Join(", ", parts.Select(p => p.Folder + " of " + p.Owner)));
            foreach ((string folder, string owner) in parts)
            {
                CollectionAssert.AreEqual(new[] { folder }, Parts(owner));
                Assert.IsEmpty(Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.nfproj"), "a second assembly with these types");
                foreach (string library in DeviceLibrary.Folders.Concat(BoardTests.Boards().Select(b => "boards/" + b[0])))
                {
                    string project = Directory.GetFiles(Path.Combine(Repository.Root, library), "*.csproj").Single();
                    CollectionAssert.DoesNotContain(DeviceLibrary.References(project, desktop: false), folder, project);
                }

                foreach (string project in NanoProjects())
                {
                    Assert.IsFalse(
                        Load(project).Descendants(Msbuild + "ProjectReference").Any(r => r.Attribute("Include")!.Value.Contains(folder + "\\", StringComparison.Ordinal)), project);
                }
            }
        }

        [TestMethod]
        [DataRow("Encryption")]
        [DataRow("boards/Files")]
        [DataRow("boards/SpiNor")]
        public void Layers_WhatUsesHalAloneOnTheDesktop_UsesItAloneOnBoards(string folder)
        {
            // What the .NET projects cannot see: the files for boards, which are compiled against all of stage 1.
            string project = Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.csproj").Single();
            CollectionAssert.AreEqual(new[] { "Hal" }, DeviceLibrary.References(project, desktop: true));
            CollectionAssert.AreEqual(new[] { "Bootloader" }, DeviceLibrary.References(project, desktop: false));
            using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(DeviceLibrary.ImageOf(folder)));

            string[] used = module.GetTypeReferences().Where(t => t.Scope.Name == "NanoBoot.Bootloader").Select(t => t.FullName).ToArray();

            Assert.IsNotEmpty(used);
            string[] above = used.Where(t => !t.StartsWith("NanoBoot.Hal.", StringComparison.Ordinal)).ToArray();
            Assert.IsEmpty(above, string.Join("\n", above));
        }

        [TestMethod]
        [DynamicData(nameof(Projects))]
        public void Packages_EachProject_AgreeEverywhere(string project)
        {
            XDocument document = Load(project);
            (string Id, string Version)[] listed = PackagesConfig(project);
            string[] referenced = document.Descendants(Msbuild + "HintPath").Select(h => h.Value.Replace('\\', '/')).ToArray();

            foreach ((string id, string version) in listed)
            {
                Assert.IsTrue(Packages.TryGetProperty(id, out JsonElement known), id + " is not in packages.json");
                Assert.AreEqual(known.GetProperty("version").GetString(), version, id);
                string hint = "packages/" + id + "." + version + "/lib/" + known.GetProperty("assembly").GetString() + ".dll";
                Assert.IsTrue(referenced.Any(r => r.EndsWith(hint, StringComparison.Ordinal)), id + " is not referenced by its path");
            }

            foreach (string path in referenced)
            {
                Assert.IsTrue(
                    listed.Any(p => path.Contains("packages/" + p.Id + "." + p.Version + "/lib/", StringComparison.Ordinal)),
                    path + " is of no package in packages.config");
                string up = path[..path.IndexOf("packages/", StringComparison.Ordinal)];
                Assert.AreEqual(
                    Path.GetFullPath(Repository.Root),
                    Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(project)!, up)).TrimEnd('/', '\\'),
                    path);
            }
        }

        [TestMethod]
        [DynamicData(nameof(Libraries))]
        public void Packages_Library_WhatItsCodeUses(string folder)
        {
            using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(DeviceLibrary.ImageOf(folder)));
            string[] used = module.AssemblyReferences.Select(r => r.Name)
                .Where(n => !n.StartsWith("NanoBoot.", StringComparison.Ordinal) && !n.StartsWith("DemoApplication.", StringComparison.Ordinal))
                .ToArray();
            string project = NanoProjects().Single(p => Path.GetDirectoryName(p) == folder);

            string[] expected = Closure(used);
            string[] actual = PackagesConfig(project).Select(p => p.Id).Order(StringComparer.Ordinal).ToArray();

            Assert.AreEqual(
                string.Join("\n", expected), string.Join("\n", actual), "packages.config of " + folder + " (and its .nfproj)");
        }

        [TestMethod]
        public void Packages_CommandLineBuild_TheSameVersions()
        {
            XDocument properties = XDocument.Load(Path.Combine(Repository.Root, "Nano.props"));
            foreach (XElement reference in properties.Descendants("PackageReference"))
            {
                string id = reference.Attribute("Include")!.Value;
                if (Packages.TryGetProperty(id, out JsonElement known))
                {
                    Assert.AreEqual(known.GetProperty("version").GetString(), reference.Attribute("Version")!.Value, id);
                }
            }

            string[] offered = properties.Descendants("PackageReference").Select(r => r.Attribute("Include")!.Value).ToArray();
            string[] wanted = NanoProjects().Where(p => !IsTest(p)).SelectMany(PackagesConfig).Select(p => p.Id).Distinct().ToArray();
            CollectionAssert.IsSubsetOf(wanted, offered);
        }

        [TestMethod]
        [DynamicData(nameof(Projects))]
        public void Solution_EachProject_BuiltInBothConfigurations(string project)
        {
            string solution = File.ReadAllText(Path.Combine(Repository.Root, "nanoBoot.sln"));
            string guid = Load(project).Descendants(Msbuild + "ProjectGuid").Single().Value;

            // Of the type that the nanoFramework extension opens; dotnet sln add would make it one of C#.
            StringAssert.Contains(solution, "Project(\"{11A8DD76-328B-46DF-9F39-F559912D0360}\") = \"" + Path.GetFileNameWithoutExtension(project) + "\", ");
            StringAssert.Contains(solution, "\"" + project.Replace('/', '\\') + "\", \"" + guid + "\"");
            StringAssert.Contains(solution, guid + ".Debug|Any CPU.Build.0 = Debug|Any CPU");
            StringAssert.Contains(solution, guid + ".Release|Any CPU.Build.0 = Release|Any CPU");
        }

        [TestMethod]
        [DynamicData(nameof(Projects))]
        public void Project_WithoutTheExtension_PassedOver(string project)
        {
            XElement[] imports = Load(project).Descendants(Msbuild + "Import").ToArray();

            foreach (XElement import in imports.Where(i => i.Attribute("Project")!.Value.Contains("NanoFrameworkProjectSystemPath", StringComparison.Ordinal)))
            {
                StringAssert.StartsWith(import.Attribute("Condition")!.Value, "Exists(");
            }

            XElement absent = imports.Single(i => i.Attribute("Project")!.Value.EndsWith("NanoAbsent.targets", StringComparison.Ordinal));
            StringAssert.StartsWith(absent.Attribute("Condition")!.Value, "!Exists(");
            Assert.IsTrue(File.Exists(Path.Combine(
                Repository.Root, Path.GetDirectoryName(project)!, absent.Attribute("Project")!.Value.Replace('\\', '/'))));
        }

        [TestMethod]
        [DynamicData(nameof(Projects))]
        public void Project_WithTheExtension_HasTheLastWord(string project)
        {
            // The extension's NFProjectSystem.props sets the folder without asking, and its Default.props the symbols.
            XElement import = Load(project).Descendants(Msbuild + "Import").Single(i => i.Attribute("Project")!.Value.EndsWith("NFProjectSystem.props", StringComparison.Ordinal));
            XElement[] after = import.ElementsAfterSelf().Descendants().ToArray();

            Assert.AreEqual("bin\\nf\\$(Configuration)\\", after.Single(e => e.Name.LocalName == "OutputPath").Value);
            Assert.AreEqual("false", after.Single(e => e.Name.LocalName == "DebugSymbols").Value);
        }

        [TestMethod]
        public void Project_EachWithTemplates_RefersByTheNamesOfADevice()
        {
            // What is made without NanoStrip.targets does not find what Bootloader/SharedNames.txt lists; and the compiler needs
            // a reference assembly, made where the extension's targets see that one is wanted.
            string[] projects = NanoProjects().Concat(Directory.GetFiles(Path.Combine(Repository.Root, "boards"), "*.nfproj", SearchOption.AllDirectories)
                .Where(p => p.Contains("template", StringComparison.Ordinal))).ToArray();
            Assert.IsGreaterThan(20, projects.Length);
            foreach (string project in projects)
            {
                XElement[] imports = Load(project).Descendants(Msbuild + "Import").ToArray();
                XElement targets = imports.Single(i => i.Attribute("Project")!.Value.EndsWith("NFProjectSystem.CSharp.targets", StringComparison.Ordinal));

                Assert.AreEqual("true", targets.ElementsBeforeSelf().Descendants(Msbuild + "ProduceReferenceAssembly").SingleOrDefault()?.Value, project);
                Assert.IsTrue(
                    targets.ElementsAfterSelf(Msbuild + "Import").Any(i => i.Attribute("Project")!.Value.EndsWith("NanoStrip.targets", StringComparison.Ordinal)), project);
            }
        }

        /// <summary>Packages of some assemblies, and all that those need.</summary>
        internal static string[] Closure(IEnumerable<string> assemblies)
        {
            var result = new SortedSet<string>(StringComparer.Ordinal);
            var open = new Stack<string>(assemblies.Select(a => Packages.EnumerateObject()
                .Single(p => p.Value.ValueKind == JsonValueKind.Object && p.Value.GetProperty("assembly").GetString() == a).Name));
            while (open.TryPop(out string? id))
            {
                if (result.Add(id))
                {
                    foreach (JsonElement need in Packages.GetProperty(id).GetProperty("needs").EnumerateArray())
                    {
                        open.Push(need.GetString()!);
                    }
                }
            }

            return result.ToArray();
        }

        private static bool IsTest(string project) => project.StartsWith("tests/", StringComparison.Ordinal);

        private static XDocument Load(string project) => XDocument.Load(Path.Combine(Repository.Root, project));

        private static string[] NanoProjects()
        {
            return Directory.GetFiles(Repository.Root, "*.nfproj", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(Repository.Root, f).Replace('\\', '/'))
                .Where(p => !p.StartsWith("boards/template", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .ToArray();
        }

        internal static (string Id, string Version)[] PackagesConfig(string project)
        {
            string path = Path.Combine(Repository.Root, Path.GetDirectoryName(project)!, "packages.config");
            return XDocument.Load(path).Root!.Elements("package")
                .Select(p => (p.Attribute("id")!.Value, p.Attribute("version")!.Value))
                .ToArray();
        }

        /// <summary>Folders whose sources a .NET project takes as a whole, when it is built for boards.</summary>
        private static string[] Parts(string project)
        {
            string folder = Path.GetDirectoryName(project)!;
            return Load(project).Descendants("Compile")
                .Where(c => DeviceLibrary.IsThere(c, desktop: false))
                .Select(c => c.Attribute("Include")?.Value)
                .OfType<string>()
                .Where(i => i.EndsWith("/**/*.cs", StringComparison.Ordinal))
                .Select(i => Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(Repository.Root, folder, i[..^8]))).Replace('\\', '/'))
                .Distinct()
                .ToArray();
        }

        /// <summary>Sources below a folder, relative to the root.</summary>
        private static IEnumerable<string> FilesIn(string folder)
        {
            return Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(Repository.Root, f).Replace('\\', '/'))
                .Where(f => !f[folder.Length..].Split('/').Any(part => part is "bin" or "obj"));
        }

        /// <summary>Evaluates the patterns of a project of either kind for boards, both public-key schemes; paths relative to it.</summary>
        private static string[] Sources(string project, bool isManaged)
        {
            string folder = Path.GetDirectoryName(project)!;
            string path = Path.Combine(Repository.Root, folder);
            // What every .NET project for boards begins with: Device.props and Nano.props.
            List<string> result = project.EndsWith(".nfproj", StringComparison.Ordinal)
                ? []
                : FilesIn(folder).Select(f => Path.GetRelativePath(folder, f).Replace('\\', '/')).Where(f => !f.EndsWith(".Desktop.cs", StringComparison.Ordinal)).ToList();
            foreach (XElement item in Load(project).Descendants().Where(e => e.Name.LocalName == "Compile" && IsTaken(e)))
            {
                Regex[] removed = Patterns(item.Attribute("Remove"));
                result.RemoveAll(f => removed.Any(r => r.IsMatch(f)));
                string include = (item.Attribute("Include")?.Value ?? "").Replace('\\', '/');
                Regex[] excluded = Patterns(item.Attribute("Exclude"));
                foreach (string pattern in include.Split(';', StringSplitOptions.RemoveEmptyEntries).Where(p => !p.EndsWith("NanoAssemblyInfo.cs", StringComparison.Ordinal)))
                {
                    Regex regex = Repository.Patterns(pattern).Single();
                    string below = Path.Combine(path, pattern[..(pattern.Split('*')[0].LastIndexOf('/') + 1)]);
                    result.AddRange(Directory.GetFiles(below, "*.cs", SearchOption.AllDirectories)
                        .Select(f => Path.GetRelativePath(path, f).Replace('\\', '/'))
                        .Where(f => regex.IsMatch(f) && !excluded.Any(r => r.IsMatch(f))));
                }
            }

            return result.ToArray();

            bool IsTaken(XElement item)
            {
                string other = "'$(ManagedCryptography)' " + (isManaged ? "!=" : "==") + " 'true'";
                return DeviceLibrary.IsThere(item, desktop: false) && item.AncestorsAndSelf().All(e => e.Attribute("Condition")?.Value != other);
            }

            Regex[] Patterns(XAttribute? attribute)
            {
                return Repository.Patterns((attribute?.Value ?? "").Replace("$(SchemesAbsent)", DeviceLibrary.SchemesAbsent(folder, "Both"), StringComparison.Ordinal));
            }
        }
    }
}
