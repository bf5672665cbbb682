using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using DemoApplication.Bundles;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Cli;
using NanoBoot.Tools.Tests.Author;

namespace NanoBoot.Tools.Tests.Cli
{
    /// <summary>The way from clone to the first update on a board (docs/boards/README.md, the boards' own pages): what can be run without
    /// a board is run in the order of the page, and the rest is looked at: files that are named are there, options of nanoff are its own.</summary>
    [TestClass]
    public sealed class BoardsPageTests : CliTest
    {
        // Of nanoff 2.5 (nanoFirmwareFlasher, Options.cs).
        private static readonly string[] s_nanoff =
        [
            "--update", "--target", "--serialport", "--masserase", "--jtag", "--dfu", "--nanodevice", "--devicedetails", "--networkdeployment",
            "--filedeployment", "--deploy", "--image", "--listports",
        ];

        public static IEnumerable<object[]> Pages =>
            Directory.GetFiles(Path.Combine(Root, "boards"), "README.md", SearchOption.AllDirectories)
                .Where(file => !file.Contains("template", StringComparison.Ordinal))
                .Concat(Directory.GetFiles(Path.Combine(Root, "docs", "boards"), "*.md"))
                .Append(Path.Combine(Root, "tests", "Hil", "README.md"))
                .Select(file => new object[] { Path.GetRelativePath(Root, file).Replace('\\', '/') });

        private static string Root
        {
            get
            {
                for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
                {
                    if (File.Exists(Path.Combine(folder.FullName, "nanoBoot.sln")))
                    {
                        return folder.FullName;
                    }
                }

                throw new DirectoryNotFoundException("nanoBoot.sln");
            }
        }

        /// <summary>A secret in the root of the clone is not committed by accident, and neither is what an HSS/LMS key keeps beside it.</summary>
        [TestMethod]
        [DataRow("author.pem")]
        [DataRow("author.pem.state")]
        [DataRow("root.hss")]
        [DataRow("root.hss.state")]
        [DataRow("device.hmac")]
        [DataRow("fleet.kek")]
        [DataRow("device-0001/")]
        [DataRow("wifi.json")]
        [DataRow("boards/Esp32/ProvisioningData.cs")]
        public void Root_WhatTheStepsLeave_IsIgnoredByGit(string file)
        {
            string[] patterns = File.ReadAllLines(Path.Combine(Root, ".gitignore"));
            Assert.IsTrue(patterns.Any(pattern => Regex.IsMatch(file, "^" + Regex.Escape(pattern.TrimStart('/')).Replace("\\*", "[^/]*", StringComparison.Ordinal) + "$")), file);
        }

        /// <summary>An application of one's own lies in another folder, and the tool is used there too.</summary>
        [TestMethod]
        public void Page_Alias_NamesTheToolFromAnyFolder()
        {
            StringAssert.Contains(File.ReadAllText(Path.Combine(Root, "docs/boards/README.md")), "`alias nanoboot=\"dotnet run --project '$PWD/tools/NanoBoot.Cli' --\"`");
        }

