// The command tree, and the one place where failures become a line and an exit code.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using System.Threading;
using NanoBoot.Author;
using NanoBoot.Cli.Commands;

namespace NanoBoot.Cli
{
    /// <summary>The program, callable from within a process.</summary>
    public static partial class CliApplication
    {
        private const string ProgramName = "nanoboot";

        /// <summary>Runs one command line.</summary>
        /// <param name="args">The arguments.</param>
        /// <param name="context">Console, directory and environment.</param>
        /// <param name="cancellationToken">Ends commands that run until they are stopped.</param>
        /// <returns>One of <see cref="ExitCode"/>.</returns>
        public static int Run(IReadOnlyList<string> args, CliContext context, CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(args);
            ArgumentNullException.ThrowIfNull(context);
            var parser = new ParserConfiguration { ResponseFileTokenReplacer = null };
            ParseResult result = CreateRoot(context).Parse(WithoutHelpWord(args), parser);
            if (result.Errors.Count != 0)
            {
                WriteError(context, $"{DescribeError(result)} See '{PathOf(result.CommandResult.Command)} --help'.");
                return ExitCode.Usage;
            }

            try
            {
                var configuration = new InvocationConfiguration
                {
                    Output = context.Out,
                    Error = context.Error,
                    EnableDefaultExceptionHandler = false,
                };
                return result.InvokeAsync(configuration, cancellationToken).GetAwaiter().GetResult();
            }
            catch (Exception exception)
            {
                return Report(context, exception);
            }
        }

        /// <summary>Nothing at all, and the word <c>help</c> in front, mean <c>--help</c>.</summary>
        private static IReadOnlyList<string> WithoutHelpWord(IReadOnlyList<string> args)
        {
            return args.Count == 0 ? ["--help"] : args[0] == "help" ? [.. args.Skip(1), "--help"] : args;
        }

        /// <summary>The command tree.</summary>
        /// <param name="context">Console, directory and environment.</param>
        public static Command CreateRoot(CliContext context)
        {
            var root = new CliCommand(
                ProgramName,
                "Keys, manifests, signatures, publishing and emulated boards for nanoBoot devices.",
                "nanoboot keys new author.pem",
                "nanoboot manifest create --init release.yaml");
            root.Options.Add(CliCommand.MakeHelpOption());
            root.Options.Add(new VersionOption());
            foreach (Command command in CreateCommands(context))
            {
                root.Subcommands.Add(command);
            }

            return root;
        }

        /// <summary>Every command, in the order of a release's life. A new command is entered here.</summary>
        private static IEnumerable<Command> CreateCommands(CliContext context)
        {
            yield return KeysCommand.Create(context);
            yield return TrustCommand.Create(context);
            yield return BundleCommand.Create(context);
            yield return ManifestCommand.Create(context);
            yield return PublishCommand.Create(context);
            yield return ServeCommand.Create(context);
            yield return ReportCommand.Create(context);
            yield return DeviceCommand.Create(context);
            yield return ProvisionCommand.Create(context);
            yield return FlashCommand.Create(context);
            yield return DemoCommand.Create(context);
            yield return SimCommand.Create(context);
            yield return CompletionCommand.Create(context);
            yield return CompletionCommand.CreateHidden(context);
            yield return ReferenceCommand.Create(context);
        }

        private static int Report(CliContext context, Exception exception)
        {
            switch (exception)
            {
                case CliException known:
                    WriteError(context, known.Message);
                    return known.ExitCode;
                case OperationCanceledException:
                    WriteError(context, "interrupted.");
                    return ExitCode.Interrupted;
                case CborException or InvalidDataException:
                    WriteError(context, exception.Message);
                    return ExitCode.BadInput;
                case KeyFileException or HssStateException or CryptographicException:
                    WriteError(context, exception.Message);
                    return ExitCode.Key;
                case IOException or UnauthorizedAccessException:
                    WriteError(context, exception.Message);
                    return ExitCode.InputOutput;
                default:
                    WriteError(context, $"a defect of this program ({exception.GetType().Name}: {exception.Message}); please report it.");
                    return ExitCode.Internal;
            }
        }

        private static void WriteError(CliContext context, string message)
        {
            string line = string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
            context.Error.WriteLine($"nanoboot: {line}");
        }

        /// <summary>The first error; of a wrong word rather than of the command that is missing because of it.</summary>
        private static string DescribeError(ParseResult result)
        {
            if (result.CommandResult.Command.Subcommands.Count != 0)
            {
                string names = string.Join(", ", result.CommandResult.Command.Subcommands.Where(command => !command.Hidden).Select(command => command.Name));
                return result.UnmatchedTokens.Count != 0
                    ? $"'{result.UnmatchedTokens[0]}' is no command here; there are: {names}."
                    : $"'{result.CommandResult.Command.Name}' wants to know what to do; there are: {names}.";
            }

            if (result.Errors.Select(error => error.SymbolResult).OfType<ArgumentResult>().FirstOrDefault(argument => argument.Tokens.Count == 0 && argument.Parent is CommandResult) is ArgumentResult missing)
            {
                return $"{missing.Argument.Name} is missing: {missing.Argument.Description}";
            }

            if (result.Errors.Select(error => error.SymbolResult).OfType<OptionResult>().FirstOrDefault(option => option.Option.Required && option.IdentifierTokenCount == 0) is OptionResult absent)
            {
                return $"{absent.Option.Name} is missing: {absent.Option.Description}";
            }

            ParseError error = result.Errors.FirstOrDefault(error => error.Message.Contains('\'')) ?? result.Errors[0];
            string owner = error.SymbolResult is OptionResult option ? $"{option.Option.Name}: " : error.SymbolResult is ArgumentResult { Parent: OptionResult parent } ? $"{parent.Option.Name}: " : string.Empty;
            Match type = CannotParse().Match(error.Message);
            if (type.Success)
            {
                return $"{owner}'{type.Groups["value"].Value}' {WhyNot(error.SymbolResult, type.Groups["value"].Value)}.";
            }

            Match choice = NotAmong().Match(error.Message);
            return choice.Success
                ? $"{owner}'{choice.Groups["value"].Value}' is not possible; there are: {string.Join(", ", Quoted().Matches(choice.Groups["list"].Value).Select(match => match.Groups[1].Value))}."
                : error.Message;
        }

        private static string WhyNot(SymbolResult? symbol, string value)
        {
            Type? wanted = symbol is OptionResult option ? option.Option.ValueType : symbol is ArgumentResult { Parent: OptionResult parent } ? parent.Option.ValueType : null;
            wanted = wanted is null ? null : Nullable.GetUnderlyingType(wanted) ?? wanted;
            return wanted is { IsEnum: true }
                ? $"is not possible; there are: {string.Join(", ", Enum.GetNames(wanted))}"
                : value.TrimStart('-').All(char.IsAsciiDigit) ? "is out of range" : "is no number";
        }

        [GeneratedRegex("^Cannot parse argument '(?<value>.*)' for .* as expected type '(?<type>[^']*)'")]
        private static partial Regex CannotParse();

        [GeneratedRegex("^Argument '(?<value>.*)' not recognized. Must be one of:(?<list>.*)$", RegexOptions.Singleline)]
        private static partial Regex NotAmong();

        [GeneratedRegex("'([^']*)'")]
        private static partial Regex Quoted();

        private static string PathOf(Command command)
        {
            Command? parent = command.Parents.OfType<Command>().FirstOrDefault();
            return parent is null ? command.Name : $"{PathOf(parent)} {command.Name}";
        }
    }
}
