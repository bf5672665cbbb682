// What a command has of the world: its console, its directory, its environment. Tests give their own.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace NanoBoot.Cli
{
    /// <summary>Console, directory and environment of a command.</summary>
    public sealed class CliContext
    {
        private static readonly JsonSerializerOptions s_json = new()
        {
            WriteIndented = true,
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };

        private const int LogWidth = 200;

        /// <summary>Standard output.</summary>
        public required TextWriter Out { get; init; }

        /// <summary>Standard error.</summary>
        public required TextWriter Error { get; init; }

        /// <summary>Standard output with colours, tables and progress where the terminal has them.</summary>
        public required IAnsiConsole Console { get; init; }

        /// <summary>The directory that relative paths start from.</summary>
        public required string WorkingDirectory { get; init; }

        /// <summary>Reads an environment variable.</summary>
        public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

        /// <summary>Asks the user for a secret, or returns null where nobody can be asked.</summary>
        public Func<string, string?> AskSecret { get; init; } = _ => null;

        /// <summary>The context of the process.</summary>
        public static CliContext ForProcess()
        {
            IAnsiConsole console = AnsiConsole.Console;
            if (System.Console.IsOutputRedirected)
            {
                // A log has no width and no colours; lines that a program reads must not be folded.
                console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.No });
                console.Profile.Width = LogWidth;
            }

            return new CliContext
            {
                Out = System.Console.Out,
                Error = System.Console.Error,
                Console = console,
                WorkingDirectory = Directory.GetCurrentDirectory(),
                AskSecret = prompt => System.Console.IsInputRedirected
                    ? null
                    : console.Prompt(new TextPrompt<string>(prompt).Secret()),
            };
        }

        /// <summary>A path of the user, made absolute.</summary>
        /// <param name="path">As the user wrote it.</param>
        public string PathOf(string path) => Path.GetFullPath(path, WorkingDirectory);

        /// <summary>Reads a file of the user.</summary>
        /// <param name="path">As the user wrote it.</param>
        /// <param name="what">What it is, for the message: "manifest", "key".</param>
        /// <param name="maximumBytes">Longer files are refused.</param>
        /// <exception cref="CliException">It is not there, a directory, or too long.</exception>
        public byte[] ReadFile(string path, string what, int maximumBytes = 64 * 1024 * 1024)
        {
            string full = PathOf(path);
            if (Directory.Exists(full))
            {
                throw new CliException(ExitCode.BadInput, $"{path}: a directory, and the {what} has to be a file.");
            }

            if (!File.Exists(full))
            {
                throw new CliException(ExitCode.BadInput, $"{path}: no such file; give the path of the {what}.");
            }

            if (new FileInfo(full).Length > maximumBytes)
            {
                throw new CliException(ExitCode.BadInput, $"{path}: larger than a {what} can be ({maximumBytes} bytes).");
            }

            return File.ReadAllBytes(full);
        }

        /// <summary>Reads a text file of the user.</summary>
        /// <param name="path">As the user wrote it.</param>
        /// <param name="what">What it is, for the message.</param>
        /// <exception cref="CliException">It is not there, too long, or no UTF-8.</exception>
        public string ReadText(string path, string what)
        {
            try
            {
                return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(ReadFile(path, what, 1024 * 1024)).TrimStart('\uFEFF');
            }
            catch (DecoderFallbackException)
            {
                throw new CliException(ExitCode.BadInput, $"{path}: no text; give the path of the {what}.");
            }
        }

        /// <summary>Writes a file in one step.</summary>
        /// <param name="path">As the user wrote it.</param>
        /// <param name="content">Its content.</param>
        /// <param name="isForced">True to replace a file that is there.</param>
        /// <param name="isSecret">True for files that only their owner may read.</param>
        /// <exception cref="CliException">The file is there and not to be replaced.</exception>
        public void WriteFile(string path, ReadOnlySpan<byte> content, bool isForced, bool isSecret = false)
        {
            RequireAbsent(path, isForced);
            Author.AtomicFile.Write(PathOf(path), content, isSecret);
        }

        /// <summary>Writes files that belong together: all of them, or none.</summary>
        /// <param name="files">Paths as the user wrote them, and contents.</param>
        /// <param name="isForced">True to replace files that are there.</param>
        /// <param name="isSecret">True for files that only their owner may read.</param>
        /// <exception cref="CliException">A file is there and not to be replaced.</exception>
        public void WriteFiles(IReadOnlyList<(string Path, byte[] Content)> files, bool isForced, bool isSecret = false)
        {
            foreach ((string path, byte[] _) in files)
            {
                RequireAbsent(path, isForced);
            }

            Author.AtomicFile.Write([.. files.Select(file => (PathOf(file.Path), file.Content))], isSecret);
        }

        /// <summary>Refuses a file of a board project that is not there: a typing error would make a folder that nobody builds.</summary>
        /// <param name="path">As the user wrote it.</param>
        /// <exception cref="CliException">The folder is not there.</exception>
        public void RequireFolder(string path)
        {
            string folder = System.IO.Path.GetDirectoryName(PathOf(path))!;
            if (!Directory.Exists(folder))
            {
                throw new CliException(ExitCode.InputOutput, $"{path}: there is no folder {folder}; give the file the folder of your board project.");
            }
        }

        /// <summary>Refuses a path where a file is already.</summary>
        /// <param name="path">As the user wrote it.</param>
        /// <param name="isForced">True to replace a file that is there.</param>
        /// <exception cref="CliException">The file is there and not to be replaced.</exception>
        public void RequireAbsent(string path, bool isForced)
        {
            string full = PathOf(path);
            if (Directory.Exists(full))
            {
                throw new CliException(ExitCode.InputOutput, $"{path}: a directory; give the name of a file.");
            }

            if (!isForced && File.Exists(full))
            {
                throw new CliException(ExitCode.InputOutput, $"{path}: is there already; --force replaces it.");
            }
        }

        /// <summary>Writes one JSON document to standard output.</summary>
        /// <param name="node">The document.</param>
        public void WriteJson(JsonNode node) => Out.WriteLine(node.ToJsonString(s_json));
    }
}