        [TestMethod]
        public void Page_CommandsOfTheTool_DoAsTheySayInTheOrderOfThePage()
        {
            // What the builds leave behind, as .NET assemblies: the packages of nanoFramework are not needed for this. Stage 2 is larger as such
            // than a board's source takes; any assembly that is entered where stage 2 is will do.
            Place(
                "Stage2Updater/bin/nano/Release/netnano1.0/NanoBoot.Stage2Updater.pe",
                PeFile.Make("NanoBoot.Stage2Updater", new Version(0, 1, 0, 0), [], methods: [("NanoBoot.Stage2Updater", "Program", "Main", PeFile.PublicStatic, 1)]));
            Place("boards/DemoApplication/Version10/bin/nano/Release/netnano1.0/DemoApplication.pe", DemoBundle.Version10.Assemblies[1]);
            Place("boards/DemoApplication/Sensors/bin/nano/Release/netnano1.0/DemoApplication.Sensors.pe", DemoBundle.Version10.Assemblies[0]);
            Directory.CreateDirectory(PathOf("boards/Esp32"));
            int commands = 0;
            foreach (string line in Lines("docs/boards/README.md"))
            {
                Match file = Regex.Match(line, "^cat > (?<name>\\S+) <<'END'\n(?<content>.*)\nEND$", RegexOptions.Singleline);
                if (file.Success)
                {
                    File.WriteAllText(PathOf(file.Groups["name"].Value), file.Groups["content"].Value + "\n");
                }
                else if (line.StartsWith("nanoboot serve ", StringComparison.Ordinal))
                {
                    Assert.IsTrue(File.Exists(PathOf("www/manifests/application.suit")));
                }
                else if (line.StartsWith("nanoboot ", StringComparison.Ordinal))
                {
                    if (line.Contains("--payload application-1.1.bin", StringComparison.Ordinal))
                    {
                        // "as in step 3".
                        File.Copy(PathOf("application.bin"), PathOf("application-1.1.bin"));
                    }

                    // A passphrase is asked for at a terminal, which there is none here.
                    string[] words = [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Where(word => word != "--encrypt")];
                    Assert.AreEqual(ExitCode.Ok, Run(words), $"{line}\n{Error}{Output}");
                    commands++;
                }
            }

            Assert.IsGreaterThanOrEqualTo(12, commands);
            Assert.IsTrue(File.Exists(PathOf("boards/Esp32/BoardTrust.cs")) && File.Exists(PathOf("boards/Esp32/ProvisioningData.cs")));
        }

        [TestMethod]
        [DynamicData(nameof(Pages))]
        public void Page_CommandsOfOthers_NameWhatThereIs(string page)
        {
            string text = File.ReadAllText(Path.Combine(Root, page));
            string[] lines = [.. Lines(page), .. Regex.Matches(text, "`((?:nanoff|dotnet) [^`]*)`").Select(match => match.Groups[1].Value.ReplaceLineEndings(" "))];
            foreach (string line in lines.Where(line => line.StartsWith("nanoff ", StringComparison.Ordinal)))
            {
                string[] options = [.. line.Split(' ').Where(word => word.StartsWith('-'))];
                CollectionAssert.IsSubsetOf(options, s_nanoff, line);

                // nanoff's own rules: an image needs the board's port; firmware needs to be named, and an ESP32 its port.
                Assert.AreEqual(options.Contains("--deploy"), options.Contains("--image"), line);
                Assert.IsTrue(!options.Contains("--update") || options.Contains("--target"), line);
                Assert.IsTrue(!options.Contains("--nanodevice") || options.Contains("--serialport"), line);
                Assert.IsTrue(!line.Contains("ESP32", StringComparison.Ordinal) || !options.Contains("--update") || options.Contains("--serialport"), line);
            }

            foreach (string line in lines.Where(line => line.StartsWith("dotnet build ", StringComparison.Ordinal) || line.StartsWith("dotnet new install ", StringComparison.Ordinal)))
            {
                string path = line.Split(' ').SkipWhile(word => word is not ("build" or "install")).ElementAt(1);
                Assert.IsTrue(Directory.Exists(Path.Combine(Root, path)), line);
            }

            foreach (Match image in Regex.Matches(text, "(?<project>boards/\\w+)/bin/nano/Release/netnano1.0/(?<name>[\\w.]+)\\.bin"))
            {
                string name = image.Groups["name"].Value;
                StringAssert.Contains(File.ReadAllText(Path.Combine(Root, image.Groups["project"].Value, name + ".csproj")), "<AssemblyName>" + name + "<");
            }
        }

        /// <summary>The lines of the blocks of a page: one that goes on in the next is one, and so is a file that is written.</summary>
        private static IEnumerable<string> Lines(string page)
        {
            string text = File.ReadAllText(Path.Combine(Root, page));
            IEnumerable<Match> blocks = Regex.Matches(text, "^```(?<kind>[^\n]*)\n(?<body>.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline);
            foreach (Match block in blocks.Where(each => each.Groups["kind"].Length == 0))
            {
                string body = block.Groups["body"].Value.Replace("\\\n", " ", StringComparison.Ordinal);
                foreach (Match line in Regex.Matches(body, "cat > \\S+ <<'END'\n.*?\nEND(?=\n)|[^\n]+", RegexOptions.Singleline))
                {
                    yield return line.Value.Trim();
                }
            }
        }

        private void Place(string path, byte[] content)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(PathOf(path))!);
            File.WriteAllBytes(PathOf(path), content);
        }
    }
}
