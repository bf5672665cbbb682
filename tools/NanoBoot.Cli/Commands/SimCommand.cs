// nanoboot sim: the simulators.

using System.CommandLine;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot sim</c>.</summary>
    internal static class SimCommand
    {
        public static Command Create(CliContext context)
        {
            var command = new CliCommand("sim", "The simulators: every power failure, and manifests that are bent at random.");
            command.Subcommands.Add(SimPowerFailCommand.Create(context));
            command.Subcommands.Add(SimFuzzCommand.Create(context));
            return command;
        }
    }
}
