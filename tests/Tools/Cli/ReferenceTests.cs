using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
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

        /// <summary>A real bash takes the script, and completes with it.</summary>
        [TestMethod]
        public void Completion_Bash_CompletesInTheShell()
        {
            if (!File.Exists("/bin/bash"))
            {
                Assert.Inconclusive("Skipped: no /bin/bash.");
            }

            File.WriteAllText(PathOf("completion.sh"), Succeeds("completion", "bash"));
            string program = Path.Combine(AppContext.BaseDirectory, "NanoBoot.Cli.dll");
            string script = "nanoboot() { dotnet '" + program + "' \"$@\"; }; . ./completion.sh\n"
                + "COMP_LINE='nanoboot sim powerfail --scenario trial-c'; COMP_POINT=${#COMP_LINE}; COMP_WORDS=($COMP_LINE); COMP_CWORD=4\n"
                + "$(complete -p nanoboot | sed 's/.*-F \\([^ ]*\\).*/\\1/'); echo \"${COMPREPLY[@]}\"\n";
            using var bash = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Home })!;
            string offered = bash.StandardOutput.ReadToEnd();
            string complaints = bash.StandardError.ReadToEnd();
            bash.WaitForExit();
            Assert.AreEqual("trial-confirm", offered.Trim(), complaints);
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

        /// <summary>Every command says facts as JSON, but for those that give back a text as it is, or run until they are stopped.</summary>
        [TestMethod]
        public void Commands_ThatPrintFacts_HaveJson()
        {
            string[] without = ["nanoboot flash", "nanoboot serve", "nanoboot completion", "nanoboot complete-line", "nanoboot reference", "keys public", "keys export"];
            using var output = new StringWriter();
            var context = new CliContext { Out = output, Error = output, Console = Spectre.Console.AnsiConsole.Console, WorkingDirectory = Home };
            var waiting = new Queue<System.CommandLine.Command>([CliApplication.CreateRoot(context)]);
            int commands = 0;
            while (waiting.TryDequeue(out System.CommandLine.Command? command))
            {
                foreach (System.CommandLine.Command part in command.Subcommands)
                {
                    waiting.Enqueue(part);
                }

                if (command.Subcommands.Count == 0)
                {
                    commands++;
                    string name = $"{command.Parents.First().Name} {command.Name}";
                    Assert.AreNotEqual(without.Contains(name), command.Options.Any(option => option.Name == "--json"), name);
                }
            }

            Assert.IsTrue(commands > 25, $"{commands} commands");
        }

        [TestMethod]
        public void CommandLine_Mistakes_OneLineAndExitCode2()
        {
            Fails(ExitCode.Usage, "'keys' wants to know what to do; there are: new, show, public, export.", "keys");
            Fails(ExitCode.Usage, "FILE is missing: The key file to write", "keys", "new");
            Fails(ExitCode.Usage, "--key is missing: The key file", "manifest", "sign", "a.suit");
            Fails(ExitCode.Usage, "--for: 'five' is no number", "device", "run", "b", "--for", "five");
            Fails(ExitCode.Usage, "--for: '99999999999' is out of range", "device", "run", "b", "--for", "99999999999");
            Fails(ExitCode.Usage, "--form: 'Foo' is not possible; there are: NotApplied,", "device", "power-cut", "b", "--after", "1", "--form", "Foo");
            StringAssert.Contains(Succeeds("help", "keys", "new"), "nanoboot keys new <FILE>");
            Fails(ExitCode.Usage, "'sgin' is no command here; there are: create, sign,", "manifest", "sgin");
            Fails(ExitCode.Usage, "See 'nanoboot manifest sign --help'", "manifest", "sign", "a.suit");
            Fails(ExitCode.Usage, "--colour", "keys", "show", "a", "--colour");
            Assert.AreEqual(ExitCode.Ok, Run());
            StringAssert.Contains(Output, "Commands:");
            StringAssert.Contains(Succeeds("keys", "new", "--help"), "Examples:");
            StringAssert.Contains(Succeeds("device", "--help"), "  nanoboot device power-cut board --after 40");
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
