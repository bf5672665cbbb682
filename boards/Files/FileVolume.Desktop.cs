// On a desktop a file is durable when the operating system was told to write it through.

using System;
using System.IO;

namespace NanoBoot.Files
{
    /// <content>Opening and durability on a desktop.</content>
    public sealed partial class FileVolume
    {
        /// <summary>Opens a file in place of the operating system, for tests; null for that.</summary>
        internal Func<string, FileStream> Opener;

        private FileStream OpenFile(string path)
        {
            return Opener != null ? Opener(path) : new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        }

        private static void MakeDurable(FileStream stream)
        {
            stream.Flush(true);
            stream.Close();
        }
    }
}
