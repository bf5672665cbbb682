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
            string path = Path.Combine(Repository.Root, folder);
            string[] nano = SourcesOfNanoProject(NanoProjects().Single(p => Path.GetDirectoryName(p) == folder));
            string project = File.ReadAllText(Directory.GetFiles(path, "*.csproj").Single());
            string[] linked = LinkedSources(project);
            string[] all = Directory.GetFiles(path, "*.cs", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(path, f).Replace('\\', '/'))
                .Where(f => !f.StartsWith("obj/", StringComparison.Ordinal) && !f.StartsWith("bin/", StringComparison.Ordinal))
                .Concat(linked)
                .ToArray();

            CollectionAssert.AreEquivalent(
                DeviceLibrary.SourceFiles(folder).Select(f => Path.GetRelativePath(folder, f).Replace('\\', '/')).ToArray(), nano);
            CollectionAssert.AreEquivalent(
                all.Where(f => !Regex.IsMatch(f, @"\.(Desktop|Managed|HssLms|Es256)\.cs$")).ToArray(), nano);
            // The .NET project takes every file below it, removes by suffix only, and names no source but those it shares.
            Assert.AreEqual(linked.Length, Regex.Count(project, "Compile Include"), "names sources");
            foreach (Match match in Regex.Matches(project, "Compile Remove=\"(?<what>[^\"]*)\""))
            {
                Assert.IsTrue(
                    match.Groups["what"].Value.EndsWith(".Managed.cs", StringComparison.Ordinal)
                    || match.Groups["what"].Value == "$(SchemesAbsent)"
                    || all.Contains(Regex.Replace(match.Groups["what"].Value, @"\.Nano\.cs$", ".Managed.cs")),
                    match.Value);
            }
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

        /// <summary>Files of other folders that a project names, each one by one.</summary>
        private static string[] LinkedSources(string project)
        {
            return Regex.Matches(project, "<Compile Include=\"(?<file>\\.\\.[^\"*;]*)\" Link=").Select(m => m.Groups["file"].Value.Replace('\\', '/')).ToArray();
        }

        internal static (string Id, string Version)[] PackagesConfig(string project)
        {
            string path = Path.Combine(Repository.Root, Path.GetDirectoryName(project)!, "packages.config");
            return XDocument.Load(path).Root!.Elements("package")
                .Select(p => (p.Attribute("id")!.Value, p.Attribute("version")!.Value))
                .ToArray();
        }

        /// <summary>Evaluates the patterns of the project's own sources, as for a board with native cryptography.</summary>
        private static string[] SourcesOfNanoProject(string project)
        {
            string folder = Path.Combine(Repository.Root, Path.GetDirectoryName(project)!);
            XElement[] items = Load(project).Descendants(Msbuild + "Compile")
                .Where(c => c.Attribute("Condition") is null || c.Attribute("Condition")!.Value.Contains("!= 'true'", StringComparison.Ordinal))
                .Where(c => !c.Attribute("Include")!.Value.EndsWith("NanoAssemblyInfo.cs", StringComparison.Ordinal))
                .ToArray();
            var result = new List<string>();
            result.AddRange(LinkedSources(File.ReadAllText(Path.Combine(Repository.Root, project)))
                .Where(f => !f.EndsWith("NanoAssemblyInfo.cs", StringComparison.Ordinal)));
            foreach (XElement item in items)
            {
                Regex[] include = Repository.Patterns(item.Attribute("Include")!.Value);
                Regex[] exclude = Repository.Patterns((item.Attribute("Exclude")?.Value ?? "").Replace(
                    "$(SchemesAbsent)", DeviceLibrary.SchemesAbsent(Path.GetDirectoryName(project)!, "Both"), StringComparison.Ordinal));
                result.AddRange(Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories)
                    .Select(f => Path.GetRelativePath(folder, f).Replace('\\', '/'))
                    .Where(f => include.Any(r => r.IsMatch(f)) && !exclude.Any(r => r.IsMatch(f))));
            }

            return result.ToArray();
        }
    }
}
