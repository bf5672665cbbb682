// nanoboot reference: the reference page, made from the commands themselves (docs/CLI.md).

using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot reference</c>.</summary>
    internal static class ReferenceCommand
    {
        public static Command Create(CliContext context)
        {
            var command = new CliCommand("reference", "Prints the reference of all commands as Markdown.", "nanoboot reference");
            return command.Runs(_ =>
            {
                Write(context.Out, CliApplication.CreateRoot(context));
                return ExitCode.Ok;
            });
        }

        private static void Write(TextWriter output, Command root)
        {
            output.Write("# nanoboot: reference\n\nMade by `nanoboot reference`; do not edit.\n\n");
            output.Write($"{root.Description}\n\n## Exit codes\n\n| code | meaning |\n| --- | --- |\n");
            foreach ((int code, string meaning) in ExitCode.All)
            {
                output.Write($"| {code} | {meaning} |\n");
            }

            output.Write("\nA failure is one line on standard error: what, where, what to do. Files are written to a temporary file and moved: they are there in full, or not at all.\n");
            foreach (Command command in root.Subcommands.Where(command => !command.Hidden))
            {
                WriteCommand(output, command, root.Name, 2);
            }
        }

        private static void WriteCommand(TextWriter output, Command command, string prefix, int level)
        {
            string path = $"{prefix} {command.Name}";
            output.Write($"\n{new string('#', level)} {path}\n\n{command.Description}\n");
            IEnumerable<Command> inner = command.Subcommands.Where(candidate => !candidate.Hidden);
            if (!inner.Any())
            {
                string arguments = string.Concat(command.Arguments.Select(argument => " " + Form(argument)));
                output.Write($"\n```\n{path}{arguments} [options]\n```\n");
                WriteSymbols(output, command);
                WriteExamples(output, command);
            }

            foreach (Command subcommand in inner)
            {
                WriteCommand(output, subcommand, path, level + 1);
            }
        }

        private static void WriteSymbols(TextWriter output, Command command)
        {
            Option[] options = [.. command.Options.Where(option => !option.Hidden && option is not System.CommandLine.Help.HelpOption)];
            if (command.Arguments.Count + options.Length == 0)
            {
                return;
            }

            output.Write("\n| | |\n| --- | --- |\n");
            foreach (Argument argument in command.Arguments)
            {
                output.Write($"| `{argument.Name}` | {Escape(argument.Description)} |\n");
            }

            foreach (Option option in options)
            {
                string names = string.Join(", ", new[] { option.Name }.Concat(option.Aliases.Order()).Select(name => $"`{name}`"));
                string required = option.Required ? " Required." : string.Empty;
                output.Write($"| {names} | {Escape(option.Description)}{required} |\n");
            }
        }

        private static void WriteExamples(TextWriter output, Command command)
        {
            if (command is CliCommand { Examples.Count: > 0 } withExamples)
            {
                output.Write("\n```sh\n");
                foreach (string example in withExamples.Examples)
                {
                    output.Write($"{example}\n");
                }

                output.Write("```\n");
            }
        }

        private static string Form(Argument argument)
        {
            string name = argument.Arity.MaximumNumberOfValues > 1 ? argument.Name + "..." : argument.Name;
            return argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}]" : name;
        }

        private static string Escape(string? text) => (text ?? string.Empty).Replace("|", "\\|", System.StringComparison.Ordinal);
    }
}
