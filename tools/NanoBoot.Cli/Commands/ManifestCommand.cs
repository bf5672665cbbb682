// nanoboot manifest: the group. Each command has its own file.

using System.CommandLine;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot manifest</c>.</summary>
    internal static class ManifestCommand
    {
        public static Command Create(CliContext context)
        {
            var command = new CliCommand("manifest", "Makes, signs, shows and checks manifests.");
            command.Subcommands.Add(ManifestCreateCommand.Create(context));
            command.Subcommands.Add(ManifestSignCommand.Create(context));
            command.Subcommands.Add(ManifestEncryptCommand.Create(context));
            command.Subcommands.Add(ManifestSeverCommand.Create(context));
            command.Subcommands.Add(ManifestShowCommand.Create(context));
            command.Subcommands.Add(ManifestVerifyCommand.Create(context));
            command.Subcommands.Add(ManifestDiffCommand.Create(context));
            return command;
        }
    }
}
