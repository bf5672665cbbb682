using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json.Nodes;
using System.Threading;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Cli;
using Spectre.Console;

namespace NanoBoot.Tools.Tests.Cli
{
    /// <summary>Runs the program within the test's process, in a directory of its own.</summary>
    public abstract class CliTest
    {
        private readonly Dictionary<string, string> _environment = [];

        protected string Home { get; private set; } = string.Empty;

        /// <summary>What the last command wrote to standard output.</summary>
        protected string Output { get; private set; } = string.Empty;

        /// <summary>What the last command wrote to standard error.</summary>
        protected string Error { get; private set; } = string.Empty;

        [TestInitialize]
        public void MakeHome()
        {
            Home = Directory.CreateTempSubdirectory("nanoboot").FullName;
            _environment["NANOBOOT_STATE_HOME"] = Path.Combine(Home, ".state");
        }

        [TestCleanup]
        public void RemoveHome() => Directory.Delete(Home, recursive: true);

        protected string PathOf(string name) => Path.Combine(Home, name);

        protected void SetEnvironment(string name, string value) => _environment[name] = value;

        protected int Run(params string[] args) => Run(CancellationToken.None, args);

        protected int Run(CancellationToken cancellationToken, params string[] args)
        {
            using var output = new StringWriter();
            using var error = new StringWriter();
            var context = new CliContext
            {
                Out = output,
                Error = error,
                Console = AnsiConsole.Create(new AnsiConsoleSettings
                {
                    Ansi = AnsiSupport.No,
                    Interactive = InteractionSupport.No,
                    Out = new AnsiConsoleOutput(output),
                }),
                WorkingDirectory = Home,
                Environment = name => _environment.GetValueOrDefault(name),
            };
            context.Console.Profile.Width = 160;
            int exitCode = CliApplication.Run(args, context, cancellationToken);
            Output = output.ToString();
            Error = error.ToString();
            Assert.IsFalse(Error.Contains("   at ", StringComparison.Ordinal), $"a stack trace: {Error}");
            Assert.AreNotEqual(ExitCode.Internal, exitCode, Error);
            return exitCode;
        }

        /// <summary>Runs a command that must succeed.</summary>
        protected string Succeeds(params string[] args)
        {
            int exitCode = Run(args);
            Assert.AreEqual(ExitCode.Ok, exitCode, $"{string.Join(' ', args)}: {Error}{Output}");
            return Output;
        }

        /// <summary>Runs a command that must succeed, and reads its JSON.</summary>
        protected JsonNode Facts(params string[] args) => JsonNode.Parse(Succeeds([.. args, "--json"]))!;

        /// <summary>Runs a command that must fail: with the exit code, with one line that says this, without a trace of a file.</summary>
        protected void Fails(int exitCode, string message, params string[] args)
        {
            string[] before = Directory.GetFiles(Home, "*", SearchOption.AllDirectories);
            int actual = Run(args);
            Assert.AreEqual(exitCode, actual, $"{string.Join(' ', args)}: {Error}{Output}");
            StringAssert.Contains(Error, message);
            Assert.AreEqual(1, Error.TrimEnd('\n').Split('\n').Length, $"more than one line: {Error}");
            StringAssert.StartsWith(Error, "nanoboot: ");
            CollectionAssert.AreEquivalent(before, Directory.GetFiles(Home, "*", SearchOption.AllDirectories), "files were left behind");
        }
    }
}
