using System;

namespace NanoBoot.Cli
{
    /// <summary>Ends a command with one line for the user.</summary>
    public sealed class CliException : Exception
    {
        /// <summary>Makes the exception.</summary>
        /// <param name="exitCode">One of <see cref="NanoBoot.Cli.ExitCode"/>.</param>
        /// <param name="message">What is wrong, where, and what to do; one line.</param>
        public CliException(int exitCode, string message)
            : base(message)
        {
            ExitCode = exitCode;
        }

        /// <summary>One of <see cref="NanoBoot.Cli.ExitCode"/>.</summary>
        public int ExitCode { get; }
    }
}
