// On a desktop a file is durable when the operating system was told to write it through.

using System.IO;

namespace NanoBoot.Files
{
    /// <content>Durability on a desktop.</content>
    public sealed partial class FileVolume
    {
        private static void MakeDurable(FileStream stream)
        {
            stream.Flush(true);
            stream.Close();
        }
    }
}
