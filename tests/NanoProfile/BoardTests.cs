// The board projects: their sources compile against the platform's API with the keys and the data that the author's
// tools generate, they hold the rules, and what they deploy is what stage 1, stage 2 and they themselves refer to.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using Mono.Cecil;

namespace NanoBoot.NanoProfile.Tests
{
    [TestClass]
    public sealed class BoardTests
    {
        internal const string Trust = @"
            namespace NanoBoot.Board
            {
                public static class BoardTrust
                {
                    public const byte RootsNeeded = 1;
                    public static NanoBoot.Bootloader.Cose.Authority[] Create() { return null; }
                }
            }";

        internal const string Data = @"
            namespace NanoBoot.Board
            {
                public static class ProvisioningData
                {
                    public static readonly byte[] Identity = { 1, 2, 3, 4, 5 };
                    public static readonly byte[] PayloadKeys = { };
                    public static readonly byte[] TrustEnvelope = { };
                    public static readonly byte[] TrustDocument = { };
                    public static readonly byte[] Stage2Envelope = { 1, 2, 3, 4, 5 };
                    public static readonly byte[] Stage2Payload = { 1, 2, 3, 4, 5 };
                    public static readonly byte[] ApplicationEnvelope = { 1, 2, 3, 4, 5 };
                    public static readonly byte[] ApplicationPayload = { 1, 2, 3, 4, 5 };
                }
            }";

        private static readonly XNamespace Msbuild = "http://schemas.microsoft.com/developer/msbuild/2003";

        public static IEnumerable<object[]> Boards()
        {
            return Directory.GetFiles(Path.Combine(Repository.Root, "boards"), "Layout.cs", SearchOption.AllDirectories)
                .Select(f => Path.GetFileName(Path.GetDirectoryName(f)!))
                .Where(b => b != "template")
                .Order(StringComparer.Ordinal)
                .Select(b => new object[] { b });
        }

        [TestMethod]
        [DynamicData(nameof(Boards))]
        public void Compile_Board_NoErrorsAndNothingFound(string board)
        {
            Check(DeviceLibrary.CompileBoard(Sources(board, isProvision: false), Trust));
        }

        [TestMethod]
        [DynamicData(nameof(Boards))]
        public void Compile_Provisioning_NoErrorsAndNothingFound(string board)
        {
            Check(DeviceLibrary.CompileBoard(Sources(board, isProvision: true), Trust, Data));
        }

        [TestMethod]
        [DynamicData(nameof(Boards))]
        public void A35_Compile_BoardWithoutKeys_Refused(string board)
        {
            DeviceLibrary library = DeviceLibrary.CompileBoard(Sources(board, isProvision: false));

            Assert.IsTrue(library.Errors.Any(e => e.Id == "CS0103" && e.GetMessage().Contains("BoardTrust", StringComparison.Ordinal)));
        }

        [TestMethod]
        [DynamicData(nameof(Boards))]
        public void Packages_Board_WhatIsDeployedIsWhatIsNeeded(string board)
        {
            DeviceLibrary own = DeviceLibrary.CompileBoard(Sources(board, isProvision: false), Trust);
            Assert.IsEmpty(own.Errors, string.Join(Environment.NewLine, own.Errors));
            string[] used = ProjectReferences(board).Append("Stage2Updater").Select(DeviceLibrary.ImageOf).Append(own.Image!)
                .SelectMany(References).Distinct(StringComparer.Ordinal).ToArray();

            Assert.AreEqual(
                string.Join("\n", ProjectTests.Closure(used)),
                string.Join("\n", ProjectTests.PackagesConfig(Project(board)).Select(p => p.Id).Order(StringComparer.Ordinal)));
        }

        [TestMethod]
        [DynamicData(nameof(Boards))]
        public void Project_CommandLineAndVisualStudio_TheSame(string board)
        {
            XDocument nano = XDocument.Load(Path.Combine(Repository.Root, Project(board)));
            XDocument cli = XDocument.Load(Path.Combine(Repository.Root, Project(board).Replace(".nfproj", ".csproj", StringComparison.Ordinal)));

            Assert.AreEqual(
                string.Join("\n", cli.Descendants("Compile").Select(Describe)),
                string.Join("\n", nano.Descendants(Msbuild + "Compile")
                    .Where(c => !c.Attribute("Include")!.Value.EndsWith("NanoAssemblyInfo.cs", StringComparison.Ordinal))
                    .Select(Describe)));
            Assert.AreEqual(
                string.Join("\n", cli.Descendants("ProjectReference").Select(Describe)),
                string.Join("\n", nano.Descendants(Msbuild + "ProjectReference").Select(Describe)).Replace(".nfproj", ".csproj", StringComparison.Ordinal));
            Assert.AreEqual(
                string.Join("\n", cli.Descendants("PackageReference").Select(p => p.Attribute("Include")!.Value + " " + p.Attribute("Version")!.Value)),
                string.Join("\n", ProjectTests.PackagesConfig(Project(board)).Select(p => p.Id + " " + p.Version)));
        }

        private static string Describe(XElement item)
        {
            string text = string.Join(" | ", item.Attributes().Select(a => a.Name.LocalName + " " + a.Value));
            return text.Replace('\\', '/');
        }

        private static void Check(DeviceLibrary library)
        {
            Assert.IsEmpty(library.Errors, Environment.NewLine + string.Join(Environment.NewLine, library.Errors));
            IReadOnlyList<string> findings = IlRules.Check(library.Image!);
            Assert.IsEmpty(findings, Environment.NewLine + string.Join(Environment.NewLine, findings));
        }

        private static string Project(string board) => "boards/" + board + "/NanoBoot." + board + ".nfproj";

        private static string[] References(byte[] image)
        {
            using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(image));
            return module.AssemblyReferences.Select(r => r.Name)
                .Where(n => !n.StartsWith("NanoBoot.", StringComparison.Ordinal))
                .ToArray();
        }

        private static IEnumerable<string> ProjectReferences(string board)
        {
            return XDocument.Load(Path.Combine(Repository.Root, Project(board)))
                .Descendants(Msbuild + "ProjectReference")
                .Select(r => Path.GetRelativePath(
                    Repository.Root,
                    Path.GetDirectoryName(Path.Combine(Repository.Root, "boards", board, r.Attribute("Include")!.Value.Replace('\\', '/')))!)
                    .Replace('\\', '/'));
        }

        /// <summary>What the project's patterns give.</summary>
        internal static string[] Sources(string board, bool isProvision)
        {
            string folder = Path.Combine(Repository.Root, "boards", board);
            var result = new SortedSet<string>(StringComparer.Ordinal);
            foreach (XElement item in XDocument.Load(Path.Combine(Repository.Root, Project(board))).Descendants(Msbuild + "Compile"))
            {
                string condition = item.Attribute("Condition")?.Value ?? "";
                string include = item.Attribute("Include")!.Value;
                bool isWanted = condition.Length == 0 || condition.Contains("== 'true'", StringComparison.Ordinal) == isProvision;
                foreach (string pattern in include.Replace('\\', '/').Split(';').Where(p => isWanted && p.Contains('*', StringComparison.Ordinal)))
                {
                    string directory = Path.GetFullPath(Path.Combine(folder, Path.GetDirectoryName(pattern)!));
                    result.UnionWith(Directory.GetFiles(directory, Path.GetFileName(pattern))
                        .Where(f => !Regex.IsMatch(f, "(ProvisioningData|BoardTrust).cs$"))
                        .Select(f => Path.GetRelativePath(Repository.Root, f).Replace('\\', '/')));
                }
            }

            return result.ToArray();
        }
    }
}
