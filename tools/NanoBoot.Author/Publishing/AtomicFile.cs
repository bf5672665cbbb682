// Files that are either there in full or not at all: written beside their place, flushed, then moved onto it.

using System;
using System.Collections.Generic;
using System.IO;

namespace NanoBoot.Author
{
    /// <summary>Writes files in one step.</summary>
    public static class AtomicFile
    {
        /// <summary>Writes a file, or leaves what was there as it is.</summary>
        /// <param name="path">The file.</param>
        /// <param name="content">Its content.</param>
        /// <param name="isSecret">True for files that only their owner may read (where the system knows owners).</param>
        /// <exception cref="IOException">It cannot be written; the message says which and why.</exception>
        public static void Write(string path, ReadOnlySpan<byte> content, bool isSecret = false)
        {
            Write([(path, content.ToArray())], temporary => new FileStream(temporary, Options(isSecret)));
        }

        /// <summary>Writes files that belong together: all of them are written before the first is moved to its place, so that a
        /// device that is full leaves none of them.</summary>
        /// <param name="files">The files, in the order in which they come to their places.</param>
        /// <param name="isSecret">True for files that only their owner may read (where the system knows owners).</param>
        /// <exception cref="IOException">One cannot be written; the message says which and why.</exception>
        public static void Write(IReadOnlyList<(string Path, byte[] Content)> files, bool isSecret = false)
        {
            Write(files, temporary => new FileStream(temporary, Options(isSecret)));
        }

        internal static void Write(IReadOnlyList<(string Path, byte[] Content)> files, Func<string, FileStream> open)
        {
            var written = new List<(string Temporary, string Full)>();
            string full = string.Empty;
            try
            {
                foreach ((string path, byte[] content) in files)
                {
                    full = Path.GetFullPath(path);
                    Directory.CreateDirectory(Path.GetDirectoryName(full)!);
                    string temporary = $"{full}.{Guid.NewGuid():N}.tmp";
                    written.Add((temporary, full));
                    using FileStream stream = open(temporary);
                    stream.Write(content);
                    stream.Flush(flushToDisk: true);
                }

                foreach ((string temporary, string place) in written)
                {
                    full = place;
                    File.Move(temporary, place, overwrite: true);
                }
            }
            catch (Exception exception)
            {
                foreach ((string temporary, string _) in written)
                {
                    File.Delete(temporary);
                }

                if (exception is IOException or UnauthorizedAccessException)
                {
                    throw new IOException($"{full}: cannot be written: {Reason(exception)}.", exception);
                }

                throw;
            }
        }

        /// <summary>What the system says, without the name of the temporary file.</summary>
        private static string Reason(Exception exception)
        {
            string reason = exception.Message.Split(" : '")[0].TrimEnd('.', ' ');
            return reason.Contains(".tmp", StringComparison.Ordinal) ? "access to its directory is denied" : reason;
        }

        private static FileStreamOptions Options(bool isSecret)
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (isSecret && !OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            return options;
        }
    }
}
