// Files that are either there in full or not at all: written beside their place, flushed, then moved onto it.

using System;
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
        public static void Write(string path, ReadOnlySpan<byte> content, bool isSecret = false)
        {
            Write(path, content, temporary => new FileStream(temporary, Options(isSecret)));
        }

        internal static void Write(string path, ReadOnlySpan<byte> content, Func<string, FileStream> open)
        {
            string full = Path.GetFullPath(path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            string temporary = $"{full}.{Guid.NewGuid():N}.tmp";
            try
            {
                using (FileStream stream = open(temporary))
                {
                    stream.Write(content);
                    stream.Flush(flushToDisk: true);
                }

                File.Move(temporary, full, overwrite: true);
            }
            catch
            {
                File.Delete(temporary);
                throw;
            }
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
