// The template for a board of one's own: what `dotnet new` makes of it, in every choice, in the clone and elsewhere, is a
// board that compiles, whose two projects agree and find what they name.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NanoBoot.NanoProfile.Tests
{
    [TestClass]
    public sealed class TemplateTests
    {
        private static readonly XNamespace Msbuild = "http://schemas.microsoft.com/developer/msbuild/2003";

        private static string s_home = "";

        [ClassInitialize]
        public static void Install(TestContext context)
        {
            _ = context;
            s_home = Directory.CreateTempSubdirectory("nanoboot-template").FullName;
            Dotnet(s_home, "new", "install", Path.Combine(Repository.Root, "boards", "template"), Path.Combine(Repository.Root, "boards", "template-application"));
        }

        [ClassCleanup]
        public static void Remove() => Directory.Delete(s_home, recursive: true);

        [TestMethod]
        [DataRow("Spi", "Wifi")]
        [DataRow("Spi", "Ethernet")]
        [DataRow("Files", "Wifi")]
        [DataRow("Files", "Ethernet")]
        public void Create_Elsewhere_CompilesAndFindsWhatItNames(string store, string network)
        {
            string folder = Path.Combine(s_home, store + network);
            string clone = Path.GetRelativePath(folder, Repository.Root).Replace('\\', '/');

            Dotnet(s_home, "new", "nanoboot-board", "--name", "Thermostat", "--output", folder, "--store", store, "--network", network, "--nanoboot", clone);

            XElement[] nano = Items(folder, "NanoBoot.Thermostat.nfproj");
            XElement[] cli = Items(folder, "NanoBoot.Thermostat.csproj");
            AssertAllThere(folder, nano);
            AssertAllThere(folder, cli);
            CollectionAssert.AreEqual(Values(cli, "Compile"), Values(nano, "Compile").Where(v => !v.EndsWith("NanoAssemblyInfo.cs", StringComparison.Ordinal)).ToArray());
            CollectionAssert.AreEqual(Values(cli, "ProjectReference"), Values(nano, "ProjectReference").Select(v => v.Replace(".nfproj", ".csproj", StringComparison.Ordinal)).ToArray());
            string[] packages = XDocument.Load(Path.Combine(folder, "packages.config")).Root!.Elements()
                .Select(p => p.Attribute("id")!.Value + "." + p.Attribute("version")!.Value).ToArray();
            CollectionAssert.AreEqual(packages, cli.Where(i => i.Name.LocalName == "PackageReference").Select(i => i.Attribute("Include")!.Value + "." + i.Attribute("Version")!.Value).ToArray());
            CollectionAssert.AreEqual(packages, nano.Where(i => i.Name.LocalName == "Reference").Select(i => i.Element(Msbuild + "HintPath")!.Value.Replace('\\', '/').Split('/')[^3]).ToArray());
            Assert.AreEqual(store == "Files", packages.Any(p => p.Contains("FileSystem", StringComparison.Ordinal)));
            Assert.AreEqual(network == "Wifi", packages.Any(p => p.Contains("Wifi", StringComparison.Ordinal)));
            AssertSharedAreImported(folder);
            Compile(folder, cli, "Boot");
            Compile(folder, cli, "Provision");
        }

        [TestMethod]
        public void Create_InTheClone_LooksLikeTheBoardsThere()
        {
            string folder = Path.Combine(s_home, "boards", "Own");

            Dotnet(s_home, "new", "nanoboot-board", "--name", "Own", "--output", folder, "--store", "Files", "--network", "Wifi");

            Assert.IsEmpty(Directory.GetFiles(folder, "Directory.Build.*"));
            XElement[] made = Items(folder, "NanoBoot.Own.nfproj");
            XElement[] known = Items(Path.Combine(Repository.Root, "boards", "Esp32S3"), "NanoBoot.Esp32S3.nfproj");
            CollectionAssert.AreEquivalent(References(known), References(made));

            string[] References(XElement[] items) => Values(items, "ProjectReference").Select(v => Path.GetFileName(v)).ToArray();
        }

        [TestMethod]
        [DataRow(false)]
        [DataRow(true)]
        public void Create_Application_CompilesAndFindsWhatItNames(bool isAbsolute)
        {
            string folder = Path.Combine(s_home, "application" + isAbsolute);
            string clone = (isAbsolute ? Repository.Root : Path.GetRelativePath(folder, Repository.Root)).Replace('\\', '/');

            Dotnet(s_home, "new", "nanoboot-application", "--name", "Thermostat", "--output", folder, "--vendor", "acme.example", "--class", "t1", "--nanoboot", clone);

            XElement[] nano = Items(folder, "Thermostat.nfproj");
            XElement[] cli = Items(folder, "Thermostat.csproj");
            AssertAllThere(folder, nano.Where(i => i.Attribute("Include")?.Value.StartsWith("**", StringComparison.Ordinal) != true).ToArray());
            AssertAllThere(folder, cli);
            CollectionAssert.AreEqual(Values(cli, "ProjectReference"), Values(nano, "ProjectReference").Select(v => v.Replace(".nfproj", ".csproj", StringComparison.Ordinal)).ToArray());
            AssertSharedAreImported(folder);
            string release = File.ReadAllText(Path.Combine(folder, "release.yaml"));
            StringAssert.Contains(release, "vendor: acme.example\nclass: t1\npayload: Thermostat.bin\nentry: Thermostat.Program\n");
            string readme = File.ReadAllText(Path.Combine(folder, "README.md"));
            StringAssert.Contains(readme, $"--key \"{clone}/author.pem\"\n");
            StringAssert.Contains(readme, $"publish \"{clone}/www\" ");
            DeviceLibrary application = DeviceLibrary.Compile(
                "Thermostat",
                [("Program.cs", File.ReadAllText(Path.Combine(folder, "Program.cs")))],
                new[] { "Bootloader", "Resident" }.Select(l => (MetadataReference)MetadataReference.CreateFromImage(DeviceLibrary.ImageOf(l))));
            Assert.IsEmpty(application.Errors, Environment.NewLine + string.Join(Environment.NewLine, application.Errors));
            Assert.IsEmpty(IlRules.Check(application.Image!));
        }

        [TestMethod]
        public void Create_Twice_TwoProjectIds()
        {
            string[] ids = ["First", "Second"];
            for (int i = 0; i < ids.Length; i++)
            {
                string folder = Path.Combine(s_home, ids[i]);
                Dotnet(s_home, "new", "nanoboot-board", "--name", ids[i], "--output", folder);
                ids[i] = XDocument.Load(Directory.GetFiles(folder, "*.nfproj").Single()).Descendants(Msbuild + "ProjectGuid").Single().Value;
            }

            Assert.AreNotEqual(ids[0], ids[1]);
        }

        private static void Compile(string folder, XElement[] items, string kind)
        {
            string[] sources = items.Where(i => i.Name.LocalName == "Compile")
                .SelectMany(i => i.Attribute("Include")!.Value.Split(';'))
                .Where(p => p.Contains('*', StringComparison.Ordinal) && !(p.Contains("/Boot/", StringComparison.Ordinal) && kind != "Boot") && !(p.Contains("/Provision/", StringComparison.Ordinal) && kind != "Provision"))
                .SelectMany(p => Directory.GetFiles(Path.GetFullPath(Path.Combine(folder, Path.GetDirectoryName(p)!)), Path.GetFileName(p)))
                .ToArray();

            DeviceLibrary board = DeviceLibrary.CompileBoard(sources, BoardTests.Trust, BoardTests.Data);

            Assert.IsEmpty(board.Errors, Environment.NewLine + string.Join(Environment.NewLine, board.Errors));
        }

        private static XElement[] Items(string folder, string project)
        {
            return XDocument.Load(Path.Combine(folder, project)).Descendants()
                .Where(e => e.Name.LocalName is "Compile" or "ProjectReference" or "PackageReference" or "Reference" or "Import")
                .ToArray();
        }

        private static string[] Values(XElement[] items, string name)
        {
            return items.Where(i => i.Name.LocalName == name).Select(i => i.Attribute("Include")!.Value.Replace('\\', '/')).ToArray();
        }

        private static void AssertAllThere(string folder, XElement[] items)
        {
            IEnumerable<string> paths = Values(items, "Compile").SelectMany(v => v.Split(';'))
                .Where(p => p != "ProvisioningData.cs")
                .Concat(Values(items, "ProjectReference"))
                .Concat(items.Where(i => i.Name.LocalName == "Import").Select(i => i.Attribute("Project")!.Value.Replace('\\', '/'))
                    .Where(p => !p.StartsWith("$(", StringComparison.Ordinal) && !p.EndsWith("Board.user.props", StringComparison.Ordinal)));
            foreach (string path in paths)
            {
                string directory = Path.GetFullPath(Path.Combine(folder, Path.GetDirectoryName(path)!));
                Assert.IsTrue(Directory.Exists(directory) && Directory.GetFiles(directory, Path.GetFileName(path)).Length > 0, path);
            }
        }

        // A project that is imported is looked for from the file that imports it.
        private static void AssertSharedAreImported(string folder)
        {
            foreach (string shared in new[] { "Directory.Build.props", "Directory.Build.targets" })
            {
                string import = XDocument.Load(Path.Combine(folder, shared)).Descendants("Import").Single().Attribute("Project")!.Value;
                Assert.IsTrue(File.Exists(Path.Combine(folder, import)), import);
            }
        }

        private static void Dotnet(string home, params string[] arguments)
        {
            var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = home };
            start.Environment["DOTNET_CLI_HOME"] = home;
            start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
            using Process process = Process.Start(start)!;
            string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.AreEqual(0, process.ExitCode, string.Join(' ', arguments) + Environment.NewLine + output);
        }
    }
}
