// nanoboot completion: a script for the user's shell, and the hidden command that it asks.

using System;
using System.CommandLine;
using System.CommandLine.Completions;
using System.Linq;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot completion</c>.</summary>
    internal static class CompletionCommand
    {
        private const string HiddenName = "complete-line";

        private const string Bash = """
            _nanoboot() {
                local IFS=$'\n'
                COMPREPLY=( $(compgen -W "$(nanoboot complete-line --position "$COMP_POINT" -- "$COMP_LINE" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}") )
            }
            complete -o default -F _nanoboot nanoboot

            """;

        private const string Zsh = """
            #compdef nanoboot
            _nanoboot() {
                local -a words_found
                words_found=("${(@f)$(nanoboot complete-line --position "$CURSOR" -- "$BUFFER" 2>/dev/null)}")
                compadd -a words_found
                _files
            }
            compdef _nanoboot nanoboot

            """;

        private const string Fish = """
            complete -c nanoboot -a '(nanoboot complete-line --position (commandline -C) -- (commandline -cp) 2>/dev/null)'

            """;

        private const string PowerShell = """
            Register-ArgumentCompleter -Native -CommandName nanoboot -ScriptBlock {
                param($word, $line, $position)
                nanoboot complete-line --position $position -- "$line" | ForEach-Object {
                    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
                }
            }

            """;

        public static Command Create(CliContext context)
        {
            var shell = new Argument<string>("SHELL") { Description = "bash, zsh, fish or pwsh." };
            shell.AcceptOnlyFromAmong("bash", "zsh", "fish", "pwsh");
            var command = new CliCommand(
                "completion",
                "Prints a script that completes commands and options in your shell. For bash: source <(nanoboot completion bash)",
                "nanoboot completion bash",
                "nanoboot completion pwsh")
            {
                shell,
            };
            return command.Runs(result =>
            {
                string script = result.GetValue(shell) switch { "bash" => Bash, "zsh" => Zsh, "fish" => Fish, _ => PowerShell };
                context.Out.Write(script.ReplaceLineEndings("\n"));
                return ExitCode.Ok;
            });
        }

        /// <summary>The command that the scripts ask: prints what could stand at a position of a command line.</summary>
        public static Command CreateHidden(CliContext context)
        {
            var position = new Option<int>("--position") { Description = "Where the cursor is." };
            var line = new Argument<string>("LINE") { Description = "The command line so far." };
            var command = new CliCommand(HiddenName, "Completes a command line.") { position, line };
            command.Hidden = true;
            return command.Runs(result =>
            {
                string text = result.GetValue(line)!;
                int at = Math.Clamp(result.GetValue(position), 0, text.Length);
                Command root = CliApplication.CreateRoot(context);
                ParseResult parsed = root.Parse(text);
                foreach (CompletionItem item in parsed.GetCompletions(at).Where(item => item.Label != HiddenName))
                {
                    context.Out.WriteLine(item.Label);
                }

                return ExitCode.Ok;
            });
        }
    }
}
