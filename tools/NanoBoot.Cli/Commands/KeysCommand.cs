using System.CommandLine;

namespace NanoBoot.Cli.Commands
{
    /// <summary><c>nanoboot keys</c>.</summary>
    internal static class KeysCommand
    {
        public static Command Create(CliContext context)
        {
            _ = context;
            return new CliCommand("keys", "Makes and shows keys.");
        }
    }
}
