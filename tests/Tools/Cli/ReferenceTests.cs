using System;
using System.IO;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Cli;

namespace NanoBoot.Tools.Tests.Cli
{
    [TestClass]
    public sealed class ReferenceTests : CliTest
    {
        /// <summary>docs/CLI.md is what the program says. To make it again: nanoboot reference > docs/CLI.md</summary>
        [TestMethod]
        public void Reference_Page_IsWhatTheProgramSays()
        {
            string page = Path.Combine(Docs(), "CLI.md");
            string made = Succeeds("reference").ReplaceLineEndings("\n");
            Assert.AreEqual(made, File.ReadAllText(page).ReplaceLineEndings("\n"), "docs/CLI.md is old: nanoboot reference > docs/CLI.md");
        }

        [TestMethod]
        [DataRow("bash")]
        [DataRow("zsh")]
        [DataRow("fish")]
        [DataRow("pwsh")]
        public void Completion_Shell_AScriptThatAsksTheHiddenCommand(string shell)
        {
            StringAssert.Contains(Succeeds("completion", shell), "complete-line");
        }

        [TestMethod]
        [DataRow("nanoboot ke", "keys")]
        [DataRow("nanoboot manifest ", "verify")]
        [DataRow("nanoboot keys new a --k", "--kind")]
        [DataRow("nanoboot keys new a --kind ", "hss-lms")]
        public void Complete_Line_OffersWhatFits(string line, string expected)
        {
            string[] offered = Succeeds("complete-line", "--position", $"{line.Length}", "--", line).Split('\n', StringSplitOptions.TrimEntries);
            CollectionAssert.Contains(offered, expected);
            CollectionAssert.DoesNotContain(offered, "complete-line");
        }

        [TestMethod]
        public void CommandLine_Mistakes_OneLineAndExitCode2()
        {
            Fails(ExitCode.Usage, "'sgin' is no command here; there are: create, sign,", "manifest", "sgin");
            Fails(ExitCode.Usage, "See 'nanoboot manifest sign --help'", "manifest", "sign", "a.suit");
            Fails(ExitCode.Usage, "--colour", "keys", "show", "a", "--colour");
            Assert.AreEqual(ExitCode.Ok, Run());
            StringAssert.Contains(Output, "Commands:");
            StringAssert.Contains(Succeeds("keys", "new", "--help"), "Examples:");
        }

        private static string Docs()
        {
            for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "docs", "DESIGN.md")))
                {
                    return Path.Combine(folder.FullName, "docs");
                }
            }

            throw new DirectoryNotFoundException("docs");
        }
    }
}
