using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Threading;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Cli;

namespace NanoBoot.Tools.Tests.Cli
{
    /// <summary>Every command, with every kind of wrong file in every place where it takes one.</summary>
    [TestClass]
    public sealed class BadInputTests : CliTest
    {
        private static readonly string[] s_values = ["absent", "empty", "directory", "junk", "text", "list.yaml", "map.yaml", "key.pem", "a.suit"];
        private static readonly string[] s_others = ["absent", "directory", "junk", "map.yaml", "a.suit"];

        [TestMethod]
        public void EveryCommand_WrongFilesInEveryPlace_AtMostOneLine()
        {
            File.WriteAllBytes(PathOf("empty"), []);
            Directory.CreateDirectory(PathOf("directory"));
            byte[] junk = new byte[3000];
            new Random(1).NextBytes(junk);
            File.WriteAllBytes(PathOf("junk"), junk);
            File.WriteAllText(PathOf("text"), "Hello.\n");
            File.WriteAllText(PathOf("list.yaml"), "- a\n- b\n");
            File.WriteAllText(PathOf("map.yaml"), "keys: 7\ncomponents: [1, {a: b}]\nauthorities: x\nvendor: [a]\n");
            Succeeds("keys", "new", "key.pem");
            File.WriteAllText(PathOf("release.yaml"), "component: application\nvendor: example.com\nclass: sensor\npayload: text\n");
            Succeeds("manifest", "create", "release.yaml", "--sequence", "1", "--out", "a.suit");
            int runs = 0;
            int refused = 0;
            foreach ((string[] path, Command command) in Leaves())
            {
                foreach (string value in s_values)
                {
                    foreach (string other in s_others)
                    {
                        string[] line = [.. path, .. Fill(command, value, other)];
                        using var stopped = new CancellationTokenSource();
                        stopped.Cancel();
                        int exitCode = Run(stopped.Token, line);
                        runs++;
                        refused += exitCode == ExitCode.Ok ? 0 : 1;
                        int lines = Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
                        Assert.IsTrue(lines <= 1, $"{string.Join(' ', line)}: {Error}");
                        Assert.IsTrue(exitCode is ExitCode.Ok or ExitCode.Refused || lines == 1, $"{string.Join(' ', line)}: {exitCode} without a word");
                    }
                }
            }

            Console.WriteLine($"{runs} command lines, {refused} refused");
            Assert.IsTrue(refused > runs / 2);
            Assert.AreEqual(0, Directory.GetFiles(Home, "*.tmp", SearchOption.AllDirectories).Length);
        }

        /// <summary>One value in the first place, another in all the others.</summary>
        private static IEnumerable<string> Fill(Command command, string value, string other)
        {
            string next = value;
            foreach (Argument argument in command.Arguments)
            {
                yield return argument.ValueType == typeof(string[]) && command.Name == "export" ? next + "=author" : next;
                next = other;
            }

            foreach (Option option in command.Options.Where(option => option.Required || option.Name is "--out" or "--trust" or "--report" or "--svg" or "--payload"))
            {
                yield return option.Name;
                yield return option.ValueType == typeof(long) ? "1" : option.Name is "--report" or "--svg" ? "directory" : option.Name == "--out" ? "out" : next;
                if (option.Arity.MinimumNumberOfValues == 2)
                {
                    yield return other;
                }
            }

            if (command.Options.Any(option => option.Name == "--dry-run"))
            {
                yield return "--dry-run";
            }
        }

        private IEnumerable<(string[] Path, Command Command)> Leaves()
        {
            using var output = new StringWriter();
            var context = new CliContext { Out = output, Error = output, Console = Spectre.Console.AnsiConsole.Console, WorkingDirectory = Home };
            var waiting = new Queue<(string[] Path, Command Command)>([([], CliApplication.CreateRoot(context))]);
            while (waiting.TryDequeue(out (string[] Path, Command Command) item))
            {
                foreach (Command part in item.Command.Subcommands.Where(part => !part.Hidden))
                {
                    waiting.Enqueue(([.. item.Path, part.Name], part));
                }

                if (item.Command.Subcommands.Count == 0 && item.Command.Name is not ("completion" or "reference"))
                {
                    yield return (item.Path, item.Command);
                }
            }
        }
    }
}
