// A command with examples in its help, and the options that many commands share.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace NanoBoot.Cli
{
    /// <summary>A command whose help ends with examples.</summary>
    public sealed class CliCommand : Command
    {
        /// <summary>Makes a command.</summary>
        /// <param name="name">Its name.</param>
        /// <param name="description">What it does, one or two sentences.</param>
        /// <param name="examples">Command lines that work as they stand, without comments.</param>
        public CliCommand(string name, string description, params string[] examples)
            : base(name, description)
        {
            Examples = examples;
        }

        /// <summary>Command lines that work as they stand.</summary>
        public IReadOnlyList<string> Examples { get; }

        /// <summary>Sets what the command does.</summary>
        /// <param name="run">Returns one of <see cref="ExitCode"/>.</param>
        public CliCommand Runs(Func<ParseResult, int> run)
        {
            SetAction(run);
            return this;
        }

        /// <summary>Sets what the command does, for one that takes its time.</summary>
        /// <param name="run">Returns one of <see cref="ExitCode"/>.</param>
        public CliCommand Runs(Func<ParseResult, CancellationToken, Task<int>> run)
        {
            SetAction(run);
            return this;
        }

        /// <summary>The help option that prints examples too.</summary>
        internal static HelpOption MakeHelpOption()
        {
            var option = new HelpOption();
            option.Action = new HelpWithExamples((HelpAction)option.Action!);
            return option;
        }

        private sealed class HelpWithExamples(HelpAction inner) : SynchronousCommandLineAction
        {
            /// <summary>Who asks for help need not have given everything that the command wants.</summary>
            public override bool ClearsParseErrors => true;

            public override int Invoke(ParseResult parseResult)
            {
                int result = inner.Invoke(parseResult);
                string[] examples = [.. ExamplesOf(parseResult.CommandResult.Command)];
                if (examples.Length != 0)
                {
                    var output = parseResult.InvocationConfiguration.Output;
                    output.WriteLine("Examples:");
                    foreach (string example in examples)
                    {
                        output.WriteLine($"  {example}");
                    }

                    output.WriteLine();
                }

                return result;
            }

            /// <summary>A group shows one of each of its commands.</summary>
            private static IEnumerable<string> ExamplesOf(Command command)
            {
                return command is CliCommand { Examples.Count: > 0 } own
                    ? own.Examples
                    : command.Subcommands.OfType<CliCommand>().Select(part => part.Examples.FirstOrDefault()).OfType<string>();
            }
        }
    }

    /// <summary>Options that many commands share.</summary>
    public static class CommonOptions
    {
        /// <summary><c>--json</c>: facts as one JSON document.</summary>
        public static Option<bool> Json() => new("--json") { Description = "Print one JSON document instead of text." };

        /// <summary><c>--force</c>: replace files.</summary>
        public static Option<bool> Force() => new("--force", "-f") { Description = "Replace files that are there already." };

        /// <summary><c>--out</c>: where the result goes.</summary>
        /// <param name="description">What is written.</param>
        public static Option<string> Out(string description) => new("--out", "-o") { Description = description, HelpName = "FILE" };

        /// <summary><c>--enterprise-number</c>: the vendor's number beside its id.</summary>
        public static Option<uint?> EnterpriseNumber() => new("--enterprise-number")
        {
            Description = "The vendor's private enterprise number (IANA), for manifests that name the vendor by it.", HelpName = "N",
        };

        /// <summary><c>--passphrase-file</c>: a passphrase that is not typed.</summary>
        public static Option<string> PassphraseFile() => new("--passphrase-file")
        {
            Description = "Read the passphrase of the key from the first line of this file (or set NANOBOOT_PASSPHRASE).",
            HelpName = "FILE",
        };
    }
}
